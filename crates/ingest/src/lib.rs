//! Files of transactions become one typed event log, with every rejected row accounted for.

#![forbid(unsafe_code)]

mod atomic;
mod blocks;
mod consent;
mod consent_read;
mod decode;
mod duplicates;
mod error;
mod intern;
mod log;
mod mapping;
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
mod source;
mod split;
mod zone;

pub use atomic::AtomicFile;
pub use consent::{ConsentLog, ConsentRecord, ConsentState};
pub use error::{Error, ErrorKind, MappingProblem};
pub use log::EventLog;
pub use mapping::{CDNOW, CDNOW_SAMPLE, COMPLETE_JOURNEY, Mapping, ONLINE_RETAIL};
pub use reader::{Duplicates, Reader};
pub use reason::{Reason, Reasons};
pub use reject::Rejected;
pub use report::{Report, SetAside};
pub use source::Source;
pub use zone::{Zone, ZoneError};
