//! What data views promise.

use std::collections::BTreeSet;

use patronage_core::{
    CustomerIdx, FeatureRow, Features, Interactions, ItemFeatures, ItemIdx, Line, Money, Purchases,
};

/// Checks what [`Purchases`] promise: a history for every customer, ascending in time; items below
/// `n_items`, named by all lines or by none; quantities above 0 and amounts of at least 0;
/// one attribute code a line with a level behind it; and the same lines at every call.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_purchases(purchases: &dyn Purchases) {
    let n_items = purchases.n_items();
    let names: BTreeSet<&str> = purchases.attributes().iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names.len(), purchases.attributes().len(), "attributes have distinct names");
    let mut named = None;
    for customer in CustomerIdx::all(purchases.n_customers()) {
        let history = purchases.history(customer);
        assert!(history.at().is_sorted(), "{customer}: order lines ascend in time");
        if !history.is_empty() {
            let names_items = history.items().is_some();
            let before = *named.get_or_insert(names_items);
            assert_eq!(names_items, before, "{customer}: all lines name items, or none does");
        }
        for (position, line) in history.iter().enumerate() {
            let Line { item, quantity, amount, .. } = line;
            if let Some(item) = item {
                assert!(
                    item.index() < n_items,
                    "{customer}, line {position}: {item} lies below n_items = {n_items}"
                );
            }
            assert!(
                quantity.is_finite() && quantity > 0.0,
                "{customer}, line {position}: a quantity above 0, found {quantity}"
            );
            assert!(
                amount >= Money::ZERO,
                "{customer}, line {position}: an amount of at least 0, found {amount}"
            );
        }
        for (position, attribute) in purchases.attributes().iter().enumerate() {
            let codes = purchases.attribute_codes(customer, position);
            let name = &attribute.name;
            assert_eq!(codes.len(), history.len(), "{customer}: one code of {name:?} a line");
            let bound = attribute.levels.len();
            assert!(
                codes.iter().all(|&code| (code as usize) < bound),
                "{customer}: every code of {name:?} has a level"
            );
            let again = purchases.attribute_codes(customer, position);
            assert_eq!(codes, again, "{customer}: the same codes of {name:?} at every call");
        }
        let again = purchases.history(customer);
        assert!(history.iter().eq(again.iter()), "{customer}: the same lines at every call");
    }
}

/// Checks what [`Features`] promise: cells of the schema's width, each one its column admits, and
/// the same cells at every call.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_features(features: &dyn Features) {
    let (schema, values) = (features.schema(), features.values());
    assert_eq!(values.ncols(), schema.len(), "one column of cells for each of the schema");
    for (row, cells) in values.rows().into_iter().enumerate() {
        for (column, &found) in schema.columns().iter().zip(cells) {
            let (name, expected) = (column.name(), column.kind().expectation());
            assert!(
                column.kind().admits(found),
                "row {row}, column {name:?}: expected {expected}, found {found}"
            );
        }
    }
    assert_eq!(schema, features.schema(), "the same schema at every call");
    let again = features.values();
    assert_eq!(values.dim(), again.dim(), "the same shape at every call");
    let same = values.iter().zip(&again).all(|(a, b)| a.to_bits() == b.to_bits());
    assert!(same, "the same cells at every call");
}

/// Checks what [`Interactions`] promise: items that ascend, are distinct and lie below `n_items`;
/// one finite weight an item; times and baskets in all rows or in none; and the same rows at every
/// call.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_interactions(interactions: &dyn Interactions) {
    let n_items = interactions.n_items();
    let mut timed = None;
    for customer in CustomerIdx::all(interactions.n_customers()) {
        let row = interactions.row(customer);
        let items = row.items();
        assert!(
            items.windows(2).all(|pair| pair[0] < pair[1]),
            "{customer}: items ascend and are distinct"
        );
        if let Some(item) = items.last() {
            assert!(item.index() < n_items, "{customer}: {item} lies below n_items = {n_items}");
            let has_times = (row.at().is_some(), row.baskets().is_some());
            let before = *timed.get_or_insert(has_times);
            assert_eq!(has_times, before, "{customer}: all rows have times and baskets, or none");
        }
        assert_eq!(row.weights().len(), items.len(), "{customer}: one weight an item");
        assert!(row.weights().iter().all(|w| w.is_finite()), "{customer}: weights are finite");
        assert!(row.at().is_none_or(|at| at.len() == items.len()), "{customer}: one time an item");
        assert!(
            row.baskets().is_none_or(|b| b.len() == items.len()),
            "{customer}: one basket an item"
        );
        let again = interactions.row(customer);
        let same = items == again.items()
            && row.weights() == again.weights()
            && row.at() == again.at()
            && row.baskets() == again.baskets();
        assert!(same, "{customer}: the same row at every call");
    }
}

/// Checks what [`ItemFeatures`] promise: a row for every item, dense rows of `n_features` values,
/// sparse rows whose columns ascend, are distinct and lie below `n_features`; finite values; and the
/// same rows and names at every call.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_item_features(features: &dyn ItemFeatures) {
    let n_features = features.n_features();
    for item in ItemIdx::all(features.n_items()) {
        let row = features.row(item);
        let values = match row {
            FeatureRow::Dense(values) => {
                assert_eq!(values.len(), n_features, "{item}: a dense row of n_features values");
                values
            }
            FeatureRow::Sparse(columns, values) => {
                assert_eq!(columns.len(), values.len(), "{item}: one value a column");
                assert!(
                    columns.windows(2).all(|pair| pair[0] < pair[1]),
                    "{item}: columns ascend and are distinct"
                );
                assert!(
                    columns.last().is_none_or(|&last| (last as usize) < n_features),
                    "{item}: columns lie below n_features = {n_features}"
                );
                values
            }
        };
        assert!(values.iter().all(|value| value.is_finite()), "{item}: values are finite");
        let entries = |row: FeatureRow<'_>| {
            let mut entries = Vec::new();
            row.for_each(|column, value| entries.push((column, value)));
            entries
        };
        assert_eq!(entries(row), entries(features.row(item)), "{item}: the same row at every call");
    }
    for feature in 0..n_features {
        let name = features.feature_name(feature);
        assert_eq!(name, features.feature_name(feature), "the same name at every call");
        assert!(name.is_none_or(|name| !name.is_empty()), "feature {feature}: no empty name");
    }
}
