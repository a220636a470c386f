# What all figures share. Called with: database, output file without extension, "svg" or "png".
# Colours are those of Okabe and Ito, which can be told apart without seeing red, green or blue.
database = ARG1
width = exists("width") ? width : 960
height = exists("height") ? height : 600
if (ARG3 eq "png") { set terminal pngcairo size width,height font "DejaVu Sans,12" } \
else { set terminal svg size width,height font "DejaVu Sans,14" background "white" }
set output ARG2.".".ARG3
set encoding utf8
set border 3 lw 1 lc rgb "#606060"
set tics nomirror textcolor rgb "#303030"
set grid ytics lc rgb "#e4e4e4" lt 1 lw 1
set key top left reverse Left samplen 2.5 spacing 1.25
set title offset 0,0.4
set errorbars 0.6
set lmargin 10
set rmargin 3

# Lines 1-5: the schemes, in the order of `schemes`.
schemes = "unreplicated simplex duplex duplex-mi user-proxies"
set linetype 1 lc rgb "#0072b2" lw 2.5 pt 7 ps 0.9
set linetype 2 lc rgb "#56b4e9" lw 2.5 pt 4 ps 1.3
set linetype 3 lc rgb "#d55e00" lw 2.5 pt 9 ps 1.1
set linetype 4 lc rgb "#e69f00" lw 2.5 pt 13 ps 1.2
set linetype 5 lc rgb "#009e73" lw 2.5 pt 11 ps 1.1
bound_style = "lc rgb '#808080' lw 1.5 dt (8,6)"
user_colour = "#0072b2"
kernel_colour = "#e69f00"

ask(sql) = sprintf("< sqlite3 -readonly -batch -init plots/views.sql '%s' \"%s\"", database, sql)
number(sql) = real(system(sprintf("sqlite3 -readonly -batch -init plots/views.sql '%s' \"%s\"", database, sql)))

# KB, value, low, high of a metric of the whole service; without an interval no bar is drawn.
rows(scenario, scheme, metric, scale) = ask(sprintf("SELECT kb, value*%g, coalesce(low*%g,'NaN'), coalesce(high*%g,'NaN') FROM drawn WHERE scenario='%s' AND scheme='%s' AND metric='%s' AND host='' ORDER BY kb", scale, scale, scale, scenario, scheme, metric))
# KB, value of the numbers that a user added from elsewhere, for one scheme.
others(figure, scheme, metric, scale) = ask(sprintf("SELECT reply_bytes/1024, value*%g FROM reference WHERE figure='%s' AND mode='%s' AND metric='%s' AND source NOT LIKE 'derived%%' ORDER BY 1", scale, figure, scheme, metric))
# KB, value of derived bounds; a blank line parts one from the next.
bounds(figure, metric, scale) = ask(sprintf("SELECT iif(n=1, char(10) || char(10), '') || (reply_bytes/1024), value*%g FROM (SELECT *, row_number() OVER (PARTITION BY mode ORDER BY reply_bytes) AS n FROM reference WHERE figure='%s' AND metric='%s' AND source LIKE 'derived%%') ORDER BY mode, n", scale, figure, metric))
bound_names(figure, metric, scale, unit) = ask(sprintf("SELECT max(reply_bytes)/1024, max(value)*%g, char(34) || replace(mode, 'bound for ', '') || ' ≤ ' || round(max(value)*%g, 2) || ' %s (derived)' || char(34) FROM reference WHERE figure='%s' AND metric='%s' AND source LIKE 'derived%%' GROUP BY mode", scale, scale, unit, figure, metric))
has_bounds(figure, metric) = number(sprintf("SELECT count(*) FROM reference WHERE figure='%s' AND metric='%s' AND source LIKE 'derived%%'", figure, metric))
# Those schemes of `schemes` that have the metric; of a source other than the bounds, those that have numbers there.
present(scenario, metric) = system(sprintf("sqlite3 -readonly -batch -init plots/views.sql '%s' \"SELECT group_concat(scheme, ' ') FROM (SELECT DISTINCT place, scheme FROM drawn JOIN scheme_order USING (scheme) WHERE scenario='%s' AND metric='%s' ORDER BY place)\"", database, scenario, metric))
known(figure, metric) = system(sprintf("sqlite3 -readonly -batch -init plots/views.sql '%s' \"SELECT coalesce(group_concat(mode, ' '), '') FROM (SELECT DISTINCT place, mode FROM reference JOIN scheme_order ON mode = scheme WHERE figure='%s' AND metric='%s' AND source NOT LIKE 'derived%%' ORDER BY place)\"", database, figure, metric))
# A part of a plot command, to be used as a macro: the numbers of others, if there are any.
theirs(figure, metric, scale) = words(known(figure, metric)) == 0 ? "" : \
    sprintf(", for [s in '%s'] others('%s', s, '%s', %g) using 1:2 with points lt place(s) pt 2 ps 1.8 title s.' (reference.csv)'", known(figure, metric), figure, metric, scale)
place(scheme) = sum [i=1:words(schemes)] (word(schemes, i) eq scheme ? i : 0)
