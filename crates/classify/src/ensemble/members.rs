//! The estimators an ensemble is made of.

use std::ops::Range;
use std::sync::Arc;

use ndarray::Array2;
use patronage_core::{BoxError, ClassIdx, Fit, Label, Labeled, Seeded};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{AnyClassifier, AnyRegressor};
use crate::answers::{Answers, predict};
use crate::error::{Error, ErrorKind};
use crate::par::{self, Threads};
use crate::stats::binade;

/// A fitted member whose kind is forgotten.
pub(super) trait Member: Answers<Self::Label> + Sized + 'static {
    type Label: Label;
}

impl Member for AnyClassifier {
    type Label = ClassIdx;
}

impl Member for AnyRegressor {
    type Label = f64;
}

/// An estimator whose kind is forgotten.
pub(super) trait Learner<A: Member>: Send + Sync {
    fn learn(&self, data: &Labeled<'_, A::Label>) -> Result<A, BoxError>;
    fn reseeded(&self, seed: u64) -> Arc<dyn Learner<A>>;
}

/// An estimator, and how the kind of its models is forgotten.
pub(super) struct Kept<E, M, A> {
    pub(super) estimator: E,
    pub(super) forget: fn(M) -> A,
}

impl<E, M, Er, A> Learner<A> for Kept<E, M, A>
where
    A: Member,
    E: for<'a> Fit<Labeled<'a, A::Label>, Model = M, Error = Er> + Seeded + Send + Sync + 'static,
    M: 'static,
    Er: Into<BoxError>,
{
    fn learn(&self, data: &Labeled<'_, A::Label>) -> Result<A, BoxError> {
        self.estimator.fit(data).map(self.forget).map_err(Into::into)
    }

    fn reseeded(&self, seed: u64) -> Arc<dyn Learner<A>> {
        Arc::new(Self { estimator: self.estimator.reseeded(seed), forget: self.forget })
    }
}

/// Named estimators.
pub(super) struct Members<A>(Vec<(String, Arc<dyn Learner<A>>)>);

impl<A> Clone for Members<A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<A> std::fmt::Debug for Members<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl<A: Member> Members<A> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn push(&mut self, name: String, learner: Arc<dyn Learner<A>>) {
        self.0.push((name, learner));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Each with a seed of its own: two forests of one kind stay two.
    pub(super) fn reseeded(&self, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let one = |(name, learner): &(String, Arc<dyn Learner<A>>)| {
            (name.clone(), learner.reseeded(rng.random()))
        };
        Self(self.0.iter().map(one).collect())
    }

    /// Refuses an ensemble of nobody, and two members of one name.
    pub(super) fn validate(&self) -> Result<(), Error> {
        if self.0.is_empty() {
            return Err(patronage_core::Error::from(patronage_core::ErrorKind::Empty {
                what: "members",
            })
            .into());
        }
        for (second, (name, _)) in self.0.iter().enumerate() {
            let first = self.0.iter().position(|(other, _)| other == name).unwrap_or(second);
            if first < second {
                return Err(ErrorKind::Label {
                    expected: "a name for each member",
                    position: second,
                    found: format!("{name:?}"),
                }
                .into());
            }
        }
        Ok(())
    }

