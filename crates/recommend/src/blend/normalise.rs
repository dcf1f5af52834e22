//! Scores of different models, made comparable within one request.

/// How the scores of one model for one request are brought to a scale of their own.
///
/// Where all scores are equal (an empty history), the result is equal for all items, so the model
/// has no say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Normalise {
    /// `(score − least) / (greatest − least)`; O(items).
    #[default]
    MinMax,
    /// `(score − mean) / standard deviation`; O(items).
    ZScore,
    /// `1 − (rank − 1) / (items − 1)`, equal scores sharing their mean rank; O(items log items).
    Rank,
    /// Reciprocal rank fusion: `1 / (offset + rank)`, equal scores sharing their mean rank; O(items log items).
    ReciprocalRank {
        /// At least 0, usually 60: the greater, the less the first ranks matter.
        offset: f64,
    },
    /// As they are.
    Raw,
}

/// Scores as a blend takes them: what is no number counts as 0, infinities as the greatest there is.
pub(super) fn keep_finite(scores: &mut [f32]) {
    for score in scores {
        *score = if score.is_nan() { 0.0 } else { score.clamp(f32::MIN, f32::MAX) };
    }
}

impl Normalise {
    pub(super) fn holds(self) -> bool {
        match self {
            Self::ReciprocalRank { offset } => offset.is_finite() && offset >= 0.0,
            _ => true,
        }
    }

    /// `(a, b)` where the scale is `a × score + b`; `None` where it goes by rank.
    pub(super) fn affine(self, scores: &[f32]) -> Option<(f64, f64)> {
        let values = scores.iter().map(|&score| f64::from(score));
        let n = scores.len().max(1) as f64;
        let (shift, width) = match self {
            Self::MinMax => {
                let least = values.clone().fold(f64::INFINITY, f64::min);
                (least, values.fold(f64::NEG_INFINITY, f64::max) - least)
            }
            Self::ZScore => {
                let mean = values.clone().sum::<f64>() / n;
                (mean, (values.map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt())
            }
            Self::Raw => return Some((1.0, 0.0)),
            Self::Rank | Self::ReciprocalRank { .. } => return None,
        };
        // A width of 0, or one so small that its inverse is infinite, is no width.
        Some(if width > 1e-300 { (1.0 / width, -shift / width) } else { (0.0, 0.0) })
    }

    /// Replaces the scores by their place on the scale.
    pub(super) fn apply(self, scores: &mut [f32], order: &mut Vec<u32>) {
        if let Some((a, b)) = self.affine(scores) {
            for score in scores {
                *score = (a * f64::from(*score) + b) as f32;
            }
            return;
        }
        let n = scores.len();
        order.clear();
        order.extend(0..n as u32);
        let at = |item: u32| scores[item as usize];
        order.sort_unstable_by(|&a, &b| at(b).total_cmp(&at(a)).then(a.cmp(&b)));
        let mut ranked = vec![0.0; n];
        let mut before = 0;
        for same in order.chunk_by(|&a, &b| at(a) == at(b)) {
            let rank = before as f64 + (same.len() as f64 + 1.0) / 2.0;
            before += same.len();
            let place = match self {
                Self::ReciprocalRank { offset } => 1.0 / (offset + rank),
                _ if n == 1 => 0.0,
                _ => 1.0 - (rank - 1.0) / (n - 1) as f64,
            };
            same.iter().for_each(|&item| ranked[item as usize] = place as f32);
        }
        scores.copy_from_slice(&ranked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(normalise: Normalise, scores: &[f32]) -> Vec<f32> {
        let mut scores = scores.to_vec();
        normalise.apply(&mut scores, &mut Vec::new());
        scores
    }

    #[test]
    fn scales_are_what_they_say() {
        let scores = [1.0, 3.0, 2.0, 3.0];
        assert_eq!(scaled(Normalise::MinMax, &scores), [0.0, 1.0, 0.5, 1.0]);
        assert_eq!(scaled(Normalise::Rank, &scores), [0.0, 5.0 / 6.0, 1.0 / 3.0, 5.0 / 6.0]);
        let fused = scaled(Normalise::ReciprocalRank { offset: 60.0 }, &scores);
        assert_eq!(fused, [1.0 / 64.0, 1.0 / 61.5, 1.0 / 63.0, 1.0 / 61.5]);
        let z = scaled(Normalise::ZScore, &scores);
        assert!(z.iter().sum::<f32>().abs() < 1e-6);
        assert_eq!(scaled(Normalise::Raw, &scores), scores);
    }

    #[test]
    fn equal_scores_have_no_say() {
        for normalise in [Normalise::MinMax, Normalise::ZScore, Normalise::Rank] {
            for scores in [&[][..], &[7.0], &[0.0, 0.0, 0.0], &[1e38, 1e38]] {
                let scaled = scaled(normalise, scores);
                assert!(scaled.iter().all(|s| s.is_finite() && *s == scaled[0]));
            }
        }
    }
}
