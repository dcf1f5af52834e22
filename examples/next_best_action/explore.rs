//! Who are my customers?

use patronage::core::{Calendar, Currency, Timestamp};
use patronage::explore::{
    Cohorts, Concentration, Error, Explore, Figure, Kpis, Months, Question, Section, TopBy,
    TopItems, Width, Words,
};
use patronage::ingest::EventLog;

/// What was found.
pub(crate) struct Explored {
    pub(crate) kpis: Kpis,
    pub(crate) months: Months,
    pub(crate) cohorts: Cohorts,
    pub(crate) concentration: Concentration,
    pub(crate) top_items: TopItems,
}

pub(crate) fn explore(
    log: &EventLog,
    calendar: &dyn Calendar,
    as_of: Timestamp,
) -> Result<Explored, Error> {
    let explore = Explore::new(log.purchases(), calendar, as_of).returns(log.returns());
    // Of returns also those by customers who bought nothing else, which have no row of their own.
    let mut kpis = explore.kpis()?;
    kpis.returned = log.report().returned;
    kpis.net_revenue = log.report().net_revenue();
    Ok(Explored {
        kpis,
        months: explore.months()?,
        cohorts: explore.cohorts()?,
        concentration: explore.concentration()?,
        top_items: explore.top_items(15, TopBy::Revenue)?,
    })
}

impl Explored {
    /// The first section of the dashboard.
    pub(crate) fn section(&self, log: &EventLog, currency: Currency) -> Result<Section, Error> {
        let mut section = Section::new(Question::Who)
            .words(self.words(currency))
            .tiles(self.kpis.tiles(currency)?)
            .figure(self.months.customers_figure()?)
            .figure(self.months.revenue_figure(currency)?);
        if self.cohorts.n_cohorts() > 1 {
            section = section.figure(self.cohorts.figure()?.width(Width::Full));
        }
        section = section.figure(self.decile_figure()?);
        if !self.top_items.rows().is_empty() {
            let name = |item| {
                let id = log.items().id(item).unwrap_or_default();
                match log.description(item) {
                    Some(description) => format!("{id} {description}"),
                    None => id.to_owned(),
                }
            };
            section = section.table(self.top_items.table(currency, &name)?);
        }
        Ok(section)
    }

    fn words(&self, currency: Currency) -> Words {
        let kpis = &self.kpis;
        let mut words = Words::new();
        if let Some(rate) = &kpis.repeat_rate {
            words = words.paragraph(format!(
                "{} customers placed {} orders worth {} {currency}. {:.0} % of them came back at least once.",
                kpis.n_customers,
                kpis.n_orders,
                format_args!("{:.2}", kpis.gross_revenue),
                rate.value.get() * 100.0
            ));
        }
        if let (Some(best), Some(half)) = (
            self.concentration.deciles().first().and_then(|decile| decile.share),
            self.concentration.customers_behind(0.5),
        ) {
            words = words.paragraph(format!(
                "The best tenth of the customers brings {:.0} % of the revenue; {:.1} % of them bring half of it.",
                best * 100.0,
                half * 100.0
            ));
        }
        if let Some(next) = self.cohorts.average(1) {
            words = words.paragraph(format!(
                "Of the customers won in a month, {:.0} % buy again in the month that follows.",
                next.value.get() * 100.0
            ));
        }
        words.note("Intervals are 95 % and treat these customers as a sample of such customers.")
    }

    fn decile_figure(&self) -> Result<Figure, Error> {
        let figure = self.concentration.deciles_figure()?;
        Ok(match self.concentration.gini() {
            Some(gini) => figure.description(format!("Gini coefficient {gini:.2}.")),
            None => figure,
        })
    }
}
