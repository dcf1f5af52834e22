//! What the shop sells.

use std::collections::HashSet;

use ndarray::Array2;
use patronage_core::{ItemIdx, Money};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::words::{CATEGORIES, COLOURS, SIZES, STYLES};

/// One item of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its stock code.
    pub id: String,
    /// Its description: colour, style, noun and size.
    pub description: String,
    /// The position of its category among [`Catalogue::categories`].
    pub category: usize,
    /// What one costs, with two decimals.
    pub price: Money,
    /// The margin as a share of the price, between 0.2 and 0.6.
    pub margin: f64,
    /// The odds of being bought by one without tastes.
    pub popularity: f64,
}

/// The items of a shop and the truth behind their appeal.
///
/// An item's factors are its category's direction plus its style's plus a little of its own, so
/// that words, categories and co-purchases all tell of them.
#[derive(Clone, Debug)]
pub struct Catalogue {
    items: Vec<Item>,
    categories: Vec<String>,
    factors: Array2<f64>,
    /// Items in order of their category.
    by_category: Vec<u32>,
    /// Category `c` is `starts[c]..starts[c + 1]` of `by_category`.
    starts: Vec<usize>,
}

impl Catalogue {
    pub(crate) fn draw(
        rng: &mut ChaCha8Rng,
        n_items: usize,
        n_categories: usize,
        n_factors: usize,
    ) -> Self {
        let mut directions = |n: usize, length: f64| {
            let mut rows = Array2::from_shape_simple_fn((n, n_factors), || normal(rng));
            for mut row in rows.rows_mut() {
                let norm = row.dot(&row).sqrt().max(1e-9);
                row.mapv_inplace(|x| x * length / norm);
            }
            rows
        };
        let by_category = directions(n_categories, 1.0);
        let by_style = directions(STYLES.len(), 0.7);
        let mut factors = directions(n_items, 0.3);
        let mut taken = HashSet::new();
        let items: Vec<Item> = (0..n_items)
            .map(|position| {
                // Every category has an item before any has a second.
                let category = position % n_categories;
                let style = rng.random_range(0..STYLES.len());
                let mut row = factors.row_mut(position);
                row += &by_category.row(category);
                row += &by_style.row(style);
                let (_, median, _) = CATEGORIES[category];
                let cents = (median * 100.0 * (0.6 * normal(rng)).exp()).round().max(10.0);
                Item {
                    id: stock_code(position),
                    description: describe(rng, category, style, &mut taken),
                    category,
                    price: Money::from_ticks(cents as i64 * 100),
                    margin: rng.random_range(0.2..0.6),
                    popularity: (0.9 * normal(rng)).exp(),
                }
            })
            .collect();
        let mut by_category: Vec<u32> = (0..n_items as u32).collect();
        by_category.sort_by_key(|&item| items[item as usize].category);
        let starts = (0..=n_categories)
            .map(|c| by_category.partition_point(|&item| items[item as usize].category < c))
            .collect();
        let categories = CATEGORIES[..n_categories].iter().map(|c| c.0.to_owned()).collect();
        Self { items, categories, factors, by_category, starts }
    }

    /// The items in the order of their indices.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// One item.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn item(&self, item: ItemIdx) -> &Item {
        &self.items[item.index()]
    }

    /// The names of the categories.
    #[must_use]
    pub fn categories(&self) -> &[String] {
        &self.categories
    }

    /// The factors of the items, of shape `(n_items, n_factors)`.
    #[must_use]
    pub fn factors(&self) -> ndarray::ArrayView2<'_, f64> {
        self.factors.view()
    }

    /// The running sum of the odds of the items in order of category, for one with these tastes.
    pub(crate) fn running_odds(&self, tastes: &[f64]) -> Vec<f64> {
        let mut sum = 0.0;
        self.by_category
            .iter()
            .map(|&item| {
                let row = self.factors.row(item as usize);
                let appeal: f64 = row.iter().zip(tastes).map(|(q, p)| q * p).sum();
                sum += self.items[item as usize].popularity * appeal.exp();
                sum
            })
            .collect()
    }

    /// The item under `share` of the odds between two positions of [`running_odds`](Self::running_odds).
    pub(crate) fn pick(&self, odds: &[f64], range: std::ops::Range<usize>, share: f64) -> usize {
        let below = if range.start == 0 { 0.0 } else { odds[range.start - 1] };
        let target = below + share * (odds[range.end - 1] - below);
        let at = range.start + odds[range.clone()].partition_point(|&sum| sum <= target);
        self.by_category[at.min(range.end - 1)] as usize
    }

    /// Where the items of an item's category stand in order of category.
    pub(crate) fn category_range(&self, item: usize) -> std::ops::Range<usize> {
        let category = self.items[item].category;
        self.starts[category]..self.starts[category + 1]
    }

    /// The probability of each item for one with these tastes, whenever she picks.
    pub(crate) fn affinity(&self, tastes: &[f64]) -> Vec<f64> {
        let odds = self.running_odds(tastes);
        let total = odds.last().copied().unwrap_or(1.0);
        let mut shares = vec![0.0; self.items.len()];
        let mut before = 0.0;
        for (&item, &sum) in self.by_category.iter().zip(&odds) {
            shares[item as usize] = (sum - before) / total;
            before = sum;
        }
        shares
    }
}

/// Five digits, and a letter for every third code: `20003B`.
fn stock_code(position: usize) -> String {
    let number = 20_000 + position;
    match position % 3 {
        2 => format!("{number}{}", ['A', 'B', 'C', 'D'][position / 3 % 4]),
        _ => number.to_string(),
    }
}

fn describe(
    rng: &mut ChaCha8Rng,
    category: usize,
    style: usize,
    taken: &mut HashSet<String>,
) -> String {
    let (_, _, nouns) = CATEGORIES[category];
    for attempt in 0.. {
        let colour = COLOURS[rng.random_range(0..COLOURS.len())];
        let noun = nouns[rng.random_range(0..nouns.len())];
        let size = SIZES[rng.random_range(0..SIZES.len())];
        let mut text = format!("{colour} {} {noun} {size}", STYLES[style]).trim_end().to_owned();
        if attempt > 30 {
            text = format!("{text} NO {}", taken.len());
        }
        if taken.insert(text.clone()) {
            return text;
        }
    }
    unreachable!("numbers never run out")
}

pub(crate) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}
