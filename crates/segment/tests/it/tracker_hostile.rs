//! What a tracker refuses, and what it makes of odd input.

use patronage_core::{Provenance, Span, load, save};
use patronage_segment::{
    Better, Binning, Calendar, Cause, Column, CustomerIdx, Date, Dimension, DisjointRules,
    ErrorKind, FeatureTable, Fit, Frequency, Horizon, Line, Measures, Memberships, Money, OrderIdx,
    Recency, RfmScoring, RfmSegmenter, Schema, ScoreGrid, SegmentIdx, SegmentMove, SegmentTracker,
    Timestamp, TrackerState, Tracking, UtcOffset,
};
use patronage_testkit as testkit;

const ANNA: CustomerIdx = CustomerIdx::new(0);
const BEN: CustomerIdx = CustomerIdx::new(1);

fn model() -> RfmSegmenter {
    let schema =
        Schema::new(["recency_days", "frequency", "monetary"].map(Column::number)).unwrap();
    let any = FeatureTable::new(schema, ndarray::array![[1.0, 1.0, 1.0]]).unwrap();
    let cuts = |cuts: &[f64]| Binning::Cuts(cuts.to_vec());
    let scores = RfmScoring::of([
        Dimension::new("R", "recency_days", Better::Lower, cuts(&[10.0, 30.0])),
        Dimension::new("F", "frequency", Better::Higher, cuts(&[1.0])),
    ])
    .fit(&any)
    .unwrap();
    let rules = DisjointRules::new(ScoreGrid::new([("R", 3), ("F", 2)]).unwrap())
        .rule("New", [2..=3, 1..=1])
        .rule("Loyal", [3..=3, 2..=2])
        .rule("At Risk", [2..=2, 2..=2])
        .rule("Lost", [1..=1, 1..=2])
        .build()
        .unwrap();
    RfmSegmenter::new(scores, rules).unwrap()
}

fn tracker(tracking: Tracking) -> SegmentTracker<UtcOffset> {
    SegmentTracker::new(model(), UtcOffset::UTC, tracking).unwrap()
}

fn day(day: i32) -> Timestamp {
    UtcOffset::UTC.start_of(Date::from_days(day))
}

fn line(at: Timestamp, order: u32, units: i64) -> Line {
    let amount = Money::from_units(units);
    Line { at, order: OrderIdx::new(order), item: None, quantity: 1.0, amount }
}

/// A tracker with something of everything, for saving.
fn lived(tracking: Tracking, lateness: Span) -> SegmentTracker<UtcOffset> {
    let mut tracker = tracker(tracking.lateness(lateness));
    tracker.observe(ANNA, line(day(0), 0, 10)).unwrap();
    tracker.observe(ANNA, line(day(0), 0, 5)).unwrap();
    tracker.observe(BEN, line(day(2), 2, 7)).unwrap();
    tracker.observe(ANNA, line(day(2) + Span::micros(5), 1, 2)).unwrap();
    // Late, so that some settings refuse it.
    let late = tracker.observe(BEN, line(day(1), 3, 9));
    assert_eq!(late.is_ok(), lateness > Span::days(1));
    tracker.advance_to(day(13)).unwrap();
    tracker
}

