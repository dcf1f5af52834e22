//! Several recommenders as one.

mod blended;
mod normalise;
mod search;

pub(crate) use blended::Member;
pub use blended::{Blend, BlendModel};
pub use normalise::Normalise;
pub use search::{BlendSearch, BlendTrial, BlendTrials};
