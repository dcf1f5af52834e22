//! Whether the parameters of a shop are in their ranges.

use crate::error::{Error, ErrorKind};
use crate::shop::Shop;
use crate::words::CATEGORIES;

impl Shop {
    /// Names the first parameter out of its range.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        let check = |parameter, ok: bool, expected, found: f64| {
            if ok {
                Ok(())
            } else {
                Err(Error::from(ErrorKind::Parameter { parameter, expected, found }))
            }
        };
        let share = |parameter, found: f64| {
            check(parameter, (0.0..=1.0).contains(&found), "a share in [0, 1]", found)
        };
        let n_categories = self.n_categories;
        check("n_customers", self.n_customers > 0, "at least 1", f64::from(self.n_customers))?;
        check(
            "n_categories",
            (1..=CATEGORIES.len()).contains(&n_categories),
            "1 to 16",
            n_categories as f64,
        )?;
        check(
            "n_items",
            (n_categories..=1_000_000).contains(&self.n_items),
            "at least one item a category, at most 1000000",
            self.n_items as f64,
        )?;
        check("n_factors", (1..=64).contains(&self.n_factors), "1 to 64", self.n_factors as f64)?;
        let n_archetypes = self.n_archetypes;
        check(
            "n_archetypes",
            (1..=1000).contains(&n_archetypes),
            "1 to 1000",
            n_archetypes as f64,
        )?;
        check("days", (1..=36_500).contains(&self.days), "1 to 36500", f64::from(self.days))?;
        if let Some(start) = self.start {
            let (year, _, _) = start.ymd();
            // Files write years with four digits.
            check("start", (1..=9899).contains(&year), "a year from 1 to 9899", f64::from(year))?;
        }
        for (name, value) in self.buying.parameters() {
            let ok = (1e-3..=1e9).contains(&value);
            check(name, ok, "a number from 0.001 to 1000000000", value)?;
        }
        share("founding", self.founding)?;
        for multiplier in self.seasons {
            let ok = multiplier > 0.0 && multiplier <= 100.0;
            check("seasons", ok, "a multiplier above 0, at most 100", multiplier)?;
        }
        check("basket", (1.0..=1000.0).contains(&self.basket), "1 to 1000", self.basket)?;
        share("theme", self.theme)?;
        check("taste", (0.0..=10.0).contains(&self.taste), "0 to 10", self.taste)?;
        share("returns", self.returns)?;
        for campaign in self.campaigns.iter().flatten() {
            share("share treated by a campaign", campaign.treated)?;
            let ok = (-0.9..=10.0).contains(&campaign.effect);
            check("effect of a campaign", ok, "-0.9 to 10", campaign.effect)?;
        }
        for rate in self.dirt.rates() {
            share("rate of dirt", rate)?;
        }
        Ok(())
    }
}
