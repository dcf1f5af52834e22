//! Trees as sentences.

use std::fmt;

use patronage_core::{ColumnKind, Schema};

use super::nodes::{Node, Nodes, Side, Test};

/// What a path through a tree says of missing cells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Missing {
    /// They are among the rows of the rule.
    Included,
    /// They are not.
    Excluded,
}

/// What a rule asks of one column.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// A number in an interval; with neither bound any known number.
    Range {
        /// The column's name.
        column: String,
        /// The number lies above this.
        above: Option<f64>,
        /// The number is at most this.
        at_most: Option<f64>,
        /// Whether missing cells belong, for columns that may have them.
        missing: Option<Missing>,
    },
    /// One of some levels.
    Levels {
        /// The column's name.
        column: String,
        /// The levels; `(unseen)` for the code of those never seen.
        levels: Vec<String>,
    },
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { column, above, at_most, missing } => {
                match (above, at_most) {
                    (Some(low), Some(high)) => write!(f, "{low} < {column} <= {high}")?,
                    (Some(low), None) => write!(f, "{column} > {low}")?,
                    (None, Some(high)) => write!(f, "{column} <= {high}")?,
                    (None, None) if *missing == Some(Missing::Excluded) => {
                        return write!(f, "{column} is known");
                    }
                    (None, None) => return write!(f, "{column} is anything"),
                }
                match missing {
                    Some(Missing::Included) => f.write_str(" or is missing"),
                    _ => Ok(()),
                }
            }
            Self::Levels { column, levels } if levels.len() == 1 => {
                write!(f, "{column} is {}", levels[0])
            }
            Self::Levels { column, levels } => write!(f, "{column} is one of {levels:?}"),
        }
    }
}

/// The way to one leaf and what it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// All of these hold; at most one for each column.
    pub conditions: Vec<Condition>,
    /// The probability of each class.
    pub probabilities: Vec<f64>,
    /// Rows of training that ended here.
    pub n_rows: u64,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.conditions.is_empty() {
            f.write_str("always")?;
        }
        for (at, condition) in self.conditions.iter().enumerate() {
            write!(f, "{}{condition}", if at > 0 { " and " } else { "" })?;
        }
        let class = patronage_core::most_probable(self.probabilities.iter().copied());
        let (p, n) = (self.probabilities[class.index()], self.n_rows);
        let rows = if n == 1 { "row" } else { "rows" };
        write!(f, ": {class} with probability {p:.4} ({n} {rows})")
    }
}

/// What a path has said of a column so far.
#[derive(Clone, Debug)]
enum Bounds {
    Range { above: Option<f64>, at_most: Option<f64>, missing: bool, known: bool },
    Levels(Vec<u32>),
}

pub(super) fn rules(
    schema: &Schema,
    nodes: &Nodes,
    answer: impl Fn(usize) -> (Vec<f64>, u64),
) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut open: Vec<(usize, Vec<(u32, Bounds)>)> = vec![(0, Vec::new())];
    while let Some((at, path)) = open.pop() {
        match &nodes.0[at] {
            Node::Leaf => {
                let (probabilities, n_rows) = answer(at);
                let conditions =
                    path.into_iter().map(|(column, bounds)| condition(schema, column, bounds));
                rules.push(Rule { conditions: conditions.collect(), probabilities, n_rows });
            }
            Node::Split { column, test, left, right, .. } => {
                for (child, side) in [(right, Side::Right), (left, Side::Left)] {
                    let mut path = path.clone();
                    let place = path.iter().position(|(other, _)| other == column);
                    let place = place.unwrap_or_else(|| {
                        path.push((*column, anything(schema.columns()[*column as usize].kind())));
                        path.len() - 1
                    });
                    narrow(&mut path[place].1, test, side);
                    open.push((*child as usize, path));
                }
            }
        }
    }
    rules
}

fn anything(kind: &ColumnKind) -> Bounds {
    match kind {
        ColumnKind::Category { levels, unseen } => {
            Bounds::Levels((0..levels.len().max(*unseen as usize + 1) as u32).collect())
        }
        kind => Bounds::Range {
            above: None,
            at_most: None,
            missing: kind.admits(f64::NAN),
            known: true,
        },
    }
}

fn narrow(bounds: &mut Bounds, test: &Test, side: Side) {
    match (bounds, test) {
        (
            Bounds::Range { above, at_most, missing, known },
            Test::AtMost { threshold, missing: at },
        ) => {
            *missing &= *at == side;
            match side {
                // The greatest number bounds nothing: the question is whether the cell is known.
                Side::Left if *threshold == f64::MAX => {}
                Side::Right if *threshold == f64::MAX => *known = false,
                Side::Left => {
                    *at_most = Some(at_most.map_or(*threshold, |most| most.min(*threshold)));
                }
                Side::Right => {
                    *above = Some(above.map_or(*threshold, |least| least.max(*threshold)));
                }
            }
        }
        (Bounds::Levels(codes), Test::Among { left }) => {
            codes.retain(|&code| left.contains(code) == (side == Side::Left));
        }
        // A column has one kind, so its questions are of one kind.
        _ => {}
    }
}

fn condition(schema: &Schema, column: u32, bounds: Bounds) -> Condition {
    let described = &schema.columns()[column as usize];
    let column = described.name().to_owned();
    match (bounds, described.kind()) {
        (Bounds::Range { known: false, .. }, _) => {
            Condition::Levels { column, levels: vec!["missing".to_owned()] }
        }
        (Bounds::Range { above, at_most, missing, .. }, kind) => {
            let said = if missing { Missing::Included } else { Missing::Excluded };
            let missing = kind.admits(f64::NAN).then_some(said);
            Condition::Range { column, above, at_most, missing }
        }
        (Bounds::Levels(codes), kind) => {
            let names: &[String] = match kind {
                ColumnKind::Category { levels, .. } => levels,
                _ => &[],
            };
            let name = |code: u32| {
                names.get(code as usize).cloned().unwrap_or_else(|| "(unseen)".to_owned())
            };
            Condition::Levels { column, levels: codes.into_iter().map(name).collect() }
        }
    }
}
