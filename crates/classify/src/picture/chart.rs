//! Lines, bands, bars and marks on two axes.

use std::fmt::Write;

use super::axis::{Scale, written};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 64.0;

/// Colours that are told apart by who confuses red and green, for light ground and for dark.
const STYLE: &str = "\
.ground{fill:#ffffff}text{fill:#1b1f24;font:13px system-ui,sans-serif}\
.title{font-size:17px;font-weight:600}.note{fill:#57606a;font-size:12px}\
.grid{stroke:#d8dee4;stroke-width:1}.frame{stroke:#57606a;stroke-width:1}\
.line{fill:none;stroke-width:2.2}.band{opacity:.18;stroke:none}\
.s0{stroke:#0b5cad;fill:#0b5cad}.s1{stroke:#b3470a;fill:#b3470a}\
.s2{stroke:#12785a;fill:#12785a}.s3{stroke:#6b7280;fill:#6b7280}\
.bar{fill:#9aa7b4;opacity:.45;stroke:none}.mark{stroke:#1b1f24;stroke-dasharray:5 4;fill:none}\
@media (prefers-color-scheme:dark){.ground{fill:#0d1117}text{fill:#e6edf3}.note{fill:#9da7b1}\
.grid{stroke:#2b323b}.frame{stroke:#9da7b1}.s0{stroke:#6cb6ff;fill:#6cb6ff}\
.s1{stroke:#f0a35e;fill:#f0a35e}.s2{stroke:#57d9a3;fill:#57d9a3}.s3{stroke:#a9b1ba;fill:#a9b1ba}\
.bar{fill:#7d8896}.mark{stroke:#e6edf3}}.line.s0,.line.s1,.line.s2,.line.s3{fill:none}";

/// x, y, and the ends of the band.
pub(super) type Point = (f64, f64, Option<(f64, f64)>);

/// One line through points, with a band about it where it has one.
pub(super) struct Series {
    pub(super) name: String,
    /// Which of the four colours.
    pub(super) colour: usize,
    pub(super) dashed: bool,
    pub(super) dots: bool,
    pub(super) points: Vec<Point>,
}

/// Bars that rise from the foot of the chart, the tallest to a fifth of its height.
pub(super) struct Bars {
    pub(super) name: String,
    /// Left and right end, and the number.
    pub(super) bars: Vec<(f64, f64, f64)>,
}

/// What stands on two axes.
pub(super) struct Chart {
    pub(super) title: String,
    /// One sentence under the title, and for those who do not see the picture.
    pub(super) note: String,
    pub(super) x_label: String,
    pub(super) y_label: String,
    pub(super) x: Scale,
    pub(super) y: Scale,
    pub(super) series: Vec<Series>,
    pub(super) bars: Option<Bars>,
    /// A line from top to foot, and what it says.
    pub(super) mark: Option<(f64, String)>,
}

