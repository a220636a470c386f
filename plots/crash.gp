# What clients see when something breaks: the longest stall, and the requests that did not end well, by scenario and scheme.
# needs: mid-reply (make crash)
width = 1280
height = 760
call "plots/style.gp" ARG1 ARG2 ARG3
# One cluster of bars for each scenario with a fault; a bar in it for each scheme.
place_sql = "SELECT d.scenario AS scenario, d.scheme AS scheme, place, metric, value, dense_rank() OVER (ORDER BY d.scenario) AS cluster FROM drawn AS d JOIN scheme_order USING (scheme) WHERE host='' AND d.scenario IN (SELECT scenario FROM drawn WHERE metric='faults' AND value > 0)"
lines = system(sprintf("sqlite3 -readonly -batch -init plots/views.sql '%s' \"SELECT group_concat(scheme, ' ') FROM (SELECT DISTINCT place, scheme FROM (%s) WHERE metric='faults' ORDER BY place)\"", database, place_sql))
n = words(lines)
if (n == 0) { printerr "in no run of this database did a fault strike"; exit status 1 }
slot(s) = (sum [i=1:n] (word(lines, i) eq s ? i : 0)) - (n + 1)/2.0
stall(s) = ask(sprintf("SELECT cluster, value FROM (%s) WHERE metric='stall' AND scheme='%s' ORDER BY 1", place_sql, s))
failed(s) = ask(sprintf("SELECT cluster, sum(value) FROM (%s) WHERE metric IN ('requests_lost','requests_cut','requests_mixed','requests_duplicated','requests_pending') AND scheme='%s' GROUP BY 1 ORDER BY 1", place_sql, s))
names = ask(sprintf("SELECT DISTINCT cluster, char(34) || scenario || char(34) FROM (%s)", place_sql))
set style fill solid 1 noborder
set boxwidth 0.8/n*0.92
set xtics scale 0 font ",10"
set lmargin 12
set xrange [0.4:number(sprintf("SELECT max(cluster) FROM (%s)", place_sql))+0.6]
set multiplot layout 2,1 title "Crashes and other faults, as clients see them" offset 0,-0.3
set tmargin 2
set ylabel "longest stall (s)"
set logscale y
set yrange [0.01:60]
set key inside top right horizontal maxrows 1
plot for [s in lines] stall(s) using ($1+slot(s)*0.8/n):2 with boxes lt place(s) title s, \
     names using 1:(NaN):xtic(2) with points notitle
set ylabel "requests lost, cut,\nmixed, doubled, unanswered" font ",11"
# Few and many are both interesting; nothing is a number without a bar.
set yrange [0.5:*]
set format y "%.0f"
unset key
set offsets 0, 0, graph 0.1, 0
plot for [s in lines] failed(s) using ($1+slot(s)*0.8/n):2 with boxes lt place(s) title s, \
     names using 1:(NaN):xtic(2) with points notitle, \
     for [s in lines] failed(s) using ($1+slot(s)*0.8/n):($2 > 0.5 ? $2 : 0.5):(sprintf("%.0f", $2)) with labels offset 0,0.6 font ",9" notitle
unset multiplot
