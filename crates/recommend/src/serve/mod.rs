//! What may be answered, and how much of each kind.

mod assortment;
mod quota;

pub use assortment::Assortment;
pub(crate) use assortment::check_numbers;
