//! What a column of texts is: numbers, a flag, a category, or nothing to learn from.

use std::collections::HashMap;

use patronage::core::Column;

use super::YesNo;

/// More levels than this are names rather than kinds.
const MOST_LEVELS: usize = 64;

/// The level of missing cells of a category.
const MISSING: &str = "(missing)";

/// Whether a cell says nothing.
pub(crate) fn is_missing(cell: &str) -> bool {
    let nothing = ["", "na", "n/a", "nan", "null", "none", "?"];
    nothing.iter().any(|word| cell.trim().eq_ignore_ascii_case(word))
}

/// The cells of a column, each distinct text once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    texts: Vec<String>,
    /// The line on which each text stands first.
    lines: Vec<u64>,
    positions: HashMap<String, u32>,
    codes: Vec<Option<u32>>,
}

/// A column of a feature table and its cells.
pub(crate) struct Made {
    pub(crate) column: Column,
    pub(crate) cells: Vec<f64>,
}

impl Cells {
    pub(crate) fn push(&mut self, cell: &str, line: u64) {
        if is_missing(cell) {
            self.codes.push(None);
            return;
        }
        let code = self.positions.get(cell).copied().unwrap_or_else(|| {
            let code = self.texts.len() as u32;
            self.texts.push(cell.to_owned());
            self.lines.push(line);
            self.positions.insert(cell.to_owned(), code);
            code
        });
        self.codes.push(Some(code));
    }

    /// The distinct texts in the order in which they first stand.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    pub(crate) fn code_of(&self, text: &str) -> Option<u32> {
        self.positions.get(text).copied()
    }

    /// The code of each cell; that of a missing one is beyond all texts.
    pub(crate) fn codes(&self) -> impl Iterator<Item = u32> {
        let beyond = self.texts.len() as u32;
        self.codes.iter().map(move |code| code.unwrap_or(beyond))
    }

    pub(crate) fn n_missing(&self) -> u64 {
        self.codes.iter().filter(|code| code.is_none()).count() as u64
    }

    /// The column, or the reason why nothing can be learnt from it.
    pub(crate) fn make(
        &self,
        name: &str,
        comma_for_point: bool,
        yes_no: YesNo,
    ) -> Result<Made, String> {
        let any_missing = self.n_missing() > 0;
        match self.texts.as_slice() {
            [] => return Err("every cell is missing".to_owned()),
            [only] if !any_missing => return Err(format!("every cell is {only:?}")),
            _ => {}
        }
        let numbers: Vec<Option<f64>> =
            self.texts.iter().map(|text| number(text, comma_for_point)).collect();
        let n_numbers = numbers.iter().flatten().count();
        if n_numbers == numbers.len() {
            let of = |code: u32| numbers.get(code as usize).copied().flatten().unwrap_or(f64::NAN);
            let cells: Vec<f64> = self.codes().map(of).collect();
            let flag = cells.iter().all(|&cell| cell == 0.0 || cell == 1.0);
            let column = match (any_missing, flag) {
                (true, _) => Column::nullable(name),
                (false, true) => Column::flag(name),
                (false, false) => Column::number(name),
            };
            return Ok(Made { column, cells });
        }
        let flag = yes_no == YesNo::Flag && !any_missing;
        if let Some(yes) = self.yes().filter(|_| flag) {
            let cells = self.codes().map(|code| f64::from(u8::from(code == yes))).collect();
            return Ok(Made { column: Column::flag(name), cells });
        }
        if self.texts.len() > MOST_LEVELS {
            return Err(self.why_too_many(&numbers, n_numbers));
        }
        let mut order: Vec<usize> = (0..self.texts.len()).collect();
        order.sort_by(|&a, &b| self.texts[a].cmp(&self.texts[b]));
        let mut places = vec![0.0; order.len() + 1];
        for (place, &code) in order.iter().enumerate() {
            places[code] = place as f64;
        }
        // The missing come after all levels.
        places[order.len()] = order.len() as f64;
        let mut levels: Vec<&str> = order.iter().map(|&code| self.texts[code].as_str()).collect();
        if any_missing {
            levels.push(MISSING);
        }
        let cells = self.codes().map(|code| places[code as usize]).collect();
        Ok(Made { column: Column::category(name, levels), cells })
    }

    /// The code of the text that means yes, where the two texts mean yes and no.
    fn yes(&self) -> Option<u32> {
        let [first, second] = self.texts.as_slice() else { return None };
        let pairs = [("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f")];
        pairs.iter().find_map(|(yes, no)| {
            let is = |text: &str, word: &str| text.eq_ignore_ascii_case(word);
            if is(first, yes) && is(second, no) {
                Some(0)
            } else {
                (is(first, no) && is(second, yes)).then_some(1)
            }
        })
    }

    fn why_too_many(&self, numbers: &[Option<f64>], n_numbers: usize) -> String {
        let n = self.texts.len();
        if n_numbers * 10 >= n * 9 {
            let odd = numbers.iter().position(Option::is_none).unwrap_or(0);
            return format!("numbers, but line {} has {:?}", self.lines[odd], self.texts[odd]);
        }
        format!("{n} levels, more than {MOST_LEVELS}")
    }
}

/// A finite number, or none.
fn number(text: &str, comma_for_point: bool) -> Option<f64> {
    let parsed = text.parse::<f64>().ok();
    let parsed = parsed.or_else(|| {
        let one_comma = comma_for_point && text.matches(',').count() == 1 && !text.contains('.');
        one_comma.then(|| text.replace(',', ".").parse().ok()).flatten()
    });
    parsed.filter(|number| number.is_finite())
}
