//! Figures as pictures.

mod bars;
mod canvas;
mod frame;
mod heat;
mod label;
mod points;
mod scale;
mod text;
pub(crate) mod theme;

use std::fmt::Write;

use crate::escape::{escape, escaped};
use crate::figure::{Figure, Plot, Series, Width};
use canvas::{Align, Canvas, at};
pub(crate) use scale::nice as nice_step;
use theme::SURFACE;

/// The width of a picture on a telephone, and of the two widths on a page.
pub(crate) const NARROW: f64 = 350.0;
const HALF: f64 = 500.0;
const FULL: f64 = 1040.0;

/// The width at which a figure is drawn where there is room.
pub(crate) const fn wide(figure: &Figure) -> f64 {
    match figure.takes() {
        Width::Half => HALF,
        Width::Full => FULL,
    }
}

/// Draws the figure at a width; returns the inside of the picture and its height.
fn draw(figure: &Figure, width: f64) -> (String, f64) {
    let mut canvas = Canvas::new(width);
    let height = if width > HALF { 280.0 } else { 220.0 };
    let tall = match figure.plot() {
        Plot::Line(series) => points::lines(&mut canvas, figure, series, height),
        Plot::Scatter(series) => points::scatter(&mut canvas, figure, series, height),
        Plot::Bars(series) => {
            bars::bars(&mut canvas, figure, series, bars::Stacking::Beside, height)
        }
        Plot::StackedBars(series) => {
            bars::bars(&mut canvas, figure, series, bars::Stacking::Upon, height)
        }
        Plot::HeatMap { cells, value } => heat::heat_map(&mut canvas, figure, cells, value),
        Plot::Histogram { edges, heights } => {
            bars::histogram(&mut canvas, figure, edges, heights, height)
        }
    };
    (canvas.out, tall.ceil())
}

/// The picture as an element of a page whose style sheet holds the rules.
pub(crate) fn inline(out: &mut String, figure: &Figure, width: f64, class: &str) {
    let (inside, height) = draw(figure, width);
    let (label, width, height) = (escaped(figure.title()), at(width), at(height));
    let _ = write!(
        out,
        "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">"
    );
    told(out, figure);
    out.push_str(&inside);
    out.push_str("</svg>");
}

/// The picture as a file of its own.
pub(crate) fn standalone(figure: &Figure) -> String {
    const MARGIN: f64 = 16.0;
    let inner = wide(figure);
    let (inside, height) = draw(figure, inner);
    let (width, height) = (at(inner + 2.0 * MARGIN), at(height + 34.0 + 2.0 * MARGIN));
    let label = escaped(figure.title());
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">"
    );
    told(&mut out, figure);
    let light = theme::rules("", |colour| colour.light.to_owned());
    let dark = theme::rules("", |colour| colour.dark.to_owned());
    let _ = write!(
        out,
        "<style>\n{light}.paper{{fill:{}}}\n@media (prefers-color-scheme:dark){{\n{dark}.paper{{fill:{}}}\n}}\n</style>",
        SURFACE.light, SURFACE.dark
    );
    let _ = write!(out, "<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>");
    let _ = write!(out, "<g transform=\"translate({} {})\">", at(MARGIN), at(MARGIN));
    let mut title = Canvas::new(inner);
    // The title is a quarter larger than the text the width is reckoned for.
    title.text_within("h", 0.0, 14.0, Align::Start, figure.title(), inner / 1.3);
    let _ = writeln!(out, "{}<g transform=\"translate(0 34)\">{inside}</g></g></svg>", title.out);
    out
}

/// The words for those who do not see the picture.
fn told(out: &mut String, figure: &Figure) {
    out.push_str("<title>");
    escape(out, figure.title());
    out.push_str("</title><desc>");
    escape(out, &description(figure));
    out.push_str("</desc>");
}

fn description(figure: &Figure) -> String {
    let mut text = String::new();
    if !figure.words().is_empty() {
        text.push_str(figure.words());
        text.push(' ');
    }
    let (x, y) = (figure.x().heading(), figure.y().heading());
    let named = |kind: &str, series: &[Series]| {
        let names: Vec<&str> = series.iter().take(8).map(Series::name).collect();
        format!("{kind}. Across: {x}. Upwards: {y}. Series: {}.", names.join(", "))
    };
    text.push_str(&match figure.plot() {
        Plot::Line(series) => named("Line chart", series),
        Plot::Scatter(series) => named("Scatter chart", series),
        Plot::Bars(series) => named("Bar chart", series),
        Plot::StackedBars(series) => named("Stacked bar chart", series),
        Plot::HeatMap { value, .. } => {
            format!("Heat map. Columns: {x}. Rows: {y}. Colour: {}.", value.heading())
        }
        Plot::Histogram { heights, .. } => {
            format!("Histogram of {} bins. Across: {x}. Upwards: {y}.", heights.len())
        }
    });
    text
}
