//! Figures: what is refused, what is drawn, and that the data beside them are those drawn.

use crate::common::markup;
use patronage_explore::{Axis, Error, Figure, Orientation, Series, Unit};
use proptest::prelude::*;

fn x() -> Axis {
    Axis::number("x")
}

fn categories() -> Axis {
    Axis::categories("c", ["a", "b"])
}

fn refused(figure: Result<Figure, Error>, expected: &str) {
    assert_eq!(figure.unwrap_err().to_string(), expected);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    refused(
        Figure::line("t", x(), x(), [Series::new("s", [(0.0, 1.0), (1.0, f64::NAN)])]),
        "y 1 of \"s\": expected a finite number of magnitude at most 1e300, found NaN",
    );
    refused(
        Figure::scatter("t", x(), x(), [Series::new("s", [(f64::INFINITY, 1.0)])]),
        "x 0 of \"s\": expected a finite number of magnitude at most 1e300, found inf",
    );
    refused(
        Figure::line("t", x(), Axis::logarithmic("y"), [Series::new("s", [(0.0, 0.0)])]),
        "y 0 of \"s\": expected a number above zero (1e-300 to 1e300) on a logarithmic axis, found 0",
    );
    refused(
        Figure::line(
            "t",
            x(),
            x(),
            [Series::new("s", [(0.0, 0.0)]).band([(0.0, 1.0), (0.0, 1.0)])],
        ),
        "intervals of \"s\": expected 1, found 2",
    );
    refused(
        Figure::line("t", x(), x(), [Series::new("s", [(0.0, 0.0)]).band([(1.0, 0.5)])]),
        "upper interval end 0 of \"s\": expected a number not below the lower end, found 0.5",
    );
    refused(
        Figure::line(
            "t",
            x(),
            x(),
            [Series::new("s", [(0.0, 1.0)]), Series::new("s", [(0.0, 1.0)])],
        ),
        "expected distinct series names, found \"s\" twice",
    );
    refused(Figure::line("t", x(), x(), []), "series of \"t\": expected at least one, found none");
    refused(
        Figure::line("t", x(), categories(), [Series::new("s", [(0.0, 1.0)])]),
        "y axis of \"t\": expected numbers",
    );
    refused(
        Figure::line("t", categories(), x(), [Series::new("s", [(2.0, 1.0)])]),
        "x 0 of \"s\": expected the position of a category, found 2",
    );
    refused(
        Figure::bars("t", x(), x(), [Series::new("s", [(0.0, 1.0)])]),
        "x axis of \"t\": expected categories",
    );
    refused(
        Figure::bars("t", categories(), x(), [Series::over_categories("s", [1.0])]),
        "values of \"s\": expected 2, found 1",
    );
    refused(
        Figure::stacked_bars("t", categories(), x(), [Series::over_categories("s", [1.0, -1.0])]),
        "value 1 of \"s\": expected a number that is not negative, found -1",
    );
    refused(
        Figure::stacked_bars(
            "t",
            categories(),
            x(),
            [
                Series::over_categories("s", [1.0, 9e299]),
                Series::over_categories("r", [1.0, 9e299]),
            ],
        )
        .map_err(|error| {
            assert!(error.to_string().starts_with("height of bar 1 of \"t\""), "{error}");
            error
        })
        .and_then(|_| Figure::line("t", x(), x(), []))
        .or_else(|_| Figure::line("t", x(), x(), [])),
        "series of \"t\": expected at least one, found none",
    );
    refused(
        Figure::heat_map("t", categories(), categories(), x(), [Some(1.0)]),
        "cells of \"t\": expected 4, found 1",
    );
    refused(
        Figure::histogram("t", x(), x(), [0.0, 1.0, 1.0], [1.0, 2.0]),
        "edges of \"t\": expected ascending order, found position 2 out of order",
    );
    refused(
        Figure::histogram("t", x(), x(), [0.0, 1.0], [1.0, 2.0]),
        "edges of \"t\": expected 3, found 2",
    );
    refused(
        Figure::line("t", x().covering(1.0, 0.0), x(), [Series::new("s", [(0.0, 1.0)])]),
        "covered ends of \"x\": expected ascending order, found position 1 out of order",
    );
    let line = Figure::line("t", x(), x(), [Series::new("s", [(0.0, 1.0)])]).unwrap();
    assert!(line.clone().mark_x(f64::NAN, "here").is_err());
    assert!(line.mark_y(0.5, "here").is_ok());
}

