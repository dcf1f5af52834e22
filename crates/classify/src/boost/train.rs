//! Rounds of trees, each grown on the gradients of those before.

use std::ops::Range;

use ndarray::ArrayView2;
use patronage_core::Schema;

use super::bins::{Coding, ColumnBins};
use super::constrain::{Constraints, Direction};
use super::ensemble::Tree;
use super::grow::{Grower, Grown, Made, Shape};
use super::history::History;
use super::loss::{Objective, Rows};
use super::matrix::Matrix;
use super::quanta::{Cells, Precision, Scale, scramble};
use super::rows::Partition;
use super::scored::Scored;
use super::split::Cut;
use crate::error::Error;
use crate::tree::nodes::{Levels, Node, Nodes, Test};

/// Rows from which gradients of like size are summed as a few bits each: there the bits lost are
/// far below the noise of the rows.
const DRAWN_FROM: usize = 1 << 15;

/// Everything a fit is told.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Params {
    pub(super) n_rounds: usize,
    pub(super) learning_rate: f64,
    pub(super) shape: Shape,
    pub(super) max_bins: usize,
    pub(super) row_share: f64,
    pub(super) monotone: Vec<(String, Direction)>,
    pub(super) interactions: Vec<Vec<String>>,
    pub(super) patience: Option<usize>,
    pub(super) seed: u64,
}

/// A table with the rows that take part, and what they say.
pub(super) struct Told<'a> {
    pub(super) schema: &'a Schema,
    pub(super) table: ArrayView2<'a, f64>,
    pub(super) positions: &'a [u32],
    pub(super) rows: Rows,
}

/// What was learnt: base scores, trees round by round, and losses where rows were held out.
pub(super) struct Learnt {
    pub(super) base: Vec<f64>,
    pub(super) trees: Vec<Tree>,
    pub(super) history: Option<History>,
}

/// Rows held out.
struct Held {
    scored: Scored,
    matrix: Matrix,
}

impl Params {
    pub(super) fn fit(
        &self,
        objective: Objective,
        told: Told<'_>,
        bins: &[ColumnBins],
        held: Option<Told<'_>>,
    ) -> Result<Learnt, Error> {
        let Told { schema, table, positions, rows } = told;
        let constraints = Constraints::new(schema, &self.monotone, &self.interactions)?;
        let mut matrix = Matrix::new(schema, table, positions, bins)?;
        matrix.tile(bins);
        let base = objective.base(&rows);
        let scored = |rows: Rows| {
            let scores = base.iter().map(|&base| vec![base; rows.weights.len()]).collect();
            Scored { rows, scores }
        };
        let held = match held {
            None => None,
            Some(Told { table, positions, rows, .. }) => {
                let matrix = Matrix::new(schema, table, positions, bins)?;
                Some(Held { scored: scored(rows), matrix })
            }
        };
        let grower =
            Grower { shape: &self.shape, bins, matrix: &matrix, constraints: &constraints };
        let training = scored(rows);
        let precision = precision(objective, &training.rows);
        let fit = Fit { params: self, objective, grower, precision, training, held };
        let (trees, history) = fit.run();
        Ok(Learnt { base, trees, history })
    }
}

/// How precise gradients must be on these rows.
fn precision(objective: Objective, rows: &Rows) -> Precision {
    let (n, greatest) = (rows.weights.len(), rows.weights.iter().copied().fold(0.0, f64::max));
    if rows.counts.iter().any(|&n| n != 1) {
        Precision::Exact
    } else if objective.has_constant_hessian() {
        let plain = rows.weights.iter().all(|&weight| weight == 1.0);
        if plain { Precision::Constant } else { Precision::Exact }
    } else if objective.bounds().is_some()
        && n >= DRAWN_FROM
        && greatest * n as f64 <= 8.0 * rows.total
    {
        Precision::Drawn
    } else {
        Precision::Exact
    }
}

struct Fit<'a> {
    params: &'a Params,
    objective: Objective,
    grower: Grower<'a>,
    precision: Precision,
    training: Scored,
    held: Option<Held>,
}

