#!/bin/sh
# http_check.sh FOLDER: the HTTP server under load and attack, with the programs that
# `make http-check` has built in FOLDER. TAP lines. SECONDS_OF_LOAD is 5 unless said.
cd "$1" || exit 1
seconds=${SECONDS_OF_LOAD:-5}
root=$OLDPWD
files=$(ulimit -H -n)
ulimit -n "$files" 2>/dev/null
[ "$files" = unlimited ] && files=100000
server=
rm -rf http_check && mkdir http_check
trap '[ -z "$server" ] || kill -9 $server 2>/dev/null; rm -rf http_check' EXIT
out=http_check

is() { # WHAT, then a command that says whether
    what=$1
    shift
    if "$@"; then echo "ok - http: $what"; else echo "not ok - http: $what" && sed 's/^/#   /' $out/said $out/err 2>/dev/null; fi
}
start() { # binary, arguments
    rm -f $out/server
    "$@" >$out/server 2>$out/err &
    server=$!
    until grep -qs '^listening' $out/server; do
        kill -0 $server 2>/dev/null || { is "the server starts" false; exit 1; }
        sleep 0.1
    done
    address=$(sed -n 's/^listening on //p' $out/server)
    url=http://$address/
}
stop() { # the sanitizers' findings are in the status and in what it says
    kill -INT $server
    wait $server
    status=$?
    server=
    is "$1: the server stops with status 0 and no complaint" test "$status $(wc -c <$out/err)" = "0 0"
}
resident() { # kB
    if [ -r /proc/$server/status ]; then awk '/^VmRSS/ { print $2 }' /proc/$server/status
    else ps -o rss= -p $server | tr -d ' '; fi
}
hold() { # arguments of hold: waits until all are connected; `release` ends them
    mkfifo $out/fifo
    ./hold "$@" <$out/fifo >$out/hold 2>$out/said &
    holder=$!
    exec 9>$out/fifo
    until grep -qs '^holding' $out/hold; do
        kill -0 $holder 2>/dev/null || { exec 9>&-; rm $out/fifo; return 1; }
        sleep 0.1
    done
}
release() {
    exec 9>&-
    wait $holder
    rm $out/fifo
}

# 1,000 connections as fast as they can, with whatever tool is there.
load() { # seconds: the tool's report in $out/said
    if command -v wrk >/dev/null; then
        tool=wrk
        wrk -t1 -c1000 -d"$1" "$url" >$out/said 2>&1
        ! grep -q 'Socket errors\|Non-2xx' $out/said && grep -q Requests/sec $out/said
    elif command -v ab >/dev/null; then
        tool=ab
        ab -q -k -c 1000 -t "$1" -n 100000000 "$url" >$out/said 2>&1
        grep -q '^Failed requests: *0$' $out/said && ! grep -q '^Non-2xx' $out/said
    else
        tool="the repo's own client"
        ./fetch -c 1000 -n 100000 "$url" >$out/said 2>&1
    fi
}
rate() { sed -n 's/^Requests.sec: *//p; s/^Requests per second: *\([0-9.]*\).*/\1/p' $out/said; }

start ./http_server 127.0.0.1:0
load 1
before=$(resident)
load "$seconds" && good=true || good=false
is "1,000 connections, $seconds s of $tool: no error ($(rate) requests/s)" $good
after=$(resident)
is "memory is the same before and after: $before kB, $after kB" test $((after - before)) -lt $((before / 20 + 256))
stop load

# Slow clients cost nobody else anything, and in the end get a 408.
start ./http_server 127.0.0.1:0 4000
alone=$(./fetch -c 1 -n 2000 "$url" | sed 's/.* \([0-9]*\) ms$/\1/')
hold -s 50 "$address" 1000
is "1,000 slow clients connect" test $? = 0
among=$(./fetch -c 1 -n 2000 "$url" | sed 's/.* \([0-9]*\) ms$/\1/')
is "2,000 requests in a row: $alone ms alone, $among ms among 1,000 slow clients" test "$among" -lt $((alone * 5 + 1000))
sleep 5
release
is "the slow clients were hung up on: $(cat $out/hold | tail -n 1)" grep -q '^closed by the server: 1000' $out/hold
stop "slow clients"

# As many idle connections as one process may have here, each of which works afterwards.
many=$((files - 200))
[ $many -le 19000 ] || many=19000
start ./http_server 127.0.0.1:0 600000
before=$(resident)
if hold "$address" $many; then
    after=$(resident)
    among=$(./fetch -c 1 -n 2000 "$url" | sed 's/.* \([0-9]*\) ms$/\1/')
    is "2,000 requests in a row among them: $among ms" test "$among" -lt $((alone * 5 + 500))
    release
    each=$(echo "$before $after $many" | awk '{ printf "%.1f", ($2 - $1) / $3 }')
    is "$many idle connections, $each kB each, all answer afterwards" \
        grep -q "^closed by the server: 0, answered again: $many\$" $out/hold
else
    is "$many idle connections" false
fi
stop "idle connections"

# Attacks, under the sanitizers: the example's own test, load, and noise.
(cd "$root/examples" && sh 32_http_server.test.sh "$root/$1/http_server-sanitized") >$out/said 2>&1
is "the example's test under the sanitizers" test $? = 0
start ./http_server-sanitized 127.0.0.1:0 2000
load 2 && good=true || good=false
is "1,000 connections under the sanitizers: no error" $good
noise() {
    i=0
    while [ $i -lt 100 ]; do
        i=$((i + 1))
        head -c $((i * 97)) /dev/urandom >$out/noise
        { printf 'GET / HTTP/1.1\r\nHost: h\r\nX: '; cat $out/noise; printf '\r\n\r\n'; } >$out/noise2
        { printf 'POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n'; cat $out/noise; } >$out/noise3
        for part in noise noise2 noise3; do
            ./talk "$address" -F $out/$part -e -q 4000 >$out/answer 2>$out/said
            [ $? -le 1 ] || return 1 # closed or reset
        done
    done
}
noise
is "300 requests of random bytes are answered or hung up on" test $? = 0
is "after which it works as before" test "$(./fetch -p "$url" 2>/dev/null)" = hello
stop "attacks"
