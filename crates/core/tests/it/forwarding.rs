//! References, boxes and `Arc`s forward every method that can be overridden, to the one that overrides it.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};
use patronage_core::{
    ActionIdx, Attribute, Classifier, Column, CustomerIdx, Eligibility, Explained, FeatureRow,
    ItemFeatures, ItemFilter, ItemIdx, Lines, Money, Probability, Purchases, Recommender,
    Regressor, Relevance, Request, Schema, ScoredItem, SegmentIdx, Segmenter, SoftSegmenter,
    Timestamp, Value, Verdict,
};

/// Overrides everything, each with an answer that no default would give.
struct Own(Schema, Vec<Attribute>);

fn own() -> Own {
    let attribute = Attribute { name: "channel".to_owned(), levels: vec!["till".to_owned()] };
    Own(Schema::new([Column::number("x")]).unwrap(), vec![attribute])
}

impl Segmenter for Own {
    fn schema(&self) -> &Schema {
        &self.0
    }
    fn n_segments(&self) -> usize {
        9
    }
    fn segment(&self, _: &[f64]) -> SegmentIdx {
        SegmentIdx::new(1)
    }
    fn segment_rows(&self, _: ArrayView2<'_, f64>, out: &mut [SegmentIdx]) {
        out.fill(SegmentIdx::new(2));
    }
    fn name(&self, _: SegmentIdx) -> Option<&str> {
        Some("own")
    }
}

impl SoftSegmenter for Own {
    fn schema(&self) -> &Schema {
        &self.0
    }
    fn n_segments(&self) -> usize {
        2
    }
    fn memberships(&self, _: &[f64], out: &mut [f64]) {
        out.fill(0.5);
    }
    fn memberships_rows(&self, _: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        out.fill(0.25);
    }
}

impl Classifier for Own {
    fn schema(&self) -> &Schema {
        &self.0
    }
    fn n_classes(&self) -> usize {
        2
    }
    fn probabilities(&self, _: &[f64], out: &mut [f64]) {
        out.fill(0.5);
    }
    fn probabilities_rows(&self, _: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        out.fill(0.25);
    }
}

impl Regressor for Own {
    fn schema(&self) -> &Schema {
        &self.0
    }
    fn value(&self, _: &[f64]) -> f64 {
        1.0
    }
    fn value_rows(&self, _: ArrayView2<'_, f64>, out: &mut [f64]) {
        out.fill(2.0);
    }
}

impl Recommender for Own {
    fn n_items(&self) -> usize {
        2
    }
    fn scores(&self, _: &Request<'_>, out: &mut [f32]) {
        out.fill(1.0);
    }
    fn uses_customer(&self) -> bool {
        true
    }
    fn scored_as(&self, _: ItemIdx) -> Option<ItemIdx> {
        Some(ItemIdx::new(1))
    }
    fn scores_batch(&self, _: &[Request<'_>], mut out: ArrayViewMut2<'_, f32>) {
        out.fill(2.0);
    }
    fn top_k(&self, _: &Request<'_>, k: usize, _: &ItemFilter<'_>) -> Vec<ScoredItem> {
        vec![ScoredItem { item: ItemIdx::new(7), score: 3.0 }; k]
    }
}

impl Purchases for Own {
    fn n_customers(&self) -> usize {
        1
    }
    fn n_items(&self) -> usize {
        0
    }
    fn history(&self, _: CustomerIdx) -> Lines<'_> {
        Lines::default()
    }
    fn attributes(&self) -> &[Attribute] {
        &self.1
    }
    fn attribute_codes(&self, _: CustomerIdx, _: usize) -> &[u32] {
        &[4, 2]
    }
}

impl ItemFeatures for Own {
    fn n_items(&self) -> usize {
        1
    }
    fn n_features(&self) -> usize {
        1
    }
    fn row(&self, _: ItemIdx) -> FeatureRow<'_> {
        FeatureRow::Dense(&[1.0])
    }
    fn feature_name(&self, _: usize) -> Option<&str> {
        Some("own")
    }
}

