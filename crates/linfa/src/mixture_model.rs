//! What a Gaussian mixture learns.

use linfa_clustering::GaussianMixtureModel as LinfaMixture;
use ndarray::{Array2, Array3, ArrayViewMut2};
use patronage_core::{Schema, SegmentIdx, Segmenter, SoftSegmenter, row_slice};

use crate::error::{Error, ErrorKind};
use crate::guard;
use crate::standard::Standard;

/// A fitted [`GaussianMixture`](crate::GaussianMixture): a segmenter, soft and hard.
///
/// The hard segment is the one of greatest membership, the first of equals. Memberships are
/// computed with logarithms; cells beyond ±1e140 are taken as ±1e140, and a row so far out that
/// no component has a finite distance gets the components' weights.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianMixtureModel {
    schema: Schema,
    standard: Standard,
    components: Vec<Component>,
    n_rows: usize,
    log_likelihood: f64,
    converged: bool,
}

/// One normal distribution, on standard units.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Component {
    weight: f64,
    mean: Vec<f64>,
    /// The lower Cholesky factor of the covariance, row by row.
    factor: Array2<f64>,
    /// `ln weight − ½ ln det covariance − n_columns/2 · ln 2π`.
    constant: f64,
}

impl Component {
    pub(crate) fn all(mixture: &LinfaMixture<f64>) -> Result<Vec<Self>, Error> {
        let covariances = mixture.covariances();
        let component = |k: usize| {
            let covariance = covariances.index_axis(ndarray16::Axis(0), k);
            let n = covariance.nrows();
            let covariance = Array2::from_shape_fn((n, n), |(i, j)| covariance[[i, j]]);
            let factor = cholesky(&covariance).ok_or(ErrorKind::Singular { component: k })?;
            let mean = mixture.means().row(k).to_vec();
            let weight = mixture.weights()[k];
            let log_root = factor.diag().iter().map(|d| d.ln()).sum::<f64>();
            let constant = weight.ln() - log_root - 0.5 * n as f64 * std::f64::consts::TAU.ln();
            if !constant.is_finite() || mean.iter().any(|m| !m.is_finite()) {
                return Err(ErrorKind::Singular { component: k }.into());
            }
            Ok(Self { weight, mean, factor, constant })
        };
        (0..mixture.weights().len()).map(component).collect()
    }

    /// `ln (weight · density)` of a row in standard units; `solved` is a buffer.
    fn log_density(&self, z: &[f64], solved: &mut Vec<f64>) -> f64 {
        solved.clear();
        let mut squares = 0.0;
        for (i, (&z, &mean)) in z.iter().zip(&self.mean).enumerate() {
            let known = self.factor.row(i);
            let known: f64 = known.iter().zip(solved.iter()).map(|(f, y)| f * y).sum();
            let y = (z - mean - known) / self.factor[[i, i]];
            squares += y * y;
            solved.push(y);
        }
        self.constant - 0.5 * squares
    }
}

/// The lower factor `L` with `L Lᵀ = matrix`, or none where the matrix is not positive definite.
fn cholesky(matrix: &Array2<f64>) -> Option<Array2<f64>> {
    let n = matrix.nrows();
    let mut factor = Array2::<f64>::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| factor[[i, k]] * factor[[j, k]]).sum();
            let rest = matrix[[i, j]] - known;
            if i != j {
                factor[[i, j]] = rest / factor[[j, j]];
            } else if rest > 0.0 && rest.is_finite() {
                factor[[i, i]] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    Some(factor)
}

impl GaussianMixtureModel {
    /// The model of `components`, and how well it explains the rows `z` it was fitted on.
    pub(crate) fn new(
        schema: Schema,
        standard: Standard,
        components: Vec<Component>,
        converged: bool,
        z: ndarray16::ArrayView2<'_, f64>,
    ) -> Self {
        let n_rows = z.nrows();
        let mut model =
            Self { schema, standard, components, n_rows, log_likelihood: 0.0, converged };
        let (mut row, mut logs) = (Vec::new(), vec![0.0; model.components.len()]);
        let mut solved = Vec::new();
        let mut total = 0.0;
        for cells in z.rows() {
            row.clear();
            row.extend(cells);
            model.log_densities(&row, &mut solved, &mut logs);
            let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            total += most + logs.iter().map(|log| (log - most).exp()).sum::<f64>().ln();
        }
        // A density per standard unit is larger than one per own unit by the product of scales.
        let units: f64 = model.standard.scales.iter().map(|scale| scale.ln()).sum();
        model.log_likelihood = total / n_rows as f64 - units;
        model
    }

