//! Two right implementors of the factors of a decision pass, and one wrong one a promise fails.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::common::fails;
use patronage_core::{
    ActionIdx, CustomerIdx, Eligibility, Explained, Lines, Money, Probability, Relevance, Span,
    Timestamp, Value, ValueModel, Verdict,
};
use patronage_testkit::{
    check_eligibility, check_relevance, check_value, check_value_model, small_shop,
};

/// One table of all pairs.
struct Table {
    amounts: Vec<Money>,
    n_actions: usize,
}

impl Value for Table {
    fn value(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Money> {
        let amount = self.amounts[customer.index() * self.n_actions + action.index()];
        Explained::new(amount, "looked up")
    }
}

/// Any functions; how [`Rule`] says things, and how it says them briefly.
struct Rule<T> {
    says: fn(u32, u32, i64) -> T,
    briefly: fn(u32, u32, i64) -> T,
    had_she_consented: fn(u32, u32, i64) -> T,
    reason: &'static str,
    calls: AtomicI64,
}

fn rule<T>(says: fn(u32, u32, i64) -> T) -> Rule<T> {
    let calls = AtomicI64::new(0);
    Rule { says, briefly: says, had_she_consented: says, reason: "by rule", calls }
}

impl<T> Rule<T> {
    fn call(&self, f: fn(u32, u32, i64) -> T, customer: CustomerIdx, action: ActionIdx) -> T {
        f(customer.get(), action.get(), self.calls.fetch_add(1, Ordering::Relaxed))
    }
}

impl Value for Rule<Money> {
    fn value(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Money> {
        Explained::new(self.call(self.says, customer, action), self.reason)
    }
    fn amount(&self, customer: CustomerIdx, action: ActionIdx) -> Money {
        self.call(self.briefly, customer, action)
    }
}

impl Relevance for Rule<Probability> {
    fn relevance(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Probability> {
        Explained::new(self.call(self.says, customer, action), self.reason)
    }
    fn probability(&self, customer: CustomerIdx, action: ActionIdx) -> Probability {
        self.call(self.briefly, customer, action)
    }
}

impl Eligibility for Rule<Verdict> {
    fn eligibility(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Verdict> {
        Explained::new(self.call(self.says, customer, action), self.reason)
    }
    fn verdict(&self, customer: CustomerIdx, action: ActionIdx) -> Verdict {
        self.call(self.briefly, customer, action)
    }
    fn verdict_with_consent(&self, customer: CustomerIdx, action: ActionIdx) -> Verdict {
        self.call(self.had_she_consented, customer, action)
    }
}

fn units(customer: u32, action: u32, _: i64) -> Money {
    Money::from_units(i64::from(customer + action))
}

fn odd(customer: u32, action: u32, _: i64) -> Verdict {
    if (customer + action) % 2 == 1 { Verdict::Eligible } else { Verdict::Ineligible }
}

fn half(_: u32, _: u32, _: i64) -> Probability {
    Probability::new(0.5).unwrap()
}

#[test]
fn values() {
    let amounts = (0..12).map(Money::from_units).collect();
    check_value(&Table { amounts, n_actions: 3 }, 4, 3);
    check_value(&rule(units), 4, 3);
    check_value(&rule(units), 0, 3);

    let debt = rule(|customer, _, _| Money::from_units(1 - i64::from(customer)));
    fails("a value of at least 0", || check_value(&debt, 4, 3));
    fails("has a reason", || check_value(&Rule { reason: "", ..rule(units) }, 4, 3));
    fails("full stop", || check_value(&Rule { reason: "By rule.", ..rule(units) }, 4, 3));
    let brief = Rule { briefly: |_, _, _| Money::ZERO, ..rule(units) };
    fails("the amount alone", || check_value(&brief, 4, 3));
    let moody =
        Rule { briefly: units, ..rule(|c, a, call| units(c, a, 0) + Money::from_units(call / 40)) };
    fails("the amount alone", || check_value(&moody, 4, 3));
    struct Moody(AtomicI64);
    impl Value for Moody {
        fn value(&self, _: CustomerIdx, _: ActionIdx) -> Explained<Money> {
            let calls = self.0.fetch_add(1, Ordering::Relaxed);
            Explained::new(Money::from_units(calls / 24), "by mood")
        }
    }
    fails("differently", || check_value(&Moody(AtomicI64::new(0)), 4, 3));
}

#[test]
fn relevances() {
    check_relevance(&rule(half), 4, 3);
    struct Same;
    impl Relevance for Same {
        fn relevance(&self, _: CustomerIdx, _: ActionIdx) -> Explained<Probability> {
            Explained::new(Probability::ONE, format!("as for {} others", 7))
        }
    }
    check_relevance(&Same, 4, 3);
    fails("has a reason", || check_relevance(&Rule { reason: " ", ..rule(half) }, 4, 3));
    let brief = Rule { briefly: |_, _, _| Probability::ONE, ..rule(half) };
    fails("the probability alone", || check_relevance(&brief, 4, 3));
}

#[test]
fn eligibilities() {
    let all = |_: u32, _: u32, _: i64| Verdict::Eligible;
    let none = |_: u32, _: u32, _: i64| Verdict::Ineligible;
    check_eligibility(&rule(odd), 4, 3);
    check_eligibility(&Rule { had_she_consented: all, ..rule(odd) }, 4, 3);
    struct Nobody;
    impl Eligibility for Nobody {
        fn eligibility(&self, _: CustomerIdx, _: ActionIdx) -> Explained<Verdict> {
            Explained::new(Verdict::Ineligible, "no consent is recorded")
        }
    }
    check_eligibility(&Nobody, 4, 3);
    fails("the verdict alone", || check_eligibility(&Rule { briefly: all, ..rule(odd) }, 4, 3));
    let worse = Rule { had_she_consented: none, ..rule(odd) };
    fails("makes no one ineligible", || check_eligibility(&worse, 4, 3));
    fails("has a reason", || check_eligibility(&Rule { reason: "", ..rule(odd) }, 4, 3));
}

/// The mean amount of her lines, in any horizon.
struct MeanLine;

impl ValueModel for MeanLine {
    fn expected_value(&self, history: Lines<'_>, as_of: Timestamp, _: Span) -> Money {
        let known = history.before(as_of);
        let sum: Money = known.amounts().iter().sum();
        Money::from_ticks(sum.ticks() / (known.len() as i64).max(1))
    }
}

/// Any function of the number of lines known, of lines given, and of calls.
struct Counts(fn(usize, usize, i64) -> i64, AtomicI64);

impl ValueModel for Counts {
    fn expected_value(&self, history: Lines<'_>, as_of: Timestamp, _: Span) -> Money {
        let calls = self.1.fetch_add(1, Ordering::Relaxed);
        Money::from_units((self.0)(history.before(as_of).len(), history.len(), calls))
    }
}

#[test]
fn value_models() {
    let shop = small_shop();
    check_value_model(&MeanLine, &shop);
    check_value_model(&Counts(|known, _, _| known as i64, AtomicI64::new(0)), &shop);
    let leaks = Counts(|_, given, _| given as i64, AtomicI64::new(0));
    fails("at or after as-of", || check_value_model(&leaks, &shop));
    let partial = Counts(|known, _, _| 1 / known as i64, AtomicI64::new(0));
    fails("divide by zero", || check_value_model(&partial, &shop));
    let moody = Counts(|_, _, calls| calls / 500, AtomicI64::new(0));
    fails("differently", || check_value_model(&moody, &shop));
}
