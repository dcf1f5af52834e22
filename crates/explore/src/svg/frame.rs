//! Axes, grid, legend and marks around a plot.

use crate::figure::{Axis, Figure, Mark, Role, Series};
use crate::svg::canvas::{Align, Canvas};
use crate::svg::scale::Scale;
use crate::svg::text;
use crate::svg::theme::{fill_class, series_slot};

/// Where the data are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Area {
    pub(crate) fn width(self) -> f64 {
        self.right - self.left
    }
}

/// How a series is shown in the legend.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Swatch {
    Line,
    Box,
    Marker,
}

/// The dash of a series' line: colour alone must not tell lines apart.
pub(crate) fn line_class(position: usize, series: &Series) -> String {
    match (series.role(), position % 4) {
        (Role::Reference, _) => "r".to_owned(),
        (Role::Data, 0) => format!("l{}", series_slot(position)),
        (Role::Data, dash) => format!("l{} d{dash}", series_slot(position)),
    }
}

/// Writes the y heading and the legend; returns the height they take.
pub(crate) fn head(canvas: &mut Canvas, figure: &Figure, series: &[Series], swatch: Swatch) -> f64 {
    let mut y = 0.0;
    let heading = figure.y().heading();
    if !heading.is_empty() {
        y += 14.0;
        let room = canvas.width;
        canvas.text_within("u", 0.0, y - 2.0, Align::Start, &heading, room);
    }
    if series.len() > 1 {
        let mut x = 0.0;
        y += 18.0;
        for (position, one) in series.iter().enumerate() {
            let room = canvas.width - 34.0;
            let needed = 30.0 + text::width(one.name()).min(room);
            if x > 0.0 && x + needed > canvas.width {
                x = 0.0;
                y += 18.0;
            }
            let middle = y - 6.0;
            match swatch {
                Swatch::Line => {
                    let class = line_class(position, one);
                    canvas.line(&class, (x, middle), (x + 22.0, middle));
                }
                Swatch::Marker => canvas.marker(position, (x + 14.0, middle), 4.0, ""),
                Swatch::Box => {
                    let class = fill_class(position);
                    canvas.rect(&class, (x + 8.0, middle - 6.0), (x + 20.0, middle + 6.0), "");
                }
            }
            canvas.text_within("t", x + 27.0, y - 2.0, Align::Start, one.name(), room);
            x += needed + 14.0;
        }
    }
    y + 12.0
}

/// The room the labels of a value axis take at the left.
pub(crate) fn label_room(scale: &Scale) -> f64 {
    scale.ticks.iter().map(|tick| text::width(&tick.label)).fold(18.0, f64::max) + 8.0
}

/// Writes grid lines and labels of a value axis that runs upwards.
pub(crate) fn grid(canvas: &mut Canvas, scale: &Scale, area: Area) {
    for tick in &scale.ticks {
        let y = scale.at(tick.at);
        canvas.line("g", (area.left, y), (area.right, y));
        canvas.text("u", area.left - 7.0, y + 4.0, Align::End, &tick.label);
    }
}

/// Writes the ticks of a numeric x axis and its heading; returns the height below the plot.
pub(crate) fn numeric_x(canvas: &mut Canvas, axis: &Axis, scale: &Scale, area: Area) -> f64 {
    canvas.line("a", (area.left, area.bottom), (area.right, area.bottom));
    let mut free_from = f64::NEG_INFINITY;
    for tick in &scale.ticks {
        let (x, half) = (scale.at(tick.at), text::width(&tick.label) / 2.0);
        canvas.line("a", (x, area.bottom), (x, area.bottom + 4.0));
        if x - half >= free_from {
            // Within the picture, even at its edge.
            let within = x.min(canvas.width - half).max(half);
            canvas.text("u", within, area.bottom + 17.0, Align::Middle, &tick.label);
            free_from = x + half + 6.0;
        }
    }
    x_heading(canvas, axis, area, 24.0)
}

/// Writes the labels of categories below a plot, and the axis heading; returns the height below.
pub(crate) fn category_x(canvas: &mut Canvas, axis: &Axis, area: Area, dense: Dense) -> f64 {
    let labels = axis.category_labels().unwrap_or_default();
    let slot = area.width() / labels.len().max(1) as f64;
    let widest = labels.iter().map(|label| text::width(label)).fold(0.0, f64::max);
    let centre = |position: usize| area.left + (position as f64 + 0.5) * slot;
    if widest + 6.0 <= slot || dense == Dense::Thin {
        let every = ((widest.min(90.0) + 10.0) / slot).ceil().max(1.0) as usize;
        let mut free_from = f64::NEG_INFINITY;
        for (position, label) in labels.iter().enumerate().step_by(every) {
            let half = text::width(label).min(90.0) / 2.0;
            let x = centre(position).min(canvas.width - half).max(half);
            let room = if every == 1 { slot.max(40.0) } else { 92.0 };
            if x - half >= free_from {
                canvas.text_within("u", x, area.bottom + 17.0, Align::Middle, label, room);
                free_from = x + half + 2.0;
            }
        }
        return x_heading(canvas, axis, area, 24.0);
    }
    let every = (15.0 / slot).ceil().max(1.0) as usize;
    let longest = 110.0_f64;
    for (position, label) in labels.iter().enumerate().step_by(every) {
        let x = centre(position) + 4.0;
        // A label that leans to the left must not leave the picture.
        let room = longest.min((x - 2.0) / 0.77);
        canvas.turned("u", x, area.bottom + 14.0, Align::End, label, room, -40);
    }
    x_heading(canvas, axis, area, 20.0 + 0.64 * widest.min(longest))
}

/// What becomes of category labels that do not fit side by side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Dense {
    /// Some are left out: the categories are a sequence.
    Thin,
    /// They are turned.
    Turn,
}

fn x_heading(canvas: &mut Canvas, axis: &Axis, area: Area, below: f64) -> f64 {
    let heading = axis.heading();
    if heading.is_empty() {
        return below + 2.0;
    }
    let (x, y) = (f64::midpoint(area.left, area.right), area.bottom + below + 14.0);
    let room = area.width();
    canvas.text_within("u", x, y, Align::Middle, &heading, room);
    below + 20.0
}

/// Writes the labelled lines that were marked along the axes.
pub(crate) fn marks(
    canvas: &mut Canvas,
    figure: &Figure,
    area: Area,
    x_at: impl Fn(f64) -> Option<f64>,
    y_at: impl Fn(f64) -> Option<f64>,
) {
    for mark in figure.marks() {
        match mark {
            Mark::X { at, label } => {
                let Some(x) = x_at(*at) else { continue };
                canvas.line("m", (x, area.top), (x, area.bottom));
                let (x, align, room) = if x > f64::midpoint(area.left, area.right) {
                    (x - 5.0, Align::End, x - area.left)
                } else {
                    (x + 5.0, Align::Start, area.right - x)
                };
                canvas.text_within("t", x, area.top + 10.0, align, label, room);
            }
            Mark::Y { at, label } => {
                let Some(y) = y_at(*at) else { continue };
                canvas.line("m", (area.left, y), (area.right, y));
                canvas.text_within("t", area.right, y - 4.0, Align::End, label, area.width());
            }
        }
    }
}

/// Says that there is nothing to see.
pub(crate) fn nothing(canvas: &mut Canvas, area: Area) {
    let (x, y) = (f64::midpoint(area.left, area.right), f64::midpoint(area.top, area.bottom));
    canvas.text("u", x, y, Align::Middle, "no data");
}
