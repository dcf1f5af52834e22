//! What may have been meant.

use crate::error::Hint;

/// The name of `known` nearest to `found`, where it is near enough to be a slip of the pen.
///
/// Nearness is the Levenshtein distance without regard to case; at most a third of the letters may
/// differ. O(names × length²), with texts beyond 64 letters left alone.
pub(crate) fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Hint {
    let letters =
        |text: &str| -> Vec<char> { text.chars().take(65).flat_map(char::to_lowercase).collect() };
    let wanted = letters(found);
    let most = wanted.len().div_ceil(3).min(3);
    if wanted.is_empty() || wanted.len() > 64 {
        return Hint(None);
    }
    let mut best: Option<(usize, &str)> = None;
    for name in known {
        let distance = levenshtein(&wanted, &letters(name));
        if distance <= most && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    Hint(best.map(|(_, name)| name.to_owned()))
}

fn levenshtein(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let known = ["recency_days", "frequency", "monetary"];
        let meant = |found: &str| nearest(found, known).0;
        assert_eq!(meant("recency_day").as_deref(), Some("recency_days"));
        assert_eq!(meant("Monetary").as_deref(), Some("monetary"));
        assert_eq!(meant("age"), None);
        assert_eq!(meant(""), None);
        assert_eq!(levenshtein(&['a', 'b'], &[]), 2);
    }
}
