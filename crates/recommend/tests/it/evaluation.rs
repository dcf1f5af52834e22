//! Evaluations, splits and leaks.

use patronage_core::{
    Csr, CustomerIdx, During, Fit, HistoryEntry, InteractionTable, Interactions, ItemFilter,
    ItemIdx, Line, Money, OrderIdx, PurchaseTable, Recommender, Request, Seen, Span, Timestamp,
    Weight, Window,
};
use patronage_recommend::{
    BlendSearch, Case, Evaluation, HeldOut, ItemKnn, Metric, NoHistory, Popularity,
    PurchaseRequests, Split, Unknown, for_each_top_k,
};

use crate::common::{content, held_out, table};

fn day(day: i64) -> Timestamp {
    Timestamp::default() + Span::days(day)
}

/// Lines of customer, day, order and item.
fn purchases(lines: &[(u32, i64, u32, u32)]) -> PurchaseTable {
    let mut table = PurchaseTable::builder().n_items(6);
    for &(customer, at, order, item) in lines {
        table.push(
            CustomerIdx::new(customer),
            Line {
                at: day(at),
                order: OrderIdx::new(order),
                item: Some(ItemIdx::new(item)),
                quantity: 1.0,
                amount: Money::from_units(1),
            },
        );
    }
    table.build().unwrap()
}

/// Item `i` scores `−i`: always 0, 1, 2, …
struct InOrder(usize);

impl Recommender for InOrder {
    fn n_items(&self) -> usize {
        self.0
    }

    fn scores(&self, _: &Request<'_>, out: &mut [f32]) {
        out.iter_mut().enumerate().for_each(|(item, score)| *score = -(item as f32));
    }
}

#[test]
fn everybody_is_counted() {
    let shop = purchases(&[
        // Bought 0 and 1 before; 1 again and 2 after.
        (0, 1, 0, 0),
        (0, 1, 0, 1),
        (0, 9, 1, 1),
        (0, 9, 1, 2),
        // New after the cut, with an item nobody had before.
        (1, 8, 2, 5),
        // Nothing after the cut.
        (2, 2, 3, 0),
        // Buys again only what she had.
        (3, 3, 4, 3),
        (3, 8, 5, 3),
    ]);
    let cut = day(5);
    let after = Window { start: cut, end: day(20) };
    let before = During::before(&shop, cut);
    let cases = HeldOut::from_purchases(&before, &During::new(&shop, after), cut).unwrap();
    assert_eq!((cases.len(), cases.n_without_targets()), (3, 1));

    let training = InteractionTable::from_purchases(&before, Weight::Binary).unwrap();
    cases.check_leakage(&training).unwrap();
    let metrics = [Metric::Recall(2), Metric::PlainRecall(1), Metric::HitRate(1), Metric::Mrr(5)];
    let evaluation = Evaluation::new(Seen::Exclude).metrics(metrics).training(&training);
    let report = evaluation.clone().run(&InOrder(6), &cases).unwrap();
    // Customer 0 sees 2 first; customer 1 finds 5 in none of the first five; customer 3 has no target left.
    assert_eq!((report.n_customers(), report.n_without_targets()), (2, 2));
    assert_eq!(
        (report.n_targets(), report.n_targets_seen(), report.n_targets_unknown()),
        (2, 2, 2)
    );
    assert_eq!(report.n_without_history(), 1);
    assert_eq!(report.mean(Metric::Recall(2)), Some(0.5));
    assert_eq!(report.mean(Metric::Mrr(5)), Some(0.5));
    assert_eq!(report.mean(Metric::Ndcg(2)), None);
    // Lists 2, 3, … and 0, 1, …: of six items, one each.
    assert_eq!(report.coverage(1), Some(2.0 / 6.0));
    assert_eq!(report.coverage(5), Some(1.0));

    let report = evaluation.clone().unknown(Unknown::Drop).run(&InOrder(6), &cases);
    // Item 2 was not bought before the cut either.
    assert_eq!(
        report.unwrap_err().to_string(),
        "customers with targets: expected at least one, found none"
    );
    let report = evaluation.no_history(NoHistory::Skip).run(&InOrder(6), &cases).unwrap();
    assert_eq!((report.n_customers(), report.n_without_history()), (1, 1));

    let again = Evaluation::new(Seen::Allow).metrics(metrics).run(&InOrder(6), &cases).unwrap();
    assert_eq!((again.n_customers(), again.n_targets(), again.n_targets_seen()), (3, 4, 0));
    assert_eq!(again.mean(Metric::Recall(2)), Some((0.5 + 0.0 + 0.0) / 3.0));
}

