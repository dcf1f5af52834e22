//! Sections of a dashboard: a question and what answers it.

use crate::figure::Figure;
use crate::table::Table;
use crate::tile::Tile;
use crate::words::Words;

/// The five questions a marketing team asks, as headings.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Question {
    /// Who are my customers?
    Who,
    /// How do I treat them?
    Treat,
    /// Whom do I target?
    Target,
    /// What is the best next offer?
    Offer,
    /// What do I do next?
    Next,
}

impl Question {
    /// The question in words.
    ///
    /// ```
    /// assert_eq!(patronage_explore::Question::Target.heading(), "Whom do I target?");
    /// ```
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Who => "Who are my customers?",
            Self::Treat => "How do I treat them?",
            Self::Target => "Whom do I target?",
            Self::Offer => "What is the best next offer?",
            Self::Next => "What do I do next?",
        }
    }
}

impl From<Question> for String {
    fn from(question: Question) -> Self {
        question.heading().to_owned()
    }
}

/// A heading, and below it words, tiles, figures and tables in the order they were added.
///
/// Tiles stand in rows; figures of half width that follow each other stand side by side where
/// there is room.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Section {
    heading: String,
    elements: Vec<Element>,
}

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub(crate) enum Element {
    Words(Words),
    Tile(Tile),
    Figure(Box<Figure>),
    Table(Table),
}

impl Section {
    /// A section without content; the heading may be a [`Question`].
    pub fn new(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), elements: Vec::new() }
    }

    /// Adds words.
    #[must_use]
    pub fn words(mut self, words: Words) -> Self {
        self.elements.push(Element::Words(words));
        self
    }

    /// Adds tiles.
    #[must_use]
    pub fn tiles(mut self, tiles: impl IntoIterator<Item = Tile>) -> Self {
        self.elements.extend(tiles.into_iter().map(Element::Tile));
        self
    }

    /// Adds a figure.
    #[must_use]
    pub fn figure(mut self, figure: Figure) -> Self {
        self.elements.push(Element::Figure(Box::new(figure)));
        self
    }

    /// Adds a table.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.elements.push(Element::Table(table));
        self
    }

    /// The heading.
    #[must_use]
    pub fn heading(&self) -> &str {
        &self.heading
    }

    /// The figures, in order, for instance to write each as a file of its own.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.elements.iter().filter_map(|element| match element {
            Element::Figure(figure) => Some(&**figure),
            _ => None,
        })
    }

    pub(crate) fn elements(&self) -> &[Element] {
        &self.elements
    }
}
