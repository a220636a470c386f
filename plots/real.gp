# Simulated (lines) and for real on the testbed (points): latency, throughput, CPU per request by reply size, and stalls by fault.
# needs: steady (make real)
width = 1280
height = 860
call "plots/style.gp" ARG1 ARG2 ARG3
both(backend, scheme, metric, host, scale) = ask(sprintf("SELECT kb, value*%g FROM both WHERE backend='%s' AND scenario='steady' AND scheme='%s' AND metric='%s' AND host='%s' ORDER BY kb", scale, backend, scheme, metric, host))
n(backend) = number(sprintf("SELECT count(*) FROM both WHERE backend='%s' AND scenario='steady'", backend))
if (n('testbed') == 0) { printerr "in this database is nothing of the testbed (make real)"; exit status 1 }
mine = system(sprintf("sqlite3 -readonly -batch -init plots/views.sql '%s' \"SELECT group_concat(scheme, ' ') FROM (SELECT DISTINCT place, scheme FROM both JOIN scheme_order USING (scheme) WHERE scenario='steady' ORDER BY place)\"", database))
set multiplot layout 2,2 title "Simulated (lines) and for real (points)" offset 0,-0.3
set tmargin 3
set xlabel "reply (KB)"
set xrange [0:55]
set yrange [0:*]
set ylabel "mean latency (ms)"
set key top left
plot for [s in mine] both('sim', s, 'latency', '', 1e3) using 1:2 with lines lt place(s) title s, \
     for [s in mine] both('testbed', s, 'latency', '', 1e3) using 1:2 with points lt place(s) ps 1.6 notitle
unset key
set ylabel "throughput (requests/s)"
set logscale y
set yrange [100:*]
plot for [s in mine] both('sim', s, 'throughput', '', 1) using 1:2 with lines lt place(s) notitle, \
     for [s in mine] both('testbed', s, 'throughput', '', 1) using 1:2 with points lt place(s) ps 1.6 notitle
unset logscale y
set yrange [0:*]
set ylabel "CPU time of all servers (µs/request)"
set title "for real: what the kernel books to the servers' processes" font ",10"
measured = number("SELECT count(*) FROM both WHERE backend='testbed' AND scenario='steady' AND metric='cpu_time'")
if (measured > 0) {
    plot for [s in mine] both('testbed', s, 'cpu_time', 'servers', 1e6) using 1:2 with linespoints lt place(s) dt 3 ps 1.6 notitle
} else {
    set yrange [0:1]
    plot -1 notitle
    set yrange [0:*]
}
unset title
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