#[test]
fn settings_out_of_range_are_refused() {
    for (tracking, parameter) in [
        (Tracking::new().lateness(Span::micros(-1)), "lateness"),
        (Tracking::new().lateness(Span::micros(i64::MAX)), "lateness"),
        (Tracking::new().order_span(Span::micros(-1)), "order_span"),
        (Tracking::new().horizon(Horizon::CalendarDays(0)), "horizon"),
        (Tracking::new().horizon(Horizon::CalendarDays(u32::MAX)), "horizon"),
        (Tracking::new().horizon(Horizon::Elapsed(Span::micros(0))), "horizon"),
        (Tracking::new().horizon(Horizon::Elapsed(Span::days(1))), "order_span"),
        (Tracking::new().horizon(Horizon::CalendarDays(1)), "order_span"),
    ] {
        let error = SegmentTracker::new(model(), UtcOffset::UTC, tracking).unwrap_err();
        let ErrorKind::Parameter { name, .. } = error.kind() else { panic!("{error}") };
        assert_eq!(*name, parameter);
    }
    let schema = Schema::new([Column::number("visits")]).unwrap();
    let any = FeatureTable::new(schema, ndarray::array![[1.0]]).unwrap();
    let visits = Dimension::new("V", "visits", Better::Higher, Binning::Cuts(vec![]));
    let scores = RfmScoring::of([visits]).fit(&any).unwrap();
    let grid = ScoreGrid::new([("V", 1)]).unwrap();
    let rules = DisjointRules::new(grid).rule("All", [1..=1]).build().unwrap();
    let model = RfmSegmenter::new(scores, rules).unwrap();
    let error = SegmentTracker::new(model, UtcOffset::UTC, Tracking::new()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotTracked { column } if column == "visits"));
}

#[test]
fn a_customer_without_a_purchase_is_nowhere_and_enters_with_the_first() {
    let mut tracker = tracker(Tracking::new());
    assert_eq!(tracker.now(), None);
    assert_eq!(tracker.advance_to(day(1)).unwrap(), []);
    assert_eq!((tracker.state_of(ANNA), tracker.segment_of(ANNA)), (None, None));
    let observed = tracker.observe(ANNA, line(day(1), 0, 3)).unwrap();
    assert_eq!(observed.moves.len(), 1);
    assert_eq!((observed.moves[0].from, observed.moves[0].before), (None, None));
    assert_eq!(
        observed.moves[0].explain(tracker.model()),
        "into New with recency 0 days, frequency 1 and monetary value 3.00"
    );
    assert_eq!(tracker.counts(), [1, 0, 0, 0]);
}

#[test]
fn time_alone_moves_a_customer_at_midnight_of_the_day() {
    let mut tracker = tracker(Tracking::new());
    tracker.observe(ANNA, line(day(0) + Span::micros(7), 0, 3)).unwrap();
    tracker.observe(ANNA, line(day(0) + Span::micros(9), 1, 3)).unwrap();
    assert_eq!(tracker.model().rules().name(tracker.segment_of(ANNA).unwrap()), Some("Loyal"));
    let moves = tracker.advance_to(day(40)).unwrap();
    let words: Vec<_> = moves.iter().map(|m| (m.at, m.explain(tracker.model()))).collect();
    let past = |rest: &str| format!("because recency rose from {rest})");
    assert_eq!(
        words,
        [
            (
                day(11),
                format!("from Loyal to At Risk {}", past("10 to 11 days (R 3 to 2, past 10"))
            ),
            (day(31), format!("from At Risk to Lost {}", past("30 to 31 days (R 2 to 1, past 30"))),
        ]
    );
    let back = tracker.observe(ANNA, line(day(41), 2, 3)).unwrap().moves;
    assert_eq!(
        back[0].explain(tracker.model()),
        "from Lost to Loyal because recency fell from 41 to 0 days (R 1 to 3, past 10, 30)"
    );
    assert_eq!(back[0].cause, Cause::Purchase);
}

