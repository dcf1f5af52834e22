//! Personas: what is known of each segment.

use patronage_core::{CustomerIdx, Money, SegmentIdx};

use super::contrast::{NumberContrast, ShareContrast};
use crate::inference::MultipleTesting;

/// An amount of money and how much of all it is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct MoneyShare {
    /// The exact amount.
    pub amount: Money,
    /// Its part of the amount of all segments; 0 where that is 0.
    pub share: f64,
    /// The amount a customer, to the nearest ten-thousandth; 0 in an empty segment.
    pub per_customer: Money,
}

/// The most frequent and the most typical of one kind: items, an attribute, hours, weekdays.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Facet {
    /// `items`, `hours`, `weekdays`, or the attribute's name.
    pub name: String,
    /// The largest shares, largest first.
    pub by_share: Vec<ShareContrast>,
    /// The significant ones above 1 by lift, strongest first.
    pub by_lift: Vec<ShareContrast>,
}

/// A customer who stands for her segment.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Prototype {
    /// Her row.
    pub row: usize,
    /// Who she is.
    pub customer: CustomerIdx,
    /// Her external id, where ids are given.
    pub id: Option<String>,
    /// Her features in the order of the schema; `None` where missing.
    pub values: Vec<Option<f64>>,
    /// Members of the segment to whom no other prototype is nearer, herself included.
    pub n_members: usize,
    /// The mean distance from her to those members, in standard deviations.
    pub mean_distance: f64,
    /// How far the segment's mean distance to its prototypes might be lowered at most by others;
    /// 0 where the choice is exact, `None` where no bound is known.
    pub excess: Option<f64>,
}

/// What is known of one segment.
///
/// `Display` writes Markdown; [`description`](Self::description) is a short text in plain words.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Persona {
    /// The segment.
    pub segment: SegmentIdx,
    /// Its name.
    pub name: String,
    /// Its customers.
    pub n_customers: usize,
    /// Its part of all customers, in `[0, 1]`.
    pub share: f64,
    /// What they paid, where purchases are given.
    pub revenue: Option<MoneyShare>,
    /// What of that is margin, where its source is given.
    pub margin: Option<MoneyShare>,
    /// Every column of numbers, that which sets the segment apart most first; only those whose
    /// evidence is significant are named in words.
    pub numbers: Vec<NumberContrast>,
    /// The significant shares, strongest first.
    pub shares: Vec<ShareContrast>,
    /// Top items, attributes, hours and weekdays.
    pub facets: Vec<Facet>,
    /// Customers who stand for it, the medoid first; none in an empty segment.
    pub prototypes: Vec<Prototype>,
}

/// The personas of a segmentation and how they were found.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct PersonaReport {
    /// One for each segment, empty ones too.
    pub personas: Vec<Persona>,
    /// Customers in all segments.
    pub n_customers: usize,
    /// Customers of the purchases who are in no segment, whose money is counted nowhere.
    pub n_without_segment: usize,
    /// Tests made.
    pub n_tests: usize,
    /// How their p-values were corrected.
    pub correction: MultipleTesting,
    /// The level up to which a corrected p-value is significant.
    pub significance: f64,
}

impl PersonaReport {
    /// The personas, one for each segment.
    pub fn iter(&self) -> std::slice::Iter<'_, Persona> {
        self.personas.iter()
    }
}

impl<'a> IntoIterator for &'a PersonaReport {
    type Item = &'a Persona;
    type IntoIter = std::slice::Iter<'a, Persona>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for PersonaReport {
    type Item = Persona;
    type IntoIter = std::vec::IntoIter<Persona>;

    fn into_iter(self) -> Self::IntoIter {
        self.personas.into_iter()
    }
}

impl std::fmt::Display for PersonaReport {
    /// Markdown: one part for each persona, then how they were found.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for persona in self {
            writeln!(f, "{persona}")?;
        }
        let correction = match self.correction {
            MultipleTesting::BenjaminiHochberg => "Benjamini and Hochberg",
            MultipleTesting::Holm => "Holm",
        };
        writeln!(
            f,
            "Named is what is significant at {} after the correction of {correction} for {} tests.",
            self.significance, self.n_tests
        )?;
        let mut evidence = self.iter().flat_map(|persona| {
            let numbers = persona.numbers.iter().map(|number| &number.evidence);
            numbers.chain(persona.shares.iter().map(|share| &share.evidence))
        });
        if evidence.any(|evidence| evidence.circular) {
            let why = "the segments were made of the column, so that its p-value proves nothing";
            writeln!(f, "By construction: {why}.")?;
        }
        Ok(())
    }
}
