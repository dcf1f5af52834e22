//! What a check found.

use std::fmt;

use super::fault::Fault;

/// How many faults of one check are kept.
const MOST_KEPT: usize = 8;

/// A check of the kit.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum Check {
    /// On a checkerboard of tastes the one item withheld from each customer comes first.
    Checkerboard,
    /// Items rank by how many customers have them, ties as ties.
    PopularityExactness,
    /// Requests scored together get the scores they get alone, whatever the number scored together.
    BatchInvariance,
    /// The first and the last item are items like others, and ids nobody uses change nothing.
    PaddingIds,
    /// A filtered list holds as many items as pass the filter, up to `k`, and no other.
    FilteredTopK,
    /// A model brought up to date answers as one fitted anew.
    IncrementalRefit,
}

impl Check {
    /// The name, such as `checkerboard`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Checkerboard => "checkerboard",
            Self::PopularityExactness => "popularity exactness",
            Self::BatchInvariance => "batch-size invariance",
            Self::PaddingIds => "padding ids",
            Self::FilteredTopK => "filtered top-k",
            Self::IncrementalRefit => "incremental against refit",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Nothing wrong was found.
    Passed,
    /// Something was.
    Failed,
    /// The check was not made.
    Skipped,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    check: Check,
    n_checked: usize,
    n_faults: usize,
    faults: Vec<Fault>,
}

impl Finding {
    pub(super) const fn new(check: Check) -> Self {
        Self { check, n_checked: 0, n_faults: 0, faults: Vec::new() }
    }

    /// Counts one thing looked at, and what is wrong with it.
    pub(super) fn note(&mut self, fault: Option<Fault>) {
        self.n_checked += 1;
        if let Some(fault) = fault {
            self.n_faults += 1;
            if self.faults.len() < MOST_KEPT {
                self.faults.push(fault);
            }
        }
    }

    /// The check.
    #[must_use]
    pub const fn check(&self) -> Check {
        self.check
    }

    /// How it ended.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match (self.n_checked, self.n_faults) {
            (0, _) => Outcome::Skipped,
            (_, 0) => Outcome::Passed,
            _ => Outcome::Failed,
        }
    }

    /// The number of things looked at; 0 where the check was skipped.
    #[must_use]
    pub const fn n_checked(&self) -> usize {
        self.n_checked
    }

    /// The number of things wrong.
    #[must_use]
    pub const fn n_faults(&self) -> usize {
        self.n_faults
    }

    /// The first of them, eight at most.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, n_checked, n_faults, .. } = self;
        match self.outcome() {
            Outcome::Skipped => write!(f, "{check}: skipped"),
            Outcome::Passed => write!(f, "{check}: passed, {n_checked} looked at"),
            Outcome::Failed => {
                write!(f, "{check}: FAILED, {n_faults} of {n_checked} wrong")?;
                self.faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
        }
    }
}

/// What all checks found, skipped ones included.
#[derive(Clone, Debug, PartialEq)]
pub struct KitReport {
    pub(super) findings: Vec<Finding>,
}

impl KitReport {
    /// One finding a check, in the order of [`Check`].
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The finding of one check.
    #[must_use]
    pub fn finding(&self, check: Check) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.check == check)
    }

    /// Whether no check failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.iter().all(|finding| finding.outcome() != Outcome::Failed)
    }

    /// The same report with the finding of a check that was made apart, in place of that it was skipped.
    #[must_use]
    pub fn and(mut self, finding: Finding) -> Self {
        match self.findings.iter_mut().find(|other| other.check == finding.check) {
            Some(other) => *other = finding,
            None => self.findings.push(finding),
        }
        self
    }
}

impl fmt::Display for KitReport {
    /// One check a line, with its faults below it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, finding) in self.findings.iter().enumerate() {
            let before = if position == 0 { "" } else { "\n" };
            write!(f, "{before}{finding}")?;
        }
        Ok(())
    }
}
