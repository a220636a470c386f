# Cycles per request at peak rate, by scheme, server and reply: user level on top of kernel.
# needs: cycles (make paper)
width = 1280
call "plots/style.gp" ARG1 ARG2 ARG3
set title "Cycles per request"
set ylabel "thousand cycles"
set yrange [0:*<2500]
set xrange [0:number("SELECT max(x) FROM bar WHERE scenario='cycles'")+1]
set bmargin 8
set xtics rotate by 40 right scale 0
set style fill solid 1 border lc rgb "white"
set boxwidth 0.8
bars = ask("SELECT x, kernel.value/1e3, bar.value/1e3, coalesce(bar.low/1e3,'NaN'), coalesce(bar.high/1e3,'NaN'), label FROM bar JOIN drawn AS kernel USING (scenario, kb, scheme, host) WHERE scenario='cycles' AND kernel.metric='cycles_kernel' ORDER BY x")
sizes = ask("SELECT avg(x), max(value)/1e3, char(34) || CAST(kb AS INTEGER) || ' KB replies' || char(34) FROM bar WHERE scenario='cycles' GROUP BY kb")
points = ask("SELECT x, reference.value/1e3 FROM bar JOIN reference ON reply_bytes=1024*kb AND mode=trim(label, char(34)) WHERE scenario='cycles' AND figure='cycles' AND reference.metric='cycles'")
have_points = number("SELECT count(*) FROM reference WHERE figure='cycles' AND metric='cycles'") > 0
others_too = have_points ? ', points using 1:2 with points pt 2 ps 1.8 lw 2 lc rgb "black" title "total (reference.csv)"' : ''
plot bars using 1:3:xtic(6) with boxes lc rgb user_colour title "user", \
     bars using 1:2 with boxes lc rgb kernel_colour title "kernel", \
     bars using 1:4:(0):($5-$4) with vectors nohead lc rgb "#303030" lw 2 notitle, \
     sizes using 1:2:3 with labels offset 0,1 notitle @others_too
