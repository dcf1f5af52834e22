//! Tokens to a tree, by recursive descent.

use patronage_core::ColumnKind;

use super::ast::{Clause, Condition, Fold, Number, Operator};
use super::columns::RuleColumns;
use super::lexer::{KEYWORDS, Kind, Token, tokens};
use super::operand::{Operand, Type};
use crate::error::{Hint, Problem};
use crate::suggest::nearest;

/// Brackets, `not` and signs may be nested this deep; it keeps hostile text from the end of the stack.
pub(super) const MAX_DEPTH: usize = 64;

/// An error and the byte it is at.
pub(super) type Fault = (usize, Problem);

/// A level of an open dictionary that no row has today.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Absent {
    pub(super) at: usize,
    pub(super) column: usize,
    pub(super) level: String,
}

/// Reads `text` into a tree over `columns`.
pub(super) fn parse(text: &str, columns: &RuleColumns) -> Result<(Clause, Vec<Absent>), Fault> {
    let mut parser =
        Parser { tokens: tokens(text)?, next: 0, depth: 0, columns, absent: Vec::new() };
    let rule = parser.any()?;
    let rule = parser.condition(rule, "rule")?;
    match parser.peek() {
        Kind::End => Ok((rule, parser.absent)),
        _ => Err(parser.unexpected("and, or, or the end")),
    }
}

pub(super) struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: usize,
    pub(super) columns: &'a RuleColumns,
    pub(super) absent: Vec<Absent>,
}

impl<'a> Parser<'a> {
    /// or = and { "or" and }
    fn any(&mut self) -> Result<Operand, Fault> {
        self.list("or", Self::all, Condition::Any)
    }

    /// and = not { "and" not }
    fn all(&mut self) -> Result<Operand, Fault> {
        self.list("and", Self::not, Condition::All)
    }

    fn list(
        &mut self,
        word: &'static str,
        part: fn(&mut Self) -> Result<Operand, Fault>,
        list: fn(Vec<Clause>) -> Condition,
    ) -> Result<Operand, Fault> {
        let first = part(self)?;
        if !self.at_keyword(word) {
            return Ok(first);
        }
        let mut clauses = vec![self.condition(first, word)?];
        while self.take_keyword(word) {
            let next = part(self)?;
            clauses.push(self.condition(next, word)?);
        }
        let span = clauses[0].span.start..clauses[clauses.len() - 1].span.end;
        Ok(Operand::condition(Clause { condition: list(clauses), span }))
    }

    /// not = "not" not | comparison
    fn not(&mut self) -> Result<Operand, Fault> {
        let start = self.start();
        if !self.take_keyword("not") {
            return self.comparison();
        }
        self.deeper(|parser| {
            let inner = parser.not()?;
            let inner = parser.condition(inner, "not")?;
            let span = start..inner.span.end;
            Ok(Operand::condition(Clause { condition: Condition::Not(Box::new(inner)), span }))
        })
    }

    /// comparison = sum [ operator sum | ["not"] "in" list | ["not"] "between" sum "and" sum | "is" ["not"] "missing" ]
    fn comparison(&mut self) -> Result<Operand, Fault> {
        let left = self.sum()?;
        let operator = match self.peek() {
            Kind::Mark("=") => Operator::Equal,
            Kind::Mark("!=") => Operator::Unequal,
            Kind::Mark("<") => Operator::Less,
            Kind::Mark("<=") => Operator::AtMost,
            Kind::Mark(">") => Operator::Greater,
            Kind::Mark(">=") => Operator::AtLeast,
            Kind::Keyword("is") => return self.presence(left),
            Kind::Keyword("in" | "between" | "not") => return self.membership(left),
            _ => return Ok(left),
        };
        self.next += 1;
        if matches!(self.peek(), Kind::Mark("=" | ">")) {
            return Err(self.unexpected("a value after the operator (one of = != < <= > >=)"));
        }
        let right = self.sum()?;
        if matches!(self.peek(), Kind::Mark("=" | "!=" | "<" | "<=" | ">" | ">=")) {
            return Err(self.unexpected("and, or, or the end (comparisons do not chain)"));
        }
        self.compare(left, operator, right)
    }

