//! The tracker: purchases and time in, moves out.

use patronage_core::{Calendar, CustomerIdx, Line, Timestamp};

use super::checks::{check_instant, check_line};
use super::clock::Clock;
use super::correction::Correction;
use super::cursor::Cursor;
use super::moves::{Cause, SegmentMove};
use super::orders::Orders;
use super::pages::Pages;
use super::queue::Queue;
use super::records::{Customer, NEVER_YET, Place};
use super::settings::Tracking;
use super::steps::Steps;
use crate::error::{Error, ErrorKind};
use crate::rfm::RfmSegmenter;

/// Follows customers through the segments of a fitted [`RfmSegmenter`] as they buy and as time
/// passes.
///
/// ```text
/// at an instant t, of the purchases at or before t inside the horizon:
/// recency   = date of t − date of the last, in days    (or t − last, in days of 24 hours)
/// frequency = distinct orders                          (or days, or lines)
/// monetary  = Σ amounts                                (or that by distinct orders)
/// segment   = the model's segment of these three; none of a customer without such a purchase
/// ```
///
/// At the start of a date, before purchases of that very instant, that is what
/// [`Rfm::table`](crate::Rfm::table) and the model say as of the date. The cut points stay as they
/// were fitted.
///
/// # Time
///
/// The tracker has one clock, [`now`](Self::now), and reads no other: a purchase later than now
/// moves it there, and so does [`advance_to`](Self::advance_to). Moves that time brings are dated
/// at the first instant at which they hold (a midnight of the calendar where days are counted, else
/// the microsecond) and told in time order, at one instant in ascending order of customer; at one
/// instant time comes before purchases. A purchase before now is *late*: up to the
/// [lateness](Tracking::lateness) it is put in its place and told as a [`Correction`], beyond it is
/// refused. Whatever is refused leaves the tracker as it was.
///
/// # What is assumed of orders
///
/// Where distinct orders are counted, an order's lines may come in several purchases, also late,
/// and count once. Assumed, and refused where it does not hold: an order is of one customer, and its
/// lines lie no farther apart than the [order span](Tracking::order_span). Amounts are at least 0.
/// A purchase that is fed twice is counted twice.
///
/// # Costs
///
/// Amortised O(1) for a purchase in time order and for a move, with O(log) of the customers who are
/// due the same day; a late purchase costs O(what the customer did since). Memory: 112 bytes a
/// customer, 24 bytes for each order of hers that is remembered (over a life those within lateness
/// and order span, over a window those inside it as well), one bit an order ever seen where orders
/// are counted; with room to grow and the queue, 170 to 240 bytes a customer in all over a life of
/// three years in time order. [`n_bytes`](Self::n_bytes) measures it.
///
/// # Examples
///
/// ```
/// use patronage_segment::*;
///
/// let schema = Schema::new(["recency_days", "frequency", "monetary"].map(Column::number))?;
/// let any = FeatureTable::new(schema, ndarray::array![[1.0, 1.0, 1.0]])?;
/// let cut = |name, column, better, at| Dimension::new(name, column, better, Binning::Cuts(vec![at]));
/// let scores = RfmScoring::of([
///     cut("R", "recency_days", Better::Lower, 30.0),
///     cut("F", "frequency", Better::Higher, 1.0),
/// ])
/// .fit(&any)?;
/// let rules = DisjointRules::new(ScoreGrid::new([("R", 2), ("F", 2)])?)
///     .rule("New", [2..=2, 1..=1])
///     .rule("Loyal", [2..=2, 2..=2])
///     .rule("Asleep", [1..=1, 1..=2])
///     .build()?;
/// let model = RfmSegmenter::new(scores, rules)?;
///
/// let calendar = UtcOffset::UTC;
/// let mut tracker = SegmentTracker::new(model, calendar, Tracking::new().lateness(Span::days(7)))?;
/// let anna = CustomerIdx::new(0);
/// let buys = |order, date: &str| -> Result<Line, patronage_core::Error> {
///     Ok(Line {
///         at: calendar.start_of(date.parse()?),
///         order: OrderIdx::new(order),
///         item: None,
///         quantity: 1.0,
///         amount: Money::from_units(20),
///     })
/// };
/// tracker.observe(anna, buys(0, "2024-01-01")?)?;
/// let next = tracker.state_of(anna).and_then(|state| state.next);
/// assert_eq!(next.map(|next| calendar.date(next.at)), Some("2024-02-01".parse()?));
///
/// let moves = tracker.advance_to(calendar.start_of("2024-02-03".parse()?))?;
/// assert_eq!(calendar.date(moves[0].at), "2024-02-01".parse()?);
/// assert_eq!(
///     moves[0].explain(tracker.model()),
///     "from New to Asleep because recency rose from 30 to 31 days (R 2 to 1, past 30)"
/// );
///
/// // What she bought on 30 January becomes known on 3 February: she never fell asleep.
/// let late = tracker.observe(anna, buys(1, "2024-01-30")?)?.correction;
/// let revisions = late.map(|correction| correction.revisions()).unwrap_or_default();
/// let name = |segment: Option<SegmentIdx>| segment.and_then(|s| tracker.model().name(s));
/// let told: Vec<_> =
///     revisions.iter().map(|r| (calendar.date(r.from), name(r.believed), name(r.known))).collect();
/// assert_eq!(told, [
///     ("2024-01-30".parse()?, Some("New"), Some("Loyal")),
///     ("2024-02-01".parse()?, Some("Asleep"), Some("Loyal")),
/// ]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SegmentTracker<C> {
    pub(super) steps: Steps,
    pub(super) settings: Tracking,
    pub(super) calendar: C,
    pub(super) now: i64,
    pub(super) places: Pages,
    pub(super) customers: Vec<Customer>,
    pub(super) orders: Orders,
    pub(super) queue: Queue,
    /// The number of customers of each segment.
    pub(super) counts: Vec<usize>,
}

