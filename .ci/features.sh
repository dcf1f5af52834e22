#!/usr/bin/env bash
# Each published crate builds alone, without a warning: with no feature, with its default ones, and
# with each one by itself. Features are read from the manifests, so that a new one is never left out.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never

# The names on the left of `[features]`.
features() {
    awk '/^\[/ { inside = ($0 == "[features]"); next }
         inside && /^[A-Za-z0-9_-]+ *=/ { sub(/ *=.*/, ""); print }' "$1"
}

check() {
    printf -- '-- %s\n' "$*"
    # Clippy checks as the compiler does, and its flags do not rebuild what others wrote.
    cargo clippy --locked --quiet --lib -p "$@" -- -D warnings
}

for manifest in crates/*/Cargo.toml; do
    if grep -q '^publish = false' "$manifest"; then
        continue
    fi
    package=$(awk -F'"' '/^name = / { print $2; exit }' "$manifest")
    check "$package" --no-default-features
    check "$package"
    for feature in $(features "$manifest"); do
        if [ "$feature" != default ]; then
            check "$package" --no-default-features --features "$feature"
        fi
    done
done
