#!/usr/bin/env bash
# The main job on real public data, where it lies beside the repository: figures that are known, and
# the mappings that ship. Usage: real.sh SHARED_FOLDER OUT_FOLDER
set -euo pipefail
shared=$(realpath "${1:?the folder with data/}")
out=${2:?an output folder}
cd "$(dirname "$0")/.."
run() { cargo run --release --locked --quiet --example next_best_action -- "$@"; }
key() { # FILE PATTERN: the summary holds the line
    grep -q -- "$2" "$1/summary.json" || { echo "$1/summary.json: expected $2"; exit 1; }
}

echo "-- UCI Online Retail"
run --transactions "$shared/data/online-retail/online_retail.csv.gz" --out "$out/retail" --budget 300
key "$out/retail" '"read": 541909,'
key "$out/retail" '"accepted": 397884,'
key "$out/retail" '"gross": 8911407.904,'
key "$out/retail" '"no_customer": 135080'
key "$out/retail" '"cancelled": 9288'
key "$out/retail" '"quantity_not_positive": 10624'
key "$out/retail" '"price_not_positive": 2517'
for row in '12347,2011-12-07,3,7,4310.00,' '12748,2011-12-09,1,209,33719.73,' \
    '14646,2011-12-08,2,73,280206.02,' '17850,2010-12-02,373,34,5391.21,'; do
    grep -q "^$row" "$out/retail/rfm.csv" || { echo "rfm.csv: expected $row"; exit 1; }
done
[ "$(wc -l <"$out/retail/rfm.csv")" = 4339 ]
run --transactions "$shared/data/online-retail/online_retail.csv.gz" --out "$out/again" --budget 300 >/dev/null
bash .ci/same.sh "$out/retail" "$out/again"

echo "-- The Complete Journey"
run --transactions "$shared/data/complete-journey/transactions_with_products.csv.gz" \
    --mapping complete-journey --out "$out/journey" --horizon-days 30
key "$out/journey" '"read": 1469307,'

echo "-- CDNOW: no items, so nothing is recommended"
run --transactions "$shared/data/cdnow/CDNOW_master.txt" --mapping cdnow --out "$out/cdnow"
key "$out/cdnow" '"read": 69659,'
key "$out/cdnow" 'names no items'

echo "-- The Complete Journey, month by month, and who its households are"
journey=(--transactions "$shared/data/complete-journey/transactions_with_products.csv.gz" --mapping complete-journey)
cargo run --release --locked --quiet --example migration -- "${journey[@]}" --picture "$out/migration.svg"
cargo run --release --locked --quiet --example personas -- "${journey[@]}" --by clusters --profiles "$out/profiles.jsonl" >"$out/personas.md"
[ "$(wc -l <"$out/profiles.jsonl")" = 2469 ]

echo "-- Telco churn: what every model reaches, and why trees err"
telco=(--data "$shared/data/telco-churn/Telco-Customer-Churn.csv" --target Churn --positive Yes --id customerID)
cargo run --release --locked --quiet --example churn -- "${telco[@]}" --json >"$out/churn.jsonl"
grep -q '"model":"boosting","metric":"roc_auc"' "$out/churn.jsonl"
cargo run --release --locked --quiet --example bias_variance -- "${telco[@]}" --rounds 50

echo "-- MovieLens and The Complete Journey: the recommenders' figures"
movielens() { cargo run --release --locked --quiet --example reproduce_movielens -- --data "$shared/data" "$@"; }
movielens --json >"$out/movielens.jsonl"
grep -q '"model":"ease","metric":"ndcg@100","value":0.4888' "$out/movielens.jsonl"
grep -q '"model":"blend","metric":"ndcg@100","value":0.50' "$out/movielens.jsonl"
grep -q '"model":"popularity","metric":"hr@10","value":0.4538' "$out/movielens.jsonl"
grep -q '"model":"ials","metric":"hr@10","value":0.73[1-9]' "$out/movielens.jsonl"
grep -q '"model":"baseline","metric":"rmse","value":0.9438' "$out/movielens.jsonl"
grep -q '"model":"personal-frequency","metric":"recall@10","value":0.1437' "$out/movielens.jsonl"
grep -q '"model":"tifu-knn","metric":"recall@10","value":0.15[6-9]' "$out/movielens.jsonl"
