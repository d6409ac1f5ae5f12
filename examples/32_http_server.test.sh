. ../tests/server.sh

headers() { tr -d '\r' | grep -v '^Date: '; } # what was sent, without what differs each time
get='GET / HTTP/1.1\r\nHost: h\r\n\r\n'

start 127.0.0.1:0 1500
same "a page" "$(talk -s "$get" -e | headers)" "HTTP/1.1 200 OK
Content-Type: text/plain
Content-Length: 6

hello"
same "pipelined requests, a byte at a time" "$(talk -b "$get$get" -e | grep -c hello)" 2
same "a body in chunks" "$(talk -s 'POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab' \
    -w 50 -s 'c\r\n2\r\nde\r\n0\r\n\r\n' -e | tail -n 1)" abcde
same "an old client" "$(talk -s 'GET / HTTP/1.0\r\n\r\n' | headers | sed -n 4p)" "Connection: close"

begin=$(date +%s)
for i in $(seq 50); do talk -s 'GET /slow?ms=1000 HTTP/1.1\r\nHost: h\r\n\r\n' -e >/dev/null & many="$many $!"; done
wait $many || fail "one of fifty slow requests failed"
[ $(($(date +%s) - begin)) -lt 10 ] || fail "fifty requests of a second each waited for each other"

# Refusals reach the client though it is still sending.
same "a head of 100 kB" "$(talk -s 'GET / HTTP/1.1\r\nX: ' -f 100000 | head -n 1 | tr -d '\r')" \
    "HTTP/1.1 431 Request Header Fields Too Large"
same "an address of 100 kB" "$(talk -s 'GET /' -f 100000 | head -n 1 | tr -d '\r')" "HTTP/1.1 414 URI Too Long"
same "a body of 1 MB" "$(talk -s 'POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n' -f 1000000 |
    head -n 1 | tr -d '\r')" "HTTP/1.1 413 Content Too Large"
same "garbage" "$(talk -s '\x16\x03\x01\x02\x00\n' | head -n 1 | tr -d '\r')" "HTTP/1.1 400 Bad Request"

# Deadlines: half a request, byte after byte, nothing at all, and answers that nobody takes.
same "half a request" "$(talk -s 'GET / HT' | head -n 1 | tr -d '\r')" "HTTP/1.1 408 Request Timeout"
same "a slow request" "$(talk -s 'GET /' -w 600 -s a -w 600 -s a -w 600 -s a | head -n 1 | tr -d '\r')" \
    "HTTP/1.1 408 Request Timeout"
same "silence" "$(talk; echo $?)" 0
i=0 never=
while [ $i -lt 2000 ]; do i=$((i + 1)) never=$never'GET /none HTTP/1.1\r\nHost: h\r\n\r\n'; done
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do printf "$never"; done >"$work/never"
talk -n -R -F "$work/never" -w 2500 >/dev/null 2>&1 # more answers than the sockets hold
same "a client that never reads is hung up on" "$(talk -s "$get" -e | tail -n 1)" hello

if command -v curl >/dev/null; then
    url=http://$address
    head -c 60000 /dev/urandom >"$work/body"
    same "curl" "$(curl -s "$url/" "$url/" -w '%{num_connects} ')" "hello
1 hello
0 "
    curl -s --data-binary @"$work/body" "$url/echo" | cmp - "$work/body" || fail "curl: echo"
    curl -s -H 'Transfer-Encoding: chunked' --data-binary @"$work/body" "$url/echo" | cmp - "$work/body" ||
        fail "curl: echo of chunks"
    curl -s -H 'Expect: 100-continue' --data-binary @"$work/body" "$url/echo" | cmp - "$work/body" ||
        fail "curl: Expect"
    same "curl -I" "$(curl -s -I "$url/" | headers)" "HTTP/1.1 200 OK
Content-Type: text/plain
Content-Length: 6"
    same "curl: 404, 405, 501" "$(curl -s -o /dev/null -w '%{http_code} ' "$url/x")$(
        curl -s -o /dev/null -w '%{http_code} ' -X PUT "$url/")$(
        curl -s -o /dev/null -w '%{http_code}' -X BREW "$url/")" "404 405 501"
fi

# A stop: the idle client is let go at once, the one with a request in progress is answered first.
talk -s "$get" -u hello >"$work/idle" &
idle=$!
talk -s 'GET /slow?ms=1000 HTTP/1.1\r\nHost: h\r\n\r\n' >"$work/busy" &
busy=$!
sleep 0.3
stop INT
same "status after SIGINT" $status 0
wait $idle || fail "the idle client was not let go properly"
wait $busy || fail "the busy client was not answered properly"
same "the busy client's answer" "$(headers <"$work/busy" | tail -n 3)" "Connection: close

slept 1000 ms"
same "errors" "$(cat "$work/err")" ""

# A request that takes too long is cut off in the end.
start 127.0.0.1:0 300
talk -s 'GET /slow?ms=60000 HTTP/1.1\r\nHost: h\r\n\r\n' >"$work/busy" 2>/dev/null &
sleep 0.3
stop TERM
same "status after SIGTERM" $status 0
same "its last words" "$(sed -n 2p "$work/out")" "some requests were cut off"
same "errors" "$(cat "$work/err")" ""
