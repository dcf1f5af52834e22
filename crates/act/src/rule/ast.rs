//! A rule as a tree, and what it says of a row.

use std::ops::Range;

/// What a rule says of a customer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Truth {
    /// It is met.
    Met,
    /// It is not met.
    NotMet,
    /// It cannot be told, since a value it needs is missing; this counts as not met.
    Unknown,
}

impl Truth {
    /// Whether the rule is met; what cannot be told is not.
    #[must_use]
    pub const fn is_met(self) -> bool {
        matches!(self, Self::Met)
    }

    const fn of(met: bool) -> Self {
        if met { Self::Met } else { Self::NotMet }
    }

    const fn not(self) -> Self {
        match self {
            Self::Met => Self::NotMet,
            Self::NotMet => Self::Met,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// A condition and the bytes of the rule it was read from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Clause {
    pub(super) condition: Condition,
    pub(super) span: Range<usize>,
}

/// Lists are flat, so that the depth of the tree is the depth of the brackets, however long the rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Always(bool),
    Flag { column: usize },
    Level { column: usize, n_levels: u32, codes: Vec<u32> },
    Compare { left: Number, operator: Operator, right: Number },
    OneOf { value: Number, among: Vec<f64> },
    Between { value: Number, low: Number, high: Number },
    Missing { column: usize, n_levels: Option<u32> },
    Not(Box<Clause>),
    All(Vec<Clause>),
    Any(Vec<Clause>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Number {
    Constant(f64),
    Column(usize),
    /// Added, or subtracted where the flag of the pair says [`Fold::Inverse`].
    Sum(Vec<(Fold, Self)>),
    /// Multiplied, or divided by.
    Product(Vec<(Fold, Self)>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fold {
    Direct,
    Inverse,
}

impl Clause {
    pub(super) fn truth(&self, row: &[f64]) -> Truth {
        match &self.condition {
            Condition::Always(met) => Truth::of(*met),
            Condition::Flag { column } => {
                let cell = row[*column];
                if cell.is_nan() { Truth::Unknown } else { Truth::of(cell != 0.0) }
            }
            Condition::Level { column, n_levels, codes } => match level(row[*column], *n_levels) {
                Some(code) => Truth::of(codes.contains(&code)),
                None => Truth::Unknown,
            },
            Condition::Compare { left, operator, right } => {
                match (left.value(row), right.value(row)) {
                    (Some(left), Some(right)) => Truth::of(operator.holds(left, right)),
                    _ => Truth::Unknown,
                }
            }
            Condition::OneOf { value, among } => match value.value(row) {
                Some(value) => Truth::of(among.contains(&value)),
                None => Truth::Unknown,
            },
            Condition::Between { value, low, high } => {
                match (value.value(row), low.value(row), high.value(row)) {
                    (Some(value), Some(low), Some(high)) => {
                        Truth::of(low <= value && value <= high)
                    }
                    _ => Truth::Unknown,
                }
            }
            Condition::Missing { column, n_levels } => Truth::of(match n_levels {
                Some(n_levels) => level(row[*column], *n_levels).is_none(),
                None => row[*column].is_nan(),
            }),
            Condition::Not(inner) => inner.truth(row).not(),
            // As Kleene has it: one that fails decides "and", one that holds decides "or".
            Condition::All(clauses) => first_of(clauses, row, Truth::NotMet, Truth::Met),
            Condition::Any(clauses) => first_of(clauses, row, Truth::Met, Truth::NotMet),
        }
    }
}

fn first_of(clauses: &[Clause], row: &[f64], decides: Truth, otherwise: Truth) -> Truth {
    let mut all = otherwise;
    for clause in clauses {
        let truth = clause.truth(row);
        if truth == decides {
            return decides;
        }
        if truth == Truth::Unknown {
            all = Truth::Unknown;
        }
    }
    all
}

/// The code of a level, unless the cell is missing or holds the code of the unseen.
pub(super) fn level(cell: f64, n_levels: u32) -> Option<u32> {
    (cell >= 0.0 && cell < f64::from(n_levels)).then_some(cell as u32)
}

impl Operator {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

impl Number {
    /// The value, unless a cell is missing, or it is no finite number (as after a division by 0).
    fn value(&self, row: &[f64]) -> Option<f64> {
        let value = self.compute(row);
        value.is_finite().then_some(value)
    }

    /// The value; NaN where a cell is missing.
    fn compute(&self, row: &[f64]) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Column(column) => row[*column],
            Self::Sum(terms) => terms.iter().fold(0.0, |sum, (fold, term)| match fold {
                Fold::Direct => sum + term.compute(row),
                Fold::Inverse => sum - term.compute(row),
            }),
            Self::Product(factors) => {
                factors.iter().fold(1.0, |product, (fold, factor)| match fold {
                    Fold::Direct => product * factor.compute(row),
                    Fold::Inverse => product / factor.compute(row),
                })
            }
        }
    }

    /// Calls `visit` for each column the number is computed from.
    fn columns(&self, visit: &mut impl FnMut(usize)) {
        match self {
            Self::Constant(_) => {}
            Self::Column(column) => visit(*column),
            Self::Sum(parts) | Self::Product(parts) => {
                for (_, part) in parts {
                    part.columns(visit);
                }
            }
        }
    }
}

impl Clause {
    /// Calls `visit` for each column the clause reads.
    pub(super) fn columns(&self, visit: &mut impl FnMut(usize)) {
        match &self.condition {
            Condition::Always(_) => {}
            Condition::Flag { column }
            | Condition::Level { column, .. }
            | Condition::Missing { column, .. } => visit(*column),
            Condition::Compare { left, right, .. } => {
                left.columns(visit);
                right.columns(visit);
            }
            Condition::OneOf { value, .. } => value.columns(visit),
            Condition::Between { value, low, high } => {
                for number in [value, low, high] {
                    number.columns(visit);
                }
            }
            Condition::Not(inner) => inner.columns(visit),
            Condition::All(clauses) | Condition::Any(clauses) => {
                for clause in clauses {
                    clause.columns(visit);
                }
            }
        }
    }
}
