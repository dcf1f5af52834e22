//! The data of a figure as a table.

use crate::figure::{Axis, AxisKind, Figure, Plot, Series, Unit};
use crate::format::decimals_for;
use crate::table::{Table, TableColumn};

pub(crate) fn table(figure: &Figure) -> Table {
    let columns = match figure.plot() {
        Plot::Line(series) | Plot::Scatter(series) => {
            let shared = series.windows(2).all(|pair| pair[0].xs() == pair[1].xs());
            let points = matches!(figure.plot(), Plot::Scatter(_)) && series.len() > 1;
            if shared && !points { wide(figure, series) } else { long(figure, series) }
        }
        Plot::Bars(series) | Plot::StackedBars(series) => wide(figure, series),
        Plot::HeatMap { cells, value } => heat(figure, cells, value),
        Plot::Histogram { edges, heights } => {
            let x = figure.x();
            vec![
                numbers(format!("{} from", x.heading()), x, &some(&edges[..heights.len()])),
                numbers(format!("{} to", x.heading()), x, &some(&edges[1..])),
                numbers(figure.y().heading(), figure.y(), &some(heights)),
            ]
        }
    };
    Table::new(figure.title(), columns).expect("the figure was checked: finite, and of one length")
}

/// One row for each x, which all series share.
fn wide(figure: &Figure, series: &[Series]) -> Vec<TableColumn> {
    let shared = series.first().map_or(&[][..], Series::xs);
    let mut columns = vec![positions(figure.x(), shared.iter().copied())];
    for one in series {
        columns.push(numbers(value_heading(figure.y(), one.name()), figure.y(), one.ys()));
        if !one.bands().is_empty() {
            let low: Vec<_> = one.bands().iter().map(|band| band.map(|(low, _)| low)).collect();
            let high: Vec<_> = one.bands().iter().map(|band| band.map(|(_, high)| high)).collect();
            columns.push(numbers(format!("{}: low", one.name()), figure.y(), &low));
            columns.push(numbers(format!("{}: high", one.name()), figure.y(), &high));
        }
    }
    columns
}

/// One row for each point.
fn long(figure: &Figure, series: &[Series]) -> Vec<TableColumn> {
    let names = series.iter().flat_map(|one| one.xs().iter().map(|_| one.name()));
    let xs = series.iter().flat_map(|one| one.xs().iter().copied());
    let ys: Vec<_> = series.iter().flat_map(|one| one.ys().iter().copied()).collect();
    let mut columns = vec![
        TableColumn::text("Series", names),
        positions(figure.x(), xs),
        numbers(figure.y().heading(), figure.y(), &ys),
    ];
    if series.iter().any(|one| !one.bands().is_empty()) {
        let band = |end: fn((f64, f64)) -> f64| -> Vec<Option<f64>> {
            let of = |one: &Series, i: usize| one.bands().get(i).copied().flatten().map(end);
            series.iter().flat_map(|s| (0..s.xs().len()).map(move |i| of(s, i))).collect()
        };
        columns.push(numbers("low".to_owned(), figure.y(), &band(|(low, _)| low)));
        columns.push(numbers("high".to_owned(), figure.y(), &band(|(_, high)| high)));
    }
    columns
}

fn heat(figure: &Figure, cells: &[Option<f64>], value: &Axis) -> Vec<TableColumn> {
    let columns = figure.x().category_labels().unwrap_or_default();
    let rows = figure.y().category_labels().unwrap_or_default();
    let mut table = vec![TableColumn::text(figure.y().heading(), rows)];
    for (position, name) in columns.iter().enumerate() {
        let column: Vec<_> = cells.iter().skip(position).step_by(columns.len()).copied().collect();
        table.push(numbers(name.clone(), value, &column));
    }
    table
}

fn positions(axis: &Axis, values: impl Iterator<Item = f64>) -> TableColumn {
    match axis.kind() {
        AxisKind::Categories(labels) => {
            TableColumn::text(axis.heading(), values.map(|at| labels[at as usize].clone()))
        }
        AxisKind::Number { .. } => {
            numbers(axis.heading(), axis, &values.map(Some).collect::<Vec<_>>())
        }
    }
}

fn numbers(name: String, axis: &Axis, values: &[Option<f64>]) -> TableColumn {
    let present = values.iter().flatten().copied();
    match axis.number_unit() {
        Unit::Percent => {
            let decimals = match decimals_for(present.map(|share| share * 100.0)) {
                0 => 0,
                // Below one in a hundred a single decimal would say too little.
                decimals if decimals > 4 => 3,
                _ => 1,
            };
            TableColumn::percent(name, decimals, values.iter().copied())
        }
        Unit::Money(_) => TableColumn::number(name, 2, values.iter().copied()),
        _ => TableColumn::number(name, decimals_for(present), values.iter().copied()),
    }
}

/// A series' name, with the unit behind it where the axis has one.
fn value_heading(axis: &Axis, name: &str) -> String {
    match axis.number_unit() {
        Unit::Money(currency) => format!("{name} ({currency})"),
        Unit::Named(unit) => format!("{name} ({unit})"),
        _ => name.to_owned(),
    }
}

fn some(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}
