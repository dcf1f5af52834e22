//! Personas in words: every number is one of the persona's.

use std::fmt;

use patronage_core::{Date, Money};

use super::contrast::{Evidence, NumberContrast, NumberKind, ShareContrast, ShareOf, Subject};
use super::report::{MoneyShare, Persona};

/// Columns of numbers and shares that a description names, at most.
const IN_WORDS: usize = 3;

/// A number to three digits or to the whole, without trailing zeros.
pub(crate) fn figure(value: f64) -> String {
    let size = value.abs();
    if size >= 1e15 || (size > 0.0 && size < 0.001) {
        return format!("{value:.2e}");
    }
    let decimals = match size {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A share in percent.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", figure(share * 100.0))
}

/// A p-value, of which no more than its smallness matters.
fn p_value(evidence: &Evidence) -> String {
    let p = evidence.adjusted_p_value;
    if evidence.circular {
        "by construction".to_owned()
    } else if p < 1e-15 {
        "< 1e-15".to_owned()
    } else {
        figure(p)
    }
}

fn amount(money: Money) -> String {
    format!("{money:.2}")
}

/// A number of a column, a date where it is one.
fn number(kind: NumberKind, value: f64) -> String {
    match kind {
        NumberKind::Date => Date::from_days(value.round() as i32).to_string(),
        NumberKind::Number => figure(value),
    }
}

impl Persona {
    /// A short text in plain words: size, money, the numbers and shares that set the segment apart
    /// most among those that are significant, what and when it buys, and who is typical of it.
    ///
    /// Nothing else goes into it: each number in it is one of the persona's fields, rounded.
    #[must_use]
    pub fn description(&self) -> String {
        let Self { name, n_customers, .. } = self;
        if *n_customers == 0 {
            return format!("{name}: no customers.");
        }
        let customers = if *n_customers == 1 { "customer" } else { "customers" };
        let mut text =
            format!("{name}: {n_customers} {customers}, {} of all.", percent(self.share));
        if let Some(revenue) = &self.revenue {
            text += &money("bring", "revenue", revenue);
        }
        if let Some(margin) = &self.margin {
            text += &money("leave", "margin", margin);
        }
        let named = self.numbers.iter().filter(|number| number.evidence.significant);
        let medians: Vec<String> = named.take(IN_WORDS).map(median).collect();
        if !medians.is_empty() {
            text += &format!(" Their median {}.", list(&medians));
        }
        let mut tastes: Vec<String> = Vec::new();
        let named = self.most_different();
        for share in named.iter().filter(|s| s.lift > 1.0).take(IN_WORDS) {
            tastes.push(taste(share));
        }
        for (at, taste) in tastes.iter().enumerate() {
            text += if at == 0 { " " } else { "; " };
            text += taste;
        }
        if !tastes.is_empty() {
            text += ".";
        }
        if let Some(least) = named.iter().find(|share| share.lift < 1.0) {
            text += &format!(" Rarer among them: {}.", taste(least));
        }
        if let Some(prototype) = self.prototypes.first() {
            text += &match &prototype.id {
                Some(id) => format!(" Typical is customer {id}."),
                None => format!(" Typical is {}.", prototype.customer),
            };
        }
        text
    }

    /// The significant shares that differ most from those of all, by difference rather than by
    /// lift: in words what is large matters, not what is rare.
    fn most_different(&self) -> Vec<&ShareContrast> {
        let of_facets =
            self.facets.iter().flat_map(|facet| facet.by_share.iter().chain(&facet.by_lift));
        let mut named: Vec<&ShareContrast> = Vec::new();
        for share in self.shares.iter().chain(of_facets).filter(|s| s.evidence.significant) {
            if !named.iter().any(|other| other.subject == share.subject) {
                named.push(share);
            }
        }
        let difference = |share: &ShareContrast| (share.share - share.share_of_all).abs();
        named.sort_by(|a, b| difference(b).total_cmp(&difference(a)));
        named
    }
}

fn money(verb: &str, what: &str, share: &MoneyShare) -> String {
    format!(
        " They {verb} {} of {what}, {} of all: {} each.",
        amount(share.amount),
        percent(share.share),
        amount(share.per_customer)
    )
}

fn median(contrast: &NumberContrast) -> String {
    let NumberContrast { phrase, kind, median, rest_median, superiority, .. } = contrast;
    let column = phrase.label();
    let [own, rest] = [*median, *rest_median].map(|value| number(*kind, value));
    if own == rest {
        // Where medians are alike the order of ranks still tells.
        let (more, share) =
            if *superiority > 0.5 { ("more", *superiority) } else { ("less", 1.0 - superiority) };
        return format!(
            "{column} is {}, as among the rest, but in {} of pairs it is {more} (equals count half)",
            phrase.with_unit(&own),
            percent(share)
        );
    }
    format!("{column} is {}, against {rest} among the rest", phrase.with_unit(&own))
}

fn taste(contrast: &ShareContrast) -> String {
    let (share, lift) = (percent(contrast.share), figure(contrast.lift));
    let subject = &contrast.subject;
    let what = match subject.share_of() {
        ShareOf::Customers => format!("{share} have {subject}"),
        ShareOf::Lines => format!("{share} of their lines are {subject}"),
        ShareOf::Orders => match subject {
            Subject::Hour { .. } => format!("{share} of their orders come after {subject}"),
            _ => format!("{share} of their orders come on a {subject}"),
        },
    };
    format!("{what}, {lift} times the share among all")
}

/// `a`, `a and b`, `a; b; and c` would be prose; semicolons keep clauses with commas apart.
fn list(parts: &[String]) -> String {
    parts.join("; ")
}

impl fmt::Display for Persona {
    /// Markdown: a heading, the description, tables of what is significant, top lists, prototypes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}\n\n{}\n", self.name, self.description())?;
        let numbers = self.numbers.iter().filter(|number| number.evidence.significant);
        let numbers: Vec<_> = numbers.collect();
        if !numbers.is_empty() {
            writeln!(f, "| number | median | rest | more than the rest in | corrected p |")?;
            writeln!(f, "|---|---:|---:|---:|---:|")?;
            for n in numbers {
                let interval = n.superiority_interval;
                writeln!(
                    f,
                    "| {} | {} | {} | {} ({} to {}) | {} |",
                    cell(n.phrase.label()),
                    number(n.kind, n.median),
                    number(n.kind, n.rest_median),
                    percent(n.superiority),
                    figure(interval.low * 100.0),
                    figure(interval.high * 100.0),
                    p_value(&n.evidence)
                )?;
            }
            writeln!(f)?;
        }
        if !self.shares.is_empty() {
            table(f, "share", self.shares.iter())?;
        }
        for facet in &self.facets {
            if !facet.by_share.is_empty() {
                table(f, &format!("top {}", facet.name), facet.by_share.iter())?;
            }
        }
        for prototype in &self.prototypes {
            writeln!(
                f,
                "- {} stands for {} customers at a mean distance of {}",
                prototype
                    .id
                    .as_ref()
                    .map_or_else(|| prototype.customer.to_string(), |id| format!("customer {id}"),),
                prototype.n_members,
                figure(prototype.mean_distance)
            )?;
        }
        Ok(())
    }
}

