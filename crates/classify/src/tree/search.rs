//! The search for the best split of one node.

use super::coarse::{self, MOST_WIDTH};
use super::codes::Place;
use super::grow::{Grower, Layout};
use super::sorted::Sorted;
use super::split::{Bins, Candidate, Room, Scratch, best};
use super::target::Target;
use crate::par::{self, Threads};

/// One node: its rows, their sum, and how many they are.
pub(crate) struct Search<'a, 'b, T> {
    pub(crate) grower: &'a Grower<'b, T>,
    pub(crate) rows: &'a [u32],
    pub(crate) sums: &'a [f64],
    pub(crate) n_rows: f64,
    /// The same rows in the order of each wide column, where kept.
    pub(crate) sorted: Option<(&'a Sorted, std::ops::Range<usize>)>,
}

pub(crate) struct Found {
    pub(crate) candidate: Option<Candidate>,
    /// Columns that hold at least two values among the rows.
    pub(crate) n_varying: usize,
}

/// The result for one column.
struct InColumn {
    candidate: Option<Candidate>,
    varies: bool,
}

impl InColumn {
    const NOTHING: Self = Self { candidate: None, varies: false };
}

impl<T: Target> Search<'_, '_, T> {
    fn threads(&self, n_columns: usize) -> Threads {
        match self.grower.threads {
            Threads::One => Threads::One,
            Threads::Many => Threads::for_work(self.rows.len() * n_columns),
        }
    }

    /// The bins of the layout's columns; each column is summed in the order of rows by one thread.
    pub(crate) fn narrow_bins(&self, layout: &Layout) -> Vec<f64> {
        let mut bins = vec![0.0; layout.n_sums];
        if self.threads(layout.narrow.len()) == Threads::One {
            self.grower.fill(self.rows, &layout.narrow, &mut bins);
            return bins;
        }
        let groups: Vec<&[(u32, u32)]> = layout.narrow.chunks(8).collect();
        let parts = par::map(groups.len(), Threads::Many, |i| {
            let from = groups[i][0].1;
            let to = groups.get(i + 1).map_or(layout.n_sums, |next| next[0].1 as usize);
            let group: Vec<(u32, u32)> =
                groups[i].iter().map(|&(place, first)| (place, first - from)).collect();
            let mut part = vec![0.0; to - from as usize];
            self.grower.fill(self.rows, &group, &mut part);
            part
        });
        let mut at = 0;
        for part in parts {
            bins[at..at + part.len()].copy_from_slice(&part);
            at += part.len();
        }
        bins
    }

    /// The best split in some columns, the first of equals. `bins` are those of `layout`, the
    /// narrow ones among the columns in their order; `cuts` holds a draw for each column, or none.
    pub(crate) fn best_of(
        &self,
        columns: &[u32],
        layout: &Layout,
        bins: &[f64],
        cuts: &[f64],
        buffers: &mut Buffers,
    ) -> Found {
        let width = self.grower.target.width();
        let coded = self.grower.coded;
        let wide = if cuts.is_empty() { self.coarse_columns(columns) } else { Vec::new() };
        let mut narrow = layout.narrow.iter();
        let firsts: Vec<usize> = columns
            .iter()
            .map(|&column| match coded.columns[column as usize].place {
                Place::Narrow(_) => narrow.next().map_or(0, |&(_, first)| first as usize),
                Place::Wide(_) => 0,
            })
            .collect();
        let one = |at: usize, buffers: &mut Buffers| {
            let column = &coded.columns[columns[at] as usize];
            let cut = cuts.get(at).copied();
            match column.place {
                Place::Narrow(_) => {
                    let sums = &bins[firsts[at]..firsts[at] + column.n_codes * width];
                    self.in_column(columns[at], sums, None, cut, buffers)
                }
                Place::Wide(place) => {
                    let mut sums = std::mem::take(&mut buffers.sums);
                    let mut codes = std::mem::take(&mut buffers.codes);
                    let listed = self.wide_bins(place, column.n_codes, &mut sums, &mut codes);
                    let listed = listed.then_some(codes.as_slice());
                    let found = self.in_column(columns[at], &sums, listed, cut, buffers);
                    (buffers.sums, buffers.codes) = (sums, codes);
                    found
                }
            }
        };
        let any_wide = columns
            .iter()
            .any(|&column| matches!(coded.columns[column as usize].place, Place::Wide(_)));
        let mut found: Vec<InColumn> = match self.threads(columns.len()) {
            Threads::Many if any_wide => {
                par::map(columns.len(), Threads::Many, |at| one(at, &mut Buffers::default()))
            }
            _ => (0..columns.len())
                .map(|at| if wide.contains(&at) { InColumn::NOTHING } else { one(at, buffers) })
                .collect(),
        };
        if !wide.is_empty() {
            self.in_coarse(columns, &wide, &mut found, buffers);
        }
        let n_varying = found.iter().filter(|found| found.varies).count();
        let mut candidate: Option<Candidate> = None;
        for found in found.into_iter().filter_map(|found| found.candidate) {
            if candidate.as_ref().is_none_or(|best| found.purity > best.purity) {
                candidate = Some(found);
            }
        }
        Found { candidate, n_varying }
    }

