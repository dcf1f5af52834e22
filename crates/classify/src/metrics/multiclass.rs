//! Right and wrong over any number of classes.

use ndarray::{Array2, ArrayView2};
use patronage_core::{ClassIdx, most_probable};

use super::confusion::Confusion;
use super::scored::Scored;
use crate::error::{Error, ErrorKind};

/// How the figures of classes become one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Average {
    /// The plain mean over classes.
    Macro,
    /// The figure of all class decisions taken together.
    Micro,
    /// The mean over classes, each by the weight of its rows.
    Weighted,
}

/// The weights of answers by true class (rows) and answered class (columns).
///
/// Figures without anything to divide by are 0, as in scikit-learn.
///
/// # Examples
///
/// ```
/// use patronage_classify::{Average, ConfusionMatrix};
/// use patronage_core::ClassIdx;
///
/// let truth = [0, 1, 2, 2].map(ClassIdx::new);
/// let answers = [0, 2, 2, 2].map(ClassIdx::new);
/// let matrix = ConfusionMatrix::new(&truth, &answers, 3, None)?;
/// assert_eq!(matrix.accuracy(), 0.75);
/// assert_eq!(matrix.recall(Average::Macro), 2.0 / 3.0);
/// # Ok::<(), patronage_classify::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ConfusionMatrix {
    weights: Array2<f64>,
}

impl ConfusionMatrix {
    /// The answers to rows of these classes, with a weight for each row or 1.
    ///
    /// # Errors
    ///
    /// When lengths differ, a class is not below `n_classes`, a weight is negative or not finite,
    /// or no row has weight.
    pub fn new(
        truth: &[ClassIdx],
        answers: &[ClassIdx],
        n_classes: usize,
        weights: Option<&[f64]>,
    ) -> Result<Self, Error> {
        let expected = truth.len();
        for (what, found) in
            [("answers", answers.len()), ("weights", weights.map_or(expected, <[f64]>::len))]
        {
            if found != expected {
                return Err(ErrorKind::Length { what, expected, found }.into());
            }
        }
        for (what, classes) in [("label", truth), ("answer", answers)] {
            if let Some(class) = classes.iter().find(|class| class.index() >= n_classes) {
                let found = class.index();
                return Err(ErrorKind::NoSuchClass { what, n_classes, found }.into());
            }
        }
        let mut matrix = Array2::zeros((n_classes, n_classes));
        for (position, (truth, answer)) in truth.iter().zip(answers).enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[position]);
            if !weight.is_finite() || weight < 0.0 {
                let (what, expected) = ("weight", "a finite number, at least 0");
                return Err(ErrorKind::Number { what, position, expected, found: weight }.into());
            }
            matrix[[truth.index(), answer.index()]] += weight;
        }
        let total: f64 = matrix.sum();
        if total <= 0.0 {
            return Err(ErrorKind::NoRows { what: "evaluation" }.into());
        }
        if !total.is_finite() {
            let (what, position) = ("sum of weights up to row", expected - 1);
            let expected = "a finite number";
            return Err(ErrorKind::Number { what, position, expected, found: total }.into());
        }
        Ok(Self { weights: matrix })
    }

    /// The same, by the most probable class of each row of `(n_rows, n_classes)` probabilities, the
    /// first of equals.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and when a number is NaN, as of rows that no fold predicted.
    pub fn of_probabilities(
        probabilities: ArrayView2<'_, f64>,
        truth: &[ClassIdx],
        weights: Option<&[f64]>,
    ) -> Result<Self, Error> {
        let mut answers = Vec::with_capacity(probabilities.nrows());
        for (position, row) in probabilities.rows().into_iter().enumerate() {
            if let Some(&found) = row.iter().find(|p| p.is_nan()) {
                let (what, expected) = ("row", "probabilities");
                return Err(ErrorKind::Number { what, position, expected, found }.into());
            }
            answers.push(most_probable(row.iter().copied()));
        }
        Self::new(truth, &answers, probabilities.ncols(), weights)
    }

    /// The weights, of shape `(true class, answered class)`.
    #[must_use]
    pub fn weights(&self) -> ArrayView2<'_, f64> {
        self.weights.view()
    }

    /// The number of classes.
    #[must_use]
    pub fn n_classes(&self) -> usize {
        self.weights.nrows()
    }

    /// The weight of the rows of a class (its support).
    ///
    /// # Panics
    ///
    /// When there is no such class.
    #[must_use]
    pub fn support(&self, class: ClassIdx) -> f64 {
        self.weights.row(class.index()).sum()
    }

    /// One class against the rest.
    ///
    /// # Panics
    ///
    /// When there is no such class.
    #[must_use]
    pub fn against_rest(&self, class: ClassIdx) -> Confusion {
        let at = class.index();
        let n = self.n_classes();
        let others = |f: &dyn Fn(usize) -> f64| (0..n).filter(|&k| k != at).map(f).sum::<f64>();
        Confusion {
            true_positive: self.weights[[at, at]],
            false_positive: others(&|k| self.weights[[k, at]]),
            false_negative: others(&|k| self.weights[[at, k]]),
            true_negative: others(&|k| others(&|l| self.weights[[k, l]])),
        }
    }

    fn averaged(&self, average: Average, figure: impl Fn(&Confusion) -> f64) -> f64 {
        let classes = (0..self.n_classes()).map(ClassIdx::from_usize);
        match average {
            Average::Macro => {
                classes.map(|k| figure(&self.against_rest(k))).sum::<f64>()
                    / self.n_classes() as f64
            }
            Average::Weighted => {
                let total = self.weights.sum();
                classes.map(|k| self.support(k) / total * figure(&self.against_rest(k))).sum()
            }
            Average::Micro => {
                let parts: Vec<Confusion> = classes.map(|k| self.against_rest(k)).collect();
                let sum = |f: &dyn Fn(&Confusion) -> f64| parts.iter().map(f).sum();
                figure(&Confusion {
                    true_positive: sum(&|c| c.true_positive),
                    false_positive: sum(&|c| c.false_positive),
                    false_negative: sum(&|c| c.false_negative),
                    true_negative: sum(&|c| c.true_negative),
                })
            }
        }
    }

    /// The share of right answers.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.weights.diag().sum() / self.weights.sum()
    }

    /// The mean over the classes that have rows of the share of them answered rightly.
    #[must_use]
    pub fn balanced_accuracy(&self) -> f64 {
        let (mut sum, mut n) = (0.0, 0.0);
        for class in 0..self.n_classes() {
            let support = self.support(ClassIdx::from_usize(class));
            if support > 0.0 {
                sum += self.weights[[class, class]] / support;
                n += 1.0;
            }
        }
        sum / n
    }

    /// Of the answers of a class, the share that are right.
    #[must_use]
    pub fn precision(&self, average: Average) -> f64 {
        self.averaged(average, Confusion::precision)
    }

    /// Of the rows of a class, the share answered rightly.
    #[must_use]
    pub fn recall(&self, average: Average) -> f64 {
        self.averaged(average, Confusion::recall)
    }

    /// The harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self, average: Average) -> f64 {
        self.averaged(average, Confusion::f1)
    }

    /// The F-measure that values recall `beta` times as much as precision; `beta` above 0.
    #[must_use]
    pub fn f_beta(&self, beta: f64, average: Average) -> f64 {
        self.averaged(average, |confusion| confusion.f_beta(beta))
    }

    /// The correlation of answer and truth (Matthews, for many classes by Gorodkin, 2004).
    #[must_use]
    pub fn mcc(&self) -> f64 {
        // Shares, so that no product leaves the range.
        let shares = &self.weights / self.weights.sum();
        let (truth, answers) =
            (shares.sum_axis(ndarray::Axis(1)), shares.sum_axis(ndarray::Axis(0)));
        let constant = |of: &ndarray::Array1<f64>| of.iter().filter(|&&x| x > 0.0).count() < 2;
        // What is all of one class does not vary, whatever its shares round to.
        if constant(&truth) || constant(&answers) {
            return 0.0;
        }
        let covariance = shares.diag().sum() - truth.dot(&answers);
        let spread = (1.0 - truth.dot(&truth)).max(0.0) * (1.0 - answers.dot(&answers)).max(0.0);
        if spread > 0.0 { covariance / spread.sqrt() } else { 0.0 }
    }

    /// The agreement of answer and truth beyond chance (Cohen, 1960); 0 where both are constant.
    #[must_use]
    pub fn kappa(&self) -> f64 {
        let shares = &self.weights / self.weights.sum();
        let (truth, answers) =
            (shares.sum_axis(ndarray::Axis(1)), shares.sum_axis(ndarray::Axis(0)));
        let chance = 1.0 - truth.dot(&answers);
        if chance > 0.0 { 1.0 - (1.0 - shares.diag().sum()) / chance } else { 0.0 }
    }
}

