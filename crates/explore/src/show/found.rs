//! Each result as tiles, figures and tables.

use patronage_core::{Currency, ItemIdx, Money};

use crate::cohorts::Cohorts;
use crate::concentration::Concentration;
use crate::error::Error;
use crate::figure::{Axis, Figure, Orientation, Series, Unit, Width};
use crate::format;
use crate::items::{TopBy, TopItems};
use crate::kpis::Kpis;
use crate::levels::Levels;
use crate::month::Observed;
use crate::months::{MonthRow, Months};
use crate::show::{count, counted, interval_of};
use crate::table::{Table, TableColumn};
use crate::tile::Tile;

/// The most recent cohorts a picture of them shows; more would be too small to read.
const COHORTS_SHOWN: usize = 24;

impl Kpis {
    /// The figures as tiles, intervals below them.
    ///
    /// # Errors
    ///
    /// Never, for figures made by this crate.
    pub fn tiles(&self, currency: Currency) -> Result<Vec<Tile>, Error> {
        let money = |amount: Money| format!("{amount:.2}");
        let mut tiles = vec![
            Tile::count("Customers", self.n_customers)
                .detail(format!("{} with two orders or more", count(self.n_repeat_customers))),
            Tile::count("Orders", self.n_orders).detail(counted(
                self.n_lines,
                "order line",
                "order lines",
            )),
        ];
        if let Some(n_items) = self.n_items {
            tiles.push(Tile::count("Items sold", n_items).detail("distinct"));
        }
        tiles.push(Tile::money("Gross revenue", self.gross_revenue, currency));
        let returns = match self.n_returned_lines {
            0 => "no returns recorded".to_owned(),
            n => format!(
                "after returns of {} in {}",
                format::money(self.returned),
                counted(n, "line", "lines")
            ),
        };
        tiles.push(Tile::money("Net revenue", self.net_revenue, currency).detail(returns));
        if let Some(value) = self.average_order_value {
            tiles.push(
                Tile::money("Average order value", value.value, currency)
                    .detail(interval_of(value, money)),
            );
        }
        if let Some(value) = self.orders_per_customer {
            let write = |orders| format::number(orders, 2);
            let tile = Tile::number("Orders per customer", value.value, 2)?;
            tiles.push(tile.detail(interval_of(value, write)));
        }
        if let Some(value) = self.repeat_rate {
            let write = |share: patronage_core::Probability| format::percent(share.get(), 1);
            let tile = Tile::percent("Repeat rate", value.value.get(), 1)?;
            tiles.push(tile.detail(interval_of(value, write)));
        }
        Ok(tiles)
    }
}

impl Months {
    fn axis(&self) -> Axis {
        let label = |row: &MonthRow| match row.observed {
            Observed::Whole => row.month.to_string(),
            Observed::Part => format!("{}*", row.month),
        };
        Axis::categories("Month", self.rows().iter().map(label))
    }

    /// What the star behind a month means, where there is one.
    fn starred(&self, text: &str) -> String {
        let part = self.rows().last().is_some_and(|row| row.observed == Observed::Part);
        format!("{text}{}", if part { " * Still running at the as-of." } else { "" })
    }

    /// New and returning customers of each month, one upon the other.
    ///
    /// # Errors
    ///
    /// Never, for months made by this crate.
    pub fn customers_figure(&self) -> Result<Figure, Error> {
        let series = |name: &str, of: fn(&MonthRow) -> u64| {
            Series::over_categories(name, self.rows().iter().map(|row| of(row) as f64))
        };
        let customers = Axis::number("Active customers").unit(Unit::Count);
        let series = [series("returning", |row| row.returning), series("new", |row| row.new)];
        let words = "Customers who bought in the month: for the first time, or again.";
        Figure::stacked_bars("Active customers by month", self.axis(), customers, series)
            .map(|figure| figure.description(self.starred(words)))
    }

