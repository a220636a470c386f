# What all figures share. Called with: database, output file without extension, "svg" or "png".
database = ARG1
if (ARG3 eq "png") { set terminal pngcairo size 960,600 font "DejaVu Sans,12"; set output ARG2.".png" } \
else { set terminal svg size 960,600 font "DejaVu Sans,14" background "white"; set output ARG2.".svg" }
set border 3 lc rgb "#404040"
set tics nomirror
set grid ytics lc rgb "#d0d0d0" lt 1
set key top left reverse Left
set style line 1 lc rgb "#1b6ca8" lw 2.5 pt 7 ps 0.9
set style line 2 lc rgb "#38a3a5" lw 2.5 pt 5 ps 0.9
set style line 3 lc rgb "#c1121f" lw 2.5 pt 9 ps 1.1
set style line 4 lc rgb "#e09f3e" lw 2.5 pt 13 ps 1.1
set style line 5 lc rgb "#5e548e" lw 2.5 pt 11 ps 1.1
set style line 9 lc rgb "#808080" lw 1.5 dt 2
# x: reply size in KB; y: a metric of one scheme, with its interval
size_kb = "CAST(json_extract(point,'$.\\\"clients.reply\\\"') AS REAL)"
rows(scenario, scheme, metric, scale) = sprintf("< sqlite3 -readonly -separator ' ' '%s' \"SELECT %s, value*%g, coalesce(ci_low,value)*%g, coalesce(ci_high,value)*%g FROM result WHERE backend='sim' AND scenario='%s' AND metric='%s' AND host='' AND json_extract(point,'$.scheme')='%s' ORDER BY 1\"", database, size_kb, scale, scale, scale, scenario, metric, scheme)
reference(figure, metric, scale) = sprintf("< awk -F, '$1==\"%s\" && $4==\"%s\" {print $3/1024, $5*%g}' scenarios/paper/reference.csv", figure, metric, scale)
schemes = "unreplicated simplex duplex duplex-mi"
