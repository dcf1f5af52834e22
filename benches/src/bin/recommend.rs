//! The near side of `peers/recommend.py`: does what each line that comes in says, and answers with one.
//!
//! Usage: `recommend FOLDER`, which holds `shape` (customers and items as text), `starts` (`u64`)
//! and `items` (`u32`) of the interactions in compressed rows, all of weight 1, and, to judge by,
//! `known.starts`, `known.items`, `target.starts`, `target.items`; raw and little-endian.
//!
//! Lines: `als`, `ease`, `slim`, `bpr`, `warp`, `knn`, `judge`, `lists`, `one`, `dump` (factors, into the folder), `memory`, with parameters as `name=value`. The
//! answer is the seconds of the call, then what it said.

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::time::Instant;

use patronage_core::{
    Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, Interactions, ItemFilter, ItemIdx,
    Recommender, Request, Seen, Timestamp,
};
use patronage_recommend::{
    Als, AlsInit, AlsModel, AlsSolver, Bpr, Case, Confidence, Ease, Evaluation, HeldOut, ItemKnn,
    Metric, Slim, Warp, for_each_top_k,
};

type Answer = Result<String, Box<dyn Error>>;

/// What was fitted last.
enum Model {
    None,
    Als(Box<AlsModel>),
    Other(Box<dyn Recommender>),
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("a folder")?;
    let folder = Path::new(&folder);
    let shape = std::fs::read_to_string(folder.join("shape"))?;
    let shape = shape.split_whitespace().map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    let data = InteractionTable::new(rows(folder, "", shape[1])?)?;
    let mut model = Model::None;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let verb = words.next().unwrap_or_default();
        let options: HashMap<&str, &str> = words.filter_map(|word| word.split_once('=')).collect();
        let start = Instant::now();
        let said = match verb {
            "als" => als(&data, &options, &mut model)?,
            "ease" => {
                model =
                    Model::Other(Box::new(Ease::new(number(&options, "reg", 400.0)?).fit(&data)?));
                String::new()
            }
            "slim" => {
                let slim = Slim::new(number(&options, "l1", 5.0)?, number(&options, "l2", 200.0)?);
                let slim = slim.fit(&data)?;
                let said = format!("{} {}", slim.n_entries(), slim.n_unconverged());
                model = Model::Other(Box::new(slim));
                said
            }
            verb @ ("bpr" | "warp") => {
                let (d, rate) =
                    (number(&options, "d", 64.0)? as usize, number(&options, "rate", 0.05)?);
                let reg = number(&options, "reg", 0.01)?;
                let epochs = number(&options, "epochs", 50.0)? as usize;
                let fitted = if verb == "bpr" {
                    let bpr = Bpr::new(d).learning_rate(rate).regularization(reg);
                    bpr.max_iter(epochs).fit(&data)?
                } else {
                    let warp = Warp::new(d).learning_rate(rate).regularization(reg);
                    warp.max_iter(epochs).fit(&data)?
                };
                model = Model::Other(Box::new(fitted));
                String::new()
            }
            "knn" => {
                let knn = ItemKnn::new(number(&options, "k", 100.0)? as usize).fit(&data)?;
                let said = knn.n_entries().to_string();
                model = Model::Other(Box::new(knn));
                said
            }
            "lists" => lists(&data, &model)?,
            "one" => one(&data, &model)?,
            "judge" => judge(folder, shape[1], &model)?,
            "dump" => dump(folder, &model)?,
            "memory" => memory()?,
            _ => return Err(format!("no such line: {line}").into()),
        };
        writeln!(out, "{} {said}", start.elapsed().as_secs_f64())?;
        out.flush()?;
    }
    Ok(())
}

fn rows(folder: &Path, name: &str, n_items: usize) -> Result<Csr<f32>, Box<dyn Error>> {
    let starts = std::fs::read(folder.join(format!("{name}starts")))?;
    let starts =
        starts.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b) as usize).collect();
    let items = std::fs::read(folder.join(format!("{name}items")))?;
    let items: Vec<u32> = items.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
    let ones = vec![1.0; items.len()];
    Ok(Csr::new(n_items, starts, items, ones)?)
}

fn number(options: &HashMap<&str, &str>, name: &str, default: f64) -> Result<f64, Box<dyn Error>> {
    Ok(options.get(name).map_or(Ok(default), |text| text.parse())?)
}

