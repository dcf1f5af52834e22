//! Splits by plain functions.

use patronage_core::{ClassIdx, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, ErrorKind, parameter};

/// Rows to learn from and rows to judge by, both ascending, without overlap.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Split {
    /// Rows to learn from.
    pub train: Vec<u32>,
    /// Rows to judge by.
    pub test: Vec<u32>,
}

/// One split for each fold, by a fold for each row.
///
/// # Errors
///
/// When there are fewer than two folds, a row is of none of them, or a fold or what it leaves is
/// empty.
///
/// # Examples
///
/// ```
/// use patronage_classify::folds_by;
///
/// let splits = folds_by(6, 3, |row| row % 3)?;
/// assert_eq!(splits[1].test, [1, 4]);
/// assert_eq!(splits[1].train, [0, 2, 3, 5]);
/// # Ok::<(), patronage_classify::Error>(())
/// ```
pub fn folds_by(
    n_rows: usize,
    n_folds: usize,
    fold: impl Fn(usize) -> usize,
) -> Result<Vec<Split>, Error> {
    if n_folds < 2 {
        return Err(parameter("n_folds", "at least 2", n_folds as f64));
    }
    let folds: Vec<usize> = (0..n_rows).map(fold).collect();
    if let Some(row) = folds.iter().position(|&fold| fold >= n_folds) {
        return Err(ErrorKind::NoSuchFold { row, n_folds, found: folds[row] }.into());
    }
    let pick = |wanted: &dyn Fn(usize) -> bool| {
        (0..n_rows as u32).filter(|&row| wanted(folds[row as usize])).collect()
    };
    (0..n_folds)
        .map(|of| {
            let split = Split { train: pick(&|fold| fold != of), test: pick(&|fold| fold == of) };
            if split.train.is_empty() || split.test.is_empty() {
                return Err(ErrorKind::Folds { what: "rows", n_folds, found: n_rows }.into());
            }
            Ok(split)
        })
        .collect()
}

/// Folds of equal size in which every class has its share, up to one row, drawn by `seed`.
///
/// # Errors
///
/// When there are fewer than two folds, or fewer rows than folds. A class with fewer rows than
/// folds is missing from some of them.
pub fn stratified_folds(
    labels: &[ClassIdx],
    n_folds: usize,
    seed: u64,
) -> Result<Vec<Split>, Error> {
    if labels.len() < n_folds {
        return Err(ErrorKind::Folds { what: "rows", n_folds, found: labels.len() }.into());
    }
    let mut order: Vec<u32> = (0..labels.len() as u32).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for at in (1..order.len()).rev() {
        order.swap(at, rng.random_range(0..=at));
    }
    // Dealt class after class like cards: sizes differ by one at most, within classes and in all.
    order.sort_by_key(|&row| labels[row as usize]);
    let mut fold = vec![0; labels.len()];
    order.iter().enumerate().for_each(|(at, &row)| fold[row as usize] = at % n_folds.max(1));
    folds_by(labels.len(), n_folds, |row| fold[row])
}

/// Splits in which every row learnt from lies before every row judged by.
///
/// The moments are cut into `n_folds + 1` blocks of about equal numbers of rows, rows of one moment
/// staying together; split i learns from the first i blocks and is judged by the next.
///
/// # Errors
///
/// When there is no fold, or there are fewer distinct moments than blocks.
///
/// # Examples
///
/// ```
/// use patronage_classify::time_ordered_splits;
/// use patronage_core::Timestamp;
///
/// let times = [3, 1, 2, 1].map(Timestamp::from_seconds);
/// let splits = time_ordered_splits(&times, 2)?;
/// assert_eq!((splits[0].train.as_slice(), splits[0].test.as_slice()), (&[1, 3][..], &[2][..]));
/// assert_eq!((splits[1].train.as_slice(), splits[1].test.as_slice()), (&[1, 2, 3][..], &[0][..]));
/// # Ok::<(), patronage_classify::Error>(())
/// ```
pub fn time_ordered_splits(times: &[Timestamp], n_folds: usize) -> Result<Vec<Split>, Error> {
    if n_folds == 0 {
        return Err(parameter("n_folds", "at least 1", 0.0));
    }
    let mut order: Vec<u32> = (0..times.len() as u32).collect();
    order.sort_by_key(|&row| times[row as usize]);
    // Where each moment's rows end.
    let ends: Vec<usize> = (1..=order.len())
        .filter(|&at| {
            at == order.len() || times[order[at] as usize] != times[order[at - 1] as usize]
        })
        .collect();
    let n_blocks = n_folds.saturating_add(1);
    if ends.len() < n_blocks {
        return Err(
            ErrorKind::Folds { what: "moments", n_folds: n_blocks, found: ends.len() }.into()
        );
    }
    let mut cuts = vec![0];
    let mut moment = 0;
    for block in 1..n_blocks {
        let wanted = order.len() * block / n_blocks;
        // At least one moment a block, and one left for each block to come.
        let last = ends.len() - (n_blocks - block);
        while moment + 1 < last && ends[moment] < wanted {
            moment += 1;
        }
        cuts.push(ends[moment]);
        moment += 1;
    }
    cuts.push(order.len());
    let sorted = |rows: &[u32]| {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        rows
    };
    let splits = cuts[1..].windows(2);
    Ok(splits
        .map(|cut| Split { train: sorted(&order[..cut[0]]), test: sorted(&order[cut[0]..cut[1]]) })
        .collect())
}
