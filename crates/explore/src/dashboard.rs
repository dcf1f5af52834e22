//! The dashboard: one page that answers the questions.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use patronage_core::{Currency, Date};

use crate::error::{Error, ErrorKind};
use crate::page;
use crate::section::Section;

/// A page of sections: title, as-of and currency above, a section for each question below.
///
/// It comes out as one self-contained HTML file: inline SVG with its data beside it as a table,
/// style inline, no script, nothing loaded from anywhere, so that it works from a disk, by mail
/// and in print, light and dark, on a telephone and at a desk. Everything that comes from outside
/// is escaped. Equal content gives equal bytes.
///
/// ```
/// use patronage_core::Date;
/// use patronage_explore::{Dashboard, Question, Section, Tile, Words};
///
/// let page = Dashboard::new("Our <best> customers", Date::new(2011, 12, 10)?, "GBP".parse()?)
///     .section(
///         Section::new(Question::Who)
///             .tiles([Tile::count("Customers", 4338)])
///             .words(Words::new().paragraph("Two in three came back.")),
///     )
///     .to_html();
/// assert!(page.starts_with("<!DOCTYPE html>"));
/// assert!(page.contains("Our &lt;best&gt; customers"));
/// assert!(page.contains("4,338"));
/// assert!(!page.contains("://"));
/// # Ok::<(), patronage_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Dashboard {
    title: String,
    as_of: Date,
    currency: Currency,
    subtitle: String,
    footer: String,
    sections: Vec<Section>,
}

impl Dashboard {
    /// A page without sections.
    pub fn new(title: impl Into<String>, as_of: Date, currency: Currency) -> Self {
        let (subtitle, footer, sections) = (String::new(), String::new(), Vec::new());
        Self { title: title.into(), as_of, currency, subtitle, footer, sections }
    }

    /// Sets the line below the title, such as the period and the source of the data; default none.
    #[must_use]
    pub fn subtitle(mut self, subtitle: impl Into<String>) -> Self {
        self.subtitle = subtitle.into();
        self
    }

    /// Sets the last line of the page, such as versions and the seed; default none.
    #[must_use]
    pub fn footer(mut self, footer: impl Into<String>) -> Self {
        self.footer = footer.into();
        self
    }

    /// Adds a section.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The day strictly before which events count.
    #[must_use]
    pub const fn as_of(&self) -> Date {
        self.as_of
    }

    /// The currency of amounts.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The sections.
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    pub(crate) fn subtitle_line(&self) -> &str {
        &self.subtitle
    }

    pub(crate) fn footer_line(&self) -> &str {
        &self.footer
    }

    /// The page as text.
    #[must_use]
    pub fn to_html(&self) -> String {
        page::html(self)
    }

    /// Writes the page into anything that takes text.
    ///
    /// # Errors
    ///
    /// When `out` refuses it.
    pub fn render(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str(&self.to_html())
    }

    /// Writes the page to a file: whole or not at all.
    ///
    /// It is written beside the file under another name, brought to the disk, and then takes the
    /// file's place in one step; whatever stood there before stays until then.
    ///
    /// # Errors
    ///
    /// When the folder does not exist or cannot be written to, is full, or the path is a folder.
    pub fn write_to(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let fail = |source| Error::from(ErrorKind::Io { path: path.to_owned(), source });
        let html = self.to_html();
        let (beside, file) = create_beside(path).map_err(fail)?;
        let written = write_all(file, html.as_bytes()).and_then(|()| fs::rename(&beside, path));
        written.map_err(|source| {
            // The first error is the one worth telling.
            let _ = fs::remove_file(&beside);
            fail(source)
        })
    }
}

fn write_all(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a new file in the folder of `path`, under a name that nothing has.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "expected the path of a file"));
    };
    let mut attempt = 0;
    loop {
        let mut other = std::ffi::OsString::from(".");
        other.push(name);
        other.push(format!(".{}-{attempt}.tmp", std::process::id()));
        let other = path.with_file_name(other);
        match File::create_new(&other) {
            Ok(file) => return Ok((other, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => {
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}
