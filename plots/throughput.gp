# Peak throughput against reply size: bytes and requests per second.
call "plots/style.gp" ARG1 ARG2 ARG3
set xlabel "reply size (KB)"
set xrange [0:52]
set yrange [0:*]
set multiplot layout 1,2 title "Peak throughput, 32 clients"
set ylabel "reply payload (MB/s)"
set key bottom right
plot for [i=1:words(schemes)] rows("throughput", word(schemes,i), "goodput", 1e-6) using 1:2:3:4 with yerrorlines ls i title word(schemes,i), \
     reference("throughput", "goodput", 1e-6) using 1:2 with points pt 2 lc rgb "black" title "bound"
set ylabel "requests/s"
set key top right
plot for [i=1:words(schemes)] rows("throughput", word(schemes,i), "throughput", 1) using 1:2:3:4 with yerrorlines ls i title word(schemes,i), \
     reference("throughput", "throughput", 1) using 1:2 with points pt 2 lc rgb "black" notitle
unset multiplot
