//! Value, relevance and eligibility against answers known otherwise.

use crate::common::{Fixed, catalogue, record};
use ndarray::array;
use patronage_act::{
    Answer, Assortment, Catalogue, Consents, ContactHistory, ErrorKind, MeanMargin, OfferRelevance,
    Offers, Propensities, RuleColumns, RuleEligibility, Shrinkage,
};
use patronage_core::{
    ActionIdx, Calibrated, CalibrationRecord, CategoryIdx, ClassIdx, Classifier, Column,
    CustomerIdx, Date, Eligibility, FeatureTable, Fit, IdMap, ItemIdx, Line, Money, OrderIdx,
    PurchaseTable, Purchases, Relevance, Schema, Timestamp, Value,
};

const A: ActionIdx = ActionIdx::new(0);

fn customer(number: u32) -> CustomerIdx {
    CustomerIdx::new(number)
}

/// One order a line of `(customer, order, item, ticks)`.
fn shop(n_customers: usize, lines: &[(u32, u32, u32, i64)]) -> PurchaseTable {
    let mut table = PurchaseTable::builder().n_customers(n_customers);
    for &(who, order, item, ticks) in lines {
        table.push(
            customer(who),
            Line {
                at: Timestamp::from_seconds(i64::from(order)),
                order: OrderIdx::new(order),
                item: Some(ItemIdx::new(item)),
                quantity: 1.0,
                amount: Money::from_ticks(ticks),
            },
        );
    }
    table.build().unwrap()
}

