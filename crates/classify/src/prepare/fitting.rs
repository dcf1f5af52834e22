//! Learning the steps, one after another.

use patronage_core::{Column, ColumnKind, Labeled, Schema};

use super::evidence::{self, Evidence};
use super::level_steps::Unseen;
use super::map::Map;
use super::model::{Derived, Refusal};
use super::number_steps::{Fill, Imputation, Indicator};
use super::outcome::{Outcomes, Supervision};
use super::steps::{Select, Step};
use super::target;
use super::work::{Work, kind_for, level_names, n_codes, one_hot_columns, scale, seen_codes};
use crate::error::{Error, ErrorKind};
use crate::sample::{Sample, by_column};
use crate::stats;

/// What is learnt.
pub(super) struct Learnt {
    pub(super) columns: Vec<(Column, Derived)>,
    /// The training rows of each column: out of fold where a step says so.
    pub(super) values: Vec<Vec<f64>>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) evidence: Vec<Evidence>,
}

pub(super) fn learn<Y: Supervision>(
    steps: &[(Select, Step)],
    data: &Labeled<'_, Y>,
    sample: &Sample,
) -> Result<Learnt, Error> {
    let schema = data.schema();
    let outcomes = Y::outcomes(data, &sample.rows)?;
    let mut works = Vec::with_capacity(schema.len());
    for (position, values) in by_column(data, sample).into_iter().enumerate() {
        let column = &schema.columns()[position];
        if let Some(at) = values.iter().position(|&cell| !column.kind().admits(cell)) {
            return Err(patronage_core::Error::from(patronage_core::ErrorKind::Cell {
                row: sample.rows[at] as usize,
                column: column.name().to_owned(),
                expected: column.kind().expectation(),
                found: values[at],
            })
            .into());
        }
        let derived = Derived { source: position as u32, maps: Vec::new() };
        works.push(Work { column: column.clone(), derived, values });
    }
    let mut fitting = Fitting { schema, sample, outcomes, refusals: vec![], evidence: vec![] };
    for (select, step) in steps {
        step.validate()?;
        let chosen = fitting.choose(select, step, &works)?;
        let mut next = Vec::with_capacity(works.len());
        for (work, chosen) in works.into_iter().zip(chosen) {
            if chosen {
                fitting.take(step, work, &mut next)?;
            } else {
                next.push(work);
            }
        }
        works = next;
    }
    let Fitting { refusals, evidence, .. } = fitting;
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for work in works {
        columns.push((work.column, work.derived));
        values.push(work.values);
    }
    Ok(Learnt { columns, values, refusals, evidence })
}

struct Fitting<'a> {
    schema: &'a Schema,
    sample: &'a Sample,
    outcomes: Outcomes,
    refusals: Vec<Refusal>,
    evidence: Vec<Evidence>,
}

