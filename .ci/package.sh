#!/usr/bin/env bash
# Every published crate can be packaged, and its package builds.
set -euo pipefail
cargo package --workspace --locked --allow-dirty --exclude patronage-testkit --exclude patronage-examples --exclude patronage-benches
