//! The last three sections of the dashboard, and the summary on stdout.

use std::fmt::Write as _;

use patronage::act::Decisions;
use patronage::core::{Calendar, Currency, Money};
use patronage::explore::{
    Axis, Error, Figure, Orientation, Question, Section, Series, Table, TableColumn, Tile, Unit,
    Words,
};
use patronage::ingest::EventLog;

use crate::explore::Explored;
use crate::load::Input;
use crate::recommend::Recommended;
use crate::segment::Segmented;
use crate::target::{Measured, Targeted};

/// Whom do I target?
pub(crate) fn target(
    targeted: &Targeted,
    horizon_days: u32,
    calendar: &dyn Calendar,
) -> Result<Section, Error> {
    let section = Section::new(Question::Target);
    let windows = windows_table(targeted, calendar)?;
    match &targeted.measured {
        Err(why) => Ok(section
            .words(Words::new().paragraph(format!("No model could be fitted: {why}.")).paragraph(
                format!(
                    "Until then everybody gets the same probability, {:.1} %.",
                    targeted.record.base_rate.get() * 100.0
                ),
            ))
            .table(windows)),
        Ok(measured) => measured_section(section, measured, targeted, horizon_days, windows),
    }
}

fn measured_section(
    section: Section,
    measured: &Measured,
    targeted: &Targeted,
    horizon_days: u32,
    windows: Table,
) -> Result<Section, Error> {
    let evaluation = &measured.evaluation;
    let words = Words::new()
        .paragraph(format!(
            "For every customer the probability of buying within {horizon_days} days, by {}. Of the candidates it had the least log loss on the second window; the figures below are from the third, which nothing had seen.",
            measured.chosen
        ))
        .paragraph(match evaluation.lift_at_tenth {
            Some(lift) => format!(
                "Contacting the tenth with the highest probability reaches {lift:.1} times as many buyers as contacting a tenth at random."
            ),
            None => "On the third window all customers had one outcome.".to_owned(),
        });
    let trade_off = &measured.trade_off;
    let advice = Words::new()
        .paragraph("How complex should the model be? A shallow tree errs because it is too simple (bias), a deep one because it follows the chance of its customers (variance); the best depth balances the two.")
        .paragraph(trade_off.at_best.words.clone())
        .paragraph(trade_off.at_deepest.words.clone())
        .list(trade_off.at_best.next.iter().map(|next| format!("To try next: {next}.")));
    let mut tiles = Vec::new();
    if let Some(auc) = evaluation.roc_auc {
        let tile = Tile::number("ROC AUC on the hold-out", auc, 3)?;
        tiles.push(match evaluation.roc_auc_interval {
            Some(i) => tile.detail(format!("{:.3} to {:.3}; 0.5 is chance", i.low, i.high)),
            None => tile.detail("0.5 is chance"),
        });
    }
    tiles.push(
        Tile::number("Log loss", evaluation.log_loss, 4)?
            .detail(format!("{:.4} by the base rate", measured.baseline.log_loss)),
    );
    tiles.push(
        Tile::number("Brier score", evaluation.brier, 4)?
            .detail(format!("{:.4} by the base rate", measured.baseline.brier)),
    );
    tiles.push(
        Tile::number("Calibration error", evaluation.calibration_error, 4)?
            .detail("mean distance of promised and observed rates"),
    );
    let curve = Figure::line(
        "Are the probabilities right?",
        Axis::number("Promised probability").unit(Unit::Percent),
        Axis::number("Share who bought").unit(Unit::Percent),
        [
            Series::new(
                "Customers in ten groups",
                measured.curve.iter().map(|b| (b.predicted, b.observed)),
            ),
            Series::new("Perfect", [(0.0, 0.0), (1.0, 1.0)]).reference(),
        ],
    )?;
    let gains = Figure::line(
        "Buyers found by contacting the most likely first",
        Axis::number("Share of customers contacted").unit(Unit::Percent),
        Axis::number("Share of buyers found").unit(Unit::Percent),
        [
            Series::new("By probability", measured.gains.iter().copied()),
            Series::new("At random", [(0.0, 0.0), (1.0, 1.0)]).reference(),
        ],
    )?;
    let edges: Vec<f64> = (0..=20).map(|i| f64::from(i) / 20.0).collect();
    let mut heights = vec![0.0; 20];
    for &p in &targeted.probabilities {
        heights[((p * 20.0) as usize).min(19)] += 1.0;
    }
    let spread = Figure::histogram(
        "Customers by probability, as of today",
        Axis::number("Probability of buying").unit(Unit::Percent),
        Axis::number("Customers"),
        edges,
        heights,
    )?;
    Ok(section
        .words(words)
        .tiles(tiles)
        .figure(curve)
        .figure(gains)
        .figure(spread)
        .table(windows)
        .words(advice)
        .figure(trade_off.figure()?))
}

