//! What happens agrees with the truth said beside it, within the bounds of chance; seeds are fixed.

use patronage_core::{Timestamp, Window};
use patronage_simulate::{Arm, Buying, Campaign, CustomerTruth, Leaving, Shop, Simulation};

const DAYS: u32 = 500;

fn open(buying: Buying, n_customers: u32) -> Simulation {
    Shop::new(n_customers).n_items(40).days(DAYS).buying(buying).seed(11).open().unwrap()
}

const BUYING: [Buying; 3] = [
    Buying::ParetoNbd { r: 0.8, alpha: 30.0, s: 1.1, beta: 300.0 },
    Buying::BgNbd { r: 0.8, alpha: 30.0, a: 0.8, b: 4.0 },
    Buying::Nbd { r: 1.5, alpha: 60.0 },
];

/// How many standard deviations a sum lies from what is expected of it.
#[derive(Default)]
struct Tally {
    difference: f64,
    variance: f64,
}

impl Tally {
    fn add(&mut self, observed: f64, expected: f64, variance: f64) {
        self.difference += observed - expected;
        self.variance += variance;
    }

    fn z(&self) -> f64 {
        self.difference / self.variance.sqrt()
    }
}

/// Times of each customer's orders before and within a window.
fn histories(shop: &Simulation) -> Vec<(CustomerTruth, Vec<Timestamp>)> {
    shop.customers().map(|c| (c.truth, c.orders.iter().map(|order| order.at).collect())).collect()
}

#[test]
fn rates_have_the_moments_of_their_gamma_distribution() {
    for (buying, r, alpha) in [(BUYING[0], 0.8_f64, 30.0), (BUYING[2], 1.5, 60.0)] {
        let shop = open(buying, 20_000);
        let rates: Vec<f64> = shop.customers().map(|c| c.truth.rate).collect();
        let n = rates.len() as f64;
        let mean = rates.iter().sum::<f64>() / n;
        let variance = rates.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let (expected, sd) = (r / alpha, r.sqrt() / alpha);
        assert!((mean - expected).abs() < 4.0 * sd / n.sqrt(), "{mean} {expected}");
        assert!((variance / (sd * sd) - 1.0).abs() < 0.1, "{variance}");
    }
}

#[test]
fn orders_number_as_expected_from_the_day_of_joining() {
    for buying in BUYING {
        let shop = open(buying, 4_000);
        let mut tally = Tally::default();
        for (truth, orders) in histories(&shop) {
            let window = Window { start: truth.joined, end: shop.period().end };
            let expected = shop.expected_orders(&truth, window);
            let repeats = orders.len() as f64 - 1.0;
            // Leaving adds to the variance of a Poisson number, which the difference squared holds.
            tally.add(repeats, expected, (repeats - expected).powi(2));
        }
        assert!(tally.z().abs() < 4.0, "{buying:?}: {}", tally.z());
    }
}

#[test]
fn a_perfect_model_is_calibrated() {
    for buying in BUYING {
        let shop = open(buying, 6_000);
        for (from, to) in [(200, 230), (380, 500)] {
            let window = Window { start: shop.midnight(from), end: shop.midnight(to) };
            let mut bins: [Tally; 10] = std::array::from_fn(|_| Tally::default());
            let mut alive = Tally::default();
            for (truth, orders) in histories(&shop) {
                let n_before = orders.partition_point(|&at| at < window.start);
                let Some(&last) = orders[..n_before].last() else { continue };
                let buys = orders[n_before..].first().is_some_and(|&at| at < window.end);
                let p = shop.propensity(&truth, n_before, last, window);
                assert!((0.0..=1.0).contains(&p), "{p}");
                let bin = ((p * 10.0) as usize).min(9);
                bins[bin].add(f64::from(u8::from(buys)), p, p * (1.0 - p));
                // And of those who really are still there, without their history.
                if truth.left.is_none_or(|left| left >= window.start) {
                    let p = shop.p_order(&truth, window);
                    alive.add(f64::from(u8::from(buys)), p, p * (1.0 - p));
                }
            }
            for (bin, tally) in bins.iter().enumerate().filter(|(_, t)| t.variance > 5.0) {
                assert!(tally.z().abs() < 4.0, "{buying:?}, day {from}, bin {bin}: {}", tally.z());
            }
            assert!(alive.z().abs() < 4.0, "{buying:?}, day {from}, alive: {}", alive.z());
        }
    }
}

#[test]
fn those_said_to_be_alive_are() {
    for buying in &BUYING[..2] {
        let shop = open(*buying, 6_000);
        let as_of = shop.midnight(300);
        let mut tally = Tally::default();
        for (truth, orders) in histories(&shop) {
            let n_before = orders.partition_point(|&at| at < as_of);
            let Some(&last) = orders[..n_before].last() else { continue };
            let p = shop.p_alive(&truth, n_before, last, as_of);
            let alive = truth.left.is_none_or(|left| left >= as_of);
            tally.add(f64::from(u8::from(alive)), p, p * (1.0 - p));
        }
        assert!(tally.z().abs() < 4.0, "{buying:?}: {}", tally.z());
    }
}

