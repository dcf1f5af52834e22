#!/usr/bin/env bash
# Boosting, forests, logistic regression and TreeSHAP, ours against LightGBM and scikit-learn, on the same data.
# Usage: boosting.sh [PYTHON [OPTIONS...]]   (PYTHON: one with requirements.txt installed; OPTIONS: see boosting.py)
set -euo pipefail
python=${1:-python3}
cd "$(dirname "$0")/../.."
cargo build --release --quiet -p patronage-benches --bin boosting
"$python" benches/peers/boosting.py "${CARGO_TARGET_DIR:-target}/release/boosting" "${@:2}"