fn windows_table(targeted: &Targeted, calendar: &dyn Calendar) -> Result<Table, Error> {
    let all = || targeted.windows.iter();
    Table::new(
        "Windows: features strictly before the first day, labels within",
        [
            TableColumn::text("Window", ["Train", "Calibrate", "Validate"]),
            TableColumn::text(
                "First day",
                all().map(|w| calendar.date(w.window.start).to_string()),
            ),
            TableColumn::text(
                "Last day",
                all().map(|w| calendar.date(w.window.end).plus_days(-1).to_string()),
            ),
            TableColumn::count("Customers", all().map(|w| w.labels.len() as u64)),
            TableColumn::count("Bought", all().map(|w| w.n_buyers() as u64)),
        ],
    )
}

/// What do I do next?
pub(crate) fn next(decisions: &Decisions<'_>, currency: Currency) -> Result<Section, Error> {
    let summary = decisions.summary();
    let mut words = Words::new()
        .paragraph("For every customer and action: impact = value × relevance × eligibility. Value is the expected margin if she accepts, relevance the calibrated probability that she does, eligibility what rules, dates and consent allow. Net is impact less cost; each customer gets the plan with the highest net, within the budget.")
        .note("Relevance is propensity, not uplift: how likely she is to buy, not how much likelier the action makes it. Test against a group that is given nothing.");
    let consent = &summary.consent;
    if consent.refused > 0 {
        words = words.paragraph(format!(
            "Missing consent kept {} customers from {} actions they were otherwise eligible for; the plans lost to it were worth {:.2} {currency}.",
            consent.customers, consent.refused, consent.lost_best_plan
        ));
    }
    for warning in &summary.warnings {
        words = words.note(warning.clone());
    }
    let tiles = [
        Tile::count("Customers given an action", summary.customers_chosen as u64)
            .detail(format!("of {}", summary.customers)),
        Tile::money("Spent", summary.spent, currency).detail(match summary.budget {
            Some(budget) => format!("of a budget of {budget:.2} {currency}"),
            None => "no limit was set".to_owned(),
        }),
        Tile::money("Expected net", net(summary.net), currency)
            .detail(format!("upper bound {:.2}, gap {:.2}", summary.upper_bound, summary.gap)),
        Tile::count("Eligible pairs", summary.eligible as u64)
            .detail(format!("of {} considered", summary.considered)),
    ];
    let parts = || summary.by_action.iter();
    let actions = decisions.catalogue().actions();
    let table = Table::new(
        "Actions",
        [
            TableColumn::text("Action", actions.iter().map(|action| action.name())),
            TableColumn::text("Id", parts().map(|part| part.id.clone())),
            TableColumn::count("Eligible", parts().map(|part| part.eligible as u64)),
            TableColumn::count("No consent", parts().map(|part| part.refused as u64)),
            TableColumn::count("Chosen", parts().map(|part| part.chosen as u64)),
            TableColumn::money("Spent", currency, parts().map(|part| part.spent)),
            TableColumn::money("Expected net", currency, parts().map(|part| net(part.net))),
        ],
    )?;
    let figure = Figure::bars(
        "Customers by action chosen",
        Axis::categories("Action", parts().map(|part| part.id.clone())),
        Axis::number("Customers"),
        [Series::over_categories("Customers", parts().map(|part| part.chosen as f64))],
    )?
    .orientation(Orientation::Horizontal);
    let worth = Figure::bars(
        "Expected net by action chosen",
        Axis::categories("Action", parts().map(|part| part.id.clone())),
        Axis::number("Expected net").unit(Unit::Money(currency)),
        [Series::over_categories("Expected net", parts().map(|part| part.net))],
    )?
    .orientation(Orientation::Horizontal);
    Ok(Section::new(Question::Next)
        .words(words)
        .tiles(tiles)
        .figure(figure)
        .figure(worth)
        .table(table))
}

