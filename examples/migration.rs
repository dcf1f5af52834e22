//! Customers followed from segment to segment, month by month.
//!
//! `cargo run --release --example migration -- --transactions FILE [--mapping complete-journey]
//! [--picture migration.svg] [--json]`; without a file, on a simulated shop.
//!
//! Cut points are frozen at the first month that has a whole window behind it. A tracker is then fed
//! every purchase in time order; on the first of each month it says who stands where.

#[path = "shared/events.rs"]
mod events;
#[path = "shared/figures.rs"]
mod figures;
#[path = "shared/finish.rs"]
mod finish;

use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use patronage::core::{
    BoxError, Calendar, CustomerIdx, Date, During, Fit, Line, Purchases, SegmentIdx, Segmenter,
    Window,
};
use patronage::explore::{Axis, Figure, Unit};
use patronage::ingest::EventLog;
use patronage::segment::{
    Arm, Binning, Cause, ColumnPhrase, FlowDrivers, Horizon, Intervention, InterventionEffect,
    MarkovChainModel, Memberships, Migration, MoveDrivers, Rfm, RfmScoring, RfmSegmenter, RfmTable,
    SegmentForecast, SegmentHistory, SegmentRules, SegmentTracker, Tracking,
};

use crate::figures::Figures;

/// Customers followed from segment to segment, month by month.
#[derive(Parser)]
#[command(name = "migration", version)]
struct Args {
    /// Transactions as CSV, plain or gzip [default: a simulated shop].
    #[arg(long, value_name = "FILE")]
    transactions: Option<PathBuf>,
    /// How the file is laid out: a TOML file, or online-retail, complete-journey, cdnow, cdnow-sample.
    #[arg(long, value_name = "FILE", default_value = "online-retail")]
    mapping: String,
    /// How many days of purchases are measured at a time.
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    window_days: u32,
    /// How many months ahead to look.
    #[arg(long, value_name = "MONTHS", default_value_t = 6)]
    months: u32,
    /// Customers of a campaign, one id a line; everybody else is the control.
    #[arg(long, value_name = "FILE", requires = "campaign_month")]
    treated: Option<PathBuf>,
    /// The first of the month on which the campaign began; it is judged three months later.
    #[arg(long, value_name = "DATE")]
    campaign_month: Option<Date>,
    /// Where the campaign was to move customers.
    #[arg(long, value_name = "A,B", value_delimiter = ',', default_value = "Champions,Loyal")]
    toward: Vec<String>,
    /// Where the picture of all moves goes, as SVG.
    #[arg(long, value_name = "FILE", default_value = "out/migration.svg")]
    picture: PathBuf,
    /// Prints one figure a line, as JSON.
    #[arg(long)]
    json: bool,
}

/// What was found.
struct Found {
    history: SegmentHistory,
    chain: MarkovChainModel,
    forecast: SegmentForecast,
    /// The moves of the last month, and why.
    last: Migration,
    drivers: Vec<FlowDrivers>,
    /// Moves that purchases brought, and moves that time alone brought.
    by_cause: [u64; 2],
    effect: Option<InterventionEffect>,
}

fn main() -> ExitCode {
    finish::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), BoxError> {
    let (log, _) = events::read(args.transactions.as_deref(), &args.mapping, None)?;
    let months = months(&log, args.window_days)?;
    let model = RfmSegmenter::new(
        RfmScoring::new(Binning::Quantiles(5)).fit(&measured(&log, args, months[0])?)?,
        SegmentRules::standard(),
    )?;
    let found = follow(&log, args, &model, &months)?;
    if let Some(folder) = args.picture.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&args.picture, picture(&found.chain)?.to_svg())?;
    let out = BufWriter::new(std::io::stdout().lock());
    match args.json {
        true => print_json(out, &found),
        false => print_words(out, &found, args),
    }
}

