//! Files of transactions become one typed event log, with every rejected row accounted for.
//!
//! A [`Mapping`] says what the file looks like, a [`Reader`] reads it into an [`EventLog`]: purchases
//! and returns as views of `patronage-core`, the ids behind their indices, and a [`Report`] in which
//! rows read are rows accepted plus rows set aside, and the money adds up too.
//!
//! ```
//! use patronage_ingest::{Mapping, Reader, Rejected, Source};
//!
//! let file = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
//!     536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n\
//!     536366,71053,LANTERN,0,12/1/2010 8:28,3.39,,United Kingdom\n";
//! let mut rejected = Vec::new();
//! let log = Reader::new(Mapping::online_retail())
//!     .read(Source::bytes("shop.csv", file.as_bytes()), Rejected::Write(&mut rejected))?;
//!
//! assert_eq!((log.report().rows_read, log.report().rows_accepted), (2, 1));
//! assert_eq!(log.report().gross_revenue.to_string(), "15.30");
//! assert_eq!(
//!     String::from_utf8_lossy(&rejected),
//!     "line,reasons,raw\n3,no_customer+quantity_not_positive,\
//!      \"536366,71053,LANTERN,0,12/1/2010 8:28,3.39,,United Kingdom\"\n"
//! );
//! # Ok::<(), patronage_ingest::Error>(())
//! ```
//!
//! # When not to use it
//!
//! - For data that are already in memory in columns: build a
//!   [`PurchaseTable`](patronage_core::PurchaseTable) directly.
//! - For files that are no lines of text (spreadsheets, Parquet, databases): export them first.
//! - For files whose rows are not order lines; of those only [`ConsentLog`] is read here.
//!
//! # Features
//!
//! - `gzip`: reads gzip-compressed files. On by default.
//! - `tz`: named time zones, with the zone database bundled. On by default.
//!
//! # References
//!
//! - Y. Shafranovich (2005), Common Format and MIME Type for Comma-Separated Values (CSV) Files,
//!   RFC 4180: fields, quotes and records are read as it says, except where a quote is never
//!   closed: then the line on which it opens is set aside, and reading goes on with the next.
//! - D. Chen, S. L. Sain, K. Guo (2012), Data mining for the online retail industry, Journal of
//!   Database Marketing & Customer Strategy Management 19(3): the data of the default mapping.

#![forbid(unsafe_code)]

mod atomic;
mod blocks;
mod consent;
mod consent_read;
mod customer_features;
mod decode;
mod duplicates;
mod error;
mod intern;
mod log;
mod mapping;
mod mapping_build;
mod mapping_file;
mod marks;
mod merge;
mod moment;
mod number;
mod parse;
mod plan;
mod quote;
mod reader;
mod reason;
mod reject;
mod report;
mod row;
mod source;
mod split;
mod zone;

pub use atomic::AtomicFile;
pub use consent::{ConsentLog, ConsentRecord, ConsentState};
pub use customer_features::{CustomerFeatures, CustomerTable};
pub use error::{Error, ErrorKind, MappingProblem};
pub use log::EventLog;
pub use mapping::{CDNOW, CDNOW_SAMPLE, COMPLETE_JOURNEY, Mapping, ONLINE_RETAIL};
pub use reader::{Duplicates, Reader};
pub use reason::{Reason, Reasons};
pub use reject::Rejected;
pub use report::{Report, SetAside};
pub use source::Source;
pub use zone::{Zone, ZoneError};
