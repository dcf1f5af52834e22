//! Results for another front end.

use crate::common::{LOG, instant, table};
use patronage_core::UtcOffset;
use patronage_explore::{Dashboard, Explore};

#[test]
fn results_serialise() {
    let log = table(LOG);
    let explore = Explore::new(&log, &UtcOffset::UTC, instant("2020-04-30"));
    let kpis = serde_json::to_value(explore.kpis().unwrap()).unwrap();
    assert_eq!(kpis["n_customers"], 5);
    assert_eq!(kpis["gross_revenue"], 2_667_310);
    let months = serde_json::to_value(explore.months().unwrap()).unwrap();
    assert_eq!((&months[3]["month"], &months[3]["observed"]), (&"2020-04".into(), &"Part".into()));
    let eur = "EUR".parse().unwrap();
    let section = explore.section(eur, &|item| item.to_string(), &[]).unwrap();
    let page = Dashboard::new("Shop", "2020-04-30".parse().unwrap(), eur).section(section);
    let page = serde_json::to_value(&page).unwrap();
    assert_eq!(page["sections"][0]["heading"], "Who are my customers?");
}
