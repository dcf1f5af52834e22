//! How do I treat them?
//!
//! Two views of the same customers: RFM scores with named segments (rules a marketer can read), and
//! k-means clusters on the logarithms of the same three measures (what the data group by themselves).

use patronage::core::{BoxError, Currency, CustomerIdx, Date, Features, Fit, SegmentIdx};
use patronage::explore::{
    Axis, Error, Figure, Orientation, Question, Section, Series, Table, TableColumn, Unit, Words,
};
use patronage::ingest::EventLog;
use patronage::segment::{
    Binning, ChooseK, ColumnWords, KChoice, KMeans, Preparation, Rfm, RfmScoring, RfmTable,
    SegmentRules, SegmentSummary, Structure, label_clusters,
};

use crate::output::OutputFolder;

/// The numbers of clusters tried.
const K: std::ops::RangeInclusive<usize> = 2..=10;

pub(crate) struct Segmented {
    /// One row for each customer with a purchase.
    pub(crate) rfm: RfmTable,
    /// Recency, frequency and monetary score of each row, 1 to 5, 5 the best.
    pub(crate) scores: Vec<[u8; 3]>,
    /// The named segment of each row.
    pub(crate) named: Vec<SegmentIdx>,
    pub(crate) rules: SegmentRules,
    pub(crate) summary: Vec<SegmentSummary>,
    /// What was compared to choose k; nothing where there are too few customers to cluster.
    pub(crate) choice: Option<KChoice>,
    pub(crate) clusters: Clusters,
}

/// The clusters of the chosen k.
pub(crate) struct Clusters {
    pub(crate) k: usize,
    /// The cluster of each row, and how far in standard deviations its centre is.
    pub(crate) of: Vec<(SegmentIdx, f64)>,
    /// Recency, frequency and monetary value of each centre, in days, orders and currency.
    pub(crate) centres: Vec<[f64; 3]>,
    pub(crate) labels: Vec<String>,
    pub(crate) why: String,
}

pub(crate) fn segment(log: &EventLog, as_of: Date, seed: u64) -> Result<Segmented, BoxError> {
    let rfm = Rfm::new(as_of, log.calendar()).table(log.purchases())?;
    let model = RfmScoring::new(Binning::Quantiles(5)).fit(&rfm)?;
    let rules = SegmentRules::standard();
    let scores: Vec<[u8; 3]> =
        model.score(&rfm)?.rows().into_iter().map(|row| [row[0], row[1], row[2]]).collect();
    let named: Vec<SegmentIdx> = scores.iter().map(|scores| rules.segment_of(scores)).collect();
    let summary = SegmentSummary::of(&rfm, &named, rules.n_segments())?;
    let (choice, clusters) = cluster(&rfm, seed)?;
    Ok(Segmented { rfm, scores, named, rules, summary, choice, clusters })
}

/// Writes `rfm.csv` and `segments.csv`, customers in ascending order of their ids.
pub(crate) fn write(
    folder: &OutputFolder,
    segmented: &Segmented,
    log: &EventLog,
) -> Result<(), BoxError> {
    let rfm = &segmented.rfm;
    let order = by_id(log, rfm.customers());
    let id = |row: usize| log.customers().id(rfm.customers()[row]).unwrap_or_default().to_owned();
    folder.csv(
        "rfm.csv",
        &[
            "customer",
            "last_purchase",
            "recency_days",
            "frequency",
            "monetary",
            "r",
            "f",
            "m",
            "segment",
        ],
        order.iter().map(|&row| {
            let (measures, [r, f, m]) = (&rfm.rows()[row], segmented.scores[row]);
            let segment = segmented.rules.name(segmented.named[row]).unwrap_or_default();
            [
                id(row),
                measures.last_date.to_string(),
                measures.recency_days.to_string(),
                measures.frequency.to_string(),
                measures.monetary.to_string(),
                r.to_string(),
                f.to_string(),
                m.to_string(),
                segment.to_owned(),
            ]
        }),
    )?;
    let clusters = &segmented.clusters;
    folder.csv(
        "segments.csv",
        &["customer", "cluster", "distance", "label"],
        order.iter().map(|&row| {
            let (cluster, distance) = clusters.of[row];
            let label = clusters.labels[cluster.index()].clone();
            [id(row), cluster.get().to_string(), distance.to_string(), label]
        }),
    )
}

