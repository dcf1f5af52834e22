//! Accumulators stored and restored.

use patronage_core::{ItemIdx, Provenance, load, save};
use patronage_segment::{
    Costs, CustomerIdx, Date, Frequency, Line, Monetary, Money, OrderIdx, Recency, Rfm,
    RfmAccumulator, RfmState, Timestamp, UtcOffset, Variety,
};

const ZONE: UtcOffset = UtcOffset::minutes_east(-300);

fn as_of() -> Date {
    Date::new(1970, 1, 9).unwrap()
}

fn line(seconds: i64, order: u32, ticks: i64) -> Line {
    Line {
        at: Timestamp::from_seconds(seconds),
        order: OrderIdx::new(order),
        item: Some(ItemIdx::new(order)),
        quantity: 1.0,
        amount: Money::from_ticks(ticks),
    }
}

fn provenance() -> Provenance {
    Provenance { schema: None, training: None }
}

fn absorbed(rfm: Rfm<'_>) -> RfmAccumulator<'_> {
    let mut accumulator = rfm.accumulator().unwrap();
    for (customer, order, seconds) in [(5_000, 1, 9), (2, 1, 200_000), (2, 7, 5), (2, 1, 9_000_000)]
    {
        accumulator.push(CustomerIdx::new(customer), &line(seconds, order, -3)).unwrap();
    }
    accumulator
}

#[test]
fn an_accumulator_goes_on_where_it_was_stored() {
    let rfm = Rfm::new(as_of(), &ZONE).tenure();
    for rfm in [
        rfm,
        rfm.frequency(Frequency::Days).monetary(Monetary::MeanPerOrder),
        rfm.frequency(Frequency::Lines).monetary(Monetary::Margin).costs(Costs::Rate(0.5)),
        rfm.variety(Variety::Items),
    ] {
        let mut accumulator = absorbed(rfm);
        let state = accumulator.state();
        patronage_testkit::check_saved_model(&state, provenance());
        let mut resumed = rfm.resume(&state).unwrap();
        assert_eq!(resumed.state(), state);
        assert_eq!(resumed.n_lines(), 4);
        for accumulator in [&mut accumulator, &mut resumed] {
            accumulator.push(CustomerIdx::new(2), &line(7, 7, 4)).unwrap();
        }
        assert_eq!(resumed.table(6_000).unwrap(), accumulator.table(6_000).unwrap());
        assert!(rfm.recency(Recency::Elapsed).resume(&state).is_err());
    }
}

#[test]
#[ignore = "writes the golden file of this version"]
fn write_golden_file() {
    let text = save(&absorbed(Rfm::new(as_of(), &ZONE)).state(), provenance()).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/rfm-state-1.json");
    std::fs::write(path, text + "\n").unwrap();
}

#[test]
fn a_state_of_version_one_is_read() {
    let text = include_str!("../golden/rfm-state-1.json").trim_end();
    let (state, from): (RfmState, _) = load(text).unwrap();
    let rfm = Rfm::new(as_of(), &ZONE);
    assert_eq!(state, absorbed(rfm).state());
    assert_eq!(save(&state, from).unwrap(), text);
}

#[test]
fn damaged_states_are_refused() {
    let text = save(&absorbed(Rfm::new(as_of(), &ZONE)).state(), provenance()).unwrap();
    for (from, to, message) in [
        (r#""n_lines":4,"#, r#""n_lines":2305843009213693952,"#, "at most 2^60"),
        (r#""n_lines":4,"#, r#""n_lines":2,"#, "at most those of the state"),
        (r#""customer":5000"#, r#""customer":2"#, "one after the customer before"),
        (r#""customer":5000"#, r#""customer":5001"#, "order of stored customer 5001"),
        (r#""n_lines":2,"#, r#""n_lines":0,"#, "at least 1"),
        (r#""first":5000000"#, r#""first":200000000001"#, "after the first"),
        (r#""last":200000000000"#, r#""last":709200000000"#, "before the as-of date"),
        (r#""paid":[-1,"#, r#""paid":[-9,"#, "no more than its lines can hold"),
        ("[2,7]", "[2,1]", "ascending numbers"),
        ("[2,1],[2,7],", "", "one to as many as she has lines"),
        ("[5000,1]", "[5000,1],[5001,1]", "a customer who has lines"),
        (r#""days":[]"#, r#""days":[[2,0]]"#, "where they are counted"),
    ] {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text, "{from}");
        // The checksum would be refused first, so this one is mended.
        let error = load::<RfmState>(&damaged).unwrap_err().to_string();
        let sums: Vec<_> = error.split([' ', ',', ':']).filter(|w| w.len() == 32).collect();
        assert_eq!(sums.len(), 2, "{error}");
        let error = load::<RfmState>(&damaged.replace(sums[0], sums[1])).unwrap_err().to_string();
        assert!(error.contains(message), "{from} -> {to}: {error}");
    }
}
