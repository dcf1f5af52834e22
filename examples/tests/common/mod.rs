//! Runs the main job as a user does: as a process.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The built example, beside the test that runs.
#[allow(dead_code, reason = "each test uses some of it")]
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test.parent().and_then(Path::parent).expect("tests live in deps of the profile");
    profile.join("examples").join(name)
}

/// Runs the main job with `arguments`.
#[allow(dead_code, reason = "each test uses some of it")]
pub(crate) fn run(arguments: &[&str]) -> Output {
    Command::new(example("next_best_action"))
        .args(arguments)
        .output()
        .expect("the example is built with the tests")
}

/// Runs the main job on a file of `content`; the output folder is returned with what was printed.
#[allow(dead_code, reason = "each test uses some of it")]
pub(crate) fn run_on(folder: &Path, content: &[u8], more: &[&str]) -> (PathBuf, Output) {
    let file = folder.join("transactions.csv");
    std::fs::write(&file, content).expect("the temporary folder is writable");
    let out = folder.join("out");
    let mut arguments = vec!["--transactions", path(&file), "--out", path(&out)];
    arguments.extend_from_slice(more);
    let output = run(&arguments);
    (out, output)
}

#[allow(dead_code, reason = "each test uses some of it")]
pub(crate) fn path(path: &Path) -> &str {
    path.to_str().expect("temporary paths are text")
}

/// Fails unless the run ended with exit code 1 and one line on stderr that holds `words`.
#[allow(dead_code, reason = "each test uses some of it")]
pub(crate) fn assert_error(output: &Output, words: &str) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert_eq!(message.trim_end().lines().count(), 1, "one line: {message}");
    assert!(message.starts_with("error: "), "{message}");
    assert!(message.contains(words), "expected {words:?} in {message}");
}

/// Fails unless the run ended well; what it printed is returned.
#[allow(dead_code, reason = "each test uses some of it")]
pub(crate) fn assert_done(output: &Output) -> String {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
