//! The promises shared by all crates: any view gives the same answers, and types travel.

use crate::common::{LOG, RETURNS, Scattered, instant, table};
use patronage_core::{During, Purchases, UtcOffset};
use patronage_explore::{Dashboard, Error, Explore, Figure, Kpis, Section, Table};

#[test]
fn the_views_keep_their_promises() {
    for log in [LOG, RETURNS] {
        let log = table(log);
        patronage_testkit::check_purchases(&log);
        patronage_testkit::check_purchases(&Scattered::of(&log));
    }
}

#[test]
fn any_implementor_gives_the_same_answers() {
    let table = table(LOG);
    let scattered = Scattered::of(&table);
    let as_of = instant("2020-04-30");
    let early = During::before(&table, as_of);
    let boxed: Box<dyn Purchases> = Box::new(scattered.clone());
    let views: [&dyn Purchases; 4] = [&table, &scattered, &early, &boxed];
    let expected = Explore::new(&table, &UtcOffset::UTC, as_of);
    for view in views {
        let explore = Explore::new(view, &UtcOffset::UTC, as_of);
        let without_items = |kpis: Kpis| {
            let mut kpis = kpis;
            kpis.n_items = None;
            kpis
        };
        assert_eq!(without_items(explore.kpis().unwrap()), without_items(expected.kpis().unwrap()));
        assert_eq!(explore.months().unwrap(), expected.months().unwrap());
        assert_eq!(explore.cohorts().unwrap(), expected.cohorts().unwrap());
        assert_eq!(explore.concentration().unwrap(), expected.concentration().unwrap());
    }
    let explore = Explore::new(&early, &UtcOffset::UTC, as_of);
    assert_eq!(explore.levels("country").unwrap(), expected.levels("country").unwrap());
}

#[test]
fn results_are_send_and_sync() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Dashboard>();
    check::<Section>();
    check::<Figure>();
    check::<Table>();
    check::<Kpis>();
    check::<Error>();
    check::<Explore<'static, dyn Purchases>>();
}
