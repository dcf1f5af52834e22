//! What a customer buys more than others do.

use super::types::Affinity;
use crate::persona::Subject;

/// Everybody's lines of one kind, and how much customers differ in what they buy.
#[derive(Clone, Debug)]
pub(super) struct Tastes {
    pub(super) name: String,
    counts: Vec<f64>,
    total: f64,
    /// Σ over customers of (lines − 1) × the chance that two lines of hers are alike, and Σ (lines − 1).
    alike: [f64; 2],
    /// How many lines of everybody's a customer's own are mixed with.
    pub(super) prior: f64,
}

/// The prior where customers differ so little that none of it can be told.
const ALL_ALIKE: f64 = 1e6;

impl Tastes {
    pub(super) fn new(name: String, n_levels: usize) -> Self {
        Self { name, counts: vec![0.0; n_levels], total: 0.0, alike: [0.0; 2], prior: ALL_ALIKE }
    }

    /// Counts a customer's lines, which are put in order.
    pub(super) fn add(&mut self, codes: &mut [u32]) {
        codes.sort_unstable();
        let n = codes.len() as f64;
        let mut pairs = 0.0;
        for run in codes.chunk_by(|a, b| a == b) {
            let count = run.len() as f64;
            self.counts[run[0] as usize] += count;
            pairs += count * (count - 1.0);
        }
        self.total += n;
        if n > 1.0 {
            // (n − 1) × pairs alike / pairs.
            self.alike[0] += pairs / n;
            self.alike[1] += n - 1.0;
        }
    }

    /// Whether all lines are of one level, so that there is nothing to tell.
    pub(super) fn is_trivial(&self) -> bool {
        self.counts.iter().filter(|&&count| count > 0.0).count() < 2
    }

    /// Learns the prior, given or from the data.
    ///
    /// Under a Dirichlet-multinomial of precision A two lines of a customer are alike with chance
    /// ρ + (1 − ρ) Σq², where ρ = 1/(1 + A) and q are everybody's shares; solved for A. Kept in
    /// 0.1 to a million.
    pub(super) fn learn(&mut self, given: Option<f64>) {
        if let Some(given) = given {
            self.prior = given;
            return;
        }
        if self.total == 0.0 || self.alike[1] == 0.0 {
            return;
        }
        let by_chance: f64 = self.counts.iter().map(|c| (c / self.total).powi(2)).sum();
        let within = self.alike[0] / self.alike[1];
        let rho = (within - by_chance) / (1.0 - by_chance);
        self.prior = if rho > 0.0 { (1.0 / rho - 1.0).clamp(0.1, ALL_ALIKE) } else { ALL_ALIKE };
    }

    /// The levels a customer buys that say most about her, at most `top`; `codes` are those of her
    /// lines, in ascending order.
    pub(super) fn affinities(
        &self,
        codes: &[u32],
        top: usize,
        subject: impl Fn(u32) -> Subject,
    ) -> Vec<Affinity> {
        let n = codes.len() as f64;
        let mut found: Vec<(f64, u32, f64)> = codes
            .chunk_by(|a, b| a == b)
            .map(|run| (self.z(run[0], run.len() as f64, n), run[0], run.len() as f64))
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found.truncate(top);
        let affinity = |(z, code, count): (f64, u32, f64)| {
            let share_of_all = self.counts[code as usize] / self.total;
            let expected_share = (count + self.prior * share_of_all) / (n + self.prior);
            Affinity {
                subject: subject(code),
                count: count as usize,
                share: count / n,
                share_of_all,
                expected_share,
                lift: expected_share / share_of_all,
                z,
            }
        };
        found.into_iter().map(affinity).collect()
    }

    /// Log-odds of a level for her against all others, over its standard deviation.
    ///
    /// B. Monroe, M. Colaresi, K. Quinn (2008), Fightin' words: lexical feature selection and
    /// evaluation for identifying the content of political conflict, equations 16, 20 and 22.
    fn z(&self, code: u32, count: f64, n: f64) -> f64 {
        let prior = self.prior * self.counts[code as usize] / self.total;
        let (own, other) = (count + prior, self.counts[code as usize] - count + prior);
        let own_rest = n + self.prior - own;
        let other_rest = self.total - n + self.prior - other;
        let log_odds = (own / own_rest).ln() - (other / other_rest).ln();
        log_odds / (1.0 / own + 1.0 / other).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patronage_core::ItemIdx;

    fn item(code: u32) -> Subject {
        Subject::Item { item: ItemIdx::new(code), name: String::new() }
    }

    #[test]
    fn figures_equal_those_by_hand() {
        let mut tastes = Tastes::new("items".to_owned(), 3);
        tastes.add(&mut [0, 0, 1, 0]);
        tastes.add(&mut [1, 2, 1, 2, 1, 1]);
        tastes.learn(Some(5.0));
        let found = tastes.affinities(&[0, 0, 0, 1], 9, item);
        assert_eq!(found.len(), 2);
        let first = &found[0];
        assert_eq!((first.count, first.share, first.share_of_all), (3, 0.75, 0.3));
        assert!((first.expected_share - 4.5 / 9.0).abs() < 1e-12);
        assert!((first.lift - 0.5 / 0.3).abs() < 1e-12);
        // ln(4.5/4.5) − ln(1.5/9.5), over √(1/4.5 + 1/1.5).
        let z = -(1.5_f64 / 9.5).ln() / (1.0 / 4.5 + 1.0 / 1.5_f64).sqrt();
        assert!((first.z - z).abs() < 1e-12);
        assert!(found[1].lift < 1.0 && found[1].z < 0.0);
    }

    #[test]
    fn the_prior_is_found_again() {
        // A Dirichlet-multinomial is Pólya's urn: each line repeats an earlier one or is drawn anew.
        let mut draws = patronage_testkit::Draws::new(11);
        for precision in [2.0, 15.0, 80.0] {
            let mut tastes = Tastes::new("items".to_owned(), 20);
            for customer in 0..4_000 {
                let mut codes: Vec<u32> = Vec::new();
                for line in 0..2 + customer % 15 {
                    let anew = draws.uniform() * (precision + line as f64) < precision;
                    // Levels of unequal shares.
                    let fresh = (draws.uniform() * draws.uniform() * 20.0) as u32;
                    codes.push(if anew { fresh } else { codes[draws.below(line)] });
                }
                tastes.add(&mut codes);
            }
            tastes.learn(None);
            assert!((tastes.prior / precision - 1.0).abs() < 0.15, "{precision}: {}", tastes.prior);
        }
    }

    #[test]
    fn customers_who_are_alike_have_no_tastes() {
        let mut tastes = Tastes::new("items".to_owned(), 4);
        (0..50).for_each(|_| tastes.add(&mut [0, 1, 2, 3]));
        tastes.learn(None);
        assert_eq!(tastes.prior, ALL_ALIKE);
        let mut single = Tastes::new("items".to_owned(), 4);
        single.add(&mut [2, 2]);
        assert!(single.is_trivial());
        single.learn(None);
        assert!(single.prior > 0.0);
    }
}
