//! What is the best next offer?
//!
//! Item-based collaborative filtering, content-based filtering on item text and category,
//! popularity, and their blend. The weights of the blend are chosen on the last window but one, by
//! models that know nothing of it; everything is then fitted before the last window and measured on
//! it, and its scores are calibrated on it to the probability of buying an item given a purchase.
//! What is served are the same models, fitted on everything up to the as-of.

use std::sync::Arc;

use patronage::core::{
    BoxError, Calendar, CustomerIdx, During, Fit, HistoryEntry, InteractionTable, ItemFilter,
    ItemIdx, PurchaseTable, Purchases, Recommender, Request, ScoredItem, Seen, Span,
    SparseItemFeatures, Timestamp, Weight, Window,
};
use patronage::explore::{
    Axis, Error, Figure, Orientation, Question, Section, Series, Table, TableColumn, Unit, Words,
};
use patronage::ingest::EventLog;
use patronage::recommend::{
    Blend, BlendModel, BlendSearch, CalibratedRecommender, ContentBased, ContentModel, Evaluation,
    Explain, GroupScore, GroupedItems, Groups, HeldOut, ItemKnn, ItemKnnModel, Metric, Popularity,
    PopularityModel, Report, ScoreCalibration,
};
use patronage::segment::RfmTable;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::item_features;
use crate::output::OutputFolder;
use crate::segment::by_id;

/// Items recommended to each customer.
const LIST: usize = 10;
/// Neighbours of each item.
const NEIGHBOURS: usize = 50;
/// Where lists are judged.
const K: usize = 20;
/// The weights of collaborative, content-based and popularity where none could be chosen.
const WEIGHTS: [f64; 3] = [0.6, 0.2, 0.2];
const NAMES: [&str; 3] = ["item-based collaborative", "content-based", "popularity"];

/// One blend behind items and categories.
type Shared = Arc<BlendModel<'static>>;

/// How good each model was on the last window.
pub(crate) struct Measured {
    window: Window,
    /// New items only, and repeats too: model by model.
    new_items: Vec<(String, Report)>,
    all_items: Vec<(String, Report)>,
}

pub(crate) struct Recommended {
    /// Why nothing is recommended, where nothing is.
    why_not: Option<String>,
    weights: [f64; 3],
    measured: Option<Measured>,
    items: Option<CalibratedRecommender<Shared>>,
    categories: Option<CalibratedRecommender<GroupedItems<Shared>>>,
    best: Vec<Option<ItemIdx>>,
    /// How often each item stands first.
    firsts: Vec<u64>,
    /// Rows of `recommendations.csv`.
    pub(crate) n_rows: usize,
}

/// The three models that are blended.
struct Members {
    knn: ItemKnnModel,
    content: ContentModel,
    popularity: PopularityModel,
}

impl Members {
    /// Fits all three on purchases strictly before `cut`; popularity counts the last `memory` only.
    fn fit(
        purchases: &PurchaseTable,
        features: &SparseItemFeatures,
        cut: Timestamp,
        memory: Span,
    ) -> Result<Self, BoxError> {
        let before = During::before(purchases, cut);
        let table = InteractionTable::from_purchases(&before, Weight::Binary)?;
        let window = Window { start: cut - memory, end: cut };
        Ok(Self {
            knn: ItemKnn::new(NEIGHBOURS).fit(&table)?,
            content: ContentBased::new().fit(features)?,
            popularity: Popularity::new().window(window).fit(&table)?,
        })
    }

    fn blend(self, weights: [f64; 3]) -> Result<BlendModel<'static>, BoxError> {
        Ok(Blend::new()
            .explained(self.knn, weights[0])
            .explained(self.content, weights[1])
            .explained(self.popularity, weights[2])
            .build()?)
    }

    fn each(&self) -> [&dyn Recommender; 3] {
        [&self.knn, &self.content, &self.popularity]
    }
}

