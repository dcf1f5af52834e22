//! Weights against scikit-learn and against the formula worked by hand.

use patronage_core::Fit;
use patronage_text::{
    ENGLISH_STOP_WORDS, Ngrams, Norm, TermFrequency, TfIdf, TfIdfModel, Tokenizer, Weighting,
};

const TEXTS: [&str; 6] = [
    "white hanging heart light holder",
    "set of six red heart mugs set",
    "red red mug",
    "assorted colour bird ornament white",
    "heart of wicker small",
    "bird bath white white heart",
];
const NEW: [&str; 3] = ["white heart white bird unknown", "nothing here", ""];

/// Rows for the fitted texts, then for the new ones.
fn check(model: &TfIdfModel, expected: &[&[(usize, f64)]]) {
    let texts: Vec<&str> = TEXTS.iter().chain(&NEW).copied().collect();
    assert_eq!(texts.len(), expected.len());
    for (text, expected) in texts.iter().zip(expected) {
        let row = model.vector(text);
        assert_eq!(row.len(), expected.len(), "{text}: {row:?}");
        for (found, expected) in row.iter().zip(*expected) {
            assert_eq!(found.0, expected.0, "{text}");
            assert!((found.1 - expected.1).abs() < 1e-9, "{text}: {row:?}");
        }
    }
    let rows = model.transform(&texts);
    assert_eq!((rows.n_rows(), rows.n_columns()), (texts.len(), model.n_terms()));
    for (row, expected) in expected.iter().enumerate() {
        let (columns, values) = rows.row(row);
        for ((&column, &value), expected) in columns.iter().zip(values).zip(*expected) {
            assert_eq!(column as usize, expected.0);
            assert!((f64::from(value) - expected.1).abs() < 1e-6);
        }
    }
}

/// scikit-learn 1.9.1, `TfidfVectorizer()`: fit on the six texts, transform of all nine.
#[test]
fn defaults_are_those_of_scikit_learn() {
    let model = TfIdf::new().fit(&TEXTS[..]).unwrap();
    assert_eq!(
        model.terms(),
        [
            "assorted", "bath", "bird", "colour", "hanging", "heart", "holder", "light", "mug",
            "mugs", "of", "ornament", "red", "set", "six", "small", "white", "wicker"
        ]
    );
    check(
        &model,
        &[
            &[
                (4, 0.5108925732),
                (5, 0.3030916921),
                (6, 0.5108925732),
                (7, 0.5108925732),
                (16, 0.3536972749),
            ],
            &[
                (5, 0.2138401488),
                (9, 0.3604498134),
                (10, 0.2955740033),
                (12, 0.2955740033),
                (13, 0.7208996268),
                (14, 0.3604498134),
            ],
            &[(8, 0.5206008037), (12, 0.8538002127)],
            &[
                (0, 0.4907790035),
                (2, 0.4024458036),
                (3, 0.4907790035),
                (11, 0.4907790035),
                (16, 0.3397724008),
            ],
            &[(5, 0.3411349947), (10, 0.4715234096), (15, 0.5750185169), (17, 0.5750185169)],
            &[(1, 0.5036926429), (2, 0.4130351726), (5, 0.2988202676), (16, 0.6974253475)],
            &[(2, 0.4781147502), (5, 0.3459036592), (16, 0.8073146501)],
            &[],
            &[],
        ],
    );
}

/// scikit-learn 1.9.1, `TfidfVectorizer(sublinear_tf=True, norm=None, min_df=2, max_df=0.5, ngram_range=(1, 2))`.
#[test]
fn limits_and_log_frequency_are_those_of_scikit_learn() {
    let model = TfIdf::new()
        .tokenizer(Tokenizer::new().ngrams(Ngrams::WordsAndPairs))
        .frequency(TermFrequency::Log)
        .norm(Norm::None)
        .min_df(2)
        .max_df(0.5)
        .fit(&TEXTS[..])
        .unwrap();
    assert_eq!(model.terms(), ["bird", "of", "red", "white"]);
    check(
        &model,
        &[
            &[(3, 1.5596157879)],
            &[(1, 1.8472978604), (2, 1.8472978604)],
            &[(2, 3.127747164)],
            &[(0, 1.8472978604), (3, 1.5596157879)],
            &[(1, 1.8472978604)],
            &[(0, 1.8472978604), (3, 2.6406590741)],
            &[(0, 1.8472978604), (3, 2.6406590741)],
            &[],
            &[],
        ],
    );
}

