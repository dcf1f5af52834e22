//! Personas: who the customers of a segment are.

mod assemble;
mod bought;
mod columns;
mod contrast;
mod local;
mod medoid;
mod population;
mod report;
mod tally;
mod text;

use patronage_core::{
    Calendar, CustomerIdx, Features, IdMap, Money, Purchases, SegmentIdx, UtcOffset,
};

use self::assemble::{Findings, money_share, strength};
use self::bought::Bought;
pub use self::contrast::{Evidence, NumberContrast, NumberKind, ShareContrast, ShareOf, Subject};
pub(crate) use self::local::{LocalClock, order_times};
pub use self::population::ItemNames;
pub(crate) use self::population::{Population, item_name};
pub use self::report::{Facet, MoneyShare, Persona, PersonaReport, Prototype};
pub(crate) use self::text::percent;
use crate::error::{Error, ErrorKind};
use crate::inference::MultipleTesting;
use crate::migration::ColumnPhrase;
use crate::parallel;
use crate::rfm::Costs;

/// Personas of the segments of a segmentation: size, money, what sets each apart with its evidence,
/// what its customers buy and when, and real customers who stand for it.
///
/// `features`, of shape `(n_rows, n_columns)`, are in original units, since that is how they are
/// told; `segments` says the segment of each row, and `names` what each segment is called (there
/// are as many segments as names). Without [`customers`](Self::customers) rows are customers.
///
/// **What sets a segment apart.** Columns of numbers are compared with the rest by the Mann-Whitney
/// test and ranked by how far the chance to exceed one of the rest surely lies from ½. Shares of
/// customers (levels, flags, missing numbers) are tested by Fisher's exact test; shares of lines
/// (items, attributes) and of orders (hours of the local day, weekdays) by permuting *customers*,
/// so that one customer with many lines counts as the one finding she is, and so that a segment that
/// buys more of everything is not distinguished by everything. They are ranked by lift,
///
/// ```text
/// lift = share in the segment / share among all
/// ```
///
/// cautiously, by the end of its interval that is nearer to 1. All p-values of all segments are
/// corrected together, and only what is significant then is named. What has fewer than
/// [`support`](Self::support) customers is not tested at all (a choice that no p-value depends on),
/// and what has less than [`reach`](Self::reach) is not named.
///
/// **Columns the segments were made of** differ between segments by construction: testing them on
/// the same customers proves nothing. Say which they are by [`made_of`](Self::made_of): they are
/// then described as all are, but marked [`circular`](Evidence::circular), counted in no
/// correction, and shown without a p-value. What depends on them (orders on frequency, say)
/// is tested like anything else, and is news only as far as it is not the same thing in other words.
///
/// Costs O(columns · rows · (log rows + segments) + lines log(lines of a customer)), and for
/// prototypes O(rows · 512 · columns) at most beside the square of segments of up to 1,024.
/// Memory: 32 bytes for each item in each segment.
///
/// An empty segment has a persona that says so. A column that is constant, or a shop of a single
/// item, sets nothing apart and is not tested.
///
/// # References
///
/// Y. Benjamini, Y. Hochberg (1995), Controlling the false discovery rate. R. A. Fisher (1922), On
/// the interpretation of χ² from contingency tables. H. B. Mann, D. R. Whitney (1947), On a test of
/// whether one of two random variables is stochastically larger than the other. R. Bourgon,
/// R. Gentleman, W. Huber (2010), Independent filtering increases detection power for
/// high-throughput experiments. J. Newling, F. Fleuret (2017), A sub-quadratic exact medoid
/// algorithm.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_segment::{Column, FeatureTable, Personas, Schema, SegmentIdx};
///
/// let schema = Schema::new([Column::number("monetary"), Column::flag("newsletter")])?;
/// // Forty customers; those of the second segment spend more, and most read the newsletter.
/// let cells = Array2::from_shape_fn((40, 2), |(row, column)| match (row / 20, column) {
///     (0, 0) => 10.0 + row as f64,
///     (_, 0) => 100.0 + row as f64,
///     (segment, _) => if row % 20 < 1 + 15 * segment { 1.0 } else { 0.0 },
/// });
/// let table = FeatureTable::new(schema, cells)?;
/// let segments: Vec<_> = (0..40).map(|row| SegmentIdx::new(row / 20)).collect();
///
/// let personas = Personas::new(&table, &segments, ["Small", "Great"]).describe()?;
/// assert_eq!(
///     personas.personas[1].description(),
///     "Great: 20 customers, 50 % of all. Their median monetary is 130, against 19.5 among the \
///      rest. 80 % have newsletter, 1.88 times the share among all. Typical is customer 28."
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Personas<'a, F: ?Sized> {
    features: &'a F,
    segments: &'a [SegmentIdx],
    names: Vec<String>,
    customers: Option<&'a [CustomerIdx]>,
    ids: Option<&'a IdMap<CustomerIdx>>,
    purchases: Option<&'a dyn Purchases>,
    calendar: &'a dyn Calendar,
    item_names: Option<&'a dyn ItemNames>,
    costs: Option<Costs<'a>>,
    phrases: &'a [ColumnPhrase],
    made_of: Vec<String>,
    significance: f64,
    correction: MultipleTesting,
    support: usize,
    reach: f64,
    top: usize,
    named: usize,
    prototypes: usize,
    seed: u64,
}

