//! The tracker on one core: events a second and bytes a customer, for a stream of any length.
//!
//! Usage: `tracker N_EVENTS SCENARIO [N_CUSTOMERS]`, a scenario being `life`, `late` (a life, 5 % of
//! events up to two days late) or `window` (365 days, likewise late). Customers are a tenth of the
//! events unless told, over three years, in orders of one to three lines, some buying far more often
//! than others. Prints one line of JSON.
//! The stream is drawn as it is fed; drawing is measured beforehand and left out of the seconds.
#![allow(clippy::print_stdout, reason = "the figures are the output")]

use std::time::Instant;

use patronage_segment::{
    Better, Binning, Column, CustomerIdx, Dimension, FeatureTable, Fit, Horizon, Line, Money,
    OrderIdx, RfmScoring, RfmSegmenter, Schema, SegmentRules, SegmentTracker, Span, Timestamp,
    Tracking, UtcOffset,
};

const DAY: i64 = 86_400_000_000;
const YEARS: i64 = 3 * 365 * DAY;

/// A stream of events: customer and line, by a multiplicative congruential generator.
struct Stream {
    state: u64,
    n_events: i64,
    n_customers: f64,
    sent: i64,
    order: u32,
    lines_left: u32,
    customer: CustomerIdx,
    at: i64,
    late: bool,
}

impl Stream {
    fn new(n_events: i64, n_customers: i64, late: bool) -> Self {
        Self {
            state: 0x9E37_79B9_7F4A_7C15,
            n_events,
            n_customers: n_customers as f64,
            sent: 0,
            order: 0,
            lines_left: 0,
            customer: CustomerIdx::new(0),
            at: 0,
            late,
        }
    }

    /// A number in `[0, 1)`.
    fn draw(&mut self) -> f64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Iterator for Stream {
    type Item = (CustomerIdx, Line);

    fn next(&mut self) -> Option<Self::Item> {
        if self.sent == self.n_events {
            return None;
        }
        if self.lines_left == 0 {
            self.order += 1;
            self.lines_left = 1 + (self.draw() * 3.0) as u32;
            let place = self.draw();
            self.customer = CustomerIdx::new((place * place * self.n_customers) as u32);
            // From the number of the event, so that any length fills the three years.
            self.at = (self.sent as f64 / self.n_events as f64 * YEARS as f64) as i64;
            if self.late && self.draw() < 0.05 {
                self.at -= (self.draw() * 2.0 * DAY as f64) as i64;
            }
        }
        self.lines_left -= 1;
        self.sent += 1;
        let line = Line {
            at: Timestamp::from_micros(self.at),
            order: OrderIdx::new(self.order),
            item: None,
            quantity: 1.0,
            amount: Money::from_ticks((self.draw() * 600_000.0) as i64),
        };
        Some((self.customer, line))
    }
}

fn model() -> Result<RfmSegmenter, Box<dyn std::error::Error>> {
    let schema = Schema::new(["recency_days", "frequency", "monetary"].map(Column::number))?;
    let any = FeatureTable::new(schema, ndarray::array![[1.0, 1.0, 1.0]])?;
    let dimension = |name, column, better, cuts: [f64; 4]| {
        Dimension::new(name, column, better, Binning::Cuts(cuts.to_vec()))
    };
    let scores = RfmScoring::of([
        dimension("R", "recency_days", Better::Lower, [30.0, 90.0, 180.0, 365.0]),
        dimension("F", "frequency", Better::Higher, [1.0, 2.0, 4.0, 8.0]),
        dimension("M", "monetary", Better::Higher, [50.0, 150.0, 300.0, 700.0]),
    ])
    .fit(&any)?;
    Ok(RfmSegmenter::new(scores, SegmentRules::standard())?)
}

/// Seconds this thread has run on a core, where the system tells; else seconds gone by.
fn on_core() -> f64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds: Option<f64> =
        told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed().as_secs_f64(), |n| n / 1e9)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let n_events: i64 = args.next().ok_or("the number of events")?.parse()?;
    let scenario = args.next().ok_or("a scenario: life, late or window")?;
    let n_customers = args.next().map_or(Ok(n_events / 10), |text| text.parse())?.max(1);
    let lateness = Span::days(2);
    let (tracking, late) = match scenario.as_str() {
        "life" => (Tracking::new(), false),
        "late" => (Tracking::new().lateness(lateness), true),
        "window" => (Tracking::new().lateness(lateness).horizon(Horizon::CalendarDays(365)), true),
        other => return Err(format!("{other}: expected life, late or window").into()),
    };
    let mut tracker = SegmentTracker::new(model()?, UtcOffset::UTC, tracking)?;

    let start = on_core();
    let drawn: i64 =
        Stream::new(n_events, n_customers, late).map(|(_, line)| line.amount.ticks() & 1).sum();
    let drawing = on_core() - start;
    let (start, wall) = (on_core(), Instant::now());
    let (mut n_moves, mut n_corrections) = (0_usize, 0_usize);
    for (customer, line) in Stream::new(n_events, n_customers, late) {
        let observed = tracker.observe(customer, line)?;
        n_moves += observed.moves.len();
        n_corrections += usize::from(observed.correction.is_some());
    }
    let seconds = on_core() - start - drawing;
    let wall = wall.elapsed().as_secs_f64() - drawing;
    let seen = tracker.n_customers();
    let per_customer = tracker.n_bytes() as f64 / seen as f64;
    let start = on_core();
    tracker.advance_with(Timestamp::from_micros(YEARS + 400 * DAY), |_| n_moves += 1)?;
    let ahead = on_core() - start;
    println!(
        "{{\"scenario\": \"{scenario}\", \"events\": {n_events}, \"customers\": {seen}, \
         \"seconds\": {seconds:.3}, \"wall_seconds\": {wall:.3}, \"events_per_second\": {:.0}, \
         \"bytes_per_customer\": {per_customer:.1}, \"moves\": {n_moves}, \
         \"corrections\": {n_corrections}, \"year_ahead_seconds\": {ahead:.3}, \"drawn\": {drawn}}}",
        n_events as f64 / seconds
    );
    Ok(())
}
