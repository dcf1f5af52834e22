//! Right estimators and saved models pass, and one wrong one a promise fails.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::fails;
use patronage_core::{Column, Fingerprint, Fit, Provenance, SavedModel, Schema, Seeded};
use patronage_testkit::{
    Draws, check_fit_deterministic, check_same_on_any_pool, check_saved_model, check_seeded,
    check_send_sync,
};
use serde::{Deserialize, Serialize};

/// The mean, or something near it.
struct Mean {
    seed: u64,
    wrong: Wrong,
    calls: AtomicU64,
}

#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    Nothing,
    DrawsFromNowhere,
    AddsByThread,
    KeepsSeed,
    Fails,
}

fn mean(wrong: Wrong) -> Mean {
    Mean { seed: 1, wrong, calls: AtomicU64::new(0) }
}

impl Fit<[f64]> for Mean {
    type Model = f64;
    type Error = &'static str;

    fn fit(&self, data: &[f64]) -> Result<f64, &'static str> {
        let jitter = match self.wrong {
            Wrong::Fails => return Err("nothing to learn"),
            Wrong::DrawsFromNowhere => self.calls.fetch_add(1, Ordering::Relaxed),
            Wrong::AddsByThread => rayon::current_num_threads() as u64,
            _ => Draws::new(self.seed).bits() % 1000,
        };
        Ok(data.iter().sum::<f64>() / data.len() as f64 + jitter as f64)
    }
}

impl Seeded for Mean {
    fn reseeded(&self, seed: u64) -> Self {
        let seed = if self.wrong == Wrong::KeepsSeed { seed ^ self.seed } else { seed };
        Self { seed, wrong: self.wrong, calls: AtomicU64::new(0) }
    }
}

/// Learns nothing and draws nothing.
#[derive(Clone)]
struct Constant;

impl Fit<[f64]> for Constant {
    type Model = ();
    type Error = std::convert::Infallible;

    fn fit(&self, _: &[f64]) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl Seeded for Constant {
    fn reseeded(&self, _: u64) -> Self {
        self.clone()
    }
}

#[test]
fn estimators() {
    let data = [1.0, 2.0, 4.0];
    let same = |a: &f64, b: &f64| a.to_bits() == b.to_bits();
    check_fit_deterministic(&mean(Wrong::Nothing), &data[..], same);
    check_seeded(&mean(Wrong::Nothing), &data[..], same);
    check_fit_deterministic(&Constant, &data[..], |_, _| true);
    check_seeded(&Constant, &data[..], |_, _| true);
    check_send_sync::<Mean>();
    for (message, wrong) in [
        ("a second run", Wrong::DrawsFromNowhere),
        ("threads gives another result", Wrong::AddsByThread),
        ("fitting fails", Wrong::Fails),
    ] {
        fails(message, || check_fit_deterministic(&mean(wrong), &data[..], same));
    }
    fails("whatever seed", || check_seeded(&mean(Wrong::KeepsSeed), &data[..], same));
    fails("threads gives", || check_same_on_any_pool(rayon::current_num_threads, |a, b| a == b));
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Centres {
    rows: Vec<Vec<f64>>,
    names: Vec<String>,
}

impl SavedModel for Centres {
    const TAG: &'static str = "test/centres";
    const VERSION: u32 = 3;
    const OLDEST_VERSION: u32 = 2;
}

/// Forgets what it was told.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Forgetful {
    #[serde(skip)]
    tolerance: u32,
}

impl SavedModel for Forgetful {
    const TAG: &'static str = "test/forgetful";
    const VERSION: u32 = 1;
}

/// Rounds what it was told, and so is never the same twice.
#[derive(Debug, Serialize)]
struct Drifting(f64);

impl PartialEq for Drifting {
    fn eq(&self, other: &Self) -> bool {
        (self.0 - other.0).abs() < 2.0
    }
}

impl<'de> Deserialize<'de> for Drifting {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(|value| Self(value + 1.0))
    }
}

impl SavedModel for Drifting {
    const TAG: &'static str = "test/drifting";
    const VERSION: u32 = 1;
}

#[test]
fn saved_models() {
    let schema = Schema::new([Column::number("body"), Column::category("version", ["1", "body"])]);
    let provenance =
        Provenance { schema: schema.ok(), training: Some(Fingerprint::of(b"the data")) };
    let nothing = || Provenance { schema: None, training: None };
    let centres = Centres {
        rows: vec![vec![0.1 + 0.2, -1e-300, f64::MAX], vec![5e-324]],
        names: vec!["Ünïcode \"quoted\" ,\"body\":".to_owned(), String::new()],
    };
    check_saved_model(&centres, provenance);
    check_saved_model(&centres, nothing());
    check_saved_model(&Centres { rows: vec![], names: vec![] }, nothing());
    let holes = Centres { rows: vec![vec![f64::NAN]], names: vec![] };
    fails("the model can be saved", || check_saved_model(&holes, nothing()));
    let forgetful = Forgetful { tolerance: 3 };
    fails("equals what was saved", || check_saved_model(&forgetful, nothing()));
    fails("saved as the same text", || check_saved_model(&Drifting(1.0), nothing()));
}
