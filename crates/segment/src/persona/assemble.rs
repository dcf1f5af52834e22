//! Top lists, prototypes and money of one persona.

use std::collections::HashMap;

use patronage_core::{Features, Money};

use super::Personas;
use super::bought::Bought;
use super::columns::raw;
use super::contrast::{Evidence, NumberContrast, ShareContrast};
use super::medoid::{Space, prototypes};
use super::population::Population;
use super::report::{Facet, MoneyShare, Prototype};
use super::tally::Tally;

/// The evidence of levels in segments.
pub(super) type Findings = HashMap<(usize, usize), Evidence>;

impl<F: Features + ?Sized> Personas<'_, F> {
    /// The top lists of a tally for one segment, and all that is significant of it.
    pub(super) fn facet(
        &self,
        (at, tally): (usize, &Tally),
        segment: usize,
        sizes: &[usize],
        findings: &Findings,
        bought: &Bought,
    ) -> (Facet, Vec<ShareContrast>) {
        let contrast = |level: usize| {
            let subject = bought.subject(at, level, self.purchases, self.item_names);
            let mut contrast = tally.contrast(level, segment, sizes, subject);
            contrast.evidence = findings.get(&(level, segment)).copied().unwrap_or(raw(1.0));
            let n_of_all = tally.buyers(level);
            contrast.evidence.significant &= self.is_common(&contrast, n_of_all, sizes, segment);
            contrast
        };
        let mut by_count: Vec<usize> =
            (0..tally.n_levels).filter(|&level| tally.count(level, segment) > 0.0).collect();
        by_count.sort_by(|&a, &b| {
            tally.count(b, segment).total_cmp(&tally.count(a, segment)).then(a.cmp(&b))
        });
        let by_share = by_count.iter().take(self.top).map(|&level| contrast(level)).collect();
        let is_found = |level: &usize| {
            findings.get(&(*level, segment)).is_some_and(|evidence| evidence.significant)
        };
        let mut significant: Vec<ShareContrast> =
            (0..tally.n_levels).filter(is_found).map(contrast).collect();
        significant.retain(|contrast| contrast.evidence.significant);
        significant.sort_by(|a, b| b.strength().total_cmp(&a.strength()));
        let more = significant.iter().filter(|contrast| contrast.lift > 1.0);
        let by_lift = more.take(self.top).cloned().collect();
        (Facet { name: tally.name.clone(), by_share, by_lift }, significant)
    }

    /// Whether what is said to be more frequent is so among customers enough of the segment, and
    /// what is said to be rarer is frequent enough among all.
    pub(super) fn is_common(
        &self,
        contrast: &ShareContrast,
        n_of_all: usize,
        sizes: &[usize],
        segment: usize,
    ) -> bool {
        let reaches = |n: usize, of: usize| n as f64 >= self.reach * of as f64;
        if contrast.lift > 1.0 {
            let n = contrast.n_customers;
            n >= self.support && reaches(n, sizes[segment])
        } else {
            reaches(n_of_all, sizes.iter().sum())
        }
    }

    /// The prototypes of a segment.
    pub(super) fn stand_ins(
        &self,
        population: &Population<'_>,
        space: &Space,
        members: &[usize],
    ) -> Vec<Prototype> {
        let chosen = prototypes(space, members, self.prototypes, self.seed);
        let stand_in = |chosen: super::medoid::Chosen| Prototype {
            row: chosen.row,
            customer: population.customer(chosen.row),
            id: self.ids.and_then(|ids| ids.id(population.customer(chosen.row))).map(str::to_owned),
            values: population
                .rows
                .row(chosen.row)
                .iter()
                .map(|&cell| (!cell.is_nan()).then_some(cell))
                .collect(),
            n_members: chosen.n_members,
            mean_distance: chosen.mean_distance,
            excess: chosen.excess,
        };
        chosen.into_iter().map(stand_in).collect()
    }
}

/// How far a number sets the segment apart for sure: from ½ to the nearer end of the interval of
/// its superiority.
pub(super) fn strength(number: &NumberContrast) -> f64 {
    let interval = number.superiority_interval;
    (interval.low - 0.5).max(0.5 - interval.high).max(0.0)
}

/// An amount beside those of all segments.
pub(super) fn money_share(of: &[Money], segment: usize, n_customers: usize) -> MoneyShare {
    let amount = of[segment];
    // All segments together may exceed the range of money.
    let all: i128 = of.iter().map(|amount| i128::from(amount.ticks())).sum();
    let share = if all == 0 { 0.0 } else { amount.ticks() as f64 / all as f64 };
    let n = i128::try_from(n_customers.max(1)).unwrap_or(i128::MAX);
    let ticks = i128::from(amount.ticks());
    // To nearest, ties to even, as money rounds everywhere.
    let (quotient, rest) = (ticks.div_euclid(n), ticks.rem_euclid(n));
    let up = 2 * rest > n || (2 * rest == n && quotient % 2 != 0);
    let per_customer = Money::from_ticks((quotient + i128::from(up)) as i64);
    MoneyShare { amount, share, per_customer }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_shared_exactly() {
        let of = [5, 10, -5].map(Money::from_ticks);
        let share = money_share(&of, 1, 4);
        assert_eq!((share.share, share.per_customer.ticks()), (1.0, 2));
        assert_eq!(money_share(&of, 2, 2).per_customer.ticks(), -2);
        assert_eq!(money_share(&[Money::ZERO], 0, 0).share, 0.0);
        let share = money_share(&[Money::MAX, Money::MAX], 0, 3);
        assert_eq!(share.share, 0.5);
    }
}
