//! Figures for machines: one JSON object a line.

use std::io::{self, Write};

use serde_json::{Map, Value};

/// Prints figures as `{"model": …, "metric": …, "value": …}`, one a line.
pub(crate) struct Figures<W> {
    out: W,
}

impl<W: Write> Figures<W> {
    pub(crate) const fn new(out: W) -> Self {
        Self { out }
    }

    /// One figure.
    pub(crate) fn figure(
        &mut self,
        model: &str,
        metric: &str,
        value: impl Into<Value>,
    ) -> io::Result<()> {
        self.figure_and(model, metric, value, [])
    }

    /// One figure with further keys.
    pub(crate) fn figure_and<const N: usize>(
        &mut self,
        model: &str,
        metric: &str,
        value: impl Into<Value>,
        more: [(&str, Value); N],
    ) -> io::Result<()> {
        let mut line = Map::new();
        line.insert("model".to_owned(), model.into());
        line.insert("metric".to_owned(), metric.into());
        line.insert("value".to_owned(), value.into());
        line.extend(more.map(|(key, value)| (key.to_owned(), value)));
        writeln!(self.out, "{}", Value::Object(line))
    }
}
