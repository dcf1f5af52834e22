//! Profiles as text.

use std::io::{self, Write};

use super::profiles::Profiles;

/// Dates as `2011-12-10`.
pub(super) mod date_text {
    use patronage_core::Date;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(date)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Date, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl Profiles<'_> {
    /// Writes every profile as a line of JSON, in the order of rows: what deserialises into a
    /// [`CustomerProfile`](crate::CustomerProfile) again.
    ///
    /// Buffers some hundred lines at a time, however many rows there are.
    ///
    /// # Errors
    ///
    /// When the writer fails.
    pub fn write_json_lines<W: Write>(&self, mut writer: W) -> io::Result<()> {
        self.in_chunks(
            |profile| {
                let mut line = serde_json::to_vec(&profile)?;
                line.push(b'\n');
                Ok(line)
            },
            |line: io::Result<Vec<u8>>| writer.write_all(&line?),
        )?;
        writer.flush()
    }
}
