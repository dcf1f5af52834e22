//! How a stream's k-means is saved, and what is checked when it is loaded.

use patronage_core::Schema;

use super::OnlineKMeans;
use super::step::Centres;
use crate::error::{Error, ErrorKind};

#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repr {
    schema: Schema,
    k: usize,
    batch_size: usize,
    start_size: usize,
    seed: u64,
    centres: Vec<f64>,
    counts: Vec<u64>,
    recent: Vec<u64>,
    waiting: Vec<f64>,
    n_rows: u64,
    n_steps: u64,
    inertia: f64,
}

impl From<OnlineKMeans> for Repr {
    fn from(state: OnlineKMeans) -> Self {
        let OnlineKMeans { schema, k, batch_size, start_size, seed, .. } = state;
        let OnlineKMeans { centres, waiting, n_rows, n_steps, inertia, .. } = state;
        let (centres, counts, recent) =
            centres.map(|c| (c.cells, c.counts, c.recent)).unwrap_or_default();
        Self {
            schema,
            k,
            batch_size,
            start_size,
            seed,
            centres,
            counts,
            recent,
            waiting,
            n_rows,
            n_steps,
            inertia,
        }
    }
}

impl TryFrom<Repr> for OnlineKMeans {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let d = repr.schema.len();
        let mut state = Self::new(repr.schema, repr.k)?
            .batch_size(repr.batch_size)?
            .start_size(repr.start_size)?
            .seed(repr.seed)?;
        let length =
            |what, expected, found| Err(ErrorKind::Length { what, expected, found }.into());
        let n = repr.counts.len();
        if n > repr.k {
            return length("counts of centres", repr.k, n);
        }
        if repr.centres.len() != n.saturating_mul(d) {
            return length("cells of the centres", n.saturating_mul(d), repr.centres.len());
        }
        if repr.recent.len() != n {
            return length("recent counts of centres", n, repr.recent.len());
        }
        let full = if n == 0 { repr.start_size } else { repr.batch_size };
        if !repr.waiting.len().is_multiple_of(d) || repr.waiting.len() / d >= full {
            return length("cells of rows that wait", full.saturating_sub(1), repr.waiting.len());
        }
        for (what, cells) in
            [("cell of the centres", &repr.centres), ("waiting cell", &repr.waiting)]
        {
            if let Some(position) = cells.iter().position(|cell| !cell.is_finite()) {
                let (expected, found) = ("a finite number", cells[position]);
                return Err(ErrorKind::Number { what, position, expected, found }.into());
            }
        }
        // Counts add up without overflow, and never to more rows than were seen.
        let sum =
            |counts: &[u64]| counts.iter().try_fold(0_u64, |sum, &count| sum.checked_add(count));
        let taken = repr.n_rows.checked_sub((repr.waiting.len() / d) as u64);
        let fits = |counts: &[u64]| sum(counts).is_some_and(|sum| taken.is_some_and(|n| sum <= n));
        let started = (n == 0) == (repr.n_steps == 0) && (n > 0 || taken == Some(0));
        if !fits(&repr.counts) || !fits(&repr.recent) || repr.counts.contains(&0) || !started {
            let (what, expected) = ("rows seen", "no fewer than the centres took, 1 each");
            let (position, found) = (0, repr.n_rows as f64);
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        if !(repr.inertia >= 0.0 && repr.inertia.is_finite()) {
            let (name, expected) = ("inertia", "a finite number, at least 0");
            return Err(ErrorKind::Parameter { name, expected, found: repr.inertia }.into());
        }
        let (k, cells, counts, recent) = (repr.k, repr.centres, repr.counts, repr.recent);
        state.centres = (n > 0).then_some(Centres { k, d, cells, counts, recent });
        state.waiting = repr.waiting;
        (state.n_rows, state.n_steps, state.inertia) = (repr.n_rows, repr.n_steps, repr.inertia);
        Ok(state)
    }
}

impl patronage_core::SavedModel for OnlineKMeans {
    const TAG: &'static str = "segment/online-kmeans";
    const VERSION: u32 = 1;
}
