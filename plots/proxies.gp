# The same promises by kernel and server modules, and by user-level proxies.
call "plots/style.gp" ARG1 ARG2 ARG3
set title "User-level proxies against modules, 1 KB replies"
set ylabel "thousand cycles per request"
set yrange [0:*]
set style data histograms
set style histogram rowstacked
set style fill solid 0.9 border -1
set boxwidth 0.6
stack = sprintf("< sqlite3 -readonly -separator ' ' '%s' \"SELECT json_extract(u.point,'$.scheme') || ',' || u.host AS label, u.value/1e3, k.value/1e3 FROM result u JOIN result k ON u.run=k.run AND u.host=k.host WHERE u.scenario='proxies' AND u.metric='cycles_user' AND k.metric='cycles_kernel' AND u.host IN ('primary','backup') ORDER BY label DESC\"", database)
plot stack using 2:xtic(1) ls 1 title "user", "" using 3 ls 4 title "kernel"
