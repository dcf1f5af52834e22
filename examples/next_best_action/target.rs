//! Whom do I target?
//!
//! The probability that a customer buys within the horizon. Features come strictly before a cut,
//! labels at or after it; three disjoint windows of labels end at the as-of:
//!
//! ```text
//! ── features ──┤ train ├ calibrate ┤ validate ┤ as-of → the horizon to predict
//! ```
//!
//! A candidate is fitted on the first window and calibrated on the second; the best of them on the
//! second is measured on the third, which nothing has seen. What is used is the same recipe moved
//! one window later: fitted on the second, calibrated on the third.

use patronage::classify::{
    Binning, CalibratedClassifier, Calibration, CalibrationBin, CalibrationMethod, DecisionTree,
    Evaluation, LogisticRegression, Scaling, Scored,
};
use patronage::core::{
    BoxError, Calendar, CalibrationRecord, ClassIdx, Classifier, ClassifierExt, FeatureTable,
    Features, Fit, Labeled, Probability, PurchaseTable, Span, Timestamp, Window,
};
use patronage::ingest::{CustomerFeatures, CustomerTable, EventLog};
use patronage::segment::{Preparation, PreparationModel, Transform};

use crate::output::OutputFolder;
use crate::segment::by_id;
use crate::trade_off::{TradeOff, trade_off};

/// The fewest customers of each outcome that a window must have for a model to be fitted.
const FEWEST: usize = 20;

/// The class of those who buy.
pub(crate) const BUYS: ClassIdx = ClassIdx::new(1);

/// Columns whose logarithm is taken, since they are counts and amounts with long tails.
const LONG_TAILED: [&str; 13] = [
    "recency_days",
    "tenure_days",
    "frequency",
    "monetary",
    "mean_order_value",
    "n_lines",
    "n_items",
    "orders_30d",
    "orders_90d",
    "orders_365d",
    "spend_90d",
    "days_per_order",
    "overdue",
];

pub(crate) type Model = CalibratedClassifier<Box<dyn Classifier>>;

/// Customers as of the start of a window, and whether they bought in it.
pub(crate) struct Labelled {
    pub(crate) window: Window,
    pub(crate) table: CustomerTable,
    pub(crate) labels: Vec<ClassIdx>,
}

impl Labelled {
    pub(crate) fn n_buyers(&self) -> usize {
        self.labels.iter().filter(|&&label| label == BUYS).count()
    }

    fn is_enough(&self) -> bool {
        self.n_buyers() >= FEWEST && self.labels.len() - self.n_buyers() >= FEWEST
    }
}

/// A model that could have been chosen.
pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    /// Its log loss on the window it was calibrated on.
    pub(crate) log_loss: f64,
}

/// What was found when history is long enough.
pub(crate) struct Measured {
    pub(crate) chosen: &'static str,
    pub(crate) candidates: Vec<Candidate>,
    /// On the window that nothing has seen.
    pub(crate) evaluation: Evaluation,
    /// Of who always answers the rate of the window before.
    pub(crate) baseline: Baseline,
    pub(crate) curve: Vec<CalibrationBin>,
    /// Cumulative share of customers, and of buyers found among them, best first.
    pub(crate) gains: Vec<(f64, f64)>,
    pub(crate) trade_off: TradeOff,
}

pub(crate) struct Baseline {
    pub(crate) rate: f64,
    pub(crate) log_loss: f64,
    pub(crate) brier: f64,
}

pub(crate) struct Targeted {
    pub(crate) as_of: Timestamp,
    /// Train, calibrate, validate.
    pub(crate) windows: [Labelled; 3],
    /// The customers as of the as-of.
    pub(crate) customers: CustomerTable,
    /// The probability of each row of `customers`.
    pub(crate) probabilities: Vec<f64>,
    pub(crate) record: CalibrationRecord,
    /// The model they come from; none where history is too short.
    pub(crate) model: Option<Model>,
    /// Nothing, and why not, where history is too short.
    pub(crate) measured: Result<Measured, String>,
}

