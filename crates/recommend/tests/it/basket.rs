//! The next basket: mlxtend and scipy on small data, figures on The Complete Journey, promises.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use patronage_core::{
    CustomerIdx, Fit, HistoryEntry, ItemIdx, Line, Money, OrderIdx, PurchaseTable, Purchases,
    Recommender, Request, Seen, Timestamp,
};
use patronage_recommend::{
    AssociationRules, Case, ErrorKind, Evaluation, Explain, HeldOut, Metric, PersonalFrequency,
    Report, TifuKnn, Transitions,
};
use patronage_testkit::{check_recommender, check_same_on_any_pool};

fn purchases(lines: impl IntoIterator<Item = (u32, u32, i64, u32)>) -> PurchaseTable {
    let mut table = PurchaseTable::builder();
    for (customer, order, second, item) in lines {
        table.push(
            CustomerIdx::new(customer),
            Line {
                at: Timestamp::from_seconds(second),
                order: OrderIdx::new(order),
                item: Some(ItemIdx::new(item)),
                quantity: 1.0,
                amount: Money::from_units(1),
            },
        );
    }
    table.build().unwrap()
}

/// Baskets by a rule, one a customer; as in the script that made the expected values.
fn by_rule() -> PurchaseTable {
    purchases((0..60).flat_map(|b: u32| {
        let held = move |i: &u32| (b * 7 + i * 5 + b * i) % 11 < 5 - i / 3;
        (0..8).filter(held).map(move |i| (b / 3, b, i64::from(b), i))
    }))
}

/// mlxtend 0.25.0: `association_rules(apriori(d, min_support=.1, max_len=4), metric="confidence",
/// min_threshold=.4)`; scipy 1.17.1: `fisher_exact(..., alternative="greater")`; statsmodels 0.15.0:
/// `multipletests(..., method="fdr_bh")`.
#[test]
fn rules_equal_mlxtend_and_tests_scipy() {
    let found = AssociationRules::new(0.1).min_confidence(0.4).fit(&by_rule()).unwrap();
    assert_eq!(found.n_baskets(), 55);
    let of_size = |n: usize| found.itemsets().iter().filter(|set| set.items.len() == n).count();
    assert_eq!([of_size(1), of_size(2), of_size(3), of_size(4)], [7, 15, 4, 0]);
    let rules = found.rules();
    let sum = |of: fn(&patronage_recommend::Rule) -> f64| rules.iter().map(of).sum::<f64>();
    for (found, expected) in [
        (rules.len() as f64, 22.0),
        (sum(|rule| rule.lift), 33.697_367_321_414_16),
        (sum(|rule| rule.leverage), 0.866_115_702_479_338_9),
        (sum(|rule| rule.conviction.unwrap_or(0.0)), 19.647_830_578_512_398),
        (sum(|rule| f64::from(u8::from(rule.conviction.is_none()))), 6.0),
        (sum(|rule| rule.confidence), 14.521_314_333_814_335),
        (sum(|rule| rule.support), 3.890_909_090_909_09),
        (sum(|rule| rule.p_value), 5.590_000_823_798_165),
        (sum(|rule| rule.adjusted_p_value), 6.767_614_041_842_006),
    ] {
        assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
    }
}

#[test]
fn rules_by_brute_force() {
    let table = by_rule();
    let mut baskets: Vec<Vec<u32>> = vec![Vec::new(); 60];
    for customer in CustomerIdx::all(table.n_customers()) {
        let lines = table.history(customer);
        for (order, item) in lines.orders().iter().zip(lines.items().unwrap()) {
            baskets[order.index()].push(item.get());
        }
    }
    baskets.retain(|basket| !basket.is_empty());
    let holds = |items: &[ItemIdx]| {
        baskets.iter().filter(|b| items.iter().all(|item| b.contains(&item.get()))).count()
    };
    let found = AssociationRules::new(0.05).min_confidence(0.0).max_items(3).fit(&table).unwrap();
    for set in found.itemsets() {
        assert_eq!(set.count as usize, holds(&set.items), "{set:?}");
    }
    for rule in found.rules() {
        let n = baskets.len() as f64;
        let (a, c) = (holds(&rule.antecedent) as f64, holds(&rule.consequent) as f64);
        assert!((rule.confidence - f64::from(rule.count) / a).abs() < 1e-12);
        assert!((rule.lift - f64::from(rule.count) * n / a / c).abs() < 1e-9);
    }
    check_same_on_any_pool(|| AssociationRules::new(0.05).fit(&table).unwrap(), |a, b| a == b);
}

#[test]
fn too_many_sets_and_no_basket_are_refused() {
    let table = by_rule();
    let error = AssociationRules::new(0.01).max_sets(20).fit(&table).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Parameter { parameter: "min_support", .. }));
    for rules in [AssociationRules::new(0.0), AssociationRules::new(f64::NAN)] {
        assert!(rules.fit(&table).is_err());
    }
    assert!(AssociationRules::new(0.5).max_items(17).fit(&table).is_err());
    let empty = PurchaseTable::builder().build().unwrap();
    let error = AssociationRules::new(0.5).fit(&empty).unwrap_err();
    assert_eq!(error.to_string(), "baskets: expected at least one, found none");
    assert!(TifuKnn::new().group_size(0).fit(&table).is_err());
    assert!(TifuKnn::new().basket_decay(0.0).fit(&table).is_err());
    assert!(Transitions::new().decay(1.5).fit(&table).is_err());
}

