//! Colours, and the style rules that pictures share.

/// A colour by what it is for; the page names it as a custom property, a file of its own spells it out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colour {
    pub(crate) name: &'static str,
    pub(crate) light: &'static str,
    pub(crate) dark: &'static str,
}

const fn colour(name: &'static str, light: &'static str, dark: &'static str) -> Colour {
    Colour { name, light, dark }
}

/// How many series have a colour of their own; the next ones begin anew with other dashes.
pub(crate) const N_SERIES: usize = 7;
/// How many steps the colours of a heat map have.
pub(crate) const N_STEPS: usize = 9;

/// From this step on, text on a heat map's cell takes the other colour.
const TEXT_TURNS_AT: usize = 5;

pub(crate) const SURFACE: Colour = colour("surface", "#ffffff", "#16191d");
pub(crate) const INK: Colour = colour("ink", "#1b1f24", "#e9ecef");
pub(crate) const MUTED: Colour = colour("muted", "#57606a", "#a3adb8");
pub(crate) const GRID: Colour = colour("grid", "#e4e8ec", "#2c333a");
pub(crate) const RULE: Colour = colour("rule", "#8c959f", "#6e7781");
const ON_STRONG: Colour = colour("onstrong", "#ffffff", "#0c0f12");

/// Told apart by people who see red, green or blue badly as well (CIE76 distance of any two at
/// least 20 under simulated protan-, deuteran- and tritanopia), and at least 3 : 1 from the surface.
pub(crate) const SERIES: [Colour; N_SERIES] = [
    colour("s0", "#164abe", "#5193dc"),
    colour("s1", "#d9620a", "#e07f36"),
    colour("s2", "#007e54", "#2fcf93"),
    colour("s3", "#c05ba0", "#c79dca"),
    colour("s4", "#2c98f2", "#8a76ff"),
    colour("s5", "#5c3a0f", "#f3c71e"),
    colour("s6", "#40464d", "#868787"),
];

pub(crate) const STEPS: [Colour; N_STEPS] = [
    colour("q0", "#eef4fb", "#1b2430"),
    colour("q1", "#d8e6f5", "#1f3248"),
    colour("q2", "#bcd5ed", "#234262"),
    colour("q3", "#98bfe2", "#28547e"),
    colour("q4", "#72a6d4", "#30689c"),
    colour("q5", "#3a77b8", "#4f90c8"),
    colour("q6", "#2761a3", "#66a2d6"),
    colour("q7", "#164a87", "#8abbe4"),
    colour("q8", "#0a3266", "#b6d6f1"),
];

/// The colour slot of a series.
pub(crate) const fn series_slot(series: usize) -> usize {
    series % N_SERIES
}

/// The classes that fill a series' bars and marks: the colours' second round is paler.
pub(crate) fn fill_class(series: usize) -> String {
    let paler = if series < N_SERIES { "" } else { " o" };
    format!("f{}{paler}", series_slot(series))
}

pub(crate) fn colours() -> impl Iterator<Item = Colour> {
    [SURFACE, INK, MUTED, GRID, RULE, ON_STRONG].into_iter().chain(SERIES).chain(STEPS)
}

/// The rules of a picture, each selector behind `scope`, each colour as `paint` spells it.
pub(crate) fn rules(scope: &str, paint: impl Fn(Colour) -> String) -> String {
    let mut out = String::new();
    let mut rule = |selector: &str, body: String| {
        out.push_str(scope);
        out.push_str(selector);
        out.push('{');
        out.push_str(&body);
        out.push_str("}\n");
    };
    rule(
        "text",
        format!(
            "font:12px system-ui,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,\"Noto Sans\",\"DejaVu Sans\",sans-serif;fill:{}",
            paint(INK)
        ),
    );
    rule(".u", format!("fill:{}", paint(MUTED)));
    rule(".h", "font-size:15px;font-weight:600".to_owned());
    rule(".on", format!("fill:{}", paint(ON_STRONG)));
    rule(".g", format!("stroke:{};stroke-width:1", paint(GRID)));
    rule(".a", format!("stroke:{};stroke-width:1", paint(RULE)));
    rule(".m", format!("stroke:{};stroke-width:1.2;stroke-dasharray:4 3", paint(INK)));
    rule(".w", format!("stroke:{};stroke-width:1.2;fill:none", paint(INK)));
    rule(".r", format!("stroke:{};stroke-width:1.5;stroke-dasharray:5 4;fill:none", paint(RULE)));
    for (slot, colour) in SERIES.into_iter().enumerate() {
        let paint = paint(colour);
        rule(&format!(".f{slot}"), format!("fill:{paint}"));
        rule(
            &format!(".l{slot}"),
            format!("stroke:{paint};stroke-width:2;fill:none;stroke-linejoin:round"),
        );
        rule(&format!(".b{slot}"), format!("fill:{paint};fill-opacity:.16"));
    }
    rule(".d1", "stroke-dasharray:7 3".to_owned());
    rule(".d2", "stroke-dasharray:2 2.5".to_owned());
    rule(".d3", "stroke-dasharray:9 3 2 3".to_owned());
    rule(".k", format!("stroke:{};stroke-width:1", paint(SURFACE)));
    rule(".p", "fill-opacity:.65".to_owned());
    rule(".o", "fill-opacity:.45".to_owned());
    for (step, colour) in STEPS.into_iter().enumerate() {
        rule(&format!(".q{step}"), format!("fill:{}", paint(colour)));
    }
    out
}

/// The class of text that stands on a heat map's step.
pub(crate) const fn text_on(step: usize) -> &'static str {
    if step >= TEXT_TURNS_AT { "on" } else { "t" }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast as the Web Content Accessibility Guidelines 2.1 define it.
    fn contrast(a: &str, b: &str) -> f64 {
        let luminance = |hex: &str| -> f64 {
            let channel = |at: usize| {
                let c = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
                if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn everything_stands_out_from_what_it_stands_on() {
        for pick in [|c: Colour| c.light, |c: Colour| c.dark] {
            for text in [INK, MUTED] {
                assert!(contrast(pick(text), pick(SURFACE)) >= 4.5);
            }
            for series in SERIES {
                assert!(contrast(pick(series), pick(SURFACE)) >= 3.0, "{}", series.name);
            }
            for (step, colour) in STEPS.into_iter().enumerate() {
                let text = if text_on(step) == "on" { ON_STRONG } else { INK };
                let found = contrast(pick(text), pick(colour));
                assert!(found >= 4.5, "text on {}: {found}", colour.name);
            }
        }
    }
}
