//! Reads a file of transactions and says what became of its rows.
//!
//! Usage: `read_log FILE [online_retail | complete_journey | cdnow | cdnow_sample | MAPPING.toml]`

use std::time::Instant;

use patronage_core::Purchases;
use patronage_ingest::{Mapping, Reader};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("expected a file of transactions")?;
    let mapping = match arguments.next().as_deref() {
        None | Some("online_retail") => Mapping::online_retail(),
        Some("complete_journey") => Mapping::complete_journey(),
        Some("cdnow") => Mapping::cdnow(),
        Some("cdnow_sample") => Mapping::cdnow_sample(),
        Some(path) => Mapping::read(path)?,
    };
    let start = Instant::now();
    let log = Reader::new(mapping).read_path(&file)?;
    let seconds = start.elapsed().as_secs_f64();
    let report = log.report();
    show("rows read", report.rows_read);
    show("accepted", report.rows_accepted);
    show("set aside", report.rows_set_aside());
    for (reason, rows) in report.by_reason() {
        show(&format!("  {reason}"), rows);
    }
    for part in &report.set_aside {
        show(&format!("    {} ({})", part.reasons, part.amount), part.rows);
    }
    show("exact duplicates", report.exact_duplicates);
    show("exact duplicates accepted", report.exact_duplicates_accepted);
    show("customers", log.purchases().n_customers());
    show("orders", log.orders().len());
    show("items", log.items().len());
    show("gross revenue", report.gross_revenue);
    show("returned", report.returned);
    show("net revenue", report.net_revenue());
    show("rows returned, unmatched", report.rows_returned_unmatched);
    if let (Some(earliest), Some(latest)) = (report.earliest, report.latest) {
        show("period", format!("{earliest} to {latest}"));
    }
    show("seconds", format!("{seconds:.4}"));
    Ok(())
}

/// Prints one line of the summary.
#[expect(clippy::print_stdout, reason = "an example's output")]
fn show(name: &str, value: impl std::fmt::Display) {
    println!("{name:<40} {value:>20}");
}
