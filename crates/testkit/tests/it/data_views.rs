//! Two right implementors of each data view pass, and one wrong one a promise fails.

use crate::common::fails;
use ndarray::{Array2, ArrayView2, ShapeBuilder, array};
use patronage_core::{
    Attribute, ChannelIdx, Column, CustomerIdx, DenseItemFeatures, During, FeatureRow,
    FeatureTable, FeatureView, Features, InteractionRow, Interactions, ItemFeatures, ItemIdx,
    Journey, JourneyTable, Journeys, Lines, Money, OrderIdx, Outcome, Purchases, Schema,
    SparseItemFeatures, Timestamp, Window,
};
use patronage_testkit::{
    check_features, check_interactions, check_item_features, check_journeys, check_purchases,
    checkerboard, small_shop,
};

/// Breaks one promise.
type Mutate<T> = fn(&mut T);

/// A shop as someone else keeps it: columns of her own for each customer.
#[derive(Clone)]
struct Till {
    customers: Vec<Receipts>,
    n_items: usize,
    attributes: Vec<Attribute>,
}

#[derive(Clone)]
struct Receipts {
    at: Vec<Timestamp>,
    orders: Vec<OrderIdx>,
    items: Option<Vec<ItemIdx>>,
    quantities: Vec<f64>,
    amounts: Vec<Money>,
    codes: Vec<u32>,
}

impl Purchases for Till {
    fn n_customers(&self) -> usize {
        self.customers.len()
    }
    fn n_items(&self) -> usize {
        self.n_items
    }
    fn history(&self, customer: CustomerIdx) -> Lines<'_> {
        let r = &self.customers[customer.index()];
        Lines::new(&r.at, &r.orders, r.items.as_deref(), &r.quantities, &r.amounts)
    }
    fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }
    fn attribute_codes(&self, customer: CustomerIdx, _attribute: usize) -> &[u32] {
        &self.customers[customer.index()].codes
    }
}

fn till() -> Till {
    let receipts = |days: &[i64]| Receipts {
        at: days.iter().map(|&day| Timestamp::from_seconds(day * 86_400)).collect(),
        orders: (0..days.len()).map(OrderIdx::from_usize).collect(),
        items: Some((0..days.len()).map(ItemIdx::from_usize).collect()),
        quantities: vec![1.5; days.len()],
        amounts: vec![Money::from_units(3); days.len()],
        codes: vec![1; days.len()],
    };
    let levels = vec!["north".to_owned(), "south".to_owned()];
    Till {
        customers: vec![receipts(&[1, 4, 4, 9]), receipts(&[]), receipts(&[2, 3])],
        n_items: 4,
        attributes: vec![Attribute { name: "country".to_owned(), levels }],
    }
}

#[test]
fn purchases() {
    let shop = small_shop();
    check_purchases(&shop);
    check_purchases(&During::before(&shop, Timestamp::from_seconds(1_710_000_000)));
    check_purchases(&patronage_core::PurchaseTable::builder().build().unwrap());
    check_purchases(&till());
    let window = Window { start: Timestamp::MIN, end: Timestamp::from_seconds(4 * 86_400) };
    check_purchases(&During::new(&till(), window));
    let boxed: Box<dyn Purchases> = Box::new(till());
    check_purchases(&boxed);

    let mutants: [(&str, Mutate<Till>); 9] = [
        ("ascend in time", |till| till.customers[0].at.swap(0, 3)),
        ("all lines name items, or none", |till| till.customers[2].items = None),
        ("below n_items", |till| till.n_items = 3),
        ("a quantity above 0", |till| till.customers[0].quantities[2] = 0.0),
        ("a quantity above 0", |till| till.customers[0].quantities[2] = f64::NAN),
        ("an amount of at least 0", |till| till.customers[2].amounts[1] = Money::from_units(-1)),
        ("one code", |till| till.customers[2].codes.truncate(1)),
        ("has a level", |till| till.customers[0].codes[0] = 2),
        ("distinct names", |till| till.attributes.push(till.attributes[0].clone())),
    ];
    for (message, mutate) in mutants {
        let mut mutant = till();
        mutate(&mut mutant);
        fails(message, || check_purchases(&mutant));
    }
}

