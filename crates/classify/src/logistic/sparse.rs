//! Steps where coefficients are drawn to exactly zero: coordinate descent on the quadratic model.

use ndarray::Array2;

use super::newton::violation;
use super::objective::{Objective, Point};

/// Beyond as many unknowns, only columns that matter enter the model of a step.
const MOST_AT_ONCE: usize = 600;
/// Rounds over all coordinates of one step.
const MOST_ROUNDS: usize = 10_000;

/// The minimum of the quadratic model plus the absolute penalty, as a step from the point.
pub(super) fn step(objective: &Objective, point: &Point, tolerance: f64) -> Array2<f64> {
    let columns = columns(objective, point);
    let hessian = objective.hessian_of(point, &columns);
    let (width, d) = (objective.width(), columns.len());
    // The unknowns: where they stand in the vectors.
    let places: Vec<(usize, usize)> = (0..objective.n_vectors)
        .flat_map(|k| columns.iter().map(move |&column| (k, column)))
        .collect();
    let values: Vec<f64> = places.iter().map(|&at| point.vectors[[at.0, at.1]]).collect();
    let mut slopes: Vec<f64> = places.iter().map(|&at| point.gradient[[at.0, at.1]]).collect();
    let mut sought = values.clone();
    // As exact as the step is worth: ever more so next to the optimum.
    let far = violation(objective, point);
    let enough = (far * far.min(0.01)).max(0.1 * tolerance);
    for _ in 0..MOST_ROUNDS {
        let mut most: f64 = 0.0;
        for at in 0..places.len() {
            let curvature = hessian[[at, at]];
            // A column without spread has no say.
            if curvature <= 0.0 {
                continue;
            }
            let penalty = objective.absolutes[columns[at % d]];
            let wanted = soft(curvature * sought[at] - slopes[at], penalty) / curvature;
            let change = wanted - sought[at];
            if change != 0.0 {
                sought[at] = wanted;
                let row = hessian.row(at);
                slopes.iter_mut().zip(row).for_each(|(slope, h)| *slope += change * h);
                most = most.max((change * curvature).abs());
            }
        }
        if most <= enough {
            break;
        }
    }
    let mut step = Array2::zeros((objective.n_vectors, width));
    for ((&(k, column), sought), value) in places.iter().zip(sought).zip(values) {
        // What ends at zero ends there exactly.
        step[[k, column]] = sought - value;
    }
    step
}

/// Draws a number to zero by the penalty.
fn soft(x: f64, penalty: f64) -> f64 {
    if x > penalty {
        x - penalty
    } else if x < -penalty {
        x + penalty
    } else {
        0.0
    }
}

/// The columns that enter the model: all where they are few; else those that are not zero, are not
/// drawn there, or should leave zero, of the last those that should most.
fn columns(objective: &Objective, point: &Point) -> Vec<usize> {
    let (width, m) = (objective.width(), objective.n_vectors);
    if width * m <= MOST_AT_ONCE {
        return (0..width).collect();
    }
    let mut must = Vec::new();
    let mut should = Vec::new();
    for column in 0..width {
        let penalty = objective.absolutes[column];
        let vectors = point.vectors.column(column);
        if penalty == 0.0 || vectors.iter().any(|&v| v != 0.0) {
            must.push(column);
            continue;
        }
        let slopes = point.gradient.column(column);
        let over = slopes.iter().fold(0.0_f64, |most, g| most.max(g.abs())) - penalty;
        if over > 0.0 {
            should.push((over, column));
        }
    }
    should.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let room = (MOST_AT_ONCE / m).saturating_sub(must.len()).max(10);
    must.extend(should.into_iter().take(room).map(|(_, column)| column));
    must.sort_unstable();
    must
}
