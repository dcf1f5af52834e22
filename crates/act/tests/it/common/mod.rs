//! What the tests of this crate share.

use patronage_act::{Catalogue, RuleColumns};
use patronage_core::{
    ActionIdx, Calibrated, CalibrationRecord, CustomerIdx, Eligibility, Explained, Money,
    Probability, Recommender, Relevance, Request, Schema, Value, Verdict,
};

pub(crate) const SAMPLE: &str = include_str!("../../../catalogues/sample.toml");

/// The segments that `patronage-segment` ships.
pub(crate) const SEGMENTS: [&str; 11] = [
    "Champions",
    "Loyal",
    "Potential Loyalists",
    "New Customers",
    "Promising",
    "Need Attention",
    "About to Sleep",
    "At Risk",
    "Can't Lose Them",
    "Hibernating",
    "Lost",
];

pub(crate) fn standard() -> RuleColumns {
    RuleColumns::standard(SEGMENTS, ["United Kingdom", "France"]).unwrap()
}

pub(crate) fn no_columns() -> RuleColumns {
    RuleColumns::new(Schema::new([]).unwrap())
}

/// A catalogue of free rules: channel `till` needs no consent, `email` does.
pub(crate) fn catalogue(head: &str, actions: &[&str]) -> Catalogue {
    let mut text = format!(
        "{head}\n[[channel]]\nid = \"till\"\nneeds_consent = false\n[[channel]]\nid = \"email\"\nneeds_consent = true\n"
    );
    for action in actions {
        text += &format!("[[action]]\n{action}\n");
        for (key, default) in [
            ("channel", "\"till\""),
            ("margin", "0.5"),
            ("offer", "{ service = \"s\" }"),
            ("eligible", "\"true\""),
            ("cost", "0"),
        ] {
            if !action.lines().any(|line| line.starts_with(&format!("{key} ="))) {
                text += &format!("{key} = {default}\n");
            }
        }
    }
    Catalogue::parse(&text, &no_columns()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Factors as given: value, relevance and eligibility of each customer and action.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) n_actions: usize,
    pub(crate) cells: Vec<(Money, f64, bool)>,
}

impl Table {
    fn cell(&self, customer: CustomerIdx, action: ActionIdx) -> (Money, f64, bool) {
        self.cells[customer.index() * self.n_actions + action.index()]
    }
}

impl Value for Table {
    fn value(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Money> {
        Explained::new(self.cell(customer, action).0, "given")
    }
}

impl Relevance for Table {
    fn relevance(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Probability> {
        Explained::new(Probability::new(self.cell(customer, action).1).unwrap(), "given")
    }
}

impl Eligibility for Table {
    fn eligibility(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Verdict> {
        let eligible = self.cell(customer, action).2;
        Explained::new(if eligible { Verdict::Eligible } else { Verdict::Ineligible }, "given")
    }
}

pub(crate) fn record() -> CalibrationRecord {
    CalibrationRecord {
        method: "given".into(),
        window: None,
        n_rows: 10,
        base_rate: Probability::new(0.4).unwrap(),
    }
}

/// A recommender whose scores are the same probabilities for everybody.
pub(crate) struct Fixed(pub(crate) Vec<f32>);

impl Recommender for Fixed {
    fn n_items(&self) -> usize {
        self.0.len()
    }

    fn scores(&self, _: &Request<'_>, out: &mut [f32]) {
        out.copy_from_slice(&self.0);
    }
}

impl Calibrated for Fixed {
    fn calibration(&self) -> &CalibrationRecord {
        static RECORD: std::sync::OnceLock<CalibrationRecord> = std::sync::OnceLock::new();
        RECORD.get_or_init(record)
    }
}
