//! What the offers of a catalogue stand for in the data at hand.

use std::borrow::Cow;

use patronage_core::{ActionIdx, CategoryIdx, CustomerIdx, IdMap, ItemIdx};

use crate::catalogue::{Catalogue, Offer};
use crate::error::{Error, ErrorKind};

/// The items of a shop by their ids, and the category of each where that is known.
#[derive(Clone, Debug)]
pub struct Assortment {
    items: IdMap<ItemIdx>,
    categories: IdMap<CategoryIdx>,
    category_of: Vec<Option<CategoryIdx>>,
}

impl Assortment {
    /// Items without categories; an empty map where the data name no items.
    #[must_use]
    pub fn new(items: IdMap<ItemIdx>) -> Self {
        let category_of = vec![None; items.len()];
        Self { items, categories: IdMap::new(), category_of }
    }

    /// The same items with the category of each, of length `n_items`.
    ///
    /// # Errors
    ///
    /// When there is not one entry an item, or a category is unknown.
    pub fn categories(
        self,
        categories: IdMap<CategoryIdx>,
        category_of: Vec<Option<CategoryIdx>>,
    ) -> Result<Self, Error> {
        length("categories of items", self.items.len(), category_of.len())?;
        let bound = categories.len();
        check_indices("category", bound, category_of.iter().flatten().map(|c| c.index()))?;
        Ok(Self { items: self.items, categories, category_of })
    }

    /// The number of items.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.items.len()
    }

    /// The number of categories.
    #[must_use]
    pub fn n_categories(&self) -> usize {
        self.categories.len()
    }

    /// The ids of the items.
    #[must_use]
    pub const fn items(&self) -> &IdMap<ItemIdx> {
        &self.items
    }

    /// The category of each item.
    #[must_use]
    pub fn category_of(&self) -> &[Option<CategoryIdx>] {
        &self.category_of
    }
}

/// What an action offers one customer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Offered {
    /// This item.
    Item(ItemIdx),
    /// This category.
    Category(CategoryIdx),
    /// A service.
    Service,
    /// Nothing, since the data do not have what it names or nothing was recommended to her.
    Nothing,
}

/// What each action of a catalogue offers each customer, in the data at hand.
///
/// A fixed item or category is looked up in the [`Assortment`]; `{ item = "best" }` and
/// `{ category = "best" }` are what the caller says is best for each customer, such as the top of
/// her recommendations. An offer the data do not know offers [`Offered::Nothing`] to everybody,
/// and is named in [`unknown`](Self::unknown).
///
/// ```
/// use patronage_act::{Assortment, Catalogue, Offered, Offers, RuleColumns};
/// use patronage_core::{ActionIdx, CustomerIdx, IdMap, ItemIdx, Schema};
///
/// let catalogue = r#"
/// channel = [{ id = "site", needs_consent = false }]
/// [[action]]
/// id = "banner"
/// channel = "site"
/// cost = 0
/// margin = 0.3
/// offer = { item = "best" }
/// eligible = "true"
/// "#;
/// let catalogue = Catalogue::parse(catalogue, &RuleColumns::new(Schema::new([])?))?;
/// let assortment = Assortment::new(["mug", "lamp"].into_iter().collect());
/// let offers = Offers::new(&catalogue, assortment, 2).best_items(vec![Some(ItemIdx::new(1)), None])?;
/// let banner = ActionIdx::new(0);
/// assert_eq!(offers.offered(CustomerIdx::new(0), banner), Offered::Item(ItemIdx::new(1)));
/// assert_eq!(offers.offered(CustomerIdx::new(1), banner), Offered::Nothing);
/// # Ok::<(), patronage_act::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Offers {
    assortment: Assortment,
    n_customers: usize,
    actions: Vec<Resolved>,
    unknown: Vec<String>,
    best_items: Vec<Option<ItemIdx>>,
    best_categories: Vec<Option<CategoryIdx>>,
}

#[derive(Clone, Debug)]
enum Resolved {
    Fixed(Offered, String),
    Unknown(String),
    BestItem,
    BestCategory,
}

