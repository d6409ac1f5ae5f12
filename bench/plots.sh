#!/bin/sh
# plots.sh: draws what bench/results/*.csv say, with gnuplot.
command -v gnuplot >/dev/null || { echo "absent, from Debian's packages: gnuplot-nox; no plots"; exit 0; }
for csv in core servers; do
    [ ! -f bench/results/$csv.csv ] || gnuplot bench/$csv.gp || exit 1
done
