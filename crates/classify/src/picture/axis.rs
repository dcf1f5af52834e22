//! Where numbers stand on an axis, and how they are written there.

/// How numbers become places between 0 and 1.
#[derive(Clone, Debug)]
pub(super) enum Scale {
    /// Evenly from the first to the second.
    Linear(f64, f64),
    /// By logarithm.
    Log(f64, f64),
    /// Each of these in its turn, evenly spaced, whatever lies between.
    Ordinal(Vec<f64>),
}

impl Scale {
    /// A linear scale from round number to round number about all of `values`, from 0 where they are
    /// not below it.
    pub(super) fn round(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            return Self::Linear(0.0, 1.0);
        }
        let low = low.min(0.0);
        let high = if high > low { high } else { low + 1.0 };
        if !(high - low).is_finite() {
            return Self::Linear(low, high);
        }
        let step = step(high - low);
        Self::Linear((low / step).floor() * step, (high / step).ceil() * step)
    }

    /// Logarithmic where values are positive and span a decade, else linear; without margins.
    pub(super) fn rows(values: &[f64]) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if low > 0.0 && high >= 4.0 * low {
            Self::Log(low, high)
        } else if high > low {
            Self::Linear(low, high)
        } else {
            Self::Linear(low - 0.5, low + 0.5)
        }
    }

    /// The place of a number, 0 to 1.
    pub(super) fn place(&self, value: f64) -> f64 {
        match self {
            Self::Linear(low, high) => (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0),
            Self::Log(low, high) => (value / low).ln() / (high / low).ln(),
            Self::Ordinal(values) => {
                let at = values.iter().position(|&other| other == value).unwrap_or(0);
                let n = values.len() as f64;
                (at as f64 + 0.5) / n
            }
        }
    }

    /// The numbers to be written along the axis, at most about `most` of them.
    pub(super) fn ticks(&self, most: usize) -> Vec<f64> {
        match self {
            // A span beyond all numbers has its ends alone.
            Self::Linear(low, high) if !(high - low).is_finite() => vec![*low, *high],
            Self::Linear(low, high) => {
                let step = step(high - low);
                let first = (low / step).ceil() as i64;
                let last = (high / step + 1e-9).floor() as i64;
                (first..=last).map(|i| i as f64 * step).collect()
            }
            Self::Log(low, high) => {
                let decades = (high / low).log10();
                let kept: &[f64] = if decades > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
                let exponents = low.log10().floor() as i32..=high.log10().ceil() as i32;
                exponents
                    .flat_map(|e| kept.iter().map(move |k| k * 10_f64.powi(e)))
                    .filter(|x| *x >= low * 0.999 && *x <= high * 1.001)
                    .collect()
            }
            Self::Ordinal(values) => {
                let every = values.len().div_ceil(most.max(1)).max(1);
                values.iter().copied().step_by(every).collect()
            }
        }
    }
}

/// A step of 1, 2 or 5 that divides a span into about five parts.
fn step(span: f64) -> f64 {
    if !(span.is_finite() && span > 0.0) {
        return 1.0;
    }
    let rough = span / 5.0;
    let decade = 10_f64.powf(rough.log10().floor());
    let decade = if decade > 0.0 { decade } else { f64::MIN_POSITIVE };
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|k| k * decade)
        .find(|s| *s >= rough * 0.999)
        .unwrap_or(decade)
}

/// A number in few characters: thousands with commas, small numbers with the digits they need.
pub(super) fn written(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.1e}").replace(".0e", "e");
    }
    if size >= 1000.0 {
        let whole = format!("{size:.0}");
        let mut text = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        return if value < 0.0 { format!("-{text}") } else { text };
    }
    let digits = if size >= 100.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        4
    };
    let text = format!("{value:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            Scale::round([0.0, 0.31].into_iter()).ticks(8),
            [0.0, 0.1, 0.2, 0.30000000000000004, 0.4]
        );
        assert_eq!(Scale::Log(50.0, 1000.0).ticks(8), [50.0, 100.0, 200.0, 500.0, 1000.0]);
        assert!(Scale::round(std::iter::empty()).ticks(8).len() > 1);
        assert!(Scale::round([3.0, 3.0].into_iter()).ticks(8).len() > 1);
    }

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (0.25, "0.25"),
            (1234567.0, "1,234,567"),
            (0.30000000000000004, "0.3"),
            (30.0, "30"),
            (-1500.0, "-1,500"),
        ] {
            assert_eq!(written(value), expected);
        }
    }

    #[test]
    fn places_lie_within() {
        for scale in
            [Scale::Linear(-1e308, 1e308), Scale::Log(1e-3, 1e6), Scale::Ordinal(vec![1.0, 9.0])]
        {
            for tick in scale.ticks(5) {
                assert!((-1e-9..=1.0 + 1e-9).contains(&scale.place(tick)), "{scale:?} {tick}");
            }
        }
    }
}