    pub(crate) fn beaten_by(&self, other: &Self) -> bool {
        // A likelihood that is no number is beaten by any that is one.
        other.log_likelihood > self.log_likelihood || self.log_likelihood.is_nan()
    }

    /// The components' weights, which sum to 1.
    #[must_use]
    pub fn weights(&self) -> Vec<f64> {
        self.components.iter().map(|component| component.weight).collect()
    }

    /// The components' means in the columns' own units, of shape `(n_segments, n_columns)`.
    #[must_use]
    pub fn means(&self) -> Array2<f64> {
        let Standard { centres, scales } = &self.standard;
        Array2::from_shape_fn((self.components.len(), self.schema.len()), |(k, column)| {
            self.components[k].mean[column] * scales[column] + centres[column]
        })
    }

    /// The components' covariances in the columns' own units, of shape `(n_segments, n_columns, n_columns)`.
    #[must_use]
    pub fn covariances(&self) -> Array3<f64> {
        let (n, scales) = (self.schema.len(), &self.standard.scales);
        Array3::from_shape_fn((self.components.len(), n, n), |(k, i, j)| {
            let factor = &self.components[k].factor;
            let covariance: f64 = (0..n).map(|c| factor[[i, c]] * factor[[j, c]]).sum();
            covariance * scales[i] * scales[j]
        })
    }

    /// The mean over the rows it was fitted on of `ln p(row)`, in the columns' own units.
    #[must_use]
    pub const fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// The Bayesian information criterion, of which less is better: for choosing the number of segments.
    ///
    /// `parameters · ln n_rows − 2 · n_rows · log_likelihood`, with the free parameters of weights,
    /// means and full covariances counted.
    #[must_use]
    pub fn bic(&self) -> f64 {
        let (k, d) = (self.components.len() as f64, self.schema.len() as f64);
        let n_parameters = (k - 1.0) + k * d + k * d * (d + 1.0) / 2.0;
        let n = self.n_rows as f64;
        n_parameters * n.ln() - 2.0 * n * self.log_likelihood
    }

    /// Whether the run that was kept converged within its iterations.
    #[must_use]
    pub const fn converged(&self) -> bool {
        self.converged
    }

    fn log_densities(&self, z: &[f64], solved: &mut Vec<f64>, out: &mut [f64]) {
        for (component, out) in self.components.iter().zip(out) {
            *out = component.log_density(z, solved);
        }
    }

    fn fill(&self, row: &[f64], buffers: &mut [Vec<f64>; 2], out: &mut [f64]) {
        assert_eq!(row.len(), self.schema.len(), "one cell for each column");
        assert_eq!(out.len(), self.components.len(), "one place for each segment");
        let [z, solved] = buffers;
        z.clear();
        z.extend(row.iter().enumerate().map(|(column, &cell)| self.standard.cell(column, cell)));
        self.log_densities(z, solved, out);
        guard::soft_max(out, |k| self.components[k].weight);
    }
}

impl SoftSegmenter for GaussianMixtureModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_segments(&self) -> usize {
        self.components.len()
    }

    fn memberships(&self, row: &[f64], out: &mut [f64]) {
        self.fill(row, &mut Default::default(), out);
    }

    fn memberships_rows(
        &self,
        rows: ndarray::ArrayView2<'_, f64>,
        mut out: ArrayViewMut2<'_, f64>,
    ) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of memberships for each row");
        let (mut buffer, mut buffers) = (Vec::new(), Default::default());
        let mut weights = vec![0.0; self.components.len()];
        for (row, mut out) in rows.rows().into_iter().zip(out.rows_mut()) {
            self.fill(row_slice(row, &mut buffer), &mut buffers, &mut weights);
            out.iter_mut().zip(&weights).for_each(|(out, &weight)| *out = weight);
        }
    }
}

impl Segmenter for GaussianMixtureModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_segments(&self) -> usize {
        self.components.len()
    }

    fn segment(&self, row: &[f64]) -> SegmentIdx {
        let mut weights = vec![0.0; self.components.len()];
        self.memberships(row, &mut weights);
        let mut best = 0;
        for (k, &weight) in weights.iter().enumerate() {
            if weight > weights[best] {
                best = k;
            }
        }
        SegmentIdx::from_usize(best)
    }
}