fn table<'a>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    contrasts: impl Iterator<Item = &'a ShareContrast>,
) -> fmt::Result {
    writeln!(f, "| {} | of | share | of all | lift | corrected p |", cell(title))?;
    writeln!(f, "|---|---|---:|---:|---:|---:|")?;
    for contrast in contrasts {
        let of = match contrast.subject.share_of() {
            ShareOf::Customers => "customers",
            ShareOf::Lines => "lines",
            ShareOf::Orders => "orders",
        };
        writeln!(
            f,
            "| {} | {of} | {} | {} | {} ({} to {}) | {} |",
            cell(&contrast.subject.to_string()),
            percent(contrast.share),
            percent(contrast.share_of_all),
            figure(contrast.lift),
            figure(contrast.lift_interval.low),
            figure(contrast.lift_interval.high),
            p_value(&contrast.evidence)
        )?;
    }
    writeln!(f)
}

/// Text that breaks no table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1234.5, "1234"),
            (19.5, "19.5"),
            (1.875, "1.88"),
            (2.0, "2"),
            (0.25, "0.25"),
            (1e-9, "1.00e-9"),
            (1e308, "1.00e308"),
            (-3.2149, "-3.21"),
        ] {
            assert_eq!(figure(value), text);
        }
        assert_eq!(percent(0.125), "12.5 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(cell("a|b\nc"), "a\\|b c");
    }
}
