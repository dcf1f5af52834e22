//! Benches: `cargo bench` runs them; `peers/` compares whole processes with other tools.