impl Value for Own {
    fn value(&self, _: CustomerIdx, _: ActionIdx) -> Explained<Money> {
        Explained::new(Money::ZERO, "own")
    }
    fn amount(&self, _: CustomerIdx, _: ActionIdx) -> Money {
        Money::MAX
    }
}

impl Relevance for Own {
    fn relevance(&self, _: CustomerIdx, _: ActionIdx) -> Explained<Probability> {
        Explained::new(Probability::ZERO, "own")
    }
    fn probability(&self, _: CustomerIdx, _: ActionIdx) -> Probability {
        Probability::ONE
    }
}

impl Eligibility for Own {
    fn eligibility(&self, _: CustomerIdx, _: ActionIdx) -> Explained<Verdict> {
        Explained::new(Verdict::Ineligible, "own")
    }
    fn verdict(&self, _: CustomerIdx, _: ActionIdx) -> Verdict {
        Verdict::Eligible
    }
    fn verdict_with_consent(&self, _: CustomerIdx, _: ActionIdx) -> Verdict {
        Verdict::Ineligible
    }
}

fn check_rows(model: &(impl Segmenter + SoftSegmenter + Classifier + Regressor)) {
    let rows = Array2::zeros((1, 1));
    let mut segments = [SegmentIdx::new(0)];
    model.segment_rows(rows.view(), &mut segments);
    assert_eq!(segments, [SegmentIdx::new(2)]);
    assert_eq!(model.name(segments[0]), Some("own"));
    assert_eq!(Segmenter::n_segments(model), 9);
    assert_eq!(model.segment(&[0.0]), SegmentIdx::new(1));
    assert_eq!(Segmenter::schema(model).len(), 1);
    let mut out = Array2::zeros((1, 2));
    model.memberships_rows(rows.view(), out.view_mut());
    assert_eq!(out[[0, 0]], 0.25);
    out.fill(0.0);
    model.probabilities_rows(rows.view(), out.view_mut());
    assert_eq!(out[[0, 0]], 0.25);
    let mut numbers = [0.0];
    model.value_rows(rows.view(), &mut numbers);
    assert_eq!((numbers[0], model.value(&[0.0])), (2.0, 1.0));
}

fn check_others(
    own: &(impl Recommender + Purchases + ItemFeatures + Value + Relevance + Eligibility),
) {
    let request = Request { history: &[], customer: None, as_of: Timestamp::MIN };
    let mut out = Array2::zeros((1, 2));
    own.scores_batch(&[request], out.view_mut());
    assert_eq!(out[[0, 0]], 2.0);
    assert_eq!(own.top_k(&request, 2, &ItemFilter::default()).len(), 2);
    assert!(own.uses_customer());
    assert_eq!(own.scored_as(ItemIdx::new(5)), Some(ItemIdx::new(1)));
    let (customer, action) = (CustomerIdx::new(0), ActionIdx::new(0));
    assert_eq!(own.attributes().len(), 1);
    assert_eq!(own.attribute_codes(customer, 0), [4, 2]);
    assert_eq!(own.feature_name(0), Some("own"));
    assert_eq!(own.amount(customer, action), Money::MAX);
    assert_eq!(own.probability(customer, action), Probability::ONE);
    assert_eq!(own.verdict(customer, action), Verdict::Eligible);
    assert_eq!(own.verdict_with_consent(customer, action), Verdict::Ineligible);
}

#[test]
fn pointers_forward_all() {
    check_rows(&own());
    check_rows(&&own());
    check_rows(&Box::new(own()));
    check_rows(&Box::new(&&own()));
    check_rows(&Arc::new(own()));
    check_others(&own());
    check_others(&&own());
    check_others(&Box::new(own()));
    check_others(&Arc::new(own()));
}
