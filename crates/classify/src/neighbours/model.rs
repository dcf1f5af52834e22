//! Fitted neighbours.

use ndarray::{ArrayView2, ArrayViewMut2, Axis};
use patronage_core::{Classifier, Regressor, Schema, row_slice};

use super::NeighbourWeighting;
use super::index::{self, Index, Near, Nearest};
use super::space::Space;
use crate::par::{self, Threads};
use crate::scratch;

/// Rows predicted together, so that training rows are read from memory once for all of them.
const TOGETHER: usize = 16;

/// Who votes, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
pub(super) struct Vote {
    pub(super) k: f64,
    pub(super) weighting: NeighbourWeighting,
}

/// What both models keep of training.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Learnt {
    pub(super) schema: Schema,
    pub(super) space: Space,
    pub(super) index: Index,
    /// The rows of the table.
    pub(super) rows: Vec<u32>,
    pub(super) weights: Vec<f64>,
    pub(super) vote: Vote,
}

/// A neighbour of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Neighbour {
    /// Its row in the table of training.
    pub row: u32,
    /// How far it lies.
    pub distance: f64,
    /// Its share of the vote; shares sum to 1.
    pub share: f64,
}

impl Learnt {
    /// Calls `f` with each voter and its share, from the nearest on.
    fn each_vote(&self, nearest: &mut Nearest, mut f: impl FnMut(Near, f64)) {
        index::in_order(nearest, |sorted| {
            let exact = sorted.first().is_some_and(|near| near.square == 0.0);
            let by_distance = self.vote.weighting == NeighbourWeighting::Distance;
            // The greatest vote is one, so that no sum of inverse distances overflows.
            let least = sorted.first().map_or(1.0, |near| near.square.sqrt());
            let votes = || {
                let mut left = self.vote.k;
                sorted.iter().map(move |near| {
                    let weight = self.weights[near.id as usize].min(left).max(0.0);
                    left -= weight;
                    let vote = match (by_distance, exact) {
                        (false, _) => weight,
                        (true, true) => {
                            if near.square == 0.0 {
                                weight
                            } else {
                                0.0
                            }
                        }
                        (true, false) => weight * (least / near.square.sqrt()),
                    };
                    (*near, vote)
                })
            };
            let total: f64 = votes().map(|(_, vote)| vote).sum();
            votes().for_each(|(near, vote)| f(near, vote / total));
        });
    }

    fn of_row(&self, row: &[f64], f: impl FnMut(Near, f64)) {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        scratch::lend(self.space.width(), |point| {
            self.space.point(row, point);
            index::lend(1, |nearest| {
                self.index.find(point, self.vote.k, &self.weights, nearest);
                self.each_vote(&mut nearest[0], f);
            });
        });
    }

    /// Calls `f` with each row's place in the chunk, each voter and its share.
    fn of_rows(&self, rows: ArrayView2<'_, f64>, mut f: impl FnMut(usize, Near, f64)) {
        let width = self.space.width();
        let mut buffer = Vec::new();
        for from in (0..rows.nrows()).step_by(TOGETHER) {
            let n = TOGETHER.min(rows.nrows() - from);
            scratch::lend(n * width, |points| {
                for at in 0..n {
                    let row = rows.index_axis_move(Axis(0), from + at);
                    let row = row_slice(row, &mut buffer);
                    self.space.point(row, &mut points[at * width..(at + 1) * width]);
                }
                index::lend(n, |nearest| {
                    self.index.find(points, self.vote.k, &self.weights, nearest);
                    for (at, nearest) in nearest.iter_mut().enumerate() {
                        self.each_vote(nearest, |near, share| f(from + at, near, share));
                    }
                });
            });
        }
    }

    /// `width` numbers for each row, in chunks on all threads.
    fn in_chunks(
        &self,
        rows: ArrayView2<'_, f64>,
        width: usize,
        add: impl Fn(&mut [f64], Near, f64) + Sync,
    ) -> Vec<f64> {
        assert_eq!(rows.ncols(), self.schema.len(), "rows of the model's schema");
        let chunks = par::chunks_of(rows.nrows(), 64);
        let work = rows.nrows() * (self.rows.len().min(4096)) * self.space.width().max(1);
        par::map(chunks.len(), Threads::for_work(work), |i| {
            let mut out = vec![0.0; chunks[i].len() * width];
            let part = rows.slice_axis(Axis(0), ndarray::Slice::from(chunks[i].clone()));
            self.of_rows(part, |at, near, share| {
                add(&mut out[at * width..(at + 1) * width], near, share);
            });
            out
        })
        .concat()
    }