/// The first of each month that has a whole window of purchases before it.
fn months(log: &EventLog, window_days: u32) -> Result<Vec<Date>, BoxError> {
    let (first, last) = log.purchases().period().ok_or("found no purchase")?;
    let (first, last) = (log.calendar().date(first), log.calendar().date(last));
    let from = first.plus_days(i32::try_from(window_days)?);
    let mut months = Vec::new();
    let (mut year, mut month, _) = first.ymd();
    loop {
        let date = Date::new(year, month, 1)?;
        if date > last.plus_days(1) {
            break;
        }
        if date >= from {
            months.push(date);
        }
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    match months.len() {
        0..3 => Err(format!(
            "expected purchases of {window_days} days and three months more, found those from {first} to {last}"
        )
        .into()),
        _ => Ok(months),
    }
}

/// Recency, frequency and money over the window before `date`.
fn measured(log: &EventLog, args: &Args, date: Date) -> Result<RfmTable, BoxError> {
    let start = log.calendar().start_of(date.plus_days(-i32::try_from(args.window_days)?));
    let window = Window { start, end: log.calendar().start_of(date) };
    Ok(Rfm::new(date, log.calendar()).table(&During::new(log.purchases(), window))?)
}

fn follow(
    log: &EventLog,
    args: &Args,
    model: &RfmSegmenter,
    months: &[Date],
) -> Result<Found, BoxError> {
    let purchases = log.purchases();
    let mut lines: Vec<(CustomerIdx, Line)> = CustomerIdx::all(purchases.n_customers())
        .flat_map(|customer| purchases.history(customer).iter().map(move |line| (customer, line)))
        .collect();
    lines.sort_by_key(|(_, line)| line.at);
    let settings = Tracking::new().horizon(Horizon::CalendarDays(args.window_days));
    let mut tracker = SegmentTracker::new(model.clone(), log.calendar(), settings)?;
    let mut memberships = Memberships::new();
    let mut by_cause = [0; 2];
    let mut lines = lines.into_iter().peekable();
    let (mut rows, mut moves) = (Vec::new(), Vec::new());
    for &date in months {
        let start = log.calendar().start_of(date);
        while let Some((customer, line)) = lines.next_if(|(_, line)| line.at < start) {
            moves.extend(tracker.observe(customer, line)?.moves);
        }
        moves.extend(tracker.advance_to(start)?);
        for step in moves.drain(..) {
            memberships.absorb(&step)?;
            by_cause[usize::from(step.cause == Cause::Time)] += 1;
        }
        for (customer, segment) in tracker.snapshot() {
            let state = tracker.state_of(customer).and_then(|state| state.measures);
            let spend = state.map(|measures| measures.monetary).unwrap_or_default();
            rows.push((customer, date, segment, spend));
        }
    }
    let names = (0..model.n_segments()).map(SegmentIdx::from_usize);
    let names = names.map(|segment| model.name(segment).unwrap_or_default());
    let history = SegmentHistory::new(names, rows)?;
    let chain = history.markov()?;
    let forecast = chain.forecast(args.months)?;
    let [.., before, after] = months else { return Err("expected two months".into()) };
    let last = history.migration(*before, *after)?;
    let (table_before, table_after) = (measured(log, args, *before)?, measured(log, args, *after)?);
    let drivers = MoveDrivers::of(
        model,
        (table_before.customers(), &table_before),
        (table_after.customers(), &table_after),
        &ColumnPhrase::rfm(),
    )?
    .flows();
    let effect = campaign(log, args, model, &history)?;
    Ok(Found { history, chain, forecast, last, drivers, by_cause, effect })
}

/// Did the campaign move its customers, against everybody else?
fn campaign(
    log: &EventLog,
    args: &Args,
    model: &RfmSegmenter,
    history: &SegmentHistory,
) -> Result<Option<InterventionEffect>, BoxError> {
    let (Some(path), Some(month)) = (&args.treated, args.campaign_month) else { return Ok(None) };
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut arms = vec![Arm::Control; log.purchases().n_customers()];
    for (id, line) in text.lines().map(str::trim).zip(1..).filter(|(id, _)| !id.is_empty()) {
        let customer = log.customers().index_of(id);
        let customer = customer.ok_or_else(|| {
            format!("{}, line {line}: expected a customer, found {id:?}", path.display())
        })?;
        arms[customer.index()] = Arm::Treated;
    }
    let dates = history.dates();
    let at = dates.iter().position(|&date| date == month).ok_or_else(|| {
        format!("--campaign-month: expected one of the months from {}, found {month}", dates[0])
    })?;
    let after = *dates.get(at + 3).ok_or("--campaign-month: expected three months after it")?;
    let target = args.toward.iter().map(|name| {
        let found = model.rules().names().iter().position(|segment| segment == name.trim());
        found.map(SegmentIdx::from_usize).ok_or_else(|| format!("--toward: no segment {name:?}"))
    });
    let target = target.collect::<Result<Vec<_>, _>>()?;
    // Only customers who were there before can be moved.
    let present = |customer: &CustomerIdx| history.segment_of(*customer, month).is_some();
    let arms = CustomerIdx::all(arms.len()).filter(present).map(|c| (c, arms[c.index()]));
    let participants = history.participants(month, after, arms)?;
    Ok(Some(Intervention::toward(target).evaluate(history.names().to_vec(), &participants)?))
}

/// All moves of all months as a heat map.
fn picture(chain: &MarkovChainModel) -> Result<Figure, BoxError> {
    let names = chain.names();
    let to = names.iter().cloned().chain(["gone".to_owned()]);
    let cells = (0..names.len()).map(SegmentIdx::from_usize).flat_map(|from| {
        let to = (0..names.len()).map(SegmentIdx::from_usize).map(Some).chain([None]);
        to.map(move |to| chain.probability(from, to).map(|share| share.estimate))
    });
    let figure = Figure::heat_map(
        "Where customers go within a month",
        Axis::categories("One month later", to),
        Axis::categories("Segment", names.to_vec()),
        Axis::number("Share of the segment").unit(Unit::Percent),
        cells,
    )?;
    let (first, last) = (chain.dates()[0], chain.dates()[chain.dates().len() - 1]);
    Ok(figure
        .description(format!("Pooled over {} months from {first} to {last}.", chain.n_periods())))
}

fn print_words(mut out: impl Write, found: &Found, args: &Args) -> Result<(), BoxError> {
    writeln!(out, "{}", found.last)?;
    let [by_purchase, by_time] = found.by_cause;
    writeln!(out, "{by_purchase} moves came with a purchase, {by_time} with time alone.\n")?;
    writeln!(out, "Why the largest groups moved in the last month")?;
    for flow in found.drivers.iter().take(6) {
        writeln!(out, "{flow}")?;
    }
    writeln!(
        out,
        "\nHow long customers stay, in months (half of them are gone after the half-life)"
    )?;
    for persistence in found.chain.persistence() {
        let stay = persistence.mean_stay.and_then(|lasting| lasting.estimate);
        let half = persistence.half_life.and_then(|lasting| lasting.estimate);
        let shown = |months: Option<f64>| months.map_or("-".to_owned(), |m| format!("{m:.1}"));
        writeln!(
            out,
            "  {:<20} mean {:>5}  half-life {:>5}",
            persistence.name,
            shown(stay),
            shown(half)
        )?;
    }
    let homogeneity = found.chain.homogeneity();
    if let Some(p) = homogeneity.p_value() {
        let verdict = match p < 0.05 {
            true => "moves differ from month to month, so take the forecast with care",
            false => "nothing speaks against the same moves every month",
        };
        writeln!(out, "\nStationarity: p = {p:.4}; {verdict}.")?;
    }
    if let Some(shares) = found.chain.steady_state().shares {
        writeln!(out, "\nIn the long run, if nothing changes")?;
        for (name, share) in found.chain.names().iter().zip(shares) {
            let (low, high) = (share.low * 100.0, share.high * 100.0);
            writeln!(out, "  {name:<20} {:>5.1} %  {low:.1}-{high:.1}", share.estimate * 100.0)?;
        }
    }
    writeln!(out, "\n{}", found.forecast)?;
    if let Some(effect) = &found.effect {
        writeln!(out, "{effect}")?;
    }
    writeln!(out, "The picture is in {}", args.picture.display())?;
    Ok(())
}

fn print_json(out: impl Write, found: &Found) -> Result<(), BoxError> {
    let mut figures = Figures::new(out);
    let chain = &found.chain;
    let last = *found.history.dates().last().ok_or("expected a date")?;
    figures.figure("chain", "months", chain.n_periods())?;
    for (name, size) in chain.names().iter().zip(found.history.sizes(last)) {
        let date = [("date", last.to_string().into())];
        figures.figure_and(&format!("segment={name}"), "customers", size, date)?;
    }
    let segments = || (0..chain.n_segments()).map(SegmentIdx::from_usize);
    for from in segments() {
        for to in segments().map(Some).chain([None]) {
            let Some(share) = chain.probability(from, to) else { continue };
            let name = |segment: SegmentIdx| chain.names()[segment.index()].as_str();
            let model = format!("{} -> {}", name(from), to.map_or("(absent)", name));
            let more = [
                ("count", share.count.into()),
                ("low", share.low.into()),
                ("high", share.high.into()),
            ];
            figures.figure_and(&model, "probability", share.estimate, more)?;
        }
    }
    for persistence in chain.persistence() {
        let model = format!("segment={}", persistence.name);
        for (metric, lasting) in
            [("half_life", persistence.half_life), ("mean_stay", persistence.mean_stay)]
        {
            let Some(lasting) = lasting else { continue };
            let more = [("low", lasting.low.into()), ("high", lasting.high.into())];
            figures.figure_and(&model, metric, lasting.estimate, more)?;
        }
    }
    if let Some(p) = chain.homogeneity().p_value() {
        figures.figure("chain", "stationarity_p_value", p)?;
    }
    for (name, share) in chain.names().iter().zip(chain.steady_state().shares.iter().flatten()) {
        let more = [("low", share.low.into()), ("high", share.high.into())];
        figures.figure_and(&format!("segment={name}"), "steady_state", share.estimate, more)?;
    }
    for step in found.forecast.steps() {
        for (name, size) in found.forecast.names().iter().zip(&step.sizes) {
            let more = [
                ("period", step.period.into()),
                ("low", size.low.into()),
                ("high", size.high.into()),
            ];
            figures.figure_and(&format!("segment={name}"), "forecast", size.expected, more)?;
        }
    }
    if let Some(effect) = &found.effect {
        let primary = effect.primary();
        let more = [
            ("low", primary.low.into()),
            ("high", primary.high.into()),
            ("p_value", primary.p_value.into()),
        ];
        figures.figure_and("campaign", "difference", primary.difference, more)?;
    }
    Ok(())
}
