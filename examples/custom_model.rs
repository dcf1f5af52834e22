//! A user's own models behind the traits, driven by `act`.
//!
//! The house never sees how these models work: a rule of thumb for value, a hand-made response
//! curve for relevance, and a rule that spares who was served yesterday. `act` arbitrates them
//! within a budget and explains every decision, as it does for its own.

use patronage::act::{Catalogue, NextBestAction, RuleColumns};
use patronage::core::{
    ActionIdx, BoxError, CustomerIdx, Eligibility, Explained, Money, Probability, Relevance,
    Schema, Value, Verdict,
};

const CATALOGUE: &str = r#"
channel = [{ id = "site", needs_consent = false }, { id = "desk", needs_consent = false }]

[[action]]
id = "banner"
channel = "site"
cost = 0
margin = { amount = 1 }
offer = { service = "banner" }
eligible = "true"

[[action]]
id = "visit"
channel = "desk"
cost = 5
margin = { amount = 1 }
offer = { service = "visit" }
eligible = "true"
"#;

/// Everything this shop knows of a customer.
struct Customer {
    spends: i64,
    days_since_service: u32,
}

struct House(Vec<Customer>);

impl Value for House {
    fn value(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Money> {
        let spends = self.0[customer.index()].spends;
        let share = if action.get() == 0 { 100 } else { 10 };
        Explained::new(
            Money::from_units(spends / share),
            format!("one {share}th of the {spends} she spends a year"),
        )
    }
}

impl Relevance for House {
    fn relevance(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Probability> {
        let days = f64::from(self.0[customer.index()].days_since_service);
        let curve = days / (days + if action.get() == 0 { 300.0 } else { 60.0 });
        let p = Probability::new(curve).unwrap_or(Probability::ZERO);
        Explained::new(p, format!("response grows with the {days} days since she was served"))
    }
}

impl Eligibility for House {
    fn eligibility(&self, customer: CustomerIdx, _action: ActionIdx) -> Explained<Verdict> {
        match self.0[customer.index()].days_since_service {
            0..7 => Explained::new(Verdict::Ineligible, "no: she was served this week"),
            _ => Explained::new(Verdict::Eligible, "yes: she was not served this week"),
        }
    }
}

fn main() -> Result<(), BoxError> {
    let house = House(vec![
        Customer { spends: 900, days_since_service: 40 },
        Customer { spends: 2500, days_since_service: 90 },
        Customer { spends: 4000, days_since_service: 2 },
        Customer { spends: 300, days_since_service: 200 },
    ]);
    let catalogue = Catalogue::parse(CATALOGUE, &RuleColumns::new(Schema::new([])?))?;
    let customers = CustomerIdx::all(house.0.len());
    let decisions = NextBestAction::new(&catalogue)
        .budget(Money::from_units(6))
        .decide(customers, &house, &house, &house)?;
    decisions.write_csv(std::io::stdout().lock(), |customer| customer.get())?;

    let summary = decisions.summary();
    assert!(summary.spent <= Money::from_units(6));
    // The budget pays for one visit, and it goes to the customer for whom it is worth most.
    let visited = decisions.iter().find(|d| d.chosen && d.action == ActionIdx::new(1));
    assert_eq!(visited.map(|d| d.customer), Some(CustomerIdx::new(1)));
    // Whoever was served this week is given nothing.
    assert!(decisions.iter().all(|d| !(d.chosen && d.customer == CustomerIdx::new(2))));
    Ok(())
}
