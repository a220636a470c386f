# Mean latency against reply size, one client; "reply overhead" is unreplicated plus the wait for the log.
# needs: latency (make paper)
call "plots/style.gp" ARG1 ARG2 ARG3
set title "Latency of a lone client"
set xlabel "reply (KB)"
set ylabel "mean latency (ms)"
set xrange [0:52]
set yrange [0:*]
overhead = ask("SELECT kb, sum(value)*1e3 FROM drawn WHERE scenario='latency' AND host='' AND (metric='latency' AND scheme='unreplicated' OR metric='log_wait' AND scheme='duplex') GROUP BY kb HAVING count(*)=2 ORDER BY kb")
lines = present("latency", "latency")
theirs_too = theirs("latency", "latency", 1e3)
plot for [s in lines] rows("latency", s, "latency", 1e3) using 1:2:3:4 with yerrorlines lt place(s) title s, \
     overhead using 1:2 with lines lc rgb "#404040" lw 2 dt (4,4) title "reply overhead: unreplicated + wait for the log" @theirs_too