pub(crate) fn recommend(
    log: &EventLog,
    rfm: &RfmTable,
    as_of: Timestamp,
    horizon_days: u32,
    folder: &OutputFolder,
) -> Result<Recommended, BoxError> {
    let purchases = log.purchases();
    if !log.has_items() {
        write(folder, log, rfm, None, as_of)?;
        return Ok(Recommended::nothing("the file names no items"));
    }
    let features = item_features::of(log)?;
    let horizon = Span::days(i64::from(horizon_days));
    let validate = Window { start: as_of - horizon, end: as_of };
    let choose = Window { start: validate.start - horizon, end: validate.start };
    // What is popular is counted over stretches of one length, so that counts of different moments
    // mean the same.
    let first = purchases.period().map_or(as_of, |(first, _)| first);
    let memory = validate.start - first.min(validate.start);
    let weights = match held_out(purchases, choose)? {
        None => WEIGHTS,
        Some(cases) => {
            let members = Members::fit(purchases, &features, choose.start, memory)?;
            let trials = BlendSearch::new(Metric::Ndcg(K)).run(&members.each(), &cases)?;
            let weights = &trials.best().weights;
            [weights[0], weights[1], weights[2]]
        }
    };
    let Some(cases) = held_out(purchases, validate)? else {
        // Nothing to measure or calibrate on: a list, but no probability.
        let members = Members::fit(purchases, &features, as_of, memory)?;
        let model = Arc::new(members.blend(weights)?);
        let written = write(folder, log, rfm, Some(&model), as_of)?;
        return Ok(Recommended {
            weights,
            n_rows: written.n_rows,
            best: written.best,
            firsts: written.firsts,
            ..Recommended::nothing(
                "nobody known before the last window bought anything new in it, so lists can be neither judged nor calibrated",
            )
        });
    };
    let members = Members::fit(purchases, &features, validate.start, memory)?;
    let training = InteractionTable::from_purchases(
        &During::before(purchases, validate.start),
        Weight::Binary,
    )?;
    cases.check_leakage(&training)?;
    let judge = |seen| {
        Evaluation::new(seen).training(&training).metrics([Metric::Recall(K), Metric::Ndcg(K)])
    };
    let (new_items, all_items) = (judge(Seen::Exclude), judge(Seen::Allow));
    let mut measured = Measured { window: validate, new_items: Vec::new(), all_items: Vec::new() };
    for (name, member) in NAMES.iter().zip(members.each()) {
        measured.new_items.push((name.to_string(), new_items.run(member, &cases)?));
        measured.all_items.push((name.to_string(), all_items.run(member, &cases)?));
    }
    let popularity = members.popularity.clone();
    let model = Arc::new(members.blend(weights)?);
    measured.new_items.push(("blend".to_owned(), new_items.run(&model, &cases)?));
    measured.all_items.push(("blend".to_owned(), all_items.run(&model, &cases)?));

    // The calibration is learnt of the models that know nothing of the window, and carried to the
    // same models fitted on everything up to the as-of.
    let fresh = Members::fit(purchases, &features, as_of, memory)?;
    let fresh_popularity = fresh.popularity.clone();
    let fresh = Arc::new(fresh.blend(weights)?);
    let items = ScoreCalibration::new()
        .popularity(&popularity)
        .window(validate)
        .fit(model.clone(), &cases)?
        .refitted(fresh.clone(), Some(&fresh_popularity))?;
    let categories = match groups(log)? {
        None => None,
        Some(groups) => {
            let cases = cases.grouped(&groups)?;
            let grouped = |model| GroupedItems::new(model, groups.clone(), GroupScore::Sum);
            match cases.is_empty() {
                true => None,
                false => Some(
                    ScoreCalibration::new()
                        .window(validate)
                        .fit(grouped(model)?, &cases)?
                        .refitted(grouped(fresh.clone())?, None)?,
                ),
            }
        }
    };
    let written = write(folder, log, rfm, Some(&fresh), as_of)?;
    Ok(Recommended {
        why_not: None,
        weights,
        measured: Some(measured),
        items: Some(items),
        categories,
        best: written.best,
        firsts: written.firsts,
        n_rows: written.n_rows,
    })
}

