//! The population's rhythm by maximum likelihood.

use super::rhythm::{Intervals, PopulationRhythm};
use crate::inference::ln_gamma;
use crate::parallel;

impl PopulationRhythm {
    /// The logarithm of the likelihood of what was seen of one customer.
    fn ln_likelihood(&self, seen: &Intervals) -> f64 {
        let [_, strength, shape, scale] = self.posterior(seen);
        let completed = ln_gamma(shape) - ln_gamma(self.shape) + self.shape * self.scale.ln()
            - shape * scale.ln()
            + 0.5 * (self.strength / strength).ln()
            - 0.5 * seen.n * (2.0 * std::f64::consts::PI).ln();
        let stayed = if seen.n > 0.0 {
            (1.0 - self.lost_after_first).ln() + (seen.n - 1.0) * (1.0 - self.lost_after_later).ln()
        } else {
            0.0
        };
        let lost = self.lost(seen);
        let open = lost + (1.0 - lost) * self.still_waiting(seen);
        completed + stayed + open.max(1e-300).ln()
    }

    /// Parameters on the whole line, for the search.
    fn from_point(point: &[f64; 6]) -> Self {
        let [location, strength, shape, scale, first, later] = *point;
        let chance = |x: f64| 1.0 / (1.0 + (-x.clamp(-12.0, 12.0)).exp());
        // Kept where the special functions are exact and fast.
        let positive = |x: f64| x.clamp(-7.0, 7.0).exp();
        Self {
            location,
            strength: positive(strength),
            shape: positive(shape),
            scale: positive(scale),
            lost_after_first: chance(first),
            lost_after_later: chance(later),
        }
    }

    /// Fits the population's rhythm to customers who bought; `None` where none has an interval.
    ///
    /// Of more than 4,096 customers as many at even steps are taken.
    pub(super) fn fit(customers: &[Intervals]) -> Option<Self> {
        const TAKEN: usize = 4_096;
        let total: f64 = customers.iter().map(|seen| seen.n).sum();
        if total == 0.0 {
            return None;
        }
        let step = customers.len().div_ceil(TAKEN).max(1);
        let mut taken: Vec<Intervals> = customers.iter().step_by(step).copied().collect();
        if taken.iter().all(|seen| seen.n == 0.0) {
            taken.extend(customers.iter().filter(|seen| seen.n > 0.0).take(TAKEN));
        }
        let ranges: Vec<_> = parallel::ranges(taken.len(), 256).collect();
        let cost = |point: &[f64; 6]| {
            let rhythms = Self::from_point(point);
            let parts = parallel::map(ranges.len(), |part| {
                let seen = &taken[ranges[part].clone()];
                seen.iter().map(|seen| rhythms.ln_likelihood(seen)).sum::<f64>()
            });
            // A weak pull keeps parameters of which the data say nothing where they are.
            let away = |i: usize, middle: f64, width: f64| ((point[i] - middle) / width).powi(2);
            let pull = away(1, 0.0, 2.0)
                + away(2, 1.0, 1.0)
                + away(3, 0.0, 2.0)
                + away(4, 0.0, 3.0)
                + away(5, -2.0, 3.0);
            let cost = pull / 2.0 - parts.iter().sum::<f64>();
            if cost.is_nan() { f64::INFINITY } else { cost }
        };
        let n: f64 = taken.iter().map(|seen| seen.n).sum();
        let location = taken.iter().map(|seen| seen.n * seen.mean).sum::<f64>() / n;
        let within = taken.iter().map(|seen| seen.squares).sum::<f64>() / n;
        let start = [location, 0.0, 1.0, (within.max(0.05) * 2.0).ln(), 0.0, -2.0];
        let best = simplex(start, [0.5, 0.7, 0.5, 0.5, 1.0, 1.0], cost);
        Some(Self::from_point(&best))
    }
}

