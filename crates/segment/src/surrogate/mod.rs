//! Any segmentation explained by any classifier that prints rules.

mod confusion;
mod folds;
mod names;

use std::fmt;

use ndarray::Array2;
use patronage_core::{
    BoxError, ClassIdx, Classifier, Features, Fit, Labeled, SegmentIdx, most_probable, row_slice,
};

pub use self::confusion::{Fidelity, SegmentFidelity};
use crate::error::{Error, ErrorKind};
use crate::persona::Population;

/// Explains a segmentation by rules: any classifier that prints them is trained to tell the segment
/// from the features, and how far one may trust it is measured on customers it did not see.
///
/// The segmentation may come from anywhere (k-means, rules, a table); the classifier is any
/// estimator whose model is a [`Classifier`] that can be displayed, such as a shallow decision tree.
/// Fidelity is the share of customers put into their segment by models fitted on the other folds
/// (folds are drawn so that each has its part of every segment). The rules printed are those of the
/// model fitted on all customers.
///
/// Costs `folds + 1` fits and one prediction a row. A segment with a single customer is never
/// learnt when she is held out, and counts as missed. Empty segments are left out of averages.
///
/// # References
///
/// M. Craven, J. Shavlik (1996), Extracting tree-structured representations of trained networks.
/// E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_core::{ClassIdx, Classifier, Labeled};
/// use patronage_segment::{Column, FeatureTable, Fit, Schema, SegmentIdx, Surrogate};
///
/// /// Cuts the first column where it tells class 0 from class 1 best: any classifier would do.
/// struct Cut;
/// struct CutModel(Schema, f64);
///
/// impl Fit<Labeled<'_, ClassIdx>> for Cut {
///     type Model = CutModel;
///     type Error = std::convert::Infallible;
///     fn fit(&self, rows: &Labeled<'_, ClassIdx>) -> Result<CutModel, Self::Error> {
///         let right = |cut: f64| {
///             (0..rows.len()).filter(|&i| (rows.row(i)[0] > cut) == (rows.label(i).get() == 1)).count()
///         };
///         let cuts = (0..rows.len()).map(|i| rows.row(i)[0]);
///         let best = cuts.max_by_key(|&cut| right(cut)).unwrap_or(0.0);
///         Ok(CutModel(rows.schema().clone(), best))
///     }
/// }
///
/// impl Classifier for CutModel {
///     fn schema(&self) -> &Schema { &self.0 }
///     fn n_classes(&self) -> usize { 2 }
///     fn probabilities(&self, row: &[f64], out: &mut [f64]) {
///         out[1] = f64::from(u8::from(row[0] > self.1));
///         out[0] = 1.0 - out[1];
///     }
/// }
///
/// impl std::fmt::Display for CutModel {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         let name = self.0.columns()[0].name();
///         writeln!(f, "{name} > {}: class 1", self.1)?;
///         writeln!(f, "{name} <= {}: class 0", self.1)
///     }
/// }
///
/// let schema = Schema::new([Column::number("monetary")])?;
/// let spend = FeatureTable::new(schema, Array2::from_shape_fn((100, 1), |(row, _)| row as f64))?;
/// let segments: Vec<_> = (0..100).map(|row| SegmentIdx::new(u32::from(row > 69))).collect();
/// let explanation = Surrogate::new().explain(&Cut, &spend, &segments, ["Many", "Few"])?;
/// assert_eq!(explanation.rules(), "monetary > 69: Few\nmonetary <= 69: Many\n");
/// assert!(explanation.fidelity().accuracy >= 0.97);
/// assert_eq!(explanation.warning(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surrogate {
    folds: usize,
    seed: u64,
    trusted: f64,
}

impl Default for Surrogate {
    fn default() -> Self {
        Self::new()
    }
}

impl Surrogate {
    /// Five folds; rules that stand for 80 % of customers are trusted.
    #[must_use]
    pub const fn new() -> Self {
        Self { folds: 5, seed: 0, trusted: 0.8 }
    }

    /// Folds in which fidelity is measured; default `5`, at least 2.
    #[must_use]
    pub const fn folds(mut self, folds: usize) -> Self {
        self.folds = folds;
        self
    }

    /// The seed that draws the folds; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The accuracy below which an explanation warns; default `0.8`, in `[0, 1]`.
    #[must_use]
    pub const fn trusted(mut self, accuracy: f64) -> Self {
        self.trusted = accuracy;
        self
    }

