//! Estimators of any kind under one roof.

use std::marker::PhantomData;

use ndarray::Array2;
use patronage::classify::{
    Baseline, Calibration, CalibrationMethod, ColumnDraw, DecisionTree, Error, ExtraTrees, Fill,
    GradientBoosting, Imputation, Indicator, KNearest, LogisticRegression, NaiveBayes, OneHot,
    Preparation, Prepared, RandomForest, Scaling, Select, Split, Stacking, cross_predict, folds_by,
};
use patronage::core::{BoxError, ClassIdx, Classifier, Fit, Labeled};

/// An estimator that can be judged, calibrated and used.
pub(crate) trait Contestant {
    /// For each row its chance of class 1, by a model that did not learn from its fold.
    fn held_out(
        &self,
        data: &Labeled<'_, ClassIdx>,
        splits: &[Split],
    ) -> Result<Vec<f64>, BoxError>;

    /// The same, each model calibrated on what it answers to rows of its own training it was refitted
    /// without.
    fn held_out_calibrated(
        &self,
        data: &Labeled<'_, ClassIdx>,
        splits: &[Split],
    ) -> Result<Vec<f64>, BoxError>;

    /// A model of these rows.
    fn learn(&self, data: &Labeled<'_, ClassIdx>) -> Result<Box<dyn Classifier>, BoxError>;
}

struct Entry<E, M> {
    estimator: E,
    model: PhantomData<fn() -> M>,
}

/// An estimator whose models are `M`.
fn entry<E, M>(estimator: E) -> Box<dyn Contestant>
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Error> + Sync + 'static,
    M: Classifier + 'static,
{
    Box::new(Entry { estimator, model: PhantomData })
}

fn of_class_one(probabilities: &Array2<f64>) -> Vec<f64> {
    probabilities.column(1).to_vec()
}

impl<E, M> Contestant for Entry<E, M>
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Error> + Sync,
    M: Classifier + 'static,
{
    fn held_out(
        &self,
        data: &Labeled<'_, ClassIdx>,
        splits: &[Split],
    ) -> Result<Vec<f64>, BoxError> {
        Ok(of_class_one(&cross_predict(&self.estimator, data, splits)?))
    }

    fn held_out_calibrated(
        &self,
        data: &Labeled<'_, ClassIdx>,
        splits: &[Split],
    ) -> Result<Vec<f64>, BoxError> {
        let mut chances = vec![0.0; data.table().nrows()];
        let calibration = Calibration::new(CalibrationMethod::Beta);
        for split in splits {
            // Folds within the training rows, as rows of the table.
            let mut inner = folds_by(split.train.len(), splits.len(), |at| at % splits.len())?;
            for part in &mut inner {
                for rows in [&mut part.train, &mut part.test] {
                    rows.iter_mut().for_each(|row| *row = split.train[*row as usize]);
                }
            }
            let train = data.reborrow().select(&split.train)?;
            let model = calibration.cross_fit(&self.estimator, &train, &inner)?;
            let mut answer = [0.0; 2];
            for &row in &split.test {
                let cells = data.table().row(row as usize).to_vec();
                model.probabilities(&cells, &mut answer);
                chances[row as usize] = answer[1];
            }
        }
        Ok(chances)
    }

    fn learn(&self, data: &Labeled<'_, ClassIdx>) -> Result<Box<dyn Classifier>, BoxError> {
        Ok(Box::new(self.estimator.fit(data)?))
    }
}

/// Missing numbers as 0, and one flag a level.
fn flags() -> Preparation {
    let zero = Imputation::new(Fill::Constant(0.0)).indicator(Indicator::Never);
    Preparation::new().impute(Select::Numbers, zero).one_hot(Select::Categories, OneHot::new())
}

/// Every model, by the name it is reported under.
pub(crate) fn contestants(seed: u64) -> Vec<(&'static str, Box<dyn Contestant>)> {
    let logistic = || Prepared::new(flags(), LogisticRegression::new().scaling(Scaling::Standard));
    let forest = || {
        RandomForest::new().n_trees(300).min_samples_leaf(5).columns(ColumnDraw::Log2).seed(seed)
    };
    // Small trees, slowly, each on a draw of rows and columns.
    let boosting = || {
        let trees = GradientBoosting::new().n_rounds(300).learning_rate(0.03).max_leaves(8);
        Prepared::new(
            Preparation::new().one_hot(Select::Categories, OneHot::new()),
            trees.row_share(0.7).columns_by_node(0.5).seed(seed),
        )
    };
    let stacking = Stacking::new()
        .member("logistic", logistic())
        .member("forest", Prepared::new(flags(), forest()))
        .member("boosting", boosting())
        .seed(seed);
    let extra = ExtraTrees::new().n_trees(300).min_samples_leaf(5).seed(seed);
    let nearest = KNearest::new(50);
    vec![
        ("baseline", entry(Baseline::new())),
        ("logistic", entry(logistic())),
        ("naive_bayes", entry(NaiveBayes::new())),
        ("knn", entry(Prepared::new(flags(), nearest))),
        ("tree", entry(Prepared::new(flags(), DecisionTree::new().max_depth(5)))),
        ("forest", entry(Prepared::new(flags(), forest()))),
        ("extra_trees", entry(Prepared::new(flags(), extra))),
        ("boosting", entry(boosting())),
        ("stacking", entry(stacking)),
    ]
}