fn service(n_customers: usize, margin: &str) -> (Catalogue, Assortment, usize) {
    let catalogue = catalogue("", &[&format!("id = \"a\"\nmargin = {margin}")]);
    (catalogue, Assortment::new(["x", "y", "z"].into_iter().collect()), n_customers)
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

/// numpy 2.4.6: the formulas of Bühlmann and Straub written out on arrays, on the same orders.
#[test]
fn credibility_equals_numpy() {
    let mut lines = Vec::new();
    for who in 0..40u32 {
        for j in 0..who % 5 {
            let ticks =
                100_000 + 30_000 * i64::from(who % 7) + 20_000 * i64::from((who * 3 + j * 5) % 4);
            // Two lines an order, so that orders are summed.
            let order = who * 10 + j;
            lines.extend([(who, order, 0, ticks - 1), (who, order, 1, 1)]);
        }
    }
    let (catalogue, assortment, n) = service(40, "0.35");
    let offers = Offers::new(&catalogue, assortment, n);
    let model = MeanMargin::new(&catalogue, &offers).fit(&shop(40, &lines)).unwrap();
    let stats = model.kind(customer(0), A).unwrap();
    assert_eq!((stats.n_orders, stats.n_customers), (80, 32));
    assert!((stats.k - 0.211_725_777_135_666_73).abs() < 1e-12, "{stats:?}");
    assert!((stats.mean - 21.833_421_737_617_6).abs() < 1e-11, "{stats:?}");
    for (who, expected) in [
        (4, 8.694_285_027_651_555),
        (8, 5.407_667_269_842_105),
        (11, 8.267_501_239_765_341),
        (33, 9.548_743_103_489_84),
        (35, 7.641_697_608_166_159),
    ] {
        let expected = Money::from_f64(expected).unwrap();
        assert_eq!(model.amount(customer(who), A), expected, "customer {who}");
    }
    assert_eq!(
        model.value(customer(8), A).reason,
        "mean margin of her 3 orders 5.25, drawn to 7.64 of all 32 customers by weight 0.066"
    );
}

#[test]
fn degenerate_histories_get_the_mean_of_all() {
    for (lines, expected) in [
        // Nobody bought.
        (vec![], ["0", "0", "0"]),
        // One customer alone.
        (vec![(0, 0, 0, 100_000), (0, 1, 0, 300_000)], ["10", "10", "10"]),
        // Nobody twice: within and between cannot be told apart.
        (vec![(0, 0, 0, 100_000), (1, 1, 0, 300_000)], ["10", "10", "10"]),
        // All alike.
        (vec![(0, 0, 0, 7), (0, 1, 0, 7), (1, 2, 0, 7), (1, 3, 0, 7)], ["0.0004"; 3]),
        // Each the same every time: her own mean is all there is to know.
        (
            vec![(0, 0, 0, 100_000), (0, 1, 0, 100_000), (1, 2, 0, 300_000), (1, 3, 0, 300_000)],
            ["5", "15", "10"],
        ),
    ] {
        let (catalogue, assortment, n) = service(3, "0.5");
        let offers = Offers::new(&catalogue, assortment, n);
        let model = MeanMargin::new(&catalogue, &offers).fit(&shop(3, &lines)).unwrap();
        for (who, expected) in expected.into_iter().enumerate() {
            let found = model.amount(CustomerIdx::from_usize(who), A);
            // Half of 0.0007 lies between two ticks.
            assert_eq!(found, money(expected), "{lines:?}, customer {who}");
            assert!(!model.value(CustomerIdx::from_usize(who), A).reason.is_empty());
        }
    }
}

#[test]
fn huge_amounts_stay_finite() {
    let top = i64::MAX;
    let lines = [(0, 0, 0, top), (0, 0, 1, top), (0, 1, 0, top), (1, 2, 0, 1), (1, 3, 0, 1)];
    let (catalogue, assortment, n) = service(3, "1");
    let offers = Offers::new(&catalogue, assortment, n);
    let model = MeanMargin::new(&catalogue, &offers).fit(&shop(3, &lines)).unwrap();
    for who in 0..3 {
        assert!(model.amount(customer(who), A) >= Money::ZERO);
    }
}

#[test]
fn an_item_counts_its_own_lines_and_a_category_those_of_its_items() {
    let lines = [
        (0, 0, 0, 100_000),
        (0, 0, 1, 20_000),
        (0, 0, 2, 990_000),
        (0, 1, 0, 60_000),
        (1, 2, 1, 40_000),
    ];
    let catalogue = catalogue(
        "",
        &[
            "id = \"item\"\noffer = { item = \"x\" }",
            "id = \"category\"\noffer = { category = \"xy\" }",
            "id = \"all\"",
            "id = \"fixed\"\nmargin = { amount = 4.50 }",
            "id = \"unknown\"\noffer = { item = \"nope\" }",
            "id = \"best\"\noffer = { category = \"best\" }",
        ],
    );
    let xy = Some(CategoryIdx::new(0));
    let assortment = Assortment::new(["x", "y", "z"].into_iter().collect())
        .categories(["xy"].into_iter().collect(), vec![xy, xy, None])
        .unwrap();
    let best = vec![Some(ItemIdx::new(0)), Some(ItemIdx::new(2)), None];
    let offers = Offers::new(&catalogue, assortment, 3).best_items(best).unwrap();
    assert_eq!(offers.unknown().len(), 1);
    let model = MeanMargin::new(&catalogue, &offers)
        .shrinkage(Shrinkage::Orders(0.0))
        .fit(&shop(3, &lines))
        .unwrap();
    let worth = |who, action| model.amount(customer(who), ActionIdx::new(action)).to_string();
    // Orders with x: 10 and 6; with x or y: 12 and 6 of one, 4 of the other; all: 111, 6 and 4.
    assert_eq!([worth(0, 0), worth(1, 0)], ["4.00", "4.00"]);
    assert_eq!([worth(0, 1), worth(1, 1), worth(2, 1)], ["4.50", "2.00", "3.25"]);
    assert_eq!([worth(0, 2), worth(1, 2)], ["29.25", "2.00"]);
    assert_eq!([worth(0, 3), worth(2, 3)], ["4.50", "4.50"]);
    assert_eq!([worth(0, 4), worth(2, 4)], ["0.00", "0.00"]);
    assert_eq!([worth(0, 5), worth(1, 5), worth(2, 5)], ["4.50", "0.00", "0.00"]);
}

#[test]
fn what_does_not_fit_together_is_an_error() {
    let (catalogue, assortment, n) = service(3, "1");
    let offers = Offers::new(&catalogue, assortment, n);
    let wrong_k = MeanMargin::new(&catalogue, &offers).shrinkage(Shrinkage::Orders(f64::NAN));
    let error = wrong_k.fit(&shop(3, &[])).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Parameter { parameter: "shrinkage", .. }));
    let estimator = MeanMargin::new(&catalogue, &offers);
    assert!(estimator.fit(&shop(4, &[])).is_err());
    assert!(estimator.fit(&shop(3, &[(0, 0, 3, 1)])).is_err());
    let offers = |items| {
        Offers::new(&catalogue, Assortment::new(["x"].into_iter().collect()), 2).best_items(items)
    };
    assert!(offers(vec![None]).is_err());
    assert!(offers(vec![None, Some(ItemIdx::new(1))]).is_err());
    let propensities = Propensities::base_rate(1, record());
    let two = offers(vec![None, None]).unwrap();
    assert!(OfferRelevance::new(&catalogue, &two, propensities).is_err());
}