/// Positions among `customers` in ascending order of their ids.
pub(crate) fn by_id(log: &EventLog, customers: &[CustomerIdx]) -> Vec<usize> {
    let mut rank = vec![0_u32; log.customers().len()];
    for (position, customer) in (0..).zip(log.customers().sorted()) {
        rank[customer.index()] = position;
    }
    let mut order: Vec<usize> = (0..customers.len()).collect();
    order.sort_unstable_by_key(|&position| rank[customers[position].index()]);
    order
}

fn cluster(rfm: &RfmTable, seed: u64) -> Result<(Option<KChoice>, Clusters), BoxError> {
    let preparation = Preparation::new().log1p().standardise().fit(rfm)?;
    let rows = preparation.apply(rfm)?;
    if rfm.n_rows() < *K.start() {
        let centre = rfm.values().row(0).to_vec();
        let clusters = Clusters {
            k: 1,
            of: vec![(SegmentIdx::new(0), 0.0)],
            centres: vec![[centre[0], centre[1], centre[2]]],
            labels: vec!["everybody".to_owned()],
            why: "one customer is one cluster".to_owned(),
        };
        return Ok((None, clusters));
    }
    let choice = ChooseK::new(K).kmeans(KMeans::new(2).seed(seed)).seed(seed).choose(&rows)?;
    let best = choice.best();
    let centres = preparation.invert(best.model.centres())?;
    let labels = label_clusters(centres.view(), rfm, &ColumnWords::rfm())?;
    let clusters = Clusters {
        k: best.model.sizes().len(),
        of: best.model.assign_with_distance(&rows)?,
        centres: centres.rows().into_iter().map(|row| [row[0], row[1], row[2]]).collect(),
        labels,
        why: choice.why().to_owned(),
    };
    Ok((Some(choice), clusters))
}

impl Segmented {
    /// The second section of the dashboard.
    pub(crate) fn section(&self, currency: Currency) -> Result<Section, Error> {
        let mut section = Section::new(Question::Treat).words(self.words());
        section = section
            .figure(self.sizes_figure()?)
            .figure(self.revenue_figure()?)
            .table(self.segments_table(currency)?)
            .table(self.clusters_table(currency)?);
        if let Some(choice) = &self.choice {
            section = section.table(criteria_table(choice)?);
            if let Some(figure) = silhouette_figure(choice)? {
                section = section.figure(figure);
            }
        }
        Ok(section)
    }

    fn words(&self) -> Words {
        let share = |name: &str| {
            let of = |s: &&SegmentSummary| self.rules.name(s.segment) == Some(name);
            self.summary.iter().find(of)
        };
        let mut words = Words::new().paragraph(
            "Every customer is scored 1 to 5 on recency, frequency and money; the rules that name the segments cover every score and overlap nowhere, which is proved when they are built.",
        );
        let revenue: f64 = self.summary.iter().map(|s| s.revenue.as_f64()).sum();
        if let (Some(best), true) = (share("Champions"), revenue > 0.0) {
            words = words.paragraph(format!(
                "Champions are {:.0} % of the customers and bring {:.0} % of the revenue.",
                best.share * 100.0,
                best.revenue.as_f64() / revenue * 100.0
            ));
        }
        let risk = ["At Risk", "Can't Lose Them"].iter().filter_map(|name| share(name));
        let (n, value) =
            risk.fold((0, 0.0), |sum, s| (sum.0 + s.n_customers, sum.1 + s.revenue.as_f64()));
        if n > 0 && revenue > 0.0 {
            words = words.paragraph(format!(
                "{n} customers who used to buy much have not come for long; they brought {:.0} % of the revenue so far.",
                value / revenue * 100.0
            ));
        }
        words.paragraph(format!("Clusters: {}.", self.clusters.why))
    }

    fn shown(&self) -> impl Iterator<Item = &SegmentSummary> + Clone {
        self.summary.iter().filter(|summary| summary.n_customers > 0)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.shown().map(|summary| self.rules.name(summary.segment).unwrap_or_default())
    }

