//! Figures of rows drawn again, round by round.

use patronage_core::ClassIdx;
use rand::RngExt;

use super::bootstrap::{Bootstrap, BootstrapMethod, LEAST_ROUNDS, Strata};
use super::scored::{Interval, Scored};
use crate::error::{Error, ErrorKind};
use crate::par::{self, Threads};

/// Blocks of rows left out in turn where an acceleration is estimated.
const JACKKNIFE_BLOCKS: usize = 200;

impl Bootstrap {
    /// An interval for one figure, such as `Scored::pr_auc`.
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, the figure is not defined on these rows, or it is defined
    /// in fewer than twenty rounds.
    pub fn interval(
        &self,
        scored: &Scored,
        figure: impl Fn(&Scored) -> Result<f64, Error> + Send + Sync,
    ) -> Result<Interval, Error> {
        let intervals = self.intervals(scored, |scored| Ok(vec![figure(scored)?]))?;
        Ok(intervals[0])
    }

    /// Intervals for several figures of the same resamples; `figures` gives as many each time.
    ///
    /// # Errors
    ///
    /// As [`interval`](Self::interval); a round counts where every figure is defined in it, and NaN
    /// is not.
    pub fn intervals(
        &self,
        scored: &Scored,
        figures: impl Fn(&Scored) -> Result<Vec<f64>, Error> + Send + Sync,
    ) -> Result<Vec<Interval>, Error> {
        self.validate()?;
        let found = sound(figures(scored)?)?;
        let units = scored.units();
        if units[0].is_empty() && units[1].is_empty() {
            return Err(ErrorKind::NoRows { what: "bootstrap" }.into());
        }
        let rounds = par::map(
            self.n_rounds(),
            Threads::for_work(self.n_rounds() * scored.n_rows()),
            |round| defined(figures(&self.draw(scored, round)), found.len()),
        );
        let rounds = enough(rounds)?;
        let jackknife = match self.drawn_method() {
            BootstrapMethod::Percentile => Vec::new(),
            BootstrapMethod::Bca => jackknife(scored, &figures, found.len()),
        };
        Ok(self.read_all(&rounds, &found, &jackknife))
    }

    /// Intervals for figures of any kind, by drawing positions of rows: figures of many classes, of
    /// numbers, or the difference of two models on the same rows.
    ///
    /// `figures` is asked of positions `0..strata.len()`, ascending and repeated where drawn more
    /// than once, and first of each position once. With [`Strata::Outcome`] rows are drawn within
    /// their own stratum. O(rounds · (n_rows + cost of the figures)).
    ///
    /// # Errors
    ///
    /// As [`intervals`](Self::intervals).
    ///
    /// # Examples
    ///
    /// ```
    /// use patronage_classify::{Average, Bootstrap, ConfusionMatrix};
    /// use patronage_core::ClassIdx;
    ///
    /// let truth: Vec<ClassIdx> = (0..90).map(|row| ClassIdx::new(row % 3)).collect();
    /// let answers: Vec<ClassIdx> = (0..90).map(|row| ClassIdx::new(row % 9 / 3)).collect();
    /// let f1 = |rows: &[u32]| {
    ///     let of = |classes: &[ClassIdx]| rows.iter().map(|&row| classes[row as usize]).collect();
    ///     let (truth, answers): (Vec<ClassIdx>, Vec<ClassIdx>) = (of(&truth), of(&answers));
    ///     Ok(vec![ConfusionMatrix::new(&truth, &answers, 3, None)?.f1(Average::Macro)])
    /// };
    /// let interval = Bootstrap::new(300).of_rows(&truth, f1)?[0];
    /// assert!(interval.low < 1.0 / 3.0 && 1.0 / 3.0 < interval.high);
    /// # Ok::<(), patronage_classify::Error>(())
    /// ```
    pub fn of_rows(
        &self,
        strata: &[ClassIdx],
        figures: impl Fn(&[u32]) -> Result<Vec<f64>, Error> + Send + Sync,
    ) -> Result<Vec<Interval>, Error> {
        self.validate()?;
        if strata.is_empty() {
            return Err(ErrorKind::NoRows { what: "bootstrap" }.into());
        }
        let n = strata.len();
        let every: Vec<u32> = (0..n as u32).collect();
        let found = sound(figures(&every)?)?;
        // The rows of each stratum that has any, one after the other.
        let mut order = every.clone();
        if self.drawn_strata() == Strata::Outcome {
            order.sort_by_key(|&row| strata[row as usize]);
        }
        let parts: Vec<&[u32]> = match self.drawn_strata() {
            Strata::Outcome => {
                order.chunk_by(|&a, &b| strata[a as usize] == strata[b as usize]).collect()
            }
            Strata::None => vec![&order],
        };
        let of = |rows: &[u32]| defined(figures(rows), found.len());
        let rounds = par::map(self.n_rounds(), Threads::for_work(self.n_rounds() * n), |round| {
            let mut rng = self.generator(round);
            let mut rows = Vec::with_capacity(n);
            for part in &parts {
                rows.extend((0..part.len()).map(|_| part[rng.random_range(0..part.len())]));
            }
            rows.sort_unstable();
            of(&rows)
        });
        let rounds = enough(rounds)?;
        let n_blocks = n.min(JACKKNIFE_BLOCKS);
        let jackknife = match self.drawn_method() {
            BootstrapMethod::Percentile => Vec::new(),
            BootstrapMethod::Bca => par::map(n_blocks, Threads::for_work(n_blocks * n), |block| {
                let kept = order.iter().enumerate().filter(|(at, _)| at % n_blocks != block);
                let mut rows: Vec<u32> = kept.map(|(_, &row)| row).collect();
                rows.sort_unstable();
                of(&rows)
            }),
        };
        Ok(self.read_all(&rounds, &found, &jackknife.into_iter().flatten().collect::<Vec<_>>()))
    }

