//! Re-ranked lists: full, kept to what passes, and equal to their definitions.

use patronage_core::{
    Fit, HistoryEntry, ItemFilter, ItemIdx, Recommender, Request, ScoredItem, Seen, Span,
};
use patronage_recommend::{
    Als, Assortment, CategoryCalibration, Divergence, ErrorKind, Groups, HistoryWeight, ItemKnn,
    MarginAware, Mmr, Popularity, Relevance, Rerank, Reranked, popularity_tiers,
};
use patronage_testkit::check_recommender;

use crate::common::{
    Fixed, N_ITEMS, anonymous, content, draw, histories, requests, subsets, table,
};

fn kinds() -> Groups {
    let of = (0..N_ITEMS as u32).map(|item| (item != 4).then(|| ItemIdx::new(item % 3))).collect();
    Groups::new(of, 3).unwrap()
}

fn margins() -> Vec<f64> {
    (0..N_ITEMS as u64).map(|item| draw(item, 100) as f64 / 10.0 - 1.0).collect()
}

fn rules() -> Vec<Box<dyn Rerank>> {
    let content = content();
    let calibration = CategoryCalibration::new(kinds(), 0.7);
    let popularity = Popularity::new().fit(&table(60)).unwrap();
    let tiers = popularity_tiers(popularity.popularity(), &[0.2, 0.8]).unwrap();
    vec![
        Box::new(Mmr::new(0.6, move |a, b| content.similarity(a, b))),
        Box::new(Mmr::new(0.5, |_, _| f64::NAN)),
        Box::new(calibration.clone()),
        Box::new(calibration.history(HistoryWeight::Sum).half_life(Span::days(1))),
        Box::new(CategoryCalibration::new(tiers, 0.9).divergence(Divergence::JensenShannon)),
        Box::new(MarginAware::new(margins(), 0.5)),
        Box::new(Broken),
    ]
}

/// Says the same position over and over, and one there is none of.
#[derive(Debug)]
struct Broken;

impl Rerank for Broken {
    fn order(&self, _: &Request<'_>, candidates: &[ScoredItem], _: usize) -> Vec<usize> {
        vec![2, 2, candidates.len(), usize::MAX, 2, 0]
    }
}

fn models() -> Vec<Box<dyn Recommender>> {
    let table = table(60);
    vec![
        Box::new(Popularity::new().fit(&table).unwrap()),
        Box::new(ItemKnn::new(9).fit(&table).unwrap()),
        Box::new(Als::new(4).max_iter(2).fit(&table).unwrap()),
        // All alike, and as great as can be.
        Box::new(Fixed(vec![0.0; N_ITEMS])),
        Box::new(Fixed(vec![f32::MAX; N_ITEMS])),
        Box::new(Fixed((0..N_ITEMS).map(|i| if i % 2 == 0 { f32::MIN } else { 1e38 }).collect())),
    ]
}

#[test]
fn over_any_recommender_it_keeps_the_promises_of_one() {
    let histories = histories(4);
    for model in models() {
        for rule in rules() {
            for depth in [1, 8, N_ITEMS, 999] {
                let reranked = Reranked::new(&*model, &*rule, depth).unwrap();
                check_recommender(&reranked, &requests(&histories[..1]));
            }
        }
    }
    let model = ItemKnn::new(9).fit(&table(60)).unwrap();
    for rule in rules() {
        let reranked = Reranked::new(&model, &*rule, 12).unwrap().seen(Seen::Allow);
        check_recommender(&reranked.relevance(Relevance::Raw), &requests(&histories));
    }
}

