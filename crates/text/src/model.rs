//! A learnt vocabulary with weights.

use hashbrown::HashMap;
use patronage_core::Csr;

use crate::tfidf::{Norm, TermFrequency, Weighting};
use crate::tokenizer::Tokenizer;

/// A vocabulary and its weights, learnt by [`TfIdf`](crate::TfIdf); turns new texts into rows.
///
/// Total on any text. Memory is about twice the bytes of the terms plus 60 bytes a term.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr")
)]
pub struct TfIdfModel {
    tokenizer: Tokenizer,
    weighting: Weighting,
    frequency: TermFrequency,
    norm: Norm,
    mean_length: f64,
    terms: Vec<String>,
    idf: Vec<f64>,
    #[cfg_attr(feature = "serde", serde(skip))]
    columns: HashMap<String, u32>,
}

impl TfIdfModel {
    /// A model of ascending `terms` and the weight of each.
    pub(crate) fn new(
        tokenizer: Tokenizer,
        weighting: Weighting,
        frequency: TermFrequency,
        norm: Norm,
        mean_length: f64,
        terms: Vec<String>,
        idf: Vec<f64>,
    ) -> Self {
        let columns = (0u32..).zip(&terms).map(|(column, term)| (term.clone(), column)).collect();
        Self { tokenizer, weighting, frequency, norm, mean_length, terms, idf, columns }
    }

    /// The terms in the order of their columns, ascending.
    #[must_use]
    pub fn terms(&self) -> &[String] {
        &self.terms
    }

    /// The number of terms: the width of every row.
    #[must_use]
    pub fn n_terms(&self) -> usize {
        self.terms.len()
    }

    /// The column of a term, if the model knows it.
    #[must_use]
    pub fn column(&self, term: &str) -> Option<usize> {
        self.columns.get(term).map(|&column| column as usize)
    }

    /// The inverse document frequency of each term.
    #[must_use]
    pub fn idf(&self) -> &[f64] {
        &self.idf
    }

    /// The columns and weights of one text, columns ascending; empty when it holds no known term.
    #[must_use]
    pub fn vector(&self, text: &str) -> Vec<(usize, f64)> {
        let terms = self.tokenizer.terms(text);
        let mut columns: Vec<u32> =
            terms.iter().filter_map(|term| self.columns.get(term).copied()).collect();
        columns.sort_unstable();
        let length = terms.len() as f64;
        let mut row: Vec<(usize, f64)> = columns
            .chunk_by(|a, b| a == b)
            .map(|same| (same[0] as usize, self.weight(same[0], same.len(), length)))
            .collect();
        if self.norm == Norm::L2 {
            let norm = row.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
            if norm > 0.0 {
                row.iter_mut().for_each(|(_, weight)| *weight /= norm);
            }
        }
        row
    }

    /// The rows of `texts`, of shape `(n_texts, n_terms)`.
    #[must_use]
    pub fn transform<S: AsRef<str>>(&self, texts: impl IntoIterator<Item = S>) -> Csr<f32> {
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for text in texts {
            for (column, weight) in self.vector(text.as_ref()) {
                columns.push(column as u32);
                values.push(weight as f32);
            }
            starts.push(columns.len());
        }
        Csr::new(self.n_terms(), starts, columns, values)
            .expect("rows are built with ascending columns of the vocabulary")
    }

    fn weight(&self, column: u32, count: usize, length: f64) -> f64 {
        let count = count as f64;
        let tf = match self.frequency {
            TermFrequency::Count => count,
            TermFrequency::Log => 1.0 + count.ln(),
            TermFrequency::Binary => 1.0,
        };
        let idf = self.idf[column as usize];
        match self.weighting {
            Weighting::TfIdf => tf * idf,
            Weighting::Bm25 { k1, b } => {
                // A known term stood in some text, so the mean length is above zero.
                let relative = length / self.mean_length;
                idf * tf * (k1 + 1.0) / (tf + k1 * (1.0 - b + b * relative))
            }
        }
    }
}

#[cfg(feature = "serde")]
mod with_serde {
    use super::{Norm, TermFrequency, TfIdfModel, Tokenizer, Weighting};
    use crate::error::{Error, ErrorKind};

    #[derive(serde::Deserialize)]
    pub(super) struct Repr {
        tokenizer: Tokenizer,
        weighting: Weighting,
        frequency: TermFrequency,
        norm: Norm,
        mean_length: f64,
        terms: Vec<String>,
        idf: Vec<f64>,
    }

    impl TryFrom<Repr> for TfIdfModel {
        type Error = Error;

        fn try_from(repr: Repr) -> Result<Self, Error> {
            let Repr { tokenizer, weighting, frequency, norm, mean_length, terms, idf } = repr;
            let bm25_holds = match weighting {
                Weighting::TfIdf => true,
                Weighting::Bm25 { k1, b } => {
                    k1.is_finite() && k1 >= 0.0 && (0.0..=1.0).contains(&b)
                }
            };
            for (holds, expected) in [
                (terms.windows(2).all(|pair| pair[0] < pair[1]), "ascending distinct terms"),
                (terms.len() == idf.len(), "one weight a term"),
                (idf.iter().all(|idf| idf.is_finite() && *idf > 0.0), "weights above 0"),
                (mean_length.is_finite() && mean_length >= 0.0, "a mean length of at least 0"),
                (terms.is_empty() || mean_length > 0.0, "a mean length above 0"),
                (u32::try_from(terms.len()).is_ok(), "fewer terms"),
                (bm25_holds, "k1 of at least 0 and b in [0, 1]"),
            ] {
                if !holds {
                    return Err(ErrorKind::Saved { expected }.into());
                }
            }
            Ok(Self::new(tokenizer, weighting, frequency, norm, mean_length, terms, idf))
        }
    }

    impl patronage_core::SavedModel for TfIdfModel {
        const TAG: &'static str = "text/tfidf";
        const VERSION: u32 = 1;
    }
}

#[cfg(feature = "serde")]
use with_serde::Repr;
