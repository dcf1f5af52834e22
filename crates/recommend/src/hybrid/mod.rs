//! Several recommenders, each where it is best.

mod fallback;
mod switch;

pub use fallback::{Fallback, FallbackModel, Filled};
pub use switch::{Switch, SwitchModel};