/// Cells that are checked by nobody.
struct Raw {
    schema: Schema,
    values: Array2<f64>,
}

impl Features for Raw {
    fn schema(&self) -> &Schema {
        &self.schema
    }
    fn values(&self) -> ArrayView2<'_, f64> {
        self.values.view()
    }
}

#[test]
fn features() {
    let schema = Schema::new([
        Column::number("spent"),
        Column::nullable("age"),
        Column::category("country", ["north", "south"]),
        Column::flag("member"),
        Column::date("joined"),
    ])
    .unwrap();
    let rows = array![[1.0, f64::NAN, 2.0, 0.0, 19_000.0], [-3.5, 40.0, 0.0, 1.0, 12.0]];
    check_features(&FeatureTable::new(schema.clone(), rows.clone()).unwrap());
    check_features(&FeatureTable::new(schema.clone(), Array2::zeros((0, 5))).unwrap());
    let mut by_column = Array2::zeros((2, 5).f());
    by_column.assign(&rows);
    check_features(&FeatureView::new(&schema, by_column.view()).unwrap());
    let raw = |values| Raw { schema: schema.clone(), values };
    check_features(&raw(rows.clone()));

    for (column, cell) in [
        (0, f64::NAN),
        (0, f64::INFINITY),
        (1, f64::INFINITY),
        (2, 3.0),
        (2, 0.5),
        (3, 2.0),
        (4, 0.5),
    ] {
        let mut wrong = rows.clone();
        wrong[[1, column]] = cell;
        let name = schema.columns()[column].name();
        fails(&format!("row 1, column {name:?}"), || check_features(&raw(wrong)));
    }
    fails("one column of cells", || check_features(&raw(Array2::zeros((2, 4)))));
}

/// Who took what, as bits; rows are spelt out when it is built.
#[derive(Clone)]
struct Bits {
    n_items: usize,
    rows: Vec<(Vec<ItemIdx>, Vec<f32>)>,
    timed: bool,
    at: Vec<Timestamp>,
    baskets: Vec<OrderIdx>,
}

impl Bits {
    fn new(n_items: usize, masks: &[u32]) -> Self {
        let row = |mask: &u32| {
            let items: Vec<ItemIdx> =
                (0..32).filter(|bit| mask >> bit & 1 == 1).map(ItemIdx::new).collect();
            let weights = vec![1.0; items.len()];
            (items, weights)
        };
        let rows = masks.iter().map(row).collect();
        Self { n_items, rows, timed: false, at: vec![], baskets: vec![] }
    }
}

impl Interactions for Bits {
    fn n_customers(&self) -> usize {
        self.rows.len()
    }
    fn n_items(&self) -> usize {
        self.n_items
    }
    fn row(&self, customer: CustomerIdx) -> InteractionRow<'_> {
        let (items, weights) = &self.rows[customer.index()];
        let row = InteractionRow::new(items, weights);
        if self.timed && items.len() == self.at.len() {
            row.timed(&self.at, &self.baskets)
        } else {
            row
        }
    }
}

#[test]
fn interactions() {
    check_interactions(&checkerboard(9));
    let bits = Bits::new(5, &[0b10011, 0, 0b11111, 0b00100]);
    check_interactions(&bits);

    let mutants: [(&str, Mutate<Bits>); 6] = [
        ("ascend and are distinct", |bits| bits.rows[0].0.swap(0, 1)),
        ("ascend and are distinct", |bits| bits.rows[0].0[1] = bits.rows[0].0[0]),
        ("below n_items", |bits| bits.n_items = 4),
        ("weights are finite", |bits| bits.rows[2].1[3] = f32::NAN),
        ("weights are finite", |bits| bits.rows[2].1[3] = f32::INFINITY),
        ("all rows have times", |bits| {
            bits.timed = true;
            bits.at = vec![Timestamp::MIN; 3];
            bits.baskets = vec![OrderIdx::new(0); 3];
        }),
    ];
    for (message, mutate) in mutants {
        let mut mutant = bits.clone();
        mutate(&mut mutant);
        fails(message, || check_interactions(&mutant));
    }
}

