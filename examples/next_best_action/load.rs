//! From a file, or from a simulated shop, to the event log.

use std::io::{BufWriter, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use patronage::core::{BoxError, Calendar, Date, Timestamp};
use patronage::ingest::{AtomicFile, ConsentLog, EventLog, Mapping, Reader, Rejected, Source};
use patronage::simulate::{Dirt, RowOrder, Shop, Simulation};

use crate::args::Args;
use crate::output::OutputFolder;

/// Customers of the simulated shop.
const SIMULATED_CUSTOMERS: u32 = 5000;

/// Everything that was read.
pub(crate) struct Input {
    pub(crate) log: EventLog,
    pub(crate) consent: Option<ConsentLog>,

    /// The first moment that does not count.
    pub(crate) as_of: Timestamp,
    pub(crate) as_of_date: Date,
    /// What was read, for the summary.
    pub(crate) source: String,
}

pub(crate) fn load(
    args: &Args,
    mapping: Mapping,
    folder: &OutputFolder,
) -> Result<Input, BoxError> {
    let mut reader = Reader::new(mapping);
    if let Some(date) = args.as_of {
        let start = reader.mapping().zone().start_of(date);
        reader = reader.as_of(start);
    }
    let rejected = folder.path("rejected.csv");
    let mut rejected = BufWriter::with_capacity(1 << 16, AtomicFile::create(&rejected)?);
    let (log, consent, source) = match &args.transactions {
        Some(path) => {
            // Only what a clock can say: rows dated after today cannot have happened.
            let reader = now().map_or_else(|| reader.clone(), |now| reader.clone().now(now));
            let log = reader.read(Source::path(path), Rejected::Write(&mut rejected))?;
            let consent = match &args.consent {
                Some(path) => Some(read_consent(Source::path(path), reader.mapping())?),
                None => None,
            };
            let name = path.file_name().unwrap_or(path.as_os_str());
            (log, consent, name.to_string_lossy().into_owned())
        }
        None => {
            let shop = simulated(args.seed)?;
            let mut file = Vec::new();
            shop.write_transactions(&mut file, RowOrder::Time)?;
            let source = Source::bytes("the simulated shop", &file);
            let log = reader.read(source, Rejected::Write(&mut rejected))?;
            let mut consent = Vec::new();
            shop.write_consents(&mut consent)?;
            let source = Source::bytes("the consents of the simulated shop", &consent);
            let consent = match &args.consent {
                Some(path) => read_consent(Source::path(path), reader.mapping())?,
                None => read_consent(source, reader.mapping())?,
            };
            (log, Some(consent), format!("a simulated shop of {SIMULATED_CUSTOMERS} customers"))
        }
    };
    rejected.flush()?;
    let rejected: AtomicFile = rejected.into_inner().map_err(|error| error.into_error())?;
    let as_of_date = match (args.as_of, log.purchases().period()) {
        (Some(date), Some(_)) => date,
        (None, Some((_, last))) => log.calendar().date(last).plus_days(1),
        (Some(date), None) => {
            return Err(format!(
                "{source}: expected purchases before {date}, found no row to use ({})",
                why(&log)
            )
            .into());
        }
        (None, None) => {
            return Err(format!(
                "{source}: expected purchases, found no row to use ({})",
                why(&log)
            )
            .into());
        }
    };
    rejected.commit()?;
    let as_of = log.calendar().start_of(as_of_date);
    Ok(Input { log, consent, as_of, as_of_date, source })
}

/// Records of consent; rows that cannot be read are counted, and grant nothing.
fn read_consent(source: Source<'_>, mapping: &Mapping) -> Result<ConsentLog, BoxError> {
    Ok(ConsentLog::read(source, mapping, Rejected::Count)?)
}

fn why(log: &EventLog) -> String {
    let report = log.report();
    let reasons = report.by_reason();
    let reasons: Vec<String> = reasons.iter().map(|(r, rows)| format!("{r} {rows}")).collect();
    match reasons.is_empty() {
        true => format!("{} rows read", report.rows_read),
        false => format!("{} rows read, set aside: {}", report.rows_read, reasons.join(", ")),
    }
}

fn simulated(seed: u64) -> Result<Simulation, BoxError> {
    Ok(Shop::new(SIMULATED_CUSTOMERS).dirt(Dirt::at(0.02)).seed(seed).open()?)
}

fn now() -> Option<Timestamp> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_seconds(i64::try_from(since.as_secs()).ok()?))
}
