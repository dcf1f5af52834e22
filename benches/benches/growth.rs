//! How cost grows: each step of the main job at three sizes of a simulated shop.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use patronage::core::{Date, Fit, InteractionTable, UtcOffset, Weight};
use patronage::explore::Explore;
use patronage::ingest::{Mapping, Reader, Rejected, Source};
use patronage::recommend::ItemKnn;
use patronage::segment::{Binning, KMeans, Preparation, Rfm, RfmScoring};
use patronage::simulate::{RowOrder, Shop, Simulation};

const CUSTOMERS: [u32; 3] = [1_000, 4_000, 16_000];

fn shop(customers: u32) -> Simulation {
    Shop::new(customers).n_items(1_000).seed(1).open().expect("the parameters are in range")
}

fn read(c: &mut Criterion) {
    let mut group = c.benchmark_group("read");
    for customers in CUSTOMERS {
        let mut file = Vec::new();
        shop(customers)
            .write_transactions(&mut file, RowOrder::Time)
            .expect("memory takes what is written");
        group.throughput(Throughput::Bytes(file.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(customers), &file, |b, file| {
            let reader = Reader::new(Mapping::online_retail());
            b.iter(|| reader.read(Source::bytes("shop", file), Rejected::Count));
        });
    }
    group.finish();
}

fn steps(c: &mut Criterion) {
    let as_of = Date::new(2025, 1, 1).expect("a day of the calendar");
    for customers in CUSTOMERS {
        let simulation = shop(customers);
        let data = simulation.dataset().expect("few enough orders");
        let purchases = &data.purchases;
        let end = simulation.period().end;
        let id = |step: &str| format!("{step}/{customers}");
        c.bench_function(&id("explore"), |b| {
            let explore = Explore::new(purchases, &UtcOffset::UTC, end);
            b.iter(|| (explore.kpis(), explore.months(), explore.cohorts()));
        });
        let rfm = Rfm::new(as_of, &UtcOffset::UTC);
        c.bench_function(&id("rfm"), |b| {
            b.iter(|| {
                let table = rfm.table(purchases)?;
                RfmScoring::new(Binning::Quantiles(5)).fit(&table)?.score(&table)
            });
        });
        let table = rfm.table(purchases).expect("purchases before the as-of");
        let preparation = Preparation::new().log1p().standardise();
        let prepared = preparation.fit(&table).and_then(|p| p.apply(&table)).expect("rows");
        c.bench_function(&id("k-means, k 8"), |b| {
            b.iter(|| KMeans::new(8).seed(1).fit(&prepared));
        });
        let bought = InteractionTable::from_purchases(purchases, Weight::Binary).expect("items");
        c.bench_function(&id("item-kNN"), |b| {
            b.iter(|| ItemKnn::new(50).fit(&bought));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = read, steps
}
criterion_main!(benches);
