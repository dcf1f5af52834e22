#!/usr/bin/env bash
# RFM scores from unsorted order lines in typed columns: ours against DuckDB and Polars, two threads
# each, from columns in memory to recency, frequency, monetary value and quintile scores of each
# customer. Runs are interleaved processes; each makes one call that is not counted and one that is.
#
# All compute the same, and the tables are compared byte by byte: recency = calendar days (UTC) from
# the last purchase to 2025-01-01, frequency = distinct orders, monetary = the sum in
# ten-thousandths; cuts = quantiles .2 .4 .6 .8 by linear interpolation (type 7); score = 1 + number
# of cuts below the value, so that a tie with a cut falls into the bin below; recency reversed.
#
# Usage: rfm_lines.sh [PYTHON]   (PYTHON: one with requirements.txt installed; RUNS=7 SIZES="1 3 10")
set -euo pipefail
python=${1:-python3}
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
if [ -z "${BINARY:-}" ]; then
    cargo build --release --quiet --package patronage-benches --example rfm_lines
    BINARY=${CARGO_TARGET_DIR:-target}/release/examples/rfm_lines
fi
export RAYON_NUM_THREADS=2
for millions in ${SIZES:-1 3 10}; do
    data=$out/data
    "$BINARY" draw "$data" "${millions}000000" "${millions}00000" "$((millions * 3))00000" 1
    : >"$out/ours"; : >"$out/duckdb"; : >"$out/polars"
    for _ in $(seq "${RUNS:-7}"); do
        "$BINARY" run "$data" 1 "$out/ours.bin" >>"$out/ours"
        "$python" benches/peers/rfm_lines_duckdb.py "$data" 1 "$out/duckdb.bin" >>"$out/duckdb"
        "$python" benches/peers/rfm_lines_polars.py "$data" 1 "$out/polars.bin" >>"$out/polars"
    done
    cmp "$out/ours.bin" "$out/duckdb.bin"
    cmp "$out/ours.bin" "$out/polars.bin"
    "$BINARY" absorb "$data" 1 >"$out/absorb"
    "$python" - "$out" "$millions" <<'PY'
import os, statistics, sys
out, millions = sys.argv[1:]
seconds = {}
for name in ("ours", "duckdb", "polars"):
    runs = [float(line) for line in open(f"{out}/{name}")]
    seconds[name] = statistics.median(runs)
    print(f"{millions} million lines, {name}: median {seconds[name]:.3f} s (min {min(runs):.3f}, max {max(runs):.3f}), {len(runs)} runs")
faster = min(seconds["duckdb"], seconds["polars"])
rows = os.path.getsize(f"{out}/ours.bin") // 23
print(f"  ratio of the faster of them to ours: {faster / seconds['ours']:.2f}; equal tables of {rows} customers")
print(f"  ours absorbed in batches of 100,000 by an accumulator: {float(open(f'{out}/absorb').read()):.3f} s")
PY
done
