#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The hold model on our event queue and on the engines that Debian packages, all in one go and interleaved, since only
# runs of the same minutes compare: three rounds, medians, ratios. Usage: bench/hold.sh BENCH_HOLD [DIRECTORY]
# DIRECTORY takes what is built (default: where BENCH_HOLD lies). ROUNDS=n changes the number of rounds, LIMIT=s the time
# a single run may take before it is given up (a million events fill ns-3's calendar for minutes).
set -u
cd "$(dirname "$0")/.."
bench_hold=${1:?usage: bench/hold.sh BENCH_HOLD [DIRECTORY]}
directory=${2:-$(dirname "$bench_hold")}
rounds=${ROUNDS:-3}
limit=${LIMIT:-30}
declare -A given_up
[ -x "$bench_hold" ] || { echo "hold.sh: $bench_hold: not there, or no program" >&2; exit 2; }
results=$(mktemp)
trap 'rm -f "$results"' EXIT
python=/usr/bin/python3
schedulers="PriorityQueueScheduler MapScheduler CalendarScheduler HeapScheduler"

ns3=
if [ ! -e /usr/include/ns3/core-module.h ] || ! command -v g++ >/dev/null; then
    echo "not installed: ns-3 (apt-get install libns3-dev g++)"
elif g++ -std=c++17 -O3 -march=x86-64-v2 -I. bench/hold_ns3.cc -o "$directory/hold_ns3" -lns3-core; then
    ns3=$directory/hold_ns3
else
    echo "hold.sh: hold_ns3.cc does not build" >&2
    exit 1
fi
simpy=
if $python -c 'import simpy' 2>/dev/null; then
    simpy=bench/hold_simpy.py
else
    echo "not installed: SimPy (apt-get install python3-simpy3)"
fi

# run ENGINE PENDING COMMAND...: appends "engine pending rate resident" or ends the program. Time-outs count as rate 0.
run() {
    local engine=$1 pending=$2 line
    shift 2
    [ -z "${given_up[$engine $pending]:-}" ] || return 0
    line=$(timeout "$limit" "$@")
    case $? in
    0) echo "$engine $pending $line" >>"$results" ;;
    124) given_up[$engine $pending]=1; echo "$engine $pending 0 0" >>"$results" ;;
    *) echo "hold.sh: $engine failed" >&2; exit 1 ;;
    esac
}

for ((round = 0; round < rounds; round++)); do
    for pending in 100 10000 1000000; do
        run understudy $pending "$bench_hold" $pending 8000000
        if [ -n "$ns3" ]; then
            for scheduler in $schedulers; do
                run "ns-3:$scheduler" $pending "$ns3" "$scheduler" $pending 1500000
            done
        fi
        [ -z "$simpy" ] || run SimPy $pending $python $simpy $pending 200000
    done
done

# Million events per CPU-second and how often ours is as fast; resident MiB at a million pending.
awk -v rounds="$rounds" -v limit="$limit" '
function median(key, from,    i, j, n, t, values) {
    n = split(from[key], values, " ")
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && values[j] + 0 < values[j - 1] + 0; j--) {
            t = values[j]; values[j] = values[j - 1]; values[j - 1] = t
        }
    return values[int((n + 1) / 2)]
}
{
    if (!($1 in seen)) { seen[$1] = 1; engines[++count] = $1 }
    rate[$1, $2] = rate[$1, $2] " " $3
    memory[$1, $2] = memory[$1, $2] " " $4
}
END {
    printf "hold model, exponential(1) increments: million events per CPU-second, medians of %d rounds\n", rounds
    printf "%-28s %17s %17s %17s %14s\n", "pending events (ours is x)", "100", "10,000", "1,000,000", "MiB resident"
    for (i = 1; i <= count; i++) {
        printf "%-28s", engines[i]
        for (pending = 100; pending <= 1000000; pending *= 100) {
            value = median(engines[i] SUBSEP pending, rate)
            if (value == 0) {
                printf " %17s", "> " limit " s a run"
                continue
            }
            printf " %9.2f (%5.1f)", value / 1e6, median("understudy" SUBSEP pending, rate) / value
        }
        resident = median(engines[i] SUBSEP 1000000, memory)
        printf " %14s\n", (resident > 0 ? sprintf("%.0f", resident) : "-")
    }
}' "$results"
