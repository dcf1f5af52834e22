//! linfa-logistic's logistic regression, for two classes and for more.

use linfa::DatasetBase;
use linfa::prelude::*;
use linfa_logistic::MultiLogisticRegression;
use ndarray16::{Array1, Array2, ArrayView2, Axis};
use patronage_core::{ClassIdx, Labeled};

use crate::dataset::selected;
use crate::error::{Error, ErrorKind};
use crate::guard::{self, Magnitude, caught};
use crate::logistic_model::LogisticRegressionModel;
use crate::standard::Standard;

/// linfa-logistic's logistic regression: L-BFGS on the penalised log loss, of two classes or more.
///
/// With z the standardised columns of a row, it minimises over coefficients w and intercepts b
///
/// ```text
/// two classes:  Σ ln(1 + exp(−y (w·z + b)))  + penalty/2 · |w|²         y = ±1
/// more:         Σ −ln softmax(Wᵀz + b)[class] + penalty/2 · |W|²
/// ```
///
/// Rows of shape `(n_rows, n_columns)`, labels `(n_rows,)`. Each iteration costs
/// O(n_rows · n_columns · n_classes); memory for one standardised copy of the rows. It draws nothing,
/// and equal data give equal bits.
///
/// Columns are standardised inside (mean 0, deviation 1; a constant column is only centred), because
/// linfa's loss for several classes loses digits when scores of rows differ much, and so that the
/// penalty means the same in every unit; [`coefficients`](LogisticRegressionModel::coefficients)
/// come back in the columns' own units.
///
/// Not converging is a fact on the model, [`converged`](LogisticRegressionModel::converged): linfa
/// does not say whether it did, so the gradient is computed again where it stopped. Where its line
/// search gives up with an error, it is run again with half the iterations, until it does not.
///
/// # When not to use it
///
/// With weights (linfa-logistic ignores them; they are refused here), with missing values, or with
/// category columns, whose codes would be taken for sizes: one flag a level is right.
///
/// # Errors
///
/// Of `fit`: a parameter out of range, weights, no rows, no columns, a column that may be missing, a cell
/// beyond ±1e140, rows of one class only, an error of linfa's.
///
/// # References
///
/// D. Liu, J. Nocedal (1989), *On the limited memory BFGS method for large scale optimization*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
/// use patronage_linfa::LogisticRegression;
///
/// let schema = Schema::new([Column::number("frequency")])?;
/// let table = FeatureTable::new(schema, array![[1.0], [2.0], [7.0], [9.0]])?;
/// let bought = [0, 0, 1, 1].map(ClassIdx::new);
/// let model = LogisticRegression::new().fit(&Labeled::new(&table, &bought)?)?;
/// let p = model.predict_probabilities(&table)?;
/// assert!(p[[0, 1]] < 0.3 && p[[3, 1]] > 0.7);
/// assert!(model.converged());
/// # Ok::<(), patronage_linfa::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogisticRegression {
    penalty: f64,
    max_iter: u64,
    tolerance: f64,
}

impl Default for LogisticRegression {
    fn default() -> Self {
        Self::new()
    }
}

impl LogisticRegression {
    /// Penalty 1, at most 100 iterations.
    #[must_use]
    pub const fn new() -> Self {
        Self { penalty: 1.0, max_iter: 100, tolerance: 1e-6 }
    }

    /// Weight of the squared coefficients of standardised columns; default `1`, at least 0, at most 1e30.
    ///
    /// It weighs against the *sum* of losses, so it matters less the more rows there are; it is the
    /// inverse of the `C` of other libraries. With 0 and classes that a line separates there is no
    /// minimum, and the model will say that it did not converge.
    #[must_use]
    pub const fn penalty(mut self, penalty: f64) -> Self {
        self.penalty = penalty;
        self
    }

    /// Upper bound on iterations; default `100`, at least 1.
    #[must_use]
    pub const fn max_iter(mut self, max_iter: u64) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// Length of the gradient, per row, at which it has converged; default `1e-6`, above 0, at most 1.
    #[must_use]
    pub const fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        let is_penalty = |p: f64| (0.0..=1e30).contains(&p);
        guard::check_parameter("penalty", "from 0 to 1e30", self.penalty, is_penalty)?;
        guard::check_parameter("max_iter", "at least 1", self.max_iter as f64, |n| n >= 1.0)?;
        let is_tolerance = |t: f64| t > 0.0 && t <= 1.0;
        guard::check_parameter("tolerance", "above 0, at most 1", self.tolerance, is_tolerance)
    }
}

