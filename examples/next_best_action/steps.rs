//! What each step took and what went through it.

use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// Rows into a step and out of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) rows_in: usize,
    pub(crate) rows_out: usize,
}

/// Seconds and peak memory of a step.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Timing {
    pub(crate) step: &'static str,
    pub(crate) seconds: f64,
    /// The greatest resident memory of the process up to the end of the step; `null` where the system does not say.
    pub(crate) peak_memory_bytes: Option<u64>,
}

/// Records the steps, and shows the running one on a terminal.
pub(crate) struct Steps {
    pub(crate) steps: Vec<Step>,
    pub(crate) timings: Vec<Timing>,
    progress: ProgressBar,
}

impl Steps {
    pub(crate) fn new() -> Self {
        // Drawn on stderr, and only when that is a terminal.
        let progress = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            progress.set_style(style);
        }
        progress.enable_steady_tick(std::time::Duration::from_millis(120));
        Self { steps: Vec::new(), timings: Vec::new(), progress }
    }

    /// Runs a step whose result says how many rows went in and out.
    pub(crate) fn run<T, E>(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Result<T, E>,
        rows: impl FnOnce(&T) -> (usize, usize),
    ) -> Result<T, E> {
        self.progress.set_message(name);
        let start = Instant::now();
        let result = step()?;
        let (rows_in, rows_out) = rows(&result);
        self.steps.push(Step { name, rows_in, rows_out });
        self.timings.push(Timing {
            step: name,
            seconds: start.elapsed().as_secs_f64(),
            peak_memory_bytes: peak_memory(),
        });
        Ok(result)
    }

    pub(crate) fn finish(&self) {
        self.progress.finish_and_clear();
    }
}

/// The greatest resident memory of this process so far, where Linux says.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
