#!/usr/bin/env bash
# Recommenders, ours against implicit and numpy with LAPACK, on the same data.
# Usage: recommend.sh [PYTHON [OPTIONS...]]   (PYTHON: one with requirements.txt installed; OPTIONS: see recommend.py)
set -euo pipefail
python=${1:-python3}
cd "$(dirname "$0")/../.."
cargo build --release --quiet -p patronage-benches --bin recommend
"$python" benches/peers/recommend.py "${CARGO_TARGET_DIR:-target}/release/recommend" "${@:2}"