#[test]
fn every_model_keeps_its_promises() {
    let table = by_rule();
    let history =
        |customer: u32| HistoryEntry::from_lines(table.history(CustomerIdx::new(customer)));
    let mut odd = history(4);
    odd[0].item = ItemIdx::new(99);
    odd[1].weight = f32::NAN;
    odd[2].weight = -1.0;
    let histories = [history(1), history(2), Vec::new(), odd];
    let as_of = Timestamp::from_seconds(1_000);
    let requests: Vec<Request<'_>> = histories
        .iter()
        .flat_map(|history| {
            let of = |customer| Request { history, customer, as_of };
            [of(None), of(Some(CustomerIdx::new(2))), of(Some(CustomerIdx::new(99)))]
        })
        .collect();
    let tifu = TifuKnn::new().k(5).group_size(2).fit(&table).unwrap();
    let frequency = PersonalFrequency::new().fit(&table).unwrap();
    let transitions = Transitions::new().last(2).fit(&table).unwrap();
    check_recommender(&tifu, &requests);
    check_recommender(&frequency, &requests);
    check_recommender(&transitions, &requests);
    check_recommender(&AssociationRules::new(0.05).fit(&table).unwrap(), &requests);
    for request in &requests {
        for model in [&tifu as &dyn Explain, &frequency, &transitions] {
            let mut scores = vec![0.0; 8];
            model.scores(request, &mut scores);
            for item in ItemIdx::all(8) {
                let (total, score) = (model.explain(request, item).total(), scores[item.index()]);
                assert!((total - f64::from(score)).abs() <= 1e-5 * total.abs().max(1e-6));
            }
        }
    }
}

/// By hand: two groups, the earlier of one basket.
#[test]
fn weights_fade_by_basket_and_by_group() {
    let table = purchases([(0, 0, 0, 0), (0, 1, 1, 1), (0, 2, 2, 0), (0, 2, 2, 2)]);
    let model = TifuKnn::new().group_size(2).basket_decay(0.5).group_decay(0.1).alpha(1.0);
    let model = model.fit(&table).unwrap();
    let history = HistoryEntry::from_lines(table.history(CustomerIdx::new(0)));
    let as_of = Timestamp::from_seconds(9);
    let mut scores = [0.0; 3];
    model.scores(&Request { history: &history, customer: None, as_of }, &mut scores);
    // Groups {basket 1, basket 2} and {basket 0}: half of each, baskets half of their group.
    let expected = [0.5 * 0.5 + 0.5 * 0.1, 0.5 * 0.5 * 0.5, 0.5 * 0.5];
    for (found, expected) in scores.iter().zip(expected) {
        assert!((f64::from(*found) - expected).abs() < 1e-6, "{scores:?}");
    }
}

#[cfg(feature = "serde")]
#[test]
fn every_model_is_saved() {
    use patronage_core::{Provenance, SavedModel};
    use patronage_testkit::check_saved_model;

    fn check<M: SavedModel + PartialEq + std::fmt::Debug>(model: &M) {
        check_saved_model(model, Provenance { schema: None, training: None });
    }
    let table = by_rule();
    check(&TifuKnn::new().fit(&table).unwrap());
    check(&PersonalFrequency::new().fit(&table).unwrap());
    check(&Transitions::new().fit(&table).unwrap());
    check(&AssociationRules::new(0.1).fit(&table).unwrap());
}

/// The households of The Complete Journey with at least four baskets: all but their last baskets,
/// those held back, and the baskets before these held back for tuning.
struct Journey {
    history: PurchaseTable,
    last: HeldOut,
    earlier: PurchaseTable,
    tuning: HeldOut,
}

