#!/usr/bin/env bash
# The micro-model over about N packets, one line: packets=... mean_sojourn_us=...
# usage: benches/peer.sh N
set -euo pipefail
cd "$(dirname "$0")/.."
[ -n "${BENCH_SKIP_BUILD:-}" ] || cargo build --quiet --release --bin rxsim >&2
ps=$(($1 * 156250))   # 6.4 Mpps: a packet every 156.25 ns
target/release/rxsim run benches/micro-model.toml --set "duration=\"$ps ps\"" --format csv --quiet |
    awk -F, '$2 == "offered.packets" { n = $3 } $2 == "latency.mean_us" { us = $3 }
             END { printf "packets=%d mean_sojourn_us=%.4f\n", n, us }'