    /// "is" ["not"] "missing"
    fn presence(&mut self, left: Operand) -> Result<Operand, Fault> {
        self.next += 1;
        let negated = self.take_keyword("not");
        if !self.take_keyword("missing") {
            return Err(self.unexpected("\"missing\""));
        }
        let (column, n_levels) = left.column_of(self.columns)?;
        let span = left.span.start..self.end();
        let missing = Clause { condition: Condition::Missing { column, n_levels }, span };
        Ok(negate(missing, negated))
    }

    /// ["not"] "in" "[" literal { "," literal } [","] "]" | ["not"] "between" sum "and" sum
    fn membership(&mut self, left: Operand) -> Result<Operand, Fault> {
        let negated = self.take_keyword("not");
        let clause = if self.take_keyword("between") {
            let low = self.sum()?;
            if !self.take_keyword("and") {
                return Err(self.unexpected("\"and\" and the upper end of between"));
            }
            let high = self.sum()?;
            self.between(left, low, high)?
        } else if self.take_keyword("in") {
            let start = left.span.start;
            let values = self.values()?;
            let mut clause = self.one_of(left, values)?;
            clause.span = start..self.end();
            clause
        } else {
            return Err(self.unexpected("in or between"));
        };
        Ok(negate(clause, negated))
    }

    fn values(&mut self) -> Result<Vec<Operand>, Fault> {
        if !self.take_mark("[") {
            return Err(self.unexpected("a list such as [\"A\", \"B\"]"));
        }
        let mut values = vec![self.sum()?];
        while self.take_mark(",") {
            if matches!(self.peek(), Kind::Mark("]")) {
                break;
            }
            values.push(self.sum()?);
        }
        if !self.take_mark("]") {
            return Err(self.unexpected("\",\" or \"]\""));
        }
        Ok(values)
    }

    /// sum = product { ("+" | "-") product }
    fn sum(&mut self) -> Result<Operand, Fault> {
        let first = self.product()?;
        if !matches!(self.peek(), Kind::Mark("+" | "-")) {
            return Ok(first);
        }
        let start = first.span.start;
        let (number, mut kind) = first.quantity("sum")?;
        let mut terms = vec![(Fold::Direct, number)];
        while let Kind::Mark(mark @ ("+" | "-")) = *self.peek() {
            self.next += 1;
            let term = self.product()?;
            let at = term.span.start;
            let (number, right) = term.quantity("sum")?;
            kind = kind.summed(mark, right).ok_or_else(|| {
                let expected = "numbers, a date ± a number of days, or a date - a date";
                let found = format!("a {} {mark} a {}", kind.noun(), right.noun());
                (at, Problem::TypeMismatch { place: "sum", expected, found })
            })?;
            terms.push((if mark == "+" { Fold::Direct } else { Fold::Inverse }, number));
        }
        Ok(Operand::quantity_of(Number::Sum(terms), kind, start..self.end()))
    }

    /// product = sign { ("*" | "/") sign }
    fn product(&mut self) -> Result<Operand, Fault> {
        let first = self.sign()?;
        if !matches!(self.peek(), Kind::Mark("*" | "/")) {
            return Ok(first);
        }
        let start = first.span.start;
        let mut factors = vec![(Fold::Direct, first.number("product")?)];
        while let Kind::Mark(mark @ ("*" | "/")) = *self.peek() {
            self.next += 1;
            let fold = if mark == "*" { Fold::Direct } else { Fold::Inverse };
            factors.push((fold, self.sign()?.number("product")?));
        }
        Ok(Operand::quantity_of(Number::Product(factors), Type::Number, start..self.end()))
    }

