#!/bin/sh
# peers.sh full FOLDER: switch, spawn and join, queues and timers beside other runtimes, one round
# after the other, each on one core; FOLDER gets peers.csv. A ratio is to asyncc in the same round.
folder=$2 p=build/peers b=build/bench rounds=${ROUNDS:-7}
mkdir -p "$folder"
rows=$(mktemp)
trap 'rm -f "$rows" "$rows".*' EXIT
python=/usr/bin/python3 && [ -x $python ] || python=python3
alone=$(command -v taskset >/dev/null && echo taskset -c 0)
absent=
[ -x $p/core_go ] || absent="$absent golang-go"
command -v node >/dev/null || absent="$absent nodejs"
command -v $python >/dev/null || absent="$absent python3"
[ -z "$absent" ] || echo "absent, from Debian's packages:$absent"

peer() { # NAME COMMAND...: its rows, by round
    name=$1 && shift
    $alone "$@" 2>/dev/null | sed "s/^/$round,$name,/" >>"$rows"
}
round=1
while [ "$round" -le "$rounds" ]; do
    [ -z "$PROGRESS" ] || sh "$PROGRESS" "runtimes, round $round of $rounds" || break
    $alone $b/core --quick --csv "$rows.csv" --size 100 switch spawn-join >/dev/null
    $alone $b/sync --quick --csv "$rows.csv" queue >/dev/null
    $alone $b/timers --quick --csv "$rows.csv" --size 100000 timer-fire timer-cancel >/dev/null
    awk -F, -v round=$round '$3 == "asyncc" || $3 == "libuv" { print round "," $3 "," $1 "," $2 "," $5 }' "$rows.csv" >>"$rows"
    rm -f "$rows.csv"
    [ -x $p/core_go ] && peer go $p/core_go quick
    command -v node >/dev/null && peer node node bench/peers/core.js quick
    command -v $python >/dev/null && peer asyncio $python bench/peers/core.py
    $python -c 'import uvloop' 2>/dev/null && peer uvloop $python bench/peers/core.py uvloop
    round=$((round + 1))
done
awk -F, -v file="$folder/peers.csv" '
    function median(a, n,   i, j, x) {
        for (i = 2; i <= n; i++) { x = a[i]; for (j = i - 1; j && a[j] > x; j--) a[j + 1] = a[j]; a[j + 1] = x }
        return a[int((n + 1) / 2)]
    }
    { key = $3 "," $4; ns[$1, key, $2] = $5; if (!(key in keys)) { keys[key]; order[++count] = key }
      if (!($2 in names)) { names[$2]; who[++many] = $2 }; if ($1 > rounds) rounds = $1 }
    END {
        print "workload,size,runtime,ratio,ns" >file
        for (k = 1; k <= count; k++) for (w = 1; w <= many; w++) {
            key = order[k]; n = 0
            for (r = 1; r <= rounds; r++) if ((r, key, who[w]) in ns && ns[r, key, "asyncc"] > 0) {
                a[++n] = ns[r, key, who[w]]; b[n] = a[n] / ns[r, key, "asyncc"] }
            if (!n) continue
            split(key, part, ",")
            x = median(b, n); y = median(a, n)
            printf "  %-22s %-8s x %9.2f %10.1f ns\n", part[1] (part[2] + 0 ? " " part[2] : ""), who[w], x, y
            printf "%s,%s,%.3f,%.1f\n", key, who[w], x, y >file
        }
    }' "$rows"
