//! What comes next into the basket.

mod baskets;
mod fisher;
mod frequency;
mod itemsets;
mod rule_set;
mod rules;
mod tifu_knn;
mod tifu_model;
mod transitions;

pub use frequency::{PersonalFrequency, PersonalFrequencyModel};
pub use itemsets::{AssociationRules, Itemset};
pub use rule_set::RuleSet;
pub use rules::Rule;
pub use tifu_knn::TifuKnn;
pub use tifu_model::TifuKnnModel;
pub use transitions::{Transitions, TransitionsModel};