/// Items are products in ascending order of id, so that ties are broken as the reference breaks them.
#[allow(clippy::print_stderr, reason = "a test says that it was skipped")]
fn journey() -> Option<Journey> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let path = Path::new(shared).join("data/complete-journey/transactions_with_products.csv.gz");
    let Ok(file) = std::fs::File::open(path) else {
        eprintln!("skipped for lack of data: The Complete Journey");
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut products: Vec<u32> = Vec::new();
    // Of each household its baskets by (first instant, id), each with its products.
    let mut households: HashMap<u32, HashMap<u64, (&str, Vec<u32>)>> = HashMap::new();
    for line in text.lines().skip(1) {
        let mut fields = line.split(',');
        let mut next = || fields.next().unwrap();
        let (household, _, basket, product, quantity) = (next(), next(), next(), next(), next());
        let at = fields.nth(5).unwrap();
        if quantity.parse::<f64>().unwrap() <= 0.0 {
            continue;
        }
        let product: u32 = product.parse().unwrap();
        products.push(product);
        let baskets = households.entry(household.parse().unwrap()).or_default();
        let basket = baskets.entry(basket.parse().unwrap()).or_insert((at, Vec::new()));
        basket.0 = basket.0.min(at);
        basket.1.push(product);
    }
    products.sort_unstable();
    products.dedup();
    let mut households: Vec<_> = households.into_iter().collect();
    households.sort_unstable_by_key(|&(id, _)| id);
    let mut lines: [Vec<(u32, u32, i64, u32)>; 2] = Default::default();
    let mut targets: [Vec<(u32, i64, Vec<ItemIdx>)>; 2] = Default::default();
    let mut n = 0;
    let mut order = 0;
    for (_, baskets) in households {
        if baskets.len() < 4 {
            continue;
        }
        let mut baskets: Vec<_> =
            baskets.into_iter().map(|(id, (at, items))| (at, id, items)).collect();
        baskets.sort_unstable();
        let n_baskets = baskets.len();
        for (place, (.., items)) in baskets.into_iter().enumerate() {
            let items: Vec<u32> =
                items.iter().map(|id| products.binary_search(id).unwrap() as u32).collect();
            for (side, kept) in [n_baskets - 1, n_baskets - 2].into_iter().enumerate() {
                if place < kept {
                    lines[side].extend(items.iter().map(|&item| (n, order, place as i64, item)));
                } else if place == kept {
                    let items = items.iter().map(|&item| ItemIdx::new(item)).collect();
                    targets[side].push((n, place as i64, items));
                }
            }
            order += 1;
        }
        n += 1;
    }
    let n_items = products.len();
    // The last product of all is known to every table, so that all have the same number of items.
    let table = |lines: Vec<(u32, u32, i64, u32)>| {
        let mut builder = PurchaseTable::builder().n_items(n_items);
        for (customer, order, second, item) in lines {
            let line = Line {
                at: Timestamp::from_seconds(second),
                order: OrderIdx::new(order),
                item: Some(ItemIdx::new(item)),
                quantity: 1.0,
                amount: Money::from_units(1),
            };
            builder.push(CustomerIdx::new(customer), line);
        }
        builder.build().unwrap()
    };
    let [history, earlier] = lines.map(table);
    let mut sides = [&history, &earlier].into_iter().zip(targets).map(|(table, targets)| {
        let mut held_out = HeldOut::new(n_items);
        for (customer, place, targets) in targets {
            let customer = CustomerIdx::new(customer);
            let history = HistoryEntry::from_lines(table.history(customer));
            let as_of = Timestamp::from_seconds(place);
            let request = Request { history: &history, customer: Some(customer), as_of };
            held_out.push(Case { request, targets: &targets }).unwrap();
        }
        held_out
    });
    let (last, tuning) = (sides.next().unwrap(), sides.next().unwrap());
    drop(sides);
    Some(Journey { history, last, earlier, tuning })
}

fn judge(model: &dyn Recommender, held_out: &HeldOut) -> Report {
    Evaluation::new(Seen::Allow)
        .metrics([Metric::PlainRecall(10), Metric::PlainRecall(20)])
        .bootstrap(1000)
        .run(model, held_out)
        .unwrap()
}

/// `next_basket.py`: 2,370 households; personal frequency Recall@10 0.1437, Recall@20 0.1890.
#[test]
#[allow(clippy::print_stderr, reason = "a test says what it measured")]
fn the_complete_journey() {
    let Some(journey) = journey() else { return };
    let baseline = PersonalFrequency::new().fit(&journey.history).unwrap();
    let personal = judge(&baseline, &journey.last);
    assert_eq!(personal.n_customers(), 2370);
    for (metric, expected) in [(Metric::PlainRecall(10), 0.1437), (Metric::PlainRecall(20), 0.1890)]
    {
        assert!((personal.mean(metric).unwrap() - expected).abs() < 5e-5, "{personal:?}");
    }
    // Chosen on the baskets before the last.
    let mut best: Option<(f64, TifuKnn)> = None;
    let fading = |m, r_b, r_g| TifuKnn::new().group_size(m).basket_decay(r_b).group_decay(r_g);
    let grid = [
        TifuKnn::new().k(100),
        fading(1000, 0.97, 1.0).k(100),
        fading(1000, 0.97, 1.0).k(100).alpha(0.5),
        fading(1000, 0.95, 1.0).k(100).alpha(0.5),
    ];
    for model in grid {
        let fitted = model.fit(&journey.earlier).unwrap();
        let reached = judge(&fitted, &journey.tuning).mean(Metric::PlainRecall(10)).unwrap();
        eprintln!("{model:?}: {reached:.4}");
        if best.is_none_or(|(most, _)| reached > most) {
            best = Some((reached, model));
        }
    }
    let (_, chosen) = best.unwrap();
    let model = chosen.fit(&journey.history).unwrap();
    let report = judge(&model, &journey.last);
    for (metric, baseline) in [(Metric::PlainRecall(10), 0.1437), (Metric::PlainRecall(20), 0.1890)]
    {
        let comparison = report.compare(&personal, metric).unwrap();
        eprintln!("{metric}: {:.4}, {comparison:?}", report.mean(metric).unwrap());
        assert!(report.mean(metric).unwrap() > baseline && comparison.p_value < 0.05);
    }
}