#[test]
fn the_window_drops_purchases_and_at_last_the_customer() {
    let tracking = Tracking::new()
        .recency(Recency::Elapsed)
        .horizon(Horizon::Elapsed(Span::days(5)))
        .order_span(Span::micros(0));
    let mut tracker = tracker(tracking);
    tracker.observe(ANNA, line(day(0), 0, 3)).unwrap();
    tracker.observe(ANNA, line(day(1), 1, 4)).unwrap();
    let state = tracker.state_of(ANNA).unwrap();
    assert_eq!(state.measures.unwrap().monetary, Money::from_units(7));
    assert_eq!(state.next.map(|next| next.at), Some(day(5)));
    let moves = tracker.advance_to(day(9)).unwrap();
    assert_eq!(moves.iter().map(|step| step.at).collect::<Vec<_>>(), [day(5), day(6)]);
    let words = moves[0].explain(tracker.model());
    assert_eq!(words, "from Loyal to New because frequency fell from 2 to 1 (F 2 to 1, past 1)");
    let words = moves[1].explain(tracker.model());
    assert_eq!(words, "out of New because no purchase is left in the window");
    assert_eq!((moves[1].to, moves[1].after), (None, None));
    assert_eq!(tracker.snapshot().count(), 0);
    let state = tracker.state_of(ANNA).unwrap();
    assert_eq!((state.segment, state.since, state.next), (None, day(6), None));
}

#[test]
fn equal_times_and_lines_of_one_order_count_once() {
    let mut tracker = tracker(Tracking::new().lateness(Span::days(1)));
    for _ in 0..3 {
        tracker.observe(ANNA, line(day(3), 0, 2)).unwrap();
    }
    // More of the same order, an hour on, and an hour before all of it.
    let hour = Span::micros(3_600_000_000);
    tracker.observe(ANNA, line(day(3) + hour, 0, 2)).unwrap();
    tracker.observe(ANNA, line(day(3) - hour, 0, 2)).unwrap();
    let measures = tracker.state_of(ANNA).unwrap().measures.unwrap();
    assert_eq!((measures.frequency, measures.monetary), (1, Money::from_units(10)));
}

#[test]
fn what_is_refused_leaves_the_tracker_as_it_was() {
    let mut tracker = tracker(Tracking::new().lateness(Span::days(3)));
    tracker.observe(ANNA, line(day(10), 0, 2)).unwrap();
    tracker.observe(ANNA, line(day(10), 1, 922_337_203_685_475)).unwrap();
    let before = tracker.state();
    let negative = Line { amount: Money::from_ticks(-1), ..line(day(30), 9, 0) };
    let far = line(Timestamp::MAX, 9, 1);
    for (customer, line, expected) in [
        (
            ANNA,
            line(day(6), 9, 1),
            "customer 0: expected a purchase at most 3 days before 1970-01-11T00:00:00Z, \
             found one at 1970-01-07T00:00:00Z, 4 days before",
        ),
        (
            ANNA,
            line(day(12), 0, 1),
            "customer 0: expected order 0 to be of one customer, its lines within 1 day, \
             found another at 1970-01-13T00:00:00Z",
        ),
        (
            BEN,
            line(day(10), 0, 1),
            "customer 1: expected order 0 to be of one customer, its lines within 1 day, \
             found another at 1970-01-11T00:00:00Z",
        ),
        (BEN, negative, "amount of a line of customer 1: expected at least 0, found -0.0001"),
        (
            ANNA,
            line(day(30), 9, 1),
            "customer 0: expected purchases below 922 million million units and 2^32 in number, \
             found more",
        ),
        (
            ANNA,
            line(day(9), 9, 1),
            "customer 0: expected purchases below 922 million million units and 2^32 in number, \
             found more",
        ),
    ] {
        let error = tracker.observe(customer, line).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(tracker.state(), before, "{expected}");
    }
    for at in [Timestamp::MIN, Timestamp::MAX] {
        assert!(tracker.observe(BEN, Line { at, ..far }).is_err());
        assert!(tracker.advance_to(at).is_err());
        assert!(tracker.observe_at(at, BEN, far).is_err());
    }
    let error = tracker.advance_to(day(9)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Backwards { now, found }
        if (*now, *found) == (day(10), day(9))));
    let error = tracker.observe_at(day(20), BEN, line(day(21), 9, 1)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::FutureEvent { .. }));
    let error = tracker.observe_at(day(20), BEN, line(day(16), 9, 1)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooLate { .. }));
    assert!(tracker.observe_at(day(9), BEN, line(day(9), 9, 1)).is_err());
    assert_eq!(tracker.state(), before);
}

