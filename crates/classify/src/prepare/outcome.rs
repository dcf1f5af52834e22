//! What supervised steps learn from.

use patronage_core::{ClassIdx, Label, Labeled};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::Error;
use crate::sample::n_classes;

/// Labels that a preparation learns from: classes and numbers. Sealed: there are no others.
pub trait Supervision: Label + sealed::Sealed {
    #[doc(hidden)]
    fn outcomes(data: &Labeled<'_, Self>, rows: &[u32]) -> Result<Outcomes, Error>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for patronage_core::ClassIdx {}
    impl Sealed for f64 {}
}

/// The outcomes of the sample's rows.
#[derive(Debug)]
pub struct Outcomes {
    /// What is said of each outcome in a column's name, and its numbers.
    pub(super) columns: Vec<(String, Vec<f64>)>,
    /// The class of each row, where labels are classes.
    pub(super) classes: Option<(Vec<u32>, usize)>,
}

impl Supervision for ClassIdx {
    fn outcomes(data: &Labeled<'_, Self>, rows: &[u32]) -> Result<Outcomes, Error> {
        let n_classes = n_classes(data)?;
        let classes: Vec<u32> = rows.iter().map(|&row| data.labels()[row as usize].get()).collect();
        let of = |class: u32| -> Vec<f64> {
            classes.iter().map(|&found| f64::from(u8::from(found == class))).collect()
        };
        let columns = if n_classes == 2 {
            vec![(String::new(), of(1))]
        } else {
            (0..n_classes as u32).map(|class| (format!(", class {class}"), of(class))).collect()
        };
        Ok(Outcomes { columns, classes: Some((classes, n_classes)) })
    }
}

impl Supervision for f64 {
    fn outcomes(data: &Labeled<'_, Self>, rows: &[u32]) -> Result<Outcomes, Error> {
        let values = rows.iter().map(|&row| data.labels()[row as usize]).collect();
        Ok(Outcomes { columns: vec![(String::new(), values)], classes: None })
    }
}

impl Outcomes {
    /// The fold of each row: drawn by `seed`, every class dealt out evenly.
    pub(super) fn folds(&self, n_rows: usize, n_folds: usize, seed: u64) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n_rows as u32).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for at in (1..order.len()).rev() {
            order.swap(at, rng.random_range(0..=at));
        }
        if let Some((classes, _)) = &self.classes {
            order.sort_by_key(|&row| classes[row as usize]);
        }
        let mut folds = vec![0; n_rows];
        for (at, &row) in order.iter().enumerate() {
            folds[row as usize] = (at % n_folds) as u32;
        }
        folds
    }
}
