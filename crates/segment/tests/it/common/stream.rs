//! Random streams of purchases, and what a tracker should say of them, computed from scratch.

use std::collections::HashSet;

use patronage_core::Span;
use patronage_segment::{
    Better, Binning, Calendar, Column, CustomerIdx, Date, Dimension, DisjointRules, FeatureTable,
    Fit, Frequency, Horizon, Line, Measures, Monetary, Money, OrderIdx, PurchaseTable, Recency,
    Rfm, RfmScoring, RfmSegmenter, Schema, ScoreGrid, SegmentIdx, Segmenter, Ties, Timestamp,
    Tracking, UtcOffset,
};

pub(crate) const HOUR: i64 = 3_600_000_000;
pub(crate) const N_CUSTOMERS: u32 = 4;

/// A zone with summer time: an hour forward at the first instant, back at the second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summer {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Calendar for Summer {
    fn date(&self, instant: Timestamp) -> Date {
        let summer = self.from <= instant && instant < self.to;
        UtcOffset::minutes_east(if summer { 120 } else { 60 }).date(instant)
    }

    fn start_of(&self, date: Date) -> Timestamp {
        let winter = UtcOffset::minutes_east(60).start_of(date);
        let summer = UtcOffset::minutes_east(120).start_of(date);
        if self.from <= summer && summer < self.to { summer } else { winter }
    }
}

/// One of several calendars.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Zone {
    Fixed(UtcOffset),
    Summer(Summer),
}

impl Calendar for Zone {
    fn date(&self, instant: Timestamp) -> Date {
        match self {
            Self::Fixed(zone) => zone.date(instant),
            Self::Summer(zone) => zone.date(instant),
        }
    }

    fn start_of(&self, date: Date) -> Timestamp {
        match self {
            Self::Fixed(zone) => zone.start_of(date),
            Self::Summer(zone) => zone.start_of(date),
        }
    }
}

/// The dates of a calendar, but every date begins at the one instant: measures as of any instant.
struct AsOf<'a>(&'a dyn Calendar, Timestamp);

impl Calendar for AsOf<'_> {
    fn date(&self, instant: Timestamp) -> Date {
        self.0.date(instant)
    }

    fn start_of(&self, _: Date) -> Timestamp {
        self.1
    }
}

/// A purchase, and when it became known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) customer: CustomerIdx,
    pub(crate) line: Line,
    pub(crate) known_at: Timestamp,
}

#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) model: RfmSegmenter,
    pub(crate) zone: Zone,
    pub(crate) tracking: Tracking,
    pub(crate) recency: Recency,
    pub(crate) frequency: Frequency,
    pub(crate) monetary: Monetary,
    pub(crate) horizon: Horizon,
    pub(crate) lateness: Span,
    pub(crate) order_span: Span,
}

/// Draws below `n`.
pub(crate) fn below(draws: &mut impl FnMut() -> f64, n: usize) -> usize {
    (draws() * n as f64) as usize
}

impl Setup {
    pub(crate) fn draw(draws: &mut impl FnMut() -> f64) -> Self {
        let zone = match below(draws, 4) {
            0 => Zone::Fixed(UtcOffset::UTC),
            1 => Zone::Fixed(UtcOffset::minutes_east(330)),
            2 => Zone::Fixed(UtcOffset::minutes_east(-480)),
            // Both changes fall into the stream.
            _ => Zone::Summer(Summer {
                from: Timestamp::from_micros(5 * 24 * HOUR + HOUR),
                to: Timestamp::from_micros(12 * 24 * HOUR + HOUR),
            }),
        };
        let recency = [Recency::CalendarDays, Recency::Elapsed][below(draws, 2)];
        let frequency = [Frequency::Orders, Frequency::Days, Frequency::Lines][below(draws, 3)];
        let monetary = [Monetary::Sum, Monetary::MeanPerOrder][below(draws, 2)];
        let horizon = match below(draws, 5) {
            0 | 1 => Horizon::Life,
            2 => Horizon::CalendarDays(1 + below(draws, 9) as u32),
            3 => Horizon::Elapsed(Span::micros((1 + below(draws, 200) as i64) * HOUR)),
            _ => Horizon::Elapsed(Span::micros(HOUR / 2 * (1 + below(draws, 60) as i64) + 1)),
        };
        let lateness = match below(draws, 3) {
            0 => Span::micros(0),
            1 => Span::micros(below(draws, 30) as i64 * HOUR),
            _ => Span::days(below(draws, 12) as i64),
        };
        let most = match horizon {
            Horizon::Elapsed(span) => span.as_micros() - 1,
            Horizon::CalendarDays(days) => (i64::from(days) - 1) * 24 * HOUR,
            _ => 40 * HOUR,
        };
        let order_span = Span::micros((below(draws, 40) as i64 * HOUR).min(most));
        let ties = [Ties::Above, Ties::Below][below(draws, 2)];
        let cuts = |draws: &mut _, n: usize, unit: f64| {
            let mut cuts: Vec<f64> =
                (0..n).map(|_| (below(draws, 40) as f64 / 4.0).floor().max(1.0) * unit).collect();
            cuts.sort_by(f64::total_cmp);
            Binning::Cuts(cuts)
        };
        let dimensions = [
            Dimension::new("R", "recency_days", Better::Lower, cuts(draws, 3, 0.5)).ties(ties),
            Dimension::new("F", "frequency", Better::Higher, cuts(draws, 2, 0.5)),
            Dimension::new("M", "monetary", Better::Higher, cuts(draws, 2, 3.0)),
        ];
        let schema = Schema::new(["monetary", "recency_days", "frequency"].map(Column::number));
        let any = FeatureTable::new(schema.unwrap(), ndarray::array![[1.0, 1.0, 1.0]]).unwrap();
        let scores = RfmScoring::of(dimensions).fit(&any).unwrap();
        let grid = ScoreGrid::new([("R", 4), ("F", 3), ("M", 3)]).unwrap();
        let mut rules = DisjointRules::new(grid);
        for cell in 0..36_u8 {
            let (r, f, m) = (1 + cell / 9, 1 + cell / 3 % 3, 1 + cell % 3);
            rules = rules.rule(format!("s{}", below(draws, 6)), [r..=r, f..=f, m..=m]);
        }
        let model = RfmSegmenter::new(scores, rules.build().unwrap()).unwrap();
        let tracking = Tracking::new()
            .recency(recency)
            .frequency(frequency)
            .monetary(monetary)
            .horizon(horizon)
            .lateness(lateness)
            .order_span(order_span);
        Self { model, zone, tracking, recency, frequency, monetary, horizon, lateness, order_span }
    }

