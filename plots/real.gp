# Simulated (lines) and for real on the testbed (points): latency of one client, throughput and CPU per request of 16, by reply size,
# and stalls by fault.
# needs: steady (make real)
width = 1280
height = 860
call "plots/style.gp" ARG1 ARG2 ARG3
both(backend, scenario, scheme, metric, host, scale) = ask(sprintf("SELECT kb, value*%g FROM both WHERE backend='%s' AND scenario='%s' AND scheme='%s' AND metric='%s' AND host='%s' ORDER BY kb", scale, backend, scenario, scheme, metric, host))
rows_of(scenario, metric) = number(sprintf("SELECT count(*) FROM both WHERE backend='testbed' AND scenario='%s' AND metric='%s'", scenario, metric))
n(backend) = number(sprintf("SELECT count(*) FROM both WHERE backend='%s' AND scenario='steady'", backend))
if (n('testbed') == 0) { printerr "in this database is nothing of the testbed (make real)"; exit status 1 }
mine = system(sprintf("sqlite3 -readonly -batch -init plots/views.sql '%s' \"SELECT group_concat(scheme, ' ') FROM (SELECT DISTINCT place, scheme FROM both JOIN scheme_order USING (scheme) WHERE scenario='steady' ORDER BY place)\"", database))
set multiplot layout 2,2 title "Simulated (lines) and for real (points)" offset 0,-0.3
set tmargin 3
set xlabel "reply (KB)"
set xrange [0:55]
set yrange [0:*]
set key top left
set ylabel "median latency (µs)"
set title "one client" font ",10"
if (rows_of('one', 'latency_p50') > 0) {
    set offsets 0, 0, graph 0.4, 0 # room for the names
    plot for [s in mine] both('sim', 'one', s, 'latency_p50', '', 1e6) using 1:2 with lines lt place(s) title s, \
         for [s in mine] both('testbed', 'one', s, 'latency_p50', '', 1e6) using 1:2 with points lt place(s) ps 1.6 notitle
} else {
    set yrange [0:1]
    set label 1 "scenario 'one' was not run" at graph 0.5,0.5 center
    plot for [s in mine] -1 with lines lt place(s) title s
    unset label 1
}
unset key
set offsets
set title "16 clients; simulated hosts have processors of their own" font ",10"
set ylabel "throughput (requests/s)"
set logscale y
set yrange [500:*]
set format y "%.0f"
plot for [s in mine] both('sim', 'steady', s, 'throughput', '', 1) using 1:2 with lines lt place(s) notitle, \
     for [s in mine] both('testbed', 'steady', s, 'throughput', '', 1) using 1:2 with points lt place(s) ps 1.6 notitle
unset logscale y
set format y
set yrange [0:*]
set ylabel "CPU time of all servers (µs/request)"
set title "16 clients; costs fitted to unreplicated and simplex alone" font ",10"
plot for [s in mine] both('sim', 'steady', s, 'cpu_time', 'servers', 1e6) using 1:2 with lines lt place(s) notitle, \
     for [s in mine] both('testbed', 'steady', s, 'cpu_time', 'servers', 1e6) using 1:2 with points lt place(s) ps 1.6 notitle
set title "a fault strikes" font ",10"
# Crash scenarios that both have run: the longest stall of each.
pairs = "SELECT s.scheme AS scheme, s.value AS x, t.value AS y FROM both AS s JOIN both AS t USING (scenario, point, metric, host) WHERE s.backend='sim' AND t.backend='testbed' AND metric='stall' AND s.value > 0 AND t.value > 0"
set xlabel "longest stall, simulated (s)"
set ylabel "for real (s)"
set logscale xy
set xrange [0.01:10]
set yrange [0.01:10]
if (number("SELECT count(*) FROM (".pairs.")") > 0) {
    theirs_too = system(sprintf("sqlite3 -readonly -batch -init plots/views.sql '%s' \"SELECT group_concat(scheme, ' ') FROM (SELECT DISTINCT scheme FROM (%s))\"", database, pairs))
    plot x with lines lc rgb "#a0a0a0" notitle, \
         for [s in theirs_too] ask(sprintf("SELECT x, y FROM (%s) WHERE scheme='%s'", pairs, s)) using 1:2 with points lt place(s) ps 1.6 notitle
} else {
    set label 1 "no crash scenario was run by both" at graph 0.5,0.5 center
    plot x with lines lc rgb "#a0a0a0" notitle
}
unset multiplot
