//! What goes wrong with the rows of a file.

/// How often each thing goes wrong; a rate is a probability for each order or row.
///
/// Dirt is rows beside those of what was bought, which all stand in the file as they are: who sets
/// every kind aside is left with the truth. [`RowCounts`](crate::RowCounts) counts each kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dirt {
    pub(crate) missing_ids: f64,
    pub(crate) duplicates: f64,
    pub(crate) cancellations: f64,
    pub(crate) broken: f64,
}

impl Dirt {
    /// None at all.
    #[must_use]
    pub const fn none() -> Self {
        Self { missing_ids: 0.0, duplicates: 0.0, cancellations: 0.0, broken: 0.0 }
    }

    /// All kinds, much in the proportions of retail files: orders without customer at `rate`;
    /// cancelled orders, doubled rows and broken rows at a twentieth of it. `0..=1`.
    #[must_use]
    pub const fn at(rate: f64) -> Self {
        let few = rate / 20.0;
        Self { missing_ids: rate, duplicates: few, cancellations: few, broken: few }
    }

    /// Orders beside which stands a like one without customer, as from a guest; default `0`, `0..=1`.
    #[must_use]
    pub const fn missing_ids(mut self, rate: f64) -> Self {
        self.missing_ids = rate;
        self
    }

    /// Rows written twice; default `0`, `0..=1`.
    #[must_use]
    pub const fn duplicates(mut self, rate: f64) -> Self {
        self.duplicates = rate;
        self
    }

    /// Orders that are taken back whole within the hour, by rows of an invoice `C…`; default `0`,
    /// `0..=1`.
    #[must_use]
    pub const fn cancellations(mut self, rate: f64) -> Self {
        self.cancellations = rate;
        self
    }

    /// Rows beside which a broken one stands; default `0`, `0..=1`.
    #[must_use]
    pub const fn broken(mut self, rate: f64) -> Self {
        self.broken = rate;
        self
    }

    pub(crate) const fn rates(&self) -> [f64; 4] {
        [self.missing_ids, self.duplicates, self.cancellations, self.broken]
    }
}

/// What is wrong with a broken row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Broken {
    /// A price of zero, as for a sample.
    ZeroPrice,
    /// A quantity below zero on an invoice that is no cancellation, as for damaged stock.
    NegativeQuantity,
    /// A price that is no number.
    NotANumber,
    /// A date the calendar does not have.
    NoSuchDate,
    /// Fewer fields than the header.
    Ragged,
}

impl Broken {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::ZeroPrice, Self::NegativeQuantity, Self::NotANumber, Self::NoSuchDate, Self::Ragged];
}
