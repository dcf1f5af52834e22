//! From a file to the event log.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use patronage_core::Timestamp;

use crate::blocks::Blocks;
use crate::decode;
use crate::error::{Error, io_error};
use crate::log::EventLog;
use crate::mapping::Mapping;
use crate::merge::Merger;
use crate::parse::{Parser, Wanted};
use crate::plan::Plan;
use crate::quote::Layout;
use crate::reject::Rejected;
use crate::source::Source;

/// Whether rows that repeat an earlier row are counted; they are kept in any case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Duplicates {
    /// They are counted, at 16 bytes a row while reading.
    Count,
    /// They are not counted; the report says 0.
    Ignore,
}

/// Reads files of transactions.
///
/// One pass over the file, in blocks that are parsed side by side; nothing is allocated for a row
/// or a field. Time is O(bytes of the file), memory O(accepted rows) plus the distinct ids, texts
/// and 16 bytes a row to count duplicates; the file itself is never in memory whole.
///
/// ```
/// use patronage_core::{CustomerIdx, Purchases};
/// use patronage_ingest::{Mapping, Reader, Reason, Rejected, Source};
///
/// let file = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
///     536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n\
///     C536379,85123A,HEART,-1,2010-12-01 09:41:00,2.55,17850.0,United Kingdom\n\
///     536366,71053,LANTERN,1,2010-12-01 08:28:00,0,,United Kingdom\n";
/// let mut rejected = Vec::new();
/// let log = Reader::new(Mapping::online_retail())
///     .read(Source::bytes("shop.csv", file.as_bytes()), Rejected::Write(&mut rejected))?;
///
/// let report = log.report();
/// assert_eq!((report.rows_read, report.rows_accepted, report.rows_set_aside()), (3, 1, 2));
/// assert_eq!(report.rows_with(Reason::Cancelled), 1);
/// assert_eq!(report.gross_revenue.to_string(), "15.30");
/// assert_eq!(report.net_revenue().to_string(), "12.75");
/// assert_eq!(log.customers().id(CustomerIdx::new(0)), Some("17850"));
/// assert_eq!(log.purchases().history(CustomerIdx::new(0)).len(), 1);
/// let rejected = String::from_utf8_lossy(&rejected);
/// assert!(rejected.contains("\n4,no_customer+price_not_positive,\"536366,71053,"));
/// # Ok::<(), patronage_ingest::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    mapping: Mapping,
    as_of: Option<Timestamp>,
    now: Option<Timestamp>,
    threads: Option<NonZeroUsize>,
    duplicates: Duplicates,
    block_size: usize,
}

impl Reader {
    /// A reader of files that look as `mapping` says.
    #[must_use]
    pub const fn new(mapping: Mapping) -> Self {
        Self {
            mapping,
            as_of: None,
            now: None,
            threads: None,
            duplicates: Duplicates::Count,
            block_size: 1 << 20,
        }
    }

    /// Only events strictly before this instant count; later ones are set aside. Default none.
    #[must_use]
    pub const fn as_of(mut self, instant: Timestamp) -> Self {
        self.as_of = Some(instant);
        self
    }

    /// The present, as the caller's clock shows it: events after it are set aside as future-dated. Default none.
    #[must_use]
    pub const fn now(mut self, instant: Timestamp) -> Self {
        self.now = Some(instant);
        self
    }

    /// The number of threads, at least 1; default all the machine offers. The log does not depend on it.
    #[must_use]
    pub const fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Whether exact duplicates are counted; default [`Duplicates::Count`].
    #[must_use]
    pub const fn duplicates(mut self, duplicates: Duplicates) -> Self {
        self.duplicates = duplicates;
        self
    }

    /// How many bytes are read at a time, at least 16; default one mebibyte. The log does not depend on it.
    #[must_use]
    pub const fn block_size(mut self, bytes: usize) -> Self {
        self.block_size = bytes;
        self
    }

    /// The mapping.
    #[must_use]
    pub const fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// Reads a file, and counts the rows set aside.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_path(&self, path: impl AsRef<Path>) -> Result<EventLog, Error> {
        self.read(Source::path(path), Rejected::Count)
    }

    /// Reads a file.
    ///
    /// A file with a header and nothing else gives an empty log. Rows that cannot be used never
    /// fail the reading: they are set aside.
    ///
    /// # Errors
    ///
    /// When the source cannot be read or `rejected` not be written; when it is empty, is no text,
    /// or its header lacks or doubles a column of the mapping; when a record is longer than 16
    /// MiB; and when gross revenue or returns add up to more than [`Money`](patronage_core::Money)
    /// holds.
    pub fn read(&self, source: Source<'_>, rejected: Rejected<'_>) -> Result<EventLog, Error> {
        let wanted = Wanted {
            rejected: matches!(rejected, Rejected::Write(_)),
            fingerprints: self.duplicates == Duplicates::Count,
        };
        let (name, bytes) = source.open()?;
        let (bytes, encoding) = decode::decoded(bytes, self.mapping.encoding)
            .map_err(|error| io_error(&name, "read", error))?;
        let layout = Layout { syntax: self.mapping.syntax, terminator: b'\n', n_fields: None };
        let mut blocks = Blocks::new(name.clone(), bytes, layout, self.block_size)?;
        let plan = Plan::new(&self.mapping, &mut blocks, encoding, self.as_of, self.now)?;
        let threads = match blocks.is_read() {
            // What is left fits into one block.
            true => 1,
            false => self
                .threads
                .or_else(|| std::thread::available_parallelism().ok())
                .map_or(1, NonZeroUsize::get),
        };
        let merger = Merger::new(&self.mapping, name, rejected)?;
        let shared = Shared {
            blocks: Mutex::new(blocks),
            merger: Mutex::new(merger),
            failure: Mutex::new(None),
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| shared.work(&plan, wanted));
            }
            shared.work(&plan, wanted);
        });
        let Shared { merger, failure, .. } = shared;
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => merger.into_inner().unwrap_or_else(PoisonError::into_inner).finish(threads),
        }
    }
}

/// What the threads share: each takes the next block, parses it, and hands it in.
struct Shared<'m, 's, 'a> {
    blocks: Mutex<Blocks<'a>>,
    merger: Mutex<Merger<'m, 's>>,
    failure: Mutex<Option<Error>>,
}

impl Shared<'_, '_, '_> {
    fn work(&self, plan: &Plan<'_>, wanted: Wanted) {
        if let Err(error) = self.try_work(plan, wanted) {
            lock(&self.failure).get_or_insert(error);
        }
    }

    fn try_work(&self, plan: &Plan<'_>, wanted: Wanted) -> Result<(), Error> {
        let mut parser = Parser::new(plan, wanted);
        let mut buffer = Vec::new();
        while lock(&self.failure).is_none() {
            let Some(block) = lock(&self.blocks).next(&mut buffer)? else { break };
            let parsed = parser.parse(block, &buffer[..block.length]);
            lock(&self.merger).take(parsed)?;
        }
        Ok(())
    }
}

/// A lock that a panic elsewhere does not hide: the scope carries the panic on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
