//! TOML to a catalogue.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use patronage_core::{ActionIdx, ChannelIdx, Probability};
use toml::de::{DeTable, DeValue};

use super::fields::{Fields, Found, number};
use super::graph;
use super::source::Source;
use super::{Action, Catalogue, CatalogueWarning, Channel, MAX_PLANS, Margin, Needs, Offer};
use crate::error::{Error, Problem};
use crate::rule::{Rule, RuleColumns};
use crate::suggest::nearest;

const TOP: &[&str] = &["currency", "limits", "channel", "action"];
const LIMITS: &[&str] = &["actions_per_customer"];
const CHANNEL: &[&str] = &["id", "needs_consent"];
const ACTION: &[&str] = &[
    "id",
    "name",
    "channel",
    "cost",
    "margin",
    "offer",
    "eligible",
    "valid_from",
    "valid_until",
    "requires",
    "excludes",
    "cap",
    "weight",
    "response",
];
const MARGIN: &[&str] = &["rate", "amount"];
const OFFER: &[&str] = &["item", "category", "service"];

/// The id that stands for what is recommended most to the customer.
const BEST: &str = "best";

pub(super) fn read(text: &str, columns: &Arc<RuleColumns>) -> Result<Catalogue, Error> {
    let source = Source(text);
    let document = DeTable::parse(text).map_err(|error| {
        let found: Vec<&str> = error.message().split_whitespace().collect();
        let byte = error.span().map_or(0, |span| span.start);
        source.error(byte, Problem::Toml { found: found.join(" ") })
    })?;
    let top = Fields::new(source, "catalogue", 0, document.get_ref(), TOP)?;
    let currency = match top.optional_text("currency")? {
        Some(found) => Some(found.value.parse().map_err(|_| {
            top.wrong("currency", found.span, "three capital letters such as \"GBP\"")
        })?),
        None => None,
    };
    let limits = top.table("limits", "[limits]", LIMITS)?;
    let limit = limits.map(|limits| limits.count("actions_per_customer")).transpose()?.flatten();
    let channels = channels(&top)?;
    let mut warnings = Vec::new();
    let tables = top.tables("action", "[[action]]", ACTION)?;
    if tables.is_empty() {
        return Err(source.error(text.len(), Problem::NoAction));
    }
    let mut ids = Ids::new("action");
    let mut actions = Vec::with_capacity(tables.len());
    for table in &tables {
        ids.insert(source, &table.id()?)?;
        actions.push(action(table, &channels, columns, &mut warnings)?);
    }
    for (position, table) in tables.iter().enumerate() {
        let own = ActionIdx::from_usize(position);
        actions[position].requires = others(table, "requires", own, &ids)?;
        for other in others(table, "excludes", own, &ids)? {
            actions[position].excludes.push(other);
            actions[other.index()].excludes.push(own);
        }
    }
    for action in &mut actions {
        action.excludes.sort_unstable();
        action.excludes.dedup();
    }
    let actions_per_customer = limit.as_ref().map_or(1, |limit| limit.value as usize);
    if graph::n_plans(actions.len(), actions_per_customer) > MAX_PLANS {
        let place = limit.map_or(0, |limit| limit.span.start);
        let (most, n_actions) = (MAX_PLANS, actions.len());
        let problem = Problem::TooManyPlans { most, limit: actions_per_customer, n_actions };
        return Err(source.error(place, problem));
    }
    graph::check(&actions).map_err(|(action, problem)| {
        let table = &tables[action.index()];
        let place = table.raw("requires").map_or(table.start(), |value| value.span().start);
        source.error(place, problem)
    })?;
    let columns = columns.clone();
    Ok(Catalogue { currency, actions_per_customer, channels, actions, columns, warnings })
}

fn channels(top: &Fields<'_, '_>) -> Result<Vec<Channel>, Error> {
    let mut ids = Ids::new("channel");
    let tables = top.tables("channel", "[[channel]]", CHANNEL)?;
    let channels = tables.iter().map(|table| {
        let id = table.id()?;
        ids.insert(table.source, &id)?;
        let needs = if table.flag("needs_consent")? { Needs::Consent } else { Needs::Nothing };
        Ok(Channel { id: id.value.to_owned(), needs })
    });
    channels.collect()
}

fn action(
    table: &Fields<'_, '_>,
    channels: &[Channel],
    columns: &Arc<RuleColumns>,
    warnings: &mut Vec<CatalogueWarning>,
) -> Result<Action, Error> {
    let source = table.source;
    let id = table.id()?.value.to_owned();
    let name =
        table.optional_text("name")?.map_or_else(|| id.clone(), |name| name.value.to_owned());
    let channel = table.text("channel")?;
    let channel = match channels.iter().position(|known| known.id == channel.value) {
        Some(position) => ChannelIdx::from_usize(position),
        None => {
            let known = channels.iter().map(|channel| channel.id.clone()).collect();
            return Err(unknown(source, "channel", "channel", &channel, known));
        }
    };
    let (valid_from, valid_until) = (table.date("valid_from")?, table.date("valid_until")?);
    if let (Some(from), Some(until)) = (&valid_from, &valid_until)
        && until.value < from.value
    {
        let problem = Problem::EndsBeforeStart { from: from.value, until: until.value };
        return Err(source.error(until.span.start, problem));
    }
    let offer = offer(table)?;
    let rule = rule(table, &id, columns, warnings)?;
    let response = table.number("response", "a share from 0 to 1", |v| (0.0..=1.0).contains(&v))?;
    if response.is_some() && !matches!(offer, Offer::Service(_)) {
        let span = table.raw("response")?.span();
        let expected = "no response, since the chance of an item or category is computed";
        return Err(table.wrong("response", span, expected));
    }
    let weight = table.number("weight", "a number above 0 and at most 1000000", |weight| {
        weight > 0.0 && weight <= 1e6
    })?;
    Ok(Action {
        name,
        channel,
        cost: table.money("cost")?,
        margin: margin(table)?,
        offer,
        rule,
        valid_from: valid_from.map(|date| date.value),
        valid_until: valid_until.map(|date| date.value),
        requires: Vec::new(),
        excludes: Vec::new(),
        cap: table.count("cap")?.map_or(1, |cap| cap.value),
        weight: weight.unwrap_or(1.0),
        response: Probability::new(response.unwrap_or(1.0))?,
        id,
    })
}