/// What a purchase brought.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Observed {
    /// The moves that time brought up to the purchase, of any customer, and then the buyer's own;
    /// none of a late purchase.
    pub moves: Vec<SegmentMove>,
    /// What a late purchase changed.
    pub correction: Option<Correction>,
}

impl<C: Calendar> SegmentTracker<C> {
    /// A tracker that has seen nothing yet.
    ///
    /// # Errors
    ///
    /// When a setting is out of its range, the monetary value is one of margins, or the model's schema has a column other than
    /// `recency_days`, `frequency` and `monetary`.
    pub fn new(model: RfmSegmenter, calendar: C, settings: Tracking) -> Result<Self, Error> {
        settings.validate()?;
        let steps = Steps::new(model, settings.recency)?;
        let counts = vec![0; steps.model().rules().n_segments()];
        Ok(Self {
            steps,
            settings,
            calendar,
            now: NEVER_YET,
            places: Pages::default(),
            customers: Vec::new(),
            orders: Orders::default(),
            queue: Queue::default(),
            counts,
        })
    }

    /// The model.
    #[must_use]
    pub const fn model(&self) -> &RfmSegmenter {
        self.steps.model()
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Tracking {
        &self.settings
    }

    /// The calendar.
    #[must_use]
    pub const fn calendar(&self) -> &C {
        &self.calendar
    }

    /// The instant up to which moves have been told; `None` before the first purchase or advance.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        (self.now != NEVER_YET).then_some(Timestamp::from_micros(self.now))
    }