/// As many as the model gives, all of which pass, and the list of the same filter as a recommender.
#[test]
fn lists_are_as_long_as_those_of_the_model() {
    let histories = histories(6);
    let odd = |item: ItemIdx| item.get() % 2 == 1;
    for model in models().iter().take(3) {
        for rule in rules() {
            let reranked = Reranked::new(&**model, &*rule, 8).unwrap();
            for request in requests(&histories) {
                for filter in [ItemFilter::default(), ItemFilter::default().allow(&odd)] {
                    for k in [0, 1, 5, 8, 13, N_ITEMS, usize::MAX] {
                        let list = reranked.rerank(&request, k, &filter);
                        let plain = model.top_k(&request, k.max(8), &filter);
                        assert_eq!(list.len(), model.top_k(&request, k, &filter).len());
                        // Candidates with the model's own scores, each once.
                        assert!(list.iter().all(|scored| plain.contains(scored)));
                        let mut items: Vec<ItemIdx> = list.iter().map(|s| s.item).collect();
                        items.sort_unstable();
                        items.dedup();
                        assert_eq!(items.len(), list.len());
                    }
                }
                for k in [1, 5, 8] {
                    let items = |list: Vec<ScoredItem>| -> Vec<ItemIdx> {
                        list.into_iter().map(|scored| scored.item).collect()
                    };
                    let filter = ItemFilter::default();
                    let list = items(reranked.rerank(&request, k, &filter));
                    assert_eq!(list, items(reranked.top_k(&request, k, &filter)));
                    let assortment = Assortment::new(N_ITEMS);
                    assert_eq!(list, items(assortment.top_k(&reranked, &request, k, &filter)));
                }
            }
        }
    }
}

/// Random candidates, best first.
fn candidates(seed: u64, n: u64) -> Vec<ScoredItem> {
    let mut all: Vec<ScoredItem> = (0..n)
        .map(|at| {
            let item = ItemIdx::new((at * 3 + seed % 3) as u32 % N_ITEMS as u32);
            ScoredItem { item, score: draw(seed * 100 + at, 8) as f32 / 7.0 }
        })
        .collect();
    all.sort_by(patronage_core::rank);
    all
}

/// The first of the open candidates of the greatest value.
fn argmax(open: &[usize], value: impl Fn(usize) -> f64) -> usize {
    let mut best = open[0];
    for &at in open {
        if value(at) > value(best) {
            best = at;
        }
    }
    best
}