/// Customers known before the window who bought in it; none where nobody bought anything new to her,
/// so that there is nothing to choose or judge by.
fn held_out(purchases: &PurchaseTable, window: Window) -> Result<Option<HeldOut>, BoxError> {
    let before = During::before(purchases, window.start);
    let after = During::new(purchases, window);
    let known = CustomerIdx::all(purchases.n_customers())
        .any(|customer| !before.history(customer).is_empty());
    if !known {
        return Ok(None);
    }
    let cases = HeldOut::from_purchases(&before, &after, window.start)?;
    let has_new = |case: patronage::recommend::Case<'_>| {
        let bought = |item| case.request.history.iter().any(|entry| entry.item == item);
        case.targets.iter().any(|&target| !bought(target))
    };
    let worth_judging = cases.iter().any(has_new);
    Ok(worth_judging.then_some(cases))
}

fn groups(log: &EventLog) -> Result<Option<Groups>, BoxError> {
    if log.categories().is_empty() {
        return Ok(None);
    }
    let of = log.items().iter().map(|(item, _)| log.category(item).map(ItemIdx::new)).collect();
    Ok(Some(Groups::new(of, log.categories().len())?))
}

struct Written {
    best: Vec<Option<ItemIdx>>,
    firsts: Vec<u64>,
    n_rows: usize,
}

/// Writes `recommendations.csv`: new items for every customer with a purchase, best first.
fn write(
    folder: &OutputFolder,
    log: &EventLog,
    rfm: &RfmTable,
    model: Option<&Shared>,
    as_of: Timestamp,
) -> Result<Written, BoxError> {
    let (purchases, customers) = (log.purchases(), rfm.customers());
    let mut best = vec![None; purchases.n_customers()];
    let mut firsts = vec![0; log.items().len()];
    let mut n_rows = 0;
    folder.write("recommendations.csv", |out| {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(["customer", "rank", "item", "score", "because"])?;
        let order = if model.is_some() { by_id(log, customers) } else { Vec::new() };
        // Lists are made side by side and written in order, a few thousand customers at a time.
        for chunk in order.chunks(4096) {
            let lists: Vec<Vec<Entry>> = chunk
                .par_iter()
                .filter_map(|&row| Some(list(log, model?, customers[row], as_of)))
                .collect();
            for (&row, list) in chunk.iter().zip(&lists) {
                let customer = customers[row];
                let id = log.customers().id(customer).unwrap_or_default();
                if let Some(first) = list.first() {
                    best[customer.index()] = Some(first.item);
                    firsts[first.item.index()] += 1;
                }
                for (rank, entry) in (1..).zip(list) {
                    let item = log.items().id(entry.item).unwrap_or_default();
                    let (rank, score): (i32, f32) = (rank, entry.score);
                    let (rank, score) = (rank.to_string(), score.to_string());
                    writer.write_record([id, &rank, item, &score, &entry.because])?;
                    n_rows += 1;
                }
            }
        }
        writer.flush()?;
        Ok(())
    })?;
    Ok(Written { best, firsts, n_rows })
}

/// One row of a customer's list.
struct Entry {
    item: ItemIdx,
    score: f32,
    because: String,
}

/// A customer's list: new items, best first, each with its reason.
fn list(log: &EventLog, model: &Shared, customer: CustomerIdx, as_of: Timestamp) -> Vec<Entry> {
    let history = HistoryEntry::from_lines(log.purchases().history(customer));
    let request = Request { history: &history, customer: Some(customer), as_of };
    let best = model.top_k(&request, LIST, &ItemFilter::seen(Seen::Exclude));
    let entry = |scored: ScoredItem| Entry {
        item: scored.item,
        score: scored.score,
        because: because(log, model, &request, scored.item),
    };
    best.into_iter().map(entry).collect()
}

