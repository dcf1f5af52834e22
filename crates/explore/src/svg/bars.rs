//! Bars and histograms.

use crate::figure::{Figure, Orientation, Series};
use crate::svg::canvas::{Align, Canvas};
use crate::svg::frame::{self, Area, Dense, Swatch};
use crate::svg::label::{short, spoken};
use crate::svg::scale::{Anchor, Scale};
use crate::svg::text;
use crate::svg::theme::fill_class;

/// The most room the bars of one category take.
const WIDEST_SLOT: f64 = 120.0;

/// Whether bars stand beside or upon each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stacking {
    Beside,
    Upon,
}

/// One bar: its series and category, where it lies across the axis, and its ends in values.
struct Bar {
    series: usize,
    category: usize,
    /// From and to, in parts of the category's slot.
    across: (f64, f64),
    ends: (f64, f64),
    whisker: Option<(f64, f64)>,
}

fn arrange(series: &[Series], n_categories: usize, stacking: Stacking) -> Vec<Bar> {
    let mut bars = Vec::new();
    for category in 0..n_categories {
        let mut height = 0.0;
        for (position, one) in series.iter().enumerate() {
            let Some(value) = one.ys()[category] else { continue };
            let whisker = one.bands().get(category).copied().flatten();
            let (across, ends) = match stacking {
                Stacking::Upon => ((0.14, 0.86), (height, height + value)),
                Stacking::Beside => {
                    let each = 0.76 / series.len() as f64;
                    let from = 0.12 + position as f64 * each;
                    ((from, from + each * 0.94), (0.0, value))
                }
            };
            height += value;
            bars.push(Bar { series: position, category, across, ends, whisker });
        }
    }
    bars
}

fn value_scale(figure: &Figure, bars: &[Bar], n_ticks: usize) -> Scale {
    let ends = bars.iter().flat_map(|bar| [bar.ends.0, bar.ends.1]);
    let whiskers = bars.iter().filter_map(|bar| bar.whisker).flat_map(|(low, high)| [low, high]);
    Scale::new(figure.y(), ends.chain(whiskers), Anchor::Zero, n_ticks)
}

fn tip(figure: &Figure, series: &[Series], bar: &Bar) -> String {
    let category = spoken(bar.category as f64, figure.x());
    let value = series[bar.series].ys()[bar.category].unwrap_or_default();
    let value = spoken(value, figure.y());
    let mut tip = if series.len() > 1 {
        format!("{category}, {}: {value}", series[bar.series].name())
    } else {
        format!("{category}: {value}")
    };
    if let Some((low, high)) = bar.whisker {
        tip.push_str(&format!(" ({} to {})", spoken(low, figure.y()), spoken(high, figure.y())));
    }
    tip
}

pub(crate) fn bars(
    canvas: &mut Canvas,
    figure: &Figure,
    series: &[Series],
    stacking: Stacking,
    height: f64,
) -> f64 {
    let n = figure.x().category_labels().map_or(0, <[String]>::len);
    let bars = arrange(series, n, stacking);
    match figure.runs() {
        Orientation::Vertical => upright(canvas, figure, series, &bars, n, height),
        Orientation::Horizontal => lying(canvas, figure, series, &bars, n),
    }
}

fn upright(
    canvas: &mut Canvas,
    figure: &Figure,
    series: &[Series],
    bars: &[Bar],
    n: usize,
    height: f64,
) -> f64 {
    let mut y = value_scale(figure, bars, 5);
    let top = frame::head(canvas, figure, series, Swatch::Box);
    let left = frame::label_room(&y);
    let area = Area { left, right: canvas.width - 4.0, top, bottom: top + height };
    y.place(area.bottom, area.top);
    frame::grid(canvas, &y, area);
    let slot = area.width() / n.max(1) as f64;
    // Few bars stay slender.
    let full = (WIDEST_SLOT / slot).min(1.0);
    let labelled = series.len() == 1
        && bars.iter().all(|bar| bar.whisker.is_none())
        && bars.iter().all(|bar| text::width(&short(bar.ends.1, figure.y())) + 2.0 <= slot);
    for bar in bars {
        let across =
            |part: f64| area.left + (bar.category as f64 + 0.5 + (part - 0.5) * full) * slot;
        let (from, to) = (across(bar.across.0), across(bar.across.1));
        let class = format!("{} k", fill_class(bar.series));
        let (low, high) = (y.at(bar.ends.0), y.at(bar.ends.1));
        canvas.rect(&class, (from, low), (to, high), &tip(figure, series, bar));
        let middle = f64::midpoint(from, to);
        if let Some((low, high)) = bar.whisker {
            whisker(canvas, (middle, y.at(low)), (middle, y.at(high)));
        }
        if labelled {
            let label = short(bar.ends.1, figure.y());
            let below = if bar.ends.1 < 0.0 { 13.0 } else { -4.0 };
            canvas.text("t", middle, high + below, Align::Middle, &label);
        }
    }
    canvas.line("a", (area.left, y.base()), (area.right, y.base()));
    if bars.is_empty() {
        frame::nothing(canvas, area);
    }
    let dense = if n > 16 { Dense::Thin } else { Dense::Turn };
    let below = frame::category_x(canvas, figure.x(), area, dense);
    frame::marks(canvas, figure, area, |_| None, |value| Some(y.at(value)));
    area.bottom + below
}

