//! The correctness kit: every model of the crate passes it, and wrong models do not.

use patronage_core::{
    Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, Interactions, ItemFilter, ItemIdx, Line,
    Money, OrderIdx, PurchaseTable, Recommender, Request, ScoredItem, Timestamp,
};
use patronage_recommend::{
    Als, AlsModel, AlsSolver, AssociationRules, BiasedMf, Blend, Bpr, CategoryPopularity, Check,
    Checkerboard, ContentBased, CorrectnessKit, Ease, Error, Fallback, Fault, FeatureMf, Featured,
    GroupScore, GroupedItems, Groups, ItemKnn, ItemKnnModel, KitReport, Mmr, Nmf, Outcome,
    PersonalFrequency, Popularity, PopularityModel, RatingBaseline, RatingKnn, RatingScale,
    Reranked, ScoreCalibration, SegmentPopularity, Similarity, Slim, SlopeOne, Split, SvdPlusPlus,
    Switch, TifuKnn, Transitions, UserKnn, Warp,
};

const N: usize = 30;

fn kit() -> CorrectnessKit {
    CorrectnessKit::new().size(N)
}

fn passes(what: &str, report: Result<KitReport, Error>) {
    let report = report.unwrap();
    assert!(report.passed(), "{what}\n{report}");
    // Skipping everything is no way to pass.
    let made = report.findings().iter().filter(|f| f.outcome() == Outcome::Passed).count();
    assert!(made >= 2, "{what}\n{report}");
}

/// The checks that failed.
fn failed(report: &KitReport) -> Vec<Check> {
    let failed = report.findings().iter().filter(|f| f.outcome() == Outcome::Failed);
    failed.map(patronage_recommend::Finding::check).collect()
}

#[test]
fn models_of_interactions_pass() {
    passes("popularity", CorrectnessKit::popularity().size(N).run(&Popularity::new()));
    let bm25 = Similarity::Bm25 { k1: 1.2, b: 0.75 };
    for similarity in [Similarity::Cosine, Similarity::TfIdf, bm25, Similarity::Jaccard] {
        passes("item-knn", kit().run(&ItemKnn::new(N).similarity(similarity)));
        passes("user-knn", kit().run(&UserKnn::new(N).similarity(similarity)));
    }
    for solver in [
        AlsSolver::Exact,
        AlsSolver::ConjugateGradient { n_steps: 3 },
        AlsSolver::Subspace { block: 16 },
    ] {
        passes("als", kit().run(&Als::new(4).solver(solver)));
    }
    passes("als", kit().run(&Als::hu_koren_volinsky(4)));
    passes("ease", kit().run(&Ease::new(1.0)));
    // With a penalty that shares weight between items that are alike.
    passes("slim", kit().run(&Slim::new(0.01, 10.0)));
    passes("bpr", kit().run(&Bpr::new(4)));
    passes("warp", kit().run(&Warp::new(4)));
}

#[test]
fn models_of_other_things_pass() {
    let board = Checkerboard::new(N).unwrap();
    let content = |table: &InteractionTable| {
        ContentBased::new().fit(&board.features(table.n_items() - board.n()))
    };
    passes("content", kit().run_with(content));
    let blend = |table: &InteractionTable| {
        Blend::new()
            .member(ItemKnn::new(N).fit(table)?, 0.7)
            .member(Popularity::new().fit(table)?, 0.1)
            .build()
    };
    passes("blend", kit().run_with(blend));
    // Each item its own group.
    let grouped = |table: &InteractionTable| {
        let of = ItemIdx::all(table.n_items()).map(Some).collect();
        let groups = Groups::new(of, table.n_items())?;
        GroupedItems::new(ItemKnn::new(N).fit(table)?, groups, GroupScore::Sum)
    };
    passes("groups", kit().run_with(grouped));
    let calibrated = |table: &InteractionTable| {
        let split = Split::random(table, 0.3, 1)?;
        ScoreCalibration::new().fit(ItemKnn::new(N).fit(table)?, &split.held_out)
    };
    // Probabilities tie where scores differ by little: the order on the board is not promised.
    let kit_of_probabilities = kit().skip(Check::Checkerboard).skip(Check::PaddingIds);
    passes("calibrated", kit_of_probabilities.run_with(calibrated));
}

