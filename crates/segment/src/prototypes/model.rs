//! Prototypes that were found.

use ndarray::ArrayView2;
use patronage_core::{Schema, SegmentIdx, Segmenter};

use super::mixed::{Mixed, categories, cheapest};
use super::solver::Run;
use crate::data::scale_for;
use crate::error::{Error, ErrorKind};

/// The clusters that [`KPrototypes`](crate::KPrototypes) found: a row belongs to the prototype of
/// least cost, of equals to the first.
///
/// Total on rows of its schema: a missing number (NaN) is left out of the cost.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr", into = "Repr")
)]
pub struct KPrototypesModel {
    schema: Schema,
    categories: Vec<bool>,
    /// Row-major, of shape `(n_segments, schema.len())`.
    prototypes: Vec<f64>,
    sizes: Vec<u64>,
    gamma: f64,
    cost: f64,
    n_iter: usize,
    converged: bool,
}

impl KPrototypesModel {
    pub(super) fn from_run(
        schema: Schema,
        rows: &Mixed,
        gamma: f64,
        run: Run,
    ) -> Result<(Self, Vec<SegmentIdx>), Error> {
        let d = rows.d();
        let mut sizes = vec![0_u64; run.prototypes.len() / d];
        run.labels.iter().for_each(|&label| sizes[label as usize] += 1);
        // Prototypes that no row is nearest to are no clusters.
        let mut number = vec![0_u32; sizes.len()];
        let mut prototypes = Vec::with_capacity(run.prototypes.len());
        let mut next = 0;
        for (c, cells) in run.prototypes.chunks_exact(d).enumerate() {
            number[c] = next;
            if sizes[c] > 0 {
                next += 1;
                prototypes.extend(cells.iter().zip(&rows.categories).map(|(&cell, &category)| {
                    let number = cell / rows.scale;
                    if category { cell } else { number.clamp(-f64::MAX, f64::MAX) }
                }));
            }
        }
        sizes.retain(|&size| size > 0);
        let labels = run.labels.iter().map(|&label| SegmentIdx::new(number[label as usize]));
        let labels = labels.collect();
        let cost = (run.cost / rows.scale / rows.scale).min(f64::MAX);
        let (categories, n_iter, converged) = (categories(&schema), run.n_iter, run.converged);
        Ok((Self { schema, categories, prototypes, sizes, gamma, cost, n_iter, converged }, labels))
    }

    /// The prototypes, of shape `(n_segments, n_columns)`: means in the units of the columns, and
    /// codes of modes in columns of categories.
    #[must_use]
    pub fn prototypes(&self) -> ArrayView2<'_, f64> {
        ArrayView2::from_shape((self.sizes.len(), self.schema.len()), &self.prototypes)
            .expect("one prototype for each cluster, one cell for each column")
    }

    /// The number of training rows of each cluster, at least 1 each.
    #[must_use]
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// What one differing category is worth, in squared units of the numbers.
    #[must_use]
    pub const fn gamma(&self) -> f64 {
        self.gamma
    }

    /// The cost of all training rows at their prototypes; at most `f64::MAX`.
    #[must_use]
    pub const fn cost(&self) -> f64 {
        self.cost
    }

    /// Iterations of the start that was taken.
    #[must_use]
    pub const fn n_iter(&self) -> usize {
        self.n_iter
    }

    /// Whether that start reached its fixed point within the iterations allowed.
    #[must_use]
    pub const fn converged(&self) -> bool {
        self.converged
    }
}

impl Segmenter for KPrototypesModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_segments(&self) -> usize {
        self.sizes.len()
    }

    fn segment(&self, row: &[f64]) -> SegmentIdx {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        let (label, cost) = cheapest(row, &self.prototypes, &self.categories, self.gamma);
        if cost.is_finite() {
            return SegmentIdx::new(label);
        }
        // Squares overflow: numbers as far apart as there are have half their sum within range.
        let all = row.iter().chain(&self.prototypes).zip(self.categories.iter().cycle());
        let numbers = all.filter(|(cell, category)| !**category && !cell.is_nan());
        let scale = scale_for(numbers.fold(0.0, |most: f64, (cell, _)| most.max(cell.abs())));
        let scaled = |cells: &[f64]| -> Vec<f64> {
            let cells = cells.iter().zip(self.categories.iter().cycle());
            cells.map(|(cell, &category)| if category { *cell } else { cell * scale }).collect()
        };
        let gamma = self.gamma * scale * scale;
        let (row, prototypes) = (scaled(row), scaled(&self.prototypes));
        SegmentIdx::new(cheapest(&row, &prototypes, &self.categories, gamma).0)
    }
}

/// Whether cells, row by row, are prototypes of that schema: levels, and numbers none of which is missing.
pub(super) fn check_cells(schema: &Schema, cells: impl Iterator<Item = f64>) -> Result<(), Error> {
    for (i, found) in cells.enumerate() {
        let (row, column) = (i / schema.len(), &schema.columns()[i % schema.len()]);
        let category = super::mixed::is_category(column.kind());
        // The mean of dates is no date.
        if (category && !column.kind().admits(found)) || !found.is_finite() {
            let expected = if category { column.kind().expectation() } else { "a finite number" };
            let column = column.name().to_owned();
            return Err(ErrorKind::Cell { row, column, expected, found }.into());
        }
    }
    Ok(())
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    prototypes: Vec<Vec<f64>>,
    sizes: Vec<u64>,
    gamma: f64,
    cost: f64,
    n_iter: usize,
    converged: bool,
}

#[cfg(feature = "serde")]
impl From<KPrototypesModel> for Repr {
    fn from(model: KPrototypesModel) -> Self {
        let KPrototypesModel { schema, prototypes, sizes, gamma, cost, n_iter, converged, .. } =
            model;
        let prototypes = prototypes.chunks_exact(schema.len()).map(<[f64]>::to_vec).collect();
        Self { schema, prototypes, sizes, gamma, cost, n_iter, converged }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for KPrototypesModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { schema, prototypes, sizes, gamma, cost, n_iter, converged } = repr;
        if prototypes.is_empty() || schema.is_empty() {
            return Err(ErrorKind::Empty { what: "prototypes" }.into());
        }
        if sizes.len() != prototypes.len() {
            let (what, expected) = ("sizes of clusters", prototypes.len());
            return Err(ErrorKind::Length { what, expected, found: sizes.len() }.into());
        }
        for cells in &prototypes {
            if cells.len() != schema.len() {
                let (what, expected) = ("cells of a prototype", schema.len());
                return Err(ErrorKind::Length { what, expected, found: cells.len() }.into());
            }
        }
        let prototypes = prototypes.concat();
        check_cells(&schema, prototypes.iter().copied())?;
        for (name, found) in [("gamma", gamma), ("cost", cost)] {
            if !(found >= 0.0 && found.is_finite()) {
                let expected = "a finite number, at least 0";
                return Err(ErrorKind::Parameter { name, expected, found }.into());
            }
        }
        let categories = categories(&schema);
        Ok(Self { schema, categories, prototypes, sizes, gamma, cost, n_iter, converged })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for KPrototypesModel {
    const TAG: &'static str = "segment/k-prototypes";
    const VERSION: u32 = 1;
}
