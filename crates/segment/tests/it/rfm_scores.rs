//! Scores against pandas.

use patronage_segment::{
    Better, Binning, Column, Dimension, FeatureTable, Fit, RfmScoring, Schema, Ties,
};

/// Bins of ties, by pandas 3.1.1: `pd.cut(x, [-inf, *cuts, inf], right=..., labels=False) + 1`,
/// right for ties below; cuts by numpy 2.4.6 `np.quantile` and `np.linspace`.
#[test]
fn scores_of_ties_are_those_of_pandas() {
    let x = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0, 8.0, 9.0, 7.0, 9.0];
    let schema = Schema::new([Column::number("x")]).unwrap();
    let table =
        FeatureTable::new(schema, ndarray::Array2::from_shape_fn((15, 1), |(row, _)| x[row]))
            .unwrap();
    for (binning, below, above) in [
        (
            Binning::Quantiles(4),
            [1, 1, 2, 1, 2, 4, 1, 3, 2, 1, 2, 4, 4, 3, 4],
            [2, 1, 2, 1, 3, 4, 1, 3, 3, 2, 3, 4, 4, 3, 4],
        ),
        (
            Binning::Quantiles(3),
            [1, 1, 2, 1, 2, 3, 1, 2, 2, 1, 2, 3, 3, 3, 3],
            [1, 1, 2, 1, 2, 3, 1, 2, 2, 1, 2, 3, 3, 3, 3],
        ),
        (
            Binning::EqualWidth(4),
            [1, 1, 2, 1, 2, 4, 1, 3, 2, 1, 2, 4, 4, 3, 4],
            [2, 1, 2, 1, 3, 4, 1, 3, 3, 2, 3, 4, 4, 4, 4],
        ),
        (
            Binning::Cuts(vec![2.0, 5.0, 8.5]),
            [2, 1, 2, 1, 2, 4, 1, 3, 2, 2, 2, 3, 4, 3, 4],
            [2, 1, 2, 1, 3, 4, 2, 3, 3, 2, 3, 3, 4, 3, 4],
        ),
    ] {
        for (ties, expected) in [(Ties::Below, below), (Ties::Above, above)] {
            let higher = Dimension::new("H", "x", Better::Higher, binning.clone()).ties(ties);
            let lower = Dimension::new("L", "x", Better::Lower, binning.clone()).ties(ties);
            let model = RfmScoring::of([higher, lower]).fit(&table).unwrap();
            let scores = model.score(&table).unwrap();
            assert_eq!(scores.column(0).to_vec(), expected, "{binning:?} {ties:?}");
            let bins = model.cuts(1).len() as u8 + 1;
            assert_eq!(scores.column(1).to_vec(), expected.map(|bin| bins + 1 - bin));
        }
    }
}