/// Models made of models, and models that know what items and customers are like.
#[test]
fn models_of_several_parts_pass() {
    let board = Checkerboard::new(N).unwrap();
    let colours = |n_items: usize| {
        let of = ItemIdx::all(n_items).map(|item| (item.index() < N).then(|| item.get() % 2));
        Groups::new(of.map(|colour| colour.map(ItemIdx::new)).collect(), 2)
    };
    let switch = |table: &InteractionTable| {
        Switch::new()
            .member(0, ItemKnn::new(N).fit(table)?)
            .member(3, Ease::new(1.0).fit(table)?)
            .build()
    };
    passes("switch", kit().run_with(switch));
    let chain = |table: &InteractionTable| {
        Fallback::new()
            .link_above(ItemKnn::new(N).fit(table)?, 1e-6)
            .link(Popularity::new().fit(table)?)
            .build()
    };
    passes("fallback", kit().run_with(chain));
    let by_category =
        |table: &InteractionTable| CategoryPopularity::new(colours(table.n_items())?).fit(table);
    passes("popularity by category", kit().run_with(by_category));
    let by_segment = |table: &InteractionTable| {
        SegmentPopularity::new(vec![None; table.n_customers()], 1).fit(table)
    };
    passes("popularity by segment", CorrectnessKit::popularity().size(N).run_with(by_segment));
    let alike = |a: ItemIdx, b: ItemIdx| f64::from(u8::from(a.get() % 2 == b.get() % 2));
    let diverse = |table: &InteractionTable| {
        Reranked::new(ItemKnn::new(N).fit(table)?, Mmr::new(0.9, alike), 10)
    };
    passes("reranked", kit().run_with(diverse));
    let featured = |table: &InteractionTable| {
        let features = board.features(table.n_items() - N);
        FeatureMf::bpr(4).fit(&Featured::new(table).items(&features))
    };
    passes("factors of features", kit().run_with(featured));
}

/// Every interaction a line; the items of a customer in one order, or each in its own, a day apart.
fn purchases(table: &InteractionTable, n_orders: u32) -> PurchaseTable {
    let mut shop =
        PurchaseTable::builder().n_customers(table.n_customers()).n_items(table.n_items());
    for customer in CustomerIdx::all(table.n_customers()) {
        for (position, &item) in (0..).zip(table.row(customer).items()) {
            let order = position % n_orders;
            let line = Line {
                at: Timestamp::from_seconds(i64::from(order)),
                order: OrderIdx::new(customer.get() * 1000 + order),
                item: Some(item),
                quantity: 1.0,
                amount: Money::from_units(1),
            };
            shop.push(customer, line);
        }
    }
    shop.build().unwrap()
}

#[test]
fn models_of_baskets_pass() {
    let tifu = |table: &InteractionTable| TifuKnn::new().k(5).fit(&purchases(table, 3));
    passes("tifu-knn", kit().run_with(tifu));
    let rules = |table: &InteractionTable| {
        AssociationRules::new(0.2).min_confidence(0.1).max_items(2).fit(&purchases(table, 1))
    };
    passes("rules", kit().run_with(rules));
    // What comes before the first item of the board nobody knows, nor what comes after the last;
    // and she who is recommended what she had already may be recommended anything else.
    let kit = kit().skip(Check::Checkerboard).skip(Check::PaddingIds);
    let transitions = |table: &InteractionTable| Transitions::new().fit(&purchases(table, 1000));
    passes("transitions", kit.run_with(transitions));
    let frequency = |table: &InteractionTable| PersonalFrequency::new().fit(&purchases(table, 3));
    passes("personal frequency", kit.run_with(frequency));
}

