//! Why a rule is not met, in words.

use std::fmt::Write as _;

use patronage_core::{ColumnKind, Date};

use super::Rule;
use super::ast::{Clause, Condition, Truth, level};

impl Rule {
    /// Every part of the rule that keeps the row out, in words; none when the rule is met.
    ///
    /// A rule that is a chain of `and` is taken apart; any other is one part. Each part comes with
    /// the values it was judged on.
    ///
    /// # Panics
    ///
    /// When the row is shorter than the schema.
    pub fn objections<'a>(&'a self, row: &'a [f64]) -> impl Iterator<Item = String> + 'a {
        let parts: &[Clause] = match &self.root.condition {
            Condition::All(clauses) => clauses,
            _ => std::slice::from_ref(&self.root),
        };
        parts.iter().filter_map(move |part| self.objection(part, row))
    }

    fn objection(&self, part: &Clause, row: &[f64]) -> Option<String> {
        let verb = match part.truth(row) {
            Truth::Met => return None,
            Truth::NotMet => "is not met",
            Truth::Unknown => "cannot be told",
        };
        let mut text = String::from("`");
        // Rules may stand on many lines in the catalogue; reasons stand on one.
        for (position, word) in self.text[part.span.clone()].split_whitespace().enumerate() {
            if position > 0 {
                text.push(' ');
            }
            text.push_str(word);
        }
        let _ = write!(text, "` {verb}");
        let mut columns = Vec::new();
        part.columns(&mut |column| columns.push(column));
        columns.sort_unstable();
        columns.dedup();
        for (position, column) in columns.into_iter().enumerate() {
            text.push_str(if position == 0 { " (" } else { ", " });
            let _ = write!(text, "{} is {}", self.columns.name(column), self.cell(column, row));
        }
        if text.ends_with(verb) {
            return Some(text);
        }
        text.push(')');
        Some(text)
    }

    /// A cell as a marketer reads it.
    fn cell(&self, column: usize, row: &[f64]) -> String {
        let cell = row[column];
        match self.columns.kind(column) {
            ColumnKind::Category { levels, .. } => match level(cell, levels.len() as u32) {
                Some(code) => format!("{:?}", levels[code as usize]),
                None => "missing".to_owned(),
            },
            _ if cell.is_nan() => "missing".to_owned(),
            ColumnKind::Flag => (cell != 0.0).to_string(),
            ColumnKind::Date => Date::from_days(cell as i32).to_string(),
            _ => (((cell * 1e4).round() / 1e4) + 0.0).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use patronage_core::{Column, Schema};

    use crate::{Rule, RuleColumns};

    #[test]
    fn every_part_that_fails_is_named_with_its_values() {
        let schema = Schema::new([
            Column::category("segment", ["Champions", "Lost"]),
            Column::nullable("recency_days"),
            Column::date("last_purchase"),
            Column::flag("member"),
        ]);
        let columns = RuleColumns::new(schema.unwrap());
        let rule = "segment = \"Lost\"\n and recency_days / 7 > 2 and member \
                    and last_purchase < 2011-01-01 and (recency_days > 1 or true) and false";
        let rule = Rule::parse(rule, &columns).unwrap();
        let row = [0.0, f64::NAN, 15000.0, 0.0];
        assert_eq!(
            rule.objections(&row).collect::<Vec<_>>(),
            [
                "`segment = \"Lost\"` is not met (segment is \"Champions\")",
                "`recency_days / 7 > 2` cannot be told (recency_days is missing)",
                "`member` is not met (member is false)",
                "`last_purchase < 2011-01-01` is not met (last_purchase is 2011-01-26)",
                "`false` is not met",
            ]
        );
    }
}
