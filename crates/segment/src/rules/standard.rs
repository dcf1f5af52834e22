//! A grid of eleven segments.

use super::builders::DisjointRules;
use super::compiled::SegmentRules;
use super::grid::ScoreGrid;

impl SegmentRules {
    #[doc = include_str!("standard.md")]
    #[must_use]
    pub fn standard() -> Self {
        let grid = ScoreGrid::rfm(5).expect("125 cells");
        DisjointRules::new(grid)
            .rule("Champions", [4..=5, 4..=5, 4..=5])
            .rule("Loyal", [4..=5, 4..=5, 1..=3])
            .rule("Loyal", [4..=5, 3..=3, 4..=5])
            .rule("Loyal", [3..=3, 4..=5, 1..=5])
            .rule("Potential Loyalists", [4..=5, 3..=3, 1..=3])
            .rule("Potential Loyalists", [4..=5, 2..=2, 1..=5])
            .rule("New Customers", [5..=5, 1..=1, 1..=5])
            .rule("Promising", [4..=4, 1..=1, 1..=5])
            .rule("Need Attention", [3..=3, 3..=3, 1..=5])
            .rule("Need Attention", [3..=3, 2..=2, 3..=5])
            .rule("Need Attention", [3..=3, 1..=1, 4..=5])
            .rule("About to Sleep", [3..=3, 2..=2, 1..=2])
            .rule("About to Sleep", [3..=3, 1..=1, 1..=3])
            .rule("About to Sleep", [2..=2, 2..=2, 1..=3])
            .rule("At Risk", [2..=2, 5..=5, 1..=3])
            .rule("At Risk", [2..=2, 3..=4, 1..=5])
            .rule("At Risk", [2..=2, 1..=2, 4..=5])
            .rule("At Risk", [1..=1, 4..=5, 1..=3])
            .rule("At Risk", [1..=1, 3..=3, 4..=5])
            .rule("Can't Lose Them", [2..=2, 5..=5, 4..=5])
            .rule("Can't Lose Them", [1..=1, 4..=5, 4..=5])
            .rule("Hibernating", [2..=2, 1..=1, 1..=3])
            .rule("Hibernating", [1..=1, 3..=3, 1..=3])
            .rule("Hibernating", [1..=1, 2..=2, 3..=5])
            .rule("Hibernating", [1..=1, 1..=1, 4..=5])
            .rule("Lost", [1..=1, 2..=2, 1..=2])
            .rule("Lost", [1..=1, 1..=1, 1..=3])
            .build()
            .expect("the standard rules are total and disjoint, which a test proves")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the documentation, written from the rules: one row for each R and F, the
    /// segment of each M in its column.
    fn table() -> String {
        let rules = SegmentRules::standard();
        let mut table = String::new();
        for r in (1..=5).rev() {
            for f in (1..=5).rev() {
                table += &format!("| {r} | {f} |");
                for m in 1..=5 {
                    let segment = rules.segment_of(&[r, f, m]);
                    table += &format!(" {} |", rules.name(segment).unwrap());
                }
                table.push('\n');
            }
        }
        table
    }

    #[test]
    fn the_documentation_shows_every_cell() {
        let documented = include_str!("standard.md");
        assert!(documented.contains(&table()), "expected this table:\n{}", table());
    }

    #[test]
    fn eleven_segments_each_with_cells() {
        let rules = SegmentRules::standard();
        assert_eq!(rules.n_segments(), 11);
        let sizes: Vec<usize> =
            patronage_core::SegmentIdx::all(11).map(|s| rules.cells(s).count()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 125);
        assert!(sizes.iter().all(|&size| size > 0));
    }
}
