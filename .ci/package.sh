#!/usr/bin/env bash
# Every published crate can be packaged, and its package builds.
set -euo pipefail
# In a folder of its own: cargo takes packages of one version to be the same, and would build the
# others against what it once unpacked and compiled of them, however they have changed since.
target=$(mktemp -d)
trap 'rm -rf "$target" "${CARGO_HOME:-$HOME/.cargo}"/registry/src/-*/patronage{,-*}-[0-9]*' EXIT
export CARGO_TARGET_DIR=$target
cargo package --workspace --locked --allow-dirty --exclude patronage-testkit --exclude patronage-examples --exclude patronage-benches
