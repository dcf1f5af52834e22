//! Factors against implicit 0.7.3 and numpy 2.4.6, from the same start.

use ndarray::Array2;
use patronage_core::{
    Csr, CustomerIdx, HistoryEntry, InteractionTable, Interactions, ItemIdx, Request, Timestamp,
};
use patronage_recommend::{Als, AlsModel, AlsSolver, Explain, HistoryWeight};

/// 12 customers × 8 items; the weight is `(7u + 3i + ui) mod 5`, 0 standing for none; every third negated where asked.
pub(crate) fn table(negated: bool) -> InteractionTable {
    let mut entries = Vec::new();
    for u in 0..12u32 {
        for i in 0..8u32 {
            let weight = (7 * u + 3 * i + u * i) % 5;
            if weight > 0 {
                let sign = if negated && entries.len() % 3 == 0 { -1.0 } else { 1.0 };
                entries.push((u, i, sign * weight as f32));
            }
        }
    }
    InteractionTable::new(Csr::from_entries(12, 8, &entries, |_, _| {}).unwrap()).unwrap()
}

/// `((s + 37 r + 11 c) mod 17 − 8) / 20` at row `r` and column `c`.
fn start(n: usize, s: usize) -> Array2<f32> {
    Array2::from_shape_fn((n, 3), |(r, c)| (((s + 37 * r + 11 * c) % 17) as f32 - 8.0) / 20.0)
}

fn fitted(als: Als, data: &InteractionTable) -> AlsModel {
    let former = AlsModel::from_factors(&als, start(12, 5).view(), start(8, 1).view()).unwrap();
    als.fit_from(data, &former).unwrap()
}

fn check(what: &str, found: impl Iterator<Item = f32>, expected: &[f32]) {
    let found: Vec<f32> = found.collect();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        let gap = (found - expected).abs();
        assert!(gap <= 1e-5, "{what}, number {place}: expected {expected}, found {found}");
    }
}

fn items(model: &AlsModel) -> impl Iterator<Item = f32> + '_ {
    ItemIdx::all(8).flat_map(|item| model.item_factors(item).iter().copied())
}

fn customers(model: &AlsModel) -> impl Iterator<Item = f32> + '_ {
    [0, 5, 11].into_iter().flat_map(|c| model.customer_factors(CustomerIdx::new(c)).iter().copied())
}

/// `AlternatingLeastSquares(factors=3, alpha=2.0, iterations=4, use_cg=False, regularization=0.5)`
/// of implicit 0.7.3; with `use_cg=True` and a regularization of 5, for which its own rounding is
/// small enough. Of customers 0, 5 and 11 what `recalculate_user` gives.
#[test]
fn factors_are_those_of_implicit() {
    let of_customers: [[f32; 9]; 2] = [
        [
            -0.2782589,
            1.200746,
            0.09421509,
            -0.2782589,
            1.200746,
            0.09421509,
            0.8889959,
            0.7008865,
            -0.02858423,
        ],
        [
            -0.1289852, 0.6545039, 0.3406653, -0.1289852, 0.6545039, 0.3406653, 0.03787233,
            0.6767001, 0.2900716,
        ],
    ];
    let of_items: [[f32; 24]; 2] = [
        [
            0.8871917,
            0.2954563,
            0.6570856,
            0.3687256,
            0.9393458,
            -0.1983775,
            -0.3526742,
            0.6386722,
            0.7459372,
            0.4059005,
            0.8679224,
            0.1715445,
            0.399239,
            0.8744108,
            -0.05129461,
            0.8871917,
            0.2954563,
            0.6570856,
            0.3687256,
            0.9393458,
            -0.1983775,
            -0.3526742,
            0.6386722,
            0.7459372,
        ],
        [
            0.1089569,
            0.9415103,
            0.4335441,
            -0.151967,
            0.9465443,
            0.4823504,
            -0.1020924,
            0.8846751,
            0.5020168,
            -0.03849394,
            1.105331,
            0.5259244,
            0.002607315,
            0.9940355,
            0.4384902,
            0.1089569,
            0.9415102,
            0.4335442,
            -0.151967,
            0.9465443,
            0.4823505,
            -0.1020924,
            0.8846751,
            0.5020168,
        ],
    ];
    let with_dislikes: [[f32; 24]; 2] = [
        [
            -0.3435451, 0.1316082, 0.2130237, 0.607471, 0.4993372, 0.03857803, -0.4320431,
            1.035552, 0.349975, 0.2668098, -0.16271, 0.8081271, -0.1133263, 0.8751942, -0.2338902,
            0.6948503, 0.4930859, 0.1489958, 0.1412839, -0.1407277, 0.7451051, -0.4320431,
            1.035552, 0.349975,
        ],
        [
            -0.2130479,
            0.1008561,
            0.1969138,
            0.6063343,
            0.5688847,
            0.03379119,
            0.05907657,
            0.8804994,
            0.7040313,
            0.2019107,
            0.09712347,
            1.334777,
            0.2105954,
            0.6877591,
            -0.2055136,
            0.7781434,
            0.5980961,
            0.4797279,
            -0.08807693,
            0.1259597,
            1.048316,
            0.05907654,
            0.8804994,
            0.7040313,
        ],
    ];
    let cg = AlsSolver::ConjugateGradient { n_steps: 3 };
    for (s, (solver, reg)) in [(AlsSolver::Exact, 0.5), (cg, 5.0)].into_iter().enumerate() {
        let als = Als::hu_koren_volinsky(3).regularization(reg).alpha(2.0).max_iter(4);
        let als = als.solver(solver);
        let model = fitted(als, &table(false));
        check("items", items(&model), &of_items[s]);
        check("customers", customers(&model), &of_customers[s]);
        let model = fitted(als, &table(true));
        check("items, with dislikes", items(&model), &with_dislikes[s]);
    }
}

