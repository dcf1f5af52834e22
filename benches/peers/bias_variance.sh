#!/usr/bin/env bash
# Bias and variance of trees, ours against mlxtend and scikit-learn, on the same rows.
# Usage: bias_variance.sh [PYTHON [OPTIONS...]]   (PYTHON: one with requirements.txt installed; OPTIONS: see bias_variance.py)
set -euo pipefail
python=${1:-python3}
cd "$(dirname "$0")/../.."
cargo build --release --quiet -p patronage-benches --bin bias_variance
"$python" benches/peers/bias_variance.py "${CARGO_TARGET_DIR:-target}/release/bias_variance" "${@:2}"
