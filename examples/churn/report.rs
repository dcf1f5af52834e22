//! What was found, for people and for machines.

use std::io::Write;

use patronage::classify::{
    BestCutoff, Bootstrap, Figure, GainsRow, Importance, LeakageReport, Metric, PairedAuc, Scored,
    Split,
};
use patronage::core::{BoxError, ClassIdx};
use serde_json::Value;

use crate::figures::Figures;

/// What is reported of each model, and by what name.
const METRICS: [(Metric, &str); 6] = [
    (Metric::RocAuc, "roc_auc"),
    (Metric::PrAuc, "pr_auc"),
    (Metric::LogLoss, "log_loss"),
    (Metric::Brier, "brier"),
    (Metric::Lift(0.1), "lift_at_tenth"),
    (Metric::Ks, "ks"),
];

/// The columns of greatest importance that are shown.
const SHOWN: usize = 8;

/// A model and how good it is.
pub(crate) struct Row {
    pub(crate) name: String,
    /// For each row of the table its chance of the outcome, by a model that did not learn from it.
    pub(crate) chances: Vec<f64>,
    /// Of each metric its mean over folds.
    means: Vec<f64>,
    /// Of each metric the figure of all rows together, with its interval.
    together: Vec<Figure>,
}

impl Row {
    pub(crate) fn new(
        name: &str,
        chances: Vec<f64>,
        labels: &[ClassIdx],
        splits: &[Split],
        seed: u64,
    ) -> Result<Self, BoxError> {
        // A tree may be sure: 1e-15 keeps the log loss of its mistakes finite.
        let clipped: Vec<f64> = chances.iter().map(|p| p.clamp(1e-15, 1.0 - 1e-15)).collect();
        let metrics = METRICS.map(|(metric, _)| metric);
        let mut means = vec![0.0; metrics.len()];
        for split in splits {
            let of = |&row: &u32| (clipped[row as usize], labels[row as usize]);
            let (scores, outcomes): (Vec<f64>, Vec<ClassIdx>) = split.test.iter().map(of).unzip();
            let scored = Scored::new(&scores, &outcomes)?;
            for (mean, metric) in means.iter_mut().zip(metrics) {
                *mean += metric.of(&scored)? / splits.len() as f64;
            }
        }
        let bootstrap = Bootstrap::new(200).seed(seed);
        let together = Scored::new(&clipped, labels)?.figures(&metrics, &bootstrap)?;
        Ok(Self { name: name.to_owned(), chances, means, together })
    }

    /// The mean over folds.
    pub(crate) fn mean(&self, metric: Metric) -> Option<f64> {
        METRICS.iter().position(|&(other, _)| other == metric).map(|at| self.means[at])
    }
}

/// Everything that is shown.
pub(crate) struct Findings {
    pub(crate) n_rows: usize,
    pub(crate) n_columns: usize,
    pub(crate) n_positive: usize,
    /// The model of the least log loss.
    pub(crate) best: usize,
    /// The models, the best one calibrated last.
    pub(crate) rows: Vec<Row>,
    /// The best model against each other one.
    pub(crate) versus: Vec<(String, PairedAuc)>,
    pub(crate) cutoff: BestCutoff,
    pub(crate) gains: Vec<GainsRow>,
    /// Descending.
    pub(crate) importance: Vec<Importance>,
    pub(crate) leakage: LeakageReport,
}

