#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The scenarios of scenarios/validate/, simulated by us and by ns-3 (bench/web_ns3.cc), side by side: mean latency and
# throughput of both, and how far ours are from ns-3's. docs/validation.md says what the differences mean.
#
#   bench/validate.sh UNDERSTUDY WEB_NS3 DIRECTORY [SCENARIO.yaml...]
#
# DIRECTORY takes validate.db, where both stand with `sim` and `ns-3` as their backends, and validate.csv. Figures are
# reported and decide nothing: exit 0 unless something could not run.
set -eu -o pipefail
cd "$(dirname "$0")/.."
usage='usage: bench/validate.sh UNDERSTUDY WEB_NS3 DIRECTORY [SCENARIO.yaml...]'
understudy=${1:?$usage}
export web_ns3=${2:?$usage} database=${3:?$usage}/validate.db
csv=$3/validate.csv
shift 3
[ $# -gt 0 ] || set -- scenarios/validate/*.yaml
mkdir -p "$(dirname "$database")"
rm -f "$database" "$database"-*

"$understudy" run "$@" --db "$database" --quiet || [ $? -eq 3 ] # 3: a promise; latencies are what is compared here

# ns3_run ID: the run of ours with that identity once more in ns-3; its row goes beside ours.
ns3_run() {
    local latency throughput sql
    sql="select parameters from run where id = '$1'"
    read -r latency throughput _ < <(sqlite3 "$database" "$sql" | "$web_ns3") || return 1
    sqlite3 -cmd '.timeout 60000' "$database" "begin immediate;
        insert into run select 'ns-3 ' || id, scenario, scenario_digest, 'ns-3', point, parameters, seed, replication,
            'ns-3', '', host, started_at, 0 from run where id = '$1';
        insert into metric values
            ('ns-3 $1', 'latency', '', $latency, 's', null, null, 1, null),
            ('ns-3 $1', 'throughput', '', $throughput, 'requests/s', null, null, 1, null);
        commit"
    printf . >&2
}
export -f ns3_run
mapfile -t ids < <(sqlite3 "$database" "select id from run order by wall_time desc")
printf 'ns-3, %d runs: ' ${#ids[@]} >&2
printf '%s\n' "${ids[@]}" | xargs -P "$(nproc)" -I{} bash -c 'ns3_run {}'
echo >&2

sqlite3 "$database" <bench/validate.sql
sqlite3 -csv -header "$database" 'SELECT * FROM comparison' >"$csv"
sqlite3 -separator '|' "$database" 'SELECT * FROM cases' | awk -F '|' '
function case_of(point) { gsub(/[{}"]|clients\.|network\./, "", point); gsub(/,/, " ", point); gsub(/:/, "=", point); return point }
function off(a, b) { return a > 2 || a < -2 || b > 2 || b < -2 }
BEGIN {
    printf "%-44s %28s %9s %26s %8s\n", "", "latency, ms", "", "requests/s", ""
    printf "%-44s %10s %10s %7s %8s %9s %9s %8s\n", "case", "understudy", "ns-3", "%", "noise %", "understudy", "ns-3", "%"
}
$1 != scenario { scenario = $1; print scenario }
{
    cases++; beyond += off($5, $9)
    printf "  %-42s %10.4g %10.4g %+7.2f %8s %9.5g %9.5g %+8.2f%s\n", case_of($2), $3, $4, $5,
        ($6 > 0.05 ? sprintf("%.2f", $6) : ""), $7, $8, $9, (off($5, $9) ? " *" : "")
}
END { printf "%d cases, %d of them more than 2 %% apart (*: docs/validation.md says why)\n", cases, beyond }'
