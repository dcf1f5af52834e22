//! What holds for every corpus.

use patronage_core::{Fit, ItemFeatures, ItemIdx};
use patronage_text::{ItemFeaturesBuilder, Ngrams, Numbers, TfIdf, Tokenizer, Weighting};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_are_of_length_one_or_empty(texts in prop::collection::vec(".{0,40}", 0..12)) {
        for weighting in [Weighting::TfIdf, Weighting::Bm25 { k1: 1.2, b: 0.75 }] {
            let model = TfIdf::new().weighting(weighting).fit(&texts).unwrap();
            for text in &texts {
                let row = model.vector(text);
                prop_assert!(row.windows(2).all(|pair| pair[0].0 < pair[1].0));
                let norm: f64 = row.iter().map(|(_, w)| w * w).sum();
                prop_assert!(row.is_empty() || (norm - 1.0).abs() < 1e-12, "{}", norm);
            }
        }
    }

    #[test]
    fn the_order_of_texts_does_not_matter(mut texts in prop::collection::vec("[a-e ]{0,12}", 0..9)) {
        let estimator = TfIdf::new()
            .tokenizer(Tokenizer::new().min_chars(1).ngrams(Ngrams::WordsAndPairs))
            .max_features(5);
        let model = estimator.fit(&texts).unwrap();
        texts.reverse();
        prop_assert_eq!(model, estimator.fit(&texts).unwrap());
    }

    #[test]
    fn any_text_is_tokenised(text in "\\PC{0,60}") {
        for numbers in [Numbers::Keep, Numbers::Drop, Numbers::Merge] {
            for word in Tokenizer::new().numbers(numbers).words(&text) {
                prop_assert_eq!(&word, &word.to_lowercase());
            }
        }
    }

    #[test]
    fn every_bucket_holds_its_items(numbers in prop::collection::vec(prop::option::of(-1e300..1e300f64), 0..30), n in 1usize..8) {
        let items = ItemFeaturesBuilder::new(numbers.len())
            .buckets("price", 2.0, &numbers, n).unwrap()
            .build().unwrap();
        patronage_testkit::check_item_features(&items);
        prop_assert!(items.n_features() <= n);
        for (item, number) in numbers.iter().enumerate() {
            let norm = items.row(ItemIdx::from_usize(item)).squared_norm();
            let expected = if number.is_some() { 4.0 } else { 0.0 };
            prop_assert!(norm == expected);
        }
    }
}

#[test]
fn blocks_are_refused_where_they_do_not_fit() {
    let none: [Option<&str>; 1] = [None];
    let builder = ItemFeaturesBuilder::new(2);
    let error = builder.clone().category("category", 1.0, &none).unwrap_err();
    assert_eq!(error.to_string(), "category: expected one entry for each of 2 items, found 1");
    let error = builder.clone().buckets("price", 1.0, &[None, Some(f64::NAN)], 2).unwrap_err();
    assert_eq!(error.to_string(), "price, item 1: expected a finite number, found NaN");
    let error = builder.clone().buckets("price", 0.0, &[None, None], 2).unwrap_err();
    assert_eq!(error.to_string(), "weight: expected a finite number above 0, found 0");
    assert!(builder.clone().buckets("price", 1.0, &[None, None], 0).is_err());
    let far = builder.clone().buckets("price", 1e300, &[Some(1.0), None], 1).unwrap();
    assert!(far.build().unwrap_err().to_string().contains("finite"));
    let empty = builder.build().unwrap();
    assert_eq!((empty.n_items(), empty.n_features()), (2, 0));
}