fn lying(canvas: &mut Canvas, figure: &Figure, series: &[Series], bars: &[Bar], n: usize) -> f64 {
    let top = frame::head(canvas, figure, series, Swatch::Box);
    let labels = figure.x().category_labels().unwrap_or_default();
    let widest = labels.iter().map(|label| text::width(label)).fold(0.0, f64::max);
    let left = (widest + 8.0).min(canvas.width * 0.42).max(8.0);
    let widest_value =
        bars.iter().map(|bar| text::width(&short(bar.ends.1, figure.y()))).fold(0.0, f64::max);
    let beside = bars.iter().all(|bar| bar.ends.0 == 0.0 && bar.whisker.is_none());
    let right = canvas.width - if beside { widest_value + 8.0 } else { 14.0 };
    let n_beside = if beside { series.len().max(1) } else { 1 };
    let slot = 9.0 + 15.0 * n_beside as f64;
    let bottom = top + slot * n.max(2) as f64;
    let area = Area { left, right, top, bottom };
    let mut along = value_scale(figure, bars, (area.width() / 70.0) as usize);
    along.place(area.left, area.right);
    for tick in &along.ticks {
        let x = along.at(tick.at);
        canvas.line("g", (x, area.top), (x, area.bottom));
    }
    for (category, label) in labels.iter().enumerate() {
        let y = area.top + (category as f64 + 0.5) * slot + 4.0;
        canvas.text_within("t", area.left - 6.0, y, Align::End, label, area.left - 6.0);
    }
    for bar in bars {
        let from = area.top + (bar.category as f64 + bar.across.0) * slot;
        let to = area.top + (bar.category as f64 + bar.across.1) * slot;
        let class = format!("{} k", fill_class(bar.series));
        let (low, high) = (along.at(bar.ends.0), along.at(bar.ends.1));
        canvas.rect(&class, (low, from), (high, to), &tip(figure, series, bar));
        let middle = f64::midpoint(from, to);
        if let Some((low, high)) = bar.whisker {
            whisker(canvas, (along.at(low), middle), (along.at(high), middle));
        }
        if beside {
            let label = short(bar.ends.1, figure.y());
            let (x, align) = if bar.ends.1 < 0.0 {
                (low + 4.0, Align::Start)
            } else {
                (high + 4.0, Align::Start)
            };
            canvas.text("t", x, middle + 4.0, align, &label);
        }
    }
    canvas.line("a", (along.base(), area.top), (along.base(), area.bottom));
    if bars.is_empty() {
        frame::nothing(canvas, area);
    }
    let mut free_from = f64::NEG_INFINITY;
    for tick in &along.ticks {
        let (x, half) = (along.at(tick.at), text::width(&tick.label) / 2.0);
        if x - half >= free_from {
            let within = x.min(canvas.width - half).max(half);
            canvas.text("u", within, area.bottom + 15.0, Align::Middle, &tick.label);
            free_from = x + half + 6.0;
        }
    }
    area.bottom + 22.0
}

fn whisker(canvas: &mut Canvas, from: (f64, f64), to: (f64, f64)) {
    canvas.line("w", from, to);
    // Caps stand across the whisker.
    let upright = (from.0 - to.0).abs() < (from.1 - to.1).abs();
    let (dx, dy) = if upright { (4.0, 0.0) } else { (0.0, 4.0) };
    for (x, y) in [from, to] {
        canvas.line("w", (x - dx, y - dy), (x + dx, y + dy));
    }
}

pub(crate) fn histogram(
    canvas: &mut Canvas,
    figure: &Figure,
    edges: &[f64],
    heights: &[f64],
    height: f64,
) -> f64 {
    let mut y = Scale::new(figure.y(), heights.iter().copied(), Anchor::Zero, 5);
    let top = frame::head(canvas, figure, &[], Swatch::Box);
    let left = frame::label_room(&y);
    let area = Area { left, right: canvas.width - 10.0, top, bottom: top + height };
    y.place(area.bottom, area.top);
    let n_ticks = (area.width() / 70.0) as usize;
    let mut x = Scale::new(figure.x(), edges.iter().copied(), Anchor::Data, n_ticks);
    x.place(area.left, area.right);
    frame::grid(canvas, &y, area);
    for (bin, &count) in heights.iter().enumerate() {
        let (low, high) = (edges[bin], edges[bin + 1]);
        let tip = format!(
            "{} to {}: {}",
            spoken(low, figure.x()),
            spoken(high, figure.x()),
            spoken(count, figure.y())
        );
        canvas.rect("f0 k", (x.at(low), y.at(0.0)), (x.at(high), y.at(count)), &tip);
    }
    if heights.is_empty() {
        frame::nothing(canvas, area);
    }
    let below = frame::numeric_x(canvas, figure.x(), &x, area);
    let inside = |at: f64| (area.left - 0.5..=area.right + 0.5).contains(&at).then_some(at);
    frame::marks(
        canvas,
        figure,
        area,
        |value| inside(x.at(value)),
        |value| {
            let at = y.at(value);
            (area.top..=area.bottom).contains(&at).then_some(at)
        },
    );
    area.bottom + below
}
