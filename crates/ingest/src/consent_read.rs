//! Reading records of consent.

use crate::blocks::Blocks;
use crate::consent::{At, ConsentLog, Dated, Said};
use crate::decode::{self, Encoding, repaired};
use crate::error::{Error, ErrorKind, io_error};
use crate::mapping::Mapping;
use crate::moment::{self, Format, Moment};
use crate::plan;
use crate::quote::{Delimiter, Layout, Syntax};
use crate::reason::{Reason, Reasons};
use crate::reject::{HEADER, RejectWriter, Rejected};
use crate::source::Source;
use crate::split::{Fault, Field, Records, undouble};

const COLUMNS: [&str; 4] = ["customer", "channel", "granted", "at"];
const FORMATS: [&str; 6] = [
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S%f",
    "%Y-%m-%d %H:%M:%S%f%z",
    "%Y-%m-%dT%H:%M:%S%f",
    "%Y-%m-%dT%H:%M:%S%f%z",
];

pub(crate) fn read(
    source: Source<'_>,
    mapping: &Mapping,
    mut rejected: Rejected<'_>,
) -> Result<ConsentLog, Error> {
    let (name, bytes) = source.open()?;
    let (bytes, encoding) =
        decode::decoded(bytes, Encoding::Auto).map_err(|error| io_error(&name, "read", error))?;
    let syntax = Syntax { delimiter: Delimiter::Byte(b','), quote: Some(b'"') };
    let layout = Layout { syntax, terminator: b'\n', n_fields: None };
    let mut blocks = Blocks::new(name, bytes, layout, 1 << 16)?;
    let columns = columns(&mut blocks)?;
    let formats = FORMATS.map(|text| Format::new(text).expect("these formats are complete"));
    let layout = blocks.layout;
    let n_fields = layout.n_fields;
    rejected.write(HEADER)?;
    let mut log = ConsentLog::default();
    let mut rejects = RejectWriter::default();
    let (mut buffer, mut out) = (Vec::new(), Vec::new());
    let (mut marks, mut fields, mut scratch) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(block) = blocks.next(&mut buffer)? {
        let bytes = &buffer[..block.length];
        let (bytes, _) = match encoding {
            Encoding::Auto => repaired(bytes, layout.terminator),
            _ => (bytes.into(), 0),
        };
        let mut records = Records::new(&bytes, layout, &mut marks);
        while let Some(record) = records.next(&mut fields) {
            log.rows_read += 1;
            let line = block.line + record.line;
            let raw = &bytes[record.start..record.end];
            let reasons = if record.fault == Fault::Quote {
                Reason::BadQuote.into()
            } else if Some(fields.len()) != n_fields {
                Reason::Ragged.into()
            } else {
                let mut base: &[u8] = &bytes;
                if record.doubled {
                    undouble(&bytes, b'"', &mut fields, &mut scratch);
                    base = &scratch;
                }
                let texts =
                    columns.map(|column: usize| Field::of(fields[column], base).trim_ascii());
                let is_text = std::str::from_utf8(raw).is_ok();
                accept(&mut log, texts, is_text, line, mapping, &formats)
            };
            if reasons.is_empty() {
                log.rows_accepted += 1;
            } else {
                *log.set_aside.entry(reasons).or_default() += 1;
                if let Rejected::Write(_) = rejected {
                    rejects.write(&mut out, line, reasons, raw);
                }
            }
        }
        rejected.write(&out)?;
        out.clear();
    }
    rejected.flush()?;
    for records in log.records.values_mut().flat_map(|channels| channels.values_mut()) {
        records.sort_unstable();
    }
    Ok(log)
}

/// Where the four columns are.
fn columns(blocks: &mut Blocks<'_>) -> Result<[usize; 4], Error> {
    let header = plan::header(blocks, true, "the header customer,channel,granted,at")?;
    let mut columns = [0; 4];
    for (slot, name) in columns.iter_mut().zip(COLUMNS) {
        let mut positions =
            header.names.iter().enumerate().filter(|(_, found)| *found == name).map(|(p, _)| p);
        let (file, line) = (blocks.name.clone(), header.line);
        *slot = match (positions.next(), positions.next()) {
            (Some(position), None) => position,
            (Some(first), Some(second)) => {
                let (name, first, second) = (name.to_owned(), first + 1, second + 1);
                return Err(ErrorKind::DoubledColumn { file, line, name, first, second }.into());
            }
            (None, _) => {
                let (expected, found) = (format!("{name:?}"), header.names.clone());
                return Err(ErrorKind::MissingColumn { file, line, expected, found }.into());
            }
        };
    }
    Ok(columns)
}