#[test]
fn each_step_of_mmr_is_the_best_there_is() {
    let similarity =
        |a: ItemIdx, b: ItemIdx| draw(u64::from(a.get()) * 64 + u64::from(b.get()), 9) as f64 / 8.0;
    for seed in 0..60 {
        let candidates = candidates(seed, 9);
        for lambda in [0.0, 0.3, 0.8, 1.0] {
            let order = Mmr::new(lambda, similarity).order(&anonymous(&[]), &candidates, 9);
            for (place, &chosen) in order.iter().enumerate() {
                let (picked, open) = (&order[..place], &mut order[place..].to_vec());
                open.sort_unstable();
                let value = |at: usize| {
                    let nearest = picked
                        .iter()
                        .map(|&other| similarity(candidates[at].item, candidates[other].item))
                        .reduce(f64::max);
                    let relevance = f64::from(candidates[at].score);
                    lambda * relevance - (1.0 - lambda) * nearest.unwrap_or(0.0)
                };
                assert_eq!(chosen, argmax(open, value), "{seed} {lambda} {place}");
            }
            if lambda == 1.0 {
                assert_eq!(order, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
            }
            let shorter = Mmr::new(lambda, similarity).order(&anonymous(&[]), &candidates, 4);
            assert_eq!(shorter, order[..4]);
        }
    }
}

/// The objective of a list, from its definition.
fn objective(
    candidates: &[ScoredItem],
    list: &[usize],
    wanted: &[f64; 4],
    lambda: f64,
    divergence: Divergence,
) -> f64 {
    let groups = kinds();
    let group = |at: usize| groups.group(candidates[at].item).map_or(3, ItemIdx::index);
    let relevance: f64 = list.iter().map(|&at| f64::from(candidates[at].score)).sum();
    let far: f64 = (0..4)
        .map(|g| {
            let n = list.iter().filter(|&&at| group(at) == g).count();
            let (p, q) = (wanted[g], n as f64 / list.len() as f64);
            let log = |a: f64, b: f64| if a > 0.0 { a * (a / b).ln() } else { 0.0 };
            match divergence {
                Divergence::KullbackLeibler { smoothing } => {
                    log(p, (1.0 - smoothing) * q + smoothing * p)
                }
                _ => log(p, (p + q) / 2.0) / 2.0 + log(q, (p + q) / 2.0) / 2.0,
            }
        })
        .sum();
    (1.0 - lambda) * relevance - lambda * far
}

#[test]
fn each_step_of_a_calibration_is_the_best_and_the_list_nearly_so() {
    // Kinds 0, 0, 1 and none: items 0, 3, 1 and 4.
    let history = HistoryEntry::from_items(&[0, 3, 1, 4, 99].map(ItemIdx::new));
    let wanted = [0.5, 0.25, 0.0, 0.25];
    let smooth = Divergence::KullbackLeibler { smoothing: 0.01 };
    let (mut n_best, mut n, mut least) = (0, 0, 1.0_f64);
    for divergence in [smooth, Divergence::JensenShannon] {
        for seed in 0..40 {
            let candidates: Vec<ScoredItem> = (0..10)
                .map(|at| ScoredItem {
                    item: ItemIdx::new((at * 7 + seed as u32) % N_ITEMS as u32),
                    score: 1.0 - at as f32 / 10.0,
                })
                .collect();
            for lambda in [0.0, 0.5, 0.9, 1.0] {
                let rule = CategoryCalibration::new(kinds(), lambda).divergence(divergence);
                let order = rule.order(&anonymous(&history), &candidates, 4);
                let value =
                    |list: &[usize]| objective(&candidates, list, &wanted, lambda, divergence);
                for (place, &chosen) in order.iter().enumerate() {
                    let open: Vec<usize> =
                        (0..10).filter(|at| !order[..place].contains(at)).collect();
                    let with = |at: usize| value(&[&order[..place], &[at][..]].concat());
                    let best = argmax(&open, with);
                    assert!(with(best) - with(chosen) < 1e-12, "{seed} {lambda} {place}");
                }
                let all: Vec<f64> = subsets(10, 4).iter().map(|list| value(list)).collect();
                let best = all.iter().copied().fold(f64::MIN, f64::max);
                let worst = all.iter().copied().fold(f64::MAX, f64::min);
                let reached = (value(&order) - worst) / (best - worst);
                n_best += usize::from(reached > 1.0 - 1e-9);
                n += 1;
                least = least.min(reached);
                if lambda == 0.0 {
                    assert_eq!(order, [0, 1, 2, 3]);
                }
            }
        }
    }
    // Of all 320 cases: how often greedy is best, and how far it stays behind at worst.
    assert!(n_best * 10 >= n * 9 && least > 0.9, "best in {n_best} of {n}, at worst {least}");
}

#[test]
fn a_calibrated_list_has_the_shares_of_the_history() {
    let model = Fixed((0..N_ITEMS).map(|item| 1.0 - item as f32 / 100.0).collect());
    // Two of kind 2 for one of kind 0.
    let history = HistoryEntry::from_items(&[27, 26, 29].map(ItemIdx::new));
    let rule = CategoryCalibration::new(kinds(), 0.99);
    let reranked = Reranked::new(&model, rule, N_ITEMS).unwrap();
    let list = reranked.rerank(&anonymous(&history), 9, &ItemFilter::default());
    let of_kind = |kind| list.iter().filter(|scored| scored.item.get() % 3 == kind).count();
    assert_eq!([of_kind(0), of_kind(1), of_kind(2)], [3, 0, 6]);
    // Without a history the model's order stands.
    let plain = reranked.rerank(&anonymous(&[]), 9, &ItemFilter::default());
    assert_eq!(plain, model.top_k(&anonymous(&[]), 9, &ItemFilter::default()));
}

#[test]
fn who_buys_niche_items_gets_niche_items() {
    let popularity: Vec<f32> = (0..N_ITEMS).map(|item| [30.0, 10.0, 1.0][item / 10]).collect();
    let tiers = popularity_tiers(&popularity, &[0.5, 0.9]).unwrap();
    let tier = |item: ItemIdx| tiers.group(item).unwrap().get();
    let counts = [0, 1, 2].map(|t| ItemIdx::all(N_ITEMS).filter(|&i| tier(i) == t).count());
    // Of 410 interactions, 180 are ahead of item 6 and 210 of item 7, 360 of item 16 and 370 of item 17.
    assert_eq!(counts, [7, 10, 13]);
    let model = Fixed(popularity);
    let rule = CategoryCalibration::new(tiers.clone(), 0.99);
    let rule = rule.divergence(Divergence::JensenShannon);
    let reranked = Reranked::new(&model, rule, N_ITEMS).unwrap();
    let tail = |history: &[u32]| {
        let items: Vec<ItemIdx> = history.iter().copied().map(ItemIdx::new).collect();
        let history = HistoryEntry::from_items(&items);
        let list = reranked.rerank(&anonymous(&history), 6, &ItemFilter::default());
        list.iter().filter(|scored| tier(scored.item) == 2).count()
    };
    assert_eq!([tail(&[0, 1]), tail(&[0, 29]), tail(&[28, 29])], [0, 3, 6]);
    for bounds in [&[0.0][..], &[0.5, 0.5], &[1.0], &[f64::NAN]] {
        assert!(popularity_tiers(&[1.0], bounds).is_err());
    }
    assert!(popularity_tiers(&[1.0, f32::NAN], &[]).is_err());
    assert_eq!(
        popularity_tiers(&[0.0; 3], &[0.2]).unwrap().group(ItemIdx::new(2)).unwrap().get(),
        0
    );
    assert_eq!(popularity_tiers(&[], &[0.2]).unwrap().n_items(), 0);
}

#[test]
fn no_list_is_expected_to_earn_more() {
    for seed in 0..30 {
        let p: Vec<f32> = (0..9).map(|item| draw(seed * 50 + item, 100) as f32 / 100.0).collect();
        let margins: Vec<f64> = (0..9).map(|i| draw(seed * 77 + i, 90) as f64 / 10.0).collect();
        let model = Fixed(p.clone());
        let rule = MarginAware::new(margins.clone(), 1.0);
        let reranked = Reranked::new(&model, rule, 9).unwrap().relevance(Relevance::Raw);
        let value = |item: usize| f64::from(p[item]) * margins[item];
        let list = reranked.rerank(&anonymous(&[]), 3, &ItemFilter::default());
        let earned: f64 = list.iter().map(|scored| value(scored.item.index())).sum();
        let lists = subsets(9, 3);
        let best = lists.iter().map(|list| list.iter().map(|&i| value(i)).sum::<f64>());
        let best = best.fold(0.0, f64::max);
        assert!((earned - best).abs() < 1e-9, "{seed}: {earned}, at most {best}");
    }
    // Without an exponent margins do not matter, with one those below 0 count as 0.
    let model = Fixed(vec![0.1, 0.2, 0.3]);
    let items = |alpha, margins: [f64; 3]| {
        let rule = MarginAware::new(margins.to_vec(), alpha);
        let reranked = Reranked::new(&model, rule, 3).unwrap().relevance(Relevance::Raw);
        let list = reranked.rerank(&anonymous(&[]), 3, &ItemFilter::default());
        list.iter().map(|scored| scored.item.get()).collect::<Vec<_>>()
    };
    assert_eq!(items(0.0, [9.0, 0.0, -1.0]), [2, 1, 0]);
    assert_eq!(items(1.0, [9.0, 0.0, -1.0]), [0, 2, 1]);
    assert_eq!(items(10.0, [1e308, 1e-308, 1e300]), [0, 2, 1]);
}

#[test]
fn what_cannot_be_is_refused() {
    let model = Fixed(vec![1.0; N_ITEMS]);
    let refused = |rule: &dyn Rerank, name: &str| {
        let error = Reranked::new(&model, rule, 5).err().unwrap().to_string();
        assert!(error.starts_with(name), "{error}");
    };
    let error = Reranked::new(&model, Broken, 0).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Parameter { parameter: "depth", .. }));
    refused(&Mmr::new(f64::NAN, |_, _| 0.0), "lambda");
    refused(&CategoryCalibration::new(kinds(), 1.5), "lambda");
    refused(&CategoryCalibration::new(Groups::new(vec![None], 0).unwrap(), 0.5), "groups");
    let kl = Divergence::KullbackLeibler { smoothing: 0.0 };
    refused(&CategoryCalibration::new(kinds(), 0.5).divergence(kl), "smoothing");
    let faded = CategoryCalibration::new(kinds(), 0.5).half_life(Span::days(0));
    refused(&faded, "half_life");
    refused(&MarginAware::new(vec![1.0], 1.0), "margins");
    refused(&MarginAware::new(vec![f64::NAN; N_ITEMS], 1.0), "margin 0");
    refused(&MarginAware::new(vec![f64::INFINITY; N_ITEMS], 1.0), "margin");
    refused(&MarginAware::new(vec![1.0; N_ITEMS], -1.0), "alpha");
}
