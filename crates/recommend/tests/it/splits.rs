//! Splits along time and by customer, their leaks, and what they declare.

use patronage_core::{
    Csr, CustomerIdx, InteractionTable, Interactions, ItemIdx, Line, Money, OrderIdx,
    PurchaseTable, Request, Span, Timestamp, Weight, Window,
};
use patronage_recommend::{Case, ErrorKind, HeldOut, RollingWindows, Split};
use proptest::prelude::*;

use crate::common::table;

fn day(day: i64) -> Timestamp {
    Timestamp::default() + Span::days(day)
}

/// Interactions of customer, item and day.
fn timed(n_customers: usize, n_items: usize, entries: &[(u32, u32, i64)]) -> InteractionTable {
    let weights: Vec<(u32, u32, f32)> =
        entries.iter().map(|&(customer, item, _)| (customer, item, 1.0)).collect();
    let weights = Csr::from_entries(n_customers, n_items, &weights, |_, _| {}).unwrap();
    let mut ordered = entries.to_vec();
    ordered.sort_unstable();
    let at = ordered.iter().map(|&(_, _, at)| day(at)).collect();
    let baskets = vec![OrderIdx::new(0); entries.len()];
    InteractionTable::new(weights).unwrap().timed(at, baskets).unwrap()
}

fn items(table: &InteractionTable, customer: u32) -> &[u32] {
    ItemIdx::peel_slice(table.row(CustomerIdx::new(customer)).items())
}

fn history(held_out: &HeldOut, case: usize) -> Vec<u32> {
    held_out.case(case).request.history.iter().map(|entry| entry.item.get()).collect()
}

#[test]
fn time_is_cut_once_for_everybody() {
    let data = timed(4, 5, &[(0, 0, 1), (0, 1, 5), (0, 2, 9), (1, 3, 7), (2, 4, 2)]);
    let split = Split::at(&data, day(5)).unwrap();
    assert_eq!(
        [0, 1, 2, 3].map(|c| items(&split.training, c).to_vec()),
        [vec![0], vec![], vec![4], vec![]]
    );
    // Customer 2 has nothing after the cut, customer 3 nothing at all.
    assert_eq!((split.held_out.len(), split.held_out.n_without_targets()), (2, 2));
    assert_eq!(ItemIdx::peel_slice(split.held_out.targets(0)), [1, 2]);
    assert_eq!((history(&split.held_out, 0), history(&split.held_out, 1)), (vec![0], vec![]));
    assert_eq!(split.held_out.case(1).request.as_of, day(5));
    split.held_out.check_leakage_of_others(&split.training).unwrap();
    let audit = split.held_out.audit(&split.training).unwrap();
    assert_eq!((audit.n_cases, audit.n_anonymous, audit.n_customers_unknown), (2, 0, 1));
    assert_eq!((audit.n_targets, audit.n_targets_unknown, audit.n_items_unknown), (3, 3, 3));
    assert_eq!((audit.n_untimed, audit.n_targets_repeated, audit.n_history_unknown), (0, 0, 0));
    assert!(matches!(Split::at(&table(3), day(5)).unwrap_err().kind(), ErrorKind::Untimed { .. }));
}

#[test]
fn windows_leave_nothing_uncounted() {
    // Before training, in training, in the gap, in the test, after it.
    let data = timed(1, 5, &[(0, 0, 1), (0, 1, 11), (0, 2, 21), (0, 3, 31), (0, 4, 41)]);
    let window = |start, end| Window { start: day(start), end: day(end) };
    let split = Split::windows(&data, window(10, 20), window(30, 40)).unwrap();
    assert_eq!(items(&split.training, 0), [1]);
    assert_eq!(history(&split.held_out, 0), [0, 1, 2]);
    assert_eq!(ItemIdx::peel_slice(split.held_out.targets(0)), [3]);
    assert_eq!(split.n_outside, 1);
    let error = Split::windows(&data, window(10, 20), window(19, 40)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "test window: expected one from 1970-01-21T00:00:00Z on, found one from 1970-01-20T00:00:00Z"
    );
    for (training, test) in [(window(10, 10), window(30, 40)), (window(1, 2), window(40, 30))] {
        assert!(Split::windows(&data, training, test).is_err());
    }
}

