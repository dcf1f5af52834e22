//! The factors keep the promises of their traits.

use crate::common::{Fixed, SAMPLE, record, standard};
use ndarray::Array2;
use patronage_act::{
    Answer, Assortment, Catalogue, Consents, ContactHistory, MeanMargin, OfferRelevance, Offers,
    Propensities, RuleEligibility, Shrinkage,
};
use patronage_core::{
    ActionIdx, CategoryIdx, CustomerIdx, Date, FeatureTable, Fit, IdMap, ItemIdx, Purchases,
    Timestamp,
};
use patronage_testkit::{check_eligibility, check_relevance, check_value, small_shop};

fn assortment() -> Assortment {
    let categories: IdMap<CategoryIdx> = ["kitchen", "garden"].into_iter().collect();
    let of = [Some(0), Some(1), None, Some(0)].map(|c| c.map(CategoryIdx::new));
    Assortment::new(["a", "b", "c", "d"].into_iter().collect())
        .categories(categories, of.to_vec())
        .unwrap()
}

#[test]
fn the_models_of_the_sample_on_a_small_shop() {
    let shop = small_shop();
    let n = shop.n_customers();
    let catalogue = Catalogue::parse(SAMPLE, &standard()).unwrap();
    let best =
        vec![Some(ItemIdx::new(0)), Some(ItemIdx::new(2)), None, Some(ItemIdx::new(3)), None];
    let offers = Offers::new(&catalogue, assortment(), n).best_items(best).unwrap();
    let n_actions = catalogue.actions().len();
    for shrinkage in [Shrinkage::Estimated, Shrinkage::Orders(0.0), Shrinkage::Orders(3.5)] {
        let value = MeanMargin::new(&catalogue, &offers).shrinkage(shrinkage).fit(&shop).unwrap();
        check_value(&value, n, n_actions);
    }
    let propensities = Propensities::base_rate(n, record());
    let relevance = OfferRelevance::new(&catalogue, &offers, propensities).unwrap();
    check_relevance(&relevance, n, n_actions);
    let as_of = Timestamp::MAX;
    let relevance = relevance.items(&Fixed(vec![0.5, 0.25, 0.0, 1.0]), &shop, as_of).unwrap();
    check_relevance(&relevance, n, n_actions);
    let relevance = relevance.categories(&Fixed(vec![0.5, 0.25]), &shop, as_of).unwrap();
    check_relevance(&relevance, n, n_actions);

    let schema = standard().schema().clone();
    let cells = Array2::from_shape_fn((n, schema.len()), |(row, column)| {
        match schema.columns()[column].kind() {
            patronage_core::ColumnKind::NullableNumber if row % 2 == 0 => f64::NAN,
            _ => (row % 3) as f64,
        }
    });
    let customers = FeatureTable::new(schema, cells).unwrap();
    let mut consents = Consents::new(&catalogue, Timestamp::from_seconds(1000));
    let mut contacts = ContactHistory::new();
    for customer in CustomerIdx::all(3) {
        let at = Some(Timestamp::from_seconds(10));
        consents.record(customer, "email", Answer::read(["yes", "no", "?"][customer.index()]), at);
        contacts.record(customer, ActionIdx::new(0));
    }
    let date = Date::new(2011, 12, 10).unwrap();
    let bare = RuleEligibility::new(&catalogue, &customers, date).unwrap();
    check_eligibility(&bare, n, n_actions);
    let full = bare.consents(&consents).contacts(&contacts).offers(&offers);
    check_eligibility(&full, n, n_actions);
}
