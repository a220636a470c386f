# Mean latency against reply size, one client; "reply overhead" is unreplicated plus the wait for the log.
call "plots/style.gp" ARG1 ARG2 ARG3
set title "Latency, one client"
set xlabel "reply size (KB)"
set ylabel "mean latency (ms)"
set xrange [0:52]
set yrange [0:*]
overhead = sprintf("< sqlite3 -readonly -separator ' ' '%s' \"SELECT %s AS kb, sum(value)*1e3 FROM (SELECT point, value FROM result WHERE scenario='latency' AND metric='latency' AND json_extract(point,'$.scheme')='unreplicated' UNION ALL SELECT point, value FROM result WHERE scenario='latency' AND metric='log_wait' AND json_extract(point,'$.scheme')='duplex') GROUP BY kb ORDER BY kb\"", database, size_kb)
plot for [i=1:words(schemes)] rows("latency", word(schemes,i), "latency", 1e3) using 1:2 with linespoints ls i title word(schemes,i), \
     overhead using 1:2 with lines ls 9 title "reply overhead (unreplicated + wait for the log)", \
     reference("latency", "latency", 1e3) using 1:2 with points pt 2 lc rgb "black" title "reference"