/// The ROC AUC of probabilities of shape `(n_rows, n_classes)`, each class against the rest.
///
/// `Macro` and `Weighted` average the classes' AUCs; `Micro` takes every (row, class) pair as one
/// decision. O(n_classes · n_rows log n_rows).
///
/// # Errors
///
/// When shapes do not fit, a number is not finite, or a class has no row or every row (`Macro` and
/// `Weighted`).
///
/// # References
///
/// Provost and Domingos, 2000, *Well-trained PETs: improving probability estimation trees*
/// (weighted one-vs-rest); Fawcett, 2006, *An introduction to ROC analysis*.
pub fn one_vs_rest_roc_auc(
    probabilities: ArrayView2<'_, f64>,
    labels: &[ClassIdx],
    weights: Option<&[f64]>,
    average: Average,
) -> Result<f64, Error> {
    let (n_rows, n_classes) = probabilities.dim();
    if let Some(label) = labels.iter().find(|label| label.index() >= n_classes) {
        let (what, found) = ("label", label.index());
        return Err(ErrorKind::NoSuchClass { what, n_classes, found }.into());
    }
    for (what, found) in
        [("labels", labels.len()), ("weights", weights.map_or(n_rows, <[f64]>::len))]
    {
        if found != n_rows {
            return Err(ErrorKind::Length { what, expected: n_rows, found }.into());
        }
    }
    if average == Average::Micro {
        let scores: Vec<f64> = probabilities.iter().copied().collect();
        let is_own = |at: usize| u32::from(labels[at / n_classes].index() == at % n_classes);
        let outcomes: Vec<ClassIdx> =
            (0..scores.len()).map(|at| ClassIdx::new(is_own(at))).collect();
        let of_pair = |at: usize| weights.map_or(1.0, |weights| weights[at / n_classes]);
        let weights: Vec<f64> = (0..scores.len()).map(of_pair).collect();
        return Scored::weighted(&scores, &outcomes, &weights)?.roc_auc();
    }
    let (mut sum, mut total) = (0.0, 0.0);
    for class in (0..n_classes).map(ClassIdx::from_usize) {
        let scored = match weights {
            Some(weights) => Scored::of_class_weighted(probabilities, labels, class, weights)?,
            None => Scored::of_class(probabilities, labels, class)?,
        };
        let share = if average == Average::Macro { 1.0 } else { scored.positive() };
        sum += share * scored.roc_auc()?;
        total += share;
    }
    if total > 0.0 { Ok(sum / total) } else { Err(ErrorKind::NoRows { what: "evaluation" }.into()) }
}