    /// Which of the columns are searched by way of coarse buckets.
    fn coarse_columns(&self, columns: &[u32]) -> Vec<usize> {
        let Grower { coded, target, coarse, .. } = self.grower;
        if coarse.is_none() || !target.is_convex() || target.width() > MOST_WIDTH {
            return Vec::new();
        }
        let is_wide = |column: u32| {
            let column = &coded.columns[column as usize];
            matches!(column.place, Place::Wide(_)) && !column.is_category
        };
        (0..columns.len()).filter(|&at| is_wide(columns[at])).collect()
    }

    /// Searches those columns together.
    fn in_coarse(
        &self,
        columns: &[u32],
        wide: &[usize],
        found: &mut [InColumn],
        buffers: &mut Buffers,
    ) {
        let Grower { coded, target, counts, limits, coarse, .. } = self.grower;
        let Some(coarse) = *coarse else { return };
        let node = coarse::Node {
            coded,
            coarse,
            target: *target,
            counts,
            rows: self.rows,
            sums: self.sums,
            n_rows: self.n_rows,
            min_rows: limits.min_samples_leaf as f64,
        };
        let asked: Vec<u32> = wide.iter().map(|&at| columns[at]).collect();
        let mut varies = vec![false; wide.len()];
        let candidate = node.seek(&asked, &mut varies, &mut buffers.coarse);
        for (&at, varies) in wide.iter().zip(varies) {
            found[at].varies = varies;
        }
        if let Some(candidate) = candidate
            && let Some(&at) = wide.iter().find(|&&at| columns[at] == candidate.column)
        {
            found[at].candidate = Some(candidate);
        }
    }

    /// The bins of a wide column: one for each code where rows are many, else those met, listed.
    fn wide_bins(
        &self,
        place: usize,
        n_codes: usize,
        sums: &mut Vec<f64>,
        codes: &mut Vec<u32>,
    ) -> bool {
        let target = self.grower.target;
        let of_row = &self.grower.coded.wide[place];
        let width = target.width();
        sums.clear();
        if let Some((sorted, node)) = &self.sorted {
            let rows = sorted.of(place, node.clone());
            codes.clear();
            // Room for as many bins as there can be, so that none is made row by row.
            codes.reserve(rows.len());
            sums.resize(rows.len().min(n_codes) * width, 0.0);
            for &row in rows {
                let code = of_row[row as usize];
                if codes.last() != Some(&code) {
                    codes.push(code);
                }
                let end = codes.len() * width;
                target.add(row as usize, &mut sums[end - width..end]);
            }
            sums.truncate(codes.len() * width);
            return true;
        }
        if self.rows.len() * 8 >= n_codes {
            sums.resize(n_codes * width, 0.0);
            for &row in self.rows {
                let at = of_row[row as usize] as usize * width;
                target.add(row as usize, &mut sums[at..at + width]);
            }
            return false;
        }
        let mut order: Vec<u64> = self
            .rows
            .iter()
            .map(|&row| u64::from(of_row[row as usize]) << 32 | u64::from(row))
            .collect();
        order.sort_unstable();
        codes.clear();
        for key in order {
            let (code, row) = ((key >> 32) as u32, key as u32);
            if codes.last() != Some(&code) {
                codes.push(code);
                sums.resize(sums.len() + width, 0.0);
            }
            let at = sums.len() - width;
            target.add(row as usize, &mut sums[at..]);
        }
        true
    }

    fn in_column(
        &self,
        position: u32,
        sums: &[f64],
        codes: Option<&[u32]>,
        cut: Option<f64>,
        buffers: &mut Buffers,
    ) -> InColumn {
        let Grower { coded, target, whole, limits, counts, .. } = self.grower;
        let column = &coded.columns[position as usize];
        let width = target.width();
        // Where rows weigh what they like, the room of a leaf is counted in rows apart.
        let tallied = (!whole && limits.min_samples_leaf > 1).then(|| {
            let mut tally = vec![0.0; sums.len() / width];
            for &row in self.rows {
                let code = coded.code(column, row);
                let at = match codes {
                    Some(codes) => codes.partition_point(|&other| other < code),
                    None => code as usize,
                };
                tally[at] += f64::from(counts[row as usize]);
            }
            tally
        });
        let bins = Bins { sums, counts: tallied.as_deref(), codes };
        let (min_rows, node_rows) = if *whole || tallied.is_some() {
            (limits.min_samples_leaf as f64, self.n_rows)
        } else {
            // Any weight is a row.
            (f64::MIN_POSITIVE, target.weight(self.sums))
        };
        let node = (self.sums, node_rows);
        let room = Room { min_rows };
        let varies = self.grower.draw.is_none() || bins.hold_two(*target);
        let candidate =
            best(*target, (position, column), &bins, node, room, cut, &mut buffers.scratch);
        InColumn { candidate, varies }
    }
}

/// Buffers that live as long as the growing.
#[derive(Default)]
pub(crate) struct Buffers {
    sums: Vec<f64>,
    codes: Vec<u32>,
    scratch: Scratch,
    coarse: coarse::Spare,
}