/// Equation 2 and its alternating minimisation in double precision by numpy 2.4.6, 3 sweeps.
#[test]
fn factors_and_losses_are_those_of_the_formula() {
    let als = Als::new(3).unobserved_weight(0.2).regularization(0.05).exponent(0.7).alpha(1.5);
    let of_items = [
        -0.4969421,
        0.2481971,
        0.1993156,
        0.3312834,
        0.5617258,
        -0.02127128,
        -0.2900644,
        0.8633316,
        0.2661712,
        0.1970469,
        -0.1412906,
        0.6346312,
        -0.4424074,
        0.9760054,
        -0.2793738,
        0.4182791,
        0.5108569,
        0.04552644,
        0.07677445,
        -0.08134036,
        0.5792592,
        -0.2900644,
        0.8633316,
        0.2661712,
    ];
    let of_customers = [
        -0.2995941, 0.3208356, 1.636334, -0.2995941, 0.3208356, 1.636334, 0.986209, 0.7736489,
        1.2913,
    ];
    // With so few factors the only block is all of them, and one step of conjugate gradients each
    // factor is exact.
    let cg = AlsSolver::ConjugateGradient { n_steps: 12 };
    for solver in [AlsSolver::Exact, AlsSolver::Subspace { block: 3 }, cg] {
        let model = fitted(als.max_iter(3).solver(solver), &table(true));
        check("items", items(&model), &of_items);
        check("customers", customers(&model), &of_customers);
        for (found, expected) in model.losses().iter().zip([38.0875482, 23.32920438, 21.64951166]) {
            assert!((found - expected).abs() <= 1e-5 * expected, "{solver:?} {found} {expected}");
        }
    }
}

/// `explain(0, M, 3)` of implicit 0.7.3: the score, and what each purchase adds.
#[test]
fn explanations_are_those_of_implicit() {
    let als = Als::hu_koren_volinsky(3).regularization(0.5).alpha(2.0).max_iter(4);
    let als = als.history(HistoryWeight::Sum);
    let data = table(false);
    let model = fitted(als, &data);
    let row = data.row(CustomerIdx::new(0));
    let mut history = HistoryEntry::from_items(row.items());
    history.iter_mut().zip(row.weights()).for_each(|(entry, &weight)| entry.weight = weight);
    let as_of = Timestamp::from_seconds(99);
    let request = Request { history: &history, customer: None, as_of };
    let found = model.explain(&request, ItemIdx::new(3));
    assert!((found.total() - 0.945_370_8).abs() < 1e-5, "{found:?}");
    assert_eq!(found.base, 0.0);
    for (item, expected) in [
        (3, 0.336_877_6),
        (6, 0.175_553_0),
        (1, 0.175_553_0),
        (4, 0.136_051_7),
        (7, 0.060_667_7),
        (2, 0.060_667_7),
    ] {
        let of = |part: &&patronage_recommend::Contribution| part.item.get() == item;
        let part = found.contributions.iter().find(of).unwrap();
        assert!((part.amount - expected).abs() < 1e-5, "{item} {part:?}");
    }
    assert_eq!(found.contributions.len(), 6);
}