/// A classifier of the one column.
struct Column0(Schema);

impl Classifier for Column0 {
    fn schema(&self) -> &Schema {
        &self.0
    }
    fn n_classes(&self) -> usize {
        2
    }
    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        out.copy_from_slice(&[1.0 - row[0], row[0]]);
    }
}

impl Calibrated for Column0 {
    fn calibration(&self) -> &CalibrationRecord {
        Fixed(vec![]).leak()
    }
}

impl Fixed {
    fn leak(self) -> &'static CalibrationRecord {
        Box::leak(Box::new(record()))
    }
}

#[test]
fn relevance_is_propensity_times_chance() {
    let schema = Schema::new([Column::number("p")]).unwrap();
    let customers = FeatureTable::new(schema.clone(), array![[0.5], [0.25]]).unwrap();
    let model = Column0(schema);
    let propensities = || Propensities::from_model(&model, ClassIdx::new(1), &customers).unwrap();
    assert!(Propensities::from_model(&model, ClassIdx::new(2), &customers).is_err());
    let some = |rows: [u32; 2], n| {
        Propensities::of_customers(&model, ClassIdx::new(1), &rows.map(customer), &customers, n)
    };
    let values = some([2, 0], 3).unwrap();
    let values: Vec<f64> = values.values().iter().map(|value| value.get()).collect();
    assert_eq!(values, [0.25, 0.0, 0.5]);
    assert!(some([2, 0], 2).is_err());
    let catalogue = catalogue(
        "",
        &[
            "id = \"item\"\noffer = { item = \"y\" }",
            "id = \"category\"\noffer = { category = \"xy\" }",
            "id = \"all\"\nresponse = 0.1",
            "id = \"plain\"",
            "id = \"none\"\noffer = { item = \"best\" }",
        ],
    );
    let xy = Some(CategoryIdx::new(0));
    let assortment = Assortment::new(["x", "y"].into_iter().collect())
        .categories(["xy"].into_iter().collect(), vec![xy, xy])
        .unwrap();
    let offers = Offers::new(&catalogue, assortment, 2);
    let shop = shop(2, &[(0, 0, 0, 1), (1, 1, 1, 1)]);
    let relevance = OfferRelevance::new(&catalogue, &offers, propensities()).unwrap();
    let all = |relevance: &OfferRelevance<'_>, who| {
        ActionIdx::all(5).map(|a| relevance.probability(customer(who), a).get()).collect::<Vec<_>>()
    };
    assert_eq!(all(&relevance, 0), [0.0, 0.0, 0.05, 0.5, 0.0]);
    let items = Fixed(vec![0.75, 0.5]);
    let relevance = relevance.items(&items, &shop, Timestamp::MAX).unwrap();
    // Without a model of categories a category counts as its likeliest item.
    assert_eq!(all(&relevance, 0), [0.25, 0.375, 0.05, 0.5, 0.0]);
    let relevance = relevance.categories(&Fixed(vec![0.875]), &shop, Timestamp::MAX).unwrap();
    // Asking the items again leaves the categories to their own model.
    let relevance = relevance.items(&items, &shop, Timestamp::MAX).unwrap();
    assert_eq!(all(&relevance, 1), [0.125, 0.21875, 0.025, 0.25, 0.0]);
    let reason = relevance.relevance(customer(1), ActionIdx::new(1)).reason;
    assert_eq!(reason, "propensity 0.250 to buy (not uplift) × 0.8750 that it is category xy");
    for wrong in [vec![0.5, f32::NAN], vec![0.5, 1.5], vec![0.5]] {
        let relevance = OfferRelevance::new(&catalogue, &offers, propensities()).unwrap();
        assert!(relevance.items(&Fixed(wrong), &shop, Timestamp::MAX).is_err());
    }
}

