//! What journeys promise.

use patronage_core::{Journeys, Money, Outcome};

/// Checks what [`Journeys`] promise: touches that ascend in time with one time a touch where times
/// are given, channels below `n_channels`, conversions worth at least 0, counts of at least 1, and
/// the same journeys at every call.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_journeys(journeys: &dyn Journeys) {
    let n_channels = journeys.n_channels();
    for position in 0..journeys.n_journeys() {
        let journey = journeys.journey(position);
        for channel in journey.channels {
            assert!(
                channel.index() < n_channels,
                "journey {position}: {channel} lies below n_channels = {n_channels}"
            );
        }
        if let Some(at) = journey.at {
            assert_eq!(at.len(), journey.channels.len(), "journey {position}: one time a touch");
            assert!(at.is_sorted(), "journey {position}: touches ascend in time");
        }
        if let Outcome::Converted(value) = journey.outcome {
            assert!(value >= Money::ZERO, "journey {position}: a conversion is worth at least 0");
        }
        assert!(journey.count > 0, "journey {position}: stands for at least one journey");
        assert_eq!(
            journey,
            journeys.journey(position),
            "journey {position}: the same at every call"
        );
    }
}