/// Ratings that are all alike tell no tastes; the rest is checked.
#[test]
fn models_of_ratings_pass() {
    let kit = kit().skip(Check::Checkerboard).skip(Check::PaddingIds);
    let scale = RatingScale::FIVE_STARS;
    passes("baseline", kit.run(&RatingBaseline::new(scale)));
    passes("slope one", kit.run(&SlopeOne::new(scale)));
    passes("rating knn", kit.run(&RatingKnn::new(5, scale)));
    passes("mf", kit.run(&BiasedMf::new(scale).n_factors(3).max_iter(3)));
    passes("svd++", kit.run(&SvdPlusPlus::new(scale).n_factors(3).max_iter(3)));
    passes("nmf", kit.run(&Nmf::new(scale).n_factors(3).max_iter(3)));
}

/// Warm starts are within the tolerance stated for them.
#[test]
fn updates_are_near_refits() {
    let als = Als::new(4).max_iter(30);
    let finding = kit()
        .incremental(
            0.02,
            |table| als.fit(table),
            |former: &AlsModel, _, table| als.max_iter(10).fit_from(table, former),
        )
        .unwrap();
    assert_eq!(finding.outcome(), Outcome::Passed, "{finding}");
    let report = kit().run(&als).unwrap();
    assert_eq!(report.finding(Check::IncrementalRefit).unwrap().outcome(), Outcome::Skipped);
    assert!(report.to_string().contains("incremental against refit: skipped"), "{report}");
    let report = report.and(finding);
    assert_eq!(report.finding(Check::IncrementalRefit).unwrap().outcome(), Outcome::Passed);
    assert_eq!(report.findings().len(), 6);

    // An update that learns nothing of new customers and items, and one that does not grow.
    let old = |table: &InteractionTable| {
        let known = |at: &ItemIdx| at.index() < N - N / 5;
        let kept: Vec<(u32, u32, f32)> = CustomerIdx::all(N - N / 5)
            .flat_map(|c| table.row(c).items().iter().filter(|i| known(i)).map(move |i| (c, i)))
            .map(|(customer, item)| (customer.get(), item.get(), 1.0))
            .collect();
        InteractionTable::new(Csr::from_entries(N, N, &kept, |_, _| {}).unwrap()).unwrap()
    };
    let knn = ItemKnn::new(N);
    let finding = kit().incremental(0.02, |t| knn.fit(t), |_, _, t| knn.fit(&old(t))).unwrap();
    assert!(matches!(finding.faults()[..], [Fault::Incremental { .. }]), "{finding}");
    // To the bit, as it promises.
    let finding = kit().incremental(0.0, |t| knn.fit(t), |former, b, t| knn.update(t, former, b));
    assert_eq!(finding.unwrap().outcome(), Outcome::Passed);
    let stale = |former: &ItemKnnModel, _: &_, _: &_| Ok(former.clone());
    let finding = kit().incremental(0.02, |t| knn.fit(t), stale).unwrap();
    assert_eq!(finding.faults(), [Fault::Items { expected: N, found: N - N / 5 }]);
    let popular = Popularity::new();
    let finding = CorrectnessKit::popularity()
        .incremental(0.0, |t| popular.fit(t), |_, _, t| popular.fit(t))
        .unwrap();
    assert_eq!((finding.outcome(), finding.n_checked()), (Outcome::Passed, 1));
    assert!(kit().incremental(f64::NAN, |t| knn.fit(t), |_, _, t| knn.fit(t)).is_err());
}

/// One mistake, in a model that is right otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mistake {
    None,
    /// Scores are written one item too far.
    Shifted,
    /// Item 0 of a history is taken for padding.
    FirstIsPadding,
    /// The last item is never scored.
    LastIsCut,
    /// An item nobody has is recommended.
    UnusedFirst,
    /// Of a batch of more than two the last row is not written.
    BatchOfTwo,
    /// Rows of a batch get the scores of the first.
    BatchBroadcast,
    /// The list is filtered after it was cut to `k`.
    FilterAfter,
    /// The same item twice.
    Twice,
    /// The list is sorted by item.
    ByItem,
    /// Without a history scores are no numbers.
    NotANumber,
    /// What was had is recommended.
    SeenListed,
    /// Filters allow what they should deny.
    FilterIgnored,
}

