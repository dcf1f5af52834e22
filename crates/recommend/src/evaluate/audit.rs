//! Whether a split is sound, and what of the test training cannot know.

use std::fmt;

use patronage_core::{CustomerIdx, Interactions, ItemIdx};

use super::facts::Training;
use super::held_out::HeldOut;
use crate::error::{Error, ErrorKind};

/// What an audit of held-out cases against the training data counted.
///
/// Nothing here is an error: a new item is an ordinary thing. But a figure means little to who does
/// not know how much of the test no model could have known.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Audit {
    /// Cases.
    pub n_cases: usize,
    /// Cases without a customer: they cannot be checked for leaks.
    pub n_anonymous: usize,
    /// Cases of customers without an interaction in training.
    pub n_customers_unknown: usize,
    /// Cases of customers whose interactions in training have no times: they cannot be checked for leaks.
    pub n_untimed: usize,
    /// Customers left out before, because they have no target.
    pub n_without_targets: usize,
    /// Targets.
    pub n_targets: usize,
    /// Targets that no interaction of training names.
    pub n_targets_unknown: usize,
    /// The different items among those.
    pub n_items_unknown: usize,
    /// Targets that stand in the history of their request.
    pub n_targets_repeated: usize,
    /// Entries of histories with an item that no interaction of training names.
    pub n_history_unknown: usize,
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n_cases, n_anonymous, n_customers_unknown, n_untimed, n_targets, .. } = self;
        let Self { n_targets_unknown, n_items_unknown, n_targets_repeated, .. } = self;
        writeln!(f, "cases: {n_cases}, customers without a target: {}", self.n_without_targets)?;
        writeln!(f, "anonymous: {n_anonymous}, of unknown customers: {n_customers_unknown}")?;
        writeln!(f, "not checked for leaks: {}", n_anonymous + n_untimed)?;
        writeln!(
            f,
            "targets: {n_targets}, unknown: {n_targets_unknown} ({n_items_unknown} items)"
        )?;
        writeln!(f, "targets in their history: {n_targets_repeated}")?;
        write!(f, "entries of histories of unknown items: {}", self.n_history_unknown)
    }
}

impl HeldOut {
    /// Fails when a model fitted on `training` would have seen the future of a case: an interaction of its customer at or after the request, or at or after the earliest of its targets.
    ///
    /// A random split of data with times fails: it does test customers on what precedes their
    /// training. Customers without times in `training`, and anonymous requests, cannot be checked
    /// and pass; [`audit`](Self::audit) counts them. Interactions of *other* customers after the
    /// request leak too, more mildly: see [`check_leakage_of_others`](Self::check_leakage_of_others).
    /// O(interactions of the customers held out).
    ///
    /// # Errors
    ///
    /// At the first leak, with the customer and the two moments: [`ErrorKind::Leakage`] or
    /// [`ErrorKind::TestPrecedesTraining`].
    pub fn check_leakage<I: Interactions + ?Sized>(&self, training: &I) -> Result<(), Error> {
        for case in 0..self.len() {
            let request = self.case(case).request;
            let as_of = request.as_of;
            let known = request.customer.filter(|c| c.index() < training.n_customers());
            let Some(customer) = known else { continue };
            let at = training.row(customer).at().unwrap_or_default();
            if let Some(&at) = at.iter().filter(|&&at| at >= as_of).min() {
                return Err(ErrorKind::Leakage { customer: Some(customer), as_of, at }.into());
            }
            let Some(test) = self.tested_at(case) else { continue };
            if let Some(&training) = at.iter().filter(|&&at| at >= test).min() {
                return Err(ErrorKind::TestPrecedesTraining { customer, test, training }.into());
            }
        }
        Ok(())
    }

    /// Fails when `training` has an interaction of anybody at or after the earliest request: a model fitted on it knows what became popular later.
    ///
    /// Splits at one moment pass; leaving out the last of each customer does not, by its nature.
    /// Customers without times cannot be checked and pass. O(interactions).
    ///
    /// # Errors
    ///
    /// At the first leak, with the customer and the two moments ([`ErrorKind::Leakage`]).
    pub fn check_leakage_of_others<I: Interactions + ?Sized>(
        &self,
        training: &I,
    ) -> Result<(), Error> {
        let Some(as_of) = self.iter().map(|case| case.request.as_of).min() else { return Ok(()) };
        for customer in CustomerIdx::all(training.n_customers()) {
            let at = training.row(customer).at().unwrap_or_default();
            if let Some(&at) = at.iter().filter(|&&at| at >= as_of).min() {
                return Err(ErrorKind::Leakage { customer: Some(customer), as_of, at }.into());
            }
        }
        Ok(())
    }

    /// [Checks for leaks](Self::check_leakage), and counts what of these cases `training` does not know.
    ///
    /// O(interactions + entries of histories).
    ///
    /// ```
    /// use patronage_core::{Csr, InteractionTable};
    /// use patronage_recommend::Split;
    ///
    /// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 1, 1.0), (1, 2, 1.0)];
    /// let data = InteractionTable::new(Csr::from_entries(2, 3, &bought, |_, _| {})?)?;
    /// // The second customer is new, and asked for item 2, which nobody else has.
    /// let split = Split::strong(&data, |customer| customer.get() == 1, |_, item| item.get() == 2)?;
    /// let audit = split.held_out.audit(&split.training)?;
    /// assert_eq!((audit.n_anonymous, audit.n_targets_unknown, audit.n_items_unknown), (1, 1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// At a leak, as [`check_leakage`](Self::check_leakage).
    pub fn audit<I: Interactions + ?Sized>(&self, training: &I) -> Result<Audit, Error> {
        self.check_leakage(training)?;
        let known = Training::new(training);
        let mut unknown = vec![false; self.n_items()];
        let n_without_targets = self.n_without_targets();
        let mut audit = Audit { n_cases: self.len(), n_without_targets, ..Audit::default() };
        for case in self.iter() {
            match case.request.customer {
                None => audit.n_anonymous += 1,
                Some(customer) if !known.knows_customer(customer) => audit.n_customers_unknown += 1,
                Some(customer) => {
                    audit.n_untimed += usize::from(training.row(customer).at().is_none());
                }
            }
            let mut history: Vec<ItemIdx> =
                case.request.history.iter().map(|entry| entry.item).collect();
            audit.n_history_unknown += history.iter().filter(|&&item| !known.knows(item)).count();
            history.sort_unstable();
            audit.n_targets += case.targets.len();
            for &target in case.targets {
                audit.n_targets_repeated += usize::from(history.binary_search(&target).is_ok());
                if !known.knows(target) {
                    audit.n_targets_unknown += 1;
                    unknown[target.index()] = true;
                }
            }
        }
        audit.n_items_unknown = unknown.iter().filter(|&&unknown| unknown).count();
        Ok(audit)
    }
}
