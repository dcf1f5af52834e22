//! The catalogue of actions.

mod action;
mod fields;
mod graph;
mod read;
mod source;

pub use action::{Action, Margin, Offer};

use std::fmt;
use std::sync::Arc;

use patronage_core::{ActionIdx, ChannelIdx, Currency};

use crate::error::{Error, ErrorKind};
use crate::rule::RuleColumns;
use crate::suggest::nearest;

/// The greatest number of plans a customer that a catalogue may admit; see [`Catalogue::actions_per_customer`].
pub const MAX_PLANS: usize = 65_536;

/// A catalogue of actions, read from TOML and checked.
///
/// ```toml
/// currency = "GBP"             # optional: three capital letters
///
/// [limits]
/// actions_per_customer = 1     # default 1
///
/// [[channel]]
/// id = "email"
/// needs_consent = true
///
/// [[action]]
/// id = "win-back"              # distinct
/// name = "Win-back e-mail"     # optional: the id
/// channel = "email"            # one of the channels
/// cost = 0.05                  # money, at least 0, at most four decimals
/// margin = 0.35                # a rate in 0 to 1, or { rate = 0.35 }, or { amount = 4.50 }
/// offer = { category = "best" }# { item = ID }, { category = ID } or { service = TEXT }
/// eligible = 'recency_days > 60 and segment = "At Risk"'
/// valid_from = 2011-12-01      # optional: first day
/// valid_until = 2011-12-31     # optional: last day, included
/// requires = []                # optional: ids of actions given before or in the same plan
/// excludes = ["other"]         # optional: ids of actions never in the same plan
/// cap = 1                      # optional: how often one customer may be given it at all
/// weight = 1.0                 # optional: multiplies net in arbitration, above 0, at most 1000000
/// response = 0.2               # optional, services only: the share of likely buyers who respond
/// ```
///
/// Strict: an unknown key, a wrong type, a misspelt column, an unknown id are errors, each at its
/// line and column, with what was expected and what was found. There is no default for
/// `needs_consent` and for `eligible`: who may be contacted is said, never guessed
/// (`eligible = "true"` is everybody).
///
/// ```
/// use patronage_act::{Catalogue, RuleColumns};
///
/// let columns = RuleColumns::standard(["Loyal", "Lost"], ["Norway"])?;
/// let text = r#"
/// [[channel]]
/// id = "till"
/// needs_consent = false
///
/// [[action]]
/// id = "voucher"
/// channel = "till"
/// cost = 0.10
/// margin = 0.3
/// offer = { service = "voucher" }
/// eligible = "recency_day > 60"
/// "#;
/// let error = Catalogue::parse(text, &columns).unwrap_err().to_string();
/// assert!(error.starts_with("line 12, column 13: expected one of the columns"), "{error}");
/// assert!(error.ends_with(r#"found "recency_day"; did you mean "recency_days"?"#), "{error}");
///
/// let catalogue = Catalogue::parse(&text.replace("recency_day ", "recency_days "), &columns)?;
/// assert_eq!(catalogue.actions()[0].cost().to_string(), "0.10");
/// # Ok::<(), patronage_act::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    currency: Option<Currency>,
    actions_per_customer: usize,
    channels: Vec<Channel>,
    actions: Vec<Action>,
    columns: Arc<RuleColumns>,
    warnings: Vec<CatalogueWarning>,
}

impl Catalogue {
    /// Reads a catalogue whose rules may use `columns`.
    ///
    /// Any text whatever gives a catalogue or an error.
    ///
    /// # Errors
    ///
    /// At the first fault, with its line and column.
    pub fn parse(text: &str, columns: &RuleColumns) -> Result<Self, Error> {
        read::read(text, &Arc::new(columns.clone()))
    }

    /// The currency of its amounts, where it names one.
    #[must_use]
    pub const fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// How many actions one customer may be given in one plan, at least 1.
    #[must_use]
    pub const fn actions_per_customer(&self) -> usize {
        self.actions_per_customer
    }

    /// The channels, in the order of the file.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// The actions, in the order of the file.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The action at `action`.
    ///
    /// # Panics
    ///
    /// When there is no such action.
    #[must_use]
    pub fn action(&self, action: ActionIdx) -> &Action {
        &self.actions[action.index()]
    }

    /// The channel at `channel`.
    ///
    /// # Panics
    ///
    /// When there is no such channel.
    #[must_use]
    pub fn channel(&self, channel: ChannelIdx) -> &Channel {
        &self.channels[channel.index()]
    }

    /// The action of that id.
    ///
    /// # Errors
    ///
    /// When there is none; the ids there are are listed.
    pub fn find_action(&self, id: &str) -> Result<ActionIdx, Error> {
        find("action", id, &self.actions, Action::id).map(ActionIdx::from_usize)
    }

    /// The channel of that id.
    ///
    /// # Errors
    ///
    /// When there is none; the ids there are are listed.
    pub fn find_channel(&self, id: &str) -> Result<ChannelIdx, Error> {
        find("channel", id, &self.channels, Channel::id).map(ChannelIdx::from_usize)
    }

    /// The columns its rules may use.
    #[must_use]
    pub fn columns(&self) -> &RuleColumns {
        &self.columns
    }

    /// What may be a mistake and is no error: levels of open dictionaries that no customer has today.
    #[must_use]
    pub fn warnings(&self) -> &[CatalogueWarning] {
        &self.warnings
    }
}

fn find<T>(noun: &'static str, id: &str, all: &[T], of: fn(&T) -> &str) -> Result<usize, Error> {
    all.iter().position(|one| of(one) == id).ok_or_else(|| {
        let known = all.iter().map(|one| of(one).to_owned()).collect();
        let hint = nearest(id, all.iter().map(of));
        ErrorKind::NoSuchId { noun, found: id.to_owned(), known, hint }.into()
    })
}

/// A channel of a [`Catalogue`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Channel {
    id: String,
    needs: Needs,
}

/// What a channel needs before a customer may be met there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Needs {
    /// Her recorded consent, as e-mail and telephone do.
    Consent,
    /// Nothing, as where she comes herself: on the site, at the till.
    Nothing,
}

impl Channel {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it needs.
    #[must_use]
    pub const fn needs(&self) -> Needs {
        self.needs
    }
}

/// What may be a mistake in a catalogue: a level of an open dictionary that no customer has today.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CatalogueWarning {
    /// The line, from 1.
    pub line: usize,
    /// The action whose rule names it.
    pub action: String,
    /// The column.
    pub column: String,
    /// The level.
    pub level: String,
}

impl fmt::Display for CatalogueWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, action, column, level } = self;
        write!(f, "line {line}: no customer has the {column} {level:?} that {action:?} asks for")
    }
}