    /// What each member's vote counts, brought to sum to 1; all the same unless given.
    pub(super) fn shares(&self, weights: Option<&[f64]>) -> Result<Vec<f64>, Error> {
        let n = self.len();
        let Some(weights) = weights else { return Ok(vec![1.0 / n as f64; n]) };
        if weights.len() != n {
            let (what, found) = ("weights of members", weights.len());
            return Err(ErrorKind::Length { what, expected: n, found }.into());
        }
        let greatest = weights.iter().copied().fold(0.0, f64::max);
        let wrong = weights.iter().position(|weight| !weight.is_finite() || *weight < 0.0);
        let position = wrong.or_else(|| (greatest <= 0.0).then_some(0));
        if let Some(position) = position {
            let (what, expected) = ("weight of member", "finite numbers, at least 0, not all 0");
            let found = weights[position];
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        let unit = binade(greatest);
        let total: f64 = weights.iter().map(|weight| weight / unit).sum();
        Ok(weights.iter().map(|weight| weight / unit / total).collect())
    }

    /// Fits all members on the same rows; each must answer with `n_answers` numbers.
    pub(super) fn fit_all(
        &self,
        data: &Labeled<'_, A::Label>,
        n_answers: usize,
    ) -> Result<Vec<A>, Error> {
        par::map(self.len(), Threads::Many, |member| self.fit(member, data, n_answers))
            .into_iter()
            .collect()
    }

    fn fit(
        &self,
        member: usize,
        data: &Labeled<'_, A::Label>,
        n_answers: usize,
    ) -> Result<A, Error> {
        let (name, learner) = &self.0[member];
        let part = |source: BoxError| Error::from(ErrorKind::Part { part: name.clone(), source });
        let model = learner.learn(data).map_err(part)?;
        model.row_schema().check(data.schema()).map_err(|error| part(error.into()))?;
        if model.n_answers() != n_answers {
            let (what, found) = ("classes of a member", model.n_answers());
            let error = Error::from(ErrorKind::Length { what, expected: n_answers, found });
            return Err(part(error.into()));
        }
        Ok(model)
    }

    /// What members say of rows they did not see: row i is row i of the table, and of each member
    /// the `kept` ones of its `n_answers` numbers.
    ///
    /// `tests` are the folds, of distinct rows. Rows in no fold, those of weight 0, are learnt from
    /// by nobody and stay 0.
    pub(super) fn out_of_fold(
        &self,
        data: &Labeled<'_, A::Label>,
        tests: &[Vec<u32>],
        n_answers: usize,
        kept: &Range<usize>,
    ) -> Result<Array2<f64>, Error> {
        let mut fold_of = vec![u32::MAX; data.labels().len()];
        for (test, fold) in tests.iter().zip(0..) {
            test.iter().for_each(|&row| fold_of[row as usize] = fold);
        }
        let taking_part = || (0..data.len()).map(|position| data.row_index(position));
        let parts = par::map(tests.len() * self.len(), Threads::Many, |at| {
            let (fold, member) = ((at / self.len()) as u32, at % self.len());
            let train: Vec<u32> =
                taking_part().filter(|&row| fold_of[row] != fold).map(|row| row as u32).collect();
            let model = self.fit(member, &data.reborrow().select(&train)?, n_answers)?;
            Ok::<_, Error>(predict(&model, &data.reborrow().select(&tests[fold as usize])?))
        });
        let mut all = Array2::zeros((data.labels().len(), kept.len() * self.len()));
        for (at, said) in parts.into_iter().enumerate() {
            let first = at % self.len() * kept.len();
            for (&row, said) in tests[at / self.len()].iter().zip(said?.rows()) {
                for (column, answer) in (first..).zip(kept.clone()) {
                    all[[row as usize, column]] = said[answer];
                }
            }
        }
        Ok(all)
    }
}

/// The setters by which an ensemble gets its members.
macro_rules! member_setters {
    ($label:ty, $any:ident, $answers:ident) => {
        /// A further member: any estimator of this crate, prepared or not.
        #[must_use]
        pub fn member<E, M, Er>(mut self, name: impl Into<String>, estimator: E) -> Self
        where
            E: for<'a> Fit<Labeled<'a, $label>, Model = M, Error = Er>
                + Seeded
                + Send
                + Sync
                + 'static,
            M: Into<$any> + 'static,
            Er: Into<BoxError> + 'static,
        {
            let kept = Kept { estimator, forget: <M as Into<$any>>::into };
            self.members.push(name.into(), Arc::new(kept));
            self
        }

        /// A further member: anyone's own estimator. What is fitted can then not be saved.
        #[must_use]
        pub fn other_member<E, M, Er>(mut self, name: impl Into<String>, estimator: E) -> Self
        where
            E: for<'a> Fit<Labeled<'a, $label>, Model = M, Error = Er>
                + Seeded
                + Send
                + Sync
                + 'static,
            M: $answers + 'static,
            Er: Into<BoxError> + 'static,
        {
            let kept = Kept { estimator, forget: $any::other::<M> as fn(M) -> $any };
            self.members.push(name.into(), Arc::new(kept));
            self
        }
    };
}

pub(super) use member_setters;

/// Checks what the members of a loaded ensemble must be.
#[cfg(feature = "serde")]
pub(super) fn check_members<A: Member>(
    schema: &patronage_core::Schema,
    n_answers: usize,
    names: &[String],
    members: &[A],
) -> Result<(), crate::saved::Broken> {
    use crate::saved::ensure;
    let named = !members.is_empty() && names.len() == members.len();
    ensure(named, "members", "at least one, with a name each")?;
    let apart: std::collections::BTreeSet<&String> = names.iter().collect();
    ensure(apart.len() == names.len(), "names", "all different")?;
    let fits = |member: &A| member.row_schema() == schema && member.n_answers() == n_answers;
    ensure(members.iter().all(fits), "members", "models of the same columns and classes")
}
