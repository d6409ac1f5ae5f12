# Plots from bench/results/core.csv: workload,size,contender,ratio,ns,ns_least,n
set datafile separator ","
set terminal svg size 760,400 font "sans,12" background "white"
set style line 1 lc rgb "#9a9a9a" lw 2 pt 7 ps 0.5
set style line 2 lc rgb "#c0392b" lw 2 pt 7 ps 0.5
set style line 3 lc rgb "#2c6fad" lw 2 pt 7 ps 0.5
set grid ytics lc rgb "#dddddd"
set key top left
rows(workload, contender) = sprintf("< awk -F, '$1 == \"%s\" && $3 == \"%s\"' bench/results/core.csv", workload, contender)
headlines(contender) = sprintf("< awk -F, '($2 == 0 || $1 == \"switch\" && $2 == 100 || $1 == \"resume\" && $2 == 1000) && $3 == \"%s\" { print $1 ($2 ? \" \" $2 : \"\") \",\" $4 }' bench/results/core.csv", contender)

set output "bench/results/core.svg"
set title "Cost of the core, the hand-written limit = 1"
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9
set boxwidth 0.9
set yrange [0:*]
set ylabel "times the limit"
set xtics scale 0 rotate by -20
plot headlines("limit") using 2:xtic(1) title "limit" ls 1, headlines("asyncc") using 2 title "asyncc" ls 2, \
     headlines("c++20") using 2 title "C++20, freelist" ls 3

set style data linespoints
set xtics scale 1 norotate
set logscale xy
set yrange [0.5:*]
set ylabel "ns"

set output "bench/results/switch.svg"
set title "Switch as the number of tasks grows"
set xlabel "tasks"
plot rows("switch", "limit") using 2:5 title "limit" ls 1, rows("switch", "asyncc") using 2:5 title "asyncc" ls 2, \
     rows("switch", "c++20") using 2:5 title "C++20, freelist" ls 3

set output "bench/results/resume.svg"
set title "Resume of the innermost coroutine as the call chain grows"
set xlabel "depth"
plot rows("resume", "limit") using 2:5 title "limit" ls 1, rows("resume", "asyncc") using 2:5 title "asyncc" ls 2, \
     rows("resume", "c++20") using 2:5 title "C++20, freelist" ls 3

set output "bench/results/timers.svg"
set title "Timers as their number grows: solid fire, dashed cancel"
set xlabel "live timers"
plot rows("timer-fire", "limit") using 2:5 title "buckets of 1 ms, no order" ls 1, rows("timer-fire", "asyncc") using 2:5 title "asyncc" ls 2, \
     rows("timer-fire", "heap") using 2:5 title "4-ary heap" ls 3, \
     rows("timer-cancel", "limit") using 2:5 notitle ls 1 dt 2, rows("timer-cancel", "asyncc") using 2:5 notitle ls 2 dt 2, \
     rows("timer-cancel", "heap") using 2:5 notitle ls 3 dt 2
