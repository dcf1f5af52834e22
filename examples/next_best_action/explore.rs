//! Who are my customers?

use patronage::core::{Calendar, Currency, Timestamp};
use patronage::explore::{
    Axis, Cohorts, Concentration, Error, Explore, Figure, Kpis, Months, Observed, Orientation,
    Question, Section, Series, Table, TableColumn, Tile, TopBy, TopItems, Unit, Width, Words,
};
use patronage::ingest::EventLog;

/// Months of retention shown; a longer table is no longer read.
const MONTHS_SHOWN: usize = 12;

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
        let mut section =
            Section::new(Question::Who).words(self.words(currency)).tiles(self.tiles(currency)?);
        for figure in [
            Some(self.months_figure()?),
            Some(self.revenue_figure(currency)?),
            self.retention_figure()?,
            Some(self.decile_figure()?),
        ]
        .into_iter()
        .flatten()
        {
            section = section.figure(figure);
        }
        if !self.top_items.rows().is_empty() {
            section = section.table(self.items_table(log, currency)?);
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

    fn tiles(&self, currency: Currency) -> Result<Vec<Tile>, Error> {
        let kpis = &self.kpis;
        let mut tiles = vec![
            Tile::count("Customers", kpis.n_customers),
            Tile::count("Orders", kpis.n_orders),
            Tile::money("Gross revenue", kpis.gross_revenue, currency),
            Tile::money("Net of returns", kpis.net_revenue, currency)
                .detail(format!("{:.2} {currency} returned", kpis.returned)),
        ];
        if let Some(mean) = &kpis.average_order_value {
            let tile = Tile::money("Average order value", mean.value, currency);
            tiles.push(match &mean.interval {
                Some(i) => tile.detail(format!("{:.2} to {:.2}", i.low, i.high)),
                None => tile,
            });
        }
        if let Some(rate) = &kpis.repeat_rate {
            let tile = Tile::percent("Repeat rate", rate.value.get(), 1)?;
            tiles.push(match &rate.interval {
                Some(i) => tile.detail(format!(
                    "{:.1} to {:.1} %",
                    i.low.get() * 100.0,
                    i.high.get() * 100.0
                )),
                None => tile,
            });
        }
        Ok(tiles)
    }

    fn month_axis(&self) -> Axis {
        Axis::categories("Month", self.months.rows().iter().map(|row| row.month.to_string()))
    }

    fn months_figure(&self) -> Result<Figure, Error> {
        let rows = self.months.rows();
        let partly = rows.iter().any(|row| row.observed != Observed::Whole);
        let figure = Figure::stacked_bars(
            "Active customers by month",
            self.month_axis(),
            Axis::number("Customers"),
            [
                Series::over_categories("Returning", rows.iter().map(|row| row.returning as f64)),
                Series::over_categories("New", rows.iter().map(|row| row.new as f64)),
            ],
        )?;
        Ok(figure.description(if partly {
            "Customers with at least one order in the month; the first or last month is not observed whole."
        } else {
            "Customers with at least one order in the month."
        }))
    }

    fn revenue_figure(&self, currency: Currency) -> Result<Figure, Error> {
        let revenue = self.months.rows().iter().map(|row| row.revenue.as_f64());
        Figure::line(
            "Revenue by month",
            self.month_axis(),
            Axis::number("Revenue").unit(Unit::Money(currency)),
            [Series::over_categories("Gross revenue", revenue)],
        )
    }

    fn retention_figure(&self) -> Result<Option<Figure>, Error> {
        let n = self.cohorts.n_cohorts();
        if n < 2 {
            return Ok(None);
        }
        let first = n.saturating_sub(24);
        let width = (n - first).min(MONTHS_SHOWN + 1);
        let label = |cohort| {
            let month = self.cohorts.month(cohort).map(|m| m.to_string()).unwrap_or_default();
            format!("{month} ({})", self.cohorts.size(cohort).unwrap_or(0))
        };
        let cells = (first..n).flat_map(|cohort| {
            (1..width).map(move |since| self.cohorts.share(cohort, since).map(|s| s.value.get()))
        });
        if width < 2 {
            return Ok(None);
        }
        let figure = Figure::heat_map(
            "Retention by month of first purchase",
            Axis::categories("Months since the first purchase", (1..width).map(|m| m.to_string())),
            Axis::categories("Month of first purchase (customers)", (first..n).map(label)),
            Axis::number("Share who buy in that month").unit(Unit::Percent),
            cells,
        )?;
        Ok(Some(figure.width(Width::Full).description(
            "Of the customers who first bought in a month, the share who buy in each later month; blank where it has not happened yet.",
        )))
    }

    fn decile_figure(&self) -> Result<Figure, Error> {
        let deciles = self.concentration.deciles();
        let figure = Figure::bars(
            "Share of revenue by tenth of customers",
            Axis::categories(
                "Tenth of customers, best first",
                (1..=deciles.len()).map(|d| d.to_string()),
            ),
            Axis::number("Share of revenue").unit(Unit::Percent),
            [Series::over_categories(
                "Share of revenue",
                deciles.iter().map(|decile| decile.share.unwrap_or(0.0)),
            )],
        )?;
        Ok(match self.concentration.gini() {
            Some(gini) => figure.description(format!("Gini coefficient {gini:.2}.")),
            None => figure,
        }
        .orientation(Orientation::Vertical))
    }

    fn items_table(&self, log: &EventLog, currency: Currency) -> Result<Table, Error> {
        let rows = self.top_items.rows();
        let id = |row: &patronage::explore::ItemRow| log.items().id(row.item).unwrap_or_default();
        let text =
            |row: &patronage::explore::ItemRow| log.description(row.item).unwrap_or_default();
        Table::new(
            "Top items by revenue",
            [
                TableColumn::text("Item", rows.iter().map(id)),
                TableColumn::text("Description", rows.iter().map(text)),
                TableColumn::money("Revenue", currency, rows.iter().map(|row| row.revenue)),
                TableColumn::percent("Share", 1, rows.iter().map(|row| row.share)),
                TableColumn::count("Customers", rows.iter().map(|row| row.n_customers)),
                TableColumn::count("Order lines", rows.iter().map(|row| row.n_lines)),
            ],
        )
    }
}
