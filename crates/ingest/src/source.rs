//! Where the bytes come from.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, io_error};

/// Where the bytes come from: a file, memory, or any reader; plain or gzip (feature `gzip`).
///
/// Gzip is recognised by its first two bytes, whatever the name; several members in one file are
/// read one after the other.
pub struct Source<'a> {
    name: String,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Path(PathBuf),
    Reader(Box<dyn Read + Send + 'a>),
}

impl<'a> Source<'a> {
    /// A file.
    #[must_use]
    pub fn path(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Self { name: path.display().to_string(), kind: Kind::Path(path.to_owned()) }
    }

    /// Bytes in memory; `name` stands in messages.
    #[must_use]
    pub fn bytes(name: impl Into<String>, bytes: &'a [u8]) -> Self {
        Self::reader(name, bytes)
    }

    /// Any reader; `name` stands in messages.
    #[must_use]
    pub fn reader(name: impl Into<String>, reader: impl Read + Send + 'a) -> Self {
        Self { name: name.into(), kind: Kind::Reader(Box::new(reader)) }
    }

    /// The name that stands in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The plain bytes.
    pub(crate) fn open(self) -> Result<(String, Box<dyn Read + Send + 'a>), Error> {
        let Self { name, kind } = self;
        let fail = |source| io_error(&name, "read", source);
        let reader = match kind {
            Kind::Path(path) => Box::new(File::open(path).map_err(fail)?),
            Kind::Reader(reader) => reader,
        };
        let (reader, is_gzip) = recognised(reader).map_err(fail)?;
        let reader = if is_gzip { unzipped(&name, reader)? } else { reader };
        Ok((name, reader))
    }
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The same bytes, and whether they are gzip.
fn recognised<'a>(
    mut reader: Box<dyn Read + Send + 'a>,
) -> io::Result<(Box<dyn Read + Send + 'a>, bool)> {
    let mut start = Vec::new();
    reader.by_ref().take(2).read_to_end(&mut start)?;
    let is_gzip = start == [0x1f, 0x8b];
    let rest: Box<dyn Read + Send + 'a> = Box::new(io::Cursor::new(start).chain(reader));
    Ok((rest, is_gzip))
}

#[cfg(feature = "gzip")]
fn unzipped<'a>(
    _name: &str,
    reader: Box<dyn Read + Send + 'a>,
) -> Result<Box<dyn Read + Send + 'a>, Error> {
    let reader = io::BufReader::with_capacity(1 << 16, reader);
    Ok(Box::new(flate2::bufread::MultiGzDecoder::new(reader)))
}

#[cfg(not(feature = "gzip"))]
fn unzipped<'a>(
    name: &str,
    _reader: Box<dyn Read + Send + 'a>,
) -> Result<Box<dyn Read + Send + 'a>, Error> {
    Err(crate::error::ErrorKind::NoGzip { file: name.to_owned() }.into())
}
