//! Lines and scattered points.

use std::fmt::Write;

use crate::figure::{Axis, Figure, Role, Series};
use crate::svg::canvas::{Canvas, at};
use crate::svg::frame::{self, Area, Dense, Swatch};
use crate::svg::label::spoken;
use crate::svg::scale::{Anchor, Scale};
use crate::svg::theme::series_slot;

/// Beyond this many points a line has no marks on it.
const MARKED: usize = 40;

/// Room between the ends of an axis that begins at the data and the frame, so that marks are whole.
const INSET: f64 = 5.0;

/// Where an x stands: along numbers, or in the middle of a category's slot.
enum Along {
    Numbers(Scale),
    Slots { left: f64, slot: f64 },
}

impl Along {
    fn new(axis: &Axis, series: &[Series], area: Area) -> Self {
        if let Some(labels) = axis.category_labels() {
            return Self::Slots {
                left: area.left,
                slot: area.width() / labels.len().max(1) as f64,
            };
        }
        let values = series.iter().flat_map(|one| one.xs().iter().copied());
        let mut scale = Scale::new(axis, values, Anchor::Data, (area.width() / 70.0) as usize);
        scale.place(area.left + INSET, area.right - INSET);
        Self::Numbers(scale)
    }

    fn at(&self, x: f64) -> f64 {
        match self {
            Self::Numbers(scale) => scale.at(x),
            Self::Slots { left, slot } => left + (x + 0.5) * slot,
        }
    }
}

pub(crate) fn lines(canvas: &mut Canvas, figure: &Figure, series: &[Series], height: f64) -> f64 {
    plot(canvas, figure, series, height, Swatch::Line, |canvas, along, y| {
        for (position, one) in series.iter().enumerate() {
            band(canvas, one, position, along, y);
        }
        for (position, one) in series.iter().enumerate() {
            let mut data = String::new();
            let mut pen_down = false;
            for (&x, &value) in one.xs().iter().zip(one.ys()) {
                let Some(value) = value else {
                    pen_down = false;
                    continue;
                };
                let verb = if pen_down { 'L' } else { 'M' };
                let _ = write!(data, "{verb}{} {}", at(along.at(x)), at(y.at(value)));
                pen_down = true;
            }
            if !data.is_empty() {
                canvas.path(&frame::line_class(position, one), &data);
            }
        }
        for (position, one) in series.iter().enumerate() {
            let n = one.points().count();
            if one.role() == Role::Data && n <= MARKED {
                for (x, value) in one.points() {
                    let tip = tip(figure, series, one, x, value);
                    canvas.marker(position, (along.at(x), y.at(value)), 3.0, &tip);
                }
            }
        }
    })
}

pub(crate) fn scatter(canvas: &mut Canvas, figure: &Figure, series: &[Series], height: f64) -> f64 {
    plot(canvas, figure, series, height, Swatch::Marker, |canvas, along, y| {
        canvas.out.push_str("<g class=\"p\">");
        for (position, one) in series.iter().enumerate() {
            let size = if one.points().count() > 400 { 2.0 } else { 3.2 };
            for (x, value) in one.points() {
                let tip = tip(figure, series, one, x, value);
                canvas.marker(position, (along.at(x), y.at(value)), size, &tip);
            }
        }
        canvas.out.push_str("</g>");
    })
}

fn plot(
    canvas: &mut Canvas,
    figure: &Figure,
    series: &[Series],
    height: f64,
    swatch: Swatch,
    draw: impl FnOnce(&mut Canvas, &Along, &Scale),
) -> f64 {
    let values = series.iter().flat_map(Series::extent_y);
    let mut y = Scale::new(figure.y(), values, Anchor::Round, 5);
    let top = frame::head(canvas, figure, series, swatch);
    let left = frame::label_room(&y);
    let area = Area { left, right: canvas.width - 10.0, top, bottom: top + height };
    // Rounded ends have room of their own.
    let inset = if y.is_logarithmic() { INSET } else { 0.0 };
    y.place(area.bottom - inset, area.top + inset);
    let along = Along::new(figure.x(), series, area);
    frame::grid(canvas, &y, area);
    let below = match &along {
        Along::Numbers(scale) => frame::numeric_x(canvas, figure.x(), scale, area),
        Along::Slots { .. } => {
            canvas.line("a", (area.left, area.bottom), (area.right, area.bottom));
            frame::category_x(canvas, figure.x(), area, Dense::Thin)
        }
    };
    if series.iter().all(|one| one.points().next().is_none()) {
        frame::nothing(canvas, area);
    } else {
        draw(canvas, &along, &y);
    }
    let inside =
        |at: f64, low: f64, high: f64| (low - 0.5..=high + 0.5).contains(&at).then_some(at);
    frame::marks(
        canvas,
        figure,
        area,
        |x| inside(along.at(x), area.left, area.right),
        |value| inside(y.at(value), area.top, area.bottom),
    );
    area.bottom + below
}

/// The band of a series, one closed shape for each run of points that have one.
fn band(canvas: &mut Canvas, one: &Series, position: usize, along: &Along, y: &Scale) {
    let class = format!("b{}", series_slot(position));
    let mut run: Vec<(f64, f64, f64)> = Vec::new();
    let ends = one.xs().iter().zip(one.bands()).map(|(&x, &band)| Some((x, band?)));
    for point in ends.chain(std::iter::once(None)) {
        if let Some((x, (low, high))) = point {
            run.push((along.at(x), y.at(low), y.at(high)));
            continue;
        }
        if run.len() == 1 {
            let (x, low, high) = run[0];
            canvas.line("w", (x, low), (x, high));
        } else if !run.is_empty() {
            let mut data = String::new();
            for (i, (x, _, high)) in run.iter().enumerate() {
                let _ = write!(data, "{}{} {}", if i == 0 { 'M' } else { 'L' }, at(*x), at(*high));
            }
            for (x, low, _) in run.iter().rev() {
                let _ = write!(data, "L{} {}", at(*x), at(*low));
            }
            data.push('Z');
            canvas.path(&class, &data);
        }
        run.clear();
    }
}

fn tip(figure: &Figure, all: &[Series], one: &Series, x: f64, y: f64) -> String {
    let (x, y) = (spoken(x, figure.x()), spoken(y, figure.y()));
    if all.len() > 1 { format!("{}, {x}: {y}", one.name()) } else { format!("{x}: {y}") }
}
