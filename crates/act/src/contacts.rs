//! What customers were given before.

use std::collections::HashMap;

use patronage_core::{ActionIdx, CustomerIdx};

/// How often each customer was given each action before the moment of decision.
///
/// It counts towards the cap of an action, and an action given before meets what others require.
/// Memory is about 24 bytes a customer and action met.
#[derive(Clone, Debug, Default)]
pub struct ContactHistory(HashMap<(CustomerIdx, ActionIdx), u32>);

impl ContactHistory {
    /// Nobody was given anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes note that the customer was given the action once more.
    pub fn record(&mut self, customer: CustomerIdx, action: ActionIdx) {
        let times = self.0.entry((customer, action)).or_default();
        *times = times.saturating_add(1);
    }

    /// How often the customer was given the action.
    #[must_use]
    pub fn times(&self, customer: CustomerIdx, action: ActionIdx) -> u32 {
        if self.0.is_empty() {
            return 0;
        }
        self.0.get(&(customer, action)).copied().unwrap_or(0)
    }
}