    fn neighbours(&self, row: &[f64]) -> Vec<Neighbour> {
        let mut found = Vec::new();
        self.of_row(row, |near, share| {
            let row = self.rows[near.id as usize];
            found.push(Neighbour { row, distance: near.square.sqrt(), share });
        });
        found
    }
}

/// The nearest neighbours of labelled rows: a class for every row.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "super::saving::Saved<u32>", into = "super::saving::Saved<u32>")
)]
pub struct KNearestModel {
    pub(super) learnt: Learnt,
    pub(super) labels: Vec<u32>,
    /// What a vote for each class counts: at most 1.
    pub(super) factors: Vec<f64>,
}

impl KNearestModel {
    pub(super) const fn new(learnt: Learnt, labels: Vec<u32>, factors: Vec<f64>) -> Self {
        Self { learnt, labels, factors }
    }

    /// Weighs the votes of the classes.
    fn weigh(&self, out: &mut [f64]) {
        if self.factors.iter().any(|&factor| factor != 1.0) {
            out.iter_mut().zip(&self.factors).for_each(|(p, factor)| *p *= factor);
            let total: f64 = out.iter().sum();
            out.iter_mut().for_each(|p| *p /= total);
        }
        // Shares may exceed one by a rounding: nine ninths do.
        out.iter_mut().for_each(|p| *p = p.min(1.0));
    }

    /// The neighbours that decide of a row of the model's schema, from the nearest on.
    ///
    /// # Panics
    ///
    /// When the row is of another width.
    #[must_use]
    pub fn neighbours(&self, row: &[f64]) -> Vec<Neighbour> {
        self.learnt.neighbours(row)
    }
}

impl Classifier for KNearestModel {
    fn schema(&self) -> &Schema {
        &self.learnt.schema
    }

    fn n_classes(&self) -> usize {
        self.factors.len()
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        assert_eq!(out.len(), self.factors.len(), "one place for each class");
        out.fill(0.0);
        self.learnt.of_row(row, |near, share| out[self.labels[near.id as usize] as usize] += share);
        self.weigh(out);
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        let n_classes = self.factors.len();
        let mut all = self.learnt.in_chunks(rows, n_classes, |out, near, share| {
            out[self.labels[near.id as usize] as usize] += share;
        });
        for (mut out, all) in out.rows_mut().into_iter().zip(all.chunks_exact_mut(n_classes)) {
            self.weigh(all);
            out.iter_mut().zip(all).for_each(|(out, &mut p)| *out = p);
        }
    }
}

/// The nearest neighbours of rows with numbers: the mean of their numbers for every row.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "super::saving::Saved<f64>", into = "super::saving::Saved<f64>")
)]
pub struct KNearestRegressor {
    pub(super) learnt: Learnt,
    pub(super) values: Vec<f64>,
}

impl KNearestRegressor {
    pub(super) const fn new(learnt: Learnt, values: Vec<f64>) -> Self {
        Self { learnt, values }
    }

    /// The neighbours that decide of a row of the model's schema, from the nearest on.
    ///
    /// # Panics
    ///
    /// When the row is of another width.
    #[must_use]
    pub fn neighbours(&self, row: &[f64]) -> Vec<Neighbour> {
        self.learnt.neighbours(row)
    }
}

impl Regressor for KNearestRegressor {
    fn schema(&self) -> &Schema {
        &self.learnt.schema
    }

    fn value(&self, row: &[f64]) -> f64 {
        let mut mean = 0.0;
        self.learnt.of_row(row, |near, share| mean += share * self.values[near.id as usize]);
        // Shares may exceed one by a rounding.
        mean.clamp(f64::MIN, f64::MAX)
    }

    fn value_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [f64]) {
        assert_eq!(rows.nrows(), out.len(), "one place for each row");
        let all = self.learnt.in_chunks(rows, 1, |out, near, share| {
            out[0] += share * self.values[near.id as usize];
        });
        for (out, mean) in out.iter_mut().zip(all) {
            *out = mean.clamp(f64::MIN, f64::MAX);
        }
    }
}
