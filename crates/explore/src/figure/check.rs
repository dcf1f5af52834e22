//! What can be drawn.

use crate::error::{Error, ErrorKind};

/// Beyond this the ends of an axis could not be rounded to nice numbers any more.
pub(crate) const LARGEST: f64 = 1e300;

/// A finite number of sensible size.
pub(crate) fn drawable(
    what: &'static str,
    of: &str,
    position: usize,
    value: f64,
) -> Result<(), Error> {
    if value.abs() <= LARGEST {
        return Ok(());
    }
    let expected = "a finite number of magnitude at most 1e300";
    Err(ErrorKind::Number { what, of: of.to_owned(), position, expected, found: value }.into())
}

pub(crate) fn positive(
    what: &'static str,
    of: &str,
    position: usize,
    value: f64,
) -> Result<(), Error> {
    if (1e-300..=LARGEST).contains(&value) {
        return Ok(());
    }
    let expected = "a number above zero (1e-300 to 1e300) on a logarithmic axis";
    Err(ErrorKind::Number { what, of: of.to_owned(), position, expected, found: value }.into())
}

pub(crate) fn not_negative(
    what: &'static str,
    of: &str,
    position: usize,
    value: f64,
) -> Result<(), Error> {
    drawable(what, of, position, value)?;
    if value >= 0.0 {
        return Ok(());
    }
    let expected = "a number that is not negative";
    Err(ErrorKind::Number { what, of: of.to_owned(), position, expected, found: value }.into())
}

pub(crate) fn length(
    what: &'static str,
    of: &str,
    expected: usize,
    found: usize,
) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(ErrorKind::Length { what, of: of.to_owned(), expected, found }.into())
}

/// Strictly ascending numbers.
pub(crate) fn ascending(what: &'static str, of: &str, values: &[f64]) -> Result<(), Error> {
    match values.windows(2).position(|pair| pair[0] >= pair[1]) {
        Some(before) => {
            let (of, position) = (of.to_owned(), before + 1);
            Err(ErrorKind::Unordered { what, of, position }.into())
        }
        None => Ok(()),
    }
}