/// Item features held as they come.
#[derive(Clone)]
struct Loose {
    n_features: usize,
    dense: bool,
    rows: Vec<(Vec<u32>, Vec<f32>)>,
    name: String,
}

impl ItemFeatures for Loose {
    fn n_items(&self) -> usize {
        self.rows.len()
    }
    fn n_features(&self) -> usize {
        self.n_features
    }
    fn row(&self, item: ItemIdx) -> FeatureRow<'_> {
        let (columns, values) = &self.rows[item.index()];
        if self.dense { FeatureRow::Dense(values) } else { FeatureRow::Sparse(columns, values) }
    }
    fn feature_name(&self, _feature: usize) -> Option<&str> {
        Some(&self.name)
    }
}

#[test]
fn item_features() {
    let words = patronage_core::Csr::from_entries(
        3,
        4,
        &[(0, 3, 0.5_f32), (0, 1, 2.0), (2, 0, -1.0)],
        |_, _| {},
    );
    check_item_features(&SparseItemFeatures::new(words.unwrap(), vec![]).unwrap());
    check_item_features(&DenseItemFeatures::new(array![[1.0_f32, 0.0], [0.5, -2.0]]).unwrap());
    let loose = Loose {
        n_features: 3,
        dense: false,
        rows: vec![(vec![0, 2], vec![1.0, 2.0]), (vec![], vec![]), (vec![1], vec![3.0])],
        name: "word".to_owned(),
    };
    check_item_features(&loose);

    let mutants: [(&str, Mutate<Loose>); 6] = [
        ("a dense row of n_features", |loose| loose.dense = true),
        ("columns ascend", |loose| loose.rows[0].0 = vec![2, 0]),
        ("one value a column", |loose| loose.rows[0].0 = vec![2]),
        ("columns lie below", |loose| loose.n_features = 2),
        ("values are finite", |loose| loose.rows[2].1[0] = f32::NEG_INFINITY),
        ("no empty name", |loose| loose.name.clear()),
    ];
    for (message, mutate) in mutants {
        let mut mutant = loose.clone();
        mutate(&mut mutant);
        fails(message, || check_item_features(&mutant));
    }
}

/// Journeys of one length, made up when asked for.
#[derive(Clone)]
struct Rota {
    channels: Vec<ChannelIdx>,
    at: Vec<Timestamp>,
    n_channels: usize,
    value: Money,
    count: u64,
}

impl Journeys for Rota {
    fn n_journeys(&self) -> usize {
        self.channels.len()
    }
    fn n_channels(&self) -> usize {
        self.n_channels
    }
    fn journey(&self, position: usize) -> Journey<'_> {
        let outcome =
            if position.is_multiple_of(2) { Outcome::Converted(self.value) } else { Outcome::Open };
        Journey {
            channels: &self.channels[position..],
            at: Some(&self.at[position..]),
            outcome,
            count: self.count,
        }
    }
}

#[test]
fn journeys() {
    let channels = [0, 2, 1].map(ChannelIdx::new);
    let journey = Journey {
        channels: &channels,
        at: None,
        outcome: Outcome::Converted(Money::from_units(5)),
        count: 3,
    };
    let table = JourneyTable::new(3, [journey, Journey { channels: &[], ..journey }]).unwrap();
    check_journeys(&table);
    let rota = Rota {
        channels: channels.to_vec(),
        at: [5, 5, 8].map(Timestamp::from_seconds).to_vec(),
        n_channels: 3,
        value: Money::from_units(1),
        count: 1,
    };
    check_journeys(&rota);

    let mutants: [(&str, Mutate<Rota>); 5] = [
        ("below n_channels", |rota| rota.n_channels = 2),
        ("one time a touch", |rota| rota.at.push(Timestamp::MAX)),
        ("ascend in time", |rota| rota.at.swap(0, 2)),
        ("worth at least 0", |rota| rota.value = Money::from_units(-1)),
        ("at least one journey", |rota| rota.count = 0),
    ];
    for (message, mutate) in mutants {
        let mut mutant = rota.clone();
        mutate(&mut mutant);
        fails(message, || check_journeys(&mutant));
    }
}