#[test]
fn every_clause_that_says_no_is_named() {
    let text = r#"
channel = [{ id = "email", needs_consent = true }, { id = "till", needs_consent = false }]
[[action]]
id = "a"
channel = "email"
cost = 0
margin = 1
offer = { item = "nope" }
eligible = "recency_days > 60 and frequency > 1"
valid_from = 2011-12-02
valid_until = 2011-12-09
cap = 2
"#;
    let schema =
        Schema::new([Column::nullable("recency_days"), Column::nullable("frequency")]).unwrap();
    let catalogue = Catalogue::parse(text, &RuleColumns::new(schema.clone())).unwrap();
    let customers =
        FeatureTable::new(schema, array![[12.0, f64::NAN], [61.0, 2.0], [61.0, 2.0]]).unwrap();
    let offers = Offers::new(&catalogue, Assortment::new(IdMap::new()), 3);
    let mut contacts = ContactHistory::new();
    contacts.record(customer(0), A);
    contacts.record(customer(0), A);
    contacts.record(customer(1), A);
    let at = |seconds| Some(Timestamp::from_seconds(seconds));
    let mut consents = Consents::new(&catalogue, Timestamp::from_seconds(100_000));
    consents.record(customer(0), "email", Answer::Granted, at(5));
    consents.record(customer(0), "email", Answer::Revoked, at(5));
    consents.record(customer(1), "email", Answer::Revoked, at(5));
    consents.record(customer(1), "email", Answer::Granted, at(86_400));
    consents.record(customer(1), "email", Answer::Revoked, at(100_001));
    consents.record(customer(1), "fax", Answer::Granted, at(1));
    consents.record(customer(2), "email", Answer::Granted, None);
    consents.record(customer(2), "email", Answer::Granted, at(9));
    assert_eq!(consents.counts().later, 1);
    assert_eq!(consents.counts().unknown_channel, 1);
    assert_eq!(consents.counts().unreadable, 1);
    let on = |day| RuleEligibility::new(&catalogue, &customers, Date::new(2011, 12, day).unwrap());
    let late = on(10).unwrap().consents(&consents).contacts(&contacts).offers(&offers);
    assert_eq!(
        late.eligibility(customer(0), A).reason,
        "no: `recency_days > 60` is not met (recency_days is 12); \
         `frequency > 1` cannot be told (frequency is missing); valid until 2011-12-09 only; \
         consent to email was refused on 1970-01-01; given 2 times before, at most 2 allowed; \
         it offers item nope, which the data do not have"
    );
    // First and last day are included.
    for (day, expected) in [(1, false), (2, true), (9, true), (10, false)] {
        let eligibility = on(day).unwrap().consents(&consents).contacts(&contacts);
        assert_eq!(eligibility.verdict(customer(1), A).is_eligible(), expected, "day {day}");
    }
    let granted = on(5).unwrap().consents(&consents);
    assert_eq!(
        granted.eligibility(customer(1), A).reason,
        "yes: its rule is met, consent to email given on 1970-01-02"
    );
    assert_eq!(
        granted.eligibility(customer(2), A).reason,
        "no: the record of her consent to email cannot be read"
    );
    assert!(granted.verdict_with_consent(customer(2), A).is_eligible());
    assert!(!on(5).unwrap().verdict(customer(1), A).is_eligible(), "nothing recorded is no");
    let other = FeatureTable::new(Schema::new([Column::number("x")]).unwrap(), array![[1.0]]);
    assert!(RuleEligibility::new(&catalogue, &other.unwrap(), Date::from_days(0)).is_err());
}

#[test]
fn purchases_on_or_after_the_moment_do_not_count() {
    let (catalogue, assortment, n) = service(1, "1");
    let offers = Offers::new(&catalogue, assortment, n);
    let shop = shop(1, &[(0, 1, 0, 10_000), (0, 2, 0, 90_000)]);
    let before = patronage_core::During::before(&shop, Timestamp::from_seconds(2));
    assert_eq!(before.n_customers(), 1);
    let model = MeanMargin::new(&catalogue, &offers).fit(&before).unwrap();
    assert_eq!(model.amount(customer(0), A), money("1"));
}