struct Wrong {
    model: ItemKnnModel,
    unused: Vec<bool>,
    mistake: Mistake,
}

impl Wrong {
    fn fit(table: &InteractionTable, mistake: Mistake) -> Result<Self, Error> {
        let mut unused = vec![true; table.n_items()];
        for customer in CustomerIdx::all(table.n_customers()) {
            table.row(customer).items().iter().for_each(|item| unused[item.index()] = false);
        }
        Ok(Self { model: ItemKnn::new(N).fit(table)?, unused, mistake })
    }
}

impl Recommender for Wrong {
    fn n_items(&self) -> usize {
        self.model.n_items()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let own: Vec<HistoryEntry> = match self.mistake {
            Mistake::FirstIsPadding => {
                request.history.iter().filter(|entry| entry.item.get() > 0).copied().collect()
            }
            _ => request.history.to_vec(),
        };
        self.model.scores(&Request { history: &own, ..*request }, out);
        match self.mistake {
            Mistake::Shifted => out.rotate_right(1),
            Mistake::LastIsCut => *out.last_mut().unwrap() = -1.0,
            Mistake::UnusedFirst => {
                out.iter_mut().zip(&self.unused).filter(|x| *x.1).for_each(|(out, _)| *out = 1e6);
            }
            Mistake::NotANumber if own.is_empty() => out.fill(f32::NAN),
            _ => {}
        }
    }

