#!/usr/bin/env bash
# k-means and silhouette, ours against scikit-learn and faiss, on the same data from the same start.
# Usage: kmeans.sh [PYTHON [OPTIONS...]]   (PYTHON: one with requirements.txt installed; OPTIONS: see kmeans.py)
set -euo pipefail
python=${1:-python3}
cd "$(dirname "$0")/../.."
cargo build --release --quiet -p patronage-benches --bin kmeans
"$python" benches/peers/kmeans.py "${CARGO_TARGET_DIR:-target}/release/kmeans" "${@:2}"
