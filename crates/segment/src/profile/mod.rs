//! Segments of one: a profile of every customer.

mod affinity;
mod fit;
#[cfg(feature = "serde")]
mod json;
mod neighbours;
mod profiles;
mod rhythm;
mod standing;
mod timing;
mod types;

use patronage_core::{
    Calendar, CustomerIdx, Date, Features, IdMap, ItemIdx, Purchases, SegmentIdx, Segmenter,
    UtcOffset,
};

use self::affinity::Tastes;
use self::neighbours::{Distances, Trials};
use self::profiles::Buying;
pub use self::profiles::Profiles;
pub use self::rhythm::PopulationRhythm;
use self::timing::{Days, Habits};
pub use self::types::{
    Affinities, Affinity, CustomerProfile, Habit, Neighbour, NextPurchase, Rhythm, Standing, Step,
};
use crate::error::{Error, ErrorKind};
use crate::parallel;
use crate::persona::{ItemNames, LocalClock, Population};

/// Profiles of single customers: where each stands on every feature against everybody and against
/// her segment, what she buys more than others do, her rhythm, when she is to be expected again,
/// and which other segments are near.
///
/// `features`, of shape `(n_rows, n_columns)`, are in original units; `segments` says the segment of
/// each row and `names` what each is called. Without [`customers`](Self::customers) rows are
/// customers. Fitting learns what is common to all; [`Profiles`] then makes profiles one by one.
///
/// **Standing.** Percentiles are mid-ranks: the percentage who have less, equals counting half. They
/// come from at most 1,025 order statistics: exact in columns of at most 1,024 distinct numbers,
/// else within 0.1 of a percentage point.
///
/// **Affinities.** Her lines are mixed with `prior` lines of everybody's,
///
/// ```text
/// expected share = (her lines of it + prior · share of all) / (her lines + prior)
/// ```
///
/// and ranked by log-odds with that informative prior (Monroe et al.). The prior is learnt: it is the
/// precision of a Dirichlet-multinomial from the chance that two lines of one customer are alike.
///
/// **Next purchase.** Days between her purchase days are log-normal, with a mean and a variance of
/// her own that come from the population's ([`PopulationRhythm`], a normal-inverse-gamma prior fitted by
/// maximum likelihood, with a chance to be lost after each purchase). The window is the 10, 50 and
/// 90 % quantile of the posterior predictive (a Student t of the logarithm), given that she has not
/// come yet; who bought on one day only gets the population's. Beside it stand the chance that she
/// comes again at all, and that she comes within [`horizon_days`](Self::horizon_days). Windows are
/// for shops to which customers come on days of their own: seasons are not modelled.
///
/// **Neighbours.** Segments by distance to their mean in standard deviations, or by the distances
/// given; with a [`model`](Self::model) also the least change of one column that brings her there.
///
/// Fitting costs O(columns · rows · log rows + lines), a profile
/// O(columns · segments + her lines · log(her lines)), and with a model some 33 assignments a column.
///
/// # References
///
/// B. Monroe, M. Colaresi, K. Quinn (2008), Fightin' words: lexical feature selection and evaluation
/// for identifying the content of political conflict. A. Gelman and others (2013), Bayesian data
/// analysis, third edition, section 3.3 (normal data with a conjugate prior). D. Schmittlein,
/// D. Morrison, R. Colombo (1987), Counting your customers: who are they and what will they do next?
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{Column, FeatureTable, Profiler, Schema, SegmentIdx, Standing};
///
/// let schema = Schema::new([Column::number("monetary")])?;
/// let table = FeatureTable::new(schema, array![[10.0], [20.0], [30.0], [400.0]])?;
/// let segments = [0, 0, 0, 1].map(SegmentIdx::new);
/// let profiles = Profiler::new(&table, &segments, ["Small", "Great"]).fit()?;
/// for profile in profiles.iter() {
///     let Standing::Number { percentile, percentile_in_segment, .. } = profile.standings[0] else {
///         panic!("a number")
///     };
///     let n = profile.row as f64 + 0.5;
///     assert_eq!(percentile, 100.0 * n / 4.0);
///     assert!(profile.row == 3 || (percentile_in_segment - 100.0 * n / 3.0).abs() < 1e-9);
///     assert_eq!(profile.neighbours.len(), 1);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Profiler<'a, F: ?Sized> {
    features: &'a F,
    segments: &'a [SegmentIdx],
    names: Vec<String>,
    customers: Option<&'a [CustomerIdx]>,
    ids: Option<&'a IdMap<CustomerIdx>>,
    purchases: Option<(&'a dyn Purchases, Date)>,
    calendar: &'a dyn Calendar,
    item_names: Option<&'a dyn ItemNames>,
    model: Option<&'a dyn Segmenter>,
    distances: Option<Distances<'a>>,
    prior: Option<f64>,
    top: usize,
    horizon_days: u32,
}

