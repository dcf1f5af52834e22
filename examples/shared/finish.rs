//! How an example ends.

use std::io::{self, Write};
use std::process::ExitCode;

use patronage::core::BoxError;

/// Says on standard error what went wrong, if anything did.
pub(crate) fn exit(result: Result<(), BoxError>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    // Whoever closes the pipe early has read enough.
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    if kind == Some(io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    let _ = writeln!(io::stderr(), "error: {error}");
    ExitCode::FAILURE
}