#[test]
fn nobody_buys_after_leaving() {
    for buying in BUYING {
        for customer in open(buying, 500).customers() {
            let (first, last) = (&customer.orders[0], &customer.orders[customer.orders.len() - 1]);
            assert_eq!(first.at, customer.truth.joined);
            assert!(customer.truth.left.is_none_or(|left| last.at <= left));
            if matches!(customer.truth.leaving, Leaving::AtRate(0.0)) {
                assert_eq!(customer.truth.left, None);
            }
        }
    }
}

#[test]
fn items_are_bought_by_affinity_whatever_the_theme() {
    for theme in [0.0, 1.0] {
        let shop = Shop::new(3_000).n_items(30).n_categories(5).days(200).theme(theme);
        // One pick an order is one draw from the affinity.
        let shop = shop.basket(1.0).seed(3).open().unwrap();
        let mut tallies: Vec<Tally> = (0..30).map(|_| Tally::default()).collect();
        for customer in shop.customers() {
            let affinity = shop.affinity(&customer.truth);
            assert!((affinity.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            for order in &customer.orders {
                for (item, tally) in tallies.iter_mut().enumerate() {
                    let bought = order.lines.iter().any(|line| line.item.index() == item);
                    let p = affinity[item];
                    tally.add(f64::from(u8::from(bought)), p, p * (1.0 - p));
                }
            }
        }
        for (item, tally) in tallies.iter().enumerate() {
            assert!(tally.z().abs() < 4.0, "theme {theme}, item {item}: {}", tally.z());
        }
    }
}

#[test]
fn a_theme_changes_what_goes_together_and_not_what_is_bought() {
    let open = |theme: f64| {
        let shop = Shop::new(3_000).n_items(30).n_categories(5).days(200).theme(theme);
        shop.seed(3).open().unwrap()
    };
    let same_category = |shop: &Simulation| {
        let (mut same, mut pairs) = (0_usize, 0_usize);
        for order in shop.customers().flat_map(|customer| customer.orders) {
            for pair in order.lines.windows(2) {
                let [a, b] = [&pair[0], &pair[1]].map(|l| shop.catalogue().item(l.item).category);
                (same, pairs) = (same + usize::from(a == b), pairs + 1);
            }
        }
        same as f64 / pairs as f64
    };
    assert!(same_category(&open(1.0)) > 0.99);
    assert!(same_category(&open(0.0)) < 0.6);
}

#[test]
fn campaigns_have_the_effect_they_say() {
    let campaigns = vec![Campaign { effect: 1.5, ..Campaign::new("spring", 100, 60) }];
    let shop = Shop::new(30_000).n_items(20).days(200).founding(1.0).campaigns(campaigns);
    let shop = shop.seed(5).open().unwrap();
    let window = Window { start: shop.midnight(100), end: shop.midnight(160) };
    // By chance half, so that the difference of means estimates the mean effect; by lift, so that
    // the effect is seen to differ.
    for (low, high) in [(0.0, 1.0), (1.0, 2.5), (2.5, 10.0)] {
        let mut arms = [(0.0, 0.0, 0.0), (0.0, 0.0, 0.0)];
        let (mut effect, mut n) = (0.0, 0.0);
        for customer in shop.customers() {
            let truth = &customer.truth;
            let campaign = truth.campaigns[0];
            let there = truth.left.is_none_or(|left| left >= window.start);
            if !there || !(low..high).contains(&campaign.lift) {
                continue;
            }
            let orders = customer.orders.iter().filter(|order| window.contains(order.at)).count();
            let arm = &mut arms[usize::from(campaign.arm == Arm::Treated)];
            *arm = (arm.0 + 1.0, arm.1 + orders as f64, arm.2 + (orders as f64).powi(2));
            effect += shop.campaign_effect(truth, 0);
            n += 1.0;
        }
        let [control, treated] = arms.map(|(n, sum, squares)| {
            let mean: f64 = sum / n;
            (mean, (squares / n - mean * mean) / n)
        });
        let (found, expected) = (treated.0 - control.0, effect / n);
        let z = (found - expected) / (treated.1 + control.1).sqrt();
        assert!(z.abs() < 4.0, "lift {low}–{high}: expected {expected}, found {found}, z {z}");
        let share = arms[1].0 / n;
        assert!((share - 0.5).abs() < 4.0 * 0.5 / n.sqrt(), "{share} treated");
    }
}

#[test]
fn seasons_move_sales() {
    let mut seasons = [1.0; 12];
    seasons[5] = 3.0;
    let shop = Shop::new(3_000).n_items(20).days(365).founding(1.0).seasons(seasons);
    let shop = shop.buying(BUYING[2]).campaigns(vec![]).seed(2).open().unwrap();
    // 2023-06-01 is day 150.
    let in_days = |from: i32, to: i32| {
        let window = Window { start: shop.midnight(from), end: shop.midnight(to) };
        let orders = shop.customers().flat_map(|customer| customer.orders);
        orders.filter(|order| window.contains(order.at)).count() as f64
    };
    let (june, july) = (in_days(150, 180), in_days(180, 210));
    let z = (june - 3.0 * july) / (june + 9.0 * july).sqrt();
    assert!(z.abs() < 4.0, "{june} {july}");
}
