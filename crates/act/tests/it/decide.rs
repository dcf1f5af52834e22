//! Decisions against brute force, and what they promise to their reader.

use crate::common::{Table, catalogue};
use patronage_act::{Catalogue, ContactHistory, Decision, Decisions, ErrorKind, NextBestAction};
use patronage_core::{ActionIdx, CustomerIdx, Money};
use proptest::prelude::*;

/// The total of weight × net of the best choice of plans, by trying every one.
fn optimum(
    catalogue: &Catalogue,
    contacts: &ContactHistory,
    decisions: &Decisions<'_>,
    budget: Option<Money>,
) -> f64 {
    fn rest(plans: &[Vec<(i64, f64)>], left: i64) -> f64 {
        let Some((first, others)) = plans.split_first() else { return 0.0 };
        let within = first.iter().filter(|plan| plan.0 <= left);
        within.map(|plan| plan.1 + rest(others, left - plan.0)).fold(f64::NEG_INFINITY, f64::max)
    }
    let n = catalogue.actions().len();
    let plans: Vec<Vec<(i64, f64)>> = (0..decisions.customers().len())
        .map(|position| {
            let mut rows = decisions.of(position);
            rows.sort_by_key(|row| row.action);
            let is_plan = |set: u32| {
                let has = |action: ActionIdx| set & (1 << action.get()) != 0;
                set.count_ones() as usize <= catalogue.actions_per_customer()
                    && rows.iter().filter(|row| has(row.action)).all(|row| {
                        let terms = catalogue.action(row.action);
                        row.net > 0.0
                            && !terms.excludes().iter().any(|&other| has(other))
                            && terms
                                .requires()
                                .iter()
                                .all(|&other| has(other) || contacts.times(row.customer, other) > 0)
                    })
            };
            let sum = |set: u32| {
                let rows = rows.iter().filter(|row| set & (1 << row.action.get()) != 0);
                rows.fold((0, 0.0), |(cost, worth), row| {
                    let weight = catalogue.action(row.action).weight();
                    (cost + row.cost.ticks(), worth + weight * row.net)
                })
            };
            (0..1u32 << n).filter(|&set| is_plan(set)).map(sum).collect()
        })
        .collect();
    rest(&plans, budget.map_or(i64::MAX, Money::ticks))
}

const CATALOGUES: [(&str, &[&str]); 4] = [
    ("", &["id = \"a\"\ncost = 1", "id = \"b\"\ncost = 0.3", "id = \"c\"\ncost = 0"]),
    (
        "limits = { actions_per_customer = 2 }",
        &[
            "id = \"a\"\ncost = 1\nexcludes = [\"b\"]",
            "id = \"b\"\ncost = 0.7\nweight = 3",
            "id = \"c\"\ncost = 0.25\nrequires = [\"a\"]",
            "id = \"d\"\ncost = 0",
        ],
    ),
    (
        "limits = { actions_per_customer = 3 }",
        &[
            "id = \"a\"\ncost = 0.5\nrequires = [\"b\", \"c\"]",
            "id = \"b\"\ncost = 0.5\nweight = 0.5",
            "id = \"c\"\ncost = 0.2",
            "id = \"d\"\ncost = 2.2\nexcludes = [\"c\"]",
        ],
    ),
    ("limits = { actions_per_customer = 9 }", &["id = \"a\"\ncost = 5", "id = \"b\"\ncost = 5"]),
];

fn cells(n: usize) -> impl Strategy<Value = Vec<(Money, f64, bool)>> {
    let value = prop_oneof![0i64..80_000, Just(0), (0i64..8).prop_map(|units| units * 10_000)];
    let relevance = prop_oneof![0.0..=1.0f64, Just(0.5), Just(1.0)];
    let cell = (value.prop_map(Money::from_ticks), relevance, prop::bool::weighted(0.8));
    prop::collection::vec(cell, n)
}

