# Plots from bench/results/servers.csv: workload,cores,connections,idle,server,ratio,ns,p50,p99
set datafile separator ","
set terminal svg size 760,400 font "sans,12" background "white" noenhanced
set style line 1 lc rgb "#9a9a9a" lw 2 pt 7 ps 0.5
set style line 2 lc rgb "#c0392b" lw 2 pt 7 ps 0.5
set style line 3 lc rgb "#2c6fad" lw 2 pt 7 ps 0.5
set style line 4 lc rgb "#3b8a4b" lw 2 pt 7 ps 0.5
set style line 5 lc rgb "#b58900" lw 2 pt 7 ps 0.5
set style line 6 lc rgb "#6c4aa5" lw 2 pt 7 ps 0.5
set grid ytics lc rgb "#dddddd"
set key top left
rows(workload, connections) = sprintf("< awk -F, '$1 == \"%s\" && $2 == 1 && $3 == %d && $4 == 0' bench/results/servers.csv", workload, connections)
of(server) = sprintf("< awk -F, '$1 == \"echo\" && $2 == 1 && $4 == 0 && $5 == \"%s\"' bench/results/servers.csv", server)

set output "bench/results/echo.svg"
set title "Server CPU of an echo, one core, epoll by hand = 1 (cut off at 4)"
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9
set boxwidth 0.9
set yrange [0:4]
set ylabel "times raw epoll"
set xtics scale 0 rotate by -20
set key outside top center horizontal
plot rows("echo", 1) using 6:xtic(5) title "1 connection" ls 1, rows("echo", 50) using 6 title "50" ls 2, \
     rows("echo", 1000) using 6 title "1000" ls 3

set output "bench/results/http.svg"
set title "Server CPU of an HTTP hello, 50 connections, one core"
set yrange [0:*]
set ylabel "us"
unset key
plot rows("http", 50) using ($7 / 1000):xtic(5) ls 2

set output "bench/results/latency.svg"
set title "Time to an answer as connections grow: solid median, dashed 99th of 100"
set style data linespoints
set xtics scale 1 norotate
set logscale xy
set yrange [*:*]
set xrange [0.8:1500]
set xlabel "connections, all at work"
set ylabel "us"
set key top left vertical
plot of("raw") using 3:8 title "raw epoll" ls 1, of("asyncc") using 3:8 title "asyncc" ls 2, of("libuv") using 3:8 title "libuv" ls 3, \
     of("go") using 3:8 title "Go" ls 4, of("node") using 3:8 title "Node" ls 5, of("asyncio") using 3:8 title "asyncio" ls 6, \
     of("raw") using 3:9 notitle ls 1 dt 2, of("asyncc") using 3:9 notitle ls 2 dt 2, of("libuv") using 3:9 notitle ls 3 dt 2, \
     of("go") using 3:9 notitle ls 4 dt 2, of("node") using 3:9 notitle ls 5 dt 2, of("asyncio") using 3:9 notitle ls 6 dt 2