    fn scores_batch(&self, requests: &[Request<'_>], mut out: ndarray::ArrayViewMut2<'_, f32>) {
        let n = requests.len();
        for (position, mut row) in out.rows_mut().into_iter().enumerate() {
            let request = match self.mistake {
                Mistake::BatchBroadcast => &requests[0],
                _ => &requests[position],
            };
            if self.mistake == Mistake::BatchOfTwo && n > 2 && position + 1 == n {
                row.fill(0.0);
                continue;
            }
            let mut scores = vec![0.0; self.n_items()];
            self.scores(request, &mut scores);
            row.iter_mut().zip(scores).for_each(|(out, score)| *out = score);
        }
    }

    fn top_k(&self, request: &Request<'_>, k: usize, filter: &ItemFilter<'_>) -> Vec<ScoredItem> {
        let mut scores = vec![0.0; self.n_items()];
        self.scores(request, &mut scores);
        let own = ItemFilter::seen(filter.seen);
        let list = |filter: &ItemFilter<'_>| patronage_core::top_k_of(&scores, request, k, filter);
        match self.mistake {
            Mistake::FilterAfter => {
                let allowed = |item| filter.allow.is_none_or(|allow| allow(item));
                list(&own).into_iter().filter(|scored| allowed(scored.item)).collect()
            }
            Mistake::Twice => {
                let mut list = list(filter);
                if list.len() > 2 {
                    list[1] = list[0];
                }
                list
            }
            Mistake::ByItem => {
                let mut list = list(filter);
                list.sort_by_key(|scored| scored.item);
                list
            }
            Mistake::SeenListed => {
                list(&ItemFilter { seen: patronage_core::Seen::Allow, ..*filter })
            }
            Mistake::FilterIgnored => list(&own),
            _ => list(filter),
        }
    }
}

#[test]
fn each_mistake_is_caught_by_its_check() {
    use Check::{BatchInvariance, Checkerboard, FilteredTopK, PaddingIds};
    for (mistake, expected) in [
        (Mistake::None, vec![]),
        (Mistake::Shifted, vec![Checkerboard, PaddingIds]),
        (Mistake::FirstIsPadding, vec![PaddingIds]),
        (Mistake::LastIsCut, vec![Checkerboard, PaddingIds]),
        (Mistake::UnusedFirst, vec![PaddingIds]),
        (Mistake::BatchOfTwo, vec![BatchInvariance]),
        (Mistake::BatchBroadcast, vec![BatchInvariance]),
        (Mistake::FilterAfter, vec![FilteredTopK]),
        (Mistake::Twice, vec![FilteredTopK]),
        (Mistake::ByItem, vec![FilteredTopK]),
        (Mistake::NotANumber, vec![BatchInvariance, FilteredTopK]),
        (Mistake::SeenListed, vec![FilteredTopK]),
        (Mistake::FilterIgnored, vec![FilteredTopK]),
    ] {
        let report = kit().run_with(|table| Wrong::fit(table, mistake)).unwrap();
        assert_eq!(failed(&report), expected, "{mistake:?}\n{report}");
        assert_eq!(report.passed(), expected.is_empty());
        for finding in report.findings() {
            assert!(finding.faults().len() <= 8 && finding.faults().len() <= finding.n_faults());
            assert!(finding.n_faults() <= finding.n_checked());
        }
    }
}

/// Popularity with a mistake: scores are changed once fitted.
struct Distorted {
    model: PopularityModel,
    distort: fn(&mut [f32]),
}

impl Recommender for Distorted {
    fn n_items(&self) -> usize {
        self.model.n_items()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        self.model.scores(request, out);
        (self.distort)(out);
    }
}

#[test]
fn wrong_popularity_is_caught() {
    let run = |distort: fn(&mut [f32])| {
        let fit = |table: &InteractionTable| {
            Ok::<_, Error>(Distorted { model: Popularity::new().fit(table)?, distort })
        };
        CorrectnessKit::popularity().size(N).run_with(fit).unwrap()
    };
    let both = [Check::PopularityExactness, Check::PaddingIds];
    // On another scale, in the same order.
    assert!(run(|out| out.iter_mut().for_each(|score| *score = *score / 7.0 - 1.0)).passed());
    // Item 0 taken for padding; the last one cut off; ties broken; saturated counts.
    assert_eq!(failed(&run(|out| out[0] = 0.0)), both);
    assert_eq!(failed(&run(|out| *out.last_mut().unwrap() = -1.0))[0], both[0]);
    let breaks_ties: fn(&mut [f32]) =
        |out| (0..).zip(out).for_each(|(item, score): (u16, _)| *score += f32::from(item) * 1e-3);
    assert_eq!(failed(&run(breaks_ties)), both);
    assert_eq!(failed(&run(|out| out.iter_mut().for_each(|score| *score = score.min(5.0)))), both);
    // Items nobody has stand above the others.
    let unused: fn(&mut [f32]) = |out| {
        let n = out.len();
        out[n.min(9)..].fill(3.5);
    };
    assert_eq!(failed(&run(unused))[..1], [Check::PaddingIds]);
    let report = run(|out| out[0] = 0.0);
    let exactness = report.finding(Check::PopularityExactness).unwrap();
    assert!(matches!(exactness.faults()[0], Fault::Popularity { .. }), "{report}");
    assert!(report.to_string().contains("popularity exactness: FAILED"), "{report}");
}

#[test]
fn what_cannot_be_fitted_is_a_finding() {
    let report = kit().run(&ItemKnn::new(0)).unwrap();
    let message = "n_neighbours: expected at least 1, found 0".to_owned();
    assert_eq!(report.finding(Check::Checkerboard).unwrap().faults(), [Fault::Fit { message }]);
    assert!(!report.passed());
    // A model of other data.
    let other = Popularity::new().fit(&Checkerboard::new(8).unwrap().table()).unwrap();
    let report = kit().run_with(|_| Ok::<_, Error>(other.clone())).unwrap();
    let fault = Fault::Items { expected: N, found: 8 };
    assert_eq!(report.finding(Check::FilteredTopK).unwrap().faults(), [fault]);
    assert!(kit().size(3).run(&Popularity::new()).is_err());
    assert!(kit().tolerance(-1.0).run(&Popularity::new()).is_err());
}