/// What holds of any decisions.
fn check_promises(
    catalogue: &Catalogue,
    contacts: &ContactHistory,
    decisions: &Decisions<'_>,
    budget: Option<Money>,
) {
    let summary = decisions.summary();
    let rows: Vec<Decision> = decisions.iter().collect();
    let chosen = || rows.iter().filter(|row| row.chosen);
    assert_eq!(rows.len(), summary.considered);
    assert_eq!(chosen().count(), summary.chosen);
    assert_eq!(decisions.chosen().count(), summary.chosen);
    assert_eq!(chosen().map(|row| row.cost).sum::<Money>(), summary.spent);
    assert!(budget.is_none_or(|budget| summary.spent <= budget));
    let net: f64 = chosen().map(|row| row.net).sum();
    assert!((net - summary.net).abs() <= 1e-9 * (1.0 + net));
    assert!(summary.gap >= 0.0);
    assert_eq!(summary.gap, summary.upper_bound - summary.weighted_net);
    if catalogue.actions().iter().all(|action| action.weight() == 1.0) {
        assert_eq!(summary.net, summary.weighted_net, "to the last bit");
        assert!(summary.net <= summary.upper_bound && summary.upper_bound <= summary.relaxation);
    }
    for row in &rows {
        let eligible = f64::from(u8::from(row.eligible.is_eligible()));
        assert_eq!(row.impact, row.value.as_f64() * row.relevance.get() * eligible);
        assert_eq!(row.net, row.impact - row.cost.as_f64());
        let terms = catalogue.action(row.action);
        let given = |other: ActionIdx| {
            chosen().any(|one| one.customer == row.customer && one.action == other)
        };
        if row.chosen {
            assert!(row.eligible.is_eligible() && row.net > 0.0);
            assert!(!terms.excludes().iter().any(|&other| given(other)));
            let met = |other| given(other) || contacts.times(row.customer, other) > 0;
            assert!(terms.requires().iter().all(|&other| met(other)));
        }
    }
    for (position, &customer) in decisions.customers().iter().enumerate() {
        let own = decisions.of(position);
        assert!(own.iter().filter(|row| row.chosen).count() <= catalogue.actions_per_customer());
        assert!(own.iter().all(|row| row.customer == customer));
        for pair in own.windows(2) {
            let worth = |row: &Decision| catalogue.action(row.action).weight() * row.net;
            assert_eq!(pair[0].rank + 1, pair[1].rank);
            let tie = worth(&pair[0]) == worth(&pair[1]) && pair[0].action < pair[1].action;
            assert!(worth(&pair[0]) > worth(&pair[1]) || tie);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_choice_is_the_best_there_is(
        which in 0usize..4,
        n_customers in 0usize..5,
        cells in cells(5 * 4),
        budget in prop_oneof![Just(None), (0i64..60_000).prop_map(Some), Just(Some(0))],
        given in prop::collection::vec((0u32..5, 0u32..2), 0..4),
    ) {
        let (head, actions) = CATALOGUES[which];
        let catalogue = catalogue(head, actions);
        let table = Table { n_actions: catalogue.actions().len(), cells };
        let mut contacts = ContactHistory::new();
        for (customer, action) in given {
            contacts.record(CustomerIdx::new(customer), ActionIdx::new(action));
        }
        let budget = budget.map(Money::from_ticks);
        let mut decider = NextBestAction::new(&catalogue).contacts(&contacts);
        if let Some(budget) = budget {
            decider = decider.budget(budget);
        }
        let decisions =
            decider.decide(CustomerIdx::all(n_customers), &table, &table, &table).unwrap();
        check_promises(&catalogue, &contacts, &decisions, budget);
        let optimum = optimum(&catalogue, &contacts, &decisions, budget);
        let summary = decisions.summary();
        prop_assert!((summary.weighted_net - optimum).abs() <= 1e-9 * (1.0 + optimum));
        prop_assert!(summary.gap <= 1e-9);

        // With no effort at all the bound still holds.
        let tired = decider.effort(0);
        let decisions = tired.decide(CustomerIdx::all(n_customers), &table, &table, &table).unwrap();
        check_promises(&catalogue, &contacts, &decisions, budget);
        let summary = decisions.summary();
        prop_assert!(summary.weighted_net <= optimum + 1e-9);
        prop_assert!(optimum <= summary.upper_bound + 1e-9);
    }

    #[test]
    fn csv_reads_back_as_printed(cells in cells(4 * 3), budget in 0i64..30_000) {
        let catalogue = catalogue(CATALOGUES[0].0, CATALOGUES[0].1);
        let table = Table { n_actions: 3, cells };
        let budget = Money::from_ticks(budget);
        let decisions = NextBestAction::new(&catalogue)
            .budget(budget)
            .decide(CustomerIdx::all(4), &table, &table, &table)
            .unwrap();
        let mut csv = Vec::new();
        decisions.write_csv(&mut csv, |c| format!("c,{}", c.get())).unwrap();
        let csv = String::from_utf8(csv).unwrap();
        let mut lines = csv.lines();
        prop_assert_eq!(
            lines.next().unwrap(),
            "customer,action,channel,value,relevance,eligible,impact,cost,net,rank,chosen,reason"
        );
        let mut spent = Money::ZERO;
        for (line, row) in lines.zip(decisions.iter()) {
            let line = line.strip_prefix(&format!("\"c,{}\",", row.customer.get())).unwrap();
            let fields: Vec<&str> = line.splitn(11, ',').collect();
            let number = |at: usize| fields[at].parse::<f64>().unwrap();
            // Exactly, as the manual says.
            prop_assert_eq!(number(2) * number(3) * number(4), number(5));
            prop_assert_eq!(number(5) - number(6), number(7));
            prop_assert_eq!(fields[8], row.rank.to_string());
            if fields[9] == "1" {
                spent += fields[6].parse().unwrap();
            }
        }
        prop_assert!(spent <= budget);
    }
}

fn table(n_actions: usize, cells: &[(i64, f64, bool)]) -> Table {
    let cells = cells.iter().map(|&(units, p, e)| (Money::from_units(units), p, e)).collect();
    Table { n_actions, cells }
}

#[test]
fn reasons_say_what_was_beaten_and_what_the_budget_dropped() {
    let catalogue = catalogue(
        "",
        &[
            "id = \"call\"\ncost = 6",
            "id = \"mail\"\ncost = 1",
            "id = \"leaflet\"\ncost = 2",
            "id = \"gift\"\ncost = 1",
            "id = \"again\"\ncost = 0\nrequires = [\"mail\"]",
        ],
    );
    let one = [(40, 0.5, true), (10, 0.5, true), (2, 0.5, true), (90, 0.9, false), (8, 0.5, true)];
    let table = table(5, &[one, one].concat());
    let decider = NextBestAction::new(&catalogue).budget(Money::from_units(7));
    let decisions = decider.decide(CustomerIdx::all(2), &table, &table, &table).unwrap();
    let words = |position| -> Vec<String> {
        let rows = decisions.explain(position);
        let short = |reason: &str| reason.split(" | ").next().unwrap().to_owned();
        rows.iter()
            .map(|(row, why)| format!("{}: {}", catalogue.action(row.action).id(), short(why)))
            .collect()
    };
    assert_eq!(
        words(0),
        [
            "call: chosen: net 14.0000 beats \"mail\" (net 4.0000)",
            "mail: not chosen: beaten by \"call\" (net 14.0000), at most 1 a customer",
            "again: not chosen: it requires \"mail\", which she is not and was not given",
            "leaflet: not chosen: it is expected to earn 1.0000 and costs 2.00, so doing nothing is no worse",
            "gift: not chosen: not eligible",
        ]
    );
    let second = words(1);
    assert_eq!(
        second[0],
        "call: not chosen: dropped by the budget: it earns 2.333 for each 1 spent, the budget's last unit 2.000; \"mail\" (net 4.0000) is given instead"
    );
    assert_eq!(second[1], "mail: chosen: net 4.0000 beats doing nothing");
    let whole = &decisions.explain(0)[0].1;
    assert!(whole.ends_with(" | value: given | relevance: given | eligible: given"), "{whole}");
    assert_eq!(decisions.summary().spent, Money::from_units(7));
}

#[test]
fn budgets_of_zero_below_zero_and_of_none() {
    let catalogue = catalogue("", &["id = \"dear\"\ncost = 1", "id = \"free\"\ncost = 0"]);
    let table = table(2, &[(10, 1.0, true), (1, 1.0, true)]);
    let decide = |budget: Option<Money>| {
        let decider = NextBestAction::new(&catalogue);
        let decider = budget.map_or(decider, |budget| decider.budget(budget));
        decider.decide(CustomerIdx::all(1), &table, &table, &table)
    };
    let chosen =
        |budget| decide(budget).unwrap().chosen().map(|(_, a)| a.get()).collect::<Vec<_>>();
    assert_eq!(chosen(None), [0]);
    assert_eq!(chosen(Some(Money::ZERO)), [1]);
    assert_eq!(chosen(Some(Money::MAX)), [0]);
    let error = decide(Some(Money::from_ticks(-1))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Budget { .. }));
    assert_eq!(error.to_string(), "budget: expected at least 0, found -0.0001");
    let twice = [CustomerIdx::new(0), CustomerIdx::new(0)];
    let error = NextBestAction::new(&catalogue).decide(twice, &table, &table, &table).unwrap_err();
    assert_eq!(error.to_string(), "customers: expected each once, found customer 0 twice");
}

#[test]
fn nobody_to_decide_on() {
    let catalogue = catalogue("", &["id = \"a\""]);
    let table = table(1, &[]);
    let decider = NextBestAction::new(&catalogue).budget(Money::ZERO);
    let decisions = decider.decide([], &table, &table, &table).unwrap();
    assert!(decisions.is_empty());
    assert_eq!(decisions.summary().chosen, 0);
    let mut csv = Vec::new();
    decisions.write_csv(&mut csv, |c| c.get()).unwrap();
    assert_eq!(String::from_utf8(csv).unwrap().lines().count(), 1);
}

#[test]
fn the_greatest_amounts_do_not_break_anything() {
    let top = "922337203685477.5807";
    let catalogue = catalogue(
        "limits = { actions_per_customer = 2 }",
        &[
            &format!("id = \"a\"\ncost = {top}\nweight = 1000000"),
            &format!("id = \"b\"\ncost = {top}"),
            "id = \"c\"\ncost = 0",
        ],
    );
    let cell = (Money::MAX, 1.0, true);
    let table = Table { n_actions: 3, cells: vec![cell; 3 * 4] };
    for budget in [Money::MAX, Money::ZERO] {
        let decider = NextBestAction::new(&catalogue).budget(budget);
        let decisions = decider.decide(CustomerIdx::all(4), &table, &table, &table).unwrap();
        assert!(decisions.summary().net.is_finite() && decisions.summary().spent <= budget);
        check_promises(&catalogue, &ContactHistory::new(), &decisions, Some(budget));
    }
}

/// What consent costs is what a run without the need for it would have added.
#[test]
fn the_cost_of_consent() {
    use patronage_core::{Eligibility, Explained, Verdict};
    /// Customer 0 consented, the others did not; action 1 is closed to customer 2 anyway.
    struct Shy;
    impl Eligibility for Shy {
        fn eligibility(&self, c: CustomerIdx, a: ActionIdx) -> Explained<Verdict> {
            Explained::new(
                if c.get() == 0 || a.get() == 0 {
                    self.verdict_with_consent(c, a)
                } else {
                    Verdict::Ineligible
                },
                "shy",
            )
        }
        fn verdict_with_consent(&self, c: CustomerIdx, a: ActionIdx) -> Verdict {
            if (c.get(), a.get()) == (2, 1) { Verdict::Ineligible } else { Verdict::Eligible }
        }
    }
    let catalogue =
        catalogue("", &["id = \"till\"\ncost = 1", "id = \"mail\"\nchannel = \"email\"\ncost = 2"]);
    let table = table(2, &[(3, 1.0, true), (10, 1.0, true)].repeat(4));
    let decider = NextBestAction::new(&catalogue);
    let decisions = decider.decide(CustomerIdx::all(4), &table, &table, &Shy).unwrap();
    let consent = decisions.summary().consent;
    assert_eq!((consent.refused, consent.lost, consent.customers), (2, 2, 2));
    assert_eq!((consent.lost_net, consent.lost_best_plan), (16.0, 12.0));
    let email = &decisions.summary().by_channel[1];
    assert_eq!(
        (email.id.as_str(), email.eligible, email.refused, email.chosen),
        ("email", 1, 2, 1)
    );
    let json = serde_json::to_value(decisions.summary()).unwrap();
    assert_eq!(json["spent"], 5.0);
    assert_eq!(json["budget"], serde_json::Value::Null);
    assert_eq!(json["by_channel"][1]["net"], 8.0);
}

/// The same bytes on one thread and on four, and (by the fixed fingerprint) without threads at all.
#[test]
fn threads_change_nothing() {
    let catalogue = catalogue("limits = { actions_per_customer = 2 }", CATALOGUES[2].1);
    let n = 5000;
    let mut x = 1u64;
    let mut draw = || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        x >> 33
    };
    let cells = (0..n * 4).map(|_| {
        let value = Money::from_ticks((draw() % 90_000) as i64);
        (value, (draw() % 1000) as f64 / 999.0, draw() % 5 > 0)
    });
    let table = Table { n_actions: 4, cells: cells.collect() };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let decider = NextBestAction::new(&catalogue).budget(Money::from_units(1234));
            let decisions = decider.decide(CustomerIdx::all(n), &table, &table, &table).unwrap();
            let mut csv = Vec::new();
            decisions.write_csv(&mut csv, |c| c.get()).unwrap();
            let rows = decisions.iter().map(|row| format!("{row:?}")).collect::<String>();
            (csv, decisions.summary().clone(), rows)
        })
    };
    let (csv, summary, rows) = run(1);
    let (again, other, _) = run(4);
    assert!(csv == again && summary == other);
    assert_eq!(summary.gap, 0.0);
    assert_eq!(patronage_core::Fingerprint::of(rows.as_bytes()).to_string(), FINGERPRINT);
}

const FINGERPRINT: &str = "88ace1d63c8ee684ce0bf750b462a6e6";
