//! A real shop: UCI Online Retail, where the data lie beside the repository.
//!
//! Oracle: pandas 3.1.1 and numpy on the rows with a customer, an invoice that is no cancellation,
//! and quantity and price above zero, money in whole ten-thousandths; the standard error by the
//! documented formula.

use std::io::Read;

use crate::common::{instant, markup, money};
use patronage_core::{
    Attribute, CustomerIdx, Date, IdMap, ItemIdx, Line, Money, OrderIdx, PurchaseTable, UtcOffset,
};
use patronage_explore::{Dashboard, Explore, Observed, TopBy};

struct Shop {
    purchases: PurchaseTable,
    returns: PurchaseTable,
    items: IdMap<ItemIdx>,
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().unwrap().push(other),
        }
    }
    fields
}

fn load() -> Option<Shop> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/online-retail/online_retail.csv.gz"
    );
    let file = std::fs::File::open(path).ok()?;
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let (mut customers, mut items) = (IdMap::<CustomerIdx>::new(), IdMap::<ItemIdx>::new());
    let (mut orders, mut countries) = (IdMap::<OrderIdx>::new(), IdMap::<OrderIdx>::new());
    let attribute = |levels| vec![Attribute { name: "country".to_owned(), levels }];
    let mut purchases = PurchaseTable::builder().attributes(attribute(Vec::new()));
    let mut returns = PurchaseTable::builder();
    for row in text.lines().skip(1) {
        let row = fields(row);
        let (quantity, price) = (row[3].parse::<f64>().unwrap(), money(&row[5]));
        if row[6].is_empty() {
            continue;
        }
        let customer = customers.intern(row[6].trim_end_matches(".0"));
        let line = Line {
            at: instant(&row[4].replace(' ', "T")),
            order: orders.intern(&row[0]),
            item: Some(items.intern(&row[1])),
            quantity: quantity.abs(),
            amount: price.times(quantity.abs()).unwrap(),
        };
        if row[0].starts_with('C') {
            returns.push(customer, line);
        } else if quantity > 0.0 && price > Money::ZERO {
            purchases.push_with(customer, line, &[countries.intern(&row[7]).get()]);
        }
    }
    let levels = countries.iter().map(|(_, name)| name.to_owned()).collect();
    purchases.set_levels(attribute(levels));
    Some(Shop { purchases: purchases.build().unwrap(), returns: returns.build().unwrap(), items })
}

#[test]
fn a_year_of_a_real_shop() {
    let Some(shop) = load() else {
        eprintln!("skipped: the data are not beside the repository");
        return;
    };
    let explore = Explore::new(&shop.purchases, &UtcOffset::UTC, instant("2011-12-10"))
        .returns(&shop.returns);
    let kpis = explore.kpis().unwrap();
    assert_eq!((kpis.n_customers, kpis.n_orders, kpis.n_lines), (4338, 18_532, 397_884));
    assert_eq!((kpis.n_items, kpis.n_repeat_customers), (Some(3665), 2845));
    assert_eq!(format!("{:.2}", kpis.gross_revenue), "8911407.90");
    assert_eq!(kpis.returned, money("611342.09"));
    let order = kpis.average_order_value.unwrap();
    assert_eq!(order.value, money("480.866"));
    let interval = order.interval.unwrap();
    assert_eq!((interval.low, interval.high), (money("427.9704"), money("533.7615")));

    let months = explore.months().unwrap();
    let column = |of: fn(&patronage_explore::MonthRow) -> u64| -> Vec<u64> {
        months.rows().iter().map(of).collect()
    };
    let active = [885, 741, 758, 974, 856, 1056, 991, 949, 935, 1266, 1364, 1664, 615];
    assert_eq!(column(|row| row.active), active);
    let new = [885, 417, 380, 452, 300, 284, 242, 188, 169, 299, 358, 323, 41];
    assert_eq!(column(|row| row.new), new);
    let orders = [1400, 987, 997, 1321, 1149, 1555, 1393, 1331, 1280, 1755, 1929, 2657, 778];
    assert_eq!(column(|row| row.orders), orders);
    assert_eq!(months.rows()[0].revenue, money("572713.89"));
    assert_eq!(months.rows()[7].revenue, money("600091.011"));
    assert_eq!(months.rows()[12].observed, Observed::Part);

    let cohorts = explore.cohorts().unwrap();
    let row =
        |cohort| (0..13).map_while(|since| cohorts.customers(cohort, since)).collect::<Vec<_>>();
    assert_eq!(row(0), [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]);
    assert_eq!(row(5), [284, 54, 49, 49, 59, 66, 75, 27]);

    let concentration = explore.concentration().unwrap();
    assert!((concentration.gini().unwrap() - 0.715_139_617_936_951_4).abs() < 1e-12);
    assert_eq!(concentration.deciles()[0].revenue, money("5469382.46"));
    assert_eq!(concentration.deciles()[9].revenue, money("45944.16"));

    let top = explore.top_items(3, TopBy::Customers).unwrap();
    let names: Vec<_> = top.rows().iter().map(|row| shop.items.id(row.item).unwrap()).collect();
    assert_eq!(names, ["22423", "85123A", "47566"]);
    assert_eq!((top.rows()[0].n_customers, top.rows()[0].n_lines), (881, 1723));
    let levels = explore.levels("country").unwrap();
    let best = &levels.rows()[0];
    assert_eq!(
        (best.level.as_str(), best.n_customers, best.n_orders),
        ("United Kingdom", 3920, 16_646)
    );

    let gbp = "GBP".parse().unwrap();
    let name = |item| shop.items.id(item).unwrap_or_default().to_owned();
    let section = explore.section(gbp, &name, &["country"]).unwrap();
    let html = Dashboard::new("Online Retail", Date::new(2011, 12, 10).unwrap(), gbp)
        .section(section)
        .to_html();
    let (tags, text) = markup::check(&html).unwrap();
    markup::check_self_contained(&html, &tags);
    assert!(text.contains("8,911,407.90"));
}
