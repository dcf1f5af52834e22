//! A file of transactions, or a simulated shop where there is none.

use std::path::Path;

use patronage::core::{BoxError, Calendar, Date};
use patronage::ingest::{Duplicates, EventLog, Mapping, Reader, Rejected, Source};
use patronage::simulate::{RowOrder, Shop};

/// How many customers the simulated shop has.
const SIMULATED_CUSTOMERS: u32 = 2_000;

/// Reads the purchases before `as_of` from a file, or from a simulated shop where none is given.
///
/// What comes with them is the as-of date: the day after the last purchase where none is given.
pub(crate) fn read(
    path: Option<&Path>,
    mapping: &str,
    as_of: Option<Date>,
) -> Result<(EventLog, Date), BoxError> {
    let mut reader = Reader::new(Mapping::named(mapping)?).duplicates(Duplicates::Ignore);
    if let Some(date) = as_of {
        let start = reader.mapping().zone().start_of(date);
        reader = reader.as_of(start);
    }
    let log = match path {
        Some(path) => reader.read(Source::path(path), Rejected::Count)?,
        None => {
            let mut file = Vec::new();
            let shop = Shop::new(SIMULATED_CUSTOMERS).seed(42).open()?;
            shop.write_transactions(&mut file, RowOrder::Time)?;
            let source = Source::bytes("the simulated shop", &file);
            Reader::new(Mapping::online_retail()).read(source, Rejected::Count)?
        }
    };
    let Some((_, last)) = log.purchases().period() else {
        let name = path.map_or("the simulated shop".into(), |path| path.display().to_string());
        return Err(format!("{name}: found no purchase").into());
    };
    let as_of = as_of.unwrap_or_else(|| log.calendar().date(last).plus_days(1));
    Ok((log, as_of))
}
