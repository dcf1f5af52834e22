//! Cut points as steps in time: at which recency a customer's segment changes by itself.

use patronage_core::{Money, SegmentIdx, Segmenter, Span};

use crate::error::{Error, ErrorKind};
use crate::rfm::{Recency, RfmSegmenter};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Column {
    Recency,
    Frequency,
    Monetary,
}

/// A segmenter compiled for one measure of recency.
///
/// Recency is counted in ticks: calendar days, or microseconds. Between two steps no score of
/// recency changes; the stretch after the `i`-th step is region `i`.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    model: RfmSegmenter,
    recency: Recency,
    columns: Vec<Column>,
    /// The segment of each cell.
    cells: Vec<u32>,
    /// The first tick of each region but the first, ascending.
    steps: Vec<i64>,
    /// What a region adds to the position of a cell of region 0.
    offsets: Vec<isize>,
}

impl Steps {
    pub(super) fn new(model: RfmSegmenter, recency: Recency) -> Result<Self, Error> {
        let mut columns = Vec::new();
        for column in model.schema().columns() {
            columns.push(match column.name() {
                "recency_days" => Column::Recency,
                "frequency" => Column::Frequency,
                "monetary" => Column::Monetary,
                other => return Err(ErrorKind::NotTracked { column: other.to_owned() }.into()),
            });
        }
        let grid = model.rules().grid();
        let cells = (0..grid.n_cells())
            .map(|position| model.rules().segment_of(&grid.scores(position)).get())
            .collect();
        let mut steps =
            Self { model, recency, columns, cells, steps: Vec::new(), offsets: vec![0] };
        steps.compile();
        Ok(steps)
    }

    /// Finds every tick at which a score of recency changes, by bisection.
    fn compile(&mut self) {
        let last = match self.recency {
            Recency::CalendarDays => i64::from(i32::MAX),
            Recency::Elapsed => i64::MAX,
        };
        let scores = |ticks| -> Vec<u8> {
            let row = self.row(self.days(ticks), 0, Money::ZERO);
            let mut scores = vec![0; self.model.scores().n_dimensions()];
            self.model.scores().score_row(&row[..self.columns.len()], &mut scores);
            scores
        };
        let position = |ticks| self.position(self.days(ticks), 0, Money::ZERO) as isize;
        let (first, end) = (position(0), scores(last));
        let (mut steps, mut offsets) = (Vec::new(), vec![0]);
        let (mut tick, mut here) = (0, scores(0));
        while here != end {
            // Every score is monotone in recency, so what differs once differs from then on.
            let (mut low, mut high) = (tick, last);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if scores(middle) == here { low = middle } else { high = middle }
            }
            tick = high;
            here = scores(tick);
            steps.push(tick);
            offsets.push(position(tick) - first);
        }
        (self.steps, self.offsets) = (steps, offsets);
    }

    pub(super) const fn model(&self) -> &RfmSegmenter {
        &self.model
    }

    /// Ticks in days.
    pub(super) fn days(&self, ticks: i64) -> f64 {
        match self.recency {
            Recency::CalendarDays => ticks as f64,
            Recency::Elapsed => Span::micros(ticks).as_days(),
        }
    }

    /// Measures in the order of the model's columns.
    pub(super) fn row(&self, recency_days: f64, frequency: u64, monetary: Money) -> [f64; 3] {
        let mut row = [0.0; 3];
        for (cell, column) in row.iter_mut().zip(&self.columns) {
            *cell = match column {
                Column::Recency => recency_days,
                Column::Frequency => frequency as f64,
                Column::Monetary => monetary.as_f64(),
            };
        }
        row
    }

    fn position(&self, recency_days: f64, frequency: u64, monetary: Money) -> usize {
        let row = self.row(recency_days, frequency, monetary);
        let row = &row[..self.columns.len()];
        let scores = self.model.scores();
        self.model.rules().grid().position(|dimension| scores.score_at(row, dimension))
    }

    /// The cell of these measures in region 0.
    pub(super) fn base(&self, frequency: u64, monetary: Money) -> usize {
        self.position(0.0, frequency, monetary)
    }

    /// The region of a recency.
    pub(super) fn region(&self, ticks: i64) -> usize {
        self.steps.partition_point(|&step| step <= ticks)
    }

    pub(super) fn segment(&self, base: usize, region: usize) -> SegmentIdx {
        SegmentIdx::new(self.cells[base.wrapping_add_signed(self.offsets[region])])
    }

    /// The first tick after this region at which the segment is another.
    pub(super) fn next(&self, base: usize, region: usize) -> Option<i64> {
        let here = self.segment(base, region);
        let differs = |&later: &usize| self.segment(base, later) != here;
        (region + 1..self.offsets.len()).find(differs).map(|later| self.steps[later - 1])
    }
}
