//! TF-IDF and BM25 weights, learnt from a corpus.

use hashbrown::HashMap;
use patronage_core::Fit;

use crate::error::{Error, require};
use crate::model::TfIdfModel;
use crate::tokenizer::Tokenizer;

/// How often a term stands in a text, as a number.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum TermFrequency {
    /// The count.
    #[default]
    Count,
    /// `1 + ln(count)`.
    Log,
    /// `1`, however often.
    Binary,
}

/// What a term weighs in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum Weighting {
    /// `tf × (ln((1 + n) / (1 + df)) + 1)`: smooth inverse document frequency, as if one more
    /// text held every term once.
    #[default]
    TfIdf,
    /// `ln(1 + (n − df + ½) / (df + ½)) × tf (k1 + 1) / (tf + k1 (1 − b + b × length / mean length))`,
    /// the length being the number of terms in the text, known to the vocabulary or not.
    Bm25 {
        /// How soon repetition stops counting; at least 0, usually 1.2.
        k1: f64,
        /// How far long texts are marked down; in `[0, 1]`, usually 0.75.
        b: f64,
    },
}

/// What the weights of one text are scaled to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Norm {
    /// Squares sum to 1; a text without known terms stays all zero.
    #[default]
    L2,
    /// They stay as they are.
    None,
}

/// Learns which terms a corpus has and how telling each is.
///
/// With `n` texts, `df` the number of them that hold a term and `tf` its frequency in one text,
/// the default weight is
///
/// ```text
/// w = tf × (ln((1 + n) / (1 + df)) + 1), then each text scaled to Euclidean length 1
/// ```
///
/// which is what scikit-learn's `TfidfVectorizer` computes by default; [`Weighting`],
/// [`TermFrequency`] and [`Norm`] change it. The vocabulary is in ascending order of its terms
/// (by bytes, which is by code points), so equal corpora give equal models whatever the order of
/// their texts. Cost: O(length of the texts + terms log terms).
///
/// **Degenerate input.** An empty corpus, or one in which nothing is left (only stop words, or no
/// term within the limits), gives a model without terms: every text becomes an empty row. Texts
/// of terms unknown to the model become empty rows too, never NaN.
///
/// ```
/// use patronage_text::TfIdf;
///
/// let model = TfIdf::new().fit_texts(["red mug", "blue mug"])?;
/// assert_eq!(model.terms(), ["blue", "mug", "red"]);
/// // ln(3/2) + 1 = 1.405465 for "red", 1 for "mug", divided by √(1.405465² + 1).
/// let row = model.vector("Red mug!");
/// assert_eq!((row[0].0, row[1].0), (1, 2));
/// assert!((row[0].1 - 0.579739).abs() < 1e-6 && (row[1].1 - 0.814802).abs() < 1e-6);
/// # Ok::<(), patronage_text::Error>(())
/// ```
///
/// # References
///
/// - K. Spärck Jones (1972), "A statistical interpretation of term specificity and its application in retrieval".
/// - S. Robertson, H. Zaragoza (2009), "The Probabilistic Relevance Framework: BM25 and Beyond", section 3.
#[derive(Clone, Debug, PartialEq)]
pub struct TfIdf {
    tokenizer: Tokenizer,
    weighting: Weighting,
    frequency: TermFrequency,
    norm: Norm,
    min_df: usize,
    max_df: f64,
    max_features: usize,
}