    /// Revenue of each month.
    ///
    /// # Errors
    ///
    /// Never, for months made by this crate.
    pub fn revenue_figure(&self, currency: Currency) -> Result<Figure, Error> {
        let revenue = self.rows().iter().map(|row| row.revenue.as_f64());
        let axis = Axis::number("Gross revenue").unit(Unit::Money(currency));
        let series = [Series::over_categories("revenue", revenue)];
        Figure::bars("Revenue by month", self.axis(), axis, series)
            .map(|figure| figure.description(self.starred("What was paid, before returns.")))
    }

    /// All figures of each month.
    ///
    /// # Errors
    ///
    /// Never, for months made by this crate.
    pub fn table(&self, currency: Currency) -> Result<Table, Error> {
        let rows = self.rows();
        let counts =
            |name: &str, of: fn(&MonthRow) -> u64| TableColumn::count(name, rows.iter().map(of));
        Table::new(
            "Month by month",
            [
                TableColumn::text("month", rows.iter().map(|row| row.month.to_string())),
                counts("active", |row| row.active),
                counts("new", |row| row.new),
                counts("returning", |row| row.returning),
                counts("orders", |row| row.orders),
                TableColumn::money("revenue", currency, rows.iter().map(|row| row.revenue)),
            ],
        )
    }
}

impl Cohorts {
    /// Retention as a heat map: cohorts down, months since across, shares in the cells.
    ///
    /// The last 24 cohorts and the first 24 months at most; the column of month 0, where everybody
    /// is, is left out, and cohorts of nobody are.
    ///
    /// # Errors
    ///
    /// Never, for cohorts made by this crate.
    pub fn figure(&self) -> Result<Figure, Error> {
        let n = self.n_cohorts();
        let first = n.saturating_sub(COHORTS_SHOWN);
        let shown: Vec<usize> = (first..n).filter(|&c| self.size(c) != Some(0)).collect();
        let widest = shown.first().map_or(0, |&cohort| n - cohort).min(COHORTS_SHOWN + 1);
        let label = |&cohort: &usize| {
            let month = self.month(cohort).map(|month| month.to_string()).unwrap_or_default();
            format!("{month} ({})", count(self.size(cohort).unwrap_or(0)))
        };
        let rows = Axis::categories("First purchase (customers)", shown.iter().map(label));
        let columns = Axis::categories("Months since", (1..widest).map(|since| since.to_string()));
        let cells = shown.iter().flat_map(|&cohort| {
            (1..widest).map(move |since| Some(self.share(cohort, since)?.value.get()))
        });
        let value = Axis::number("Share who bought").unit(Unit::Percent);
        Figure::heat_map("Who comes back", columns, rows, value, cells)
    }
}

impl Concentration {
    /// The share of revenue of each tenth of the customers, best first.
    ///
    /// # Errors
    ///
    /// Never, for concentrations made by this crate.
    pub fn deciles_figure(&self) -> Result<Figure, Error> {
        let label = |decile: usize| match decile {
            0 => "best 10\u{202f}%".to_owned(),
            _ => format!("{}–{}\u{202f}%", decile * 10, decile * 10 + 10),
        };
        let tenths = Axis::categories("Customers by revenue", (0..10).map(label));
        let share = Axis::number("Share of revenue").unit(Unit::Percent);
        let shares = self.deciles().iter().map(|decile| decile.share);
        let series = [Series::over_categories("share", shares)];
        Figure::bars("Revenue by tenth of the customers", tenths, share, series)
    }

    /// The Lorenz curve beside that of equal customers.
    ///
    /// # Errors
    ///
    /// Never, for concentrations made by this crate.
    pub fn lorenz_figure(&self) -> Result<Figure, Error> {
        let axis = |label: &str| Axis::number(label).unit(Unit::Percent).covering(0.0, 1.0);
        let curve = self.lorenz(20);
        let equal: Vec<_> = curve.iter().map(|&(x, _)| (x, x)).collect();
        let (x, y) = (axis("Customers, lowest revenue first"), axis("Share of revenue"));
        let series = [Series::new("customers", curve), Series::new("all equal", equal).reference()];
        Figure::line("How unequal customers are", x, y, series)
    }
}

