# The same promises by kernel and server modules (duplex), and by user-level proxies: cycles of a 1 KB reply, on each server and
# on both.
# needs: proxies (make paper)
call "plots/style.gp" ARG1 ARG2 ARG3
set title "User-level proxies against kernel and server modules, 1 KB replies"
set ylabel "thousand cycles per request"
set yrange [0:*<2500]
set bmargin 8
set offsets 0, 0, graph 0.1, 0
set xtics rotate by 40 right scale 0
set style fill solid 1 border lc rgb "white"
set boxwidth 0.7
# The bars of view `bar`, and behind those of each scheme of two servers their sum.
bars = ask("SELECT row_number() OVER (ORDER BY place, both, x) + 0.7*(place-1), kernel/1e3, total/1e3, label FROM (SELECT place, 0 AS both, x, kernel.value AS kernel, bar.value AS total, label FROM bar JOIN drawn AS kernel USING (scenario, kb, scheme, host) WHERE scenario='proxies' AND kernel.metric='cycles_kernel' UNION ALL SELECT place, 1, max(x), sum(kernel.value), sum(bar.value), char(34) || scheme || ', both' || char(34) FROM bar JOIN drawn AS kernel USING (scenario, kb, scheme, host) WHERE scenario='proxies' AND kernel.metric='cycles_kernel' GROUP BY scheme HAVING count(*) = 2)")
plot bars using 1:3:xtic(4) with boxes lc rgb user_colour title "user", \
     bars using 1:2 with boxes lc rgb kernel_colour title "kernel", \
     bars using 1:3:(sprintf("%.0f", column(3))) with labels offset 0,0.7 notitle