    /// sign = "-" sign | primary
    fn sign(&mut self) -> Result<Operand, Fault> {
        let start = self.start();
        if !self.take_mark("-") {
            return self.primary();
        }
        self.deeper(|parser| {
            let number = match parser.sign()?.number("sign")? {
                Number::Constant(value) => Number::Constant(-value),
                number => Number::Sum(vec![(Fold::Inverse, number)]),
            };
            Ok(Operand::quantity_of(number, Type::Number, start..parser.end()))
        })
    }

    /// primary = number | text | date | "true" | "false" | column | "(" or ")"
    fn primary(&mut self) -> Result<Operand, Fault> {
        let span = self.tokens[self.next].span.clone();
        let operand = match self.peek().clone() {
            Kind::Number(value) => {
                Operand::quantity_of(Number::Constant(value), Type::Number, span)
            }
            Kind::Date(date) => {
                Operand::quantity_of(Number::Constant(f64::from(date.days())), Type::Date, span)
            }
            Kind::Text(text) => Operand::text(text.into_owned(), span),
            Kind::Keyword(word @ ("true" | "false")) => Operand::always(word == "true", span),
            Kind::Column(name) => self.column(name, span)?,
            Kind::Mark("(") => {
                self.next += 1;
                let mut inner = self.deeper(Self::any)?;
                if !matches!(self.peek(), Kind::Mark(")")) {
                    return Err(self.unexpected("\")\""));
                }
                inner.stretch(span.start..self.tokens[self.next].span.end);
                inner
            }
            _ => return Err(self.unexpected("a column, a value or \"(\"")),
        };
        self.next += 1;
        Ok(operand)
    }

    fn column(&self, name: &str, span: std::ops::Range<usize>) -> Result<Operand, Fault> {
        let Some(position) = self.columns.schema().position(name) else {
            let names = || self.columns.schema().columns().iter().map(|column| column.name());
            let known = names().map(str::to_owned).collect();
            let (found, hint) = (name.to_owned(), nearest(name, names()));
            return Err((span.start, Problem::UnknownColumn { found, known, hint }));
        };
        Ok(match self.columns.kind(position) {
            ColumnKind::Flag => Operand::flag(position, span),
            ColumnKind::Category { .. } => Operand::category(position, span),
            ColumnKind::Date => Operand::quantity_of(Number::Column(position), Type::Date, span),
            _ => Operand::quantity_of(Number::Column(position), Type::Number, span),
        })
    }

    /// Runs `inner` one level deeper.
    fn deeper(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<Operand, Fault>,
    ) -> Result<Operand, Fault> {
        if self.depth == MAX_DEPTH {
            return Err((self.start(), Problem::TooDeep { most: MAX_DEPTH }));
        }
        self.depth += 1;
        let operand = inner(self);
        self.depth -= 1;
        operand
    }

    fn peek(&self) -> &Kind<'a> {
        &self.tokens[self.next].kind
    }

    fn at_keyword(&self, word: &str) -> bool {
        matches!(self.peek(), Kind::Keyword(found) if *found == word)
    }

    fn take_keyword(&mut self, word: &str) -> bool {
        let found = self.at_keyword(word);
        self.next += usize::from(found);
        found
    }

    fn take_mark(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek(), Kind::Mark(found) if *found == mark);
        self.next += usize::from(found);
        found
    }

    /// The first byte of the next token.
    fn start(&self) -> usize {
        self.tokens[self.next].span.start
    }

    /// The byte after the last token taken.
    pub(super) fn end(&self) -> usize {
        self.next.checked_sub(1).map_or(0, |last| self.tokens[last].span.end)
    }

    fn unexpected(&self, expected: &'static str) -> Fault {
        let found = self.peek().describe();
        let hint = match self.peek() {
            Kind::Column(word) => nearest(word, KEYWORDS),
            _ => Hint(None),
        };
        (self.start(), Problem::Unexpected { expected, found, hint })
    }
}

fn negate(clause: Clause, negated: bool) -> Operand {
    let span = clause.span.clone();
    Operand::condition(if negated {
        Clause { condition: Condition::Not(Box::new(clause)), span }
    } else {
        clause
    })
}
