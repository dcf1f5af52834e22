//! What is done to one cell.

/// So far out that no sum of prepared numbers overflows.
const FAR: f64 = 1e100;

/// One learnt step of one column: a number to a number.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub(super) enum Map {
    /// This where the cell is missing.
    Fill(f64),
    /// 1 where the cell is missing, else 0.
    Missing,
    /// 1 where the cell is this code, else 0.
    Is(u32),
    /// The number of the cell's code; `None` is missing.
    Codes(Vec<Option<f64>>),
    /// The number of the cell's bin: bin i holds what lies above `edges[i - 1]` and is at most
    /// `edges[i]`.
    Bins { edges: Vec<f64>, values: Vec<f64>, missing: f64 },
    /// `(x - centre) / scale`.
    Affine { centre: f64, scale: f64 },
    /// `from - x`: days before a date.
    Before(f64),
}

impl Map {
    #[inline]
    pub(super) fn of(&self, x: f64) -> f64 {
        match self {
            Self::Fill(value) => {
                if x.is_nan() {
                    *value
                } else {
                    x
                }
            }
            Self::Missing => f64::from(u8::from(x.is_nan())),
            Self::Is(code) => f64::from(u8::from(x == f64::from(*code))),
            // Codes of the schema are in the table; a stranger is missing.
            Self::Codes(values) => values.get(x as usize).copied().flatten().unwrap_or(f64::NAN),
            Self::Bins { missing, .. } if x.is_nan() => *missing,
            Self::Bins { edges, values, .. } => values[edges.partition_point(|&edge| edge < x)],
            Self::Affine { centre, scale } => {
                if x.is_nan() {
                    return x;
                }
                let off = x - centre;
                let z = if off.is_finite() { off / scale } else { x / scale - centre / scale };
                z.clamp(-FAR, FAR)
            }
            Self::Before(from) => from - x,
        }
    }

    /// Whether what it gives may be missing, of a number that may or may not.
    #[cfg(feature = "serde")]
    pub(super) fn may_be_missing(&self, nullable: bool) -> bool {
        match self {
            Self::Codes(values) => values.is_empty() || values.contains(&None),
            Self::Affine { .. } | Self::Before(_) => nullable,
            Self::Fill(_) | Self::Missing | Self::Is(_) | Self::Bins { .. } => false,
        }
    }

    /// Checks what a loaded step must obey, for a source column that admits `n_codes` codes.
    #[cfg(feature = "serde")]
    pub(super) fn check(&self, n_codes: usize) -> Result<(), crate::saved::Broken> {
        use crate::saved::{check_finite, ensure};
        match self {
            Self::Fill(value) | Self::Before(value) => check_finite("steps", &[*value]),
            Self::Missing => Ok(()),
            Self::Is(code) => ensure((*code as usize) < n_codes, "steps", "codes of the column"),
            Self::Codes(values) => {
                ensure(values.len() == n_codes, "steps", "one number for each code")?;
                let known: Vec<f64> = values.iter().copied().flatten().collect();
                check_finite("steps", &known)
            }
            Self::Bins { edges, values, missing } => {
                let ascending = edges.windows(2).all(|pair| pair[0] < pair[1]);
                ensure(ascending, "steps", "ascending edges")?;
                ensure(values.len() == edges.len() + 1, "steps", "one number for each bin")?;
                check_finite("steps", edges)?;
                check_finite("steps", values)?;
                check_finite("steps", &[*missing])
            }
            Self::Affine { centre, scale } => {
                check_finite("steps", &[*centre, *scale])?;
                ensure(*scale > 0.0, "steps", "a scale above 0")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fall_into_their_bins() {
        let bins =
            Map::Bins { edges: vec![1.0, 5.0], values: vec![10.0, 20.0, 30.0], missing: 7.0 };
        let found = [0.0, 1.0, 1.5, 5.0, 5.1, f64::MAX, f64::NAN].map(|x| bins.of(x));
        assert_eq!(found, [10.0, 10.0, 20.0, 20.0, 30.0, 30.0, 7.0]);
    }

    #[test]
    fn scaling_bears_the_ends_of_the_range() {
        let map = Map::Affine { centre: -f64::MAX, scale: 1e-300 };
        assert_eq!(map.of(f64::MAX), FAR);
        assert!(map.of(f64::NAN).is_nan());
        let wide = Map::Affine { centre: -f64::MAX, scale: f64::MAX };
        assert_eq!(wide.of(f64::MAX), 2.0);
    }
}
