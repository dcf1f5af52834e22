#!/usr/bin/env bash
# The segment tracker on one core: events a second and bytes a customer, from 10^5 to 10^7 events,
# over a life in time order, over a life with 5 % of events up to two days late, and over a sliding
# window of 365 days with as many late. Seconds are those on the core, where the system tells them.
# Every run is a process of its own; the median of RUNS counts. First ten events for each customer, so
# that what is remembered grows with the stream and leaves the caches; then the same CUSTOMERS for
# every length, which shows the cost of events alone.
#
# Usage: tracker.sh   (RUNS=5 SIZES="100000 1000000 10000000" SCENARIOS="life late window" CUSTOMERS=100000)
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${BINARY:-}" ]; then
    cargo build --release --quiet --package patronage-benches --bin tracker
    BINARY=${CARGO_TARGET_DIR:-target}/release/tracker
fi
printf '%-8s %10s %10s %9s %12s %10s %9s\n' scenario events customers seconds events/s bytes/cust. moves
measure() {
    for _ in $(seq "${RUNS:-5}"); do "$BINARY" "$@"; done |
        python3 -c '
import json, sys
runs = sorted((json.loads(line) for line in sys.stdin), key=lambda run: run["seconds"])
run = runs[len(runs) // 2]
print("{scenario:8} {events:10} {customers:10} {seconds:9.3f} {events_per_second:12,.0f} {bytes_per_customer:10.1f} {moves:9}".format(**run))
'
}
for scenario in ${SCENARIOS:-life late window}; do
    for events in ${SIZES:-100000 1000000 10000000}; do measure "$events" "$scenario"; done
    for events in ${SIZES:-100000 1000000 10000000}; do measure "$events" "$scenario" "${CUSTOMERS:-100000}"; done
done
