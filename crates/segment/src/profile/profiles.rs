//! Profiles, one customer at a time.

use ndarray::ArrayView2;
use patronage_core::{
    Calendar, CustomerIdx, Date, IdMap, ItemIdx, Purchases, Timestamp, row_slice,
};

use super::affinity::Tastes;
use super::neighbours::{Distances, Trials, by_distance, to_means};
use super::rhythm::PopulationRhythm;
use super::standing::ColumnSummary;
use super::timing::{Days, Habits};
use super::types::{Affinities, CustomerProfile};
use crate::parallel;
use crate::persona::{ItemNames, LocalClock, Population, Subject, item_name};

/// Profiles made at a time.
const CHUNK: usize = 256;

/// What was learnt of purchases, and where they are.
pub(super) struct Buying<'a> {
    pub(super) purchases: &'a dyn Purchases,
    pub(super) calendar: &'a dyn Calendar,
    pub(super) as_of: Date,
    pub(super) end: Timestamp,
    pub(super) item_names: Option<&'a dyn ItemNames>,
    pub(super) items: Option<Tastes>,
    pub(super) attributes: Vec<Tastes>,
    pub(super) habits: Habits,
    pub(super) rhythms: Option<PopulationRhythm>,
}

/// Every customer's profile on demand: what [`Profiler`](crate::Profiler) learnt, over the data it
/// learnt from.
///
/// What is learnt is of a size that does not grow with the number of customers: at most 1,025 cut
/// points for each column in each segment, and a count for each item. Profiles are made one by one
/// (or some hundred at a time in parallel), so that memory stays constant over any number.
pub struct Profiles<'a> {
    pub(super) population: Population<'a>,
    pub(super) names: Vec<String>,
    pub(super) sizes: Vec<usize>,
    pub(super) ids: Option<&'a IdMap<CustomerIdx>>,
    pub(super) columns: Vec<ColumnSummary>,
    pub(super) buying: Option<Buying<'a>>,
    pub(super) model: Option<(&'a dyn patronage_core::Segmenter, Trials)>,
    pub(super) distances: Option<Distances<'a>>,
    pub(super) top: usize,
    pub(super) horizon_days: u32,
}

impl std::fmt::Debug for Profiles<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profiles")
            .field("n_rows", &self.len())
            .field("segments", &self.names)
            .finish_non_exhaustive()
    }
}

impl Profiles<'_> {
    /// The number of profiles: one a row.
    #[must_use]
    pub fn len(&self) -> usize {
        self.population.n()
    }

    /// Whether there is none; never, since fitting refuses that.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The population's rhythm, where anybody ever came again.
    #[must_use]
    pub fn rhythms(&self) -> Option<&PopulationRhythm> {
        self.buying.as_ref()?.rhythms.as_ref()
    }

    /// The profiles in the order of rows, each made when it is asked for.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = CustomerProfile> {
        (0..self.len()).map(|row| self.profile(row))
    }

    /// Calls `f` with every profile in the order of rows; they are made in parallel, some hundred at
    /// a time.
    pub fn for_each(&self, mut f: impl FnMut(CustomerProfile)) {
        let done = self.in_chunks(std::convert::identity, |profile| {
            f(profile);
            Ok::<(), std::convert::Infallible>(())
        });
        match done {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    /// Makes something of every profile in parallel, and takes it in the order of rows.
    pub(super) fn in_chunks<T: Send, E>(
        &self,
        make: impl Fn(CustomerProfile) -> T + Send + Sync,
        mut take: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        for rows in parallel::ranges(self.len(), CHUNK) {
            let made = parallel::map(rows.len(), |at| make(self.profile(rows.start + at)));
            made.into_iter().try_for_each(&mut take)?;
        }
        Ok(())
    }

    /// The profile of one row.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    #[must_use]
    pub fn profile(&self, row: usize) -> CustomerProfile {
        let population = &self.population;
        let (customer, segment) = (population.customer(row), population.segments[row]);
        let mut buffer = Vec::new();
        let cells: ArrayView2<'_, f64> = population.rows;
        let mut cells = row_slice(cells.row(row), &mut buffer).to_vec();
        let columns = population.schema.columns().iter().zip(&self.columns);
        let standings = columns
            .zip(&cells)
            .map(|((column, of), &cell)| of.standing(column.name(), cell, segment.index()))
            .collect();
        let mut distances = vec![0.0; population.n_segments];
        match self.distances {
            Some(measure) => measure(&cells, &mut distances),
            None => to_means(&self.columns, &cells, &mut distances),
        }
        let mut neighbours =
            by_distance(&distances, segment.index(), &self.sizes, &self.names, self.top);
        if let Some((model, trials)) = &self.model {
            let mut steps = trials.steps(*model, population, &self.columns, &mut cells);
            for neighbour in &mut neighbours {
                neighbour.step = steps[neighbour.segment.index()].take();
            }
        }
        let mut profile = CustomerProfile {
            row,
            customer,
            id: self.ids.and_then(|ids| ids.id(customer)).map(str::to_owned),
            segment,
            segment_name: self.names[segment.index()].clone(),
            standings,
            affinities: Vec::new(),
            rhythm: None,
            next_purchase: None,
            neighbours,
        };
        if let Some(buying) = &self.buying {
            let (mut days, mut clock) = (Days::default(), LocalClock::new(buying.calendar));
            days.read(buying.purchases.history(customer).before(buying.end), &mut clock);
            profile.affinities = buying.affinities(customer, self.top);
            profile.rhythm = days.rhythm(&buying.habits);
            let rhythms = buying.rhythms.as_ref();
            profile.next_purchase =
                rhythms.and_then(|r| days.next_purchase(r, buying.as_of, self.horizon_days));
        }
        profile
    }
}

impl Buying<'_> {
    /// What a customer buys more than others do, of each kind.
    fn affinities(&self, customer: CustomerIdx, top: usize) -> Vec<Affinities> {
        let lines = self.purchases.history(customer).before(self.end);
        let mut codes = Vec::with_capacity(lines.len());
        let mut all = Vec::new();
        if let (Some(tastes), Some(items)) = (&self.items, lines.items()) {
            codes.extend_from_slice(ItemIdx::peel_slice(items));
            let subject = |code| {
                let item = ItemIdx::new(code);
                Subject::Item { item, name: item_name(self.item_names, item) }
            };
            all.push(tastes.of_customer(&mut codes, top, subject));
        }
        for (at, tastes) in self.attributes.iter().enumerate() {
            if tastes.is_trivial() {
                continue;
            }
            codes.clear();
            codes.extend_from_slice(&self.purchases.attribute_codes(customer, at)[..lines.len()]);
            let subject = |code: u32| {
                let attribute = &self.purchases.attributes()[at];
                let level = attribute.levels[code as usize].clone();
                Subject::Attribute { attribute: attribute.name.clone(), level }
            };
            all.push(tastes.of_customer(&mut codes, top, subject));
        }
        all
    }
}

impl Tastes {
    fn of_customer(
        &self,
        codes: &mut [u32],
        top: usize,
        subject: impl Fn(u32) -> Subject,
    ) -> Affinities {
        codes.sort_unstable();
        let affinities = self.affinities(codes, top, subject);
        Affinities { name: self.name.clone(), n_lines: codes.len(), affinities }
    }
}