#[test]
fn the_data_are_those_drawn() {
    let shared = Figure::line(
        "t",
        x(),
        Axis::number("y").unit(Unit::Percent),
        [
            Series::new("a", [(1.0, Some(0.5)), (2.0, None)]).band([Some((0.4, 0.6)), None]),
            Series::new("b", [(1.0, 0.25), (2.0, 1.0)]),
        ],
    );
    assert_eq!(shared.unwrap().to_csv(), "x,a,a: low,a: high,b\n1,0.5,0.4,0.6,0.25\n2,,,,1\n");
    let apart = Figure::line(
        "t",
        x(),
        Axis::number("y"),
        [
            Series::new("a", [(0.0, 0.0), (1.0, 1.0)]),
            Series::new("b", [(0.5, 1e-9)]).band([(0.0, 1e20)]),
        ],
    );
    assert_eq!(
        apart.unwrap().to_csv(),
        "Series,x,y,low,high\na,0,0,,\na,1,1,,\nb,0.5,1e-9,0,1e20\n"
    );
    let heat = Figure::heat_map(
        "t",
        Axis::categories("to", ["p", "q"]),
        categories(),
        x(),
        [Some(1.0), None, Some(3.0), Some(4.5)],
    );
    assert_eq!(heat.unwrap().to_csv(), "c,p,q\na,1,\nb,3,4.5\n");
    let histogram = Figure::histogram(
        "t",
        x(),
        Axis::number("n").unit(Unit::Count),
        [0.0, 0.5, 2.0],
        [3.0, 0.0],
    );
    assert_eq!(histogram.unwrap().to_csv(), "x from,x to,n\n0,0.5,3\n0.5,2,0\n");
    let money = Axis::number("Revenue").unit(Unit::Money("EUR".parse().unwrap()));
    let bars = Figure::bars("t", categories(), money, [Series::over_categories("r", [1.5, -2.0])]);
    assert_eq!(bars.unwrap().to_csv(), "c,r (EUR)\na,1.5\nb,-2\n");
}

/// Every kind of figure of the same numbers, and every way of drawing it.
fn every_kind(values: &[f64], labels: &[String]) -> Vec<Figure> {
    let n = values.len();
    let sizes: Vec<f64> = values.iter().map(|value| value.abs() / (2 * n.max(1)) as f64).collect();
    let names = || Axis::categories("label", labels.iter().cloned());
    let points = || values.iter().enumerate().map(|(i, &y)| (i as f64, y));
    let band = || values.iter().map(|&y| (y.min(y / 2.0), y.max(y / 2.0)));
    let series = || [Series::new("one", points()).band(band()), Series::new("two", points())];
    let edges: Vec<f64> = (0..=n).map(|i| i as f64 * 2.5).collect();
    let figures = [
        Figure::line("line", x(), x(), series()),
        Figure::line("line of labels", names(), x(), series()),
        Figure::scatter("scatter", x(), x(), series()),
        Figure::bars("bars", names(), x(), series()),
        Figure::bars("one bar each", names(), x(), [Series::new("one", points())]),
        Figure::stacked_bars(
            "stack",
            names(),
            x(),
            [
                Series::over_categories("one", sizes.clone()),
                Series::over_categories("two", sizes.clone()),
            ],
        ),
        Figure::heat_map(
            "heat",
            names(),
            Axis::categories("row", ["r"]),
            x(),
            values.iter().map(|&v| Some(v)),
        ),
        Figure::histogram("histogram", x(), x(), edges, sizes),
    ];
    let mut all: Vec<Figure> = figures.into_iter().map(Result::unwrap).collect();
    let lying: Vec<Figure> =
        all.iter().map(|figure| figure.clone().orientation(Orientation::Horizontal)).collect();
    all.extend(lying);
    all
}

fn check_drawn(figure: &Figure) {
    let svg = figure.to_svg();
    let (tags, _) =
        markup::check(&svg).unwrap_or_else(|wrong| panic!("{}: {wrong}", figure.title()));
    markup::check_self_contained(&svg, &tags);
    assert_eq!(tags[0].name, "svg");
    assert_eq!(tags[0].attribute("role"), Some("img"));
    assert_eq!(tags[0].attribute("aria-label"), Some(figure.title()));
    assert_eq!(svg.matches("http").count(), 1, "the name space alone");
    for tag in &tags {
        for (name, value) in &tag.attributes {
            assert!(
                !value.contains("NaN") && !value.contains("inf"),
                "{}: {name}={value}",
                figure.title()
            );
        }
        for name in ["width", "height", "r"] {
            if let Some(size) = tag.attribute(name) {
                assert!(size.parse::<f64>().unwrap() >= 0.0, "{}: {name}={size}", figure.title());
            }
        }
    }
    assert_eq!(svg, figure.to_svg(), "the same bytes again");
}

