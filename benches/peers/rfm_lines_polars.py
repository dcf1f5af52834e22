"""RFM scores from order lines in memory with Polars: seconds of each call, and the scores of the last.

Usage: rfm_lines_polars.py DIR RUNS [OUT]   (columns as rfm_lines draw writes them)

Timed is the lazy query, from a DataFrame to a DataFrame. Of two ways to count distinct orders,
`n_unique` and a first group_by of customer and order, the second is taken: it was the faster one.
FORM=distinct takes the other; ENGINE=in-memory or streaming (the default, the faster one).
"""
import os
import sys
import time

os.environ["POLARS_MAX_THREADS"] = "2"
import numpy as np
import polars as pl

directory, runs = sys.argv[1], int(sys.argv[2])
out = sys.argv[3] if len(sys.argv) > 3 else None
lines = pl.DataFrame({
    "customer": np.fromfile(f"{directory}/customers.u32", "<u4"),
    "order": np.fromfile(f"{directory}/orders.u32", "<u4"),
    "at": np.fromfile(f"{directory}/at.i64", "<i8").view("datetime64[us]"),
    "amount": np.fromfile(f"{directory}/amounts.i64", "<i8"),
})
form = os.environ.get("FORM", "two_steps")
engine = os.environ.get("ENGINE", "streaming")
as_of = pl.date(2025, 1, 1)


def measures():
    before = lines.lazy().filter(pl.col("at") < as_of)
    if form == "distinct":
        table = before.group_by("customer").agg(
            pl.col("at").max(), pl.col("order").n_unique().alias("f"), pl.col("amount").sum().alias("m")
        )
    else:
        table = (
            before.group_by("customer", "order")
            .agg(pl.col("at").max(), pl.col("amount").sum())
            .group_by("customer")
            .agg(pl.col("at").max(), pl.len().alias("f"), pl.col("amount").sum().alias("m"))
        )
    days = (as_of - pl.col("at").dt.date()).dt.total_days().alias("r")
    return table.select("customer", days, "f", "m").collect(engine=engine)


def scores():
    table = measures()

    def bins(name):
        column = pl.col(name)
        cuts = (column.quantile(q, interpolation="linear") for q in (0.2, 0.4, 0.6, 0.8))
        return sum(((column > cut).cast(pl.UInt8) for cut in cuts), pl.lit(1, pl.UInt8))

    return table.lazy().with_columns(
        (6 - bins("r")).cast(pl.UInt8).alias("rs"), bins("f").alias("fs"), bins("m").alias("ms")
    ).collect(engine="in-memory")


for call in range(runs + 1):
    start = time.perf_counter()
    found = scores()
    seconds = time.perf_counter() - start
    if call > 0:
        print(f"{seconds:.4f}")
if out:
    found = found.sort("customer")
    types = [("c", "<u4"), ("r", "<i4"), ("f", "<u4"), ("m", "<i8"), ("s", "u1", 3)]
    rows = np.empty(len(found), dtype=types)
    for to, name in (("c", "customer"), ("r", "r"), ("f", "f"), ("m", "m")):
        rows[to] = found[name].to_numpy()
    rows["s"] = found.select("rs", "fs", "ms").to_numpy()
    rows.tofile(out)
