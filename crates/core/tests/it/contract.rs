//! What core brings of each view passes the shared checks, by value, by reference and boxed.

use ndarray::{ShapeBuilder, array};
use patronage_core::{
    Calibrated, Classifier, Csr, DenseItemFeatures, During, FeatureTable, FeatureView, Features,
    InteractionTable, Interactions, ItemFeatures, Journey, JourneyTable, Journeys, Money, Outcome,
    PurchaseTable, Purchases, RatingPredictor, Recommender, Regressor, Segmenter, SoftSegmenter,
    SparseItemFeatures, Timestamp, Value, ValueModel, Weight, Window,
};
use patronage_testkit::{
    check_features, check_interactions, check_item_features, check_journeys, check_purchases,
    check_send_sync, checkerboard, labelled_by_rule, small_shop,
};

#[test]
fn views_keep_their_promises() {
    let shop = small_shop();
    check_purchases(&shop);
    check_purchases(&&shop);
    check_purchases(&(Box::new(&shop) as Box<dyn Purchases>));
    let day = |day: i64| Timestamp::from_seconds(1_704_067_200 + day * 86_400);
    for (start, end) in [(0, 60), (60, 60), (100, 50), (-9, 999)] {
        check_purchases(&During::new(&shop, Window { start: day(start), end: day(end) }));
    }
    check_purchases(&PurchaseTable::builder().n_customers(3).n_items(2).build().unwrap());

    for weight in [Weight::Binary, Weight::Lines, Weight::Quantity, Weight::Amount] {
        let interactions = InteractionTable::from_purchases(&shop, weight).unwrap();
        check_interactions(&interactions);
        check_interactions(&(Box::new(interactions) as Box<dyn Interactions>));
    }
    check_interactions(&checkerboard(7));

    let rule = labelled_by_rule(30, 5);
    check_features(&rule.table);
    let mut by_column = ndarray::Array2::zeros(rule.table.values().dim().f());
    by_column.assign(&rule.table.values());
    let view = FeatureView::new(rule.table.schema(), by_column.view()).unwrap();
    check_features(&view);
    // A table is row-major whatever it was made from.
    let table = FeatureTable::new(rule.table.schema().clone(), by_column.clone()).unwrap();
    check_features(&table);
    assert_eq!(table.fingerprint(), rule.table.fingerprint());
    assert_eq!(table.row(7), rule.table.row(7));

    let words = Csr::from_entries(3, 4, &[(0, 3, 0.5_f32), (2, 0, -1.0)], |_, _| {}).unwrap();
    let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let sparse = SparseItemFeatures::new(words, names).unwrap();
    check_item_features(&sparse);
    assert_eq!(ItemFeatures::feature_name(&&sparse, 3), Some("d"));
    let mut dense = ndarray::Array2::<f32>::zeros((2, 3).f());
    dense.assign(&array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let dense = DenseItemFeatures::new(dense).unwrap();
    check_item_features(&(Box::new(dense) as Box<dyn ItemFeatures>));

    let channels = [1, 0].map(patronage_core::ChannelIdx::new);
    let at = [3, 9].map(Timestamp::from_seconds);
    let outcome = Outcome::Converted(Money::from_units(7));
    let journey = Journey { channels: &channels, at: Some(&at), outcome, count: 2 };
    let open = Journey { channels: &[], at: Some(&[]), outcome: Outcome::Open, count: 1 };
    let journeys = JourneyTable::new(2, [journey, open, journey]).unwrap();
    check_journeys(&journeys);
    assert_eq!(journeys.journey(2), journey);
    check_journeys(&(Box::new(journeys) as Box<dyn Journeys>));
}

#[cfg(feature = "sprs")]
#[test]
fn sprs_matrices_keep_them_too() {
    use patronage_core::{CustomerIdx, SprsInteractions};

    let matrix =
        sprs::CsMatI::<f32, u32>::new((3, 4), vec![0, 2, 2, 3], vec![0, 3, 1], vec![1.0, 2.0, 0.5]);
    let view = SprsInteractions::new(matrix.view()).unwrap();
    check_interactions(&view);
    let ours = Csr::from_entries(3, 4, &[(0, 0, 1.0), (0, 3, 2.0), (2, 1, 0.5)], |_, _| {});
    let ours = InteractionTable::new(ours.unwrap()).unwrap();
    for customer in CustomerIdx::all(3) {
        assert_eq!(view.row(customer).items(), ours.row(customer).items());
        assert_eq!(view.row(customer).weights(), ours.row(customer).weights());
    }
    // A part of a matrix starts elsewhere than at 0.
    let part = SprsInteractions::new(matrix.slice_outer(1..3)).unwrap();
    check_interactions(&part);
    assert_eq!(part.row(CustomerIdx::new(1)).weights(), [0.5]);
    assert!(SprsInteractions::new(matrix.to_csc().view()).is_err());
    let holes = sprs::CsMatI::<f32, u32>::new((1, 1), vec![0, 1], vec![0], vec![f32::NAN]);
    assert!(SprsInteractions::new(holes.view()).is_err());
}

#[test]
fn every_trait_can_be_an_object_on_any_thread() {
    check_send_sync::<Box<dyn Purchases>>();
    check_send_sync::<Box<dyn Features>>();
    check_send_sync::<Box<dyn Interactions>>();
    check_send_sync::<Box<dyn ItemFeatures>>();
    check_send_sync::<Box<dyn Journeys>>();
    check_send_sync::<Box<dyn Segmenter>>();
    check_send_sync::<Box<dyn SoftSegmenter>>();
    check_send_sync::<Box<dyn Classifier>>();
    check_send_sync::<Box<dyn Regressor>>();
    check_send_sync::<Box<dyn Recommender>>();
    check_send_sync::<Box<dyn RatingPredictor>>();
    check_send_sync::<Box<dyn ValueModel>>();
    check_send_sync::<Box<dyn Value>>();
    let _: Option<Box<dyn Calibrated>> = None;
    let _: Option<Box<dyn patronage_core::Fit<dyn Features, Model = (), Error = ()>>> = None;
}