#[test]
fn extremes_are_drawn() {
    let labels = |n: usize| (0..n).map(|i| format!("label {i} & <more>")).collect::<Vec<_>>();
    for values in [
        &[][..],
        &[0.0],
        &[5.0, 5.0, 5.0],
        &[1e300, -1e300],
        &[1e300, 1e300, 0.0],
        &[5e-324, 0.0],
        &[1e-300, 2e-300],
        &[1e15, 1e15 + 1.0],
        &[-3.0, -2.0],
    ] {
        every_kind(values, &labels(values.len())).iter().for_each(check_drawn);
    }
    // Many categories, and labels of every sort.
    let values: Vec<f64> = (0..300).map(f64::from).collect();
    every_kind(&values, &labels(300)).iter().for_each(check_drawn);
    let strange = [
        "",
        "\u{0}",
        "漢字漢字漢字漢字漢字漢字漢字",
        "😀😀",
        "\u{202e}abc",
        "a\u{301}",
        "]]>",
        "--><!--",
    ];
    let strange: Vec<String> = strange.iter().map(|&label| label.to_owned()).collect();
    every_kind(&values[..8], &strange).iter().for_each(check_drawn);
    let long: Vec<String> = (0..3).map(|i| format!("{i}{}", "W".repeat(5000))).collect();
    every_kind(&values[..3], &long).iter().for_each(check_drawn);
}

#[test]
fn a_logarithmic_axis_is_drawn() {
    for values in [vec![1e-300, 1e300], vec![3.0], vec![3.0, 3.0], vec![0.9, 1.1], vec![]] {
        let points = values.iter().map(|&value| (value, value));
        let log = Axis::logarithmic;
        check_drawn(&Figure::line("log", log("x"), log("y"), [Series::new("s", points)]).unwrap());
    }
}

#[test]
fn values_fall_into_bins() {
    let of = |values: &[f64], n_bins| {
        Figure::histogram_of("h", x(), Axis::number("n"), values.iter().copied(), n_bins)
    };
    assert_eq!(of(&[], 5).unwrap().to_csv(), "x from,x to,n\n");
    assert_eq!(of(&[2.0, 2.0], 5).unwrap().to_csv(), "x from,x to,n\n1,3,2\n");
    assert!(of(&[1.0, f64::NAN], 5).is_err());
    for values in [&[0.1, 0.2, 0.3, 0.7][..], &[-1e300, 1e300], &[0.0, 5e-324], &[1e15, 1e15 + 2.0]]
    {
        for n_bins in [0, 1, 7, usize::MAX] {
            let figure = of(values, n_bins).unwrap();
            check_drawn(&figure);
            let csv = figure.to_csv();
            let counts = csv.lines().skip(1).map(|line| line.rsplit(',').next().unwrap());
            let n: f64 = counts.map(|count| count.parse::<f64>().unwrap()).sum();
            assert_eq!(n, values.len() as f64, "every value is in one bin");
        }
    }
}

#[test]
fn a_long_label_keeps_its_whole_text() {
    let label = "A very long label that cannot possibly fit beside a bar of such a small picture";
    let axis = Axis::categories("c", [label]);
    let figure = Figure::bars("t", axis, x(), [Series::over_categories("s", [1.0])]).unwrap();
    let svg = figure.orientation(Orientation::Horizontal).to_svg();
    assert!(svg.contains(&format!("<title>{label}</title>")) && svg.contains('…'));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn anything_finite_is_drawn(
        values in prop::collection::vec(-1e300..1e300f64, 0..12),
        small in prop::collection::vec(-1e3..1e3f64, 0..12),
        label in "\\PC{0,12}",
    ) {
        for values in [values, small] {
            let labels: Vec<String> = (0..values.len()).map(|i| format!("{label}{i}")).collect();
            every_kind(&values, &labels).iter().for_each(check_drawn);
        }
    }
}
