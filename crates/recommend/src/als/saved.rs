//! Saved factors.

use serde::{Deserialize, Serialize, Serializer};

use super::model::AlsModel;
use super::sweep::Objective;
use crate::error::{Error, require_saved};
use crate::history::HistoryRule;
use crate::linear::Rows;

#[derive(Deserialize, Serialize)]
struct Repr {
    objective: Objective,
    rule: HistoryRule,
    n_factors: usize,
    losses: Vec<f64>,
    converged: bool,
    items: Vec<f32>,
    customers: Vec<f32>,
}

impl Serialize for AlsModel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let repr = Repr {
            objective: self.objective,
            rule: self.rule,
            n_factors: self.n_factors(),
            losses: self.losses.clone(),
            converged: self.converged,
            items: self.items().to_values(),
            customers: self.customers().to_values(),
        };
        repr.serialize(serializer)
    }
}

impl TryFrom<Repr> for AlsModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { objective, rule, n_factors: d, losses, converged, items, customers } = repr;
        objective.validate()?;
        rule.validate()?;
        require_saved((1..=4096).contains(&d), "1 to 4096 factors")?;
        let whole = items.len().is_multiple_of(d) && customers.len().is_multiple_of(d);
        require_saved(whole, "as many factors for each item and customer")?;
        require_saved(losses.iter().all(|loss| loss.is_finite()), "finite losses")?;
        let [items, customers] = [items, customers].map(|values| Rows::from_values(d, &values));
        Self::from_parts(objective, rule, items, customers, losses, converged)
    }
}

impl<'de> Deserialize<'de> for AlsModel {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Repr::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

impl patronage_core::SavedModel for AlsModel {
    const TAG: &'static str = "recommend/als";
    const VERSION: u32 = 1;
}