impl TfIdf {
    /// Smooth TF-IDF of words, scaled to length 1, without limits.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tokenizer: Tokenizer::new(),
            weighting: Weighting::TfIdf,
            frequency: TermFrequency::Count,
            norm: Norm::L2,
            min_df: 1,
            max_df: 1.0,
            max_features: usize::MAX,
        }
    }

    /// What a term is; default [`Tokenizer::new`].
    #[must_use]
    pub fn tokenizer(mut self, tokenizer: Tokenizer) -> Self {
        self.tokenizer = tokenizer;
        self
    }

    /// What a term weighs; default [`Weighting::TfIdf`].
    #[must_use]
    pub const fn weighting(mut self, weighting: Weighting) -> Self {
        self.weighting = weighting;
        self
    }

    /// How repetition counts; default [`TermFrequency::Count`].
    #[must_use]
    pub const fn frequency(mut self, frequency: TermFrequency) -> Self {
        self.frequency = frequency;
        self
    }

    /// What each text is scaled to; default [`Norm::L2`].
    #[must_use]
    pub const fn norm(mut self, norm: Norm) -> Self {
        self.norm = norm;
        self
    }

    /// The fewest texts a term must stand in; default `1`, at least 1.
    #[must_use]
    pub const fn min_df(mut self, texts: usize) -> Self {
        self.min_df = texts;
        self
    }

    /// The greatest share of texts a term may stand in; default `1.0`, in `(0, 1]`.
    #[must_use]
    pub const fn max_df(mut self, share: f64) -> Self {
        self.max_df = share;
        self
    }

    /// Upper bound on the number of terms: those with most occurrences stay, ties by term; no bound by default, at least 1.
    #[must_use]
    pub const fn max_features(mut self, terms: usize) -> Self {
        self.max_features = terms;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        require(self.min_df >= 1, "min_df", "at least 1", self.min_df as f64)?;
        require(
            self.max_df > 0.0 && self.max_df <= 1.0,
            "max_df",
            "a share in (0, 1]",
            self.max_df,
        )?;
        let max_features = self.max_features as f64;
        require(self.max_features >= 1, "max_features", "at least 1", max_features)?;
        if let Weighting::Bm25 { k1, b } = self.weighting {
            require(k1.is_finite() && k1 >= 0.0, "k1", "a finite number of at least 0", k1)?;
            require((0.0..=1.0).contains(&b), "b", "a number in [0, 1]", b)?;
        }
        Ok(())
    }

    /// Learns from texts as they come; nothing but the vocabulary is kept.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range.
    pub fn fit_texts<S: AsRef<str>>(
        &self,
        texts: impl IntoIterator<Item = S>,
    ) -> Result<TfIdfModel, Error> {
        self.validate()?;
        let mut counts: HashMap<String, Counts> = HashMap::new();
        let (mut n_texts, mut n_terms) = (0u64, 0u64);
        for text in texts {
            n_texts += 1;
            for term in self.tokenizer.terms(text.as_ref()) {
                n_terms += 1;
                let count = counts.entry(term).or_default();
                count.occurrences += 1;
                if count.last_text != n_texts {
                    count.last_text = n_texts;
                    count.texts += 1;
                }
            }
        }
        let mut terms: Vec<(String, Counts)> = counts
            .into_iter()
            .filter(|(_, count)| {
                count.texts >= self.min_df as u64
                    && count.texts as f64 <= self.max_df * n_texts as f64
            })
            .collect();
        if terms.len() > self.max_features {
            terms.sort_unstable_by(|(a, count_a), (b, count_b)| {
                count_b.occurrences.cmp(&count_a.occurrences).then_with(|| a.cmp(b))
            });
            terms.truncate(self.max_features);
        }
        terms.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let idf = terms.iter().map(|(_, count)| self.idf(count.texts, n_texts)).collect();
        let mean_length = if n_texts == 0 { 0.0 } else { n_terms as f64 / n_texts as f64 };
        Ok(TfIdfModel::new(
            self.tokenizer.clone(),
            self.weighting,
            self.frequency,
            self.norm,
            mean_length,
            terms.into_iter().map(|(term, _)| term).collect(),
            idf,
        ))
    }

    fn idf(&self, df: u64, n: u64) -> f64 {
        let (df, n) = (df as f64, n as f64);
        match self.weighting {
            Weighting::TfIdf => ((1.0 + n) / (1.0 + df)).ln() + 1.0,
            Weighting::Bm25 { .. } => ((n - df + 0.5) / (df + 0.5)).ln_1p(),
        }
    }
}

impl Default for TfIdf {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Default)]
struct Counts {
    texts: u64,
    occurrences: u64,
    /// The last text counted, from 1.
    last_text: u64,
}

impl<S: AsRef<str>> Fit<[S]> for TfIdf {
    type Model = TfIdfModel;
    type Error = Error;

    fn fit(&self, texts: &[S]) -> Result<TfIdfModel, Error> {
        self.fit_texts(texts)
    }
}

impl<S: AsRef<str>> Fit<Vec<S>> for TfIdf {
    type Model = TfIdfModel;
    type Error = Error;

    fn fit(&self, texts: &Vec<S>) -> Result<TfIdfModel, Error> {
        self.fit_texts(texts)
    }
}
