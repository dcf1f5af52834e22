//! A migration as a matrix in text.

use std::fmt;

use super::between::Migration;

impl fmt::Display for Migration {
    /// One row for each segment before with its size, one column for each after, in per cent of the
    /// row (a point is nobody); columns are numbered as rows are. The last row counts entries.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((from, to)) = self.dates() {
            writeln!(f, "From {from} (rows) to {to} (columns), per cent of the row")?;
        } else {
            writeln!(f, "From before (rows) to after (columns), per cent of the row")?;
        }
        let n = self.names().len();
        let number = n.to_string().len();
        let name = self.names().iter().map(|name| name.chars().count()).max().unwrap_or(0).max(7);
        let entries = self.places().map(|to| self.count(None, to));
        let cell =
            entries.map(|count| count.to_string().len()).max().unwrap_or(0).max(4).max(number);
        let size = self.places().map(|from| self.row_sum(from).to_string().len());
        let size = size.max().unwrap_or(0).max(9);
        write!(f, "{:number$} {:name$} {:>size$}", "", "", "customers")?;
        for column in 1..=n {
            write!(f, " {column:>cell$}")?;
        }
        writeln!(f, " {:>cell$}", "exit")?;
        for from in self.places() {
            let of = self.row_sum(from);
            match from {
                Some(segment) => {
                    write!(f, "{:>number$} {:name$}", segment.index() + 1, self.name_of(from))?;
                }
                None => write!(f, "{:number$} {:name$}", "", "entries")?,
            }
            write!(f, " {of:>size$}")?;
            for to in self.places() {
                let count = self.count(from, to);
                if count == 0 {
                    write!(f, " {:>cell$}", "·")?;
                } else if from.is_none() {
                    write!(f, " {count:>cell$}")?;
                } else {
                    let percent = 100.0 * count as f64 / of as f64;
                    write!(f, " {percent:>cell$.0}")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
