//! A year of grocery shopping, month by month, where the data are.

use crate::common;
use std::collections::HashMap;

use patronage_segment::{
    ColumnPhrase, CustomerIdx, Date, FeatureTable, Features, Fit, Line, LongRun, Money,
    MoveDrivers, NetFlow, OrderIdx, Period, PurchaseTable, Purchases, Rfm, RfmScoring,
    RfmSegmenter, RfmTable, SegmentHistory, SegmentIdx, SegmentRules, Segmenter, SegmenterExt,
    UtcOffset,
};

/// The purchases of the year: households as customers in ascending order of id, baskets as orders.
fn purchases() -> Option<PurchaseTable> {
    let text = common::read("data/complete-journey/transactions_with_products.csv.gz")?;
    let mut lines: Vec<(u32, Line)> = Vec::new();
    let mut orders: HashMap<u64, OrderIdx> = HashMap::new();
    for line in text.lines().skip(1) {
        let mut fields = line.split(',');
        let mut next = || fields.next().unwrap();
        let (household, _, basket, _, _, amount) = (next(), next(), next(), next(), next(), next());
        let at = fields.nth(4).unwrap();
        let order = OrderIdx::from_usize(orders.len());
        let order = *orders.entry(basket.parse().unwrap()).or_insert(order);
        let amount = Money::from_f64(amount.parse().unwrap()).unwrap();
        let line = Line { at: common::instant(at), order, item: None, quantity: 1.0, amount };
        lines.push((household.parse().unwrap(), line));
    }
    let mut ids: Vec<u32> = lines.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut table = PurchaseTable::builder();
    for (id, line) in lines {
        table.push(CustomerIdx::from_usize(ids.binary_search(&id).unwrap()), line);
    }
    Some(table.build().unwrap())
}

#[test]
#[allow(clippy::print_stdout, reason = "a test run shows its figures on demand")]
fn households_are_followed_month_by_month() {
    let Some(purchases) = purchases() else { return };
    let dates: Vec<Date> = (4..=12).map(|month| Date::new(2017, month, 1).unwrap()).collect();
    let tables: Vec<RfmTable> = dates
        .iter()
        .map(|&date| Rfm::new(date, &UtcOffset::UTC).table(&purchases).unwrap())
        .collect();
    // Cut points of April, frozen.
    let scores = RfmScoring::default().fit(&tables[0]).unwrap();
    let model = RfmSegmenter::new(scores, SegmentRules::standard()).unwrap();
    let rows = dates.iter().zip(&tables).flat_map(|(&date, table)| {
        let segments = model.assign(table).unwrap();
        let values: Vec<_> = table.rows().iter().map(|row| row.monetary).collect();
        let rows = table.customers().to_vec().into_iter().zip(segments).zip(values);
        rows.map(move |((customer, segment), value)| (customer, date, segment, value))
    });
    let history = SegmentHistory::new(model.rules().names().to_vec(), rows).unwrap();
    assert_eq!(purchases.n_customers(), 2469);

    for (migration, pair) in history.migrations().zip(dates.windows(2)) {
        let net = migration.net();
        let before: Vec<u64> = net.iter().map(|flow| flow.before).collect();
        let after: Vec<u64> = net.iter().map(|flow| flow.after).collect();
        assert_eq!((before, after), (history.sizes(pair[0]), history.sizes(pair[1])));
        // Nobody who bought is ever without purchases again.
        assert!(net.iter().all(|flow| flow.exited == 0));
        let value = |date: Date| {
            let table = &tables[dates.iter().position(|&other| other == date).unwrap()];
            table.rows().iter().map(|row| row.monetary).sum()
        };
        let sum = |part: fn(&NetFlow) -> Money| net.iter().map(part).sum::<Money>();
        assert_eq!(sum(|flow| flow.value_before.unwrap()), value(pair[0]));
        assert_eq!(sum(|flow| flow.value_after.unwrap()), value(pair[1]));
    }

    let chain = history.markov().unwrap();
    assert_eq!(chain.period(), Period::Months(1));
    println!("{}", history.migration(dates[0], dates[1]).unwrap());
    println!("{:?} {:?}", chain.homogeneity().p_value(), history.order().unwrap());
    println!("{}", chain.structure().words(chain.names()));
    println!("{}", chain.homogeneity().words(chain.names()));
    for one in chain.persistence() {
        println!("{}: half-life {}", one.name, one.half_life.unwrap());
    }
    assert_ne!(chain.steady_state().long_run, LongRun::Unknown);
    // What was known on 1 September, against 1 December.
    let known = history.until(dates[5]).unwrap().markov().unwrap();
    let forecast = known.forecast(3).unwrap();
    let truth = history.sizes(dates[8]);
    // Over a year that starts with everybody new, moves change, and the forecast says so.
    assert!(forecast.to_string().contains("caution: moves changed between the periods, most from"));
    println!("{forecast}{truth:?}");

    let (before, after) = (&tables[4], &tables[5]);
    let phrases = ColumnPhrase::rfm();
    let why =
        MoveDrivers::of(&model, (before.customers(), before), (after.customers(), after), &phrases)
            .unwrap();
    let moves = history.migration(dates[4], dates[5]).unwrap();
    let moved: u64 = moves.movers().iter().filter(|f| f.from.is_some()).map(|f| f.count).sum();
    assert_eq!(why.moves().len() as u64, moved);
    for one in why.moves() {
        let row =
            |table: &RfmTable| table.values().row(table.row_of(one.customer).unwrap()).to_vec();
        let (old, new) = (row(before), row(after));
        let with = |columns: &[usize]| -> SegmentIdx {
            let mut mixed = old.clone();
            columns.iter().for_each(|&column| mixed[column] = new[column]);
            model.segment(&mixed)
        };
        let columns: Vec<usize> = one.drivers.iter().map(|driver| driver.column).collect();
        assert_eq!(with(&columns), one.to);
        for smaller in 0..8_u32 {
            let set: Vec<usize> = (0..3).filter(|column| smaller >> column & 1 == 1).collect();
            assert!(set.len() >= columns.len() || with(&set) != one.to, "{}", why.words(one));
        }
    }
    for flow in why.flows().iter().take(5) {
        println!("{flow}");
    }
    println!("{}", why.words(&why.moves()[0]));
}