/// The purchases that speak most for an item, in words.
fn because(log: &EventLog, model: &Shared, request: &Request<'_>, item: ItemIdx) -> String {
    let explanation = model.explain(request, item);
    let own: f64 = explanation.contributions.iter().map(|part| part.amount).sum();
    let named: Vec<String> = explanation
        .contributions
        .iter()
        .filter(|part| part.amount > 0.0)
        .take(2)
        .map(|part| named(log, part.item))
        .collect();
    match named.is_empty() || own <= explanation.base {
        true => "popular with all customers".to_owned(),
        false => format!("she bought {}", named.join(" and ")),
    }
}

fn named(log: &EventLog, item: ItemIdx) -> String {
    let id = log.items().id(item).unwrap_or_default();
    match log.description(item) {
        Some(text) => format!("{text} ({id})"),
        None => id.to_owned(),
    }
}

impl Recommended {
    fn nothing(why: &str) -> Self {
        Self {
            why_not: Some(why.to_owned()),
            weights: WEIGHTS,
            measured: None,
            items: None,
            categories: None,
            best: Vec::new(),
            firsts: Vec::new(),
            n_rows: 0,
        }
    }

    /// The item recommended most to each customer.
    pub(crate) fn best_items(&self) -> Option<Vec<Option<ItemIdx>>> {
        (!self.best.is_empty()).then(|| self.best.clone())
    }

    pub(crate) const fn calibrated_items(&self) -> Option<&CalibratedRecommender<Shared>> {
        self.items.as_ref()
    }

    pub(crate) const fn calibrated_categories(
        &self,
    ) -> Option<&CalibratedRecommender<GroupedItems<Shared>>> {
        self.categories.as_ref()
    }

    /// The key `recommendation` of the summary.
    pub(crate) fn summary(&self, calendar: &dyn Calendar) -> Value {
        let Some(measured) = &self.measured else {
            return json!({ "message": self.why_not, "models": null, "popularity": null });
        };
        let figures = |reports: &[(String, Report)]| {
            let entry = |(name, report): &(String, Report)| {
                let of = |metric| report.figures().iter().find(|f| f.metric == metric);
                let interval =
                    |metric| of(metric).and_then(|f| f.interval).map(|(low, high)| [low, high]);
                let value = json!({
                    "recall@20": report.mean(Metric::Recall(K)),
                    "recall@20_interval": interval(Metric::Recall(K)),
                    "ndcg@20": report.mean(Metric::Ndcg(K)),
                    "ndcg@20_interval": interval(Metric::Ndcg(K)),
                    "coverage@20": report.coverage(K),
                });
                (name.clone(), value)
            };
            reports.iter().map(entry).collect::<Map<String, Value>>()
        };
        let new_items = figures(&measured.new_items);
        let first = &measured.new_items[0].1;
        let weights: Map<String, Value> = NAMES
            .iter()
            .zip(self.weights)
            .map(|(name, weight)| (name.to_string(), json!(weight)))
            .collect();
        json!({
            "window": {
                "from": calendar.date(measured.window.start).to_string(),
                "before": calendar.date(measured.window.end).to_string(),
            },
            "customers": first.n_customers(),
            "targets": first.n_targets(),
            "targets_unknown_to_training": first.n_targets_unknown(),
            "targets_bought_before": first.n_targets_seen(),
            "models": new_items,
            "popularity": new_items.get("popularity"),
            "with_repeat_purchases": figures(&measured.all_items),
            "weights": weights,
        })
    }

    /// One line for stdout.
    pub(crate) fn line(&self) -> String {
        let Some(measured) = &self.measured else {
            return format!("not measured: {}", self.why_not.as_deref().unwrap_or_default());
        };
        let parts: Vec<String> = measured
            .new_items
            .iter()
            .map(|(name, report)| {
                let of = |metric| report.mean(metric).unwrap_or(0.0);
                format!("{name} {:.4} / {:.4}", of(Metric::Recall(K)), of(Metric::Ndcg(K)))
            })
            .collect();
        format!("hold-out recall@20 / ndcg@20 of new items: {}", parts.join(", "))
    }