    pub(super) fn clock(&self) -> Clock<'_> {
        Clock { steps: &self.steps, settings: &self.settings, calendar: &self.calendar }
    }

    /// Lets time pass to `until`; what that alone brings, in time order.
    ///
    /// # Errors
    ///
    /// When `until` is before [`now`](Self::now) or farther than 73,000 years from 1970.
    pub fn advance_to(&mut self, until: Timestamp) -> Result<Vec<SegmentMove>, Error> {
        let mut moves = Vec::new();
        self.advance_with(until, |step| moves.push(step))?;
        Ok(moves)
    }

    /// As [`advance_to`](Self::advance_to), telling each move instead of collecting them.
    ///
    /// # Errors
    ///
    /// As [`advance_to`](Self::advance_to).
    pub fn advance_with(
        &mut self,
        until: Timestamp,
        mut tell: impl FnMut(SegmentMove),
    ) -> Result<(), Error> {
        check_instant(until)?;
        if let Some(now) = self.now().filter(|&now| until < now) {
            return Err(ErrorKind::Backwards { now, found: until }.into());
        }
        self.pass(until.micros(), &mut tell);
        Ok(())
    }

    /// Takes a purchase in: one order line of `customer`, whose item and quantity do not matter.
    ///
    /// # Errors
    ///
    /// When the line is later than the lateness admits, its amount is below 0, its order is of
    /// another customer or farther off than the order span, or the customer's purchases sum to more
    /// than can be counted.
    pub fn observe(&mut self, customer: CustomerIdx, line: Line) -> Result<Observed, Error> {
        check_line(customer, line)?;
        let at = line.at.micros();
        if at < self.now {
            let correction = self.observe_late(customer, line)?;
            return Ok(Observed { moves: Vec::new(), correction: Some(correction) });
        }
        let slot = self.places.find(customer.get());
        let known_order = self.check_order(customer, slot, line)?;
        if let Some(slot) = slot {
            self.check_counts(slot, line)?;
        }
        let mut moves = Vec::new();
        self.pass(at, &mut |step| moves.push(step));
        let slot = slot.unwrap_or_else(|| self.enrol(customer));
        if let Some(step) = self.enter(slot, line, known_order) {
            // Mostly the only one: room for one, not for a few.
            moves.reserve_exact(1);
            moves.push(step);
        }
        Ok(Observed { moves, correction: None })
    }

    /// Takes in at `known_at` what was bought at or before it: time passes to `known_at` first, so
    /// that a purchase before it is late.
    ///
    /// For a service with a clock of its own. The moves are those of time up to `known_at`, and
    /// of a purchase at that very instant.
    ///
    /// # Errors
    ///
    /// When `known_at` is before [`now`](Self::now) or before the purchase, and as
    /// [`observe`](Self::observe).
    pub fn observe_at(
        &mut self,
        known_at: Timestamp,
        customer: CustomerIdx,
        line: Line,
    ) -> Result<Observed, Error> {
        check_instant(known_at)?;
        check_line(customer, line)?;
        if line.at > known_at {
            let (at, now) = (line.at, known_at);
            return Err(ErrorKind::FutureEvent { customer, at, now }.into());
        }
        if let Some(now) = self.now().filter(|&now| known_at < now) {
            return Err(ErrorKind::Backwards { now, found: known_at }.into());
        }
        if line.at == known_at {
            return self.observe(customer, line);
        }
        // Refused before time passes, so that no move is lost.
        self.check_lateness(customer, line.at, known_at)?;
        let slot = self.places.find(customer.get());
        self.check_order(customer, slot, line)?;
        self.check_total(slot, line)?;
        let mut moves = Vec::new();
        self.pass(known_at.micros(), &mut |step| moves.push(step));
        let correction = self.observe_late(customer, line)?;
        Ok(Observed { moves, correction: Some(correction) })
    }

    pub(super) fn enrol(&mut self, customer: CustomerIdx) -> usize {
        let slot = self.customers.len();
        self.places.put(customer.get(), slot);
        self.customers.push(Customer::new(customer.get()));
        slot
    }

    /// Puts a line at the tracker's time behind all others of the customer.
    fn enter(&mut self, slot: usize, line: Line, known_order: bool) -> Option<SegmentMove> {
        let at = line.at.micros();
        let counts_orders = self.settings.counts_orders();
        let order = if counts_orders { line.order.get() } else { 0 };
        let clock =
            Clock { steps: &self.steps, settings: &self.settings, calendar: &self.calendar };
        let customer = &mut self.customers[slot];
        let before = Cursor::now(customer);
        let place = customer.records.place(at, order, counts_orders);
        customer.records.put(place, at, order, line.amount, known_order);
        let mut cursor = before;
        match place {
            Place::New(_) => clock.come(customer, &mut cursor),
            Place::With(_) => {
                cursor.sum += i128::from(line.amount.ticks());
                let lines = self.settings.frequency == crate::rfm::Frequency::Lines;
                cursor.frequency += u64::from(lines);
            }
        }
        if counts_orders {
            self.orders.insert(order);
        }
        let (to, due) = clock.stand(customer, &cursor, at);
        let from = customer.segment();
        let step = (from != to).then(|| SegmentMove {
            customer: CustomerIdx::new(customer.id),
            at: line.at,
            from,
            to,
            cause: Cause::Purchase,
            before: clock.measures(customer, &before, at),
            after: clock.measures(customer, &cursor, at),
        });
        if step.is_some() {
            let horizon = self.now.saturating_sub(self.settings.lateness.as_micros());
            customer.stay(at, horizon);
        }
        self.settle(slot, cursor, to, due);
        step
    }
}

impl<C> std::fmt::Debug for SegmentTracker<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SegmentTracker")
            .field("settings", &self.settings)
            .field("now", &self.now)
            .field("n_customers", &self.customers.len())
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
