#!/usr/bin/env bash
# The whole main job as a process: seconds and peak memory on a simulated shop, and on ten times as
# many rows; and on a file of transactions where one is given.
# Usage: main_job.sh [TRANSACTIONS_CSV]
set -euo pipefail
data=${1:+$(realpath "$1")}
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cargo build --release --quiet --example next_best_action --example simulate_file
examples=${CARGO_TARGET_DIR:-target}/release/examples
for customers in 9000 90000; do
    "$examples/simulate_file" --customers "$customers" --items 4000 --seed 1 --dirt 0.1 \
        --out "$out/$customers.csv" --consent "$out/$customers-consent.csv"
    wc -l <"$out/$customers.csv"
done
job() { echo "$examples/next_best_action --transactions $out/$1.csv --consent $out/$1-consent.csv --out $out/$1"; }
python3 benches/peers/compare.py --runs "${RUNS:-3}" \
    "one" "$(job 9000)" "ten times the rows" "$(job 90000)"
if [ -n "$data" ]; then
    python3 benches/peers/compare.py --runs "${RUNS:-3}" \
        "the file" "$examples/next_best_action --transactions $data --out $out/file" \
        "the file again" "$examples/next_best_action --transactions $data --out $out/again"
fi
