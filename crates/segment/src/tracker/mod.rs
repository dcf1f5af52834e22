//! Customers followed through their segments as they buy and as time passes.

mod checks;
mod chronicle;
mod clock;
mod correction;
mod cursor;
mod late;
mod memberships;
mod merge;
mod moves;
mod observe;
mod orders;
mod pages;
mod pass;
mod queue;
mod records;
#[cfg(feature = "serde")]
mod saved;
mod settings;
mod state;
mod steps;
mod view;

pub use self::chronicle::{MembershipRow, Stay};
pub use self::correction::{Correction, Revision};
pub use self::memberships::Memberships;
pub use self::moves::{Cause, Measures, SegmentMove};
pub use self::observe::{Observed, SegmentTracker};
pub use self::settings::{Horizon, Tracking};
pub use self::state::TrackerState;
pub use self::view::{CustomerState, NextMove};
