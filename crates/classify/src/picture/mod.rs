//! Curves as pictures: self-contained SVG with the data beside it.

mod axis;
mod chart;
mod curves;
mod evaluation;

pub use evaluation::gains_picture;

/// A chart as SVG text, and the very figures it shows as a table.
///
/// The SVG needs nothing else: no script, no font, no file. It is readable on light and on dark
/// ground, scales to its place, and carries a title and a description for those who do not see it.
/// Files are written by who asked for the picture.
///
/// # Examples
///
/// ```
/// use patronage_classify::{Scored, gains_picture};
/// use patronage_core::ClassIdx;
///
/// let outcomes = [1, 0, 1, 0].map(ClassIdx::new);
/// let scored = Scored::new(&[0.9, 0.4, 0.35, 0.1], &outcomes)?;
/// let picture = gains_picture("Who buys in spring", &scored.gains(4)?);
/// assert!(picture.svg().starts_with("<svg ") && picture.svg().contains("Who buys in spring"));
/// assert_eq!(picture.rows().len(), 4);
/// assert!(picture.csv().starts_with("slice,"));
/// # Ok::<(), patronage_classify::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    title: String,
    svg: String,
    columns: Vec<&'static str>,
    rows: Vec<Vec<f64>>,
}

impl Picture {
    /// What it shows.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The picture, a complete SVG document.
    #[must_use]
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The names of the columns of [`rows`](Self::rows).
    #[must_use]
    pub fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    /// The figures shown, a row for each point.
    #[must_use]
    pub fn rows(&self) -> &[Vec<f64>] {
        &self.rows
    }

    /// The figures shown as comma-separated text with a header.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = self.columns.join(",");
        text.push('\n');
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(f64::to_string).collect();
            text.push_str(&cells.join(","));
            text.push('\n');
        }
        text
    }
}