/// Notes a record, or what can be known of one that cannot be read in full; returns what is wrong with it.
fn accept(
    log: &mut ConsentLog,
    [customer, channel, granted, at]: [&[u8]; 4],
    is_text: bool,
    line: u64,
    mapping: &Mapping,
    formats: &[Format],
) -> Reasons {
    let mut reasons = Reasons::NONE;
    if !is_text {
        reasons.add(Reason::NotText);
    }
    let said = match granted.to_ascii_lowercase().as_slice() {
        b"1" | b"true" | b"yes" | b"y" | b"t" => Said::Yes,
        b"0" | b"false" | b"no" | b"n" | b"f" => Said::No,
        _ => {
            reasons.add(Reason::GrantedUnreadable);
            Said::Unreadable
        }
    };
    let at = match moment::read(at, formats, &mapping.zone) {
        Moment::At(at) => At::Known(at),
        Moment::Unreadable | Moment::Ambiguous => {
            reasons.add(Reason::DateUnreadable);
            At::Unknown
        }
    };
    let text = |text: &[u8]| (!text.is_empty()).then(|| String::from_utf8_lossy(text).into_owned());
    let channel = text(channel);
    if channel.is_none() {
        reasons.add(Reason::NoChannel);
    }
    let Some(customer) = text(mapping.rules.customer_ids.clean(customer)) else {
        reasons.add(Reason::NoCustomer);
        return reasons;
    };
    let said = if reasons.is_empty() { said } else { Said::Unreadable };
    let channels = log.records.entry(customer).or_default();
    channels.entry(channel).or_default().push(Dated { at, said, line });
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::ConsentState;
    use patronage_core::{Calendar, Date, Timestamp};

    fn log(rows: &str) -> ConsentLog {
        let text = format!("customer,channel,granted,at\n{rows}");
        let mapping = Mapping::online_retail();
        read(Source::bytes("consent.csv", text.as_bytes()), &mapping, Rejected::Count).unwrap()
    }

    fn day(day: u32) -> Timestamp {
        crate::Zone::UTC.start_of(Date::new(2020, 1, day).unwrap())
    }

    fn check(rows: &str, expected: [bool; 3]) {
        let log = log(rows);
        let found = [1, 5, 9].map(|d| log.state("7", "email", day(d)).is_granted());
        assert_eq!(found, expected, "{rows}");
        let in_force = [1, 5, 9].map(|d| {
            log.in_force(day(d)).any(|r| {
                r.customer == "7" && r.channel.as_deref() == Some("email") && r.state.is_granted()
            })
        });
        assert_eq!(in_force, expected, "{rows}");
    }

    #[test]
    fn the_latest_record_is_in_force() {
        check("7.0,email,1,2020-01-05\n", [false, true, true]);
        check("7,email,no,2020-01-08\n7,email,YES,2020-01-01\n", [true, true, false]);
        check("7,email,1,2020-01-05T00:00:00+01:00\n", [false, true, true]);
        check("7,email,1,2020-01-05 00:00:01\n", [false, false, true]);
        check("7,phone,1,2020-01-01\n8,email,1,2020-01-01\n", [false; 3]);
    }

    #[test]
    fn whatever_cannot_be_read_is_a_no() {
        // A contradiction of one instant.
        check("7,email,1,2020-01-01\n7,email,0,2020-01-01\n", [false; 3]);
        check("7,email,0,2020-01-01\n7,email,1,2020-01-01\n", [false; 3]);
        // An unreadable answer, until a later one.
        check("7,email,1,2020-01-01\n7,email,maybe,2020-01-04\n", [true, false, false]);
        check("7,email,maybe,2020-01-04\n7,email,1,2020-01-09\n", [false, false, true]);
        // An unreadable date, for good.
        check("7,email,1,2020-01-01\n7,email,0,soon\n", [false; 3]);
        // No channel: every channel.
        check("7,email,1,2020-01-01\n7,,0,2020-01-04\n", [true, false, false]);
        check("7,email,1,2020-01-01\n,email,0,2020-01-04\n7\n", [true; 3]);
    }

    #[test]
    fn rows_are_accounted_for() {
        let log = log("7,email,1,2020-01-01\n,email,1,2020-01-01\n7,,x,y\n7\n\"7,email\n\n");
        assert_eq!((log.rows_read(), log.rows_accepted()), (5, 1));
        let set_aside: Vec<String> =
            log.set_aside().map(|(reasons, rows)| format!("{reasons} {rows}")).collect();
        let expected = [
            "ragged 1",
            "bad_quote 1",
            "no_customer 1",
            "date_unreadable+no_channel+granted_unreadable 1",
        ];
        assert_eq!(set_aside, expected);
        assert_eq!(log.rows_with(Reason::NoChannel), 1);
        assert_eq!(log.state("7", "email", day(9)), ConsentState::Unreadable { line: 4 });
    }

    #[test]
    fn a_wrong_header_is_named() {
        let mapping = Mapping::online_retail();
        for (text, expected) in [
            ("", "empty"),
            ("customer,channel,granted\n", "\"at\""),
            ("customer,customer,channel,granted,at\n", "positions 1 and 2"),
        ] {
            let source = Source::bytes("consent.csv", text.as_bytes());
            let error = read(source, &mapping, Rejected::Count).unwrap_err().to_string();
            assert!(error.contains("consent.csv") && error.contains(expected), "{error}");
        }
    }
}
