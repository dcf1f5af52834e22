//! Eligibility rules.

mod ast;
mod columns;
mod explain;
mod lexer;
mod operand;
mod parser;

use std::fmt;

pub use ast::Truth;
pub use columns::RuleColumns;

use ast::Clause;
use parser::Absent;

use crate::error::{Error, ErrorKind, Problem};

/// A rule over a customer's columns: `segment in ["Champions", "Loyal"] and recency_days > 60`.
///
/// # Grammar
///
/// ```text
/// rule       = and, { "or", and } ;
/// and        = not, { "and", not } ;
/// not        = "not", not | comparison ;
/// comparison = sum, [ operator, sum
///                   | [ "not" ], "in", "[", listed, { ",", listed }, [ "," ], "]"
///                   | [ "not" ], "between", sum, "and", sum
///                   | "is", [ "not" ], "missing" ] ;
/// operator   = "=" | "!=" | "<" | "<=" | ">" | ">=" ;
/// sum        = product, { ( "+" | "-" ), product } ;
/// product    = sign, { ( "*" | "/" ), sign } ;
/// sign       = "-", sign | primary ;
/// primary    = column | number | text | date | "true" | "false" | "(", rule, ")" ;
/// listed     = [ "-" ], number | text | date ;
/// column     = letter, { letter | digit | "_" } | "`", any, { any }, "`" ;
/// number     = digit, { digit | "_" }, [ ".", { digit } ], [ "e", [ "+" | "-" ], digit, { digit } ] ;
/// text       = '"', { any }, '"' | "'", { any }, "'" ;      (a quote inside is written twice)
/// date       = year, "-", month, "-", day ;                  (four, two and two digits)
/// ```
///
/// Keywords may be written in capitals; columns and texts are compared letter by letter. `between`
/// includes both ends. Numbers compare with numbers, dates with dates, categories (by `=`, `!=`
/// and `in`) with texts, flags with `true` and `false`, or stand alone. A date plus or minus a
/// number is a date, a date minus a date a number of days. Brackets, `not` and signs may be nested
/// 64 deep; beyond that the rule is refused.
///
/// # What is missing is not met
///
/// A comparison with a missing value (NaN, the code of the unseen of a category, a division by
/// zero) can neither be met nor not met: it is unknown, and so is its `not`. `and` is not met when
/// one part is not met, `or` is met when one part is met, whatever the others (Kleene's logic). A
/// rule that comes out unknown counts as not met. `is missing` asks for it.
///
/// Reading costs O(length), evaluation O(parts of the rule).
///
/// # References
///
/// S. C. Kleene (1952), *Introduction to Metamathematics*, § 64 (three-valued logic).
///
/// # Examples
///
/// ```
/// use patronage_act::{Rule, RuleColumns, Truth};
/// use patronage_core::{Column, Schema};
///
/// let columns = RuleColumns::new(Schema::new([
///     Column::category("segment", ["Champions", "Loyal", "Lost"]),
///     Column::nullable("recency_days"),
/// ])?);
/// let rule = Rule::parse(r#"segment in ["Champions", "Loyal"] and recency_days > 60"#, &columns)?;
/// assert_eq!(rule.truth(&[1.0, 74.0]), Truth::Met);
/// assert_eq!(rule.truth(&[2.0, f64::NAN]), Truth::NotMet);
/// assert_eq!(rule.truth(&[0.0, f64::NAN]), Truth::Unknown);
/// assert_eq!(
///     rule.objections(&[1.0, 12.0]).collect::<Vec<_>>(),
///     ["`recency_days > 60` is not met (recency_days is 12)"]
/// );
/// # Ok::<(), patronage_act::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rule {
    text: String,
    root: Clause,
    columns: std::sync::Arc<RuleColumns>,
    absent: Vec<Absent>,
}

impl Rule {
    /// Reads a rule over `columns`.
    ///
    /// Any text whatever gives a rule or an error.
    ///
    /// # Errors
    ///
    /// When the text is none of the grammar, names an unknown column or (in a closed dictionary) an
    /// unknown level, or puts a value of one type where another is needed; with the character.
    pub fn parse(text: &str, columns: &RuleColumns) -> Result<Self, Error> {
        Self::read(text, &std::sync::Arc::new(columns.clone())).map_err(|(byte, problem)| {
            let at = text.get(..byte).map_or(0, |before| before.chars().count()) + 1;
            ErrorKind::Rule { at, problem }.into()
        })
    }

    /// As [`parse`](Self::parse), with the byte of the error.
    pub(crate) fn read(
        text: &str,
        columns: &std::sync::Arc<RuleColumns>,
    ) -> Result<Self, (usize, Problem)> {
        let (root, absent) = parser::parse(text, columns)?;
        Ok(Self { text: text.to_owned(), root, columns: columns.clone(), absent })
    }

    /// What the rule says of a row of its columns' schema.
    ///
    /// # Panics
    ///
    /// When the row is shorter than the schema.
    #[must_use]
    pub fn truth(&self, row: &[f64]) -> Truth {
        self.root.truth(row)
    }

    /// The text it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The levels of open dictionaries that no row has today, with their columns and the byte of the rule.
    pub(crate) fn absent(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        self.absent
            .iter()
            .map(|absent| (absent.at, self.columns.name(absent.column), absent.level.as_str()))
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.columns == other.columns
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
