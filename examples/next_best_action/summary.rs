//! `summary.json`: everything a program may want to know of a run.

use patronage::act::Decisions;
use patronage::core::{Calendar, Money, Timestamp};
use patronage::explore::{Estimate, Kpis};
use patronage::ingest::EventLog;
use patronage::segment::Structure;
use serde_json::{Map, Value, json};

use crate::args::Args;
use crate::load::Input;
use crate::recommend::Recommended;
use crate::segment::Segmented;
use crate::steps::Steps;
use crate::target::{Labelled, Targeted};

/// Versions of what made the run.
fn versions() -> Value {
    json!({ "patronage": env!("CARGO_PKG_VERSION"), "summary": 1 })
}

fn money(amount: Money) -> Value {
    json!(amount.as_f64())
}

pub(crate) fn rows(log: &EventLog) -> Value {
    let report = log.report();
    let by_reason: Map<String, Value> =
        report.by_reason().iter().map(|(reason, rows)| (reason.to_string(), json!(rows))).collect();
    let by_combination: Map<String, Value> =
        report.set_aside.iter().map(|part| (part.reasons.to_string(), json!(part.rows))).collect();
    json!({
        "read": report.rows_read,
        "accepted": report.rows_accepted,
        "set_aside": {
            "total": report.rows_set_aside(),
            "by_reason": by_reason,
            "by_combination": by_combination,
        },
        "exact_duplicates": report.exact_duplicates,
        "exact_duplicates_accepted": report.exact_duplicates_accepted,
        "prices_rounded": report.prices_rounded,
    })
}

pub(crate) fn revenue(log: &EventLog) -> Value {
    let report = log.report();
    json!({
        "currency": log.currency().map(|currency| currency.to_string()),
        "gross": money(report.gross_revenue),
        "returned": money(report.returned),
        "net": money(report.net_revenue()),
    })
}

fn estimate<T: Copy>(estimate: Option<Estimate<T>>, number: impl Fn(T) -> f64) -> Value {
    match estimate {
        None => Value::Null,
        Some(figure) => json!({
            "value": number(figure.value),
            "interval": figure.interval.map(|i| [number(i.low), number(i.high)]),
        }),
    }
}

fn kpis(kpis: &Kpis) -> Value {
    json!({
        "customers": kpis.n_customers,
        "orders": kpis.n_orders,
        "order_lines": kpis.n_lines,
        "items": kpis.n_items,
        "average_order_value": estimate(kpis.average_order_value, Money::as_f64),
        "revenue_per_customer": estimate(kpis.revenue_per_customer, Money::as_f64),
        "orders_per_customer": estimate(kpis.orders_per_customer, |n| n),
        "repeat_rate": estimate(kpis.repeat_rate, |p| p.get()),
    })
}

fn segmentation(segmented: &Segmented) -> Value {
    let criteria: Vec<Value> = segmented
        .choice
        .iter()
        .flat_map(|choice| choice.candidates())
        .map(|candidate| {
            json!({
                "k": candidate.k,
                "inertia": candidate.model.inertia(),
                "silhouette": candidate.silhouette.map(|s| s.mean),
                "calinski_harabasz": candidate.calinski_harabasz,
                "davies_bouldin": candidate.davies_bouldin,
                "gap": candidate.gap.map(|gap| gap.value),
                "gap_standard_error": candidate.gap.map(|gap| gap.standard_error),
            })
        })
        .collect();
    let structure = segmented.choice.as_ref().map(|choice| match choice.structure() {
        Structure::Found => "found",
        Structure::NotFound => "not_found",
    });
    let segments: Map<String, Value> = segmented
        .summary
        .iter()
        .map(|s| {
            let name = segmented.rules.name(s.segment).unwrap_or_default();
            (name.to_owned(), json!({ "customers": s.n_customers, "revenue": money(s.revenue) }))
        })
        .collect();
    json!({
        "k": segmented.clusters.k,
        "criteria": criteria,
        "why": segmented.clusters.why,
        "structure": structure,
        "labels": segmented.clusters.labels,
        "segments": segments,
    })
}

fn window(name: &str, labelled: &Labelled, calendar: &dyn Calendar) -> Value {
    let date = |at: Timestamp| calendar.date(at).to_string();
    json!({
        "name": name,
        "features_before": date(labelled.window.start),
        "labels_from": date(labelled.window.start),
        "labels_before": date(labelled.window.end),
        "customers": labelled.labels.len(),
        "bought": labelled.n_buyers(),
    })
}

