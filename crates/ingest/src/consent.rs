//! Who may be contacted through which channel.

use std::collections::BTreeMap;

use patronage_core::Timestamp;

use crate::error::Error;
use crate::mapping::Mapping;
use crate::reason::{Reason, Reasons};
use crate::reject::Rejected;
use crate::source::Source;

/// What customers said about being contacted through each channel.
///
/// The latest record at or before an instant is in force. Where it cannot be read, or none is
/// recorded, nobody may be contacted: only [`ConsentState::Granted`] is a yes.
///
/// - Two records of one instant that disagree are a no.
/// - A record whose `granted` cannot be read is a no until a later record.
/// - A record whose date cannot be read may be the latest: a no for good.
/// - A record without channel is a no for every channel, from its date on.
///
/// ```
/// use patronage_core::{Calendar, Date};
/// use patronage_ingest::{ConsentLog, ConsentState, Mapping, Rejected, Source};
///
/// let file = "customer,channel,granted,at\n\
///     17850,email,yes,2011-01-05\n\
///     17850,email,no,2011-06-30 12:00:00\n\
///     12347,email,perhaps,2011-01-05\n";
/// let mapping = Mapping::online_retail();
/// let consent =
///     ConsentLog::read(Source::bytes("consent.csv", file.as_bytes()), &mapping, Rejected::Count)?;
/// let on = |year, month, day| -> Result<_, patronage_core::Error> {
///     Ok(mapping.zone().start_of(Date::new(year, month, day)?))
/// };
/// assert!(consent.state("17850", "email", on(2011, 6, 30)?).is_granted());
/// assert!(!consent.state("17850", "email", on(2011, 7, 1)?).is_granted());
/// assert_eq!(consent.state("17850", "phone", on(2011, 6, 30)?), ConsentState::Unrecorded);
/// assert!(matches!(
///     consent.state("12347", "email", on(2011, 6, 30)?),
///     ConsentState::Unreadable { line: 4 }
/// ));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsentLog {
    /// For each customer and channel (none: every channel) its records, ascending in time.
    pub(crate) records: BTreeMap<String, BTreeMap<Option<String>, Vec<Dated>>>,
    pub(crate) rows_read: u64,
    pub(crate) rows_accepted: u64,
    pub(crate) set_aside: BTreeMap<Reasons, u64>,
}

/// A record of one customer and channel; ordered by time, and within an instant a no after a yes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Dated {
    /// None where the date cannot be read: later than every date.
    pub(crate) at: At,
    pub(crate) said: Said,
    pub(crate) line: u64,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum At {
    Known(Timestamp),
    Unknown,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Said {
    Yes,
    No,
    Unreadable,
}

/// What is in force for one customer and channel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConsentState {
    /// Consent was given.
    Granted {
        /// Since when.
        at: Timestamp,
    },
    /// Consent was refused or withdrawn.
    Refused {
        /// Since when.
        at: Timestamp,
    },
    /// A record that may be the latest cannot be read.
    Unreadable {
        /// Its line in the file, from 1.
        line: u64,
    },
    /// Nothing is recorded.
    Unrecorded,
}

impl ConsentState {
    /// Whether the customer may be contacted.
    #[must_use]
    pub const fn is_granted(self) -> bool {
        matches!(self, Self::Granted { .. })
    }
}

/// One customer, one channel, and what is in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsentRecord {
    /// The customer's id.
    pub customer: String,
    /// The channel's name; none where the record names none and so speaks of every channel.
    pub channel: Option<String>,
    /// What is in force.
    pub state: ConsentState,
}

impl ConsentLog {
    /// Reads a CSV file with the columns `customer`, `channel`, `granted` and `at`, in any order; other columns are passed over.
    ///
    /// Customers' ids are cleaned, and dates read in the time zone, as `mapping` says, so that they
    /// agree with a log read by it. `granted` is one of `1`, `0`, `true`, `false`, `yes`, `no`,
    /// `y`, `n`, `t`, `f`, in any case; `at` a date, or a date and time separated by a blank or
    /// `T`, with or without an offset from UTC. Rows that cannot be read are set aside.
    ///
    /// # Errors
    ///
    /// When the source cannot be read or `rejected` not be written, when it is empty, and when its
    /// header lacks or doubles one of the four columns.
    pub fn read(
        source: Source<'_>,
        mapping: &Mapping,
        rejected: Rejected<'_>,
    ) -> Result<Self, Error> {
        crate::consent_read::read(source, mapping, rejected)
    }

    /// What is in force for `customer` and `channel` at `as_of`: the latest record at or before it.
    #[must_use]
    pub fn state(&self, customer: &str, channel: &str, as_of: Timestamp) -> ConsentState {
        let Some(channels) = self.records.get(customer) else { return ConsentState::Unrecorded };
        let find = |channel: Option<String>| channels.get(&channel).and_then(|r| latest(r, as_of));
        let own = find(Some(channel.to_owned()));
        state(own.max(find(None)))
    }

    /// What is in force at `as_of` for every customer and channel of the file, by customer and channel.
    pub fn in_force(&self, as_of: Timestamp) -> impl Iterator<Item = ConsentRecord> {
        self.records.iter().flat_map(move |(customer, channels)| {
            let every = channels.get(&None).and_then(|records| latest(records, as_of));
            channels.iter().map(move |(channel, records)| ConsentRecord {
                customer: customer.clone(),
                channel: channel.clone(),
                state: state(latest(records, as_of).max(every)),
            })
        })
    }

    /// Rows of the file, without its header and blank lines.
    #[must_use]
    pub const fn rows_read(&self) -> u64 {
        self.rows_read
    }

    /// Rows that were read as records.
    #[must_use]
    pub const fn rows_accepted(&self) -> u64 {
        self.rows_accepted
    }

    /// Rows set aside, by the combination of reasons that apply, in a fixed order.
    pub fn set_aside(&self) -> impl Iterator<Item = (Reasons, u64)> {
        self.set_aside.iter().map(|(&reasons, &rows)| (reasons, rows))
    }

    /// Rows to which `reason` applies, alone or with others.
    #[must_use]
    pub fn rows_with(&self, reason: Reason) -> u64 {
        self.set_aside().filter(|(reasons, _)| reasons.contains(reason)).map(|(_, rows)| rows).sum()
    }
}

/// The latest record at or before `as_of`, or one whose date nobody knows.
fn latest(records: &[Dated], as_of: Timestamp) -> Option<Dated> {
    let unknown = records.last().filter(|record| record.at == At::Unknown);
    let before = records.partition_point(|record| record.at <= At::Known(as_of));
    unknown.or_else(|| records[..before].last()).copied()
}

fn state(record: Option<Dated>) -> ConsentState {
    match record {
        None => ConsentState::Unrecorded,
        Some(Dated { at: At::Known(at), said: Said::Yes, .. }) => ConsentState::Granted { at },
        Some(Dated { at: At::Known(at), said: Said::No, .. }) => ConsentState::Refused { at },
        Some(Dated { line, .. }) => ConsentState::Unreadable { line },
    }
}
