//! Heat maps.

use crate::figure::{Axis, Figure, Unit};
use crate::svg::canvas::{Align, Canvas};
use crate::svg::label::{short, spoken};
use crate::svg::text;
use crate::svg::theme::{N_STEPS, text_on};

pub(crate) fn heat_map(
    canvas: &mut Canvas,
    figure: &Figure,
    cells: &[Option<f64>],
    value: &Axis,
) -> f64 {
    let columns = figure.x().category_labels().unwrap_or_default();
    let rows = figure.y().category_labels().unwrap_or_default();
    let steps = Steps::new(cells, value);
    let mut top = legend(canvas, value, &steps);
    let widest = rows.iter().map(|row| text::width(row)).fold(0.0, f64::max);
    let heading_room = text::width(&figure.y().heading());
    let left = (widest.max(heading_room) + 8.0).min(canvas.width * 0.36);
    let slot = (canvas.width - left) / columns.len().max(1) as f64;
    let tall = slot.clamp(18.0, 26.0);

    // Column headings stand above, where they are read first.
    canvas.text_within(
        "u",
        left,
        top + 11.0,
        Align::Start,
        &figure.x().heading(),
        canvas.width - left,
    );
    top += 18.0;
    let widest = columns.iter().map(|column| text::width(column)).fold(0.0, f64::max);
    let every = ((widest + 5.0) / slot).ceil().max(1.0) as usize;
    let wraps = widest > 60.0 && slot > 50.0;
    if every <= 3 || wraps {
        // Short headings in narrow columns: every second or third says enough.
        let (every, room) = if wraps { (1, slot - 3.0) } else { (every, widest + 1.0) };
        for (position, column) in columns.iter().enumerate().step_by(every) {
            let half = text::width(column).min(room) / 2.0;
            let x = (left + (position as f64 + 0.5) * slot).min(canvas.width - half);
            canvas.text_within("u", x, top + 11.0, Align::Middle, column, room);
        }
        top += 17.0;
    } else {
        let lift = 0.71 * widest.min(90.0) + 12.0;
        let every = (15.0 / slot).ceil().max(1.0) as usize;
        for (position, column) in columns.iter().enumerate().step_by(every) {
            let x = left + (position as f64 + 0.5) * slot;
            let room = ((canvas.width - x) / 0.71).min(90.0);
            canvas.turned("u", x, top + lift - 4.0, Align::Start, column, room, -45);
        }
        top += lift;
    }
    canvas.text_within("u", left - 6.0, top - 6.0, Align::End, &figure.y().heading(), left - 6.0);

    for (row, name) in rows.iter().enumerate() {
        let y = top + row as f64 * tall;
        let middle = y + tall / 2.0 + 4.0;
        canvas.text_within("t", left - 6.0, middle, Align::End, name, left - 6.0);
        for (column, heading) in columns.iter().enumerate() {
            let Some(cell) = cells[row * columns.len() + column] else { continue };
            let x = left + column as f64 * slot;
            let step = steps.of(cell);
            let tip = format!("{name}, {heading}: {}", spoken(cell, value));
            canvas.rect(&format!("q{step} k"), (x, y), (x + slot, y + tall), &tip);
            let label = within(cell, value);
            if text::width(&label) + 3.0 <= slot {
                canvas.text(text_on(step), x + slot / 2.0, middle, Align::Middle, &label);
            }
        }
    }
    if cells.is_empty() {
        canvas.text("u", canvas.width / 2.0, top + 20.0, Align::Middle, "no data");
        top += 30.0;
    }
    top + rows.len() as f64 * tall + 4.0
}

/// What stands in a cell: the legend says the unit.
fn within(cell: f64, value: &Axis) -> String {
    match value.number_unit() {
        Unit::Percent => crate::format::number(cell * 100.0, 0),
        _ => short(cell, value),
    }
}

/// Which colour a value has: equal steps from the lowest to the highest cell.
struct Steps {
    low: f64,
    high: f64,
}

impl Steps {
    fn new(cells: &[Option<f64>], value: &Axis) -> Self {
        let present = cells.iter().flatten().copied();
        let low = present.clone().fold(f64::INFINITY, f64::min);
        let high = present.fold(f64::NEG_INFINITY, f64::max);
        if low > high {
            return Self { low: 0.0, high: 0.0 };
        }
        // Shares are read from nothing upwards.
        let from_zero = *value.number_unit() == Unit::Percent && low > 0.0;
        Self { low: if from_zero { 0.0 } else { low }, high }
    }

    fn of(&self, cell: f64) -> usize {
        if self.high <= self.low {
            return N_STEPS / 2;
        }
        // Halves, so that the difference of two huge numbers stays finite.
        let part = (cell / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        ((part * N_STEPS as f64) as usize).min(N_STEPS - 1)
    }
}

/// Writes what the colours mean; returns the height it takes.
fn legend(canvas: &mut Canvas, value: &Axis, steps: &Steps) -> f64 {
    let heading = match value.number_unit() {
        Unit::Percent => format!("{} (%)", value.heading()),
        _ => value.heading(),
    };
    let (low, high) = (short(steps.low, value), short(steps.high, value));
    let wide = 11.0;
    let needed = text::width(&low) + text::width(&high) + wide * N_STEPS as f64 + 12.0;
    canvas.text_within("u", 0.0, 12.0, Align::Start, &heading, canvas.width - needed - 8.0);
    let mut x = canvas.width - needed;
    canvas.text("u", x, 12.0, Align::Start, &low);
    x += text::width(&low) + 6.0;
    for step in 0..N_STEPS {
        canvas.rect(&format!("q{step}"), (x, 3.0), (x + wide, 14.0), "");
        x += wide;
    }
    canvas.text("u", x + 6.0, 12.0, Align::Start, &high);
    22.0
}