fn target(targeted: &Targeted, calendar: &dyn Calendar) -> Value {
    let windows: Vec<Value> = ["train", "calibrate", "validate"]
        .iter()
        .zip(&targeted.windows)
        .map(|(name, labelled)| window(name, labelled, calendar))
        .collect();
    match &targeted.measured {
        Err(why) => json!({
            "windows": windows,
            "model": "base rate",
            "message": why,
            "roc_auc": null,
            "log_loss": null,
            "brier": null,
            "calibration_error": null,
            "baseline": { "rate": targeted.record.base_rate.get(), "log_loss": null, "brier": null },
        }),
        Ok(measured) => {
            let evaluation = &measured.evaluation;
            let candidates: Map<String, Value> = measured
                .candidates
                .iter()
                .map(|c| (c.name.to_owned(), json!({ "log_loss_on_calibrate": c.log_loss })))
                .collect();
            json!({
                "windows": windows,
                "model": measured.chosen,
                "candidates": candidates,
                "roc_auc": evaluation.roc_auc,
                "roc_auc_interval": evaluation.roc_auc_interval.map(|i| [i.low, i.high]),
                "pr_auc": evaluation.pr_auc,
                "log_loss": evaluation.log_loss,
                "brier": evaluation.brier,
                "calibration_error": evaluation.calibration_error,
                "lift_at_tenth": evaluation.lift_at_tenth,
                "base_rate": evaluation.base_rate,
                "baseline": {
                    "rate": measured.baseline.rate,
                    "log_loss": measured.baseline.log_loss,
                    "brier": measured.baseline.brier,
                },
                "deployed": "the same recipe one window later: fitted on calibrate, calibrated on validate",
                "bias_variance": {
                    "best_depth": measured.trade_off.curve.points[measured.trade_off.curve.best].complexity,
                    "verdict_at_best": measured.trade_off.at_best.words,
                    "verdict_at_deepest": measured.trade_off.at_deepest.words,
                },
            })
        }
    }
}

/// What became of the records of consent.
fn consent(input: &Input, decisions: &Decisions<'_>) -> Value {
    let Some(recorded) = &input.consent else { return Value::Null };
    let set_aside: Map<String, Value> =
        recorded.set_aside().map(|(reasons, rows)| (reasons.to_string(), json!(rows))).collect();
    let customers = input.log.customers();
    let channels = decisions.catalogue().channels();
    let (mut strangers, mut unknown) = (0_u64, std::collections::BTreeSet::new());
    for record in recorded.in_force(input.as_of) {
        strangers += u64::from(customers.index_of(&record.customer).is_none());
        unknown.extend(record.channel.filter(|name| channels.iter().all(|c| c.id() != name)));
    }
    json!({
        "read": recorded.rows_read(),
        "accepted": recorded.rows_accepted(),
        "set_aside_by_combination": set_aside,
        "in_force_for_unknown_customers": strangers,
        "unknown_channels": unknown,
    })
}

/// The whole summary; timings are added last, under one key.
#[expect(clippy::too_many_arguments, reason = "each is one key of the summary")]
pub(crate) fn summary(
    args: &Args,
    input: &Input,
    explored: &Kpis,
    segmented: &Segmented,
    targeted: &Targeted,
    recommended: &Recommended,
    decisions: &Decisions<'_>,
    steps: &Steps,
) -> Result<String, serde_json::Error> {
    let log = &input.log;
    let calendar = log.calendar();
    let value = json!({
        "source": input.source,
        "as_of": input.as_of_date.to_string(),
        "horizon_days": args.horizon_days,
        "rows": rows(log),
        "revenue": revenue(log),
        "kpis": kpis(explored),
        "segmentation": segmentation(segmented),
        "target": target(targeted, calendar),
        "recommendation": recommended.summary(calendar),
        "decisions": serde_json::to_value(decisions.summary())?,
        "consent_records": consent(input, decisions),
        "steps": serde_json::to_value(&steps.steps)?,
        "timings": serde_json::to_value(&steps.timings)?,
        "versions": versions(),
        "seed": args.seed,
    });
    let mut text = serde_json::to_string_pretty(&value)?;
    text.push('\n');
    Ok(text)
}
