//! Movement between two dates and chains of it, against scipy, statsmodels and numpy.

use patronage_segment::{
    Confidence, CustomerIdx, Date, Fit, Forecast, HistoryRow, Intervals, LongRun, MarkovChain,
    Migration, MigrationProblem, Money, Period, Place, Population, Proportion, SegmentHistory,
    SegmentIdx, Transition,
};
use patronage_testkit::Draws;
use proptest::prelude::*;

fn close(found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(error < relative, "expected {expected}, found {found}");
}

fn segment(at: u32) -> SegmentIdx {
    SegmentIdx::new(at)
}

fn month(month: u32) -> Date {
    Date::new(2023 + month as i32 / 12, month % 12 + 1, 1).unwrap()
}

const TRUTH: [[f64; 3]; 3] = [[0.7, 0.2, 0.1], [0.15, 0.75, 0.1], [0.05, 0.15, 0.8]];

fn step(matrix: &[[f64; 3]; 3], from: usize, u: f64) -> usize {
    let row = matrix[from];
    if u < row[0] {
        0
    } else if u < row[0] + row[1] {
        1
    } else {
        2
    }
}

/// 300 customers over six months, each absent one time in twenty.
fn history() -> SegmentHistory {
    let mut draws = Draws::new(11);
    let mut rows = Vec::new();
    for customer in CustomerIdx::all(300) {
        let mut at = (draws.uniform() * 3.0) as usize;
        for t in 0..6 {
            if t > 0 {
                at = step(&TRUTH, at, draws.uniform());
            }
            if draws.uniform() < 0.95 {
                rows.push((customer, month(t), segment(at as u32)));
            }
        }
    }
    SegmentHistory::new(["A", "B", "C"], rows).unwrap()
}

