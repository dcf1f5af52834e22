//! The section that answers the first question.

use patronage_core::{Currency, ItemIdx, Purchases};

use crate::error::Error;
use crate::explore::Explore;
use crate::figure::Width;
use crate::items::TopBy;
use crate::section::{Question, Section};
use crate::show::words;

/// How many items and levels the section names.
const NAMED: usize = 10;

impl<P: Purchases + ?Sized> Explore<'_, P> {
    /// Everything there is to say about who the customers are, as a section of a dashboard.
    ///
    /// Words, key figures, months, retention, deciles, Lorenz curve, top items, and the levels of
    /// the attributes named in `attributes`; attributes the purchases do not have are left out, as
    /// are items where the lines name none. `item_name` gives an item's name.
    ///
    /// ```
    /// use patronage_core::{PurchaseTable, Timestamp, UtcOffset};
    /// use patronage_explore::Explore;
    ///
    /// let nobody = PurchaseTable::builder().build()?;
    /// let explore = Explore::new(&nobody, &UtcOffset::UTC, Timestamp::from_seconds(0));
    /// let section = explore.section("EUR".parse()?, &|item| item.to_string(), &["country"])?;
    /// assert_eq!(section.heading(), "Who are my customers?");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Whatever [`kpis`](Self::kpis), [`months`](Self::months), [`levels`](Self::levels) and their
    /// like refuse.
    pub fn section(
        &self,
        currency: Currency,
        item_name: &dyn Fn(ItemIdx) -> String,
        attributes: &[&str],
    ) -> Result<Section, Error> {
        let (kpis, months) = (self.kpis()?, self.months()?);
        let (cohorts, concentration) = (self.cohorts()?, self.concentration()?);
        let mut section = Section::new(Question::Who)
            .words(words::summary(&kpis, &months, &concentration, currency))
            .tiles(kpis.tiles(currency)?);
        if kpis.n_customers == 0 {
            return Ok(section);
        }
        section =
            section.figure(months.customers_figure()?).figure(months.revenue_figure(currency)?);
        if cohorts.n_cohorts() > 1 {
            let figure = cohorts.figure()?.width(Width::Full);
            section = section.figure(figure.description(words::retention(&cohorts)));
        }
        section = section
            .figure(concentration.deciles_figure()?.description(
                "Customers ranked by revenue and cut into tenths: what share of revenue each brings.",
            ))
            .figure(concentration.lorenz_figure()?.description(
                "The share of revenue that the lowest so-and-so many per cent of the customers bring together.",
            ));
        let top = self.top_items(NAMED, TopBy::Revenue)?;
        if !top.rows().is_empty() {
            let loved = self.top_items(NAMED, TopBy::Customers)?;
            section = section
                .figure(top.figure(currency, item_name)?)
                .figure(loved.figure(currency, item_name)?);
        }
        for &attribute in attributes {
            if self.has_attribute(attribute) {
                section = section.table(self.levels(attribute)?.table(currency, NAMED)?);
            }
        }
        Ok(section)
    }
}
