//! What was found, in words.

use crate::cohorts::Cohorts;
use crate::concentration::Concentration;
use crate::format::{money, percent};
use crate::kpis::Kpis;
use crate::month::Observed;
use crate::months::Months;
use crate::show::counted;
use crate::words::Words;
use patronage_core::Currency;

/// The paragraphs above the tiles.
pub(super) fn summary(
    kpis: &Kpis,
    months: &Months,
    concentration: &Concentration,
    currency: Currency,
) -> Words {
    let (Some(order), Some(repeat)) = (kpis.average_order_value, kpis.repeat_rate) else {
        return Words::new().paragraph("Nobody bought anything before the as-of.");
    };
    let period = match months.rows() {
        [] => String::new(),
        [only] => format!(" in {}", only.month),
        [first, .., last] => format!(" between {} and {}", first.month, last.month),
    };
    let who = format!(
        "{} placed {}{period}, worth {} {currency}, or {} {currency} an order. {} of the customers ordered more than once.",
        counted(kpis.n_customers, "customer", "customers"),
        counted(kpis.n_orders, "order", "orders"),
        money(kpis.gross_revenue),
        money(order.value),
        percent(repeat.value.get(), 1),
    );
    let mut words = Words::new().paragraph(who);
    if let Some(text) = unequal(kpis, concentration) {
        words = words.paragraph(text);
    }
    if months.rows().last().is_some_and(|row| row.observed == Observed::Part) {
        words = words.note(
            "The last month was still running at the as-of: its figures cover part of it and are not comparable with the months before.",
        );
    }
    words
}

fn unequal(kpis: &Kpis, concentration: &Concentration) -> Option<String> {
    let best = concentration.deciles().first()?.share?;
    let behind = concentration.customers_behind(0.8)?;
    let mut text = format!(
        "The best tenth of the customers brings {} of revenue; four fifths of it come from {} of them.",
        percent(best, 1),
        percent(behind, 1),
    );
    if kpis.n_customers >= 10 {
        // Below ten customers a tenth is a figure of speech.
        if let Some(gini) = concentration.gini() {
            text.push_str(&format!(
                " The Gini coefficient is {} (0: all customers pay the same, 1: one pays everything).",
                crate::format::number(gini, 3)
            ));
        }
        return Some(text);
    }
    None
}

/// The line below the retention table.
pub(super) fn retention(cohorts: &Cohorts) -> String {
    let mut text = "Of the customers who first bought in a month, the share who bought again so many months later. Blank cells lie after the as-of.".to_owned();
    if let Some(next) = cohorts.average(1) {
        text.push_str(&format!(
            " On average {} bought again in the month after their first",
            percent(next.value.get(), 1)
        ));
        if let Some(later) = cohorts.average(6) {
            text.push_str(&format!(", {} in the sixth", percent(later.value.get(), 1)));
        }
        text.push('.');
    }
    if cohorts.observed(0, cohorts.n_cohorts().saturating_sub(1)) == Some(Observed::Part) {
        text.push_str(" The last cell of every row is of the month still running.");
    }
    text
}