// scipy 1.17.1 and numpy 2.4.6 on the same draws (SplitMix64): counts by loops;
// stats.chi2_contingency(table, correction=False), with and without lambda_="log-likelihood", of
// each segment's table without empty columns, summed, and stats.chi2.sf; np.linalg.eig and solve.
#[test]
fn a_chain_is_that_of_numpy() {
    let history = history();
    let chain = history.markov().unwrap();
    assert_eq!(chain.period(), Period::Months(1));
    let counts: Vec<u64> = SegmentIdx::all(3)
        .flat_map(|i| {
            let chain = &chain;
            (0..3).map(Some).chain([None]).map(move |j| chain.count(i, j.map(segment)))
        })
        .collect();
    assert_eq!(counts, [291, 90, 36, 18, 70, 373, 62, 29, 25, 82, 330, 17]);
    assert_eq!(chain.sizes(), [82, 120, 88]);

    let test = chain.homogeneity();
    close(test.likelihood_ratio.statistic, 43.52374035689199, 1e-10);
    close(test.chi_square.statistic, 43.5239324831446, 1e-10);
    assert_eq!(test.chi_square.degrees_of_freedom, 36);
    close(test.likelihood_ratio.p_value.unwrap(), 0.181704973815189, 1e-9);
    let closed = MarkovChain::new().population(Population::Closed).fit(&history).unwrap();
    let test = closed.homogeneity();
    close(test.likelihood_ratio.statistic, 29.76535466809563, 1e-10);
    assert_eq!(test.likelihood_ratio.degrees_of_freedom, 24);
    assert_eq!(
        test.words(closed.names()),
        "no sign that moves changed between the periods (p = 0.216)"
    );
    assert_eq!(chain.persistence()[0].half_life.unwrap().to_string(), "1.7 periods (1.5-2.0)");
    close(test.p_value().unwrap(), 0.21592966144638367, 1e-9);

    let order = history.order().unwrap();
    close(order.first.statistic, 929.3426859207244, 1e-10);
    assert_eq!(order.first.degrees_of_freedom, 4);
    close(order.second.statistic, 16.13339984374562, 1e-9);
    close(order.second.p_value.unwrap(), 0.18520223035188602, 1e-8);

    let steady = chain.steady_state();
    assert_eq!(steady.long_run, LongRun::Settles);
    let shares = steady.shares.unwrap();
    for (share, expected) in
        shares.iter().zip([0.2575151273947358, 0.434049559406815, 0.30843531319844913])
    {
        close(share.estimate, expected, 1e-12);
        assert!(share.low < expected && expected < share.high && share.high - share.low < 0.2);
    }
    assert_eq!(chain.structure().words(chain.names()), "Every segment leads to every other");

    let ways = chain.passage(&[segment(2)]).unwrap();
    for (way, (chance, periods)) in ways.iter().zip([
        (0.6737739872068231, 7.012507534659435),
        (0.678038379530917, 6.346510931416594),
        (1.0, 0.0),
    ]) {
        let (found, time) = (way.probability.unwrap(), way.periods.unwrap());
        close(found.estimate, chance, 1e-12);
        assert!((time.estimate - periods).abs() < 1e-10 * periods.max(1.0));
        assert!(found.low <= chance && chance <= found.high);
        assert!(time.low <= time.estimate && time.estimate <= time.high);
    }

    let forecast = chain.forecast(6).unwrap();
    assert_eq!(forecast.homogeneity(), &chain.homogeneity());
    assert!(!forecast.to_string().contains("caution"));
    let last = &forecast.steps()[5];
    assert_eq!(last.date, Some(month(11)));
    for (size, expected) in
        last.sizes.iter().zip([78.78852902246787, 124.59999456021136, 91.85009370049691])
    {
        close(size.expected, expected, 1e-12);
        assert!(size.low < expected && expected < size.high);
    }
    let narrow = forecast.interval(6, segment(0), Confidence::P80).unwrap();
    assert!(narrow.0 > last.sizes[0].low && narrow.1 < last.sizes[0].high);
    assert_eq!(forecast.interval(7, segment(0), Confidence::P80), None);
    assert_eq!(forecast.interval(1, segment(3), Confidence::P80), None);

    for (lasting, (half_life, stay, low)) in chain.persistence().iter().zip([
        (1.724149085007334, 3.0208333333333335, 1.4669359285688586),
        (1.9317545449173923, 3.316770186335404, 1.6577194971506732),
        (2.1728442259140786, 3.661290322580645, 1.8258245823664954),
    ]) {
        close(lasting.half_life.unwrap().estimate.unwrap(), half_life, 1e-12);
        close(lasting.mean_stay.unwrap().estimate.unwrap(), stay, 1e-12);
        close(lasting.half_life.unwrap().low, low, 1e-9);
    }
}

// statsmodels 0.15.0: proportion_confint(c, n, alpha, method="wilson") and
// multinomial_proportions_confint([12, 30, 3, 55], alpha=0.05, method="goodman").
#[test]
fn intervals_are_those_of_statsmodels() {
    for (count, of, level, low, high) in [
        (12, 80, 0.95, 0.08794040506163546, 0.24413228561323347),
        (0, 10, 0.95, 0.0, 0.27753279986288926),
        (10, 10, 0.8, 0.858931317909459, 1.0),
        (1, 1_000_000, 0.99, 1.1740547499963195e-07, 8.517433834755595e-06),
    ] {
        let share = Proportion::wilson(count, of, Confidence::new(level).unwrap()).unwrap();
        assert!((share.low - low).abs() < 1e-11 && (share.high - high).abs() < 1e-11, "{share:?}");
    }
    let spread = [(0, 12), (1, 30), (2, 3), (3, 55)];
    let moves = spread.iter().flat_map(|&(to, count)| {
        let after = (to < 3).then(|| segment(to));
        (0..count).map(move |_| Transition {
            before: Some(segment(0)),
            after,
            ..Transition::default()
        })
    });
    let migration = Migration::of_transitions(["A", "B", "C"], moves).unwrap();
    let goodman = migration.clone().intervals(Intervals::Goodman);
    for (to, low, high) in [
        (Some(0), 0.06046712313276736, 0.22416155053552866),
        (Some(1), 0.200077302940014, 0.42341147267487866),
        (Some(2), 0.007894880832306155, 0.10730374186269157),
        (None, 0.42647244158827574, 0.6676553645080012),
    ] {
        let share = goodman.probability(segment(0), to.map(segment)).unwrap();
        close(share.low, low, 1e-9);
        close(share.high, high, 1e-9);
        let wilson = migration.probability(segment(0), to.map(segment)).unwrap();
        assert!(wilson.low > low && wilson.high < high);
    }
    assert_eq!(migration.probability(segment(1), None), None);
}

