//! One row: what it says, and why it cannot be a purchase.

use patronage_core::{Money, Timestamp};

use crate::mapping::Valued;
use crate::mapping_file::ZeroAmount;
use crate::moment::{self, Moment};
use crate::number::Amount;
use crate::plan::Plan;
use crate::reason::{Reason, Reasons};
use crate::split::Field;

/// The last text read and what it was read as: most rows repeat the one before.
#[derive(Debug)]
pub(crate) struct Memo<T> {
    text: Vec<u8>,
    value: Option<T>,
}

impl<T: Copy> Memo<T> {
    pub(crate) const fn new() -> Self {
        Self { text: Vec::new(), value: None }
    }

    #[inline]
    pub(crate) fn recall(&mut self, text: &[u8], read: impl FnOnce() -> T) -> T {
        match self.value {
            Some(value) if self.text == text => value,
            _ => {
                let value = read();
                self.text.clear();
                self.text.extend_from_slice(text);
                self.value = Some(value);
                value
            }
        }
    }
}

/// A row, as far as it can be read.
pub(crate) struct Row<'r> {
    pub(crate) reasons: Reasons,
    pub(crate) customer: &'r [u8],
    pub(crate) order: Option<&'r [u8]>,
    pub(crate) item: Option<&'r [u8]>,
    pub(crate) at: Option<Timestamp>,
    pub(crate) quantity: Option<f64>,
    pub(crate) amount: Option<Money>,
    pub(crate) rounded: bool,
}

/// Reads rows, one after the other; remembers the last date.
pub(crate) struct RowReader<'p> {
    plan: &'p Plan<'p>,
    /// The reasons that make a row a return, when no other applies.
    returnable: Reasons,
    key: Vec<u8>,
    moment: Memo<Moment>,
}

impl<'p> RowReader<'p> {
    pub(crate) fn new(plan: &'p Plan<'p>) -> Self {
        let rules = &plan.mapping.returns;
        let returnable = [
            (Reason::Cancelled, !rules.order_prefix.is_empty()),
            (Reason::QuantityNotPositive, rules.negative_quantity),
            (Reason::AmountNotPositive, rules.negative_amount),
        ];
        let returnable =
            returnable.into_iter().filter(|&(_, is)| is).map(|(reason, _)| reason).collect();
        Self { plan, returnable, key: Vec::new(), moment: Memo::new() }
    }

    /// Reads what a row says, and why it cannot be a purchase.
    #[inline]
    pub(crate) fn read<'r>(&mut self, base: &'r [u8], fields: &[Field]) -> Row<'r> {
        let plan = self.plan;
        let mapping = plan.mapping;
        let text = |column: usize| fields[column].of(base).trim_ascii();
        let missing = |text: &[u8]| {
            text.is_empty() || mapping.missing.iter().any(|name| name.as_bytes() == text)
        };
        let mut reasons = Reasons::NONE;
        let customer = mapping.rules.customer_ids.clean(text(plan.customer));
        if missing(customer) {
            reasons.add(Reason::NoCustomer);
        }
        let order = plan.order.map(text);
        if let Some(order) = order {
            let prefix = mapping.returns.order_prefix.as_bytes();
            if missing(order) {
                reasons.add(Reason::NoOrder);
            } else if !prefix.is_empty() && order.starts_with(prefix) {
                reasons.add(Reason::Cancelled);
            }
        }
        let item = plan.item.map(text);
        if item.is_some_and(missing) {
            reasons.add(Reason::NoItem);
        }
        let quantity = match plan.quantity {
            None => Some(1.0),
            Some(column) => mapping.numbers.quantity(text(column)),
        };
        match quantity {
            None => reasons.add(Reason::QuantityUnreadable),
            Some(quantity) if quantity <= 0.0 => reasons.add(Reason::QuantityNotPositive),
            Some(_) => {}
        }
        let (column, unreadable, not_positive) = match plan.value {
            Valued::ByPrice(column) => (column, Reason::PriceUnreadable, Reason::PriceNotPositive),
            Valued::ByAmount(column) => {
                (column, Reason::AmountUnreadable, Reason::AmountNotPositive)
            }
        };
        let value = mapping.numbers.amount(text(column));
        match value {
            Amount::Unreadable => reasons.add(unreadable),
            Amount::OutOfRange => reasons.add(Reason::AmountOutOfRange),
            Amount::Exact(money) | Amount::Rounded(money) => {
                let zero = mapping.rules.zero_amount == ZeroAmount::SetAside;
                if money < Money::ZERO || (zero && money == Money::ZERO) {
                    reasons.add(not_positive);
                }
            }
        }
        let amount = match (plan.value, value.money(), quantity) {
            (Valued::ByPrice(_), Some(price), Some(quantity)) => {
                let amount = price.times(quantity);
                if amount.is_none() {
                    reasons.add(Reason::AmountOutOfRange);
                }
                amount
            }
            (Valued::ByPrice(_), ..) => None,
            (Valued::ByAmount(_), amount, _) => amount,
        };
        let at = self.at(text(plan.time), plan.time_of_day.map(text));
        let at = match at {
            Moment::At(at) => {
                if plan.now.is_some_and(|now| at > now) {
                    reasons.add(Reason::InFuture);
                }
                if plan.as_of.is_some_and(|as_of| at >= as_of) {
                    reasons.add(Reason::AfterAsOf);
                }
                Some(at)
            }
            Moment::Unreadable => {
                reasons.add(Reason::DateUnreadable);
                None
            }
            Moment::Ambiguous => {
                reasons.add(Reason::DateAmbiguous);
                None
            }
        };
        let rounded = matches!(value, Amount::Rounded(_));
        Row { reasons, customer, order, item, at, quantity, amount, rounded }
    }

    #[inline]
    fn at(&mut self, day: &[u8], time_of_day: Option<&[u8]>) -> Moment {
        let mapping = self.plan.mapping;
        let read = |text: &[u8]| moment::read(text, &mapping.formats, &mapping.zone);
        match time_of_day {
            None => self.moment.recall(day, || read(day)),
            Some(time) => {
                self.key.clear();
                self.key.extend_from_slice(day);
                self.key.push(b' ');
                self.key.extend_from_slice(time);
                let key = &self.key;
                self.moment.recall(key, || read(key))
            }
        }
    }

    /// Whether a row that cannot be a purchase is a return, and nothing else is wrong with it.
    pub(crate) fn is_return(&self, row: &Row<'_>) -> bool {
        let zero_quantity =
            row.reasons.contains(Reason::QuantityNotPositive) && row.quantity == Some(0.0);
        let zero_amount =
            row.reasons.contains(Reason::AmountNotPositive) && row.amount == Some(Money::ZERO);
        row.reasons.within(self.returnable) && !zero_quantity && !zero_amount
    }
}
