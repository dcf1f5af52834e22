//! What is known of an item whoever buys it.

use patronage::core::{BoxError, SparseItemFeatures};
use patronage::ingest::EventLog;
use patronage::text::{ItemFeaturesBuilder, TfIdf};

/// Words of the description, the category, and the price.
pub(crate) fn of(log: &EventLog) -> Result<SparseItemFeatures, BoxError> {
    let items = || log.items().iter().map(|(item, _)| item);
    let text = |item| log.description(item).unwrap_or_default();
    let model = TfIdf::new().fit_texts(items().map(text))?;
    let categories: Vec<Option<&str>> = items()
        .map(|item| log.category(item).map(|code| log.categories()[code as usize].as_str()))
        .collect();
    let mut features =
        ItemFeaturesBuilder::new(log.items().len()).text(1.0, &model, items().map(text))?;
    if !log.categories().is_empty() {
        features = features.category("category", 0.5, &categories)?;
    }
    let prices = log.median_prices();
    let prices: Vec<Option<f64>> = prices.iter().map(|price| Some(price.as_f64())).collect();
    Ok(features.buckets("price", 0.2, &prices, 8)?.build()?)
}
