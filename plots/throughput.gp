# Peak throughput against reply size: bytes and requests per second, with what the network bounds.
# needs: throughput (make paper)
width = 1280
height = 560
call "plots/style.gp" ARG1 ARG2 ARG3
set xlabel "reply (KB)"
set xrange [0:53]
lines = present("throughput", "goodput")
set multiplot layout 1,2 title "Peak throughput" offset 0,-0.3

set title "bytes of replies"
set ylabel "goodput (MB/s)"
set yrange [0:14]
set key bottom right
theirs_too = theirs("throughput", "goodput", 1e-6)
plot bounds("throughput", "goodput", 1e-6) using 1:2 with lines @bound_style notitle, \
     bound_names("throughput", "goodput", 1e-6, "MB/s") using 1:2:3 with labels font ",11" right offset 0,0.6 textcolor rgb "#606060" notitle, \
     for [s in lines] rows("throughput", s, "goodput", 1e-6) using 1:2:3:4 with yerrorlines lt place(s) title s @theirs_too

set title "replies"
set ylabel "throughput (requests/s)"
set yrange [0:*]
set key top right
theirs_too = theirs("throughput", "throughput", 1)
plot for [s in lines] rows("throughput", s, "throughput", 1) using 1:2:3:4 with yerrorlines lt place(s) title s @theirs_too
unset multiplot