impl patronage_core::Fit<Labeled<'_, ClassIdx>> for LogisticRegression {
    type Model = LogisticRegressionModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<Self::Model, Error> {
        self.validate()?;
        guard::check_unweighted(data, "linfa's logistic regression")?;
        let records = selected(data);
        let row_index = |position| data.row_index(position);
        guard::check_cells(data.schema(), records.view(), Magnitude::Moderate, row_index)?;
        let (classes, labels) = guard::dense_classes(data);
        if let [class] = classes[..] {
            return Err(ErrorKind::OneClass { class }.into());
        }
        let standard = Standard::of(records.view());
        let z = standard.rows(records.view());
        let problem = Problem { z: &z, labels: &labels, n: classes.len(), penalty: self.penalty };
        let start = Array2::zeros((z.ncols() + 1, classes.len()));
        // linfa's line search has no direction to search in where the start is the answer.
        let solution =
            if problem.gradient(&start) <= self.tolerance { start } else { self.solve(&problem)? };
        let gradient = problem.gradient(&solution);
        let converged = gradient <= self.tolerance;
        let (schema, n_classes) = (data.schema().clone(), guard::n_classes(data));
        Ok(LogisticRegressionModel {
            schema,
            n_classes,
            classes,
            standard,
            solution,
            gradient,
            converged,
        })
    }
}

impl LogisticRegression {
    /// linfa's solution: a row for each column and one for the intercepts, a column for each class.
    fn solve(&self, problem: &Problem<'_>) -> Result<Array2<f64>, Error> {
        let mut max_iter = self.max_iter;
        loop {
            match self.try_solve(problem, max_iter) {
                // Only an error of the optimiser can depend on the number of iterations.
                Err(Failure::Solver(_)) if max_iter > 1 => max_iter /= 2,
                Err(Failure::Solver(error)) => return Err(ErrorKind::linfa(error).into()),
                Err(Failure::Panic(error)) => return Err(error),
                Ok(solution) => return Ok(solution),
            }
        }
    }

    fn try_solve(&self, problem: &Problem<'_>, max_iter: u64) -> Result<Array2<f64>, Failure> {
        let targets = Array1::from(problem.labels.to_vec());
        let set = DatasetBase::new(problem.z.view(), targets);
        let tolerance = self.tolerance * problem.z.nrows() as f64;
        let p = problem.z.ncols();
        let mut solution = Array2::zeros((p + 1, problem.n));
        if problem.n == 2 {
            let parameters = linfa_logistic::LogisticRegression::default()
                .alpha(self.penalty)
                .max_iterations(max_iter)
                .gradient_tolerance(tolerance);
            let fitted = caught(|| parameters.fit(&set)).map_err(Failure::Panic)?;
            let fitted = fitted.map_err(Failure::Solver)?;
            // linfa models the class with more rows; the score of class 1 against 0 is kept.
            let sign = if fitted.labels().pos.class == 1 { 1.0 } else { -1.0 };
            let mut score = solution.column_mut(1);
            score.iter_mut().zip(fitted.params()).for_each(|(to, &from)| *to = sign * from);
            score[p] = sign * fitted.intercept();
        } else {
            let parameters = MultiLogisticRegression::default()
                .alpha(self.penalty)
                .max_iterations(max_iter)
                .gradient_tolerance(tolerance);
            let fitted = caught(|| parameters.fit(&set)).map_err(Failure::Panic)?;
            let fitted = fitted.map_err(Failure::Solver)?;
            let (mut coefficients, mut intercepts) = solution.view_mut().split_at(Axis(0), p);
            coefficients.assign(fitted.params());
            intercepts.row_mut(0).assign(fitted.intercept());
        }
        if solution.iter().all(|w| w.is_finite()) {
            Ok(solution)
        } else {
            Err(Failure::Solver(linfa_logistic::error::Error::InvalidValues))
        }
    }
}

enum Failure {
    Solver(linfa_logistic::error::Error),
    Panic(Error),
}

/// What is minimised, to see how near its minimum a solution is.
struct Problem<'a> {
    z: &'a Array2<f64>,
    labels: &'a [usize],
    n: usize,
    penalty: f64,
}

impl Problem<'_> {
    /// The length of the gradient at `solution`, per row.
    fn gradient(&self, solution: &Array2<f64>) -> f64 {
        let p = self.z.ncols();
        let mut gradient = Array2::<f64>::zeros(solution.dim());
        let mut shares = vec![0.0; self.n];
        for (z, &label) in self.z.rows().into_iter().zip(self.labels) {
            scores(solution.view(), z.iter().copied(), &mut shares);
            guard::soft_max(&mut shares, |_| 0.0);
            shares[label] -= 1.0;
            for (column, mut row) in gradient.axis_iter_mut(Axis(0)).enumerate() {
                let z = if column < p { z[column] } else { 1.0 };
                row.iter_mut().zip(&shares).for_each(|(sum, share)| *sum += z * share);
            }
        }
        for ((column, class), sum) in gradient.indexed_iter_mut() {
            if column < p {
                *sum += self.penalty * solution[[column, class]];
            }
            // Of two classes only the score of the second is free.
            if self.n == 2 && class == 0 {
                *sum = 0.0;
            }
        }
        gradient.iter().map(|g| g * g).sum::<f64>().sqrt() / self.z.nrows() as f64
    }
}

/// The score of each class for a row in standard units.
pub(crate) fn scores(solution: ArrayView2<'_, f64>, z: impl Iterator<Item = f64>, out: &mut [f64]) {
    let intercepts = solution.row(solution.nrows() - 1);
    out.iter_mut().zip(intercepts).for_each(|(out, &b)| *out = b);
    for (z, w) in z.zip(solution.rows()) {
        out.iter_mut().zip(w).for_each(|(out, &w)| *out += z * w);
    }
}
