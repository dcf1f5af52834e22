//! How ratings and similarities are saved.

use patronage_core::Csr;

use super::Neighbours;
use super::model::{Manner, RatingKnnModel};
use crate::error::Error;
use crate::ratings::baseline::Biases;

#[derive(serde::Deserialize, serde::Serialize)]
pub(super) struct Repr {
    manner: Manner,
    by_customer: Csr<f32>,
    biases: Biases,
    similar: Vec<Vec<(u32, f32)>>,
}

impl From<RatingKnnModel> for Repr {
    fn from(model: RatingKnnModel) -> Self {
        let RatingKnnModel { manner, ratings, biases, similar, .. } = model;
        Self { manner, by_customer: ratings.by_customer, biases, similar }
    }
}

impl TryFrom<Repr> for RatingKnnModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { manner, by_customer, biases, similar } = repr;
        biases.check()?;
        manner.similarity.validate()?;
        let (n_customers, n_items) = (by_customer.n_rows(), by_customer.n_columns());
        let n_own = match manner.neighbours {
            Neighbours::Customers => n_customers,
            Neighbours::Items => n_items,
        };
        let sound = |(own, list): (usize, &Vec<(u32, f32)>)| {
            let other = |at: u32| (at as usize) < n_own && at as usize != own;
            list.iter().all(|&(at, s)| other(at) && s > 0.0 && s <= 1.0)
                && list.is_sorted_by(|a, b| a.0 < b.0)
        };
        let on_scale = by_customer.values().iter().all(|&r| manner.scale.contains(f64::from(r)));
        let shapes = (biases.customers.len(), biases.items.len(), similar.len());
        let holds = shapes == (n_customers, n_items, n_own)
            && similar.iter().enumerate().all(sound)
            && on_scale
            && manner.k >= 1
            && (0.0..=1e9).contains(&manner.regularisation);
        crate::error::require_saved(holds, "ratings on the scale and ascending neighbours")?;
        Ok(Self::build(manner, by_customer, biases, similar))
    }
}

impl patronage_core::SavedModel for RatingKnnModel {
    const TAG: &'static str = "recommend/rating-knn";
    const VERSION: u32 = 1;
}
