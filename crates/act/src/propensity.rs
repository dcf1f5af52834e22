//! How likely each customer is to buy at all.

use patronage_core::{
    Calibrated, CalibrationRecord, ClassIdx, Classifier, ClassifierExt, CustomerIdx, Features,
    Probability,
};

use crate::error::{Error, ErrorKind};
use crate::offers::length;

/// For each customer the calibrated probability that she buys at all within the horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct Propensities {
    values: Vec<Probability>,
    record: CalibrationRecord,
}

impl Propensities {
    /// The probabilities of class `buys` that a calibrated classifier gives the rows of `customers`, in the order of `CustomerIdx`.
    ///
    /// A classifier that was not calibrated does not implement [`Calibrated`] and cannot be passed.
    ///
    /// # Errors
    ///
    /// When the rows are not of the model's schema, or it has no such class.
    pub fn from_model<M, F>(model: &M, buys: ClassIdx, customers: &F) -> Result<Self, Error>
    where
        M: Classifier + Calibrated + ?Sized,
        F: Features + ?Sized,
    {
        let (noun, bound, found) = ("class", model.n_classes(), buys.index());
        if found >= bound {
            return Err(ErrorKind::OutOfRange { noun, bound, found }.into());
        }
        let probabilities = model.predict_probabilities(customers)?;
        let column = probabilities.column(found);
        // Classes sum to 1 within rounding, so one of them may overshoot by as much, and no more.
        let within = |value: f64| match (-1e-9..=1.0 + 1e-9).contains(&value) {
            true => value.clamp(0.0, 1.0),
            false => value,
        };
        let values = column.iter().map(|&value| Probability::new(within(value)));
        let values = values.collect::<Result<_, _>>()?;
        Ok(Self { values, record: model.calibration().clone() })
    }

    /// The same for a view whose rows are some customers: row `i` is that of `customers[i]`; of
    /// `n_customers` in all, those without a row get 0.
    ///
    /// # Errors
    ///
    /// As [`from_model`](Self::from_model), and when there is not one customer a row or one is
    /// beyond `n_customers`.
    pub fn of_customers<M, F>(
        model: &M,
        buys: ClassIdx,
        customers: &[CustomerIdx],
        rows: &F,
        n_customers: usize,
    ) -> Result<Self, Error>
    where
        M: Classifier + Calibrated + ?Sized,
        F: Features + ?Sized,
    {
        let Self { values, record } = Self::from_model(model, buys, rows)?;
        length("customers of the rows", values.len(), customers.len())?;
        let mut all = vec![Probability::ZERO; n_customers];
        for (customer, value) in customers.iter().zip(values) {
            let (noun, bound, found) = ("customer", n_customers, customer.index());
            let place = all.get_mut(found).ok_or(ErrorKind::OutOfRange { noun, bound, found })?;
            *place = value;
        }
        Ok(Self { values: all, record })
    }

    /// The base rate of `record` for each of `n_customers`, where history is too short for a model.
    #[must_use]
    pub fn base_rate(n_customers: usize, record: CalibrationRecord) -> Self {
        Self { values: vec![record.base_rate; n_customers], record }
    }

    /// The probabilities, one a customer.
    #[must_use]
    pub fn values(&self) -> &[Probability] {
        &self.values
    }

    /// The evidence that they are calibrated.
    #[must_use]
    pub const fn calibration(&self) -> &CalibrationRecord {
        &self.record
    }
}
