//! The estimators an ensemble is made of.

use std::sync::Arc;

use patronage_core::{BoxError, ClassIdx, Classifier, Fit, Labeled, Seeded};

use super::AnyClassifier;
use crate::error::{Error, ErrorKind};
use crate::par::{self, Threads};

/// An estimator whose kind is forgotten.
pub(super) trait Learner: Send + Sync {
    fn learn(&self, data: &Labeled<'_, ClassIdx>) -> Result<AnyClassifier, BoxError>;
    fn reseeded(&self, seed: u64) -> Arc<dyn Learner>;
}

/// An estimator of a kind this crate knows.
pub(super) struct Known<E>(pub(super) E);

/// An estimator of anyone's own.
pub(super) struct Foreign<E>(pub(super) E);

impl<E, M, Er> Learner for Known<E>
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Seeded + Send + Sync + 'static,
    M: Into<AnyClassifier>,
    Er: Into<BoxError>,
{
    fn learn(&self, data: &Labeled<'_, ClassIdx>) -> Result<AnyClassifier, BoxError> {
        self.0.fit(data).map(Into::into).map_err(Into::into)
    }

    fn reseeded(&self, seed: u64) -> Arc<dyn Learner> {
        Arc::new(Self(self.0.reseeded(seed)))
    }
}

impl<E, M, Er> Learner for Foreign<E>
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Seeded + Send + Sync + 'static,
    M: Classifier + 'static,
    Er: Into<BoxError>,
{
    fn learn(&self, data: &Labeled<'_, ClassIdx>) -> Result<AnyClassifier, BoxError> {
        self.0.fit(data).map(AnyClassifier::other).map_err(Into::into)
    }

    fn reseeded(&self, seed: u64) -> Arc<dyn Learner> {
        Arc::new(Self(self.0.reseeded(seed)))
    }
}

/// Named estimators.
#[derive(Clone, Default)]
pub(super) struct Members(Vec<(String, Arc<dyn Learner>)>);

impl std::fmt::Debug for Members {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Members {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn push(&mut self, name: String, learner: Arc<dyn Learner>) {
        self.0.push((name, learner));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn reseeded(&self, seed: u64) -> Self {
        let one =
            |(name, learner): &(String, Arc<dyn Learner>)| (name.clone(), learner.reseeded(seed));
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

    /// Fits all members on the same rows.
    pub(super) fn fit_all(
        &self,
        data: &Labeled<'_, ClassIdx>,
        n_classes: usize,
    ) -> Result<Vec<AnyClassifier>, Error> {
        par::map(self.len(), Threads::Many, |member| self.fit(member, data, n_classes))
            .into_iter()
            .collect()
    }

    /// Fits a member, which must answer with `n_classes` probabilities for rows of the data.
    pub(super) fn fit(
        &self,
        member: usize,
        data: &Labeled<'_, ClassIdx>,
        n_classes: usize,
    ) -> Result<AnyClassifier, Error> {
        let (name, learner) = &self.0[member];
        let part = |source: BoxError| Error::from(ErrorKind::Part { part: name.clone(), source });
        let model = learner.learn(data).map_err(part)?;
        model.schema().check(data.schema()).map_err(|error| part(error.into()))?;
        if model.n_classes() != n_classes {
            let (what, found) = ("classes of a member", model.n_classes());
            let error = Error::from(ErrorKind::Length { what, expected: n_classes, found });
            return Err(part(error.into()));
        }
        Ok(model)
    }
}

/// The setters by which an ensemble gets its members.
macro_rules! member_setters {
    () => {
        /// A further member: any estimator of this crate, prepared or not.
        #[must_use]
        pub fn member<E, M, Er>(mut self, name: impl Into<String>, estimator: E) -> Self
        where
            E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er>
                + Seeded
                + Send
                + Sync
                + 'static,
            M: Into<AnyClassifier> + 'static,
            Er: Into<BoxError> + 'static,
        {
            self.members.push(name.into(), Arc::new(Known(estimator)));
            self
        }

        /// A further member: anyone's own estimator. What is fitted can then not be saved.
        #[must_use]
        pub fn other_member<E, M, Er>(mut self, name: impl Into<String>, estimator: E) -> Self
        where
            E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er>
                + Seeded
                + Send
                + Sync
                + 'static,
            M: Classifier + 'static,
            Er: Into<BoxError> + 'static,
        {
            self.members.push(name.into(), Arc::new(Foreign(estimator)));
            self
        }
    };
}

pub(super) use member_setters;

/// Checks what the members of a loaded ensemble must be.
#[cfg(feature = "serde")]
pub(super) fn check_members(
    schema: &patronage_core::Schema,
    n_classes: usize,
    names: &[String],
    members: &[AnyClassifier],
) -> Result<(), crate::saved::Broken> {
    use crate::saved::ensure;
    let named = !members.is_empty() && names.len() == members.len();
    ensure(named, "members", "at least one, with a name each")?;
    let fits =
        |member: &AnyClassifier| member.schema() == schema && member.n_classes() == n_classes;
    ensure(members.iter().all(fits), "members", "models of the same columns and classes")
}
