#!/usr/bin/env bash
# Every published crate can be packaged, and its package builds.
set -euo pipefail
# Cargo keeps what it unpacked of these very packages and versions, however they have changed since.
rm -rf "${CARGO_HOME:-$HOME/.cargo}"/registry/src/-*/patronage{,-*}-[0-9]*
cargo package --workspace --locked --allow-dirty --exclude patronage-testkit --exclude patronage-examples --exclude patronage-benches