fn net(units: f64) -> Money {
    Money::from_f64(units).unwrap_or(Money::ZERO)
}

/// A short readable summary.
pub(crate) fn stdout(
    input: &Input,
    explored: &Explored,
    segmented: &Segmented,
    targeted: &Targeted,
    recommended: &Recommended,
    decisions: &Decisions<'_>,
    out: &std::path::Path,
) -> String {
    let log: &EventLog = &input.log;
    let (report, kpis, summary) = (log.report(), &explored.kpis, decisions.summary());
    let currency = log.currency().map(|c| format!(" {c}")).unwrap_or_default();
    let weighted = match summary.weighted_net == summary.net {
        true => "",
        false => ", both counted with weights",
    };
    let mut text = String::new();
    let mut line = |head: &str, body: String| {
        let _ = writeln!(text, "{head:<10} {body}");
    };
    line(
        "Read",
        format!(
            "{}: {} rows, {} accepted, {} set aside; as of {}",
            input.source,
            report.rows_read,
            report.rows_accepted,
            report.rows_set_aside(),
            input.as_of_date
        ),
    );
    for part in report.by_reason() {
        line("", format!("{} × {}", part.1, part.0));
    }
    line(
        "Explore",
        format!(
            "{} customers, {} orders, revenue {:.2}{currency} gross, {:.2}{currency} net of returns",
            kpis.n_customers, kpis.n_orders, kpis.gross_revenue, kpis.net_revenue
        ),
    );
    line(
        "Segment",
        format!(
            "{} named RFM segments; k-means: {}",
            segmented.rules.n_segments(),
            segmented.clusters.why
        ),
    );
    line(
        "Target",
        match &targeted.measured {
            Err(why) => format!(
                "{why}; everybody gets the base rate {:.4}",
                targeted.record.base_rate.get()
            ),
            Ok(m) => format!(
                "{}: hold-out ROC AUC {}, log loss {:.4} (base rate {:.4}), Brier {:.4}, calibration error {:.4}",
                m.chosen,
                m.evaluation.roc_auc.map_or("undefined".to_owned(), |auc| format!("{auc:.4}")),
                m.evaluation.log_loss,
                m.baseline.log_loss,
                m.evaluation.brier,
                m.evaluation.calibration_error
            ),
        },
    );
    line("Recommend", recommended.line());
    line(
        "Act",
        format!(
            "{} of {} customers given an action; spent {:.2}{currency} of {}; expected net {:.2}{currency} (upper bound {:.2}, gap {:.2}{weighted})",
            summary.customers_chosen,
            summary.customers,
            summary.spent,
            summary
                .budget
                .map_or("an unlimited budget".to_owned(), |b| format!("{b:.2}{currency}")),
            summary.net,
            summary.upper_bound,
            summary.gap
        ),
    );
    if summary.consent.refused > 0 {
        line(
            "",
            format!(
                "missing consent closed {} customer-actions; plans lost to it were worth {:.2}{currency}",
                summary.consent.refused, summary.consent.lost_best_plan
            ),
        );
    }
    line("Written", format!("{}/dashboard.html and seven more files", out.display()));
    text
}