impl Fitting<'_> {
    /// Which columns the step is for.
    fn choose(&self, select: &Select, step: &Step, works: &[Work]) -> Result<Vec<bool>, Error> {
        let Select::Names(names) = select else {
            let chosen: Vec<bool> =
                works.iter().map(|work| select.takes(work.column.kind())).collect();
            let misfit = |(work, &chosen): (&Work, &bool)| {
                (chosen && !step.takes(work.column.kind())).then(|| unsuitable(step, &work.column))
            };
            return match works.iter().zip(&chosen).find_map(misfit) {
                Some(error) => Err(error),
                None => Ok(chosen),
            };
        };
        let mut chosen = vec![false; works.len()];
        for name in names {
            if let Some(at) = works.iter().position(|work| work.column.name() == name) {
                if !step.takes(works[at].column.kind()) {
                    return Err(unsuitable(step, &works[at].column));
                }
                chosen[at] = true;
                continue;
            }
            let source = self.schema.require(name)? as u32;
            let natural = |work: &Work| match step {
                // What a step made of a column is scaled, what it said beside it is not.
                Step::Scale(_) => work.column.kind() != &ColumnKind::Flag,
                Step::Drop => true,
                _ => step.takes(work.column.kind()),
            };
            let made: Vec<usize> = (0..works.len())
                .filter(|&at| works[at].derived.source == source && natural(&works[at]))
                .collect();
            if made.is_empty() {
                return Err(unsuitable(step, &self.schema.columns()[source as usize]));
            }
            made.into_iter().for_each(|at| chosen[at] = true);
        }
        Ok(chosen)
    }

    /// Learns the step on a column and adds what it becomes.
    fn take(&mut self, step: &Step, work: Work, next: &mut Vec<Work>) -> Result<(), Error> {
        if let (Some(unseen), ColumnKind::Category { .. }) = (step.unseen(), work.column.kind()) {
            self.refuse_unseen(unseen, &work);
        }
        match step {
            Step::Impute(step) => self.impute(*step, work, next),
            Step::OneHot(one_hot) => {
                if one_hot.unseen == Unseen::Missing {
                    let expected =
                        "levels never seen to be neutral or refused, as a flag cannot be missing";
                    return Err(misfit(step, &work.column, expected, "missing".to_owned()));
                }
                one_hot_columns(*one_hot, &work, next);
            }
            Step::Ordinal(step) => {
                let seen = seen_codes(&work);
                let number = |(code, seen): (usize, bool)| match (seen, step.unseen) {
                    (true, _) => Some(code as f64),
                    (false, Unseen::Missing) => None,
                    (false, _) => Some(-1.0),
                };
                let map = Map::Codes(seen.into_iter().enumerate().map(number).collect());
                next.push(work.mapped("ordinal", kind_for(step.unseen), map));
            }
            Step::Target(step) => {
                let folds = self.outcomes.folds(self.sample.len(), step.n_folds, step.seed);
                for (of, outcome) in &self.outcomes.columns {
                    let n_codes = n_codes(work.column.kind());
                    let weights = &self.sample.weights;
                    let target::Encoded { map, values } =
                        target::encode(step, &work.values, n_codes, outcome, weights, &folds);
                    let name = format!("target({}{of})", work.column.name());
                    let mut encoded = work.renamed(name, kind_for(step.unseen));
                    encoded.derived.maps.push(map);
                    encoded.values = values;
                    next.push(encoded);
                }
            }
            Step::Evidence(woe) => {
                let ones = match &self.outcomes.classes {
                    Some((_, 2)) => &self.outcomes.columns[0].1,
                    other => {
                        let found = match other {
                            Some((_, n_classes)) => format!("{n_classes} classes"),
                            None => "numbers".to_owned(),
                        };
                        return Err(misfit(step, &work.column, "labels of two classes", found));
                    }
                };
                let source = self.schema.columns()[work.derived.source as usize].name();
                let weights = &self.sample.weights;
                let (map, evidence) = match work.column.kind() {
                    ColumnKind::Category { .. } => {
                        let names = level_names(&work.column);
                        evidence::of_levels(woe, source, &work.values, &names, ones, weights)
                    }
                    _ => evidence::of_numbers(woe, source, &work.values, ones, weights),
                };
                let kind = match work.column.kind() {
                    ColumnKind::Category { .. } => kind_for(woe.unseen),
                    _ => ColumnKind::Number,
                };
                self.evidence.push(evidence);
                next.push(work.mapped("woe", kind, map));
            }
            Step::Scale(scaler) => {
                let (name, map) = scale(*scaler, &work.values, &self.sample.weights);
                let kind = match work.column.kind() {
                    ColumnKind::NullableNumber => ColumnKind::NullableNumber,
                    _ => ColumnKind::Number,
                };
                next.push(work.mapped(name, kind, map));
            }
            Step::DaysBefore(date) => {
                let (year, month, day) = date.ymd();
                let name =
                    format!("days before {year:04}-{month:02}-{day:02}({})", work.column.name());
                let mut before = work.renamed(name, ColumnKind::Number);
                before.push(Map::Before(f64::from(date.days())));
                next.push(before);
            }
            Step::Drop => {}
        }
        Ok(())
    }

    fn refuse_unseen(&mut self, unseen: Unseen, work: &Work) {
        if unseen == Unseen::Refuse {
            let codes = (0_u32..).zip(seen_codes(work)).filter(|(_, seen)| !seen);
            let codes: Vec<u32> = codes.map(|(code, _)| code).collect();
            if !codes.is_empty() {
                self.refusals.push(Refusal { column: work.derived.source, codes });
            }
        }
    }

    fn impute(&self, step: Imputation, work: Work, next: &mut Vec<Work>) {
        if *work.column.kind() != ColumnKind::NullableNumber {
            next.push(work);
            return;
        }
        let weights = &self.sample.weights;
        let known = || stats::distinct(&work.values, weights);
        let value = match step.fill {
            Fill::Constant(value) => Some(value),
            Fill::Mean => stats::moments(&work.values, weights).map(|(mean, _)| mean),
            Fill::Median => stats::quantile(&known(), 0.5),
            Fill::MostFrequent => known()
                .into_iter()
                .reduce(|best, other| if other.1 > best.1 { other } else { best })
                .map(|(value, _)| value),
        };
        let flag = match step.indicator {
            Indicator::Always => true,
            Indicator::Never => false,
            Indicator::WhereMissing => work.values.iter().any(|cell| cell.is_nan()),
        };
        let flagged = flag.then(|| {
            let mut flagged =
                work.renamed(format!("{} is missing", work.column.name()), ColumnKind::Flag);
            flagged.push(Map::Missing);
            flagged
        });
        let map = Map::Fill(value.unwrap_or(0.0));
        next.push(work.mapped("imputed", ColumnKind::Number, map));
        next.extend(flagged);
    }
}

fn unsuitable(step: &Step, column: &Column) -> Error {
    misfit(step, column, step.expectation(), column.kind().to_string())
}

fn misfit(step: &Step, column: &Column, expected: &'static str, found: String) -> Error {
    let column = column.name().to_owned();
    ErrorKind::Unsuitable { step: step.name(), column, expected, found }.into()
}