#[test]
fn windows_roll() {
    let data = timed(1, 4, &[(0, 0, 1), (0, 1, 11), (0, 2, 21), (0, 3, 31)]);
    let rolling = RollingWindows::new(day(10), Span::days(10), 3);
    let splits: Vec<Split> = rolling.splits(&data).unwrap().collect::<Result<_, _>>().unwrap();
    let targets = |split: &Split| ItemIdx::peel_slice(split.held_out.targets(0)).to_vec();
    assert_eq!(splits.iter().map(targets).collect::<Vec<_>>(), [vec![1], vec![2], vec![3]]);
    let n_outside: Vec<usize> = splits.iter().map(|split| split.n_outside).collect();
    assert_eq!(n_outside, [2, 1, 0]);
    assert_eq!(items(&splits[2].training, 0), [0, 1, 2]);
    for split in &splits {
        split.held_out.check_leakage(&split.training).unwrap();
        split.held_out.check_leakage_of_others(&split.training).unwrap();
    }
    let sliding = rolling.training(Span::days(10)).gap(Span::days(2)).step(Span::days(5));
    let windows = sliding.windows().unwrap();
    assert_eq!((windows[1].0.start, windows[1].0.end), (day(3), day(13)));
    assert_eq!((windows[1].1.start, windows[1].1.end), (day(15), day(25)));
    for wrong in [
        RollingWindows::new(day(1), Span::days(1), 0),
        RollingWindows::new(day(1), Span::days(0), 1),
        rolling.step(Span::days(0)),
        rolling.training(Span::days(-1)),
        rolling.gap(Span::days(-1)),
    ] {
        assert!(wrong.windows().is_err(), "{wrong:?}");
    }
}

#[test]
fn purchases_keep_what_is_bought_again() {
    let mut lines = PurchaseTable::builder().n_items(3);
    for (at, item) in [(1, 0), (6, 0), (6, 1), (20, 2)] {
        lines.push(
            CustomerIdx::new(0),
            Line {
                at: day(at),
                order: OrderIdx::new(at as u32),
                item: Some(ItemIdx::new(item)),
                quantity: 1.0,
                amount: Money::from_units(1),
            },
        );
    }
    let shop = lines.build().unwrap();
    let rolling = RollingWindows::new(day(5), Span::days(5), 1);
    let mut splits = rolling.splits_of_purchases(&shop, Weight::Binary).unwrap();
    let split = splits.next().unwrap().unwrap();
    assert_eq!(items(&split.training, 0), [0]);
    assert_eq!(ItemIdx::peel_slice(split.held_out.targets(0)), [0, 1]);
    assert_eq!(split.n_outside, 1);
    let audit = split.held_out.audit(&split.training).unwrap();
    assert_eq!((audit.n_targets_repeated, audit.n_targets_unknown), (1, 1));
    let whole = Split::at_purchases(&shop, day(5), Weight::Binary).unwrap();
    assert_eq!((ItemIdx::peel_slice(whole.held_out.targets(0)).len(), whole.n_outside), (3, 0));
}

/// The leak that random splits hide: a customer is tested on what came before her training.
#[test]
fn a_test_that_precedes_training_fails() {
    let data = timed(1, 12, &(0..12).map(|item| (0, item, i64::from(item))).collect::<Vec<_>>());
    let split = Split::random(&data, 0.3, 1).unwrap();
    let first = split.held_out.targets(0)[0].get();
    let next = *items(&split.training, 0).iter().find(|&&item| item > first).unwrap();
    let error = split.held_out.check_leakage(&split.training).unwrap_err();
    match error.kind() {
        ErrorKind::TestPrecedesTraining { customer, test, training } => {
            assert_eq!(*customer, CustomerIdx::new(0));
            assert_eq!((*test, *training), (day(first.into()), day(next.into())));
        }
        other => panic!("{other}"),
    }
    assert!(error.to_string().starts_with("customer 0: expected nothing in training at or after"));
    assert!(split.held_out.audit(&split.training).is_err());

    // What is pushed by hand is checked where the moment is given.
    let request =
        Request { history: &[], customer: Some(CustomerIdx::new(0)), as_of: Timestamp::MAX };
    let case = Case { request, targets: &[ItemIdx::new(3)] };
    let mut held_out = HeldOut::new(12);
    held_out.push(case).unwrap();
    held_out.check_leakage(&data).unwrap();
    held_out.push_tested_at(case, Some(day(20))).unwrap();
    held_out.check_leakage(&data).unwrap();
    held_out.push_tested_at(case, Some(day(3))).unwrap();
    assert!(held_out.check_leakage(&data).is_err());
    // Leaving the last out is sound for the customer, and leaks what others did later.
    let data = timed(2, 3, &[(0, 0, 1), (0, 1, 2), (1, 1, 8), (1, 2, 9)]);
    let split = Split::leave_last_out(&data).unwrap();
    split.held_out.check_leakage(&split.training).unwrap();
    let error = split.held_out.check_leakage_of_others(&split.training).unwrap_err();
    match error.kind() {
        ErrorKind::Leakage { customer, as_of, at } => {
            assert_eq!((*customer, *as_of, *at), (Some(CustomerIdx::new(1)), day(2), day(8)));
        }
        other => panic!("{other}"),
    }
}