#[test]
fn intervals_hold_the_mean_and_comparisons_see_what_is_there() {
    let (training, cases) = (table(200), held_out(150));
    let metric = Metric::Ndcg(5);
    let evaluation = Evaluation::new(Seen::Exclude).metrics([metric]).seed(3);
    let knn = evaluation.run(&ItemKnn::new(10).fit(&training).unwrap(), &cases).unwrap();
    let popularity = evaluation.run(&Popularity::new().fit(&training).unwrap(), &cases).unwrap();
    for report in [&knn, &popularity] {
        let figure = report.figures()[0];
        let (low, high) = figure.interval.unwrap();
        assert!(low < figure.mean && figure.mean < high, "{figure}");
        // About ± 2 standard errors.
        let values = report.per_customer(metric).unwrap();
        let n = values.len() as f64;
        let squares: f64 = values.iter().map(|(_, v)| (v - figure.mean).powi(2)).sum();
        let width = 2.0 * 1.96 * (squares / n / n).sqrt();
        assert!((high - low) / width > 0.8 && (high - low) / width < 1.2);
    }
    let better = knn.compare(&popularity, metric).unwrap();
    assert!(better.difference > 0.1 && better.p_value < 0.01, "{better:?}");
    let (low, high) = better.interval.unwrap();
    assert!(low < better.difference && better.difference < high && low > 0.0);
    let same = knn.compare(&knn, metric).unwrap();
    assert_eq!((same.difference, same.p_value), (0.0, 1.0));
    assert_eq!(
        evaluation.run(&content(), &cases).unwrap(),
        evaluation.run(&content(), &cases).unwrap()
    );
    let other = evaluation.run(&content(), &held_out(10)).unwrap();
    assert!(knn.compare(&other, metric).is_err());
    assert!(evaluation.clone().level(1.0).run(&content(), &cases).is_err());
    assert!(evaluation.clone().metrics([]).run(&content(), &cases).is_err());
    assert!(evaluation.metrics([Metric::Map(0)]).run(&content(), &cases).is_err());
}

#[test]
fn weights_of_a_blend_are_found() {
    let training = table(200);
    let (knn, popularity) =
        (ItemKnn::new(10).fit(&training).unwrap(), Popularity::new().fit(&training).unwrap());
    let metric = Metric::Ndcg(5);
    let search = BlendSearch::new(metric).steps(4);
    let trials = search.run(&[&knn, &popularity], &held_out(150)).unwrap();
    assert_eq!(trials.trials().len(), 5);
    let judged = Evaluation::new(Seen::Exclude).metrics([metric]);
    // The ends of the grid are the members alone, judged as the evaluation judges them.
    for (trial, alone) in [(4, &knn as &dyn Recommender), (0, &popularity)] {
        let report = judged.run(&alone, &held_out(150)).unwrap();
        let gap = trials.trials()[trial].value - report.mean(metric).unwrap();
        assert!(gap.abs() < 1e-12, "{gap}");
    }
    let best = trials.best();
    assert!(trials.trials().iter().all(|trial| trial.value <= best.value));
    assert!(search.run(&[], &held_out(10)).is_err());
    assert!(search.steps(0).run(&[&knn], &held_out(10)).is_err());
}

#[test]
fn leaks_are_refused() {
    let shop = purchases(&[(0, 1, 0, 0), (0, 9, 1, 1)]);
    let late = During::before(&shop, day(20));
    let error = HeldOut::from_purchases(&late, &late, day(5)).unwrap_err();
    let expected = "customer 0: expected targets at or after 1970-01-06T00:00:00Z, found one at 1970-01-02T00:00:00Z";
    assert_eq!(error.to_string(), expected);
    let after = During::new(&shop, Window { start: day(5), end: day(20) });
    let error = HeldOut::from_purchases(&late, &after, day(5)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "customer 0: expected what is known strictly before 1970-01-06T00:00:00Z, found an interaction at 1970-01-10T00:00:00Z"
    );
    // A sound case, and a model that was fitted on its future.
    let before = During::before(&shop, day(5));
    let cases = HeldOut::from_purchases(&before, &after, day(5)).unwrap();
    let all = InteractionTable::from_purchases(&shop, Weight::Binary).unwrap();
    assert!(cases.check_leakage(&all).is_err());
    cases
        .check_leakage(&InteractionTable::from_purchases(&before, Weight::Binary).unwrap())
        .unwrap();
    // What happens at the very moment of the request is its future.
    let at_the_cut = During::before(&shop, day(9) + Span::micros(1));
    let at_the_cut = InteractionTable::from_purchases(&at_the_cut, Weight::Binary).unwrap();
    let from = During::new(&shop, Window { start: day(9), end: day(20) });
    let cases = HeldOut::from_purchases(&During::before(&shop, day(9)), &from, day(9)).unwrap();
    assert!(cases.check_leakage(&at_the_cut).is_err());

    let other = purchases(&[(0, 9, 0, 0), (1, 9, 1, 0)]);
    assert!(HeldOut::from_purchases(&before, &other, day(5)).is_err());
    let request = Request { history: &[], customer: None, as_of: day(0) };
    assert!(HeldOut::new(2).push(Case { request, targets: &[ItemIdx::new(2)] }).is_err());
}

