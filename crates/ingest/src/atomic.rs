//! Files written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, io_error};

/// Distinguishes the temporary files of one process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A file that appears whole, or not at all.
///
/// Writes go to a temporary sibling; [`commit`](Self::commit) flushes it, hands it to the disk and
/// renames it over the target in one step. Dropped without commit, the temporary file is removed
/// and the target stays as it was. Writes are buffered.
///
/// ```
/// use std::io::Write;
/// use patronage_ingest::AtomicFile;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("rfm.csv");
/// let mut file = AtomicFile::create(&path)?;
/// writeln!(file, "customer")?;
/// assert!(!path.exists());
/// file.commit()?;
/// assert_eq!(std::fs::read_to_string(&path)?, "customer\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AtomicFile {
    /// `None` once committed.
    writer: Option<BufWriter<File>>,
    temporary: PathBuf,
    target: PathBuf,
}

impl AtomicFile {
    /// Starts a file that will stand at `path`.
    ///
    /// # Errors
    ///
    /// When `path` names no file, or its folder does not exist or cannot be written to.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, Error> {
        let target = path.as_ref().to_owned();
        let fail = |source| io_error(&target.display().to_string(), "create", source);
        let Some(name) = target.file_name() else {
            return Err(fail(io::Error::new(io::ErrorKind::InvalidInput, "no file name")));
        };
        if target.is_dir() {
            return Err(fail(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let mut sibling = std::ffi::OsString::from(".");
            sibling.push(name);
            sibling.push(format!(".{}-{number}.partial", std::process::id()));
            let temporary = target.with_file_name(sibling);
            match OpenOptions::new().write(true).create_new(true).open(&temporary) {
                Ok(file) => {
                    let writer = Some(BufWriter::with_capacity(1 << 16, file));
                    return Ok(Self { writer, temporary, target });
                }
                // Left behind by an earlier process of the same number: take the next name.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(fail(error)),
            }
        }
    }

    /// The path at which the file will stand.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.target
    }

    /// Makes the file appear at its path.
    ///
    /// # Errors
    ///
    /// When the disk is full, or the file cannot be renamed; the target is then as it was.
    pub fn commit(mut self) -> Result<(), Error> {
        let name = self.target.display().to_string();
        let fail = |source| io_error(&name, "write", source);
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let result = writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.temporary, &self.target));
        if let Err(error) = result {
            // The first error is the one to report; a file that is already gone needs no removal.
            let _ = fs::remove_file(&self.temporary);
            return Err(fail(error));
        }
        // The new name must reach the disk too; folders that cannot be synced are left to the system.
        if let Some(folder) = self.target.parent().filter(|folder| !folder.as_os_str().is_empty())
            && let Ok(folder) = File::open(folder)
        {
            let _ = folder.sync_all();
        }
        Ok(())
    }

    fn open(&mut self) -> io::Result<&mut BufWriter<File>> {
        self.writer.as_mut().ok_or_else(|| io::Error::other("the file was committed"))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.open()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open()?.flush()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            // What is buffered belongs to a file nobody wants.
            drop(writer.into_parts());
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_without_commit_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn commit_replaces_and_leaves_no_sibling() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(file.path(), path);
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_a_file_or_is_absent_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        for path in [file.join("a.csv"), folder.path().join("absent/a.csv"), folder.path().into()] {
            let error = AtomicFile::create(&path).unwrap_err().to_string();
            assert!(error.starts_with(&path.display().to_string()), "{error}");
            assert_eq!(error.lines().count(), 1);
        }
        assert!(AtomicFile::create("..").is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        // A device that refuses every write as a full disk does.
        let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else { return };
        let folder = tempfile::tempdir().unwrap();
        let mut file = AtomicFile::create(folder.path().join("a.csv")).unwrap();
        file.writer = Some(BufWriter::new(full));
        file.write_all(b"text").unwrap();
        let error = file.commit().unwrap_err().to_string();
        assert!(error.contains("a.csv"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
