//! Eligibility by rule, date, consent and cap.

use std::fmt::Write as _;

use ndarray::ArrayView2;
use patronage_core::{
    ActionIdx, Calendar, CustomerIdx, Date, Eligibility, Explained, Features, UtcOffset, Verdict,
    row_slice,
};

use crate::catalogue::{Action, Catalogue, Needs};
use crate::consent::{Consent, Consents};
use crate::contacts::ContactHistory;
use crate::error::Error;
use crate::offers::{Offered, Offers};

/// Whether a customer may be given an action: its rule, its dates, consent where the channel needs
/// it, its cap, and whether there is anything to offer.
///
/// Whatever cannot be read or is not recorded says no. The reason of a no lists every clause that
/// says no, not just the first. Without [`consents`](Self::consents) nothing is recorded, so every
/// channel that needs consent says no.
///
/// A verdict costs O(parts of the rule) and allocates nothing.
///
/// ```
/// use ndarray::array;
/// use patronage_act::{Catalogue, RuleColumns, RuleEligibility};
/// use patronage_core::{
///     ActionIdx, Column, CustomerIdx, Date, Eligibility, FeatureTable, Schema,
/// };
///
/// let schema = Schema::new([Column::nullable("recency_days")])?;
/// let text = r#"
/// channel = [{ id = "email", needs_consent = true }]
/// [[action]]
/// id = "win-back"
/// channel = "email"
/// cost = 0.05
/// margin = 0.3
/// offer = { service = "win-back letter" }
/// eligible = "recency_days > 60"
/// "#;
/// let catalogue = Catalogue::parse(text, &RuleColumns::new(schema.clone()))?;
/// let customers = FeatureTable::new(schema, array![[12.0]])?;
/// let eligibility = RuleEligibility::new(&catalogue, &customers, Date::new(2011, 12, 10)?)?;
/// let answer = eligibility.eligibility(CustomerIdx::new(0), ActionIdx::new(0));
/// assert!(!answer.value.is_eligible());
/// assert_eq!(
///     answer.reason,
///     "no: `recency_days > 60` is not met (recency_days is 12); \
///      no consent to email is recorded"
/// );
/// # Ok::<(), patronage_act::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RuleEligibility<'a> {
    catalogue: &'a Catalogue,
    rows: ArrayView2<'a, f64>,
    as_of: Date,
    offset: UtcOffset,
    consents: Option<&'a Consents>,
    contacts: Option<&'a ContactHistory>,
    offers: Option<&'a Offers>,
}

impl<'a> RuleEligibility<'a> {
    /// Eligibility of the customers whose rows are `customers`, in the order of `CustomerIdx`, on the day `as_of`.
    ///
    /// # Errors
    ///
    /// When the rows are not of the schema the rules were read over.
    pub fn new<F: Features + ?Sized>(
        catalogue: &'a Catalogue,
        customers: &'a F,
        as_of: Date,
    ) -> Result<Self, Error> {
        catalogue.columns().schema().check(customers.schema())?;
        let offset = UtcOffset::UTC;
        let rows = customers.values();
        Ok(Self { catalogue, rows, as_of, offset, consents: None, contacts: None, offers: None })
    }

    /// The consents recorded; by default none.
    #[must_use]
    pub const fn consents(mut self, consents: &'a Consents) -> Self {
        self.consents = Some(consents);
        self
    }

    /// What customers were given before, which counts towards caps; by default nothing.
    #[must_use]
    pub const fn contacts(mut self, contacts: &'a ContactHistory) -> Self {
        self.contacts = Some(contacts);
        self
    }

    /// What actions offer, so that an action with nothing to offer a customer is not given to her; by default that is not asked.
    #[must_use]
    pub const fn offers(mut self, offers: &'a Offers) -> Self {
        self.offers = Some(offers);
        self
    }

    /// The time zone in which reasons write the day of a consent; by default UTC.
    #[must_use]
    pub const fn offset(mut self, offset: UtcOffset) -> Self {
        self.offset = offset;
        self
    }

