//! Who are my customers: key figures, cohorts, deciles, and a self-contained dashboard page.
//!
//! ```
//! use patronage_core::{CustomerIdx, Date, Line, Money, OrderIdx, PurchaseTable, Timestamp, UtcOffset};
//! use patronage_explore::{Dashboard, Explore, Question, Section, Tile};
//!
//! let mut log = PurchaseTable::builder();
//! for (customer, order, day) in [(0, 0, 3), (0, 1, 40), (1, 2, 5)] {
//!     let (at, order) = (Timestamp::from_seconds(day * 86_400), OrderIdx::new(order));
//!     let line = Line { at, order, item: None, quantity: 1.0, amount: Money::from_units(30) };
//!     log.push(CustomerIdx::new(customer), line);
//! }
//! let log = log.build()?;
//!
//! let explore = Explore::new(&log, &UtcOffset::UTC, Timestamp::from_seconds(59 * 86_400));
//! let kpis = explore.kpis()?;
//! assert_eq!(kpis.gross_revenue, Money::from_units(90));
//! assert_eq!(explore.cohorts()?.customers(0, 1), Some(1)); // of two customers one came back
//!
//! let page = Dashboard::new("The corner shop", Date::new(1970, 3, 1)?, "EUR".parse()?)
//!     .section(Section::new(Question::Who).tiles([Tile::count("Customers", kpis.n_customers)]));
//! assert!(page.to_html().ends_with("</html>\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # When not to use it
//!
//! It describes what happened. For scores and named segments take `patronage-segment`, for what
//! customers will do `patronage-classify`. The page is a report, not an application: it neither
//! filters nor drills down, and holds every number it shows, so that pictures of many thousand
//! points make heavy pages.
//!
//! # Features
//!
//! - `serde`: serialises the figures, for another front end. Off by default.
//!
//! # References
//!
//! - E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference.
//! - M. O. Lorenz (1905), Methods of measuring the concentration of wealth.
//! - C. Gini (1914), Sulla misura della concentrazione e della variabilità dei caratteri.

mod cohorts;
mod concentration;
mod dashboard;
mod error;
mod escape;
mod estimate;
mod explore;
mod figure;
mod format;
mod items;
mod kpis;
mod levels;
mod month;
mod months;
mod page;
mod scan;
mod section;
mod show;
mod svg;
mod table;
mod tile;
mod words;

pub use cohorts::Cohorts;
pub use concentration::{Concentration, Decile};
pub use dashboard::Dashboard;
pub use error::{Error, ErrorKind};
pub use estimate::{CONFIDENCE, Estimate, Interval, wilson};
pub use explore::Explore;
pub use figure::{Axis, Figure, Orientation, Series, Unit, Width};
pub use items::{ItemRow, TopBy, TopItems};
pub use kpis::Kpis;
pub use levels::{LevelRow, Levels};
pub use month::{Month, Observed};
pub use months::{MonthRow, Months};
pub use section::{Question, Section};
pub use table::{Table, TableColumn};
pub use tile::Tile;
pub use words::Words;