impl TopItems {
    fn title(&self) -> &'static str {
        match self.by() {
            TopBy::Revenue => "Top items by revenue",
            TopBy::Customers => "Top items by customers",
            TopBy::Lines => "Top items by order lines",
        }
    }

    /// The items as lying bars of what they are ranked by; `name` gives an item's name.
    ///
    /// # Errors
    ///
    /// Never, for items made by this crate.
    pub fn figure(
        &self,
        currency: Currency,
        name: &dyn Fn(ItemIdx) -> String,
    ) -> Result<Figure, Error> {
        let items = Axis::categories("Item", self.rows().iter().map(|row| name(row.item)));
        let (axis, values): (Axis, Vec<f64>) = match self.by() {
            TopBy::Revenue => (
                Axis::number("Revenue").unit(Unit::Money(currency)),
                self.rows().iter().map(|row| row.revenue.as_f64()).collect(),
            ),
            TopBy::Customers => (
                Axis::number("Customers").unit(Unit::Count),
                self.rows().iter().map(|row| row.n_customers as f64).collect(),
            ),
            TopBy::Lines => (
                Axis::number("Order lines").unit(Unit::Count),
                self.rows().iter().map(|row| row.n_lines as f64).collect(),
            ),
        };
        let series = [Series::over_categories("items", values)];
        let figure = Figure::bars(self.title(), items, axis, series)?;
        Ok(figure.orientation(Orientation::Horizontal))
    }

    /// The items with all that is known of them; `name` gives an item's name.
    ///
    /// # Errors
    ///
    /// Never, for items made by this crate.
    pub fn table(
        &self,
        currency: Currency,
        name: &dyn Fn(ItemIdx) -> String,
    ) -> Result<Table, Error> {
        let rows = self.rows();
        Table::new(
            self.title(),
            [
                TableColumn::text("item", rows.iter().map(|row| name(row.item))),
                TableColumn::money("revenue", currency, rows.iter().map(|row| row.revenue)),
                TableColumn::percent("share", 1, rows.iter().map(|row| row.share)),
                TableColumn::count("customers", rows.iter().map(|row| row.n_customers)),
                TableColumn::count("lines", rows.iter().map(|row| row.n_lines)),
            ],
        )
    }
}

impl Levels {
    /// The at most `k` levels of most revenue, as a table.
    ///
    /// # Errors
    ///
    /// Never, for levels made by this crate.
    pub fn table(&self, currency: Currency, k: usize) -> Result<Table, Error> {
        let rows = &self.rows()[..k.min(self.rows().len())];
        Table::new(
            format!("Revenue by {}", self.attribute()),
            [
                TableColumn::text(self.attribute(), rows.iter().map(|row| row.level.as_str())),
                TableColumn::money("revenue", currency, rows.iter().map(|row| row.revenue)),
                TableColumn::percent("share", 1, rows.iter().map(|row| row.share)),
                TableColumn::count("customers", rows.iter().map(|row| row.n_customers)),
                TableColumn::count("orders", rows.iter().map(|row| row.n_orders)),
            ],
        )
    }

    /// The at most `k` levels of most revenue, as lying bars.
    ///
    /// # Errors
    ///
    /// Never, for levels made by this crate.
    pub fn figure(&self, currency: Currency, k: usize) -> Result<Figure, Error> {
        let rows = &self.rows()[..k.min(self.rows().len())];
        let levels = Axis::categories(self.attribute(), rows.iter().map(|row| row.level.as_str()));
        let revenue = rows.iter().map(|row| row.revenue.as_f64());
        let axis = Axis::number("Revenue").unit(Unit::Money(currency));
        let series = [Series::over_categories("revenue", revenue)];
        let figure =
            Figure::bars(format!("Revenue by {}", self.attribute()), levels, axis, series)?;
        Ok(figure.orientation(Orientation::Horizontal).width(Width::Half))
    }
}
