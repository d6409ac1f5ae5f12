#!/bin/sh
# http.sh FOLDER: the blocking and the async client as whole commands, with the programs that
# `make bench-http` has built in FOLDER. PAGES (20) is small: hyperfine repeats the commands.
cd "$1" || exit 1
pages=${PAGES:-20} ms=${MS:-50}
server=
trap '[ -z "$server" ] || kill -9 $server 2>/dev/null; rm -f server.out' EXIT
./http_server 127.0.0.1:0 >server.out &
server=$!
until grep -qs '^listening' server.out; do sleep 0.1; done
url="http://$(sed -n 's/^listening on //p' server.out)/slow?ms=$ms"

if command -v hyperfine >/dev/null; then
    hyperfine -N -w 1 -r 5 -n "blocking, $pages pages" "./blocking_fetch -n $pages $url" \
        -n "asyncc, $pages pages" "./fetch -c $pages -n $pages $url" 2>/dev/null
else
    echo "hyperfine is not installed: the clients' times by themselves"
    ./blocking_fetch -n "$pages" "$url"
    ./fetch -c "$pages" -n "$pages" "$url"
fi
kill -INT $server
wait $server || exit 1
server=
