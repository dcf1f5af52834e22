//! What an interaction adds to the equations.

/// The greatest confidence an interaction has.
const LARGEST: f32 = 1e9;

/// How the weight of an interaction becomes the confidence of its squared error.
///
/// In both forms a weight above 0 says that the customer wants the item (preference 1), one below
/// 0 that she does not (preference 0, with confidence `alpha × |weight|`); of weight 0 nothing is
/// known. Confidences above 1e9 count as 1e9.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum Confidence {
    /// The error of the interaction counts `alpha × |weight|`, beside the unobserved weight that
    /// every pair has (Rendle et al. 2021, equation 2).
    #[default]
    Added,
    /// The interaction's pair counts `alpha × |weight|` instead of the unobserved weight (Hu,
    /// Koren, Volinsky 2008, with `c = alpha × |weight|`; the form of the Python package implicit).
    Replacing,
}

/// From weights to the numbers `a` and `b` of the equations `(α₀ G + Σ a v vᵀ + ridge I) x = Σ b v`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) alpha: f32,
    /// What is taken from `a`, because it is in `α₀ G` already.
    pub(super) replaced: f32,
}

impl Terms {
    #[inline(always)]
    pub(super) fn of(self, weight: f32) -> (f32, f32) {
        let confidence = (self.alpha * weight.abs()).min(LARGEST);
        if weight > 0.0 {
            (confidence - self.replaced, confidence)
        } else if weight < 0.0 {
            (confidence - self.replaced, 0.0)
        } else {
            (0.0, 0.0)
        }
    }
}

/// The interactions of one customer, or of one item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entries<'a> {
    /// The rows of the other side.
    pub(super) of: &'a [u32],
    /// One weight each, or all 1.
    pub(super) weights: Option<&'a [f32]>,
    pub(super) terms: Terms,
}

impl Entries<'_> {
    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    /// The row of the other side, `a` and `b` of an interaction.
    #[inline(always)]
    pub(super) fn at(&self, k: usize) -> (usize, f32, f32) {
        let (a, b) = self.terms.of(self.weights.map_or(1.0, |weights| weights[k]));
        (self.of[k] as usize, a, b)
    }

    /// Interactions of a weight above 0.
    pub(super) fn n_wanted(&self) -> usize {
        match self.weights {
            None => self.of.len(),
            Some(weights) => weights.iter().filter(|&&weight| weight > 0.0).count(),
        }
    }

    /// Interactions of a weight other than 0.
    pub(super) fn n_observed(&self) -> usize {
        match self.weights {
            None => self.of.len(),
            Some(weights) => weights.iter().filter(|&&weight| weight != 0.0).count(),
        }
    }
}
