//! From purchases to named segments and a next item, in 25 lines.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use patronage::core::{BoxError, Date, Fit, HistoryEntry, InteractionTable, ItemFilter};
use patronage::core::{Purchases, Recommender, Request, UtcOffset, Weight};
use patronage::segment::{Binning, Rfm, RfmScoring, SegmentRules};
use patronage::{recommend::ItemKnn, simulate::Shop};

fn main() -> Result<(), BoxError> {
    let data = Shop::new(500).seed(7).open()?.dataset()?;
    let as_of = Date::new(2025, 1, 1)?;
    let rfm = Rfm::new(as_of, &UtcOffset::UTC).table(&data.purchases)?;
    let scores = RfmScoring::new(Binning::Quantiles(5)).fit(&rfm)?.score(&rfm)?;
    let rules = SegmentRules::standard();
    let bought = InteractionTable::from_purchases(&data.purchases, Weight::Binary)?;
    let also_bought = ItemKnn::new(50).fit(&bought)?;
    for (row, scores) in rfm.rows().iter().zip(scores.rows()).take(5) {
        let segment = rules.name(rules.segment_of(&scores.to_vec()));
        let history = HistoryEntry::from_lines(data.purchases.history(row.customer));
        let request = Request { history: &history, customer: None, as_of: row.last_purchase };
        let next = also_bought.top_k(&request, 1, &ItemFilter::default());
        let next = next.first().and_then(|best| data.items.id(best.item));
        println!("{}: {segment:?}, next {next:?}", row.customer);
    }
    Ok(())
}
