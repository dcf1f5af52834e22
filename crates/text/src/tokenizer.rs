//! Text to words.

use unicode_segmentation::UnicodeSegmentation;

/// What becomes of words that are numbers: digits with separators, such as `12` or `3.5`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Numbers {
    /// They are words like others.
    #[default]
    Keep,
    /// They are left out.
    Drop,
    /// All of them are the one word `#`.
    Merge,
}

/// Which runs of words are terms.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Ngrams {
    /// Each word.
    #[default]
    Words,
    /// Each word, and each pair of neighbours joined by a space (after words were left out).
    WordsAndPairs,
}

/// Splits text into lower-cased words by the Unicode rules.
///
/// Words are the segments of Unicode Standard Annex 29 that hold a letter or a digit: `T-LIGHT` is
/// two words, `don't` and `3.5` are one. Lower-casing is Unicode's, without a locale. A text
/// without words, the empty text among them, has no terms. O(length of the text).
///
/// ```
/// use patronage_text::{ENGLISH_STOP_WORDS, Ngrams, Numbers, Tokenizer};
///
/// let tokenizer = Tokenizer::new()
///     .stop_words(ENGLISH_STOP_WORDS)
///     .numbers(Numbers::Merge)
///     .ngrams(Ngrams::WordsAndPairs);
/// assert_eq!(
///     tokenizer.terms("SET OF 6 Café MUGS"),
///     ["set", "#", "café", "mugs", "set #", "# café", "café mugs"]
/// );
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Tokenizer {
    min_chars: usize,
    numbers: Numbers,
    ngrams: Ngrams,
    /// Lower-cased, ascending.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "read_stop_words"))]
    stop_words: Vec<String>,
}

#[cfg(feature = "serde")]
fn read_stop_words<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let words: Vec<String> = serde::Deserialize::deserialize(from)?;
    Ok(Tokenizer::new().stop_words(words).stop_words)
}

impl Tokenizer {
    /// Words of at least two characters, numbers kept, no stop words, no pairs.
    #[must_use]
    pub fn new() -> Self {
        Self { min_chars: 2, numbers: Numbers::Keep, ngrams: Ngrams::Words, stop_words: Vec::new() }
    }

    /// The fewest characters (code points) of a word; default `2`. Numbers may be shorter.
    #[must_use]
    pub const fn min_chars(mut self, min_chars: usize) -> Self {
        self.min_chars = min_chars;
        self
    }

    /// What becomes of numbers; default [`Numbers::Keep`].
    #[must_use]
    pub const fn numbers(mut self, numbers: Numbers) -> Self {
        self.numbers = numbers;
        self
    }

    /// Which runs of words are terms; default [`Ngrams::Words`].
    #[must_use]
    pub const fn ngrams(mut self, ngrams: Ngrams) -> Self {
        self.ngrams = ngrams;
        self
    }

    /// Words to leave out, compared after lower-casing; none by default.
    #[must_use]
    pub fn stop_words<S: AsRef<str>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.stop_words = words.into_iter().map(|word| word.as_ref().to_lowercase()).collect();
        self.stop_words.sort_unstable();
        self.stop_words.dedup();
        self
    }

    /// The words of `text` in order, stop words and short words left out.
    #[must_use]
    pub fn words(&self, text: &str) -> Vec<String> {
        text.unicode_words().filter_map(|word| self.word(word)).collect()
    }

    /// The terms of `text`: its words, then its pairs where those are asked for.
    #[must_use]
    pub fn terms(&self, text: &str) -> Vec<String> {
        let mut terms = self.words(text);
        if self.ngrams == Ngrams::WordsAndPairs {
            let pairs: Vec<String> =
                terms.windows(2).map(|pair| format!("{} {}", pair[0], pair[1])).collect();
            terms.extend(pairs);
        }
        terms
    }

    fn word(&self, word: &str) -> Option<String> {
        if is_number(word) {
            match self.numbers {
                Numbers::Keep => {}
                Numbers::Drop => return None,
                Numbers::Merge => return Some("#".to_owned()),
            }
        } else if word.chars().nth(self.min_chars.saturating_sub(1)).is_none() {
            return None;
        }
        let word = word.to_lowercase();
        self.stop_words.binary_search(&word).is_err().then_some(word)
    }
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

fn is_number(word: &str) -> bool {
    word.chars().all(|c| c.is_numeric() || matches!(c, '.' | ',' | '\'' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_the_unicode_rules() {
        let words =
            Tokenizer::new().words("WHITE HANGING HEART T-LIGHT, 3.5kg  don't ÉCLAIR straße");
        assert_eq!(
            words,
            ["white", "hanging", "heart", "light", "3.5kg", "don't", "éclair", "straße"]
        );
    }

    #[test]
    fn numbers_are_kept_dropped_or_merged() {
        let text = "6 mugs 1,250.50 ٣";
        let with = |numbers| Tokenizer::new().numbers(numbers).words(text);
        assert_eq!(with(Numbers::Keep), ["6", "mugs", "1,250.50", "٣"]);
        assert_eq!(with(Numbers::Drop), ["mugs"]);
        assert_eq!(with(Numbers::Merge), ["#", "mugs", "#", "#"]);
    }

    #[test]
    fn text_without_words_has_no_terms() {
        for text in ["", "   ", "!?*", "a b", "\u{0}\u{feff}"] {
            assert!(Tokenizer::new().terms(text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn pairs_join_what_is_left() {
        let tokenizer =
            Tokenizer::new().stop_words(["OF"]).ngrams(Ngrams::WordsAndPairs).min_chars(1);
        assert_eq!(tokenizer.terms("set of mugs"), ["set", "mugs", "set mugs"]);
        assert_eq!(tokenizer.terms("x"), ["x"]);
    }
}