#[test]
fn distant_ids_take_little_room() {
    let mut tracker = tracker(Tracking::new());
    let last = CustomerIdx::new(u32::MAX);
    tracker.observe(last, line(day(0), u32::MAX, 1)).unwrap();
    tracker.observe(ANNA, line(day(0), 0, 1)).unwrap();
    assert_eq!(tracker.snapshot().map(|(who, _)| who).collect::<Vec<_>>(), [ANNA, last]);
    assert!(tracker.n_bytes() < 80 << 20, "{}", tracker.n_bytes());
    let restored = SegmentTracker::restore(tracker.state(), UtcOffset::UTC).unwrap();
    assert_eq!(restored.segment_of(last), tracker.segment_of(last));
}

#[test]
fn trackers_that_do_not_fit_together_are_not_merged() {
    let lateness = Tracking::new().lateness(Span::days(3));
    let mut a = lived(Tracking::new(), Span::days(3));
    let what = |error: patronage_segment::Error| error.to_string();
    let mut b = tracker(lateness);
    assert!(what(a.merge(&b).unwrap_err()).contains("same time"));
    b.advance_to(day(13)).unwrap();
    a.merge(&b).unwrap();
    b.observe(BEN, line(day(13), 7, 1)).unwrap();
    assert_eq!(
        what(a.merge(&b).unwrap_err()),
        "customer 1: expected to be known to one tracker, found in two"
    );
    let mut b = tracker(lateness);
    b.observe(CustomerIdx::new(8), line(day(13), 1, 1)).unwrap();
    assert_eq!(
        what(a.merge(&b).unwrap_err()),
        "order 1: expected to be of one customer, found otherwise"
    );
    let mut b = tracker(Tracking::new());
    b.advance_to(day(13)).unwrap();
    assert!(what(a.merge(&b).unwrap_err()).contains("same settings"));
    let east = UtcOffset::minutes_east(60);
    let mut b = SegmentTracker::new(model(), east, lateness).unwrap();
    b.advance_to(day(13)).unwrap();
    let mut c = SegmentTracker::restore(b.state(), east).unwrap();
    c.merge(&b).unwrap();
    assert!(
        what(SegmentTracker::restore(b.state(), UtcOffset::UTC).unwrap_err()).contains("calendar")
    );
}

#[test]
fn a_state_is_saved() {
    for (tracking, lateness) in [
        (Tracking::new(), 3),
        (Tracking::new().frequency(Frequency::Lines), 0),
        (Tracking::new().horizon(Horizon::CalendarDays(10)), 2),
        (Tracking::new().horizon(Horizon::CalendarDays(2)).frequency(Frequency::Days), 0),
    ] {
        let tracker = lived(tracking, Span::days(lateness));
        testkit::check_saved_model(&tracker.state(), Provenance { schema: None, training: None });
    }
    testkit::check_send_sync::<SegmentTracker<UtcOffset>>();
}

fn golden() -> SegmentTracker<UtcOffset> {
    lived(Tracking::new().horizon(Horizon::CalendarDays(20)), Span::days(12))
}

#[test]
#[ignore = "writes the golden file of this version"]
fn write_golden_file() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/tracker-1.json");
    let text = save(&golden().state(), Provenance { schema: None, training: None }).unwrap();
    std::fs::write(path, text + "\n").unwrap();
}

/// A state saved by the first version of this format, which must stay readable.
#[test]
fn a_saved_state_of_version_one_is_read() {
    let text = include_str!("../golden/tracker-1.json");
    let (state, from): (TrackerState, _) = load(text.trim_end()).unwrap();
    assert_eq!(save(&state, from).unwrap(), text.trim_end());
    let mut restored = SegmentTracker::restore(state, UtcOffset::UTC).unwrap();
    let mut tracker = golden();
    assert_eq!(restored.advance_to(day(60)).unwrap(), tracker.advance_to(day(60)).unwrap());
}

