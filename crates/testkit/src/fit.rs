//! What fitting promises.

use std::fmt::Debug;

use patronage_core::{Fit, Seeded};

/// Checks that fitting is a pure function: again, and in pools of one, two and seven threads, the
/// same estimator learns from the same data a model that is `same`.
///
/// `same` should compare everything a user can see, to the bit: `PartialEq` where the model has it.
///
/// # Panics
///
/// When fitting fails, or gives another model.
pub fn check_fit_deterministic<D, E>(
    estimator: &E,
    data: &D,
    same: impl Fn(&E::Model, &E::Model) -> bool,
) where
    D: ?Sized + Sync,
    E: Fit<D> + Sync,
    E::Model: Send,
    E::Error: Debug + Send,
{
    let fit = || estimator.fit(data).unwrap_or_else(|error| panic!("fitting fails: {error:?}"));
    check_same_on_any_pool(fit, same);
}

/// Checks that `run` gives what is `same` when it runs again, and in pools of one, two and seven
/// threads.
///
/// # Panics
///
/// When it does not.
pub fn check_same_on_any_pool<T: Send>(run: impl Fn() -> T + Sync, same: impl Fn(&T, &T) -> bool) {
    let first = run();
    assert!(same(&first, &run()), "a second run gives another result");
    for n_threads in [1, 2, 7] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build()
            .expect("the machine has threads to give");
        let found = pool.install(&run);
        assert!(same(&first, &found), "a pool of {n_threads} threads gives another result");
    }
}

/// Checks what a [`Seeded`] estimator promises: with one seed it learns one model, whatever seed it
/// had before.
///
/// # Panics
///
/// When fitting fails, or gives another model.
pub fn check_seeded<D, E>(estimator: &E, data: &D, same: impl Fn(&E::Model, &E::Model) -> bool)
where
    D: ?Sized,
    E: Fit<D> + Seeded,
    E::Error: Debug,
{
    let fit = |estimator: E| {
        estimator.fit(data).unwrap_or_else(|error| panic!("fitting fails: {error:?}"))
    };
    for seed in [0, 7, u64::MAX] {
        let model = fit(estimator.reseeded(seed));
        assert!(same(&model, &fit(estimator.reseeded(seed))), "seed {seed} gives one model");
        let twice = fit(estimator.reseeded(1).reseeded(seed));
        assert!(same(&model, &twice), "seed {seed} gives one model, whatever seed was before");
    }
}

/// Checks that a type may be sent to and shared with other threads; compiling is passing.
pub const fn check_send_sync<T: Send + Sync>() {}
