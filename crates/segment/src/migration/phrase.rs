//! Numbers of columns in words.

use patronage_core::{Column, ColumnKind, Schema};

use crate::error::Error;

/// How to speak of a column: "recency rose from 31 to 74 days".
///
/// ```
/// use patronage_segment::ColumnPhrase;
///
/// let spend = ColumnPhrase::new("monetary", "spend").decimals(2).prefix("$");
/// assert_eq!(spend.column(), "monetary");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct ColumnPhrase {
    column: String,
    label: String,
    one: String,
    many: String,
    prefix: String,
    rose: String,
    fell: String,
    decimals: Option<usize>,
}

impl ColumnPhrase {
    /// The column of that name is spoken of as `label`; it rises and falls, without a unit.
    #[must_use]
    pub fn new(column: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            column: column.into(),
            label: label.into(),
            one: String::new(),
            many: String::new(),
            prefix: String::new(),
            rose: "rose".to_owned(),
            fell: "fell".to_owned(),
            decimals: None,
        }
    }

    /// The unit after a number, of one and of many: `("day", "days")`.
    #[must_use]
    pub fn unit(mut self, one: impl Into<String>, many: impl Into<String>) -> Self {
        (self.one, self.many) = (one.into(), many.into());
        self
    }

    /// What stands before a number, such as a currency's sign.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The verbs for more and for less; default `("rose", "fell")`.
    #[must_use]
    pub fn verbs(mut self, rose: impl Into<String>, fell: impl Into<String>) -> Self {
        (self.rose, self.fell) = (rose.into(), fell.into());
        self
    }

    /// How many decimals; default none for whole numbers and from 100 on, else one.
    #[must_use]
    pub const fn decimals(mut self, decimals: usize) -> Self {
        self.decimals = Some(decimals);
        self
    }

    /// The column's name.
    #[must_use]
    pub fn column(&self) -> &str {
        &self.column
    }

    /// Phrases for the columns of an [`RfmTable`](crate::RfmTable).
    #[must_use]
    pub fn rfm() -> [Self; 3] {
        [
            Self::new("recency_days", "recency").unit("day", "days"),
            Self::new("frequency", "frequency").unit("purchase", "purchases"),
            Self::new("monetary", "spend").decimals(2),
        ]
    }

    /// A phrase for every column of the schema: those given, and its name for the others.
    pub(crate) fn complete(schema: &Schema, given: &[Self]) -> Result<Vec<Self>, Error> {
        let plain = |column: &Column| Self::new(column.name(), column.name().replace('_', " "));
        let mut phrases: Vec<Self> = schema.columns().iter().map(plain).collect();
        for phrase in given {
            phrases[schema.require(&phrase.column)?] = phrase.clone();
        }
        Ok(phrases)
    }

    /// "recency rose from 31 to 74 days".
    pub(super) fn change(
        &self,
        kind: &ColumnKind,
        before: Option<f64>,
        after: Option<f64>,
    ) -> String {
        let [from, to] = [before, after].map(|value| self.value(kind, value));
        let verb = match kind {
            ColumnKind::Category { .. } | ColumnKind::Flag => "changed",
            _ => match before.partial_cmp(&after) {
                _ if before.is_none() || after.is_none() => "changed",
                Some(std::cmp::Ordering::Less) => &self.rose,
                _ => &self.fell,
            },
        };
        let unit = if after == Some(1.0) { &self.one } else { &self.many };
        let unit =
            if unit.is_empty() || after.is_none() { String::new() } else { format!(" {unit}") };
        format!("{} {verb} from {from} to {to}{unit}", self.label)
    }

    /// What the column is called.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// A number already in words, with what stands before and after it: "$10", "31 days".
    pub(crate) fn with_unit(&self, number: &str) -> String {
        let (sign, digits) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
        let unit = if number == "1" { &self.one } else { &self.many };
        let space = if unit.is_empty() { "" } else { " " };
        format!("{sign}{}{digits}{space}{unit}", self.prefix)
    }

    fn value(&self, kind: &ColumnKind, value: Option<f64>) -> String {
        let Some(value) = value else { return "unknown".to_owned() };
        match kind {
            ColumnKind::Category { levels, .. } => {
                let level = (value >= 0.0).then(|| levels.get(value as usize)).flatten();
                return level.map_or_else(|| "another".to_owned(), |level| format!("{level:?}"));
            }
            ColumnKind::Flag => return if value == 0.0 { "no" } else { "yes" }.to_owned(),
            ColumnKind::Date if value.abs() < 4e6 => {
                return patronage_core::Date::from_days(value as i32).to_string();
            }
            _ => {}
        }
        let decimals =
            self.decimals.unwrap_or(usize::from(value.fract() != 0.0 && value.abs() < 100.0));
        format!("{}{}", if value < 0.0 { "-" } else { "" }, self.prefix)
            + &grouped(value.abs(), decimals)
    }
}

/// A number at least 0 with a comma between thousands; very large ones by power of ten.
fn grouped(value: f64, decimals: usize) -> String {
    if value >= 1e15 {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::with_capacity(text.len() + whole.len() / 3);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_in_words() {
        let [recency, frequency, monetary] = ColumnPhrase::rfm();
        let number = ColumnKind::Number;
        for (phrase, before, after, expected) in [
            (&recency, 31.0, 74.0, "recency rose from 31 to 74 days"),
            (&recency, 31.5, 1.0, "recency fell from 31.5 to 1 day"),
            (&frequency, 1.0, 1200.0, "frequency rose from 1 to 1,200 purchases"),
            (&monetary, 1234567.891, 0.5, "spend fell from 1,234,567.89 to 0.50"),
            (&monetary.clone().prefix("$"), -2.0, 1e300, "spend rose from -$2.00 to $1.000e300"),
            (&recency, f64::NAN, 2.0, "recency changed from unknown to 2 days"),
        ] {
            let known = |value: f64| (!value.is_nan()).then_some(value);
            assert_eq!(phrase.change(&number, known(before), known(after)), expected);
        }
        let plan = ColumnPhrase::new("plan", "plan");
        let kind = Column::category("plan", ["basic", "gold"]).kind().clone();
        assert_eq!(
            plan.change(&kind, Some(0.0), Some(1.0)),
            r#"plan changed from "basic" to "gold""#
        );
        assert_eq!(
            plan.change(&kind, Some(1.0), Some(2.0)),
            r#"plan changed from "gold" to another"#
        );
        assert_eq!(
            plan.change(&ColumnKind::Flag, Some(0.0), Some(1.0)),
            "plan changed from no to yes"
        );
        assert_eq!(
            plan.change(&ColumnKind::Date, Some(0.0), Some(31.0)),
            "plan rose from 1970-01-01 to 1970-02-01"
        );
    }
}
