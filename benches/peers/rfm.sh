#!/usr/bin/env bash
# File to rfm.csv: ours against DuckDB, whole process against whole process, on the same
# uncompressed CSV in the layout of UCI Online Retail.
# Usage: rfm.sh TRANSACTIONS_CSV [PYTHON]   (PYTHON: one with requirements.txt installed)
set -euo pipefail
data=$(realpath "${1:?a CSV file}")
python=${2:-python3}
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cargo build --release --quiet --example rfm
binary=${CARGO_TARGET_DIR:-target}/release/examples/rfm
python3 benches/peers/compare.py \
    patronage "$binary --transactions $data --out $out/ours.csv" \
    duckdb "$python benches/peers/rfm_duckdb.py $data $out/theirs.csv 2"
# The same customers with the same recency, frequency and amount.
"$python" - "$out/ours.csv" "$out/theirs.csv" <<'PY'
import csv, sys
from decimal import Decimal
rows = [{r["customer"]: (int(r["recency_days"]), int(r["frequency"]), Decimal(r["monetary"])) for r in csv.DictReader(open(f))} for f in sys.argv[1:]]
assert rows[0] == rows[1], "the two tables differ"
print(f"equal tables of {len(rows[0])} customers")
PY
