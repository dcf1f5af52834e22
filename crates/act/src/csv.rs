//! Decisions as CSV.

use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use patronage_core::CustomerIdx;

use crate::decisions::Decisions;
use crate::parallel::chunks;

/// The columns of [`Decisions::write_csv`].
pub const HEADER: &str =
    "customer,action,channel,value,relevance,eligible,impact,cost,net,rank,chosen,reason";

/// Customers whose rows are put into words by one thread at a time.
const CHUNK: usize = 64;
/// Customers whose rows are held in memory at a time.
const BATCH: usize = 64 * CHUNK;

impl Decisions<'_> {
    /// Writes [`HEADER`] and one row for each customer and action, in the order of [`iter`](Self::iter).
    ///
    /// Value and cost are written with two to four decimals, relevance with six, impact and net so
    /// that reading them back gives the same float: with floats of 64 bits `impact` equals
    /// `value * relevance * eligible` and `net` equals `impact - cost` exactly. Fields with commas,
    /// quotes or line ends are quoted as in RFC 4180; rows end in a line feed.
    ///
    /// # Errors
    ///
    /// When `out` fails.
    pub fn write_csv<W: Write, N: Display>(
        &self,
        mut out: W,
        name: impl Fn(CustomerIdx) -> N + Sync,
    ) -> io::Result<()> {
        writeln!(out, "{HEADER}")?;
        for start in (0..self.customers().len()).step_by(BATCH) {
            let end = self.customers().len().min(start + BATCH);
            let parts = chunks(end - start, CHUNK, |range| {
                let mut text = String::new();
                for position in range {
                    self.write_customer(start + position, &name, &mut text);
                }
                text
            });
            for part in parts {
                out.write_all(part.as_bytes())?;
            }
        }
        out.flush()
    }

    fn write_customer<N: Display>(
        &self,
        position: usize,
        name: &impl Fn(CustomerIdx) -> N,
        text: &mut String,
    ) {
        let customer = name(self.customers()[position]).to_string();
        for (row, reason) in self.explain(position) {
            push_field(text, &customer);
            text.push(',');
            push_field(text, self.catalogue().action(row.action).id());
            text.push(',');
            push_field(text, self.catalogue().channel(row.channel).id());
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                ",{},{:.6},{},{},{},{},{},{},",
                row.value,
                row.relevance.get(),
                u8::from(row.eligible.is_eligible()),
                row.impact,
                row.cost,
                row.net,
                row.rank,
                u8::from(row.chosen),
            );
            push_field(text, &reason);
            text.push('\n');
        }
    }
}

/// Appends a field, quoted where it must be.
fn push_field(text: &mut String, field: &str) {
    if !field.contains([',', '"', '\n', '\r']) {
        text.push_str(field);
        return;
    }
    text.push('"');
    for part in field.split_inclusive('"') {
        text.push_str(part);
        if part.ends_with('"') {
            text.push('"');
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::push_field;

    #[test]
    fn quotes_only_what_must_be() {
        for (field, written) in
            [("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("", "")]
        {
            let mut text = String::new();
            push_field(&mut text, field);
            assert_eq!(text, written);
        }
    }
}
