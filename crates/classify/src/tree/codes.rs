//! Cells as ranks: each column's distinct values in order, and each row's place among them.

use patronage_core::{ColumnKind, ErrorKind, Label, Labeled};

use crate::error::Error;
use crate::par::{self, Threads};
use crate::sample::{Sample, cells_of};

/// A column whose codes fit into a byte is stored row by row with its like, else by itself.
const MOST_NARROW: usize = 256;

/// Rows of bytes are padded to whole registers of this many.
pub(crate) const LANES: usize = 16;

/// Where a column's codes are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// At this offset of each row of bytes.
    Narrow(usize),
    /// In this vector.
    Wide(usize),
}

/// What the codes of a column stand for.
#[derive(Debug)]
pub(crate) struct CodedColumn {
    pub(crate) place: Place,
    /// Ascending distinct values; for a category the code is the level and this is empty.
    pub(crate) values: Vec<f64>,
    /// Codes of known cells: `0..n_known`. The missing have code `n_known`.
    pub(crate) n_known: usize,
    pub(crate) is_category: bool,
    /// Codes in all, that of the missing included where any is missing.
    pub(crate) n_codes: usize,
}

impl CodedColumn {
    pub(crate) fn has_missing(&self) -> bool {
        self.n_codes > self.n_known
    }
}

/// A table as ranks, exact: no two distinct values share a code.
#[derive(Debug)]
pub(crate) struct Coded {
    pub(crate) columns: Vec<CodedColumn>,
    /// Row-major, of width `n_narrow`: first the columns of two codes, padding last.
    pub(crate) narrow: Vec<u8>,
    pub(crate) n_narrow: usize,
    /// How many columns have two codes.
    pub(crate) n_flags: usize,
    pub(crate) wide: Vec<Vec<u32>>,
}

impl Coded {
    /// Ranks the sample's rows: O(cells · log of distinct values).
    ///
    /// # Errors
    ///
    /// When a cell is none its column admits.
    pub(crate) fn new<Y: Label>(data: &Labeled<'_, Y>, sample: &Sample) -> Result<Self, Error> {
        Self::of_rows(data, &sample.rows)
    }

    /// Ranks rows of the table, whichever take part.
    pub(crate) fn of_rows<Y: Label>(data: &Labeled<'_, Y>, rows: &[u32]) -> Result<Self, Error> {
        let schema = data.schema();
        let (n, width) = (rows.len(), schema.len());
        let cells = cells_of(data, rows);
        let threads = Threads::for_work(n * width / 4);
        let coded = par::map(width, threads, |j| {
            let column = &schema.columns()[j];
            let cells = &cells[j];
            match column.kind() {
                ColumnKind::Category { levels, unseen } => {
                    let n_known = levels.len().max(*unseen as usize + 1);
                    let admits = |x: f64| x >= 0.0 && x < n_known as f64 && x.fract() == 0.0;
                    match cells.iter().position(|&x| !admits(x)) {
                        Some(at) => Err(at),
                        None => {
                            let codes = cells.iter().map(|&x| x as u32).collect();
                            Ok(Ranked { values: Vec::new(), n_known, missing: false, codes })
                        }
                    }
                }
                kind if all_plain(kind, cells) => Ok(rank(cells)),
                kind => match cells.iter().position(|&x| !kind.admits(x)) {
                    Some(at) => Err(at),
                    None => Ok(rank(cells)),
                },
            }
        });
        let mut this =
            Self { columns: vec![], narrow: vec![], n_narrow: 0, n_flags: 0, wide: vec![] };
        let is_flag = |ranked: &Ranked| ranked.n_known + usize::from(ranked.missing) == 2;
        this.n_flags = coded.iter().flatten().filter(|ranked| is_flag(ranked)).count();
        let (mut flags, mut others) = (Vec::new(), Vec::new());
        for (j, ranked) in coded.into_iter().enumerate() {
            let column = &schema.columns()[j];
            let Ranked { values, n_known, missing, codes } = ranked.map_err(|at| {
                patronage_core::Error::from(ErrorKind::Cell {
                    row: rows[at] as usize,
                    column: column.name().to_owned(),
                    expected: column.kind().expectation(),
                    found: cells[j][at],
                })
            })?;
            let n_codes = n_known + usize::from(missing);
            let place = if n_codes == 2 {
                flags.push(codes);
                Place::Narrow(flags.len() - 1)
            } else if n_codes <= MOST_NARROW {
                others.push(codes);
                Place::Narrow(this.n_flags + others.len() - 1)
            } else {
                this.wide.push(codes);
                Place::Wide(this.wide.len() - 1)
            };
            let is_category = matches!(column.kind(), ColumnKind::Category { .. });
            this.columns.push(CodedColumn { place, values, n_known, is_category, n_codes });
        }
        let narrow: Vec<Vec<u32>> = flags.into_iter().chain(others).collect();
        this.n_narrow = narrow.len().next_multiple_of(LANES);
        this.narrow = vec![0; n * this.n_narrow];
        for start in (0..n).step_by(512) {
            for (j, codes) in narrow.iter().enumerate() {
                let rows = start..(start + 512).min(n);
                for (row, &code) in rows.clone().zip(&codes[rows]) {
                    this.narrow[row * this.n_narrow + j] = code as u8;
                }
            }
        }
        Ok(this)
    }

