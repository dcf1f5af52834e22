//! Names of segments in the text of rules.

use patronage_core::{ColumnKind, Schema};

/// The word before the number of a class, as classes print.
const CLASS: &str = "class ";

/// The text with names in place of `class 3`, unless a name of the schema reads like that.
pub(super) fn in_place(text: &str, names: &[String], schema: &Schema) -> String {
    let misleads = |text: &str| replaced(text, &mut |_| None).1;
    let ambiguous = schema.columns().iter().any(|column| {
        let levels = match column.kind() {
            ColumnKind::Category { levels, .. } => &levels[..],
            _ => &[],
        };
        misleads(column.name()) || levels.iter().any(|level| misleads(level))
    });
    if ambiguous {
        return text.to_owned();
    }
    replaced(text, &mut |class| names.get(class).map(String::as_str)).0
}

/// The text with every `class 3` that stands as a word replaced where `name` knows it, and whether
/// there is any.
fn replaced<'a>(text: &str, name: &mut dyn FnMut(usize) -> Option<&'a str>) -> (String, bool) {
    let (mut out, mut rest, mut any) = (String::with_capacity(text.len()), text, false);
    while let Some(at) = rest.find(CLASS) {
        let (before, from) = rest.split_at(at);
        let word = &from[CLASS.len()..];
        let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
        out.push_str(before);
        let inside = out.chars().next_back().is_some_and(char::is_alphanumeric);
        let class = word[..digits].parse::<usize>().ok().filter(|_| !inside);
        any |= class.is_some();
        match class.and_then(&mut *name) {
            Some(name) => out.push_str(name),
            None => out.push_str(&from[..CLASS.len() + digits]),
        }
        rest = &word[digits..];
    }
    out.push_str(rest);
    (out, any)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use patronage_core::Column;

    #[test]
    fn names_stand_where_classes_stood() {
        let names: Vec<String> = ["Lost", "Loyal"].map(str::to_owned).to_vec();
        let schema = Schema::new([Column::number("x")]).unwrap();
        let text =
            "x <= 3: class 1 with 0.9\nx > 3: class 0, subclass 1, class 12, class x, class ";
        assert_eq!(
            in_place(text, &names, &schema),
            "x <= 3: Loyal with 0.9\nx > 3: Lost, subclass 1, class 12, class x, class "
        );
        let schema = Schema::new([Column::number("class 1 tickets")]).unwrap();
        assert_eq!(in_place(text, &names, &schema), text);
    }
}
