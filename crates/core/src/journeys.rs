//! Ordered touchpoints with an outcome.

use crate::error::{Error, ErrorKind};
use crate::index::ChannelIdx;
use crate::money::Money;
use crate::time::Timestamp;

/// Journeys: the touchpoints on the way to a conversion, or to none.
///
/// Implementors promise that the touches of a journey ascend in time, that channels lie below
/// [`n_channels`](Self::n_channels), and that a value without a conversion is zero. Outsiders may
/// implement it.
pub trait Journeys: Send + Sync {
    /// The number of journeys.
    fn n_journeys(&self) -> usize;

    /// The number of channels.
    fn n_channels(&self) -> usize;

    /// The journey at `position`.
    ///
    /// # Panics
    ///
    /// May panic when there is no such journey.
    fn journey(&self, position: usize) -> Journey<'_>;
}

macro_rules! forward {
    () => {
        fn n_journeys(&self) -> usize {
            (**self).n_journeys()
        }

        fn n_channels(&self) -> usize {
            (**self).n_channels()
        }

        fn journey(&self, position: usize) -> Journey<'_> {
            (**self).journey(position)
        }
    };
}

impl<T: Journeys + ?Sized> Journeys for &T {
    forward!();
}

impl<T: Journeys + ?Sized> Journeys for Box<T> {
    forward!();
}

impl<T: Journeys + ?Sized> Journeys for std::sync::Arc<T> {
    forward!();
}

/// One journey.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Journey<'a> {
    /// The channel of each touch, in time order.
    pub channels: &'a [ChannelIdx],
    /// When each touch was, where the data say; as long as `channels`.
    pub at: Option<&'a [Timestamp]>,
    /// What came of it.
    pub outcome: Outcome,
    /// How many journeys this one stands for: path tables count equal paths.
    pub count: u64,
}

/// What came of a journey.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// A conversion, worth so much in all the journeys counted.
    Converted(Money),
    /// No conversion yet.
    Open,
}

/// Journeys held in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct JourneyTable {
    starts: Vec<usize>,
    channels: Vec<ChannelIdx>,
    at: Option<Vec<Timestamp>>,
    outcomes: Vec<(Outcome, u64)>,
    n_channels: usize,
}

impl JourneyTable {
    /// A table of `journeys` over `n_channels` channels.
    ///
    /// # Errors
    ///
    /// When a channel is out of range, times do not ascend, or some journeys have times and others do not.
    pub fn new<'a>(
        n_channels: usize,
        journeys: impl IntoIterator<Item = Journey<'a>>,
    ) -> Result<Self, Error> {
        let mut table =
            Self { starts: vec![0], channels: vec![], at: None, outcomes: vec![], n_channels };
        let mut at: Vec<Timestamp> = Vec::new();
        for (position, journey) in journeys.into_iter().enumerate() {
            if let Some(channel) =
                journey.channels.iter().find(|channel| channel.index() >= n_channels)
            {
                let (noun, found) = ("channel", channel.index());
                return Err(ErrorKind::OutOfRange { noun, bound: n_channels, found }.into());
            }
            table.channels.extend_from_slice(journey.channels);
            if let Some(times) = journey.at {
                if !times.is_sorted() {
                    let what = "touches of a journey";
                    return Err(ErrorKind::Unordered { what, position }.into());
                }
                at.extend_from_slice(times);
            }
            if !at.is_empty() && at.len() != table.channels.len() {
                let (what, expected) = ("times of journeys", table.channels.len());
                return Err(ErrorKind::Length { what, expected, found: at.len() }.into());
            }
            table.starts.push(table.channels.len());
            table.outcomes.push((journey.outcome, journey.count));
        }
        table.at = (!at.is_empty()).then_some(at);
        Ok(table)
    }
}

impl Journeys for JourneyTable {
    fn n_journeys(&self) -> usize {
        self.outcomes.len()
    }

    fn n_channels(&self) -> usize {
        self.n_channels
    }

    fn journey(&self, position: usize) -> Journey<'_> {
        let range = self.starts[position]..self.starts[position + 1];
        let (outcome, count) = self.outcomes[position];
        Journey {
            channels: &self.channels[range.clone()],
            at: self.at.as_ref().map(|at| &at[range]),
            outcome,
            count,
        }
    }
}