pub(crate) fn target(
    purchases: &PurchaseTable,
    calendar: &dyn Calendar,
    as_of: Timestamp,
    horizon_days: u32,
    seed: u64,
) -> Result<Targeted, BoxError> {
    let horizon = Span::days(i64::from(horizon_days));
    let features = |at| CustomerFeatures::new(at).season(horizon).of(purchases, calendar);
    let labelled = |start: Timestamp| {
        let window = Window { start, end: start + horizon };
        let table = features(start);
        let bought = table.bought_during(purchases, window);
        let labels = bought.into_iter().map(|yes| ClassIdx::new(u32::from(yes))).collect();
        Labelled { window, table, labels }
    };
    let validate_start = as_of - horizon;
    let calibrate_start = validate_start - horizon;
    let windows = [calibrate_start - horizon, calibrate_start, validate_start].map(labelled);
    let customers = features(as_of);
    if let Some(missing) = windows.iter().find(|window| !window.is_enough()) {
        let why = format!(
            "history is too short for a model: of the {} customers known on {}, {} bought in the {horizon_days} days that followed; at least {FEWEST} who did and {FEWEST} who did not are needed in each of three windows",
            missing.labels.len(),
            calendar.date(missing.window.start),
            missing.n_buyers(),
        );
        // Where nobody was observed for a whole horizon, the second half of history has to do.
        let first = purchases.period().map_or(as_of, |(first, _)| first);
        let half = Span::micros((as_of - first).as_micros() / 2);
        let shorter = Window { start: as_of - half, end: as_of };
        let observed = match windows[2].labels.is_empty() {
            false => None,
            true => {
                let table = features(shorter.start);
                let bought = table.bought_during(purchases, shorter);
                let labels = bought.into_iter().map(|yes| ClassIdx::new(u32::from(yes))).collect();
                Some(Labelled { window: shorter, table, labels })
            }
        };
        return base_rate(as_of, windows, observed.as_ref(), customers, why);
    }
    let [train, calibrate, validate] = &windows;
    let mut fitted = Vec::new();
    for recipe in RECIPES {
        let model = recipe.run(train, calibrate)?;
        let probabilities = predict(&model, &calibrate.table)?;
        let log_loss = Scored::new(&probabilities, &calibrate.labels)?.log_loss()?;
        fitted.push((recipe, model, log_loss));
    }
    let best = (0..fitted.len())
        .min_by(|&a, &b| fitted[a].2.total_cmp(&fitted[b].2))
        .ok_or("no recipe to choose from")?;
    let (recipe, model, _) = &fitted[best];
    let probabilities = predict(model, &validate.table)?;
    let scored = Scored::new(&probabilities, &validate.labels)?;
    let rate = calibrate.n_buyers() as f64 / calibrate.labels.len() as f64;
    let constant = Scored::new(&vec![rate; validate.labels.len()], &validate.labels)?;
    let gains = scored.gains(20)?;
    let total: f64 = gains.iter().map(|row| row.weight).sum();
    let mut share = 0.0;
    let gains = std::iter::once((0.0, 0.0))
        .chain(gains.iter().map(|row| {
            share += row.weight / total;
            (share, row.cumulative_gain)
        }))
        .collect();
    let measured = Measured {
        chosen: recipe.name,
        candidates: fitted
            .iter()
            .map(|(recipe, _, log_loss)| Candidate { name: recipe.name, log_loss: *log_loss })
            .collect(),
        evaluation: scored.evaluate()?,
        baseline: Baseline { rate, log_loss: constant.log_loss()?, brier: constant.brier()? },
        curve: scored.calibration_curve(Binning::EqualCount(10))?.bins,
        gains,
        trade_off: trade_off(train, validate, seed)?,
    };
    let deployed = recipe.run(calibrate, validate)?;
    let probabilities = predict(&deployed, &customers)?;
    let record = patronage::core::Calibrated::calibration(&deployed).clone();
    let model = Some(deployed);
    Ok(Targeted { as_of, windows, customers, probabilities, record, model, measured: Ok(measured) })
}

