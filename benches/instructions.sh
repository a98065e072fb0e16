#!/usr/bin/env bash
# Instructions per packet of the whole program on the benchmark scenarios, from the difference of a
# long and a short run, against the ceilings below. Counted by perf where counters are to be had,
# else by callgrind, else skipped with a message.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release --bin rxsim

if perf stat -e instructions:u true 2>&1 | grep -qE '[0-9] +instructions'; then
    count() { perf stat -x, -e instructions:u "$@" 2>&1 >/dev/null | awk -F, '/instructions/ { print $1 }'; }
elif command -v valgrind >/dev/null; then
    count() { valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        awk '/Collected/ { print $4 }'; }
else
    echo "instructions: skipped, neither hardware counters nor valgrind on this machine"
    exit 0
fi

# scenario, packets per millisecond, ceiling (what was measured last, plus 3 %), goal
check() {
    run() { count target/release/rxsim run "benches/$1.toml" --set "duration=\"$2 ms\"" --format csv --quiet; }
    local per_packet=$((($(run "$1" 30) - $(run "$1" 10)) / (20 * $2)))
    echo "$1: $per_packet instructions per packet (ceiling $3, goal $4)"
    [ "$per_packet" -le "$3" ]
}
check rss64-constant 14881 306 155
check rss64-poisson  14000 414 280
check micro-model     6400 321 200