    /// The rows of a round.
    fn draw(&self, scored: &Scored, round: usize) -> Scored {
        let mut rng = self.generator(round);
        let [with, without] = scored.units().each_ref().map(|units| units.len() as u32);
        match self.drawn_strata() {
            Strata::Outcome => scored.redrawn((0..with + without).map(|at| {
                let (side, n) = if at < with { (0, with) } else { (1, without) };
                (side, rng.random_range(0..n) as usize)
            })),
            Strata::None => scored.redrawn((0..with + without).map(|_| {
                let at = rng.random_range(0..with + without);
                if at < with { (0, at as usize) } else { (1, (at - with) as usize) }
            })),
        }
    }
}

/// The figures of the rows themselves, none of which may be NaN.
fn sound(figures: Vec<f64>) -> Result<Vec<f64>, Error> {
    match figures.iter().position(|x| x.is_nan()) {
        None => Ok(figures),
        Some(position) => {
            let (what, expected, found) = ("figure", "a number", figures[position]);
            Err(ErrorKind::Number { what, position, expected, found }.into())
        }
    }
}

/// The figures of a resample, where as many as `n` are defined.
fn defined(figures: Result<Vec<f64>, Error>, n: usize) -> Option<Vec<f64>> {
    figures.ok().filter(|of| of.len() == n && of.iter().all(|x| !x.is_nan()))
}

/// The rounds in which all figures are defined, of which there must be enough.
fn enough(rounds: Vec<Option<Vec<f64>>>) -> Result<Vec<Vec<f64>>, Error> {
    let rounds: Vec<Vec<f64>> = rounds.into_iter().flatten().collect();
    if rounds.len() < LEAST_ROUNDS {
        let (what, least) = ("bootstrap rounds in which the figure is defined", LEAST_ROUNDS);
        return Err(ErrorKind::FewOf { what, least, found: rounds.len() }.into());
    }
    Ok(rounds)
}

/// The figures without one block of rows at a time; blocks are interleaved, so that each has its
/// share of every score and outcome.
fn jackknife(
    scored: &Scored,
    figures: &(impl Fn(&Scored) -> Result<Vec<f64>, Error> + Send + Sync),
    n_figures: usize,
) -> Vec<Vec<f64>> {
    let lengths = scored.units().each_ref().map(Vec::len);
    let n_blocks = (lengths[0] + lengths[1]).min(JACKKNIFE_BLOCKS);
    let threads = Threads::for_work(n_blocks * scored.n_rows());
    let without = par::map(n_blocks, threads, |block| {
        let rows = (0..lengths[0]).map(|at| (0, at)).chain((0..lengths[1]).map(|at| (1, at)));
        let kept = rows.enumerate().filter(|(position, _)| position % n_blocks != block);
        defined(figures(&scored.redrawn(kept.map(|(_, row)| row))), n_figures)
    });
    without.into_iter().flatten().collect()
}