#[test]
fn the_last_basket_is_held_back() {
    let shop = purchases(&[
        (0, 1, 0, 0),
        (0, 2, 1, 1),
        (0, 9, 2, 2),
        (0, 9, 2, 3),
        // One moment only: stays in training.
        (1, 4, 3, 0),
        (1, 4, 3, 5),
    ]);
    let data = InteractionTable::from_purchases(&shop, Weight::Binary).unwrap();
    let split = Split::leave_last_out(&data).unwrap();
    assert_eq!(split.held_out.len(), 1);
    let case = split.held_out.case(0);
    assert_eq!(case.targets, [ItemIdx::new(2), ItemIdx::new(3)]);
    assert_eq!((case.request.customer, case.request.as_of), (Some(CustomerIdx::new(0)), day(9)));
    let history: Vec<u32> = case.request.history.iter().map(|entry| entry.item.get()).collect();
    assert_eq!(history, [0, 1]);
    assert_eq!(split.training.row(CustomerIdx::new(0)).items().len(), 2);
    assert_eq!(split.training.row(CustomerIdx::new(1)).items().len(), 2);
    split.held_out.check_leakage(&split.training).unwrap();
    assert!(split.held_out.check_leakage(&data).is_err());
    assert!(Split::leave_last_out(&table(3)).is_err());
}

#[test]
fn splits_divide_what_there_is() {
    let data = table(80);
    let n = |data: &InteractionTable| data.weights().n_entries();
    let n_targets =
        |held_out: &HeldOut| held_out.iter().map(|case| case.targets.len()).sum::<usize>();
    let random = Split::random(&data, 0.25, 7).unwrap();
    assert_eq!(n(&random.training) + n_targets(&random.held_out), n(&data));
    let share = n_targets(&random.held_out) as f64 / n(&data) as f64;
    assert!((share - 0.25).abs() < 0.06, "{share}");
    assert_eq!(random, Split::random(&data, 0.25, 7).unwrap());
    assert_ne!(random, Split::random(&data, 0.25, 8).unwrap());
    assert!(Split::random(&data, 1.0, 7).is_err());

    let strong = Split::strong(&data, |c| c.get() % 4 == 0, |_, item| item.get() % 2 == 0).unwrap();
    let n_known: usize = strong.held_out.iter().map(|case| case.request.history.len()).sum();
    assert_eq!(n(&strong.training) + n_targets(&strong.held_out) + n_known, n(&data));
    assert!(strong.held_out.iter().all(|case| case.request.customer.is_none()));
    assert!(strong.training.row(CustomerIdx::new(4)).items().is_empty());
}

#[test]
fn lists_are_streamed_in_order() {
    let shop = purchases(&[(0, 1, 0, 0), (0, 9, 1, 1), (2, 2, 2, 3)]);
    let data = InteractionTable::from_purchases(&shop, Weight::Binary).unwrap();
    let model = Popularity::new().fit(&data).unwrap();
    let mut lists = Vec::new();
    let requests = PurchaseRequests::new(&shop, day(5));
    for_each_top_k(&model, &requests, 2, &ItemFilter::default(), |customer, best| {
        lists.push((customer, best.iter().map(|scored| scored.item.get()).collect::<Vec<_>>()));
    });
    assert_eq!(lists, [(0, vec![1, 3]), (1, vec![0, 1]), (2, vec![0, 1])]);
    let histories: Vec<Vec<HistoryEntry>> =
        (0..5000u32).map(|n| HistoryEntry::from_items(&[ItemIdx::new(n % 6)])).collect();
    let requests = crate::common::requests(&histories);
    let (mut next, filter) = (0, ItemFilter::default());
    for_each_top_k(&model, &requests[..], 1, &filter, |index, best| {
        assert_eq!(index, next);
        assert_eq!(best, model.top_k(&requests[index], 1, &filter));
        next += 1;
    });
    assert_eq!(next, 5000);
}

#[test]
fn windows_and_half_lives_weigh_popularity() {
    let shop = purchases(&[(0, 0, 0, 0), (1, 10, 1, 0), (2, 20, 2, 1)]);
    let data = InteractionTable::from_purchases(&shop, Weight::Binary).unwrap();
    let fit = |estimator: Popularity| estimator.fit(&data).unwrap().popularity()[..2].to_vec();
    assert_eq!(fit(Popularity::new()), [2.0, 1.0]);
    assert_eq!(fit(Popularity::new().window(Window { start: day(5), end: day(20) })), [1.0, 0.0]);
    assert_eq!(fit(Popularity::new().half_life(Span::days(10), day(20))), [0.75, 1.0]);
}

/// A model that scores fewer items than were held out cannot hit the others, and says so.
#[test]
fn items_beyond_the_model_are_declared() {
    let mut cases = HeldOut::new(9);
    let request = Request { history: &[], customer: None, as_of: day(0) };
    cases.push(Case { request, targets: &[ItemIdx::new(0), ItemIdx::new(8)] }).unwrap();
    let report = Evaluation::new(Seen::Allow).run(&InOrder(3), &cases).unwrap();
    assert_eq!((report.n_targets(), report.n_targets_unknown()), (2, 1));
    assert_eq!(report.mean(Metric::Recall(20)), Some(0.5));
    let nothing = Csr::new(3, vec![0], vec![], vec![]).unwrap();
    let evaluation =
        Evaluation::new(Seen::Allow).training(&InteractionTable::new(nothing).unwrap());
    assert_eq!(evaluation.run(&InOrder(3), &cases).unwrap().n_targets_unknown(), 2);
}
