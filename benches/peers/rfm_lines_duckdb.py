"""RFM scores from order lines in memory with DuckDB: seconds of each call, and the scores of the last.

Usage: rfm_lines_duckdb.py DIR RUNS [OUT]   (columns as rfm_lines draw writes them)

Timed is one statement, from a table in memory to a table in memory. Of two ways to count distinct
orders, `count(DISTINCT ...)` and a first GROUP BY customer and order, the second is taken; the two
took about as long as each other. FORM=distinct takes the first.
"""
import os
import sys
import time

import duckdb
import numpy as np

directory, runs = sys.argv[1], int(sys.argv[2])
out = sys.argv[3] if len(sys.argv) > 3 else None
connection = duckdb.connect()
connection.execute("SET threads = 2")
connection.execute("SET preserve_insertion_order = false")
columns = {
    "customer": np.fromfile(f"{directory}/customers.u32", "<u4"),
    "order_id": np.fromfile(f"{directory}/orders.u32", "<u4"),
    "bought_at": np.fromfile(f"{directory}/at.i64", "<i8").view("datetime64[us]"),
    "amount": np.fromfile(f"{directory}/amounts.i64", "<i8"),
}
connection.execute("CREATE TABLE lines AS SELECT * FROM columns")
MEASURES = {
    "distinct": """
        SELECT customer, max(bought_at) AS last, count(DISTINCT order_id) AS f, sum(amount)::BIGINT AS m
        FROM lines WHERE bought_at < TIMESTAMP '2025-01-01' GROUP BY customer""",
    "two_steps": """
        SELECT customer, max(last) AS last, count(*) AS f, sum(amount)::BIGINT AS m
        FROM (SELECT customer, order_id, max(bought_at) AS last, sum(amount)::BIGINT AS amount
              FROM lines WHERE bought_at < TIMESTAMP '2025-01-01' GROUP BY customer, order_id)
        GROUP BY customer""",
}
score = "1 + (({x}) > q{x}[1])::UTINYINT + (({x}) > q{x}[2])::UTINYINT + (({x}) > q{x}[3])::UTINYINT + (({x}) > q{x}[4])::UTINYINT"
statement = f"""
CREATE OR REPLACE TABLE scores AS
WITH measures AS MATERIALIZED (
    SELECT customer, DATE '2025-01-01' - last::DATE AS r, f, m
    FROM ({MEASURES[os.environ.get("FORM", "two_steps")]})),
cuts AS (
    SELECT quantile_cont(r, [0.2, 0.4, 0.6, 0.8]) AS qr,
           quantile_cont(f, [0.2, 0.4, 0.6, 0.8]) AS qf,
           quantile_cont(m, [0.2, 0.4, 0.6, 0.8]) AS qm
    FROM measures)
SELECT customer, r, f, m, 6 - ({score.format(x="r")}) AS rs, {score.format(x="f")} AS fs,
       {score.format(x="m")} AS ms
FROM measures, cuts
"""
for call in range(runs + 1):
    start = time.perf_counter()
    connection.execute(statement)
    seconds = time.perf_counter() - start
    if call > 0:
        print(f"{seconds:.4f}")
if out:
    found = connection.execute("SELECT * FROM scores ORDER BY customer").fetchnumpy()
    types = [("c", "<u4"), ("r", "<i4"), ("f", "<u4"), ("m", "<i8"), ("s", "u1", 3)]
    rows = np.empty(len(found["customer"]), dtype=types)
    rows["c"], rows["r"], rows["f"], rows["m"] = (found[x] for x in ("customer", "r", "f", "m"))
    rows["s"] = np.stack([found[x] for x in ("rs", "fs", "ms")], axis=1)
    rows.tofile(out)