impl Fit<'_> {
    fn run(mut self) -> (Vec<Tree>, Option<History>) {
        let n_outputs = self.objective.n_outputs();
        let n = self.training.rows.weights.len();
        let mut trees: Vec<Tree> = Vec::new();
        let mut history = self.held.as_ref().map(|held| {
            History::new(self.training.loss(self.objective), held.scored.loss(self.objective))
        });
        let mut cells: Vec<Cells> = Vec::new();
        for round in 0..self.params.n_rounds {
            let scale = self.scale(round);
            if cells.is_empty() {
                cells.extend((0..n_outputs).map(|_| scale.cells(n)));
            }
            self.training.write(self.objective, &scale, &mut cells);
            let (drawn, left_out) = self.draw(round, n);
            let mut grew = false;
            for (k, cells) in cells.iter().enumerate() {
                let mut partition = Partition::new(drawn.clone());
                let stream = (round * n_outputs + k) as u64;
                let draws = (self.params.seed, stream);
                let mut grown = self.grower.grow(cells, scale.units(), &mut partition, draws);
                grew |= !grown.splits.is_empty();
                grown.finish(self.objective, self.params.learning_rate);
                self.training.add(k, &partition, &grown.leaves(&grown.ranges));
                if !left_out.is_empty() {
                    let mut others = Partition::new(left_out.clone());
                    let ranges = follow(&mut others, self.grower.matrix, &grown.splits);
                    self.training.add(k, &others, &grown.leaves(&ranges));
                }
                if let Some(held) = &mut self.held {
                    let n = held.scored.rows.weights.len();
                    let mut others = Partition::new((0..n as u32).collect());
                    let ranges = follow(&mut others, &held.matrix, &grown.splits);
                    held.scored.add(k, &others, &grown.leaves(&ranges));
                }
                trees.push(self.tree(&grown, &partition));
            }
            if !grew && self.params.row_share >= 1.0 && self.params.shape.draws_nothing() {
                // Nor would any later round.
                trees.truncate(round * n_outputs);
                break;
            }
            if let (Some(history), Some(held)) = (&mut history, &self.held) {
                history.push(self.training.loss(self.objective), held.scored.loss(self.objective));
                if self.params.patience.is_some_and(|patience| history.is_stale(patience)) {
                    break;
                }
            }
        }
        if let (Some(history), Some(_)) = (&history, self.params.patience) {
            trees.truncate(history.best_round() * n_outputs);
        }
        (trees, history)
    }

    /// The scale of a round's gradients.
    fn scale(&self, round: usize) -> Scale {
        let rows = &self.training.rows;
        let (most_g, most_h) = match self.objective.bounds() {
            Some((g, h)) => {
                let greatest = rows.weights.iter().copied().fold(0.0, f64::max);
                (g * greatest, h * greatest)
            }
            None => self.training.greatest(self.objective),
        };
        let n = rows.counts.iter().map(|&n| u64::from(n)).sum::<u64>();
        let salt = scramble(self.params.seed ^ scramble(round as u64));
        Scale::new(self.precision, most_g, most_h, n, salt)
    }

    /// The rows a round learns from, and those it leaves out.
    fn draw(&self, round: usize, n: usize) -> (Vec<u32>, Vec<u32>) {
        let all = 0..n as u32;
        if self.params.row_share >= 1.0 {
            return (all.collect(), Vec::new());
        }
        let salt = scramble(self.params.seed.rotate_left(17) ^ scramble(!(round as u64)));
        let most = (self.params.row_share * (1_u64 << 53) as f64) as u64;
        let (drawn, left_out): (Vec<u32>, Vec<u32>) =
            all.clone().partition(|&row| scramble(salt ^ u64::from(row)) >> 11 < most);
        // A round without rows would learn nothing.
        if drawn.is_empty() { (all.collect(), Vec::new()) } else { (drawn, left_out) }
    }

    /// The tree for rows of cells.
    fn tree(&self, grown: &Grown, partition: &Partition) -> Tree {
        let mut nodes = vec![Node::Leaf; grown.values.len()];
        for made in &grown.splits {
            let bins = &self.grower.bins[made.column as usize];
            let (left, right) = (made.left as u32, made.left as u32 + 1);
            let (column, test) = (made.column, made.test(bins));
            nodes[made.node] = Node::Split { column, test, left, right, gain: made.gain };
        }
        let weights = &self.training.rows.weights;
        let plain = self.training.rows.total == weights.len() as f64;
        let mut covers: Vec<f64> = (0..grown.values.len())
            .map(|node| {
                let rows = partition.rows(grown.ranges[node].clone());
                match (grown.is_leaf[node], plain) {
                    (false, _) => 0.0,
                    (true, true) => rows.len() as f64,
                    (true, false) => rows.iter().map(|&row| weights[row as usize]).sum(),
                }
            })
            .collect();
        for made in grown.splits.iter().rev() {
            covers[made.node] = covers[made.left] + covers[made.left + 1];
        }
        let value = |node: usize| if grown.is_leaf[node] { grown.values[node] } else { 0.0 };
        let values = (0..grown.values.len()).map(value).collect();
        Tree { nodes: Nodes(nodes), values, covers }
    }
}

impl Made {
    fn test(&self, bins: &ColumnBins) -> Test {
        match (&self.cut, &bins.coding) {
            (Cut::UpTo { last, missing }, Coding::Numbers { bounds }) => {
                // After the last bin come only the missing.
                let threshold = bounds.get(*last as usize).copied().unwrap_or(f64::MAX);
                Test::AtMost { threshold, missing: *missing }
            }
            (_, Coding::Levels { bin_of }) => {
                let left = bin_of.iter().zip(0..).filter(|&(&bin, _)| self.goes_left[bin as usize]);
                Test::Among { left: Levels::of(left.map(|(_, code)| code)) }
            }
            (Cut::Among { .. }, Coding::Numbers { .. }) => unreachable!("numbers are cut by order"),
        }
    }
}

impl Grown {
    /// Makes answers of sums into steps.
    fn finish(&mut self, objective: Objective, learning_rate: f64) {
        if self.splits.is_empty() {
            // Base scores are the best constants already.
            self.values[0] = 0.0;
        }
        for value in &mut self.values {
            if objective == Objective::Poisson {
                // In logs: five is a factor of 148 at one go.
                *value = value.clamp(-5.0, 5.0);
            }
            *value *= learning_rate;
        }
    }

    fn leaves(&self, ranges: &[Range<usize>]) -> Vec<(Range<usize>, f64)> {
        let leaves = (0..self.values.len()).filter(|&node| self.is_leaf[node]);
        leaves.map(|node| (ranges[node].clone(), self.values[node])).collect()
    }
}

/// Lets other rows go the way of the splits; returns the range of each node.
fn follow(partition: &mut Partition, matrix: &Matrix, splits: &[Made]) -> Vec<Range<usize>> {
    let mut ranges = vec![0..0; 2 * splits.len() + 1];
    ranges[0] = 0..partition.len();
    for made in splits {
        let range = ranges[made.node].clone();
        let codes = &matrix.columns[made.column as usize];
        let n_left = partition.split(range.clone(), codes, &made.goes_left);
        ranges[made.left] = range.start..range.start + n_left;
        ranges[made.left + 1] = range.start + n_left..range.end;
    }
    ranges
}