    /// The number of codes of each wide column.
    pub(crate) fn wide_n_codes(&self) -> Vec<usize> {
        let wide = |column: &&CodedColumn| matches!(column.place, Place::Wide(_));
        self.columns.iter().filter(wide).map(|column| column.n_codes).collect()
    }

    /// The code of a row in a column.
    #[inline]
    pub(crate) fn code(&self, column: &CodedColumn, row: u32) -> u32 {
        match column.place {
            Place::Narrow(j) => u32::from(self.narrow[row as usize * self.n_narrow + j]),
            Place::Wide(j) => self.wide[j][row as usize],
        }
    }
}

/// Whether cells are admitted, where that can be told without looking at each in turn.
fn all_plain(kind: &ColumnKind, cells: &[f64]) -> bool {
    let strangers: usize = match kind {
        ColumnKind::Flag => cells.iter().map(|&x| usize::from((x != 0.0) & (x != 1.0))).sum(),
        ColumnKind::Number => cells.iter().map(|&x| usize::from(!x.is_finite())).sum(),
        _ => return false,
    };
    strangers == 0
}

struct Ranked {
    values: Vec<f64>,
    n_known: usize,
    missing: bool,
    codes: Vec<u32>,
}

/// The rank of each cell among the distinct ones; NaN after all.
fn rank(cells: &[f64]) -> Ranked {
    if let Some(ranked) = rank_two(cells).or_else(|| rank_few(cells)) {
        return ranked;
    }
    let mut order: Vec<(u64, u32)> =
        cells.iter().zip(0..).map(|(&x, row)| (ascending_bits(x), row)).collect();
    order.sort_unstable();
    let mut codes = vec![0; cells.len()];
    let mut values: Vec<f64> = Vec::new();
    let mut last = None;
    let mut missing = false;
    for &(bits, row) in &order {
        let x = cells[row as usize];
        if x.is_nan() {
            missing = true;
        } else if last != Some(bits) {
            values.push(x + 0.0);
            last = Some(bits);
        }
        // The first missing comes after every value, so that its code is their number.
        codes[row as usize] = if missing { values.len() as u32 } else { values.len() as u32 - 1 };
    }
    Ranked { n_known: values.len(), values, missing, codes }
}

/// The same where there are at most two distinct values and none is missing: flags, mostly.
fn rank_two(cells: &[f64]) -> Option<Ranked> {
    let first = *cells.first()?;
    let second = cells.iter().copied().find(|&x| x != first).unwrap_or(first);
    // Counted to the end: an early way out would be guessed wrong at every other cell.
    if cells.iter().map(|&x| usize::from((x != first) & (x != second))).sum::<usize>() > 0 {
        return None;
    }
    let (low, high) = (first.min(second) + 0.0, first.max(second) + 0.0);
    let values = if low < high { vec![low, high] } else { vec![low] };
    let codes = cells.iter().map(|&x| u32::from(x > low)).collect();
    Some(Ranked { n_known: values.len(), values, missing: false, codes })
}

/// The same where there are at most 16 distinct values: no sorting of rows.
fn rank_few(cells: &[f64]) -> Option<Ranked> {
    let mut values: Vec<f64> = Vec::with_capacity(17);
    let mut missing = false;
    for &x in cells {
        if values.contains(&x) {
            continue;
        }
        if x.is_nan() {
            missing = true;
            continue;
        }
        if values.len() == 16 {
            return None;
        }
        values.push(x + 0.0);
    }
    values.sort_unstable_by(f64::total_cmp);
    let nan = values.len() as u32;
    let code = |x: f64| {
        if x.is_nan() { nan } else { values.iter().map(|&value| u32::from(value < x)).sum() }
    };
    let codes = cells.iter().map(|&x| code(x)).collect();
    Some(Ranked { n_known: values.len(), values, missing, codes })
}

/// Bits that ascend as numbers do; both zeros are one, NaN is last.
pub(crate) fn ascending_bits(x: f64) -> u64 {
    if x.is_nan() {
        return u64::MAX;
    }
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rank_as_few_do() {
        for cells in [vec![1.0, 0.0, -0.0, 1.0], vec![5.0, 5.0], vec![-2.5, 1e308]] {
            let (two, few) = (rank_two(&cells).unwrap(), rank_few(&cells).unwrap());
            assert_eq!((two.values, two.codes), (few.values, few.codes));
        }
        assert!(rank_two(&[1.0, f64::NAN]).is_none());
        assert!(rank_two(&[f64::NAN, f64::NAN]).is_none());
        assert!(rank_two(&[1.0, 2.0, 3.0]).is_none());
    }

    #[test]
    fn few_and_many_rank_alike() {
        let few = [3.0, -1.0, f64::NAN, 0.0, -0.0, 3.0];
        let ranked = rank_few(&few).unwrap();
        assert_eq!(ranked.values, [-1.0, 0.0, 3.0]);
        assert_eq!(ranked.codes, [2, 0, 3, 1, 1, 2]);
        let mut many: Vec<f64> = (0..40).map(|i| f64::from(i % 20)).collect();
        many.push(f64::NAN);
        let ranked = rank(&many);
        assert_eq!(ranked.n_known, 20);
        assert!(ranked.missing);
        assert_eq!(ranked.codes[..3], [0, 1, 2]);
        assert_eq!(ranked.codes[40], 20);
    }
}