/// scikit-learn 1.9.1, `TfidfVectorizer(max_features=4, stop_words=["of"])`.
#[test]
fn the_most_frequent_terms_are_those_of_scikit_learn() {
    let tokenizer = Tokenizer::new().stop_words(["of"]);
    let model = TfIdf::new().tokenizer(tokenizer).max_features(4).fit(&TEXTS[..]).unwrap();
    assert_eq!(model.terms(), ["bird", "heart", "red", "white"]);
    check(
        &model,
        &[
            &[(1, 0.650695577), (3, 0.7593387032)],
            &[(1, 0.5861569568), (2, 0.8101975204)],
            &[(2, 1.0)],
            &[(0, 0.7640961012), (3, 0.6451024323)],
            &[(1, 1.0)],
            &[(0, 0.4781147502), (1, 0.3459036592), (3, 0.8073146501)],
            &[(0, 0.4781147502), (1, 0.3459036592), (3, 0.8073146501)],
            &[],
            &[],
        ],
    );
}

#[test]
fn bm25_is_its_formula() {
    let (k1, b) = (1.2, 0.75);
    let model =
        TfIdf::new().weighting(Weighting::Bm25 { k1, b }).norm(Norm::None).fit(&TEXTS[..]).unwrap();
    // 29 words in 6 texts; "red" stands in 2 of them, twice in a text of 3 words.
    let idf = (1.0f64 + (6.0 - 2.0 + 0.5) / (2.0 + 0.5)).ln();
    let expected = idf * 2.0 * 2.2 / (2.0 + 1.2 * (0.25 + 0.75 * 3.0 / (29.0 / 6.0)));
    let red = model.column("red").unwrap();
    let row = model.vector("red red mug");
    let found = row.iter().find(|(column, _)| *column == red).unwrap().1;
    assert!((found - expected).abs() < 1e-12, "{found} {expected}");
}

#[test]
fn nothing_to_learn_gives_a_model_without_terms() {
    let stop = Tokenizer::new().stop_words(ENGLISH_STOP_WORDS);
    let empty: [&str; 0] = [];
    let bm25 = Weighting::Bm25 { k1: 1.2, b: 0.75 };
    for (estimator, texts) in [
        (TfIdf::new(), &empty[..]),
        (TfIdf::new(), &["", "!"][..]),
        (TfIdf::new().tokenizer(stop), &["the of and", "this"][..]),
        (TfIdf::new().min_df(3), &["a mug", "mug"][..]),
        (TfIdf::new().weighting(bm25), &["", ""][..]),
    ] {
        let model = estimator.fit(texts).unwrap();
        assert_eq!(model.n_terms(), 0);
        assert!(model.vector("mug").is_empty());
        assert_eq!(model.transform(["mug", ""]).n_rows(), 2);
    }
}

#[test]
fn parameters_are_checked_at_fit() {
    for (estimator, message) in [
        (TfIdf::new().min_df(0), "min_df: expected at least 1, found 0"),
        (TfIdf::new().max_df(0.0), "max_df: expected a share in (0, 1], found 0"),
        (TfIdf::new().max_df(f64::NAN), "max_df: expected a share in (0, 1], found NaN"),
        (TfIdf::new().max_features(0), "max_features: expected at least 1, found 0"),
        (
            TfIdf::new().weighting(Weighting::Bm25 { k1: -1.0, b: 0.0 }),
            "k1: expected a finite number of at least 0, found -1",
        ),
        (
            TfIdf::new().weighting(Weighting::Bm25 { k1: 1.0, b: 1.5 }),
            "b: expected a number in [0, 1], found 1.5",
        ),
    ] {
        assert_eq!(estimator.fit_texts(["x"]).unwrap_err().to_string(), message);
    }
}
