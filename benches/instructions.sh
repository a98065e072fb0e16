#!/usr/bin/env bash
# Processor time and instructions per packet of the whole program on the benchmark scenarios, from the difference of
# a long and a short run, the instructions against the ceilings below. Counted by perf where counters are to be had,
# else by callgrind, else skipped with a message.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release --bin rxsim

# Processor time per packet on the scenarios at the line rate of 10 GbE, where one comes every 67.2 ns: below that a
# core simulates faster than real time. For information, as it depends on the machine.
real_time() {
    local TIMEFORMAT=%U
    run() { target/release/rxsim run "benches/$1.toml" --set "duration=\"$2 ms\"" --format csv --quiet >/dev/null; }
    awk -v short="$( (time run "$1" 100) 2>&1)" -v long="$( (time run "$1" 400) 2>&1)" -v name="$1" 'BEGIN {
        ns = (long - short) * 1e9 / (300 * 14880.952)
        printf "%s: %.1f ns of processor time per packet, %.2f times real time\n", name, ns, 67.2 / ns }'
}
real_time rss64-constant
real_time vmq64

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
check vmq64          14881 1060 1100
check micro-model     6400 321 200