impl Offers {
    /// The offers of `catalogue` to `n_customers`, with nothing best for anyone yet.
    #[must_use]
    pub fn new(catalogue: &Catalogue, assortment: Assortment, n_customers: usize) -> Self {
        let resolve = |offer: &Offer| match offer {
            Offer::Item(id) => assortment.items.index_of(id).map(Offered::Item),
            Offer::Category(name) => assortment.categories.index_of(name).map(Offered::Category),
            _ => Some(Offered::Service),
        };
        let actions: Vec<Resolved> = catalogue
            .actions()
            .iter()
            .map(|action| match (action.offer(), resolve(action.offer())) {
                (Offer::BestItem, _) => Resolved::BestItem,
                (Offer::BestCategory, _) => Resolved::BestCategory,
                (offer, Some(offered)) => Resolved::Fixed(offered, offer.to_string()),
                (offer, None) => Resolved::Unknown(offer.to_string()),
            })
            .collect();
        let unknown = catalogue.actions().iter().zip(&actions).filter_map(|(action, resolved)| {
            let Resolved::Unknown(offer) = resolved else { return None };
            Some(format!(
                "{:?} offers {offer}, which the data do not have: nobody is eligible",
                action.id()
            ))
        });
        let unknown = unknown.collect();
        let (best_items, best_categories) = (vec![None; n_customers], vec![None; n_customers]);
        Self { assortment, n_customers, actions, unknown, best_items, best_categories }
    }

    /// The item recommended most to each customer; her best category becomes the category of it.
    ///
    /// # Errors
    ///
    /// When there is not one entry a customer, or an item is unknown.
    pub fn best_items(mut self, items: Vec<Option<ItemIdx>>) -> Result<Self, Error> {
        length("best items of customers", self.n_customers, items.len())?;
        let bound = self.assortment.n_items();
        check_indices("item", bound, items.iter().flatten().map(|item| item.index()))?;
        let category = |item: ItemIdx| self.assortment.category_of[item.index()];
        self.best_categories = items.iter().map(|item| item.and_then(category)).collect();
        self.best_items = items;
        Ok(self)
    }

    /// The category recommended most to each customer, where that is not the category of her best item; call it after [`best_items`](Self::best_items).
    ///
    /// # Errors
    ///
    /// When there is not one entry a customer, or a category is unknown.
    pub fn best_categories(mut self, categories: Vec<Option<CategoryIdx>>) -> Result<Self, Error> {
        length("best categories of customers", self.n_customers, categories.len())?;
        let bound = self.assortment.n_categories();
        check_indices("category", bound, categories.iter().flatten().map(|c| c.index()))?;
        self.best_categories = categories;
        Ok(self)
    }

    /// What `action` offers `customer`.
    ///
    /// # Panics
    ///
    /// When there is no such customer or action.
    #[must_use]
    pub fn offered(&self, customer: CustomerIdx, action: ActionIdx) -> Offered {
        match &self.actions[action.index()] {
            Resolved::Fixed(offered, _) => *offered,
            Resolved::Unknown(_) => Offered::Nothing,
            Resolved::BestItem => {
                self.best_items[customer.index()].map_or(Offered::Nothing, Offered::Item)
            }
            Resolved::BestCategory => {
                self.best_categories[customer.index()].map_or(Offered::Nothing, Offered::Category)
            }
        }
    }

    /// What `action` offers `customer`, in words.
    ///
    /// # Panics
    ///
    /// When there is no such customer or action.
    #[must_use]
    pub fn describe(&self, customer: CustomerIdx, action: ActionIdx) -> Cow<'_, str> {
        let best = |noun: &str, id: Option<&str>| match id {
            Some(id) => Cow::Owned(format!("{noun} {id}, her best")),
            None => Cow::Borrowed("nothing, since nothing was recommended to her"),
        };
        match &self.actions[action.index()] {
            Resolved::Fixed(_, offer) => Cow::Borrowed(offer),
            Resolved::Unknown(offer) => Cow::Owned(format!("{offer}, which the data do not have")),
            Resolved::BestItem => {
                let item = self.best_items[customer.index()];
                best("item", item.and_then(|item| self.assortment.items.id(item)))
            }
            Resolved::BestCategory => {
                let category = self.best_categories[customer.index()];
                best("category", category.and_then(|c| self.assortment.categories.id(c)))
            }
        }
    }

    /// The number of customers.
    #[must_use]
    pub const fn n_customers(&self) -> usize {
        self.n_customers
    }

    /// The number of actions.
    #[must_use]
    pub fn n_actions(&self) -> usize {
        self.actions.len()
    }

    /// The items and categories the offers were looked up in.
    #[must_use]
    pub const fn assortment(&self) -> &Assortment {
        &self.assortment
    }

    /// One sentence for each action that offers what the data do not have.
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }
}

pub(crate) fn length(what: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(ErrorKind::Length { what, expected, found }.into())
}

fn check_indices(
    noun: &'static str,
    bound: usize,
    mut indices: impl Iterator<Item = usize>,
) -> Result<(), Error> {
    match indices.find(|&index| index >= bound) {
        Some(found) => Err(ErrorKind::OutOfRange { noun, bound, found }.into()),
        None => Ok(()),
    }
}
