#!/bin/sh
# demo.sh FOLDER: the demonstration, with the programs that `make demo` has built in FOLDER.
# Environment: PAGES (200), MS (50), CONNECTIONS (1000).
cd "$1" || exit 1
pages=${PAGES:-200} ms=${MS:-50} connections=${CONNECTIONS:-1000}
ulimit -n "$(ulimit -H -n)" 2>/dev/null
server=
trap '[ -z "$server" ] || kill -9 $server 2>/dev/null; rm -f server.out hold.out hold.in' EXIT

start() {
    ./http_server 127.0.0.1:0 >server.out &
    server=$!
    while ! grep -qs '^listening' server.out; do
        kill -0 $server 2>/dev/null || { echo "the server does not start"; exit 1; }
        sleep 0.1
    done
    address=$(sed -n 's/^listening on //p' server.out)
}
stop() {
    kill -INT $server
    wait $server || { echo "the server ended with status $?"; exit 1; }
    server=
}
run() { # command: prints its summary, and leaves its time in $took
    said=$("$@") || { echo "$said"; exit 1; }
    took=$(echo "$said" | sed 's/.* \([0-9]*\) ms$/\1/')
    echo "$said"
}
resident() { # kB
    if [ -r /proc/$server/status ]; then awk '/^VmRSS/ { print $2 }' /proc/$server/status
    else ps -o rss= -p $server | tr -d ' '; fi
}

start
echo "examples/32_http_server.c is listening on $address: one process, one thread"
if command -v curl >/dev/null; then
    echo "curl http://$address/  ->  $(curl -s "http://$address/")"
    echo "curl -d 'some text' http://$address/echo  ->  $(curl -s -d 'some text' "http://$address/echo")"
fi
echo
echo "$pages pages of /slow?ms=$ms, each of which takes the server $ms ms to answer"
echo "one after the other, with a plain blocking client:"
run ./blocking_fetch -v -n "$pages" "http://$address/slow?ms=$ms"
blocking=$took
echo "all at once, with asyncc:"
run ./fetch -c "$pages" -n "$pages" "http://$address/slow?ms=$ms"
echo "$blocking $took" | awk '{ printf "that is %.0f times as fast\n", $1 / ($2 ? $2 : 1) }'
stop
echo

start # a fresh one: the first has memory to spare from the pages
before=$(resident)
mkfifo hold.in
./hold "$address" "$connections" <hold.in >hold.out &
hold=$!
exec 9>hold.in # what ends when the connections are to be closed
while ! grep -qs '^holding' hold.out; do
    kill -0 $hold 2>/dev/null || { echo "the connections cannot be opened"; exit 1; }
    sleep 0.1
done
after=$(resident)
echo "$before $after $connections" | awk '{
    printf "the server'"'"'s memory: %d kB, with %d connections open, each after a request: %d kB\n", $1, $3, $2
    printf "that is %.1f kB a connection\n", ($2 - $1) / $3 }'
exec 9>&-
wait $hold
stop
sed -n 2p server.out