/// Whoever might ask is a case or is counted, however the data are divided.
#[test]
fn customers_without_a_target_are_counted() {
    let data = timed(4, 5, &[(0, 0, 1), (0, 1, 9), (1, 2, 1), (1, 3, 2), (2, 4, 3)]);
    let counts = |split: Split| (split.held_out.len(), split.held_out.n_without_targets());
    let purchases = {
        let mut lines = PurchaseTable::builder().n_items(5).n_customers(4);
        for (customer, item, at) in [(0, 0, 1), (0, 1, 9), (1, 2, 1), (1, 3, 2), (2, 4, 3)] {
            let (order, amount) = (OrderIdx::new(at as u32), Money::from_units(1));
            let item = Some(ItemIdx::new(item));
            let line = Line { at: day(at), order, item, quantity: 1.0, amount };
            lines.push(CustomerIdx::new(customer), line);
        }
        lines.build().unwrap()
    };
    assert_eq!(counts(Split::at(&data, day(5)).unwrap()), (1, 3));
    let of_purchases = Split::at_purchases(&purchases, day(5), Weight::Binary).unwrap();
    assert_eq!(counts(of_purchases), (1, 3));
    // One moment leaves nothing to ask with.
    assert_eq!(counts(Split::leave_last_out(&data).unwrap()), (2, 2));
    let strong = |is_target: fn(CustomerIdx, ItemIdx) -> bool| {
        counts(Split::strong(&data, |customer| customer.get() < 2, is_target).unwrap())
    };
    assert_eq!((strong(|_, item| item.get() == 1), strong(|_, _| false)), ((1, 1), (0, 2)));
    let (n_cases, n_without) = counts(Split::random(&data, 0.3, 4).unwrap());
    assert_eq!(n_cases + n_without, 4);
    // An anonymous request that knows too much is not said to be of customer 0.
    let history = [patronage_core::HistoryEntry::from_items(&[ItemIdx::new(0)])[0]];
    let request = Request { history: &history, customer: None, as_of: day(0) };
    let error = HeldOut::new(5).push(Case { request, targets: &[] }).unwrap_err().to_string();
    assert!(error.starts_with("anonymous request: expected what is known strictly"), "{error}");
}

#[test]
fn customers_are_drawn() {
    let data = table(400);
    let split = Split::strong_drawn(&data, 0.25, 0.5, 3).unwrap();
    let n_cases = split.held_out.len() + split.held_out.n_without_targets();
    assert!((70..=130).contains(&n_cases), "{n_cases}");
    let gone = CustomerIdx::all(400).filter(|&customer| {
        !data.row(customer).items().is_empty() && split.training.row(customer).items().is_empty()
    });
    assert!(gone.count() >= split.held_out.len());
    let audit = split.held_out.audit(&split.training).unwrap();
    assert_eq!((audit.n_anonymous, audit.n_cases), (audit.n_cases, split.held_out.len()));
    assert_eq!(split, Split::strong_drawn(&data, 0.25, 0.5, 3).unwrap());
    assert_ne!(split, Split::strong_drawn(&data, 0.25, 0.5, 4).unwrap());
    assert!(Split::strong_drawn(&data, 0.0, 0.5, 3).is_err());
    assert!(Split::strong_drawn(&data, 0.5, f64::NAN, 3).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every interaction is in training, in a history, a target or outside; none in training after the cut.
    #[test]
    fn nothing_is_lost(
        entries in prop::collection::btree_map((0u32..6, 0u32..9), 0i64..40, 0..40),
        start in 1i64..30,
        length in 1i64..12,
        gap in 0i64..5,
    ) {
        let entries: Vec<(u32, u32, i64)> =
            entries.into_iter().map(|((customer, item), at)| (customer, item, at)).collect();
        let data = timed(6, 9, &entries);
        let training = Window { start: Timestamp::MIN, end: day(start - gap) };
        let test = Window { start: day(start), end: day(start + length) };
        let split = Split::windows(&data, training, test).unwrap();
        let n_training = split.training.weights().n_entries();
        let n_targets: usize = split.held_out.iter().map(|case| case.targets.len()).sum();
        let in_gap = entries.iter().filter(|e| (start - gap..start).contains(&e.2)).count();
        prop_assert_eq!(n_training + n_targets + in_gap + split.n_outside, entries.len());
        prop_assert!(split.held_out.check_leakage_of_others(&split.training).is_ok());
        for case in split.held_out.iter() {
            prop_assert!(case.request.history.iter().all(|entry| entry.at < test.start));
        }
    }
}