/// Everybody gets the rate of the last window, or of what was observed instead: what can be said
/// without a model.
fn base_rate(
    as_of: Timestamp,
    windows: [Labelled; 3],
    shorter: Option<&Labelled>,
    customers: CustomerTable,
    why: String,
) -> Result<Targeted, BoxError> {
    let last = shorter.unwrap_or(&windows[2]);
    // Where nothing was observed at all, nothing is known, and nobody is targeted.
    let (rate, source) = match last.labels.len() {
        0 => (0.0, "nobody was observed for any time, so nobody is targeted".to_owned()),
        n => {
            let rate = last.n_buyers() as f64 / n as f64;
            let days = (last.window.end - last.window.start).as_days();
            let short =
                if shorter.is_some() { ", less than the horizon, so it is too low" } else { "" };
            (rate, format!("the rate is that of {n} customers over the last {days:.0} days{short}"))
        }
    };
    let record = CalibrationRecord {
        method: "base rate".to_owned(),
        window: Some(last.window),
        n_rows: last.labels.len(),
        base_rate: Probability::new(rate)?,
    };
    let probabilities = vec![rate; customers.customers().len()];
    let measured = Err(format!("{why}; {source}"));
    Ok(Targeted { as_of, windows, customers, probabilities, record, model: None, measured })
}

/// Fits a model to labelled rows.
type Fitting = fn(&Labeled<'_, ClassIdx>) -> Result<Box<dyn Classifier>, BoxError>;

/// A way to a model: what is fitted, after logarithms are taken.
#[derive(Clone, Copy)]
struct Recipe {
    name: &'static str,
    fit: Fitting,
}

const RECIPES: [Recipe; 2] = [
    Recipe {
        name: "logistic regression",
        fit: |rows| Ok(Box::new(LogisticRegression::new().scaling(Scaling::Standard).fit(rows)?)),
    },
    Recipe {
        name: "decision tree",
        fit: |rows| {
            let least = (rows.len() / 100).max(10);
            Ok(Box::new(DecisionTree::new().max_depth(5).min_samples_leaf(least).fit(rows)?))
        },
    },
];

impl Recipe {
    fn run(&self, fit_on: &Labelled, calibrate_on: &Labelled) -> Result<Model, BoxError> {
        let rows = prepared(&fit_on.table)?;
        let model = (self.fit)(&Labeled::new(&rows, &fit_on.labels)?)?;
        let rows = prepared(&calibrate_on.table)?;
        Ok(Calibration::new(CalibrationMethod::Platt)
            .window(calibrate_on.window)
            .calibrate(model, &Labeled::new(&rows, &calibrate_on.labels)?)?)
    }
}

/// The table with logarithms of what has a long tail; the step learns nothing, so that tables of
/// different moments get the same columns.
pub(crate) fn prepared(table: &CustomerTable) -> Result<FeatureTable, BoxError> {
    let preparation: PreparationModel =
        Preparation::new().of(Transform::Log1p, LONG_TAILED).fit(table)?;
    Ok(preparation.apply(table)?)
}

fn predict(model: &Model, table: &CustomerTable) -> Result<Vec<f64>, BoxError> {
    if table.values().nrows() == 0 {
        return Ok(Vec::new());
    }
    let probabilities = model.predict_probabilities(&prepared(table)?)?;
    Ok(probabilities.column(BUYS.index()).to_vec())
}

/// Writes `propensity.csv`, customers in ascending order of their ids.
pub(crate) fn write(
    folder: &OutputFolder,
    targeted: &Targeted,
    log: &EventLog,
) -> Result<(), BoxError> {
    let customers = targeted.customers.customers();
    let order = by_id(log, customers);
    folder.csv(
        "propensity.csv",
        &["customer", "probability"],
        order.iter().map(|&row| {
            let id = log.customers().id(customers[row]).unwrap_or_default();
            [id.to_owned(), targeted.probabilities[row].to_string()]
        }),
    )
}