    fn rule_is_met(&self, customer: CustomerIdx, action: &Action) -> bool {
        action.rule().truth(row_slice(self.rows.row(customer.index()), &mut Vec::new())).is_met()
    }

    fn is_live(&self, action: &Action) -> bool {
        action.valid_from().is_none_or(|from| from <= self.as_of)
            && action.valid_until().is_none_or(|until| self.as_of <= until)
    }

    /// What is recorded, where the channel needs consent.
    fn consent(&self, customer: CustomerIdx, action: &Action) -> Option<Consent> {
        match self.catalogue.channel(action.channel()).needs() {
            Needs::Nothing => None,
            Needs::Consent => {
                let of = |consents: &Consents| consents.of(customer, action.channel());
                Some(self.consents.map_or(Consent::NotRecorded, of))
            }
        }
    }

    fn has_consent(&self, customer: CustomerIdx, action: &Action) -> bool {
        matches!(self.consent(customer, action), None | Some(Consent::Granted(_)))
    }

    fn times_given(&self, customer: CustomerIdx, index: ActionIdx) -> u32 {
        self.contacts.map_or(0, |contacts| contacts.times(customer, index))
    }

    fn has_offer(&self, customer: CustomerIdx, index: ActionIdx) -> bool {
        self.offers.is_none_or(|offers| offers.offered(customer, index) != Offered::Nothing)
    }

    /// Everything that says no, in words.
    fn objections(&self, customer: CustomerIdx, index: ActionIdx) -> Vec<String> {
        let action = self.catalogue.action(index);
        let mut no = Vec::new();
        let mut buffer = Vec::new();
        let row = row_slice(self.rows.row(customer.index()), &mut buffer);
        no.extend(action.rule().objections(row));
        if let Some(from) = action.valid_from().filter(|&from| self.as_of < from) {
            no.push(format!("valid from {from} only"));
        }
        if let Some(until) = action.valid_until().filter(|&until| self.as_of > until) {
            no.push(format!("valid until {until} only"));
        }
        let channel = self.catalogue.channel(action.channel()).id();
        match self.consent(customer, action) {
            None | Some(Consent::Granted(_)) => {}
            Some(Consent::Revoked(at)) => {
                no.push(format!("consent to {channel} was refused on {}", self.offset.date(at)));
            }
            Some(Consent::Unreadable) => {
                no.push(format!("the record of her consent to {channel} cannot be read"));
            }
            Some(Consent::NotRecorded) => no.push(format!("no consent to {channel} is recorded")),
        }
        let times = self.times_given(customer, index);
        if times >= action.cap() {
            no.push(format!("given {times} times before, at most {} allowed", action.cap()));
        }
        if let Some(offers) = self.offers.filter(|_| !self.has_offer(customer, index)) {
            no.push(format!("it offers {}", offers.describe(customer, index)));
        }
        no
    }
}

impl Eligibility for RuleEligibility<'_> {
    fn eligibility(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Verdict> {
        let no = self.objections(customer, action);
        if !no.is_empty() {
            return Explained::new(Verdict::Ineligible, format!("no: {}", no.join("; ")));
        }
        let mut yes = String::from("yes: its rule is met");
        let action = self.catalogue.action(action);
        if let Some(Consent::Granted(at)) = self.consent(customer, action) {
            let channel = self.catalogue.channel(action.channel()).id();
            let _ = write!(yes, ", consent to {channel} given on {}", self.offset.date(at));
        }
        Explained::new(Verdict::Eligible, yes)
    }

    fn verdict(&self, customer: CustomerIdx, action: ActionIdx) -> Verdict {
        match self.has_consent(customer, self.catalogue.action(action)) {
            true => self.verdict_with_consent(customer, action),
            false => Verdict::Ineligible,
        }
    }

    fn verdict_with_consent(&self, customer: CustomerIdx, index: ActionIdx) -> Verdict {
        let action = self.catalogue.action(index);
        let yes = self.is_live(action)
            && self.has_offer(customer, index)
            && self.times_given(customer, index) < action.cap()
            && self.rule_is_met(customer, action);
        if yes { Verdict::Eligible } else { Verdict::Ineligible }
    }
}
