//! What comes next into the basket.

mod baskets;
mod fisher;
mod frequency;
mod itemsets;
mod rules;
mod tifu_knn;
mod transitions;

pub use frequency::{PersonalFrequency, PersonalFrequencyModel};
pub use itemsets::{AssociationRules, Itemset, RuleSet};
pub use rules::Rule;
pub use tifu_knn::{TifuKnn, TifuKnnModel};
pub use transitions::{Transitions, TransitionsModel};
