//! A simulated shop whose truth is known: customers, purchases, tastes, campaigns, consent, dirt.
//!
//! ```
//! use patronage_simulate::Shop;
//! use patronage_core::Window;
//!
//! let shop = Shop::new(200).days(400).seed(7).open()?;
//! let data = shop.dataset()?;
//! // What a perfect model would say of the last thirty days, as of their start.
//! let window = Window { start: shop.midnight(370), end: shop.period().end };
//! let truth = &data.truth[0];
//! let p = shop.p_order(truth, window);
//! assert!((0.0..=1.0).contains(&p));
//! // Tastes sum to one over the items.
//! let affinity = shop.affinity(truth);
//! assert!((affinity.iter().sum::<f64>() - 1.0).abs() < 1e-9);
//! # Ok::<(), patronage_simulate::Error>(())
//! ```
//!
//! Customers are drawn one by one, each from random streams of her own: any range of them can be
//! made alone, in any order and on any thread, with the same result, and a million of them pass in
//! constant memory.
//!
//! - [`Shop`]: the parameters; [`Shop::open`] checks them and draws the catalogue.
//! - [`Simulation::customers`]: customers with their orders, streamed; [`Simulation::dataset`]:
//!   everything in memory.
//! - [`Simulation::write_transactions`]: a CSV file as UCI Online Retail has it, dirt included;
//!   [`Simulation::write_consents`]: who may be contacted how.
//! - [`CustomerTruth`], and what follows from it: [`Simulation::propensity`],
//!   [`Simulation::expected_orders`], [`Simulation::affinity`], [`Simulation::campaign_effect`].
//!
//! # When not to use it
//!
//! To learn about real customers. It is made for tests that ask whether a method finds what is
//! there, and for trying things out without anyone's data.
//!
//! # Features
//!
//! None.
//!
//! # References
//!
//! - D. Schmittlein, D. Morrison, R. Colombo (1987), Counting your customers: who are they and what
//!   will they do next?
//! - P. Fader, B. Hardie, K. Lee (2005), "Counting your customers" the easy way: an alternative to
//!   the Pareto/NBD model.

mod buying;
mod campaign;
mod catalogue;
mod clock;
mod consent;
mod customer;
mod dirt;
mod error;
mod file;
mod intensity;
mod outlook;
mod rows;
mod shop;
mod simulation;
mod streams;
mod truth;
mod validate;
mod words;

pub use buying::Buying;
pub use campaign::Campaign;
pub use catalogue::{Catalogue, Item};
pub use consent::{Consent, ConsentRecord};
pub use customer::{Customer, MAX_ORDERS, Order, OrderLine, Return};
pub use dirt::{Broken, Dirt};
pub use error::{Error, ErrorKind};
pub use file::{HEADER, RowCounts, RowOrder};
pub use shop::Shop;
pub use simulation::{CHANNELS, Dataset, ReturnedLine, Simulation};
pub use truth::{Arm, CampaignTruth, CustomerTruth, Leaving};
