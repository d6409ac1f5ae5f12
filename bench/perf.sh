#!/bin/sh
# perf.sh perf-check|perf-update PROGRAM: instructions per operation, counted by callgrind, against
# bench/perf.txt: 3 % more fails. Allocations are to be the same, exactly. The figures hold for one
# compiler; with another there is nothing to compare, and that is said.
mode=$1 program=$2 figures=bench/perf.txt
compiler=$("${CC:-cc}" --version | sed '1!d; s, *[^ ]* *,,') # without the name it was called by
command -v valgrind >/dev/null || { echo "perf-check: skipped, no valgrind"; exit 0; }
if [ "$mode" = perf-check ] && ! grep -qxF "# $compiler" $figures; then
    echo "perf-check: skipped, the figures are of$(sed -n '1s/^#//p' $figures), and this is $compiler"
    exit 0
fi

out=$(mktemp -d) && trap 'rm -rf "$out"' EXIT
echo "# $compiler" >"$out/new"
for workload in $("$program"); do
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=measured \
        "$program" "$workload" >"$out/ops" 2>"$out/log" || { cat "$out/log"; exit 1; }
    read -r ops allocations <"$out/ops"
    awk -v workload="$workload" -v ops="$ops" -v allocations="$allocations" \
        '/Collected/ { printf "%s %.2f %d\n", workload, $NF / ops, allocations }' "$out/log" >>"$out/new"
done
if [ "$mode" = perf-update ]; then
    cp "$out/new" $figures
    cat $figures
    exit 0
fi
awk '
    FNR == 1 { next }
    NR == FNR { was[$1] = $2; allocations[$1] = $3; next }
    {
        bad = !($1 in was) || $2 > was[$1] * 1.03 || $3 != allocations[$1]
        printf "%s %-16s %8.2f instructions (was %.2f), %d allocations (was %d)\n", bad ? "FAIL" : "ok  ", $1, $2, was[$1], $3, allocations[$1]
        failed += bad
        seen[$1] = 1
    }
    END {
        for (name in was)
            if (!(name in seen)) { print "FAIL " name ": not measured any more"; failed++ }
        exit failed > 0
    }' $figures "$out/new"