pub(crate) fn print_json(out: impl Write, found: &Findings) -> Result<(), BoxError> {
    let mut figures = Figures::new(out);
    figures.figure("data", "rows", found.n_rows)?;
    figures.figure("data", "columns", found.n_columns)?;
    figures.figure("data", "positive", found.n_positive)?;
    for row in &found.rows {
        for (at, (_, name)) in METRICS.iter().enumerate() {
            let Figure { value, interval, .. } = row.together[at];
            let more: [(&str, Value); 3] = [
                ("all_rows", value.into()),
                ("low", interval.low.into()),
                ("high", interval.high.into()),
            ];
            figures.figure_and(&row.name, name, row.means[at], more)?;
        }
    }
    let best = &found.rows[found.best].name;
    for (other, test) in &found.versus {
        let more = [("against", other.as_str().into()), ("p_value", test.test.p_value.into())];
        figures.figure_and(best, "roc_auc_difference", test.difference, more)?;
    }
    let last = &found.rows[found.rows.len() - 1].name;
    let BestCutoff { point, honest_profit, optimism, interval } = &found.cutoff;
    figures.figure(last, "cutoff", point.threshold.map_or(Value::Null, Value::from))?;
    figures.figure(last, "contacts", point.contacts)?;
    figures.figure(last, "responses", point.responses)?;
    let more = [
        ("optimism", optimism.as_f64().into()),
        ("low", interval.low.into()),
        ("high", interval.high.into()),
    ];
    figures.figure_and(last, "profit", honest_profit.as_f64(), more)?;
    for (tenth, row) in (1_u32..).zip(&found.gains) {
        let more = [("tenth", tenth.into()), ("cumulative_gain", row.cumulative_gain.into())];
        figures.figure_and(last, "lift", row.lift, more)?;
    }
    for importance in &found.importance {
        let more = [
            ("column", importance.columns.join(", ").into()),
            ("low", importance.interval.low.into()),
            ("high", importance.interval.high.into()),
        ];
        figures.figure_and(best, "permutation_importance", importance.mean, more)?;
    }
    for column in found.leakage.suspects() {
        let more = [("column", column.column.as_str().into())];
        figures.figure_and("leakage", "roc_auc", column.roc_auc, more)?;
    }
    Ok(())
}

pub(crate) fn print_words(mut out: impl Write, found: &Findings) -> Result<(), BoxError> {
    let (rows, columns, positive) = (found.n_rows, found.n_columns, found.n_positive);
    let share = positive as f64 / rows as f64 * 100.0;
    writeln!(
        out,
        "{rows} customers, {columns} columns, {positive} with the outcome ({share:.1} %)"
    )?;
    for column in found.leakage.suspects() {
        writeln!(
            out,
            "caution: {:?} alone reaches a ROC AUC of {:.3}; was it known before the outcome?",
            column.column, column.roc_auc
        )?;
    }
    write!(out, "\n{:<22}", "mean over folds")?;
    METRICS.iter().try_for_each(|(_, name)| write!(out, " {name:>13}"))?;
    writeln!(out, "   ROC AUC of all, 95 %")?;
    for row in &found.rows {
        write!(out, "{:<22}", row.name)?;
        row.means.iter().try_for_each(|mean| write!(out, " {mean:>13.4}"))?;
        let interval = row.together[0].interval;
        writeln!(out, "   {:.4} to {:.4}", interval.low, interval.high)?;
    }
    let best = &found.rows[found.best].name;
    writeln!(out, "\n{best} loses least. Its ROC AUC is higher by (DeLong):")?;
    for (other, test) in &found.versus {
        let p = test.test.p_value;
        writeln!(out, "{:>9.4} than that of {other} (p = {p:.2e})", test.difference)?;
    }
    let last = &found.rows[found.rows.len() - 1].name;
    let BestCutoff { point, honest_profit, optimism, interval } = &found.cutoff;
    match point.threshold {
        None => writeln!(out, "\nBy {last}, it pays to contact nobody.")?,
        Some(threshold) => writeln!(
            out,
            "\nBy {last}, contact whoever is at {threshold:.3} or above: {:.0} customers, {:.0} with the \
             outcome, a profit of {} (95 %: {:.0} to {:.0}; choosing the cut-off on these rows would \
             promise {} more).",
            point.contacts, point.responses, honest_profit, interval.low, interval.high, optimism
        )?,
    }
    writeln!(out, "\ntenth     lift  found up to here")?;
    for (tenth, row) in (1..).zip(&found.gains) {
        writeln!(out, "{tenth:>5} {:>8.2} {:>7.1}%", row.lift, row.cumulative_gain * 100.0)?;
    }
    writeln!(out, "\nWhat {best} loses in ROC AUC when a column is shuffled:")?;
    for importance in found.importance.iter().take(SHOWN) {
        let range = importance.interval;
        writeln!(
            out,
            "{:>9.4} ({:.4} to {:.4}) {}",
            importance.mean,
            range.low,
            range.high,
            importance.columns.join(", ")
        )?;
    }
    Ok(())
}
