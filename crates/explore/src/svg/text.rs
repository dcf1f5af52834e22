//! How wide a text will be, without a font at hand.

use std::borrow::Cow;

/// The size of all text in a picture, in its own units (pixels at full scale).
pub(crate) const SIZE: f64 = 12.0;

/// About how wide `text` is; meant to err on the wide side for common sans-serif fonts.
pub(crate) fn width(text: &str) -> f64 {
    text.chars().map(advance).sum::<f64>() * SIZE
}

/// The advance of a character in parts of the font size.
fn advance(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '\u{202f}' => 0.31,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' | '"' => 0.45,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.93,
        'A'..='Z' | '&' => 0.71,
        '<' | '>' | '=' | '+' | '~' | '#' | '\u{2212}' => 0.84,
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' => 0.0,
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{ffdc}' | '\u{1f000}'..='\u{3ffff}' => 1.05,
        _ => 0.59,
    }
}

/// `text` cut to `room`, with an ellipsis where something was cut.
pub(crate) fn fit(text: &str, room: f64) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    let room = room - advance('…') * SIZE;
    let mut used = 0.0;
    let end = text
        .char_indices()
        .find(|&(_, character)| {
            used += advance(character) * SIZE;
            used > room
        })
        .map_or(text.len(), |(at, _)| at);
    Cow::Owned(format!("{}…", text[..end].trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_characters() {
        assert_eq!(fit("short", 100.0), "short");
        assert_eq!(fit("WHITE HANGING HEART T-LIGHT HOLDER", 90.0), "WHITE HAN…");
        assert_eq!(fit("漢字漢字漢字", 40.0), "漢字…");
        assert_eq!(fit("anything", 0.0), "…");
    }
}
