//! All checks of one estimator.

use std::fmt::Display;

use patronage_core::{
    CustomerIdx, Fit, HistoryEntry, InteractionTable, ItemIdx, Recommender, Request,
};

use super::board::{AS_OF, Checkerboard, Diagonal};
use super::fault::Fault;
use super::filters::{check_batches, check_filters};
use super::finding::{Check, Finding, KitReport};
use super::incremental::gap;
use super::{padding, popular};
use crate::error::{Error, require};

/// How many ids nobody uses are put behind the others.
const EXTRA: usize = 3;

/// What the estimator should learn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Learns {
    Tastes,
    Popularity,
}

/// Checks of anybody's recommender on data whose right answer is known: the mistakes that cost most and show least.
///
/// | check | catches |
/// |---|---|
/// | [`Check::Checkerboard`] | rows and columns mixed up, ids shifted by one, models that learn nothing |
/// | [`Check::PopularityExactness`] | a baseline that is not the baseline |
/// | [`Check::BatchInvariance`] | answers that depend on who asks at the same time |
/// | [`Check::PaddingIds`] | item 0 taken for padding, the last item cut off, unused ids that are recommended |
/// | [`Check::FilteredTopK`] | lists filtered after the search, and so too short |
/// | [`Check::IncrementalRefit`] | updates that drift from what a refit would say |
///
/// Nothing panics: each check returns a typed [`Finding`], also where the estimator refuses the data.
/// Five fits on a few dozen customers and items for models of tastes, ten for models of popularity.
/// Of the board's two tastes a model of many factors learns by heart what was withheld: give factor
/// models few.
///
/// ```
/// use patronage_recommend::{Check, CorrectnessKit, ItemKnn, Outcome, Popularity};
///
/// let report = CorrectnessKit::new().run(&ItemKnn::new(50))?;
/// assert!(report.passed(), "{report}");
/// // Popularity knows no tastes, and the kit sees it.
/// let report = CorrectnessKit::new().run(&Popularity::new())?;
/// assert_eq!(report.finding(Check::Checkerboard).map(|f| f.outcome()), Some(Outcome::Failed));
/// assert!(CorrectnessKit::popularity().run(&Popularity::new())?.passed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CorrectnessKit {
    learns: Learns,
    n: usize,
    tolerance: f64,
    skipped: Vec<Check>,
}

impl Default for CorrectnessKit {
    fn default() -> Self {
        Self::new()
    }
}

impl CorrectnessKit {
    /// Checks for models that learn who likes what: all but [`Check::PopularityExactness`].
    #[must_use]
    pub const fn new() -> Self {
        Self { learns: Learns::Tastes, n: 30, tolerance: 1e-5, skipped: Vec::new() }
    }

    /// Checks for models of popularity, which answer everyone alike: all but [`Check::Checkerboard`].
    #[must_use]
    pub const fn popularity() -> Self {
        let mut kit = Self::new();
        kit.learns = Learns::Popularity;
        kit
    }

    /// The number of customers and items of the checkerboard; default `30`, 8 to 10,000.
    #[must_use]
    pub const fn size(mut self, n: usize) -> Self {
        self.n = n;
        self
    }

    /// How far scores in a batch may be from those alone, relative to the largest of the answer; default `1e-5`, at least 0.
    #[must_use]
    pub const fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Leaves a check out; the report says so.
    #[must_use]
    pub fn skip(mut self, check: Check) -> Self {
        self.skipped.push(check);
        self
    }

