//! The files.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use patronage::core::{BoxError, Csr, InteractionTable};

/// A file, unpacked where its name ends in `gz`; `None` where there is no such file.
pub(crate) fn open(path: &Path) -> Result<Option<Box<dyn Read>>, BoxError> {
    let file = match File::open(path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{}: {error}", path.display()).into()),
    };
    let is_packed = path.extension().is_some_and(|extension| extension == "gz");
    Ok(Some(if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) }))
}

/// The text of a file, as [`open`] reads it.
pub(crate) fn text(path: &Path) -> Result<Option<String>, BoxError> {
    let Some(mut file) = open(path)? else { return Ok(None) };
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Some(text))
}

/// The first `N` whole numbers of a line, with its place in the error.
pub(crate) fn numbers<const N: usize>(
    line: &str,
    at: usize,
    separator: char,
) -> Result<[u32; N], BoxError> {
    let mut fields = line.split(separator);
    let mut found = [0; N];
    for number in &mut found {
        let field = fields.next().unwrap_or_default().trim();
        *number = field
            .parse()
            .map_err(|_| format!("line {}: expected a whole number, found {field:?}", at + 1))?;
    }
    Ok(found)
}

/// All pairs of user and movie of MovieLens-1M.
pub(crate) fn pairs(folder: &Path) -> Result<Option<Vec<(u32, u32)>>, BoxError> {
    let path = folder.join("movielens-1m/interactions_all.csv.gz");
    let Some(text) = text(&path)? else { return Ok(None) };
    let pairs: Result<Vec<_>, BoxError> = text
        .lines()
        .enumerate()
        .skip(1)
        .map(|(at, line)| numbers::<2>(line, at, ',').map(|[user, movie]| (user, movie)))
        .collect();
    Ok(Some(pairs.map_err(|error| format!("{}: {error}", path.display()))?))
}

/// Distinct ids, ascending: an id's place is its index.
pub(crate) fn distinct(ids: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut ids: Vec<u32> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Interactions of weight 1.
pub(crate) fn table(
    n_customers: usize,
    n_items: usize,
    pairs: impl Iterator<Item = (u32, u32)>,
) -> Result<InteractionTable, BoxError> {
    weighted(n_customers, n_items, pairs.map(|(user, movie)| (user, movie, 1.0)))
}

/// Interactions.
pub(crate) fn weighted(
    n_customers: usize,
    n_items: usize,
    entries: impl Iterator<Item = (u32, u32, f32)>,
) -> Result<InteractionTable, BoxError> {
    let entries: Vec<(u32, u32, f32)> = entries.collect();
    Ok(InteractionTable::new(Csr::from_entries(n_customers, n_items, &entries, |_, _| {})?)?)
}
