#!/bin/sh
# commands.sh full FOLDER: blocking programs and asynchronous ones as whole commands, by hyperfine;
# FOLDER gets commands.csv. PAGES (200), MS (10): how many pages, and how long one takes the server.
folder=$2 p=build/peers pages=${PAGES:-200} ms=${MS:-10}
command -v hyperfine >/dev/null || { echo "absent, from Debian's packages: hyperfine"; exit 0; }
mkdir -p "$folder"
ulimit -n "$(ulimit -H -n)" 2>/dev/null
out=$(mktemp -d) server=
trap '[ -z "$server" ] || kill -9 $server 2>/dev/null; rm -rf "$out"' EXIT
echo "workload,command,mean s,stddev s,user s,system s,times" >"$folder/commands.csv"

compare() { # WORKLOAD NAME COMMAND NAME COMMAND...: the first is the slow one, as a rule
    workload=$1 && shift
    [ -z "$PROGRESS" ] || sh "$PROGRESS" "$workload" || return 0
    i=$#
    while [ "$i" -gt 0 ]; do
        set -- "$@" -n "$1" "$2" && shift 2
        i=$((i - 2))
    done
    hyperfine -N -w 1 -r 7 --export-csv "$out/csv" "$@" >"$out/said" 2>&1 || { cat "$out/said"; return 1; }
    awk -F, -v workload="$workload" -v file="$folder/commands.csv" 'NR > 1 {
        if (!first) first = $2
        printf "  %-44s %8.3f s   x %.3f\n", workload ": " $1, $2, $2 / first
        printf "%s,%s,%s,%s,%s,%s,%.3f\n", workload, $1, $2, $3, $5, $6, $2 / first >>file }' "$out/csv"
}

$p/http_asyncc 127.0.0.1:0 >"$out/server" &
server=$!
until grep -qs '^listening' "$out/server"; do sleep 0.1; done
url="http://$(sed -n 's/^listening on //p' "$out/server")/slow?ms=$ms"
compare "$pages pages of $ms ms" blocking "$p/blocking_fetch -n $pages $url" asyncc "$p/fetch -c $pages -n $pages $url"
kill -INT $server && wait $server
server=
# Both do the same work, or there is nothing to compare.
same() { # COMMAND COMMAND...
    first=$($1) || return 1
    for command; do [ "$($command)" = "$first" ] || { echo "not the same: $command"; return 1; }; done
}
chore="$p/chores files" where="200 $out"
$p/chores make $where && same "$chore blocking $where" "$chore jobs $where" "$chore blocks $where" &&
    compare "200 files of 256 kB copied and hashed" blocking "$chore blocking $where" \
        "asyncc: a job a file" "$chore jobs $where" "asyncc: a job a block" "$chore blocks $where"
chore="$p/chores children"
for child in true "sleep 0.01"; do
    same "$chore blocking 200 $child" "$chore asyncc 200 $child" &&
        compare "200 children: $child" blocking "$chore blocking 200 $child" asyncc "$chore asyncc 200 $child"
done
# A server from its start to its last answer, and the client with it, on one core.
for c in 1 50 1000; do
    compare "50000 echoes over $c connections" "a thread each" "$p/echo_load -c $c -n 50000 threads=$p/echo_threads" \
        asyncc "$p/echo_load -c $c -n 50000 'asyncc=$p/echo_asyncc 127.0.0.1:0'"
done
