//! The output folder: every file whole or not at all.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use patronage::core::BoxError;
use patronage::ingest::AtomicFile;

/// The files that are written.
const FILES: [&str; 8] = [
    "rejected.csv",
    "rfm.csv",
    "segments.csv",
    "propensity.csv",
    "recommendations.csv",
    "decisions.csv",
    "summary.json",
    "dashboard.html",
];

pub(crate) struct OutputFolder(PathBuf);

impl OutputFolder {
    /// Uses the folder, making it where it is not there; `inputs` must not be files it will replace.
    pub(crate) fn open<'a>(
        path: &Path,
        inputs: impl Iterator<Item = &'a PathBuf>,
    ) -> Result<Self, BoxError> {
        if path.exists() && !path.is_dir() {
            return Err(format!(
                "output folder {}: expected a folder, found a file",
                path.display()
            )
            .into());
        }
        std::fs::create_dir_all(path)
            .map_err(|error| format!("output folder {}: {error}", path.display()))?;
        for input in inputs {
            let same = |name: &str| {
                let target = path.join(name).canonicalize();
                target.is_ok_and(|target| input.canonicalize().is_ok_and(|input| input == target))
            };
            if let Some(name) = FILES.iter().find(|name| same(name)) {
                let (input, folder) = (input.display(), path.display());
                return Err(format!("{input}: expected an input outside the output folder {folder}, whose {name} would replace it").into());
            }
        }
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file; when anything fails, what was there before stays.
    pub(crate) fn write(
        &self,
        name: &str,
        content: impl FnOnce(&mut dyn Write) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let path = self.path(name);
        let fail = |error: BoxError| format!("writing {}: {error}", path.display());
        let mut file = BufWriter::with_capacity(1 << 16, AtomicFile::create(&path)?);
        content(&mut file).map_err(fail)?;
        let file = file.into_inner().map_err(|error| fail(error.into_error().into()))?;
        file.commit()?;
        Ok(())
    }

    /// Writes a table of one header and rows of its width.
    pub(crate) fn csv<R, I>(
        &self,
        name: &str,
        header: &[&str],
        rows: impl IntoIterator<Item = R>,
    ) -> Result<(), BoxError>
    where
        R: IntoIterator<Item = I>,
        I: AsRef<[u8]>,
    {
        self.write(name, |out| {
            let mut writer = csv::WriterBuilder::new().from_writer(out);
            writer.write_record(header)?;
            for row in rows {
                writer.write_record(row)?;
            }
            writer.flush()?;
            Ok(())
        })
    }
}