#[test]
fn moves_carry_their_values() {
    let money = |units: i64| Money::from_units(units);
    let (anna, berta, clara) = (CustomerIdx::new(0), CustomerIdx::new(1), CustomerIdx::new(9));
    let (march, april) = (month(2), month(3));
    let rows = [
        (clara, april, segment(1), money(5)),
        (anna, march, segment(0), money(100)),
        (anna, april, segment(1), money(140)),
        (berta, march, segment(1), money(30)),
    ];
    let history = SegmentHistory::new(["Brand switcher", "Loyal"], rows).unwrap();
    let migration = history.migration(march, april).unwrap();
    assert_eq!(migration.value(Some(segment(0)), Some(segment(1))), Some((money(100), money(140))));
    assert_eq!(migration.value(Some(segment(1)), None), Some((money(30), Money::ZERO)));
    assert_eq!(migration.value(None, Some(segment(1))), Some((Money::ZERO, money(5))));
    let loyal = &migration.net()[1];
    assert_eq!((loyal.before, loyal.after, loyal.net), (1, 2, 1));
    assert_eq!((loyal.stayed, loyal.arrived, loyal.left), (0, 1, 0));
    assert_eq!((loyal.entered, loyal.exited), (1, 1));
    assert_eq!((loyal.value_before, loyal.value_after), (Some(money(30)), Some(money(145))));
    assert_eq!(
        migration.to_string(),
        "From 2023-03-01 (rows) to 2023-04-01 (columns), per cent of the row\n\
         \x20                customers    1    2 exit\n\
         1 Brand switcher         1    ·  100    ·\n\
         2 Loyal                  1    ·    ·  100\n\
         \x20 entries                1    ·    1    ·\n"
    );
    assert_eq!(
        migration.movers().iter().map(|flow| flow.to_name.as_str()).collect::<Vec<_>>(),
        ["Loyal", "(absent)", "Loyal"]
    );
    assert_eq!(migration.matrix(), [Some(vec![0.0, 1.0, 0.0]), Some(vec![0.0, 0.0, 1.0])]);
    assert_eq!(history.until(march).unwrap().n_rows(), 2);
}

