//! Who may be contacted where.

use patronage_core::{ChannelIdx, CustomerIdx, Timestamp};

use crate::catalogue::Catalogue;

/// What a customer answered when asked whether she may be contacted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// Yes.
    Granted,
    /// No, or no longer.
    Revoked,
    /// Something that cannot be read; it counts as no.
    Unreadable,
}

impl Answer {
    /// Reads an answer: `yes`, `y`, `true`, `t`, `1`, `granted`; `no`, `n`, `false`, `f`, `0`,
    /// `revoked`, whatever the case and the spaces around; anything else is unreadable.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "yes" | "y" | "true" | "t" | "1" | "granted" => Self::Granted,
            "no" | "n" | "false" | "f" | "0" | "revoked" => Self::Revoked,
            _ => Self::Unreadable,
        }
    }
}

/// Consents as recorded, as of a moment.
///
/// For each customer and channel the latest record at or before the moment decides; of two records
/// of one instant the one that says no. A record whose time cannot be read could be the latest, so
/// the answer is no. Where nothing is recorded the answer is no.
///
/// Memory is 16 bytes a customer and channel that needs consent.
///
/// ```
/// use patronage_act::{Answer, Consent, Consents, Catalogue, RuleColumns};
/// use patronage_core::{ChannelIdx, CustomerIdx, Schema, Timestamp};
///
/// let catalogue = r#"
/// channel = [{ id = "email", needs_consent = true }]
/// [[action]]
/// id = "newsletter"
/// channel = "email"
/// cost = 0.01
/// margin = 0.3
/// offer = { service = "newsletter" }
/// eligible = "true"
/// "#;
/// let catalogue = Catalogue::parse(catalogue, &RuleColumns::new(Schema::new([])?))?;
/// let (ann, bob, at) = (CustomerIdx::new(0), CustomerIdx::new(1), Timestamp::from_seconds);
/// let mut consents = Consents::new(&catalogue, at(100));
/// consents.record(ann, "email", Answer::Granted, Some(at(10)));
/// consents.record(ann, "email", Answer::Revoked, Some(at(20)));
/// consents.record(ann, "email", Answer::Granted, Some(at(101)));
/// let email = ChannelIdx::new(0);
/// assert_eq!(consents.of(ann, email), Consent::Revoked(at(20)));
/// assert_eq!(consents.of(bob, email), Consent::NotRecorded);
/// # Ok::<(), patronage_act::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Consents {
    as_of: Timestamp,
    channels: Vec<(String, Vec<Slot>)>,
    counts: ConsentCounts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    at: Timestamp,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Nothing,
    Granted,
    Revoked,
    Unreadable,
}

/// What became of the records of consent.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct ConsentCounts {
    /// Records read.
    pub read: usize,
    /// Of them, records whose answer or time could not be read.
    pub unreadable: usize,
    /// Of them, records after the moment, which do not count.
    pub later: usize,
    /// Of them, records of a channel the catalogue does not have, which do not count.
    pub unknown_channel: usize,
}

/// What is recorded of one customer and channel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Consent {
    /// She may be contacted; since when.
    Granted(Timestamp),
    /// She may not; since when.
    Revoked(Timestamp),
    /// A record of hers cannot be read.
    Unreadable,
    /// Nothing is recorded.
    NotRecorded,
}

impl Consents {
    /// No consents, for the channels of `catalogue`, as of `as_of`.
    #[must_use]
    pub fn new(catalogue: &Catalogue, as_of: Timestamp) -> Self {
        let channels = catalogue.channels().iter().map(|channel| (channel.id().to_owned(), vec![]));
        Self { as_of, channels: channels.collect(), counts: ConsentCounts::default() }
    }

    /// Takes a record; records may come in any order. `at` is `None` where the time cannot be read.
    pub fn record(
        &mut self,
        customer: CustomerIdx,
        channel: &str,
        answer: Answer,
        at: Option<Timestamp>,
    ) {
        self.counts.read += 1;
        self.counts.unreadable += usize::from(at.is_none() || answer == Answer::Unreadable);
        let Some((_, slots)) = self.channels.iter_mut().find(|(id, _)| id == channel) else {
            self.counts.unknown_channel += 1;
            return;
        };
        if at.is_some_and(|at| at > self.as_of) {
            self.counts.later += 1;
            return;
        }
        if slots.len() <= customer.index() {
            slots.resize(customer.index() + 1, Slot::default());
        }
        // A time that cannot be read may be the latest there is.
        let at = at.unwrap_or(Timestamp::MAX);
        let state = match answer {
            _ if at == Timestamp::MAX => State::Unreadable,
            Answer::Granted => State::Granted,
            Answer::Revoked => State::Revoked,
            Answer::Unreadable => State::Unreadable,
        };
        let slot = &mut slots[customer.index()];
        if slot.state == State::Nothing || at > slot.at {
            *slot = Slot { at, state };
        } else if at == slot.at && slot.state == State::Granted {
            slot.state = state;
        }
    }

    /// What is recorded of a customer and channel; nothing for those it never met.
    #[must_use]
    pub fn of(&self, customer: CustomerIdx, channel: ChannelIdx) -> Consent {
        let slots = self.channels.get(channel.index()).map_or(&[][..], |(_, slots)| slots);
        let Slot { at, state } = slots.get(customer.index()).copied().unwrap_or_default();
        match state {
            State::Nothing => Consent::NotRecorded,
            State::Granted => Consent::Granted(at),
            State::Revoked => Consent::Revoked(at),
            State::Unreadable => Consent::Unreadable,
        }
    }

    /// What became of the records.
    #[must_use]
    pub const fn counts(&self) -> ConsentCounts {
        self.counts
    }
}