/// The least of `cost` by the downhill simplex from `start`, with first steps `steps`.
///
/// J. A. Nelder, R. Mead (1965), A simplex method for function minimization.
fn simplex<const N: usize>(
    start: [f64; N],
    steps: [f64; N],
    cost: impl Fn(&[f64; N]) -> f64,
) -> [f64; N] {
    let mut points = vec![(cost(&start), start)];
    for i in 0..N {
        let mut point = start;
        point[i] += steps[i];
        points.push((cost(&point), point));
    }
    for _ in 0..250 {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (best, worst) = (points[0].0, points[N].0);
        if worst - best <= 1e-7 * (best.abs() + 1e-9) {
            break;
        }
        let mut middle = [0.0; N];
        for (_, point) in &points[..N] {
            middle.iter_mut().zip(point).for_each(|(m, p)| *m += p / N as f64);
        }
        let along = |t: f64| {
            let mut point = middle;
            point.iter_mut().zip(&points[N].1).for_each(|(p, w)| *p += t * (w - *p));
            (cost(&point), point)
        };
        let mirrored = along(-1.0);
        let next = if mirrored.0 < best {
            let farther = along(-2.0);
            if farther.0 < mirrored.0 { farther } else { mirrored }
        } else if mirrored.0 < points[N - 1].0 {
            mirrored
        } else {
            along(if mirrored.0 < worst { -0.5 } else { 0.5 })
        };
        if next.0 < worst.min(mirrored.0.max(points[N - 1].0)) || next.0 < worst {
            points[N] = next;
        } else {
            let origin = points[0].1;
            for point in &mut points[1..] {
                point.1.iter_mut().zip(&origin).for_each(|(p, o)| *p = o + (*p - o) / 2.0);
                point.0 = cost(&point.1);
            }
        }
    }
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points[0].1
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::profile::rhythm::tests::KNOWN;
    use patronage_testkit::Draws;

    /// The marginal likelihood against its integral over mean and variance, by brute force.
    #[test]
    fn the_likelihood_is_the_integral() {
        let days = [20.0, 45.0, 31.0];
        let seen = Intervals::of(&days, 25.0);
        let (mut sum, steps) = (0.0, 400);
        let density = |x: f64, mean: f64, variance: f64| {
            (-(x - mean).powi(2) / (2.0 * variance)).exp()
                / (2.0 * std::f64::consts::PI * variance).sqrt()
        };
        for i in 0..steps {
            // The variance by ln, −5 to 3; the mean 0 to 7.
            let width = 8.0 / f64::from(steps);
            let ln_variance = -5.0 + (f64::from(i) + 0.5) * width;
            let variance = ln_variance.exp();
            let gamma = KNOWN.shape * KNOWN.scale.ln()
                - ln_gamma(KNOWN.shape)
                - KNOWN.shape * ln_variance
                - KNOWN.scale / variance;
            for j in 0..steps {
                let mean = (f64::from(j) + 0.5) * 7.0 / f64::from(steps);
                let prior = density(mean, KNOWN.location, variance / KNOWN.strength);
                let seen: f64 =
                    days.iter().map(|d: &f64| density(d.ln(), mean, variance)).product();
                sum += gamma.exp() * prior * seen * width * 7.0 / f64::from(steps);
            }
        }
        let (later, first) = (KNOWN.lost_after_later, KNOWN.lost_after_first);
        let open = later + (1.0 - later) * KNOWN.still_waiting(&seen);
        let expected = (sum * (1.0 - first) * (1.0 - later).powi(2) * open).ln();
        let found = KNOWN.ln_likelihood(&seen);
        assert!((found - expected).abs() < 1e-3, "{found}, by integration {expected}");
    }

    /// Customers of a known rhythm who came in the first 300 days, as of day 365: what was seen of
    /// each, and the interval to come, where she is not lost.
    fn customers(truth: &PopulationRhythm, n: usize, seed: u64) -> Vec<(Intervals, Option<f64>)> {
        let mut draws = Draws::new(seed);
        let mut all = Vec::new();
        for _ in 0..n {
            // The inverse of a gamma of whole shape: a sum of exponentials.
            let gamma: f64 = (0..truth.shape as usize).map(|_| -(1.0 - draws.uniform()).ln()).sum();
            let variance = truth.scale / gamma;
            let mean = truth.location + draws.normal() * (variance / truth.strength).sqrt();
            let mut at = draws.uniform() * 300.0;
            let (mut days, mut lost) = (Vec::new(), truth.lost_after_first);
            let next = loop {
                if draws.uniform() < lost {
                    break None;
                }
                let interval = (mean + variance.sqrt() * draws.normal()).exp();
                if at + interval >= 365.0 {
                    break Some(interval);
                }
                at += interval;
                days.push(interval);
                lost = truth.lost_after_later;
            };
            // Whole days have begun since.
            all.push((Intervals::of(&days, 365.0 - at + 0.5), next));
        }
        all
    }

    #[test]
    fn windows_hold_what_they_promise() {
        let calm = PopulationRhythm { lost_after_first: 0.0, lost_after_later: 0.0, ..KNOWN };
        for (truth, seed) in [(KNOWN, 1), (calm, 2)] {
            let all = customers(&truth, 16_000, seed);
            let seen: Vec<Intervals> = all.iter().map(|c| c.0).collect();
            let fitted = PopulationRhythm::fit(&seen).unwrap();
            // Of those who come again eight in ten come in the window: four standard errors of 4,000 at least.
            let cover = |keep: &dyn Fn(&Intervals) -> bool| {
                let kept = all.iter().filter(|c| keep(&c.0));
                let back: Vec<_> = kept.filter_map(|c| Some((c.0, c.1?))).collect();
                let inside = back.iter().filter(|(seen, next)| {
                    let [early, _, late] = fitted.quantiles(seen);
                    (early..=late).contains(next)
                });
                (inside.count() as f64 / back.len() as f64, back.len())
            };
            let (all_in, n) = cover(&|_| true);
            assert!((all_in - 0.8).abs() < 0.026, "{all_in} of {n}: {fitted:?}");
            // Newcomers alone, by as many standard errors of theirs.
            let (new, n) = cover(&|seen| seen.n == 0.0);
            assert!(
                n > 100 && (new - 0.8).abs() < 4.0 * (0.16 / n as f64).sqrt(),
                "{new} of {n}: {fitted:?}"
            );
            // As many come again as is said.
            let said = seen.iter().map(|seen| fitted.returns(seen)).sum::<f64>();
            let back = all.iter().filter(|c| c.1.is_some()).count() as f64;
            assert!((said / back - 1.0).abs() < 0.05, "{said} said, {back} came: {fitted:?}");
            // And as many within a month.
            let said = seen.iter().map(|seen| fitted.within(seen, 30.0)).sum::<f64>();
            let soon = all.iter().filter(|c| c.1.is_some_and(|next| next < c.0.elapsed + 29.5));
            let soon = soon.count() as f64;
            assert!((said / soon - 1.0).abs() < 0.05, "{said} said, {soon} came: {fitted:?}");
        }
    }

    #[test]
    fn strange_histories_have_finite_windows() {
        let one = Intervals::of(&[], 10.0);
        assert_eq!(PopulationRhythm::fit(&[]), None);
        assert_eq!(PopulationRhythm::fit(&[one; 9]), None);
        let daily = Intervals::of(&[1.0; 300], 1.0);
        let rare = Intervals::of(&[30_000.0], 200_000.0);
        for all in [vec![daily], vec![daily; 50], vec![one, rare], vec![one, daily, rare]] {
            let fitted = PopulationRhythm::fit(&all).unwrap();
            for seen in [one, daily, rare, Intervals::of(&[1.0; 9], 0.0), Intervals::of(&[], 1e9)] {
                let [early, middle, late] = fitted.quantiles(&seen);
                assert!(
                    0.0 < early && early <= middle && middle <= late && late <= 1e9,
                    "{seen:?}"
                );
                assert!((0.0..=1.0).contains(&fitted.still_waiting(&seen)));
                assert!((0.0..=1.0).contains(&fitted.returns(&seen)));
            }
        }
    }
}