#[test]
fn tables_that_say_two_things_are_refused() {
    let anna = CustomerIdx::new(4);
    let row =
        |at: u32, value| HistoryRow { customer: anna, date: month(at), segment: segment(0), value };
    let refused = |names: &[&str], rows: Vec<HistoryRow>| {
        SegmentHistory::new(names.iter().copied(), rows).unwrap_err().to_string()
    };
    for (message, found) in [
        (
            "customer 4 on 2023-02-01: expected one segment, found a second row",
            refused(&["A"], vec![row(1, None), row(0, None), row(1, None)]),
        ),
        (
            "customer 4 on 2023-01-01: expected a value, as on other rows, found none",
            refused(&["A"], vec![row(1, Some(Money::ZERO)), row(0, None)]),
        ),
        (
            "customer 4 on 2023-01-01: expected a segment below 1, found segment 3",
            refused(&["A"], vec![HistoryRow { segment: segment(3), ..row(0, None) }]),
        ),
        (r#"expected distinct names of segments, found "A" twice"#, refused(&["A", "A"], vec![])),
        ("names of segments: expected at least one, found none", refused(&[], vec![])),
    ] {
        assert_eq!(found, message);
    }
    let history = SegmentHistory::new(["A"], [row(0, None), row(2, None), row(3, None)]).unwrap();
    for (message, found) in [
        (
            "expected one of the 3 dates from 2023-01-01 to 2023-04-01, found 2023-02-01",
            history.migration(month(0), month(1)).unwrap_err(),
        ),
        (
            "expected a date after 2023-03-01, found 2023-03-01",
            history.migration(month(2), month(2)).unwrap_err(),
        ),
        (
            "from 2023-03-01 to 2023-04-01: expected 2 calendar months, found 31 days",
            history.markov().unwrap_err(),
        ),
    ] {
        assert_eq!(found.to_string(), message);
    }
    assert!(MarkovChain::new().period(Period::AsGiven).fit(&history).is_ok());
    for smoothing in [-1.0, f64::NAN, f64::INFINITY] {
        let chain = MarkovChain::new().period(Period::AsGiven).smoothing(smoothing);
        assert!(chain.fit(&history).is_err(), "{smoothing}");
    }
    let empty = SegmentHistory::new(["A"], Vec::<HistoryRow>::new()).unwrap();
    assert!(empty.markov().is_err() && empty.order().is_err());
    assert!(empty.migration(month(0), month(1)).is_err());
    assert!(Migration::between(["A"], &[None], &[]).is_err());
    let error = Migration::between(["A"], &[None], &[Some(segment(1))]).unwrap_err();
    let problem =
        MigrationProblem::NoSuchSegment { place: Place::Row(0), n_segments: 1, found: segment(1) };
    assert_eq!(error.to_string(), problem.to_string());
    let nobody = Migration::between(["A"], &[None], &[None]).unwrap();
    assert_eq!((nobody.flows().len(), nobody.staying()), (0, None));
    assert_eq!(nobody.matrix(), [None]);
}

/// A history of one customer for each list of segments, a month apart; `9` is absence.
fn paths(names: &[&str], paths: &[&[u32]]) -> SegmentHistory {
    let rows = paths.iter().zip(CustomerIdx::all(paths.len())).flat_map(|(path, customer)| {
        let here = path.iter().enumerate().filter(|(_, at)| **at != 9);
        here.map(move |(t, &at)| (customer, month(t as u32), segment(at)))
    });
    SegmentHistory::new(names.iter().copied(), rows.collect::<Vec<_>>()).unwrap()
}

#[test]
fn chains_without_a_steady_state_say_so() {
    // In turns: 0 -> 1 -> 0.
    let turns = paths(&["A", "B"], &[&[0, 1, 0], &[1, 0, 1], &[0, 1, 0]]).markov().unwrap();
    let steady = turns.steady_state();
    assert_eq!(steady.long_run, LongRun::Swings { period: 2 });
    assert_eq!(steady.shares.unwrap().map_estimates(), [0.5, 0.5]);
    assert_eq!(turns.persistence()[0].half_life.unwrap().estimate, Some(0.0));

    // Two groups nobody leaves, one of which takes a quarter of those on the way.
    let two = paths(
        &["A", "B", "C"],
        &[&[0, 1, 1], &[0, 2, 2], &[0, 2, 2], &[0, 2, 2], &[1, 1, 1], &[9, 9, 0]],
    );
    let two = two.markov().unwrap();
    assert_eq!(two.structure().absorbing(), [segment(1), segment(2)]);
    assert_eq!(two.structure().transient(), [segment(0)]);
    let steady = two.steady_state();
    assert_eq!(steady.long_run, LongRun::DependsOnStart);
    let shares = steady.shares.unwrap().map_estimates();
    // Of six customers one is on the way.
    for (share, expected) in shares.iter().zip([0.0, 2.25 / 6.0, 3.75 / 6.0]) {
        assert!((share - expected).abs() < 1e-12, "{shares:?}");
    }
    let ways = two.passage(&[segment(1)]).unwrap();
    assert!((ways[0].probability.unwrap().estimate - 0.25).abs() < 1e-12);
    assert!((ways[0].periods.unwrap().estimate - 1.0).abs() < 1e-12);
    assert_eq!((ways[2].probability.unwrap().estimate, ways[2].periods), (0.0, None));
    assert_eq!(two.persistence()[1].half_life.unwrap().estimate, None);
    assert!(two.persistence()[1].half_life.unwrap().low > 0.0);

    // Nobody was followed from C.
    let unknown = paths(&["A", "B", "C"], &[&[0, 1, 2], &[1, 0, 0]]).markov().unwrap();
    assert_eq!(unknown.steady_state().long_run, LongRun::Unknown);
    assert_eq!(unknown.steady_state().shares, None);
    assert_eq!(unknown.persistence()[2].stay, None);
    assert_eq!(unknown.passage(&[segment(0)]).unwrap()[1].probability, None);
    assert_eq!(
        unknown.forecast(1).unwrap_err().to_string(),
        "segment \"C\": expected customers followed over at least one period, found none; \
         additive smoothing admits it"
    );
    let smooth = MarkovChain::new().smoothing(1.0);
    let history = paths(&["A", "B", "C"], &[&[0, 1, 2], &[1, 0, 0]]);
    assert!(smooth.fit(&history).unwrap().forecast(3).is_ok());
}

trait MapEstimates {
    fn map_estimates(&self) -> Vec<f64>;
}

impl MapEstimates for Vec<patronage_segment::Estimate> {
    fn map_estimates(&self) -> Vec<f64> {
        self.iter().map(|share| share.estimate).collect()
    }
}

#[test]
fn forecasts_check_their_parameters_and_repeat() {
    let chain = history().markov().unwrap();
    for wrong in [
        Forecast::new(0),
        Forecast::new(1001),
        Forecast::new(1).draws(99),
        Forecast::new(1).start([1, 2]),
        Forecast::new(1).start([u64::MAX, 2, 3]),
    ] {
        assert!(wrong.of(&chain).is_err(), "{wrong:?}");
    }
    let forecast = || Forecast::new(2).draws(200).seed(7).of(&chain).unwrap();
    patronage_testkit::check_same_on_any_pool(forecast, |a, b| a == b);
    assert_ne!(Forecast::new(2).draws(200).seed(8).of(&chain).unwrap(), forecast());
    // Nobody stays nobody, save for entries.
    let nobody = Forecast::new(1).start([0, 0, 0]).of(&chain).unwrap();
    assert!((nobody.steps()[0].total.expected - 71.0 / 5.0).abs() < 1e-12);
}

/// Sizes, entries and moves of a truth from which both past and future are drawn.
fn simulated(seed: u64, n_past: u32, horizon: u32) -> (SegmentHistory, Vec<u64>) {
    let mut draws = Draws::new(seed);
    let mut customers: Vec<usize> = (0..150).map(|_| draws.below(3)).collect();
    let mut alive: Vec<bool> = vec![true; 150];
    let mut rows = Vec::new();
    for t in 0..n_past + horizon {
        if t > 0 {
            for (at, alive) in customers.iter_mut().zip(&mut alive) {
                *alive &= draws.uniform() < 0.95;
                *at = step(&TRUTH, *at, draws.uniform());
            }
            // Poisson entries, 8 a month, by their exponential gaps; most into the first segment.
            let mut gap = -(1.0 - draws.uniform()).ln();
            while gap < 8.0 {
                gap -= (1.0 - draws.uniform()).ln();
                customers.push(if draws.uniform() < 0.7 { 0 } else { 1 });
                alive.push(true);
            }
        }
        if t < n_past {
            let here = CustomerIdx::all(customers.len()).zip(&customers).zip(&alive);
            rows.extend(
                here.filter(|(_, alive)| **alive)
                    .map(|((customer, &at), _)| (customer, month(t), segment(at as u32))),
            );
        }
    }
    let mut sizes = vec![0; 3];
    for (&at, _) in customers.iter().zip(&alive).filter(|(_, alive)| **alive) {
        sizes[at] += 1;
    }
    (SegmentHistory::new(["A", "B", "C"], rows).unwrap(), sizes)
}

#[test]
fn forecast_intervals_hold_the_future_as_often_as_they_say() {
    let n = 400;
    for (n_past, horizon) in [(6, 1), (8, 6)] {
        let (mut held, mut held80, mut total) = ([0; 3], [0; 3], 0);
        for seed in 0..n {
            let (history, future) = simulated(seed, n_past, horizon);
            let chain = history.markov().unwrap();
            let forecast = Forecast::new(horizon).draws(400).seed(seed).of(&chain).unwrap();
            let last = &forecast.steps()[horizon as usize - 1];
            for s in 0..3 {
                let size = last.sizes[s];
                let truth = future[s] as f64;
                held[s] += u32::from(size.low <= truth && truth <= size.high);
                let at = forecast.interval(horizon, segment(s as u32), Confidence::P80).unwrap();
                held80[s] += u32::from(at.0 <= truth && truth <= at.1);
            }
            let truth = future.iter().sum::<u64>() as f64;
            total += u32::from(last.total.low <= truth && truth <= last.total.high);
        }
        // Standard errors are 1.1 and 2 percentage points.
        for held in held.into_iter().chain([total]) {
            let share = f64::from(held) / n as f64;
            assert!((0.91..=0.985).contains(&share), "{n_past} {horizon}: 95 % held {share}");
        }
        for held in held80 {
            let share = f64::from(held) / n as f64;
            assert!((0.73..=0.88).contains(&share), "{n_past} {horizon}: 80 % held {share}");
        }
    }
}

#[test]
fn intervals_of_the_long_run_hold_the_truth_as_often_as_they_say() {
    // numpy 2.4.6 on TRUTH: np.linalg.eig, and np.linalg.solve for the ten periods to C.
    let steady = [7.0 / 27.0, 11.0 / 27.0, 1.0 / 3.0];
    let (mut held, mut way, mut half, n) = ([0; 3], 0, 0, 300);
    for seed in 0..n {
        let mut draws = Draws::new(1000 + seed);
        let mut rows = Vec::new();
        for customer in CustomerIdx::all(120) {
            let mut at = draws.below(3);
            for t in 0..6 {
                rows.push((customer, month(t), segment(at as u32)));
                at = step(&TRUTH, at, draws.uniform());
            }
        }
        let chain = SegmentHistory::new(["A", "B", "C"], rows).unwrap().markov().unwrap();
        let shares = chain.steady_state().shares.unwrap();
        for (held, (share, truth)) in held.iter_mut().zip(shares.iter().zip(steady)) {
            *held += u32::from(share.low <= truth && truth <= share.high);
        }
        let periods = chain.passage(&[segment(2)]).unwrap()[0].periods.unwrap();
        way += u32::from(periods.low <= 10.0 && 10.0 <= periods.high);
        let lasting = chain.persistence()[0].half_life.unwrap();
        let truth = 0.5_f64.ln() / 0.7_f64.ln();
        half += u32::from(lasting.low <= truth && truth <= lasting.high.unwrap());
    }
    // The standard error is 1.3 percentage points.
    for held in held.into_iter().chain([way, half]) {
        let share = f64::from(held) / n as f64;
        assert!((0.91..=0.985).contains(&share), "95 % held {share}");
    }
}

#[test]
fn entries_and_exits_balance_where_they_can() {
    let chain = history().markov().unwrap();
    let sizes = chain.equilibrium().unwrap();
    // numpy 2.4.6: np.linalg.solve((np.eye(3) - P).T, entries / 5).
    for (size, expected) in
        sizes.iter().zip([82.724358974359, 131.50799007444175, 97.07864350703063])
    {
        close(size.estimate, expected, 1e-11);
        assert!(size.low < expected && expected < size.high);
    }
    let closed = MarkovChain::new().population(Population::Closed).fit(&history()).unwrap();
    assert_eq!(closed.equilibrium(), None);
    // Nobody exits, or nobody comes.
    assert_eq!(paths(&["A"], &[&[0, 0], &[9, 0]]).markov().unwrap().equilibrium(), None);
    assert_eq!(paths(&["A"], &[&[0, 0], &[0, 9]]).markov().unwrap().equilibrium(), None);
}

#[test]
fn homogeneity_finds_a_change_and_little_else() {
    let drawn = |seed: u64, n: usize, change: bool| {
        let mut draws = Draws::new(seed);
        let mut rows = Vec::new();
        for customer in CustomerIdx::all(n) {
            let mut at = draws.below(3);
            for t in 0..4 {
                if t > 0 {
                    let from = if change && t == 3 && at == 0 { 2 } else { at };
                    at = step(&TRUTH, from, draws.uniform());
                }
                rows.push((customer, month(t), segment(at as u32)));
            }
        }
        SegmentHistory::new(["A", "B", "C"], rows).unwrap().markov().unwrap().homogeneity()
    };
    let changed = drawn(1, 300, true);
    assert!(changed.p_value().unwrap() < 1e-6);
    assert_eq!(changed.most_changed(), Some(segment(0)));
    assert_eq!(changed.simulated, None);
    for (n, sparse) in [(300, false), (24, true)] {
        let mut rejected = 0;
        for seed in 0..300 {
            let test = drawn(seed, n, false);
            assert_eq!(test.simulated.is_some(), sparse);
            rejected += u32::from(test.p_value().unwrap() < 0.05);
        }
        // The standard error is 1.3 percentage points.
        let share = f64::from(rejected) / 300.0;
        assert!((0.015..=0.09).contains(&share), "{n} customers: {share} rejected");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_customer_is_counted_once(
        labels in prop::collection::vec((0_u32..5, 0_u32..5), 0..60),
    ) {
        let label = |at: u32| (at < 4).then(|| segment(at));
        let (before, after): (Vec<_>, Vec<_>) =
            labels.iter().map(|&(a, b)| (label(a), label(b))).unzip();
        let names = ["A", "B", "C", "D"];
        let migration = Migration::between(names, &before, &after).unwrap();
        let counted: u64 = migration.flows().iter().map(|flow| flow.count).sum();
        let seen = labels.iter().filter(|(a, b)| *a < 4 || *b < 4).count();
        prop_assert_eq!(counted, seen as u64);
        for net in migration.net() {
            prop_assert_eq!(net.net, net.after as i64 - net.before as i64);
            prop_assert_eq!(net.stayed + net.left + net.exited, net.before);
            prop_assert_eq!(net.stayed + net.arrived + net.entered, net.after);
        }
        for row in migration.matrix().into_iter().flatten() {
            prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
        // The same from a history, whatever the order of its rows.
        let dated = |labels: &[Option<SegmentIdx>], date| {
            let all = CustomerIdx::all(labels.len()).zip(labels.to_vec());
            all.filter_map(move |(c, s)| Some((c, date, s?))).collect::<Vec<_>>()
        };
        let mut rows = dated(&after, month(1));
        rows.extend(dated(&before, month(0)));
        let history = SegmentHistory::new(names, rows.clone()).unwrap();
        rows.reverse();
        prop_assert_eq!(&SegmentHistory::new(names, rows).unwrap(), &history);
        let labels = [(month(0), &before[..]), (month(1), &after[..])];
        prop_assert_eq!(&SegmentHistory::of_labels(names, labels).unwrap(), &history);
        if history.dates().len() == 2 {
            let same = history.migration(month(0), month(1)).unwrap();
            prop_assert_eq!(same.flows(), migration.flows());
            prop_assert_eq!(history.migrations().next().unwrap(), same);
        }
    }
}
