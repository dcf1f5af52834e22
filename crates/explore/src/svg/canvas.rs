//! A picture being written.

use std::fmt::Write;

use crate::escape::escape;
use crate::svg::text;

/// Where a text stands relative to its position.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Align {
    Start,
    Middle,
    End,
}

/// The inside of an SVG, element by element; every text is escaped on its way in.
#[derive(Debug)]
pub(crate) struct Canvas {
    pub(crate) out: String,
    pub(crate) width: f64,
}

/// A position with one decimal at most: a tenth of a pixel is enough, and bytes count.
pub(crate) fn at(position: f64) -> String {
    let text = format!("{position:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

impl Canvas {
    pub(crate) const fn new(width: f64) -> Self {
        Self { out: String::new(), width }
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.out.write_fmt(arguments);
    }

    pub(crate) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let (x1, y1, x2, y2) = (at(from.0), at(from.1), at(to.0), at(to.1));
        self.push(format_args!(
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"
        ));
    }

    pub(crate) fn path(&mut self, class: &str, data: &str) {
        self.push(format_args!("<path class=\"{class}\" d=\"{data}\"/>"));
    }

    /// A rectangle between two corners; `tip` comes up under a pointer.
    pub(crate) fn rect(&mut self, class: &str, from: (f64, f64), to: (f64, f64), tip: &str) {
        let (x, y) = (at(from.0.min(to.0)), at(from.1.min(to.1)));
        let (w, h) = (at((to.0 - from.0).abs()), at((to.1 - from.1).abs()));
        self.push(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\""
        ));
        self.close_with("rect", tip);
    }

    /// A small mark whose shape tells series apart where colours do not.
    pub(crate) fn marker(&mut self, series: usize, centre: (f64, f64), size: f64, tip: &str) {
        let class = super::theme::fill_class(series);
        let (x, y) = centre;
        match series % 4 {
            0 => {
                let (cx, cy, r) = (at(x), at(y), at(size));
                self.push(format_args!(
                    "<circle class=\"{class}\" cx=\"{cx}\" cy=\"{cy}\" r=\"{r}\""
                ));
                self.close_with("circle", tip);
            }
            1 => {
                let s = size * 0.9;
                self.rect(&class, (x - s, y - s), (x + s, y + s), tip);
            }
            shape => {
                let s = size * 1.25;
                let corners: &[(f64, f64)] = if shape == 2 {
                    &[(0.0, -s), (s, s * 0.8), (-s, s * 0.8)]
                } else {
                    &[(0.0, -s), (s, 0.0), (0.0, s), (-s, 0.0)]
                };
                let points: Vec<String> = corners
                    .iter()
                    .map(|(dx, dy)| format!("{},{}", at(x + dx), at(y + dy)))
                    .collect();
                let points = points.join(" ");
                self.push(format_args!("<polygon class=\"{class}\" points=\"{points}\""));
                self.close_with("polygon", tip);
            }
        }
    }

    fn close_with(&mut self, element: &str, tip: &str) {
        if tip.is_empty() {
            self.out.push_str("/>");
        } else {
            self.out.push_str("><title>");
            escape(&mut self.out, tip);
            self.push(format_args!("</title></{element}>"));
        }
    }

    pub(crate) fn text(&mut self, class: &str, x: f64, y: f64, align: Align, text: &str) {
        self.text_within(class, x, y, align, text, f64::INFINITY);
    }

    /// A text cut to `room`; the whole of it comes up under a pointer.
    pub(crate) fn text_within(
        &mut self,
        class: &str,
        x: f64,
        y: f64,
        align: Align,
        whole: &str,
        room: f64,
    ) {
        self.turned(class, x, y, align, whole, room, 0);
    }

    /// A text cut to `room` and turned by `degrees` about its position.
    #[expect(clippy::too_many_arguments, reason = "a drawing primitive: a place, a look, a text")]
    pub(crate) fn turned(
        &mut self,
        class: &str,
        x: f64,
        y: f64,
        align: Align,
        whole: &str,
        room: f64,
        degrees: i32,
    ) {
        let shown = text::fit(whole, room);
        let anchor = match align {
            Align::Start => "",
            Align::Middle => " text-anchor=\"middle\"",
            Align::End => " text-anchor=\"end\"",
        };
        let (x, y) = (at(x), at(y));
        self.push(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{anchor}"));
        if degrees != 0 {
            self.push(format_args!(" transform=\"rotate({degrees} {x} {y})\""));
        }
        self.out.push('>');
        if shown != whole {
            self.out.push_str("<title>");
            escape(&mut self.out, whole);
            self.out.push_str("</title>");
        }
        escape(&mut self.out, &shown);
        self.out.push_str("</text>");
    }
}
