//! A column on its way through the steps.

use patronage_core::{Column, ColumnKind};

use super::level_steps::{DropLevel, OneHot, Unseen};
use super::map::Map;
use super::model::Derived;
use super::number_steps::Scaler;
use crate::stats;

/// A column on its way: what it is by now, and its training rows.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) column: Column,
    pub(super) derived: Derived,
    pub(super) values: Vec<f64>,
}

impl Work {
    /// The same under another name and of another kind; known when it was known.
    pub(super) fn renamed(&self, name: String, kind: ColumnKind) -> Self {
        let column = Column::new(name, kind);
        let column = match self.column.known_at() {
            Some(instant) => column.known_from(instant),
            None => column,
        };
        Self { column, derived: self.derived.clone(), values: self.values.clone() }
    }

    pub(super) fn push(&mut self, map: Map) {
        self.values.iter_mut().for_each(|x| *x = map.of(*x));
        self.derived.maps.push(map);
    }

    pub(super) fn mapped(&self, by: &str, kind: ColumnKind, map: Map) -> Self {
        let mut mapped = self.renamed(format!("{by}({})", self.column.name()), kind);
        mapped.push(map);
        mapped
    }
}

/// The kind of what levels become.
pub(super) fn kind_for(unseen: Unseen) -> ColumnKind {
    match unseen {
        Unseen::Missing => ColumnKind::NullableNumber,
        _ => ColumnKind::Number,
    }
}

/// How many codes a category admits; none for other columns.
pub(super) fn n_codes(kind: &ColumnKind) -> usize {
    match kind {
        ColumnKind::Category { levels, unseen } => levels.len().max(*unseen as usize + 1),
        _ => 0,
    }
}

/// What each code stands for.
pub(super) fn level_names(column: &Column) -> Vec<String> {
    let levels: &[String] = match column.kind() {
        ColumnKind::Category { levels, .. } => levels,
        _ => &[],
    };
    let name = |code| levels.get(code).cloned().unwrap_or_else(|| "(unseen)".to_owned());
    (0..n_codes(column.kind())).map(name).collect()
}

/// Whether training rows had each code.
pub(super) fn seen_codes(work: &Work) -> Vec<bool> {
    let mut seen = vec![false; n_codes(work.column.kind())];
    work.values.iter().for_each(|&code| seen[code as usize] = true);
    seen
}

pub(super) fn one_hot_columns(step: OneHot, work: &Work, next: &mut Vec<Work>) {
    let names = level_names(&work.column);
    let seen = (0_u32..).zip(names).zip(seen_codes(work)).filter(|(_, seen)| *seen);
    let skipped = usize::from(step.drop == DropLevel::First);
    for ((code, level), _) in seen.skip(skipped) {
        let name = format!("{} = {level}", work.column.name());
        let mut indicator = work.renamed(name, ColumnKind::Flag);
        indicator.push(Map::Is(code));
        next.push(indicator);
    }
}

pub(super) fn scale(scaler: Scaler, values: &[f64], weights: &[f64]) -> (&'static str, Map) {
    let affine = |centre: f64, scale: f64| {
        let scale = if scale > 0.0 { scale.min(f64::MAX) } else { 1.0 };
        Map::Affine { centre, scale }
    };
    match scaler {
        Scaler::Standard => {
            let (mean, deviation) = stats::moments(values, weights).unwrap_or((0.0, 0.0));
            ("standardised", affine(mean, deviation))
        }
        Scaler::MinMax => {
            let known = || stats::known(values, weights).map(|(x, _)| x);
            let low = known().reduce(f64::min).unwrap_or(0.0);
            let high = known().reduce(f64::max).unwrap_or(0.0);
            // Halves, so that the range of extremes does not overflow.
            ("min_max", affine(low, (high / 2.0 - low / 2.0) * 2.0))
        }
        Scaler::Robust => {
            let distinct = stats::distinct(values, weights);
            let quantile = |p| stats::quantile(&distinct, p).unwrap_or(0.0);
            let range = (quantile(0.75) / 2.0 - quantile(0.25) / 2.0) * 2.0;
            ("robust", affine(quantile(0.5), range))
        }
    }
}