/// How long it takes: `cargo test --release --test complete_journey -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
#[allow(clippy::print_stdout, reason = "a measurement shows its figures")]
fn a_million_customers_over_a_year() {
    let n = 1_000_000;
    let mut draws = patronage_testkit::Draws::new(1);
    let mut rows = Vec::with_capacity(12 * n);
    for customer in CustomerIdx::all(n) {
        let mut at = draws.below(11) as u32;
        for month in 1..=12 {
            if draws.uniform() < 0.3 {
                at = draws.below(11) as u32;
            }
            let date = Date::new(2024, month, 1).unwrap();
            rows.push((customer, date, SegmentIdx::new(at)));
        }
    }
    let time = |what: &str, start: std::time::Instant| {
        println!("{what}: {:.3} s", start.elapsed().as_secs_f64());
    };
    let names: Vec<String> = (0..11).map(|at| format!("S{at}")).collect();
    let start = std::time::Instant::now();
    let history = SegmentHistory::new(names, rows).unwrap();
    time("history of 12,000,000 rows", start);
    let start = std::time::Instant::now();
    let moves = history.migration(history.dates()[0], history.dates()[1]).unwrap();
    time("migration of 1,000,000 customers", start);
    assert_eq!(moves.net().iter().map(|flow| flow.before).sum::<u64>(), n as u64);
    let start = std::time::Instant::now();
    let chain = history.markov().unwrap();
    time("chain of 12 dates", start);
    let start = std::time::Instant::now();
    assert_eq!(chain.forecast(12).unwrap().steps().len(), 12);
    time("forecast of 12 months, 2,000 futures", start);
    let start = std::time::Instant::now();
    assert!(chain.steady_state().shares.is_some());
    time("steady state, 1,000 chains", start);
    let start = std::time::Instant::now();
    assert!(history.order().unwrap().first.p_value.is_some());
    time("order", start);
    let schema = patronage_segment::Schema::new(
        ["recency_days", "frequency", "monetary"].map(patronage_segment::Column::number),
    )
    .unwrap();
    let mut table = || {
        let cells = ndarray::Array2::from_shape_simple_fn((n, 3), || draws.uniform());
        FeatureTable::new(schema.clone(), cells).unwrap()
    };
    let (before, after) = (table(), table());
    let scores = RfmScoring::default().fit(&before).unwrap();
    let model = RfmSegmenter::new(scores, SegmentRules::standard()).unwrap();
    let customers: Vec<CustomerIdx> = CustomerIdx::all(n).collect();
    let start = std::time::Instant::now();
    let why = MoveDrivers::of(&model, (&customers, &before), (&customers, &after), &[]).unwrap();
    time(&format!("drivers of {} moves", why.moves().len()), start);
}