/// The text of an envelope whose body was changed, and its checksum with it.
fn forged(text: &str, from: &str, to: &str) -> String {
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "{from}");
    let error = load::<TrackerState>(&changed).unwrap_err().to_string();
    let sums: Vec<_> = error.split([' ', ',', ':']).filter(|word| word.len() == 32).collect();
    changed.replace(sums[0], sums[1])
}

#[test]
fn a_forged_state_is_refused() {
    let tracker = lived(Tracking::new(), Span::days(12));
    let text = save(&tracker.state(), Provenance { schema: None, training: None }).unwrap();
    for (from, to, expected) in [
        (r#""lines":2"#, r#""lines":0"#, "lines of record"),
        (r#""lines":2"#, r#""lines":4294967295"#, "lines of record"),
        (r#""amount":150000"#, r#""amount":-1"#, "amount of record"),
        (r#""now":1123200000000"#, r#""now":7"#, "no earlier than"),
        (r#""now":1123200000000"#, r#""now":9223372036854775807"#, "73,000 years"),
        (r#""now":1123200000000"#, r#""now":null"#, "none before the first instant"),
        (r#""orders":[[0,4]]"#, r#""orders":[[0,1]]"#, "order 1"),
        (r#""orders":[[0,4]]"#, r#""orders":[[0,4],[3,1]]"#, "ascending runs"),
        (r#""orders":[[0,4]]"#, r#""orders":[[0,4],[4294967295,2]]"#, "ascending runs"),
        (r#""id":1"#, r#""id":0"#, "expected one row, found a second"),
        (r#""order":3"#, r#""order":0"#, "order 0"),
        (r#""settled":null,"frequency":0"#, r#""settled":null,"frequency":7"#, "settled sum"),
        (r#""lateness":1036800000000"#, r#""lateness":-1"#, "lateness"),
        (r#""horizon":"life""#, r#""horizon":{"calendar_days":0}"#, "horizon"),
    ] {
        let error = load::<TrackerState>(&forged(&text, from, to)).unwrap_err().to_string();
        assert!(error.contains(expected), "{to}: {error}");
    }
}

#[test]
fn memberships_refuse_what_does_not_follow() {
    let step = |at, from: Option<u32>, to: Option<u32>| SegmentMove {
        customer: ANNA,
        at: day(at),
        from: from.map(SegmentIdx::new),
        to: to.map(SegmentIdx::new),
        cause: Cause::Time,
        before: None,
        after: None::<Measures>,
    };
    let mut memberships = Memberships::new();
    memberships.absorb(&step(3, None, Some(1))).unwrap();
    let error = memberships.absorb(&step(4, Some(2), Some(0))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "customer 0 at 1970-01-05T00:00:00Z: expected to be in segment 1, found segment 2"
    );
    assert!(memberships.absorb(&step(2, Some(1), Some(0))).is_err());
    let mut rows: Vec<_> = memberships.rows().copied().collect();
    rows.push(rows[0]);
    assert!(Memberships::try_from(rows.clone()).is_err());
    rows[1].customer = BEN;
    rows[1].valid_to = Some(day(0));
    assert!(Memberships::try_from(rows).is_err());
    let dates = [Date::from_days(3), Date::from_days(2)];
    let rows: Vec<_> = memberships.at_dates(&dates, &UtcOffset::UTC, day(9)).collect();
    assert_eq!(rows, [(ANNA, dates[0], SegmentIdx::new(1))]);
    // Begun in the middle, they go on from where customers stand.
    let mut tracker = lived(Tracking::new(), Span::days(0));
    let mut memberships = Memberships::of(&tracker);
    for step in tracker.advance_to(day(50)).unwrap() {
        memberships.absorb(&step).unwrap();
    }
    assert!(memberships.at(day(50), day(50)).eq(tracker.snapshot()));
}
