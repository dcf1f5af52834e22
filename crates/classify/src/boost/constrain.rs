//! What answers must obey: monotone columns, and columns that may act together.

use patronage_core::Schema;

use crate::error::{Error, ErrorKind};

/// Which way answers go as a column grows, all else equal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Direction {
    /// They never fall.
    Increasing,
    /// They never rise.
    Decreasing,
}

impl Direction {
    /// Whether the answers of the lower and the upper side go this way.
    pub(super) fn admits(self, values: [f64; 2]) -> bool {
        match self {
            Self::Increasing => values[0] <= values[1],
            Self::Decreasing => values[0] >= values[1],
        }
    }
}

/// Within which a leaf's answers stay, so that no later split undoes a monotone one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    low: f64,
    high: f64,
}

impl Bounds {
    pub(super) const NONE: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    pub(super) fn clamp(self, value: f64) -> f64 {
        value.max(self.low).min(self.high)
    }

    /// The bounds of both sides of a split: where its column is monotone, they meet in the middle.
    pub(super) fn split(self, direction: Option<Direction>, values: [f64; 2]) -> [Self; 2] {
        let middle = values[0] / 2.0 + values[1] / 2.0;
        match direction {
            None => [self, self],
            Some(Direction::Increasing) => {
                [Self { high: middle, ..self }, Self { low: middle, ..self }]
            }
            Some(Direction::Decreasing) => {
                [Self { low: middle, ..self }, Self { high: middle, ..self }]
            }
        }
    }
}

/// The constraints, by position in the schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Constraints {
    pub(super) directions: Vec<Option<Direction>>,
    /// Sets of columns that may act together; none where all may.
    sets: Vec<Vec<bool>>,
}

impl Constraints {
    /// Finds the columns named. Columns that are in no set form one.
    ///
    /// # Errors
    ///
    /// When a name is unknown, a monotone column is a category, or a column is given both directions.
    pub(super) fn new(
        schema: &Schema,
        monotone: &[(String, Direction)],
        interactions: &[Vec<String>],
    ) -> Result<Self, Error> {
        let mut directions = vec![None; schema.len()];
        for (name, direction) in monotone {
            let at = schema.require(name)?;
            let kind = schema.columns()[at].kind();
            let again = directions[at].is_some_and(|other| other != *direction);
            if matches!(kind, patronage_core::ColumnKind::Category { .. }) || again {
                return Err(ErrorKind::Monotone { column: name.clone(), doubled: again }.into());
            }
            directions[at] = Some(*direction);
        }
        let mut sets = Vec::new();
        for names in interactions {
            let mut set = vec![false; schema.len()];
            for name in names {
                set[schema.require(name)?] = true;
            }
            sets.push(set);
        }
        if !sets.is_empty() {
            let rest: Vec<bool> =
                (0..schema.len()).map(|j| sets.iter().all(|set| !set[j])).collect();
            if rest.contains(&true) {
                sets.push(rest);
            }
        }
        Ok(Self { directions, sets })
    }

    /// Takes away the columns that may not act together with those in use.
    pub(super) fn narrow(&self, used: &[u32], allowed: &mut [bool]) {
        if self.sets.is_empty() || used.is_empty() {
            return;
        }
        let fits = |set: &&Vec<bool>| used.iter().all(|&j| set[j as usize]);
        let fitting: Vec<&Vec<bool>> = self.sets.iter().filter(fits).collect();
        for (j, allowed) in allowed.iter_mut().enumerate() {
            *allowed &= fitting.iter().any(|set| set[j]);
        }
    }

    pub(super) fn restricts(&self) -> bool {
        !self.sets.is_empty()
    }
}
