//! Searches, early stopping and learning curves.

use std::ops::ControlFlow;

use patronage_core::{Fit, InteractionTable, Interactions, Recommender, Seen};
use patronage_recommend::{
    Als, AlsModel, AlsSolver, Bpr, EarlyStopping, ErrorKind, Evaluation, Grid, ItemKnn, Iterative,
    LearningCurve, Metric, PairwiseModel, Point, Popularity, Sampled, Search, Split,
    SuccessiveHalving, Warp, holm,
};

use crate::common::table;

const METRIC: Metric = Metric::Ndcg(5);

fn evaluation() -> Evaluation {
    Evaluation::new(Seen::Exclude).metrics([METRIC, Metric::Gini(5)]).bootstrap(200)
}

fn split() -> Split {
    Split::random(&table(200), 0.3, 5).unwrap()
}

#[test]
fn the_best_point_is_found_and_all_are_told() {
    let split = split();
    let search = Search::new(evaluation(), METRIC);
    let points = Grid::new().values("n_neighbours", [0.0, 1.0, 3.0, 10.0]).points();
    let fit = |point: &Point| ItemKnn::new(point.count("n_neighbours")?).fit(&split.training);
    let table = search.run(&points, &split.held_out, fit).unwrap();
    assert_eq!(table.trials().len(), 4);
    assert_eq!((table.ranking().len(), table.metric()), (3, METRIC));
    let reason = "n_neighbours: expected at least 1, found 0";
    assert_eq!(table.trials()[0].failure.as_deref(), Some(reason));
    // Each trial is what the evaluation says of that model.
    for (trial, k) in [(1, 1), (2, 3), (3, 10)] {
        let model = ItemKnn::new(k).fit(&split.training).unwrap();
        let report = evaluation().run(&model, &split.held_out).unwrap();
        assert_eq!(table.trials()[trial].report.as_ref(), Some(&report));
        assert_eq!(table.figure(trial), report.figures().first().copied());
    }
    let best = table.figure(table.ranking()[0]).unwrap().mean;
    assert!((1..4).all(|trial| table.figure(trial).unwrap().mean <= best));
    assert_eq!(table.best().report.as_ref().unwrap().mean(METRIC), Some(best));
    let behind = table.ahead_of(table.ranking()[2]).unwrap().unwrap();
    assert!(behind.difference >= 0.0 && behind.interval.is_some());
    assert_eq!(table.ahead_of(0).unwrap(), None);
    let text = table.to_string();
    assert!(text.starts_with("4 trials by ndcg@5\nndcg@5 0."), "{text}");
    assert!(text.ends_with(&format!("failed: n_neighbours 0: {reason}")), "{text}");

    assert!(search.run(&[], &split.held_out, fit).is_err());
    assert!(search.run(&points[..1], &split.held_out, fit).is_err());
    let missing = Search::new(evaluation(), Metric::Auc).run(&points, &split.held_out, fit);
    assert_eq!(
        missing.unwrap_err().to_string(),
        "auc: expected an evaluation with the metric searched by, found one without"
    );
}

