//! Plain words beside the figures.

/// Paragraphs, lists and notes, in the order they were added.
///
/// Plain text: nothing in it is read as markup.
///
/// ```
/// use patronage_explore::Words;
///
/// let words = Words::new()
///     .paragraph("Two customers in three came back.")
///     .list(["Treat the best tenth by name.", "Win back those who fell silent."])
///     .note("Interval at 95 %.");
/// assert_eq!(words.len(), 3);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Words {
    blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub(crate) enum Block {
    Paragraph(String),
    List(Vec<String>),
    Note(String),
}

impl Words {
    /// No words yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { blocks: Vec::new() }
    }

    /// Adds a paragraph.
    #[must_use]
    pub fn paragraph(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Paragraph(text.into()));
        self
    }

    /// Adds a list of points.
    #[must_use]
    pub fn list<S: Into<String>>(mut self, points: impl IntoIterator<Item = S>) -> Self {
        self.blocks.push(Block::List(points.into_iter().map(Into::into).collect()));
        self
    }

    /// Adds a note: what one must know before acting on the figures, set apart and smaller.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Note(text.into()));
        self
    }

    /// The number of paragraphs, lists and notes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }
}
