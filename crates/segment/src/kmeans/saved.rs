//! The saved form of a model.

#[cfg(feature = "serde")]
use patronage_core::Schema;

#[cfg(feature = "serde")]
use super::{Algorithm, KMeansModel, Metric};
use crate::error::{Error, ErrorKind};

/// Names of clusters: none, or one for each and no two alike.
pub(super) fn check_names(names: &[String], n_clusters: usize) -> Result<(), Error> {
    if names.len() != n_clusters {
        let what = "names of clusters";
        return Err(ErrorKind::Length { what, expected: n_clusters, found: names.len() }.into());
    }
    let mut sorted: Vec<_> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(ErrorKind::DoubledName { name: pair[0].clone() }.into()),
        None => Ok(()),
    }
}

/// Version 1 ends at `converged`.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repr {
    schema: Schema,
    centres: Vec<Vec<f64>>,
    sizes: Vec<u64>,
    asked: usize,
    inertia: f64,
    n_iter: usize,
    converged: bool,
    #[serde(default)]
    algorithm: Option<Algorithm>,
    #[serde(default)]
    metric: Metric,
    #[serde(default)]
    names: Vec<String>,
}

#[cfg(feature = "serde")]
impl From<KMeansModel> for Repr {
    fn from(model: KMeansModel) -> Self {
        let KMeansModel {
            schema,
            centres,
            sizes,
            asked,
            inertia,
            n_iter,
            converged,
            algorithm,
            metric,
            names,
        } = model;
        let centres = centres.chunks_exact(schema.len()).map(<[f64]>::to_vec).collect();
        Self { schema, centres, sizes, asked, inertia, n_iter, converged, algorithm, metric, names }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for KMeansModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { schema, centres, sizes, asked, inertia, n_iter, converged, .. } = repr;
        if centres.is_empty() || schema.is_empty() {
            return Err(ErrorKind::Empty { what: "centres" }.into());
        }
        if sizes.len() != centres.len() {
            let (what, expected) = ("sizes of clusters", centres.len());
            return Err(ErrorKind::Length { what, expected, found: sizes.len() }.into());
        }
        for (row, centre) in centres.iter().enumerate() {
            if centre.len() != schema.len() {
                let (what, expected) = ("cells of a centre", schema.len());
                return Err(ErrorKind::Length { what, expected, found: centre.len() }.into());
            }
            for (column, &found) in schema.columns().iter().zip(centre) {
                if !found.is_finite() {
                    let (column, expected) = (column.name().to_owned(), "a finite number");
                    return Err(ErrorKind::Cell { row, column, expected, found }.into());
                }
            }
            if repr.metric == Metric::Cosine {
                let square: f64 = centre.iter().map(|cell| cell * cell).sum();
                if (square - 1.0).abs() > 1e-9 {
                    let (what, expected) = ("squared length of centre", "1");
                    let (position, found) = (row, square);
                    return Err(ErrorKind::Number { what, position, expected, found }.into());
                }
            }
        }
        if !(inertia >= 0.0 && inertia.is_finite()) {
            let (name, expected) = ("inertia", "a finite number, at least 0");
            return Err(ErrorKind::Parameter { name, expected, found: inertia }.into());
        }
        if !repr.names.is_empty() {
            check_names(&repr.names, sizes.len())?;
        }
        let centres = centres.concat();
        let (algorithm, metric, names) = (repr.algorithm, repr.metric, repr.names);
        Ok(Self {
            schema,
            centres,
            sizes,
            asked,
            inertia,
            n_iter,
            converged,
            algorithm,
            metric,
            names,
        })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for KMeansModel {
    const TAG: &'static str = "segment/kmeans";
    const VERSION: u32 = 2;
}