    /// Fits `estimator` to tell the segments from `features`, of shape `(n_rows, n_columns)`;
    /// `segments` says the segment of each row, and `names` what segments are called.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, lengths do not fit, a segment has no name, there are
    /// fewer rows than folds, or the estimator refuses the rows (its error is the source).
    pub fn explain<E, M, Er, F, S>(
        &self,
        estimator: &E,
        features: &F,
        segments: &[SegmentIdx],
        names: impl IntoIterator<Item = S>,
    ) -> Result<Explanation<M>, Error>
    where
        E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er>,
        M: Classifier + fmt::Display,
        Er: Into<BoxError>,
        F: Features + ?Sized,
        S: Into<String>,
    {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let population = Population::new(features, segments, names.len(), None)?;
        let n = population.n();
        if self.folds < 2 {
            let (name, expected, found) = ("folds", "at least 2", self.folds as f64);
            return Err(ErrorKind::Parameter { name, expected, found }.into());
        }
        if !(0.0..=1.0).contains(&self.trusted) {
            let (name, expected, found) = ("trusted", "in [0, 1]", self.trusted);
            return Err(ErrorKind::Parameter { name, expected, found }.into());
        }
        if n < self.folds {
            let (what, expected) = ("rows, at least one for each fold", self.folds);
            return Err(ErrorKind::Length { what, expected, found: n }.into());
        }
        let classes: Vec<ClassIdx> = segments.iter().map(|s| ClassIdx::new(s.get())).collect();
        let all = Labeled::new(features, &classes)?;
        let fit = |rows: &Labeled<'_, ClassIdx>| {
            estimator.fit(rows).map_err(|e| Error::from(ErrorKind::Estimator(e.into())))
        };
        let fold_of = folds::stratified(segments, names.len(), self.folds, self.seed);
        let mut confusion = Array2::<u64>::zeros((names.len(), names.len()));
        let (mut buffer, mut probabilities) = (Vec::new(), Vec::new());
        for fold in 0..self.folds {
            let (inside, outside): (Vec<u32>, Vec<u32>) =
                (0..n as u32).partition(|&row| fold_of[row as usize] == fold);
            let model = fit(&all.reborrow().select(&outside)?)?;
            check_classes(&model, names.len())?;
            probabilities.resize(model.n_classes(), 0.0);
            for row in inside {
                let cells = row_slice(population.rows.row(row as usize), &mut buffer);
                model.probabilities(cells, &mut probabilities);
                let said = most_probable(probabilities.iter().copied());
                confusion[[segments[row as usize].index(), said.index()]] += 1;
            }
        }
        let model = fit(&all)?;
        check_classes(&model, names.len())?;
        let rules = names::in_place(&model.to_string(), &names, population.schema);
        let fidelity = Fidelity::of(confusion);
        Ok(Explanation { model, names, rules, fidelity, trusted: self.trusted })
    }
}

fn check_classes<M: Classifier>(model: &M, n_segments: usize) -> Result<(), Error> {
    if model.n_classes() > n_segments {
        let (what, expected) = ("classes of the classifier, at most the segments", n_segments);
        return Err(ErrorKind::Length { what, expected, found: model.n_classes() }.into());
    }
    Ok(())
}

/// Rules that stand for a segmentation, and how far one may trust them.
///
/// `Display` writes the rules, the fidelity, and a warning where it is low.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation<M> {
    model: M,
    names: Vec<String>,
    rules: String,
    fidelity: Fidelity,
    trusted: f64,
}

impl<M> Explanation<M> {
    /// The classifier fitted on all customers.
    #[must_use]
    pub const fn model(&self) -> &M {
        &self.model
    }

    /// What the model prints, with the names of segments where it prints `class 3`.
    ///
    /// Where a name of a column or a level reads like that too, the text is left as it is.
    #[must_use]
    pub fn rules(&self) -> &str {
        &self.rules
    }

    /// What the segments are called.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How well models of the other folds told the segments of customers they did not see.
    #[must_use]
    pub const fn fidelity(&self) -> &Fidelity {
        &self.fidelity
    }

    /// What a reader must know before using the rules, where the accuracy is below
    /// [`trusted`](Surrogate::trusted), or no better than naming the largest segment.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let Fidelity { accuracy, interval, of_largest, .. } = &self.fidelity;
        let share = crate::persona::percent(*accuracy);
        if *accuracy < self.trusted {
            return Some(format!("the rules stand for {share} of customers only"));
        }
        let some = self.fidelity.segments.iter().filter(|s| s.n_customers > 0).count();
        (some > 1 && interval.low <= *of_largest).then(|| {
            format!(
                "the rules stand for {share} of customers, no surely better than naming the largest segment for all ({})",
                crate::persona::percent(*of_largest)
            )
        })
    }
}

impl<M> fmt::Display for Explanation<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::persona::percent;
        writeln!(f, "{}\n", self.rules.trim_end())?;
        let Fidelity { accuracy, interval, balanced_accuracy, .. } = &self.fidelity;
        writeln!(
            f,
            "Fidelity on customers not seen: {} ({} to {}), balanced {}.",
            percent(*accuracy),
            percent(interval.low),
            percent(interval.high),
            percent(*balanced_accuracy)
        )?;
        if let Some(warning) = self.warning() {
            writeln!(f, "Warning: {warning}.")?;
        }
        writeln!(f, "\n| segment | customers | recall | precision |\n|---|---:|---:|---:|")?;
        for (name, of) in self.names.iter().zip(&self.fidelity.segments) {
            let share = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), percent);
            let (n, name) = (of.n_customers, name.replace('|', "\\|"));
            writeln!(f, "| {name} | {n} | {} | {} |", share(of.recall), share(of.precision))?;
        }
        Ok(())
    }
}