fn rule(
    table: &Fields<'_, '_>,
    id: &str,
    columns: &Arc<RuleColumns>,
    warnings: &mut Vec<CatalogueWarning>,
) -> Result<Rule, Error> {
    let source = table.source;
    let text = table.text("eligible")?;
    let place = |byte: usize| source.byte_in_string(&text.span, text.value, byte);
    let rule = Rule::read(text.value, columns)
        .map_err(|(byte, problem)| source.error(place(byte), problem))?;
    warnings.extend(rule.absent().map(|(byte, column, level)| CatalogueWarning {
        line: source.line(place(byte)),
        action: id.to_owned(),
        column: column.to_owned(),
        level: level.to_owned(),
    }));
    Ok(rule)
}

fn margin(table: &Fields<'_, '_>) -> Result<Margin, Error> {
    const EXPECTED: &str = "a rate from 0 to 1, { rate = 0.35 } or { amount = 4.50 }";
    let value = table.raw("margin")?;
    let in_range = |rate: f64| (0.0..=1.0).contains(&rate);
    if let Some(rate) = number(value.get_ref()).filter(|&rate| in_range(rate)) {
        return Ok(Margin::Rate(rate));
    }
    if !value.get_ref().is_table() {
        return Err(table.wrong("margin", value.span(), EXPECTED));
    }
    let inner = table.table("margin", "margin", MARGIN)?;
    let Some(inner) = inner.filter(|inner| inner.has("rate") != inner.has("amount")) else {
        return Err(table.wrong("margin", value.span(), EXPECTED));
    };
    Ok(match inner.number("rate", "a rate from 0 to 1", in_range)? {
        Some(rate) => Margin::Rate(rate),
        None => Margin::Amount(inner.money("amount")?),
    })
}

fn offer(table: &Fields<'_, '_>) -> Result<Offer, Error> {
    const EXPECTED: &str = "one of { item = … }, { category = … } and { service = … }";
    let span = table.raw("offer")?.span();
    if !matches!(table.raw("offer")?.get_ref(), DeValue::Table(inner) if inner.len() <= 1) {
        return Err(table.wrong("offer", span, EXPECTED));
    }
    let Some(inner) = table.table("offer", "offer", OFFER)? else {
        return Err(table.wrong("offer", span, EXPECTED));
    };
    let text = |key| inner.optional_text(key).map(|found| found.map(|found| found.value));
    if let Some(item) = text("item")? {
        return Ok(if item == BEST { Offer::BestItem } else { Offer::Item(item.to_owned()) });
    }
    if let Some(name) = text("category")? {
        return Ok(if name == BEST {
            Offer::BestCategory
        } else {
            Offer::Category(name.to_owned())
        });
    }
    match text("service")? {
        Some(service) => Ok(Offer::Service(service.to_owned())),
        None => Err(table.wrong("offer", span, EXPECTED)),
    }
}

/// The actions listed under `key`, ascending and distinct.
fn others(
    table: &Fields<'_, '_>,
    key: &'static str,
    own: ActionIdx,
    ids: &Ids,
) -> Result<Vec<ActionIdx>, Error> {
    let mut found = Vec::new();
    for id in table.texts(key)? {
        match ids.positions.get(id.value) {
            Some(&(position, _)) if position == own.index() => {
                let problem = Problem::Itself { key, id: id.value.to_owned() };
                return Err(table.source.error(id.span.start, problem));
            }
            Some(&(position, _)) => found.push(ActionIdx::from_usize(position)),
            None => return Err(unknown(table.source, key, "action", &id, ids.known.clone())),
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn unknown(
    source: Source<'_>,
    key: &'static str,
    noun: &'static str,
    id: &Found<&str>,
    known: Vec<String>,
) -> Error {
    let hint = nearest(id.value, known.iter().map(String::as_str));
    let problem = Problem::UnknownId { key, noun, found: id.value.to_owned(), known, hint };
    source.error(id.span.start, problem)
}

/// Ids met so far, with their positions and lines.
struct Ids {
    noun: &'static str,
    positions: HashMap<String, (usize, Range<usize>)>,
    known: Vec<String>,
}

impl Ids {
    fn new(noun: &'static str) -> Self {
        Self { noun, positions: HashMap::new(), known: Vec::new() }
    }

    fn insert(&mut self, source: Source<'_>, id: &Found<&str>) -> Result<(), Error> {
        if let Some((_, first)) = self.positions.get(id.value) {
            let (noun, first_line) = (self.noun, source.line(first.start));
            let problem = Problem::DoubledId { noun, id: id.value.to_owned(), first_line };
            return Err(source.error(id.span.start, problem));
        }
        self.positions.insert(id.value.to_owned(), (self.known.len(), id.span.clone()));
        self.known.push(id.value.to_owned());
        Ok(())
    }
}