impl Chart {
    pub(super) fn svg(&self) -> String {
        let mut out = String::new();
        self.write(&mut out).expect("text grows without failing");
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let (title, note) = (escaped(&self.title), escaped(&self.note));
        write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-label=\"{title}\"><title>{title}</title><desc>{note}</desc><style>{STYLE}</style>\
             <rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\
             <text class=\"title\" x=\"{LEFT}\" y=\"26\">{}</text>\
             <text class=\"note\" x=\"{LEFT}\" y=\"46\">{}</text>",
            escaped(&shortened(&self.title, 82)),
            escaped(&shortened(&self.note, 112)),
        )?;
        self.write_axes(out)?;
        self.write_bars(out)?;
        for series in &self.series {
            self.write_band(out, series)?;
        }
        for series in &self.series {
            self.write_line(out, series)?;
        }
        self.write_mark(out)?;
        self.write_legend(out)?;
        out.write_str("</svg>")
    }

    fn across(&self, x: f64) -> f64 {
        LEFT + self.x.place(x).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn up(&self, y: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.place(y).clamp(0.0, 1.0) * (HEIGHT - TOP - BOTTOM)
    }

    fn write_axes(&self, out: &mut String) -> std::fmt::Result {
        let (right, foot) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for tick in self.y.ticks(8) {
            let y = self.up(tick);
            write!(
                out,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                y + 4.5,
                written(tick)
            )?;
        }
        write!(
            out,
            "<line class=\"frame\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{foot}\" y2=\"{foot}\"/>"
        )?;
        let mut free = f64::NEG_INFINITY;
        for tick in self.x.ticks(14) {
            let (x, text) = (self.across(tick), written(tick));
            let half = 0.5 * wide(&text) + 4.0;
            write!(
                out,
                "<line class=\"frame\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{foot}\" y2=\"{}\"/>",
                foot + 5.0
            )?;
            // A number that would touch the one before is left out; its tick stays.
            if x - half >= free {
                write!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{text}</text>",
                    foot + 20.0
                )?;
                free = x + half;
            }
        }
        let middle = 0.5 * (TOP + foot);
        write!(
            out,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
             <text x=\"18\" y=\"{middle:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 18 {middle:.1})\">{}</text>",
            0.5 * (LEFT + right),
            HEIGHT - 16.0,
            escaped(&self.x_label),
            escaped(&self.y_label),
        )
    }

    fn write_bars(&self, out: &mut String) -> std::fmt::Result {
        let Some(Bars { bars, .. }) = &self.bars else { return Ok(()) };
        let most = bars.iter().map(|bar| bar.2).fold(0.0, f64::max);
        let (foot, room) = (HEIGHT - BOTTOM, (HEIGHT - TOP - BOTTOM) / 5.0);
        for &(from, to, number) in bars {
            let tall = if most > 0.0 { number / most * room } else { 0.0 };
            let (from, to) = (self.across(from), self.across(to));
            write!(
                out,
                "<rect class=\"bar\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{tall:.1}\"><title>{}</title></rect>",
                from + 0.5,
                foot - tall,
                (to - from - 1.0).max(1.0),
                written(number)
            )?;
        }
        Ok(())
    }

    fn write_band(&self, out: &mut String, series: &Series) -> std::fmt::Result {
        let ends: Vec<(f64, f64, f64)> =
            series.points.iter().filter_map(|&(x, _, band)| band.map(|(l, h)| (x, l, h))).collect();
        if ends.len() < 2 {
            return Ok(());
        }
        write!(out, "<polygon class=\"band s{}\" points=\"", series.colour)?;
        for &(x, low, _) in &ends {
            write!(out, "{:.1},{:.1} ", self.across(x), self.up(low))?;
        }
        for &(x, _, high) in ends.iter().rev() {
            write!(out, "{:.1},{:.1} ", self.across(x), self.up(high))?;
        }
        out.write_str("\"/>")
    }

    fn write_line(&self, out: &mut String, series: &Series) -> std::fmt::Result {
        let dash = if series.dashed { " stroke-dasharray=\"7 5\"" } else { "" };
        write!(out, "<polyline class=\"line s{}\"{dash} points=\"", series.colour)?;
        for &(x, y, _) in &series.points {
            write!(out, "{:.1},{:.1} ", self.across(x), self.up(y))?;
        }
        out.write_str("\"/>")?;
        if !series.dots {
            return Ok(());
        }
        for &(x, y, band) in &series.points {
            let (across, up) = (self.across(x), self.up(y));
            let range = band.map_or(String::new(), |(low, high)| {
                format!(" ({} to {})", exact(low), exact(high))
            });
            write!(
                out,
                "<circle class=\"s{}\" cx=\"{across:.1}\" cy=\"{up:.1}\" r=\"3.2\"><title>{}: {} at {}{range}</title></circle>",
                series.colour,
                escaped(&series.name),
                exact(y),
                written(x)
            )?;
        }
        Ok(())
    }

    fn write_mark(&self, out: &mut String) -> std::fmt::Result {
        let Some((x, words)) = &self.mark else { return Ok(()) };
        let x = self.across(*x);
        let room = wide(words) + 12.0;
        // On the side where there is room for the words.
        let (at, anchor) =
            if x + room < WIDTH - RIGHT { (x + 6.0, "start") } else { (x - 6.0, "end") };
        write!(
            out,
            "<line class=\"mark\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{}\"/>\
             <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            HEIGHT - BOTTOM,
            TOP + 12.0,
            escaped(words)
        )
    }

    fn write_legend(&self, out: &mut String) -> std::fmt::Result {
        let mut x = LEFT;
        for series in self.series.iter().filter(|series| !series.name.is_empty()) {
            let dash = if series.dashed { " stroke-dasharray=\"7 5\"" } else { "" };
            write!(
                out,
                "<line class=\"line s{}\"{dash} x1=\"{x:.1}\" x2=\"{:.1}\" y1=\"64\" y2=\"64\"/>\
                 <text x=\"{:.1}\" y=\"68.5\">{}</text>",
                series.colour,
                x + 22.0,
                x + 28.0,
                escaped(&series.name)
            )?;
            x += 28.0 + wide(&series.name) + 20.0;
        }
        if let Some(bars) = &self.bars {
            write!(
                out,
                "<rect class=\"bar\" x=\"{x:.1}\" y=\"58\" width=\"14\" height=\"12\"/><text x=\"{:.1}\" y=\"68.5\">{}</text>",
                x + 20.0,
                escaped(&bars.name)
            )?;
        }
        Ok(())
    }
}

/// About how wide a text of 13 px is.
fn wide(text: &str) -> f64 {
    6.9 * text.chars().count() as f64
}

fn exact(value: f64) -> String {
    if value.abs() >= 1e4 || (value != 0.0 && value.abs() < 1e-3) {
        format!("{value:.3e}")
    } else {
        format!("{value:.4}")
    }
}

/// At most so many characters, with dots where some are gone.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{}…", kept.trim_end())
}

/// Text that is no markup; what XML does not admit becomes a space.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
