//! Sweep after sweep.

use patronage_core::{Fit, Interactions};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::estimator::Als;
use super::model::AlsModel;
use super::options::AlsInit;
use super::spectral;
use super::sweep::{Observed, ridges, solve_side};
use crate::error::{Error, ErrorKind, require, require_grown};
use crate::linear::Rows;
use crate::par;

impl<I: Interactions + ?Sized> Fit<I> for Als {
    type Model = AlsModel;
    type Error = Error;

    /// Learns the factors.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, the data break the promises of [`Interactions`], or
    /// single precision does not hold the factors ([`ErrorKind::NotFinite`]).
    fn fit(&self, data: &I) -> Result<AlsModel, Error> {
        self.validate()?;
        let mut items = Rows::zeros(data.n_items(), self.n_factors);
        self.draw(&mut items, 0);
        let mut customers = Rows::zeros(data.n_customers(), self.n_factors);
        let observed = Observed::new(data, self.objective.terms())?;
        if let AlsInit::Spectral { n_iter } = self.init {
            let of_customer = |customer: usize| observed.of_customer(customer);
            let of_item = |item: usize| observed.of_item(item);
            spectral::turn(&of_customer, &of_item, &mut items, &mut customers, n_iter);
        }
        self.run(&observed, customers, items)
    }
}

impl Als {
    /// Fits from the factors of a former model instead of random ones: a warm start.
    ///
    /// `data` may have more customers and items than the former model, after those it knew: the new
    /// items start random, the new customers from 0. The former model may have been fitted with
    /// other parameters, but with as many factors. A few sweeps bring it close to a full refit:
    /// see the tests for how close.
    ///
    /// # Errors
    ///
    /// As [`fit`](Fit::fit); and when the former model knows more customers or items than `data`
    /// has, or has another number of factors.
    pub fn fit_from<I: Interactions + ?Sized>(
        &self,
        data: &I,
        former: &AlsModel,
    ) -> Result<AlsModel, Error> {
        self.validate()?;
        let d = former.n_factors();
        require(d == self.n_factors, "n_factors", "those of the former model", d as f64)?;
        require_grown(former.n_customers(), former.items().n(), data)?;
        let mut items = former.items().grown(data.n_items());
        self.draw(&mut items, former.items().n());
        let customers = former.customers().grown(data.n_customers());
        let observed = Observed::new(data, self.objective.terms())?;
        self.run(&observed, customers, items)
    }

    /// Draws the rows from `from` on.
    fn draw(&self, rows: &mut Rows, from: usize) {
        let (d, stride) = (rows.d(), rows.stride());
        let std = match self.init {
            AlsInit::Normal { std } => std / (d as f64).sqrt(),
            AlsInit::Spectral { .. } => 0.1 / (d as f64).sqrt(),
        };
        let cells = &mut rows.all_mut()[from * stride..];
        par::map_rows(
            cells,
            stride,
            256,
            || (),
            |(), row, cells| {
                let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                rng.set_stream((from + row) as u64);
                // Box and Muller: two normal numbers from two uniform ones.
                for pair in cells[..d].chunks_mut(2) {
                    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
                    let angle = std::f64::consts::TAU * rng.random::<f64>();
                    for (cell, part) in pair.iter_mut().zip([angle.cos(), angle.sin()]) {
                        *cell = (std * radius * part) as f32;
                    }
                }
            },
        );
    }

    fn run<I: Interactions + ?Sized>(
        &self,
        observed: &Observed<'_, I>,
        mut customers: Rows,
        mut items: Rows,
    ) -> Result<AlsModel, Error> {
        let objective = &self.objective;
        let of_customer = |customer: usize| observed.of_customer(customer);
        let of_item = |item: usize| observed.of_item(item);
        let mut losses: Vec<f64> = Vec::new();
        let mut converged = false;
        for _ in 0..self.max_iter {
            solve_side(&of_customer, &items, &mut customers, objective, self.solver);
            let loss = solve_side(&of_item, &customers, &mut items, objective, self.solver)
                + ridges(&of_customer, &customers, items.n(), objective);
            if !loss.is_finite() {
                return Err(ErrorKind::NotFinite { what: "alternating least squares" }.into());
            }
            let last = losses.last().copied();
            losses.push(loss);
            if self.tolerance > 0.0
                && last.is_some_and(|last| last - loss < self.tolerance * last.abs())
            {
                converged = true;
                break;
            }
        }
        let model = AlsModel::new(self, items, customers, losses, converged)?;
        Ok(model.with_customers_of(&of_customer))
    }
}