impl<F: ?Sized> std::fmt::Debug for Profiler<'_, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profiler").field("names", &self.names).finish_non_exhaustive()
    }
}

impl<'a, F: Features + ?Sized> Profiler<'a, F> {
    /// Profiles of the rows of `features`; `segments` says the segment of each, `names` what each
    /// segment is called.
    #[must_use]
    pub fn new<S: Into<String>>(
        features: &'a F,
        segments: &'a [SegmentIdx],
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            features,
            segments,
            names: names.into_iter().map(Into::into).collect(),
            customers: None,
            ids: None,
            purchases: None,
            calendar: &UtcOffset::UTC,
            item_names: None,
            model: None,
            distances: None,
            prior: None,
            top: 5,
            horizon_days: 30,
        }
    }

    /// Whose each row is, such as [`RfmTable::customers`](crate::RfmTable::customers); default:
    /// row 0 is customer 0, and so on.
    #[must_use]
    pub const fn customers(mut self, customers: &'a [CustomerIdx]) -> Self {
        self.customers = Some(customers);
        self
    }

    /// The external ids of customers, which profiles then carry; default none.
    #[must_use]
    pub const fn customer_ids(mut self, ids: &'a IdMap<CustomerIdx>) -> Self {
        self.ids = Some(ids);
        self
    }

    /// What was bought; those before the start of `as_of` count, and that is the day from which a
    /// purchase is awaited. Default none.
    #[must_use]
    pub const fn purchases(mut self, purchases: &'a dyn Purchases, as_of: Date) -> Self {
        self.purchases = Some((purchases, as_of));
        self
    }

    /// The calendar that says days and hours; default UTC.
    #[must_use]
    pub const fn calendar(mut self, calendar: &'a dyn Calendar) -> Self {
        self.calendar = calendar;
        self
    }

    /// What items are called; default their positions.
    #[must_use]
    pub const fn item_names(mut self, names: &'a dyn ItemNames) -> Self {
        self.item_names = Some(names);
        self
    }

    /// The model that assigns rows of these features to the segments: neighbours then say which
    /// change of one column brings a customer there. Default none.
    #[must_use]
    pub const fn model(mut self, model: &'a dyn Segmenter) -> Self {
        self.model = Some(model);
        self
    }

    /// The distances of a row to each segment, into a slice of one place a segment; default those to
    /// the segments' means in standard deviations.
    #[must_use]
    pub const fn distances(mut self, distances: &'a (dyn Fn(&[f64], &mut [f64]) + Sync)) -> Self {
        self.distances = Some(distances);
        self
    }

    /// How many lines of everybody's are mixed with a customer's own; default learnt from the data,
    /// above 0.
    #[must_use]
    pub const fn prior(mut self, lines: f64) -> Self {
        self.prior = Some(lines);
        self
    }

    /// Affinities of each kind and neighbours, at most; default `5`.
    #[must_use]
    pub const fn top(mut self, entries: usize) -> Self {
        self.top = entries;
        self
    }

    /// Days for which profiles say the chance of a purchase; default `30`.
    #[must_use]
    pub const fn horizon_days(mut self, days: u32) -> Self {
        self.horizon_days = days;
        self
    }

    /// Learns what is common to all customers.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, there is no row, lengths do not fit, a segment has no
    /// name, a customer stands there twice or is none of the purchases, or the model is of another
    /// schema or number of segments.
    pub fn fit(&self) -> Result<Profiles<'a>, Error> {
        if let Some(found) = self.prior.filter(|prior| !(*prior > 0.0 && prior.is_finite())) {
            let (name, expected) = ("prior", "a finite number above 0");
            return Err(ErrorKind::Parameter { name, expected, found }.into());
        }
        let n_segments = self.names.len();
        let population = Population::new(self.features, self.segments, n_segments, self.customers)?;
        if let Some(model) = self.model {
            model.schema().check(population.schema)?;
            if model.n_segments() != n_segments {
                let (what, expected) = ("names of the model's segments", model.n_segments());
                return Err(ErrorKind::Length { what, expected, found: n_segments }.into());
            }
        }
        let columns = standing::summaries(&population);
        let buying = self.purchases.map(|given| self.buying(&population, given)).transpose()?;
        Ok(Profiles {
            sizes: population.members().iter().map(Vec::len).collect(),
            names: self.names.clone(),
            ids: self.ids,
            model: self.model.map(|model| (model, Trials::of(&columns))),
            distances: self.distances,
            top: self.top,
            horizon_days: self.horizon_days,
            population,
            columns,
            buying,
        })
    }

    fn buying(
        &self,
        population: &Population<'a>,
        (purchases, as_of): (&'a dyn Purchases, Date),
    ) -> Result<Buying<'a>, Error> {
        population.check_purchases(purchases)?;
        let end = self.calendar.start_of(as_of);
        let mut items = Tastes::new("items".to_owned(), purchases.n_items());
        let new = |a: &patronage_core::Attribute| Tastes::new(a.name.clone(), a.levels.len());
        let mut attributes: Vec<Tastes> = purchases.attributes().iter().map(new).collect();
        let mut habits = Habits::NONE;
        let mut codes = Vec::new();
        for row in 0..population.n() {
            let customer = population.customer(row);
            let lines = purchases.history(customer).before(end);
            if let Some(of) = lines.items() {
                codes.clear();
                codes.extend_from_slice(ItemIdx::peel_slice(of));
                items.add(&mut codes);
            }
            for (at, tastes) in attributes.iter_mut().enumerate() {
                codes.clear();
                codes.extend_from_slice(&purchases.attribute_codes(customer, at)[..lines.len()]);
                tastes.add(&mut codes);
            }
        }
        // Days in parallel; looking up calendars is what takes time.
        let ranges: Vec<_> = parallel::ranges(population.n(), 1024).collect();
        let parts = parallel::map(ranges.len(), |part| {
            let (mut days, mut clock) = (Days::default(), LocalClock::new(self.calendar));
            let (mut seen, mut habits) = (Vec::new(), Habits::NONE);
            for row in ranges[part].clone() {
                days.read(purchases.history(population.customer(row)).before(end), &mut clock);
                seen.extend(days.seen(as_of));
                habits.add(&days);
            }
            (seen, habits)
        });
        let mut seen = Vec::new();
        for (of_part, part) in parts {
            seen.extend(of_part);
            habits.hours.iter_mut().zip(part.hours).for_each(|(all, part)| *all += part);
            habits.weekdays.iter_mut().zip(part.weekdays).for_each(|(all, part)| *all += part);
        }
        items.learn(self.prior);
        attributes.iter_mut().for_each(|tastes| tastes.learn(self.prior));
        Ok(Buying {
            purchases,
            calendar: self.calendar,
            as_of,
            end,
            item_names: self.item_names,
            items: (!items.is_trivial()).then_some(items),
            attributes,
            habits,
            rhythms: PopulationRhythm::fit(&seen),
        })
    }
}
