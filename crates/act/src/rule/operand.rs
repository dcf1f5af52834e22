//! The types of a rule's parts, and what may be compared with what.

use std::ops::Range;

use patronage_core::ColumnKind;

use super::ast::{Clause, Condition, Number, Operator};
use super::columns::RuleColumns;
use super::parser::{Absent, Fault, Parser};
use crate::error::Problem;
use crate::suggest::nearest;

/// A part of a rule, of a known type.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) value: Value,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Condition(Clause),
    Quantity(Number, Type),
    Text(String),
    Category(usize),
    Flag(usize),
    Always(bool),
}

/// What a quantity counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Type {
    Number,
    Date,
}

impl Type {
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Date => "date",
        }
    }

    /// The type of `self mark right`, where it has one.
    pub(super) fn summed(self, mark: &str, right: Self) -> Option<Self> {
        match (self, mark, right) {
            (Self::Number, _, Self::Number) | (Self::Date, "-", Self::Date) => Some(Self::Number),
            (Self::Date, _, Self::Number) | (Self::Number, "+", Self::Date) => Some(Self::Date),
            _ => None,
        }
    }
}

impl Operand {
    pub(super) fn condition(clause: Clause) -> Self {
        Self { span: clause.span.clone(), value: Value::Condition(clause) }
    }

    pub(super) const fn quantity_of(number: Number, kind: Type, span: Range<usize>) -> Self {
        Self { value: Value::Quantity(number, kind), span }
    }

    pub(super) const fn text(text: String, span: Range<usize>) -> Self {
        Self { value: Value::Text(text), span }
    }

    pub(super) const fn category(column: usize, span: Range<usize>) -> Self {
        Self { value: Value::Category(column), span }
    }

    pub(super) const fn flag(column: usize, span: Range<usize>) -> Self {
        Self { value: Value::Flag(column), span }
    }

    pub(super) const fn always(met: bool, span: Range<usize>) -> Self {
        Self { value: Value::Always(met), span }
    }

    /// Takes the brackets into the span.
    pub(super) fn stretch(&mut self, span: Range<usize>) {
        if let Value::Condition(clause) = &mut self.value {
            clause.span = span.clone();
        }
        self.span = span;
    }

    pub(super) fn quantity(self, place: &'static str) -> Result<(Number, Type), Fault> {
        match self.value {
            Value::Quantity(number, kind) => Ok((number, kind)),
            _ => Err(self.mismatch(place, "a number or a date")),
        }
    }

    pub(super) fn number(self, place: &'static str) -> Result<Number, Fault> {
        match self.value {
            Value::Quantity(number, Type::Number) => Ok(number),
            _ => Err(self.mismatch(place, "a number")),
        }
    }

    /// The column it is, and its number of levels where it is a category.
    pub(super) fn column_of(&self, columns: &RuleColumns) -> Result<(usize, Option<u32>), Fault> {
        match self.value {
            Value::Quantity(Number::Column(column), _) | Value::Flag(column) => Ok((column, None)),
            Value::Category(column) => Ok((column, Some(n_levels(columns, column)))),
            _ => Err(self.mismatch("is missing", "a column")),
        }
    }

    fn mismatch(&self, place: &'static str, expected: &'static str) -> Fault {
        (self.span.start, Problem::TypeMismatch { place, expected, found: self.describe() })
    }

    fn describe(&self) -> String {
        match &self.value {
            Value::Condition(_) => "a condition".to_owned(),
            Value::Quantity(_, kind) => format!("a {}", kind.noun()),
            Value::Text(text) => format!("the text {text:?}"),
            Value::Category(_) => "a category".to_owned(),
            Value::Flag(_) => "a flag".to_owned(),
            Value::Always(met) => format!("{met}"),
        }
    }
}

fn n_levels(columns: &RuleColumns, column: usize) -> u32 {
    match columns.kind(column) {
        ColumnKind::Category { levels, .. } => levels.len() as u32,
        _ => 0,
    }
}