    /// Fits `estimator` on the data of the kit and makes every check but [`Check::IncrementalRefit`].
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range.
    pub fn run<'m, E>(&self, estimator: &'m E) -> Result<KitReport, Error>
    where
        E: Fit<InteractionTable>,
        E::Model: Recommender + 'm,
        E::Error: Display,
    {
        self.run_with(|table| estimator.fit(table))
    }

    /// [`run`](Self::run) for what is fitted in its own way, such as on [item features](Checkerboard::features).
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range.
    pub fn run_with<'m, M: Recommender + 'm, E: Display>(
        &self,
        fit: impl Fn(&InteractionTable) -> Result<M, E> + 'm,
    ) -> Result<KitReport, Error> {
        let fit = move |table: &InteractionTable| match fit(table) {
            Ok(model) => Ok(Box::new(model) as Box<dyn Recommender + 'm>),
            Err(error) => Err(Fault::Fit { message: error.to_string() }),
        };
        let board = self.board()?;
        let findings = [
            Check::Checkerboard,
            Check::PopularityExactness,
            Check::BatchInvariance,
            Check::PaddingIds,
            Check::FilteredTopK,
            Check::IncrementalRefit,
        ];
        let findings = findings.map(|check| {
            let mut finding = Finding::new(check);
            if !self.skipped.contains(&check) {
                self.make(&board, &fit, &mut finding);
            }
            finding
        });
        Ok(KitReport { findings: findings.to_vec() })
    }

    /// Makes the one check that needs to know how a model is brought up to date: fits on part of the
    /// board, updates with all of it, and compares with a refit.
    ///
    /// `update` is given the former model, what that was fitted on, and all of the data, which has
    /// more customers and items. The gap is the root of the sum of squared differences of all scores
    /// over that of the refit, and may be `tolerance`. Add the finding with [`KitReport::and`].
    ///
    /// ```
    /// use patronage_core::Fit;
    /// use patronage_recommend::{CorrectnessKit, ItemKnn, Outcome};
    ///
    /// let knn = ItemKnn::new(50);
    /// let finding = CorrectnessKit::new().incremental(
    ///     0.0,
    ///     |data| knn.fit(data),
    ///     |former, before, data| knn.update(data, former, before),
    /// )?;
    /// assert_eq!(finding.outcome(), Outcome::Passed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range.
    pub fn incremental<M: Recommender, E: Display>(
        &self,
        tolerance: f64,
        fit: impl Fn(&InteractionTable) -> Result<M, E>,
        update: impl Fn(&M, &InteractionTable, &InteractionTable) -> Result<M, E>,
    ) -> Result<Finding, Error> {
        let board = self.board()?;
        let expected = "a number of at least 0";
        require(tolerance >= 0.0, "tolerance", expected, tolerance)?;
        let refused = |error: E| Fault::Fit { message: error.to_string() };
        let mut finding = Finding::new(Check::IncrementalRefit);
        let all = match self.learns {
            Learns::Tastes => board.corner(board.n(), 0, Diagonal::Kept),
            Learns::Popularity => popular::table(&popular::orders()[0], 0),
        };
        let part = match self.learns {
            Learns::Tastes => board.corner(board.n() - board.n() / 5, 0, Diagonal::Kept),
            Learns::Popularity => popular::table(&popular::orders()[0][..7], 0),
        };
        let models = fit(&part).and_then(|former| Ok((update(&former, &part, &all)?, fit(&all)?)));
        let fault = match models.map_err(refused) {
            Err(fault) => Some(fault),
            Ok((updated, anew)) => {
                let (expected, found) = (anew.n_items(), updated.n_items());
                if found == expected {
                    let histories = histories(&board);
                    let gap = gap(&updated, &anew, &requests(&histories));
                    (gap > tolerance).then_some(Fault::Incremental { tolerance, gap })
                } else {
                    Some(Fault::Items { expected, found })
                }
            }
        };
        finding.note(fault);
        Ok(finding)
    }

    fn board(&self) -> Result<Checkerboard, Error> {
        let tolerance = self.tolerance;
        require(tolerance >= 0.0, "tolerance", "a number of at least 0", tolerance)?;
        Checkerboard::new(self.n)
    }

    fn make(&self, board: &Checkerboard, fit: &Fitter<'_>, finding: &mut Finding) {
        let fitted = |table: InteractionTable, finding: &mut Finding| {
            let expected = patronage_core::Interactions::n_items(&table);
            let model = fit(&table).and_then(|model| match model.n_items() {
                found if found == expected => Ok(model),
                found => Err(Fault::Items { expected, found }),
            });
            model.map_err(|fault| finding.note(Some(fault))).ok()
        };
        let histories = histories(board);
        match (finding.check(), self.learns) {
            (Check::Checkerboard, Learns::Tastes) => {
                if let Some(model) = fitted(board.table(), finding) {
                    board.check(&*model, finding);
                }
            }
            (Check::PopularityExactness, Learns::Popularity) => {
                for counts in popular::orders() {
                    if let Some(model) = fitted(popular::table(&counts, 0), finding) {
                        popular::check(&*model, &counts, finding);
                    }
                }
            }
            (Check::PaddingIds, Learns::Tastes) => {
                for extra in [0, EXTRA] {
                    let table = board.corner(board.n(), extra, Diagonal::Kept);
                    if let Some(model) = fitted(table, finding) {
                        padding::check(board, &*model, finding);
                    }
                }
            }
            (Check::PaddingIds, Learns::Popularity) => {
                for counts in popular::orders() {
                    if let Some(model) = fitted(popular::table(&counts, EXTRA), finding) {
                        popular::check(&*model, &counts, finding);
                    }
                }
            }
            (Check::BatchInvariance, _) => {
                if let Some(model) = fitted(board.table(), finding) {
                    check_batches(&*model, &requests(&histories), self.tolerance, finding);
                }
            }
            (Check::FilteredTopK, _) => {
                if let Some(model) = fitted(board.table(), finding) {
                    check_filters(&*model, &requests(&histories), finding);
                }
            }
            (Check::Checkerboard | Check::PopularityExactness | Check::IncrementalRefit, _) => {}
        }
    }
}

type Fitter<'f> = dyn Fn(&InteractionTable) -> Result<Box<dyn Recommender + 'f>, Fault> + 'f;

/// What customers of the board have, each item alone, and nothing.
fn histories(board: &Checkerboard) -> Vec<Vec<HistoryEntry>> {
    let of_customers = CustomerIdx::all(board.n()).map(|customer| board.history(customer));
    let of_items = ItemIdx::all(board.n()).map(|item| HistoryEntry::from_items(&[item]));
    of_customers.chain(of_items).chain([Vec::new()]).collect()
}

fn requests(histories: &[Vec<HistoryEntry>]) -> Vec<Request<'_>> {
    let request = |history| Request { history, customer: None, as_of: AS_OF };
    histories.iter().map(|history| request(&history[..])).collect()
}
