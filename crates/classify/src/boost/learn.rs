//! From labelled rows to trees: what both estimators do alike.

use patronage_core::{Label, Labeled};

use super::bins::ColumnBins;
use super::loss::{Objective, Rows};
use super::train::{Learnt, Params, Told};
use crate::error::Error;
use crate::sample::Sample;

impl Params {
    /// Learns from a sample, judged round by round by rows held out where there are any; `rows` says
    /// what the rows of a sample are labelled with.
    pub(super) fn learn<Y: Label>(
        &self,
        objective: Objective,
        data: &Labeled<'_, Y>,
        sample: &Sample,
        held: Option<&Labeled<'_, Y>>,
        rows: impl Fn(&Labeled<'_, Y>, &Sample) -> Result<Rows, Error>,
    ) -> Result<Learnt, Error> {
        let schema = data.schema();
        let held_sample = match held {
            None => None,
            Some(held) => {
                schema.check(held.schema())?;
                Some((held, Sample::new(held, "validation")?))
            }
        };
        let told = Told {
            schema,
            table: data.table(),
            positions: &sample.rows,
            rows: rows(data, sample)?,
        };
        let held = match &held_sample {
            None => None,
            Some((held, sample)) => Some(Told {
                schema,
                table: held.table(),
                positions: &sample.rows,
                rows: rows(held, sample)?,
            }),
        };
        let bins = ColumnBins::of_table(data, sample, self.max_bins);
        self.fit(objective, told, &bins, held)
    }
}
