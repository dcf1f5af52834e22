//! What core asks of data, and what this crate promises of its own.

use patronage_core::{
    CustomerIdx, During, InteractionTable, Interactions, Money, Purchases, Weight,
};
use patronage_simulate::{Buying, Campaign, Customer, Dirt, ErrorKind, Shop};
use patronage_testkit::{
    check_interactions, check_purchases, check_same_on_any_pool, check_send_sync,
};
use proptest::prelude::*;

fn small() -> Shop {
    Shop::new(120).n_items(60).days(300).seed(9)
}

#[test]
fn purchases_are_purchases() {
    let shop = small().open().unwrap();
    let data = shop.dataset().unwrap();
    check_purchases(&data.purchases);
    check_purchases(&During::before(&data.purchases, shop.midnight(150)));
    let interactions = InteractionTable::from_purchases(&data.purchases, Weight::Quantity).unwrap();
    check_interactions(&interactions);
    assert_eq!(interactions.n_items(), 60);
    let period = shop.period();
    let (first, last) = data.purchases.period().unwrap();
    assert!(period.contains(first) && period.contains(last));
    assert_eq!(data.customers.len(), 120);
    assert_eq!(data.items.len(), 60);
    assert_eq!(data.truth.len(), 120);
    assert_eq!(data.customers.id(CustomerIdx::new(0)), Some("10001"));
    check_send_sync::<patronage_simulate::Simulation>();
}

#[test]
fn prices_have_two_decimals_and_amounts_are_exact() {
    let shop = small().open().unwrap();
    for item in shop.catalogue().items() {
        assert!(item.price >= Money::from_ticks(1_000) && item.price.ticks() % 100 == 0);
        assert!((0.2..0.6).contains(&item.margin));
    }
    let data = shop.dataset().unwrap();
    for line in data.purchases.lines().iter() {
        let price = shop.catalogue().item(line.item.unwrap()).price;
        assert_eq!(line.amount.ticks(), price.ticks() * line.quantity as i64);
    }
}

#[test]
fn returns_are_of_what_was_bought() {
    let shop = small().returns(0.3).open().unwrap();
    let mut n_returns = 0;
    for customer in shop.customers() {
        for back in &customer.returns {
            let order = &customer.orders[back.order];
            let line = order.lines.iter().find(|line| line.item == back.line.item).unwrap();
            assert!((1..=line.quantity).contains(&back.line.quantity));
            assert!(order.at < back.at && back.at < shop.period().end);
            n_returns += 1;
        }
    }
    assert_eq!(shop.dataset().unwrap().returns.len(), n_returns);
    assert!(n_returns > 50);
}

#[test]
fn the_catalogue_has_distinct_codes_and_descriptions() {
    let shop = Shop::new(1).n_items(20_000).open().unwrap();
    let mut codes: Vec<&str> = shop.catalogue().items().iter().map(|item| &*item.id).collect();
    let mut texts: Vec<&str> =
        shop.catalogue().items().iter().map(|item| &*item.description).collect();
    for list in [&mut codes, &mut texts] {
        list.sort_unstable();
        list.dedup();
        assert_eq!(list.len(), 20_000);
    }
}

#[test]
fn threads_and_ranges_change_nothing() {
    let shop = small().open().unwrap();
    let all: Vec<Customer> = shop.customers().collect();
    let rest: Vec<Customer> = shop.customers_in(40..90).collect();
    assert_eq!(all[40..90], rest[..]);
    check_same_on_any_pool(|| shop.customers_in(0..30).collect::<Vec<_>>(), |a, b| a == b);
    let again: Vec<Customer> = small().open().unwrap().customers().collect();
    assert_eq!(all, again);
    // More customers come after, not between.
    let more = small().n_customers(200).open().unwrap();
    assert_eq!(more.customer(CustomerIdx::new(77)), all[77]);
    assert_ne!(small().seed(10).open().unwrap().customer(CustomerIdx::new(77)), all[77]);
}

#[test]
fn one_thing_changes_no_other() {
    let orders = |shop: Shop| {
        let shop = shop.open().unwrap();
        shop.customers().map(|customer| customer.orders).collect::<Vec<_>>()
    };
    let plain = orders(small());
    assert_eq!(orders(small().dirt(Dirt::at(0.5))), plain);
    assert_eq!(orders(small().returns(0.5)), plain);
    assert_eq!(orders(small().currency("EUR".parse().unwrap())), plain);
    // A campaign after the last day touches nobody.
    let idle = |n: usize| small().campaigns(vec![Campaign::new("late", 400, 10); n]);
    assert_eq!(orders(idle(0)), orders(idle(2)));
    assert_ne!(orders(idle(0)), plain);
}

#[test]
fn parameters_out_of_range_are_named() {
    for (shop, parameter) in [
        (Shop::new(0), "n_customers"),
        (Shop::default().n_items(3), "n_items"),
        (Shop::default().n_categories(0), "n_categories"),
        (Shop::default().n_categories(17), "n_categories"),
        (Shop::default().n_factors(0), "n_factors"),
        (Shop::default().n_archetypes(0), "n_archetypes"),
        (Shop::default().days(0), "days"),
        (Shop::default().buying(Buying::Nbd { r: 0.0, alpha: 1.0 }), "r"),
        (Shop::default().buying(Buying::Nbd { r: 1.0, alpha: f64::NAN }), "alpha"),
        (Shop::default().founding(1.5), "founding"),
        (Shop::default().seasons([0.0; 12]), "seasons"),
        (Shop::default().basket(0.5), "basket"),
        (Shop::default().theme(-0.1), "theme"),
        (Shop::default().taste(f64::NAN), "taste"),
        (Shop::default().returns(2.0), "returns"),
        (Shop::default().dirt(Dirt::at(-0.1)), "rate of dirt"),
    ] {
        let error = shop.open().unwrap_err();
        let ErrorKind::Parameter { parameter: found, .. } = error.kind() else { panic!("{error}") };
        assert_eq!(*found, parameter, "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_shop_can_be_opened(
        seed: u64,
        n_customers in 1_u32..40,
        n_categories in 1_usize..=16,
        more_items in 0_usize..50,
        days in 1_u32..400,
        taste in 0.0_f64..10.0,
        basket in 1.0_f64..30.0,
    ) {
        let shop = Shop::new(n_customers).n_categories(n_categories).days(days).seed(seed);
        let shop = shop.n_items(n_categories + more_items).taste(taste).basket(basket);
        let shop = shop.returns(0.2).open().unwrap();
        let data = shop.dataset().unwrap();
        check_purchases(&data.purchases);
        let period = shop.period();
        for customer in CustomerIdx::all(n_customers as usize) {
            let history = data.purchases.history(customer);
            prop_assert!(!history.is_empty());
            prop_assert!(history.at().iter().all(|&at| period.contains(at)));
        }
    }
}
