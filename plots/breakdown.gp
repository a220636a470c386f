# Where the cycles of a request go, by component; the servers of each scheme at peak rate.
# needs: cycles (make paper)
width = 1280
call "plots/style.gp" ARG1 ARG2 ARG3
set title "Where the cycles of a request go"
set ylabel "thousand cycles"
set yrange [0:*<2500]
set xrange [0:number("SELECT max(x) FROM bar WHERE scenario='cycles'")+1]
set bmargin 8
set xtics rotate by 40 right scale 0
set style fill solid 1 noborder
set boxwidth 0.8
set key top left
# From the bottom up: names, the components of each, colours.
array names[8] = ["server", "connections", "system calls, switches", "copies", "packets, interrupts", "packet path", "message path", "proxies"]
array parts[8] = ["'cycles_apache'", "'cycles_connection'", "'cycles_system_call','cycles_context_switch'", "'cycles_copy'", "'cycles_receive','cycles_transmit','cycles_interrupt'", "'cycles_packet_path','cycles_heartbeat'", "'cycles_log_channel'", "'cycles_proxy'"]
array colours[8] = ["#0072b2", "#56b4e9", "#bbbbbb", "#f0e442", "#e69f00", "#d55e00", "#cc79a7", "#009e73"]
array upto[8]
upto[1] = parts[1]
do for [n=2:8] { upto[n] = upto[n-1].",".parts[n] }
stack(n) = ask(sprintf("SELECT x, (SELECT coalesce(sum(value), 0)/1e3 FROM drawn AS part WHERE part.scenario=bar.scenario AND part.kb=bar.kb AND part.scheme=bar.scheme AND part.host=bar.host AND part.metric IN (%s)), label FROM bar WHERE scenario='cycles' ORDER BY x", upto[n]))
spent(n) = number(sprintf("SELECT count(*) FROM drawn WHERE scenario='cycles' AND metric IN (%s)", parts[n])) > 0
sizes = ask("SELECT avg(x), max(value)/1e3, char(34) || CAST(kb AS INTEGER) || ' KB replies' || char(34) FROM bar WHERE scenario='cycles' GROUP BY kb")
last = 0
do for [n=1:8] { if (spent(n)) { last = n } }
plot for [i=0:last-1] (n=last-i, stack(n)) using 1:2:xtic(3) with boxes lc rgb colours[n] title (spent(n) ? names[n] : ""), \
     sizes using 1:2:3 with labels offset 0,1 notitle
