//! Which of two models predicts ratings better, and whether that is chance.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::evaluate::{RatingReport, mae, percentiles, rmse};
use crate::error::{Error, ErrorKind, require};
use crate::par;

/// The difference of two models on the same ratings, below 0 where the first is better.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct RatingComparison {
    /// The root mean squared error of the first less that of the second.
    pub rmse: f64,
    /// Its paired bootstrap interval; `None` for fewer than two customers.
    pub rmse_interval: Option<(f64, f64)>,
    /// Two-sided: how often resampled customers contradict the sign, at least 2 / (rounds + 1); 1 where there is no interval.
    pub rmse_p_value: f64,
    /// The mean absolute error of the first less that of the second.
    pub mae: f64,
    /// Its paired bootstrap interval; `None` for fewer than two customers.
    pub mae_interval: Option<(f64, f64)>,
    /// As [`rmse_p_value`](Self::rmse_p_value), of the mean absolute error.
    pub mae_p_value: f64,
}

impl RatingReport {
    /// How much further off this model is than `other` on the same ratings, by `rounds` resamples of customers, the same for both.
    ///
    /// ```
    /// use patronage_core::{Csr, CustomerIdx, Fit, InteractionTable, ItemIdx};
    /// use patronage_recommend::{RatingBaseline, RatingReport, RatingScale};
    ///
    /// let stars: Vec<(u32, u32, f32)> =
    ///     (0..20).flat_map(|u| [(u, 0, 1.0 + (u % 2) as f32), (u, 1, 4.0 + (u % 2) as f32)]).collect();
    /// let table = InteractionTable::new(Csr::from_entries(20, 2, &stars, |_, _| {})?)?;
    /// let held_out: Vec<_> = stars
    ///     .iter()
    ///     .map(|&(u, i, stars)| (CustomerIdx::new(u), ItemIdx::new(i), f64::from(stars)))
    ///     .collect();
    /// let fit = |penalty| RatingBaseline::new(RatingScale::FIVE_STARS).regularization(penalty, penalty).fit(&table);
    /// let (biases, mean) = (RatingReport::of(&fit(1.0)?, &held_out)?, RatingReport::of(&fit(1e12)?, &held_out)?);
    /// let better = biases.compare(&mean, 0.95, 200, 0)?;
    /// assert!(better.rmse < -0.5 && better.rmse_p_value < 0.02);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When `level` is not in (0, 1), there is no round, or the reports are not of the same ratings.
    pub fn compare(
        &self,
        other: &Self,
        level: f64,
        rounds: usize,
        seed: u64,
    ) -> Result<RatingComparison, Error> {
        require(level > 0.0 && level < 1.0, "level", "a share in (0, 1)", level)?;
        require(rounds >= 1, "rounds", "at least 1", rounds as f64)?;
        let pairs = || self.residuals().iter().zip(other.residuals());
        let same = self.residuals().len() == other.residuals().len()
            && pairs()
                .all(|(a, b)| (a.customer, a.item, a.rating) == (b.customer, b.item, b.rating));
        if !same {
            return Err(ErrorKind::OtherCases { what: "the other report" }.into());
        }
        let n = self.customers.len();
        let found = par::map(
            if n < 2 { 0 } else { rounds },
            || (),
            |(), round| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(round as u64);
                let drawn: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
                let (own, theirs) =
                    (self.sums(drawn.iter().copied()), other.sums(drawn.iter().copied()));
                [rmse(own) - rmse(theirs), mae(own) - mae(theirs)]
            },
        );
        let of = |at: usize| judged(found.iter().map(|differences| differences[at]), level);
        let ((rmse_interval, rmse_p_value), (mae_interval, mae_p_value)) = (of(0), of(1));
        let (rmse, mae) = (self.rmse() - other.rmse(), self.mae() - other.mae());
        Ok(RatingComparison { rmse, rmse_interval, rmse_p_value, mae, mae_interval, mae_p_value })
    }
}

/// The interval of resampled differences and the two-sided p-value.
fn judged(differences: impl Iterator<Item = f64>, level: f64) -> (Option<(f64, f64)>, f64) {
    let mut differences: Vec<f64> = differences.collect();
    differences.sort_unstable_by(f64::total_cmp);
    if differences.is_empty() {
        return (None, 1.0);
    }
    let not_above = differences.iter().filter(|&&difference| difference <= 0.0).count();
    let not_below = differences.iter().filter(|&&difference| difference >= 0.0).count();
    let rounds = (differences.len() + 1) as f64;
    let p_value = (2.0 * (not_above.min(not_below) + 1) as f64 / rounds).min(1.0);
    (Some(percentiles(&differences, level)), p_value)
}

#[cfg(test)]
mod tests {
    use patronage_core::{CustomerIdx, ItemIdx, RatingPredictor};

    use super::*;

    /// Always the same guess.
    struct Guess(f64);

    impl RatingPredictor for Guess {
        fn scale(&self) -> (f64, f64) {
            (0.0, 10.0)
        }

        fn rating(&self, _: Option<CustomerIdx>, _: Option<ItemIdx>) -> f64 {
            self.0
        }
    }

    fn report(guess: f64, n_customers: u32) -> RatingReport {
        let held_out: Vec<(CustomerIdx, ItemIdx, f64)> = (0..n_customers)
            .map(|u| (CustomerIdx::new(u), ItemIdx::new(0), 4.0 + f64::from(u % 3)))
            .collect();
        RatingReport::of(&Guess(guess), &held_out).unwrap()
    }

    #[test]
    fn differences_by_hand() {
        // Of ratings 4, 5 and 6: errors 0, 1, 2 against 1, 0, 1.
        let (far, near) = (report(4.0, 30), report(5.0, 30));
        let found = far.compare(&near, 0.9, 500, 1).unwrap();
        let expected = (5.0f64 / 3.0).sqrt() - (2.0f64 / 3.0).sqrt();
        assert!((found.rmse - expected).abs() < 1e-12 && (found.mae - 1.0 / 3.0).abs() < 1e-12);
        let (low, high) = found.rmse_interval.unwrap();
        assert!(low > 0.0 && low < expected && expected < high, "{found:?}");
        // The mean absolute error differs by 1/3 ± 0.17: by two deviations.
        assert!(found.rmse_p_value < 0.02 && (0.01..0.2).contains(&found.mae_p_value), "{found:?}");
        let back = near.compare(&far, 0.9, 500, 1).unwrap();
        assert_eq!((back.rmse, back.rmse_p_value), (-found.rmse, found.rmse_p_value));
        let same = near.compare(&near, 0.9, 500, 1).unwrap();
        assert_eq!((same.rmse, same.rmse_p_value, same.mae_p_value), (0.0, 1.0, 1.0));
        let alone = report(4.0, 1).compare(&report(5.0, 1), 0.9, 500, 1).unwrap();
        assert_eq!((alone.rmse_interval, alone.rmse_p_value), (None, 1.0));
        assert!(near.compare(&report(5.0, 29), 0.9, 500, 1).is_err());
        assert!(near.compare(&far, 1.0, 500, 1).is_err() && near.compare(&far, 0.9, 0, 1).is_err());
    }
}