    /// Purchases of three weeks in the order in which they arrive; some later than the lateness.
    pub(crate) fn stream(
        &self,
        draws: &mut impl FnMut() -> f64,
        n_orders: u32,
    ) -> Vec<(CustomerIdx, Line)> {
        let mut arrivals = Vec::new();
        for order in 0..n_orders {
            let customer = CustomerIdx::new(below(draws, N_CUSTOMERS as usize) as u32);
            let first = below(draws, 21 * 24) as i64 * HOUR;
            for _ in 0..1 + below(draws, 3) {
                let hours = (self.order_span.as_micros() / HOUR) as usize;
                let at = first + below(draws, hours + 1) as i64 * HOUR;
                let late = match below(draws, 4) {
                    0 => below(draws, (self.lateness.as_micros() * 5 / 4 / HOUR) as usize + 1),
                    _ => 0,
                };
                let line = Line {
                    at: Timestamp::from_micros(at),
                    order: OrderIdx::new(order),
                    item: None,
                    quantity: 1.0,
                    amount: Money::from_ticks(below(draws, 80_000) as i64),
                };
                arrivals.push((at + late as i64 * HOUR, customer, line));
            }
        }
        arrivals.sort_by_key(|(arrival, ..)| *arrival);
        arrivals.into_iter().map(|(_, customer, line)| (customer, line)).collect()
    }

    fn in_window(&self, at: Timestamp, t: Timestamp) -> bool {
        match self.horizon {
            Horizon::CalendarDays(days) => {
                self.zone.date(t) - self.zone.date(at) <= i32::try_from(days).unwrap()
            }
            Horizon::Elapsed(span) => t < at + span,
            _ => true,
        }
    }

    /// The measures at `t` of the lines that `admit` admits, each by its definition.
    pub(crate) fn measures(
        &self,
        known: &[Known],
        customer: CustomerIdx,
        t: Timestamp,
        admit: impl Fn(&Known) -> bool,
    ) -> Option<Measures> {
        let lines: Vec<Line> = known
            .iter()
            .filter(|k| k.customer == customer && k.line.at <= t && admit(k))
            .map(|k| k.line)
            .filter(|line| self.in_window(line.at, t))
            .collect();
        let last = lines.iter().map(|line| line.at).max()?;
        let orders = lines.iter().map(|line| line.order).collect::<HashSet<_>>().len();
        let days = lines.iter().map(|line| self.zone.date(line.at)).collect::<HashSet<_>>().len();
        let sum: i64 = lines.iter().map(|line| line.amount.ticks()).sum();
        let (quotient, rest) = (sum / orders as i64, sum % orders as i64);
        let up = rest * 2 > orders as i64 || (rest * 2 == orders as i64 && quotient % 2 == 1);
        let measures = Measures {
            recency_days: match self.recency {
                Recency::Elapsed => (t - last).as_days(),
                _ => f64::from(self.zone.date(t) - self.zone.date(last)),
            },
            frequency: match self.frequency {
                Frequency::Days => days,
                Frequency::Lines => lines.len(),
                _ => orders,
            } as u64,
            monetary: Money::from_ticks(match self.monetary {
                Monetary::MeanPerOrder => quotient + i64::from(up),
                _ => sum,
            }),
        };
        if last < t {
            self.check_batch(&lines, t, &measures);
        }
        Some(measures)
    }

    /// The same from the batch measures, which take purchases strictly before an instant.
    fn check_batch(&self, lines: &[Line], t: Timestamp, expected: &Measures) {
        let mut table = PurchaseTable::builder();
        lines.iter().for_each(|line| table.push(CustomerIdx::new(0), *line));
        let calendar = AsOf(&self.zone, t);
        let table = Rfm::new(self.zone.date(t), &calendar)
            .recency(self.recency)
            .frequency(self.frequency)
            .monetary(self.monetary)
            .table(&table.build().unwrap())
            .unwrap();
        let row = &table.rows()[0];
        let found = (row.recency_days, row.frequency, row.monetary);
        assert_eq!(found, (expected.recency_days, expected.frequency, expected.monetary));
    }

    pub(crate) fn segment(&self, measures: Option<Measures>) -> Option<SegmentIdx> {
        let Measures { recency_days, frequency, monetary } = measures?;
        Some(self.model.segment(&[monetary.as_f64(), recency_days, frequency as f64]))
    }
}