fn als(data: &InteractionTable, options: &HashMap<&str, &str>, model: &mut Model) -> Answer {
    let number = |name: &str, default: f64| number(options, name, default);
    let n_factors = number("d", 64.0)? as usize;
    let mut als = match options.get("form").copied() {
        Some("hkv") => Als::hu_koren_volinsky(n_factors),
        _ => Als::new(n_factors).confidence(Confidence::Added),
    };
    for (name, set) in [
        ("reg", Als::regularization as fn(Als, f64) -> Als),
        ("alpha", Als::alpha),
        ("w0", Als::unobserved_weight),
        ("nu", Als::exponent),
        ("tol", Als::tolerance),
    ] {
        if let Some(text) = options.get(name) {
            als = set(als, text.parse()?);
        }
    }
    als = als.init(match options.get("init").copied() {
        Some("spectral") => AlsInit::Spectral { n_iter: number("turns", 3.0)? as usize },
        _ => AlsInit::Normal { std: number("std", 0.1)? },
    });
    als = als.max_iter(number("sweeps", 16.0)? as usize).seed(number("seed", 0.0)? as u64);
    als = als.solver(match options.get("solver").copied() {
        Some("cg") => AlsSolver::ConjugateGradient { n_steps: number("steps", 3.0)? as usize },
        Some("sub") => AlsSolver::Subspace { block: number("block", 64.0)? as usize },
        _ => AlsSolver::Exact,
    });
    let found = als.fit(data)?;
    let losses: Vec<String> = found.losses().iter().map(ToString::to_string).collect();
    *model = Model::Als(Box::new(found));
    Ok(losses.join(" "))
}

/// Twenty items for every customer, none of which she has.
fn lists(data: &InteractionTable, model: &Model) -> Answer {
    let mut sum = 0u64;
    let filter = ItemFilter::seen(Seen::Exclude);
    match model {
        Model::Als(model) => model.for_each_customer(data, 20, &filter, |_, list| {
            sum += list.iter().map(|scored| u64::from(scored.item.get())).sum::<u64>();
        })?,
        Model::Other(model) => {
            let histories: Vec<Vec<HistoryEntry>> = CustomerIdx::all(data.n_customers())
                .map(|customer| HistoryEntry::from_items(data.row(customer).items()))
                .collect();
            let requests: Vec<Request<'_>> = histories.iter().map(|h| request(h)).collect();
            for_each_top_k(model, &requests[..], 20, &filter, |_, list| {
                sum += list.iter().map(|scored| u64::from(scored.item.get())).sum::<u64>();
            });
        }
        Model::None => return Err("nothing is fitted".into()),
    }
    Ok(sum.to_string())
}

fn request(history: &[HistoryEntry]) -> Request<'_> {
    Request { history, customer: None, as_of: Timestamp::from_seconds(1 << 40) }
}

/// The median seconds of one new customer: factors and the best twenty.
fn one(data: &InteractionTable, model: &Model) -> Answer {
    let model: &dyn Recommender = match model {
        Model::Als(model) => &**model,
        Model::Other(model) => model,
        Model::None => return Err("nothing is fitted".into()),
    };
    let filter = ItemFilter::seen(Seen::Exclude);
    let mut seconds = Vec::new();
    for customer in CustomerIdx::all(data.n_customers()).step_by(data.n_customers().div_ceil(1000))
    {
        let history = HistoryEntry::from_items(data.row(customer).items());
        let start = Instant::now();
        let list = model.top_k(&request(&history), 20, &filter);
        seconds.push(start.elapsed().as_secs_f64());
        assert_eq!(list.len(), 20);
    }
    seconds.sort_unstable_by(f64::total_cmp);
    Ok(seconds[seconds.len() / 2].to_string())
}

fn judge(folder: &Path, n_items: usize, model: &Model) -> Answer {
    let (known, target) = (rows(folder, "known.", n_items)?, rows(folder, "target.", n_items)?);
    let mut held_out = HeldOut::new(n_items);
    for customer in 0..known.n_rows() {
        let history = HistoryEntry::from_items(ItemIdx::wrap_slice(known.row(customer).0));
        let targets = ItemIdx::wrap_slice(target.row(customer).0);
        held_out.push(Case { request: request(&history), targets })?;
    }
    let metrics = [Metric::Ndcg(100), Metric::Recall(20), Metric::Recall(50)];
    let evaluation = Evaluation::new(Seen::Exclude).metrics(metrics).bootstrap(0);
    let report = match model {
        Model::Als(model) => evaluation.run(&**model, &held_out)?,
        Model::Other(model) => evaluation.run(model, &held_out)?,
        Model::None => return Err("nothing is fitted".into()),
    };
    let figures = metrics.map(|metric| report.mean(metric).unwrap_or(f64::NAN).to_string());
    Ok(figures.join(" "))
}

/// Writes the factors of customers and items as raw little-endian `f32`.
fn dump(folder: &Path, model: &Model) -> Answer {
    let Model::Als(model) = model else { return Err("nothing to dump".into()) };
    let write = |name: &str, rows: Vec<&[f32]>| {
        let bytes: Vec<u8> = rows.concat().iter().flat_map(|x| x.to_le_bytes()).collect();
        std::fs::write(folder.join(name), bytes)
    };
    let customers = CustomerIdx::all(model.n_customers());
    write("customers.factors", customers.map(|c| model.customer_factors(c)).collect())?;
    write("items.factors", ItemIdx::all(model.n_items()).map(|i| model.item_factors(i)).collect())?;
    Ok(String::new())
}

/// The most memory the process has had, in bytes.
fn memory() -> Answer {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok((kilobytes * 1024).to_string())
}