impl Parser<'_> {
    /// What stands where a condition is needed.
    pub(super) fn condition(&self, operand: Operand, place: &'static str) -> Result<Clause, Fault> {
        let span = operand.span.clone();
        match operand.value {
            Value::Condition(clause) => Ok(clause),
            Value::Flag(column) => Ok(Clause { condition: Condition::Flag { column }, span }),
            Value::Always(met) => Ok(Clause { condition: Condition::Always(met), span }),
            _ => Err(operand.mismatch(place, "a condition such as recency_days > 60")),
        }
    }

    pub(super) fn compare(
        &mut self,
        left: Operand,
        operator: Operator,
        right: Operand,
    ) -> Result<Operand, Fault> {
        let span = left.span.start..right.span.end;
        let equality = matches!(operator, Operator::Equal | Operator::Unequal);
        let positive = match (left.value, right.value) {
            (Value::Quantity(left, kind), Value::Quantity(right, other)) if kind == other => {
                let condition = Condition::Compare { left, operator, right };
                return Ok(Operand::condition(Clause { condition, span }));
            }
            (Value::Category(column), Value::Text(text)) if equality => {
                self.level(column, &[(text, right.span)])?
            }
            (Value::Text(text), Value::Category(column)) if equality => {
                self.level(column, &[(text, left.span)])?
            }
            (Value::Flag(column), Value::Always(met))
            | (Value::Always(met), Value::Flag(column))
                if equality =>
            {
                let flag = Clause { condition: Condition::Flag { column }, span: span.clone() };
                if met { flag.condition } else { Condition::Not(Box::new(flag)) }
            }
            (left_value, right_value) => {
                let left = Operand { value: left_value, span: left.span };
                let right = Operand { value: right_value, span: right.span };
                return Err(cannot_compare(&left, equality, &right));
            }
        };
        let clause = Clause { condition: positive, span: span.clone() };
        Ok(Operand::condition(if operator == Operator::Unequal {
            Clause { condition: Condition::Not(Box::new(clause)), span }
        } else {
            clause
        }))
    }

    pub(super) fn between(
        &self,
        value: Operand,
        low: Operand,
        high: Operand,
    ) -> Result<Clause, Fault> {
        let span = value.span.start..high.span.end;
        let (value, kind) = value.quantity("between")?;
        let end = |end: Operand| {
            let at = end.span.start;
            let (end, found) = end.quantity("between")?;
            if found == kind {
                return Ok(end);
            }
            let (expected, found) = (kind.noun(), found.noun().to_owned());
            Err((at, Problem::TypeMismatch { place: "between", expected, found }))
        };
        let (low, high) = (end(low)?, end(high)?);
        Ok(Clause { condition: Condition::Between { value, low, high }, span })
    }

    pub(super) fn one_of(&mut self, left: Operand, values: Vec<Operand>) -> Result<Clause, Fault> {
        let span = left.span.clone();
        let condition = match left.value {
            Value::Category(column) => {
                let texts = values.into_iter().map(|value| match value.value {
                    Value::Text(text) => Ok((text, value.span)),
                    _ => Err(value.mismatch("in", "a text, since the column is a category")),
                });
                let texts = texts.collect::<Result<Vec<_>, _>>()?;
                self.level(column, &texts)?
            }
            Value::Quantity(value, kind) => {
                let constants = values.into_iter().map(|value| match value.value {
                    Value::Quantity(Number::Constant(constant), found) if found == kind => {
                        Ok(constant)
                    }
                    _ if kind == Type::Date => {
                        Err(value.mismatch("in", "a date such as 2011-12-09"))
                    }
                    _ => Err(value.mismatch("in", "a number")),
                });
                Condition::OneOf { value, among: constants.collect::<Result<_, _>>()? }
            }
            _ => return Err(left.mismatch("in", "a category, a number or a date before it")),
        };
        Ok(Clause { condition, span })
    }

    fn level(
        &mut self,
        column: usize,
        texts: &[(String, Range<usize>)],
    ) -> Result<Condition, Fault> {
        let columns = self.columns;
        let levels: &[String] = match columns.kind(column) {
            ColumnKind::Category { levels, .. } => levels,
            _ => &[],
        };
        let mut codes = Vec::with_capacity(texts.len());
        for (text, span) in texts {
            if let Some(code) = levels.iter().position(|level| level == text) {
                codes.push(code as u32);
            } else if columns.is_open(column) {
                self.absent.push(Absent { at: span.start, column, level: text.clone() });
            } else {
                let problem = Problem::UnknownLevel {
                    column: columns.name(column).to_owned(),
                    found: text.clone(),
                    known: levels.to_vec(),
                    hint: nearest(text, levels.iter().map(String::as_str)),
                };
                return Err((span.start, problem));
            }
        }
        Ok(Condition::Level { column, n_levels: levels.len() as u32, codes })
    }
}

fn cannot_compare(left: &Operand, equality: bool, right: &Operand) -> Fault {
    let expected = match left.value {
        Value::Quantity(_, Type::Number) => "a number",
        Value::Quantity(_, Type::Date) => "a date such as 2011-12-09",
        Value::Category(_) if equality => "a text",
        Value::Text(_) if equality => "a category",
        Value::Flag(_) if equality => "true or false",
        Value::Always(_) if equality => "a flag",
        _ => return left.mismatch("comparison by order", "a number or a date"),
    };
    right.mismatch("comparison", expected)
}