    /// The fourth section of the dashboard.
    pub(crate) fn section(&self, log: &EventLog) -> Result<Section, Error> {
        let section = Section::new(Question::Offer);
        let Some(measured) = &self.measured else {
            let why = self.why_not.as_deref().unwrap_or_default();
            return Ok(section.words(Words::new().paragraph(format!("Not measured: {why}."))));
        };
        let first = &measured.new_items[0].1;
        let words = Words::new()
            .paragraph(format!(
                "Each customer is recommended items she has not bought, by a blend of what buyers of her items also bought (weight {:.2}), what resembles her items in text, category and price ({:.2}), and what is popular ({:.2}). The weights were chosen on an earlier window.",
                self.weights[0], self.weights[1], self.weights[2]
            ))
            .paragraph(format!(
                "Judged on {} customers who bought in the last window: how much of what they bought for the first time stood among their {K} recommendations.",
                first.n_customers()
            ))
            .note(format!(
                "{} of {} purchases judged were of items that no model had seen; they count as missed.",
                first.n_targets_unknown(),
                first.n_targets()
            ));
        let names = || measured.new_items.iter().map(|(name, _)| name.clone());
        let bars = |metric: Metric| {
            let reports = measured.new_items.iter().map(|(_, report)| report);
            let values = reports.clone().map(move |report| report.mean(metric).unwrap_or(0.0));
            let bands = reports.map(move |report| {
                let figure = report.figures().iter().find(|f| f.metric == metric);
                figure.and_then(|f| f.interval).unwrap_or_else(|| {
                    let mean = report.mean(metric).unwrap_or(0.0);
                    (mean, mean)
                })
            });
            Series::over_categories(metric.to_string(), values).band(bands)
        };
        let recall = Figure::bars(
            "Share of new purchases found among 20 recommendations",
            Axis::categories("Model", names()),
            Axis::number("Recall@20").unit(Unit::Percent),
            [bars(Metric::Recall(K))],
        )?
        .orientation(Orientation::Horizontal);
        let all = || measured.new_items.iter().map(|(_, report)| report);
        let repeats = || measured.all_items.iter().map(|(_, report)| report);
        let table = Table::new(
            "Models on the hold-out",
            [
                TableColumn::text("Model", names()),
                TableColumn::number("Recall@20", 4, all().map(|r| r.mean(Metric::Recall(K)))),
                TableColumn::number("NDCG@20", 4, all().map(|r| r.mean(Metric::Ndcg(K)))),
                TableColumn::percent("Items ever shown", 1, all().map(|r| r.coverage(K))),
                TableColumn::number(
                    "Recall@20 with repeats",
                    4,
                    repeats().map(|r| r.mean(Metric::Recall(K))),
                ),
                TableColumn::number(
                    "NDCG@20 with repeats",
                    4,
                    repeats().map(|r| r.mean(Metric::Ndcg(K))),
                ),
            ],
        )?;
        let mut firsts: Vec<(usize, u64)> =
            self.firsts.iter().copied().enumerate().filter(|&(_, n)| n > 0).collect();
        firsts.sort_by_key(|&(item, n)| (std::cmp::Reverse(n), item));
        firsts.truncate(10);
        let item = |position: usize| ItemIdx::from_usize(position);
        let offers = Table::new(
            "Items most often recommended first",
            [
                TableColumn::text(
                    "Item",
                    firsts.iter().map(|&(i, _)| log.items().id(item(i)).unwrap_or_default()),
                ),
                TableColumn::text(
                    "Description",
                    firsts.iter().map(|&(i, _)| log.description(item(i)).unwrap_or_default()),
                ),
                TableColumn::count("Customers", firsts.iter().map(|&(_, n)| n)),
            ],
        )?;
        Ok(section.words(words).figure(recall).table(table).table(offers))
    }
}