    fn sizes_figure(&self) -> Result<Figure, Error> {
        let values = self.shown().map(|summary| summary.share);
        Ok(Figure::bars(
            "Share of customers by segment",
            Axis::categories("Segment", self.names()),
            Axis::number("Share of customers").unit(Unit::Percent),
            [Series::over_categories("Share of customers", values)],
        )?
        .orientation(Orientation::Horizontal))
    }

    fn revenue_figure(&self) -> Result<Figure, Error> {
        let total: f64 = self.summary.iter().map(|s| s.revenue.as_f64()).sum();
        let values =
            self.shown().map(|s| if total > 0.0 { s.revenue.as_f64() / total } else { 0.0 });
        Ok(Figure::bars(
            "Share of revenue by segment",
            Axis::categories("Segment", self.names()),
            Axis::number("Share of revenue").unit(Unit::Percent),
            [Series::over_categories("Share of revenue", values)],
        )?
        .orientation(Orientation::Horizontal))
    }

    fn segments_table(&self, currency: Currency) -> Result<Table, Error> {
        let all = self.shown();
        Table::new(
            "Segments",
            [
                TableColumn::text("Segment", self.names()),
                TableColumn::count("Customers", all.clone().map(|s| s.n_customers as u64)),
                TableColumn::percent("Share", 1, all.clone().map(|s| s.share)),
                TableColumn::number(
                    "Median recency (days)",
                    0,
                    all.clone().map(|s| s.median_recency_days),
                ),
                TableColumn::number("Median orders", 0, all.clone().map(|s| s.median_frequency)),
                TableColumn::number("Median spend", 2, all.clone().map(|s| s.median_monetary)),
                TableColumn::money("Revenue", currency, all.map(|s| s.revenue)),
            ],
        )
    }

    fn clusters_table(&self, currency: Currency) -> Result<Table, Error> {
        let clusters = &self.clusters;
        let mut sizes = vec![0_u64; clusters.k];
        clusters.of.iter().for_each(|(cluster, _)| sizes[cluster.index()] += 1);
        let centre = |column: usize| clusters.centres.iter().map(move |centre| centre[column]);
        Table::new(
            "Clusters and their centres",
            [
                TableColumn::count("Cluster", 0..clusters.k as u64),
                TableColumn::text("What they are like", clusters.labels.iter().cloned()),
                TableColumn::count("Customers", sizes),
                TableColumn::number("Recency (days)", 1, centre(0)),
                TableColumn::number("Orders", 1, centre(1)),
                TableColumn::number(format!("Spend ({currency})"), 2, centre(2)),
            ],
        )
    }
}

fn criteria_table(choice: &KChoice) -> Result<Table, Error> {
    let all = choice.candidates();
    Table::new(
        "Criteria for the number of clusters",
        [
            TableColumn::count("k", all.iter().map(|c| c.k as u64)),
            TableColumn::number("Inertia", 1, all.iter().map(|c| c.model.inertia())),
            TableColumn::number("Silhouette", 4, all.iter().map(|c| c.silhouette.map(|s| s.mean))),
            TableColumn::number("Calinski-Harabasz", 1, all.iter().map(|c| c.calinski_harabasz)),
            TableColumn::number("Davies-Bouldin", 4, all.iter().map(|c| c.davies_bouldin)),
            TableColumn::number("Gap", 4, all.iter().map(|c| c.gap.map(|gap| gap.value))),
        ],
    )
}

fn silhouette_figure(choice: &KChoice) -> Result<Option<Figure>, Error> {
    let all = choice.candidates();
    if all.len() < 2 || all.iter().all(|c| c.silhouette.is_none()) {
        return Ok(None);
    }
    let points = all.iter().map(|c| (c.k as f64, c.silhouette.map(|s| s.mean)));
    let figure = Figure::line(
        "Silhouette by number of clusters",
        Axis::number("Number of clusters"),
        Axis::number("Silhouette"),
        [Series::new("Silhouette", points)],
    )?
    .mark_x(choice.k() as f64, "chosen")?;
    Ok(Some(match choice.structure() {
        Structure::Found => figure,
        Structure::NotFound => {
            figure.description("No clear groups: the clusters are slices of a continuum.")
        }
    }))
}