#[test]
fn halving_gives_more_to_fewer_and_goes_on() {
    let split = split();
    let search = Search::new(evaluation(), METRIC);
    let points = Grid::new()
        .values("n_factors", [2.0, 4.0, 0.0])
        .values("regularization", [0.01, 100.0])
        .points();
    let mut asked: Vec<(usize, Option<usize>)> = Vec::new();
    let table = SuccessiveHalving::new(2, 8)
        .factor(2)
        .run(&search, &points, &split.held_out, |point, n_rounds, former| {
            asked.push((n_rounds, former.as_ref().map(|&(_, had)| had)));
            let regularization = point.number("regularization")?;
            let als = Als::new(point.count("n_factors")?).regularization(regularization);
            match former {
                None => als.max_iter(n_rounds).fit(&split.training),
                Some((former, had)) => {
                    als.max_iter(n_rounds - had).fit_from(&split.training, &former)
                }
            }
        })
        .unwrap();
    // Six points, of which two cannot be fitted; three left, then two.
    let [first, second, third] = [0..6, 6..9, 9..11].map(|range| asked[range].to_vec());
    assert_eq!(first, [(2, None); 6]);
    assert_eq!(second, [(4, Some(2)); 3]);
    assert_eq!(third, [(8, Some(4)); 2]);
    assert_eq!(asked.len(), 11);
    let complete = table.trials().iter().filter(|trial| trial.is_complete).count();
    assert_eq!((complete, table.best().n_rounds), (2, Some(8)));
    assert!(table.best().is_complete);
    assert_eq!(table.trials().iter().filter(|trial| trial.failure.is_some()).count(), 2);
    // What went on is what a fit of eight sweeps is.
    let (n_factors, regularization) =
        (table.best().point.count("n_factors"), table.best().point.number("regularization"));
    let whole = Als::new(n_factors.unwrap()).regularization(regularization.unwrap()).max_iter(8);
    let whole = evaluation().run(&whole.fit(&split.training).unwrap(), &split.held_out).unwrap();
    assert_eq!(table.best().report.as_ref(), Some(&whole));

    for wrong in [
        SuccessiveHalving::new(0, 4),
        SuccessiveHalving::new(5, 4),
        SuccessiveHalving::new(1, 4).factor(1),
    ] {
        let fit = |_: &Point, _, _| Popularity::new().fit(&split.training);
        assert!(wrong.run(&search, &points, &split.held_out, fit).is_err(), "{wrong:?}");
    }
}