impl<F: ?Sized> std::fmt::Debug for Personas<'_, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Personas").field("names", &self.names).finish_non_exhaustive()
    }
}

impl<'a, F: Features + ?Sized> Personas<'a, F> {
    /// Personas of the segments called `names`; `segments` says the segment of each row.
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
            costs: None,
            phrases: &[],
            made_of: Vec::new(),
            significance: 0.05,
            correction: MultipleTesting::BenjaminiHochberg,
            support: 5,
            reach: 0.05,
            top: 5,
            named: 20,
            prototypes: 1,
            seed: 0,
        }
    }

    /// Whose each row is, such as [`RfmTable::customers`](crate::RfmTable::customers); default:
    /// row 0 is customer 0, and so on.
    #[must_use]
    pub const fn customers(mut self, customers: &'a [CustomerIdx]) -> Self {
        self.customers = Some(customers);
        self
    }

    /// The external ids of customers, by which prototypes are then called; default none.
    #[must_use]
    pub const fn customer_ids(mut self, ids: &'a IdMap<CustomerIdx>) -> Self {
        self.ids = Some(ids);
        self
    }

    /// What was bought; default none. Cut it by [`During`](patronage_core::During) where it reaches
    /// beyond the features.
    #[must_use]
    pub const fn purchases(mut self, purchases: &'a dyn Purchases) -> Self {
        self.purchases = Some(purchases);
        self
    }

    /// The calendar that says the hour and the weekday; default UTC.
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

    /// What the things sold have cost, so that there are margins; default none.
    #[must_use]
    pub const fn costs(mut self, costs: Costs<'a>) -> Self {
        self.costs = Some(costs);
        self
    }

    /// How columns are spoken of, such as [`ColumnPhrase::rfm`]; default their names, with spaces
    /// for underscores.
    #[must_use]
    pub const fn phrases(mut self, phrases: &'a [ColumnPhrase]) -> Self {
        self.phrases = phrases;
        self
    }

    /// The columns by which the segments were made, whose differences are therefore described and
    /// not tested; default none.
    #[must_use]
    pub fn made_of<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.made_of = columns.into_iter().map(Into::into).collect();
        self
    }

    /// The level up to which a corrected p-value is significant; default `0.05`, strictly between
    /// 0 and 1.
    #[must_use]
    pub const fn significance(mut self, level: f64) -> Self {
        self.significance = level;
        self
    }

    /// How p-values are corrected; default [`MultipleTesting::BenjaminiHochberg`].
    #[must_use]
    pub const fn correction(mut self, correction: MultipleTesting) -> Self {
        self.correction = correction;
        self
    }

    /// Customers (of all, and for what is more frequent of the segment too) below which a share is
    /// not tested; default `5`, at least 1.
    #[must_use]
    pub const fn support(mut self, customers: usize) -> Self {
        self.support = customers;
        self
    }

    /// The share of the segment's customers that must have what is more frequent there, and of all
    /// customers what is rarer there, for it to be named; default `0.05`, in `[0, 1]`.
    ///
    /// Where there are thousands of items, the largest lifts are of those that hardly anybody buys.
    #[must_use]
    pub const fn reach(mut self, share: f64) -> Self {
        self.reach = share;
        self
    }

    /// Entries in the top lists, at most; default `5`.
    #[must_use]
    pub const fn top(mut self, entries: usize) -> Self {
        self.top = entries;
        self
    }

    /// Significant shares kept for each persona, at most; default `20`.
    #[must_use]
    pub const fn named(mut self, shares: usize) -> Self {
        self.named = shares;
        self
    }

    /// Prototype customers of each segment, at most; default `1`.
    #[must_use]
    pub const fn prototypes(mut self, customers: usize) -> Self {
        self.prototypes = customers;
        self
    }

    /// The seed of draws for prototypes of segments with more than 1,024 distinct members; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Finds the personas, one for each name.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, there is no row, lengths do not fit, a phrase or a
    /// column the segments are made of is none of the features', a segment has no name, a customer stands there twice or is none of the purchases, a line's cost is not known,
    /// or money sums beyond its range.
    pub fn describe(&self) -> Result<PersonaReport, Error> {
        self.validate()?;
        let n_segments = self.names.len();
        let population = Population::new(self.features, self.segments, n_segments, self.customers)?;
        let members = population.members();
        let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
        let schema = self.features.schema();
        let phrases = ColumnPhrase::complete(schema, self.phrases)?;
        let position = |column: &String| Ok::<_, Error>(schema.require(column)?);
        let made_of = self.made_of.iter().map(position).collect::<Result<Vec<_>, _>>()?;
        let mut contrasts = columns::contrasts(&population, self.support, &phrases, &made_of);
        let bought = self
            .purchases
            .map(|p| Bought::count(&population, p, self.calendar, self.costs))
            .transpose()?;

        // One family: every test of every segment that is none by construction.
        let mut p_values = Vec::new();
        for of_segment in &contrasts {
            let numbers = of_segment.numbers.iter().filter(|number| number.1);
            let shares = of_segment.shares.iter().map(|share| &share.evidence);
            let tested = numbers.map(|number| &number.0.evidence).chain(shares);
            p_values.extend(tested.filter(|e| !e.circular).map(|e| e.p_value));
        }
        let mut tests = Vec::new();
        for (at, tally) in bought.iter().flat_map(Bought::tallies).enumerate() {
            for level in (0..tally.n_levels).filter(|&l| tally.is_testable(l, self.support)) {
                let segments = (0..n_segments).filter(|&s| tally.has_lines(s));
                tests.extend(segments.map(|segment| (at, level, segment)));
            }
        }
        let tallies: Vec<_> = bought.iter().flat_map(Bought::tallies).collect();
        p_values.extend(parallel::map(tests.len(), |test| {
            let (at, level, segment) = tests[test];
            tallies[at].p_value(level, segment, &sizes)
        }));
        let n_tests = p_values.len();
        let adjusted = self.correction.adjust(&p_values);

        let mut next = adjusted.iter().copied();
        for (segment, of_segment) in contrasts.iter_mut().enumerate() {
            for (number, _) in of_segment.numbers.iter_mut().filter(|number| number.1) {
                self.judge(&mut number.evidence, &mut next, true);
            }
            for share in &mut of_segment.shares {
                let n_of_all = (share.share_of_all * population.n() as f64).round() as usize;
                let supported = self.is_common(share, n_of_all, &sizes, segment);
                self.judge(&mut share.evidence, &mut next, supported);
            }
        }
        // The evidence of what was bought, for each tally by level and segment.
        let mut evidence = vec![Findings::default(); tallies.len()];
        for (&(at, level, segment), p_value) in tests.iter().zip(&p_values[n_tests - tests.len()..])
        {
            let mut found = columns::raw(*p_value);
            self.judge(&mut found, &mut next, true);
            evidence[at].insert((level, segment), found);
        }

        let space = medoid::Space::of(&population);
        let mut personas = Vec::with_capacity(n_segments);
        for (segment, of_segment) in contrasts.into_iter().enumerate() {
            let n_customers = sizes[segment];
            let mut numbers: Vec<_> = of_segment.numbers.into_iter().map(|n| n.0).collect();
            numbers.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
            let mut shares = of_segment.shares;
            let mut facets = Vec::new();
            for (at, tally) in tallies.iter().enumerate() {
                let Some(bought) = &bought else { continue };
                let (facet, significant) =
                    self.facet((at, tally), segment, &sizes, &evidence[at], bought);
                facets.push(facet);
                shares.extend(significant);
            }
            shares.retain(|share| share.evidence.significant);
            shares.sort_by(|a, b| b.strength().total_cmp(&a.strength()));
            shares.truncate(self.named);
            let money = |of: &Vec<Money>| money_share(of, segment, n_customers);
            personas.push(Persona {
                segment: SegmentIdx::from_usize(segment),
                name: self.names[segment].clone(),
                n_customers,
                share: n_customers as f64 / population.n() as f64,
                revenue: bought.as_ref().map(|b| money(&b.revenue)),
                margin: bought.as_ref().and_then(|b| b.margin.as_ref()).map(money),
                numbers,
                shares,
                facets,
                prototypes: self.stand_ins(&population, &space, &members[segment]),
            });
        }
        Ok(PersonaReport {
            personas,
            n_customers: population.n(),
            n_without_segment: bought.as_ref().map_or(0, |b| b.n_without_segment),
            n_tests,
            correction: self.correction,
            significance: self.significance,
        })
    }

    fn validate(&self) -> Result<(), Error> {
        if !(self.significance > 0.0 && self.significance < 1.0) {
            let (name, expected) = ("significance", "strictly between 0 and 1");
            let found = self.significance;
            return Err(ErrorKind::Parameter { name, expected, found }.into());
        }
        if !(0.0..=1.0).contains(&self.reach) {
            let (name, expected, found) = ("reach", "in [0, 1]", self.reach);
            return Err(ErrorKind::Parameter { name, expected, found }.into());
        }
        if self.support == 0 {
            let (name, expected) = ("support", "at least 1");
            return Err(ErrorKind::Parameter { name, expected, found: 0.0 }.into());
        }
        if let Some(costs) = &self.costs {
            if let Costs::Rate(found) = costs
                && !found.is_finite()
            {
                let (name, expected, found) = ("rate of costs", "a finite number", *found);
                return Err(ErrorKind::Parameter { name, expected, found }.into());
            }
            if self.purchases.is_none() {
                let (what, needed_for) = ("purchases", "margins");
                return Err(ErrorKind::Missing { what, needed_for }.into());
            }
        }
        Ok(())
    }

    fn judge(
        &self,
        evidence: &mut Evidence,
        adjusted: &mut impl Iterator<Item = f64>,
        supported: bool,
    ) {
        if !evidence.circular {
            evidence.adjusted_p_value = adjusted.next().unwrap_or(1.0);
        }
        evidence.significant = supported && evidence.adjusted_p_value <= self.significance;
    }
}