/// What is shown on the way is what a shorter fit would give, to the bit.
#[test]
fn models_on_the_way_are_those_of_shorter_fits() {
    let data = table(60);
    let mut seen = Vec::new();
    let als = Als::new(3).max_iter(7);
    let requests = crate::common::histories(12);
    als.fit_watched(&data, 3, &mut |rounds, model: &AlsModel| {
        let short = als.max_iter(rounds).fit(&data).unwrap();
        // A warm start knows the losses of its own sweeps.
        assert!(short.losses().ends_with(model.losses()));
        for request in crate::common::requests(&requests) {
            let [mut a, mut b] = [[0.0; crate::common::N_ITEMS]; 2];
            model.scores(&request, &mut a);
            short.scores(&request, &mut b);
            assert_eq!(a, b);
        }
        seen.push(rounds);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(seen, [3, 6, 7]);

    let bpr = Bpr::new(3).max_iter(5);
    let mut seen = Vec::new();
    bpr.fit_watched(&data, 2, &mut |rounds, model: &PairwiseModel| {
        assert_eq!(*model, bpr.max_iter(rounds).fit(&data).unwrap());
        seen.push(rounds);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(seen, [2, 4, 5]);
    let mut n = 0;
    Warp::new(3)
        .fit_watched(&data, 4, &mut |_, _: &PairwiseModel| {
            n += 1;
            ControlFlow::Break(())
        })
        .unwrap();
    assert_eq!(n, 1);
    assert!(bpr.fit_watched(&data, 0, &mut |_, _| ControlFlow::Continue(())).is_err());
    assert!(als.fit_watched(&data, 0, &mut |_, _| ControlFlow::Continue(())).is_err());
}

#[test]
fn learning_stops_when_it_gets_no_better() {
    let split = split();
    let stopping = EarlyStopping::new(evaluation(), METRIC).every(5).patience(2);
    let bpr = Bpr::new(6).max_iter(400);
    let stopped = stopping.run(&bpr, &split.training, &split.held_out).unwrap();
    let means: Vec<f64> = stopped.history.iter().map(|(_, figure)| figure.mean).collect();
    let best = means.iter().copied().fold(0.0, f64::max);
    let at = means.iter().position(|&mean| mean == best).unwrap();
    assert_eq!(stopped.n_rounds, stopped.history[at].0);
    assert_eq!(stopped.n_rounds, (at + 1) * 5);
    assert!(stopped.stopped_early && means.len() == at + 3, "{means:?}");
    // The model kept is that of so many epochs.
    assert_eq!(stopped.model, bpr.max_iter(stopped.n_rounds).fit(&split.training).unwrap());
    assert_eq!(stopped.report, evaluation().run(&stopped.model, &split.held_out).unwrap());

    // A gain nobody can reach stops at once, and the best is kept all the same.
    let greedy = stopping.clone().least_gain(2.0).run(&bpr, &split.training, &split.held_out);
    assert_eq!(greedy.unwrap().history.len(), 3);
    // The estimator's own bound comes first.
    let short = stopping.run(&bpr.max_iter(7), &split.training, &split.held_out).unwrap();
    let rounds: Vec<usize> = short.history.iter().map(|(rounds, _)| *rounds).collect();
    assert_eq!((rounds, short.stopped_early), (vec![5, 7], false));
    let als = Als::new(4).solver(AlsSolver::ConjugateGradient { n_steps: 2 }).max_iter(6);
    let stopped = stopping.run(&als, &split.training, &split.held_out).unwrap();
    assert_eq!(stopped.history.len(), 2);

    let run = |stopping: EarlyStopping| stopping.run(&bpr, &split.training, &split.held_out);
    assert!(run(stopping.clone().every(0)).is_err());
    assert!(run(stopping.clone().patience(0)).is_err());
    assert!(run(stopping.clone().least_gain(f64::NAN)).is_err());
    let error = run(EarlyStopping::new(evaluation(), Metric::Mrr(3))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::MetricNeeds { metric: "mrr", .. }));
    let error = stopping.run(&Bpr::new(0), &split.training, &split.held_out).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Fit { .. }));
    assert_eq!(
        std::error::Error::source(error.kind()).unwrap().to_string(),
        "n_factors: expected 1 to 4096, found 0"
    );
}

#[test]
fn more_data_is_better_and_smaller_shares_are_part_of_larger() {
    let data = table(600);
    let split = Split::strong_drawn(&data, 0.2, 0.5, 2).unwrap();
    for of in [Sampled::Customers, Sampled::Interactions] {
        let curve = LearningCurve::new(evaluation()).shares([0.05, 0.3, 1.0]).of(of).seed(4);
        let mut tables: Vec<InteractionTable> = Vec::new();
        let points = curve
            .run(&split.training, &split.held_out, |table| {
                tables.push(table.clone());
                ItemKnn::new(10).fit(table)
            })
            .unwrap();
        let means = LearningCurve::means(&points, METRIC).unwrap();
        assert!(means[0].1 < means[2].1, "{of:?} {means:?}");
        assert_eq!(means[2].0, 1.0);
        assert_eq!(LearningCurve::means(&points, Metric::Auc), None);
        assert_eq!(tables[2], split.training);
        let n = tables[2].weights().n_entries() as f64;
        for (point, table) in points.iter().zip(&tables) {
            assert_eq!(point.n_interactions, table.weights().n_entries());
            let share = point.n_interactions as f64 / n;
            assert!((share - point.share).abs() < 0.06, "{of:?} {share}");
            assert!(point.report.figures()[0].interval.is_some());
        }
        let nested = patronage_core::CustomerIdx::all(tables[0].n_customers()).all(|customer| {
            let [small, large] = [0, 1].map(|at| tables[at].row(customer).items());
            small.iter().all(|item| large.contains(item))
        });
        assert!(nested);
        // Points are judged on the same customers, and can be compared.
        let gain = points[2].report.compare(&points[0].report, METRIC).unwrap();
        assert!(gain.difference > 0.0 && gain.sign_flip_p_value < 0.05, "{gain:?}");
    }
    let curve = LearningCurve::new(evaluation());
    let fit = |table: &InteractionTable| Popularity::new().fit(table);
    for shares in [vec![], vec![0.0], vec![1.5], vec![f64::NAN]] {
        assert!(curve.clone().shares(shares).run(&split.training, &split.held_out, fit).is_err());
    }
    let none = |table: &InteractionTable| ItemKnn::new(0).fit(table);
    assert!(curve.run(&split.training, &split.held_out, none).is_err());
}

#[test]
fn holm_by_hand() {
    assert_eq!(holm(&[]), Vec::<f64>::new());
    assert_eq!(holm(&[0.5, f64::NAN]), [1.0, 1.0]);
    // Never below the one before: 0.02 × 3, then 0.021 × 2 is less.
    assert_eq!(holm(&[0.021, 0.02, 0.9]), [0.06, 0.06, 0.9]);
}
