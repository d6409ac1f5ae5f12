# The fetcher against the HTTP server, which is built here as well; then against odd answers.
fetch=$1
work_http=$(mktemp -d)
${CC:-cc} -I.. 32_http_server.c -o "$work_http/http_server" || exit 1
set -- "$work_http/http_server"
. ../tests/server.sh
trap '[ -z "$server" ] || kill -9 $server 2>/dev/null; rm -rf "$work" "$work_http"' EXIT
start 127.0.0.1:0
url=http://$address

summary() { sed 's/, [0-9]* ms$//'; } # without the time it took
same "a page" "$("$fetch" -p "$url/" 2>/dev/null)" hello
same "many" "$("$fetch" -c 50 -n 200 "$url/slow?ms=100" | summary)" \
    "200 pages, 0 failed, 2600 bytes, 50 connections"
same "three addresses" "$("$fetch" -c 1 -n 2 "$url/" "$url/slow?ms=1" "$url" | summary)" \
    "6 pages, 0 failed, 46 bytes, 6 connections"
same "a status" "$("$fetch" "$url/none" 2>&1 | summary; "$fetch" "$url/none" >/dev/null 2>&1; echo $?)" \
    "$url/none: status 404
1 pages, 1 failed, 14 bytes, 1 connections
1"
same "a time limit" "$("$fetch" -t 50 "$url/slow?ms=1000" 2>&1 | summary)" \
    "$url/slow?ms=1000: took too long
1 pages, 1 failed, 0 bytes, 1 connections"
stop
same "nobody there" "$("$fetch" "$url/" 2>&1 | summary)" "$url/: Connection refused
1 pages, 1 failed, 0 bytes, 0 connections"
same "a bad address" "$("$fetch" ftp://x 2>&1; echo $?)" "ftp://x: an address begins with http://
2"

# Servers that say one thing, whoever asks.
say() { # ANSWER: what the fetcher makes of it, page and report
    rm -f "$work/port" # the last one's
    "$work/talk" -l -s "$1" -e -q 2000 >/dev/null 2>"$work/port" &
    speaker=$!
    while ! grep -qs . "$work/port"; do sleep 0.05; done
    "$fetch" -p -t 1000 "http://$(sed -n 's/^talk: listening on //p' "$work/port")/" 2>&1 |
        sed 's/, [0-9]* ms$//; s|http://[0-9.:]*/: ||; s/1 connections//'
    wait $speaker
}
ok='HTTP/1.1 200 OK\r\n'
good='1 pages, 0 failed, 5 bytes, ' bad='1 pages, 1 failed, 0 bytes, '
same "chunks" "$(say "${ok}Transfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n3\r\ncd\n\r\n0\r\nT: x\r\n\r\n")" "abcd
$good"
same "up to the end" "$(say "HTTP/1.0 200 OK\r\n\r\nabcd\n")" "abcd
$good"
same "100 first" "$(say "HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 5\r\n\r\nabcd\n")" "abcd
$good"
same "no body" "$(say "HTTP/1.1 204 No Content\r\n\r\n")" "1 pages, 0 failed, 0 bytes, "
same "cut off in the body" "$(say "${ok}Content-Length: 6\r\n\r\nabcd\n" | grep -v abcd)" \
    "the connection ended in the middle
1 pages, 1 failed, 5 bytes, "
same "cut off in the head" "$(say "${ok}Content-Le")" "the connection ended in the middle
$bad"
same "no HTTP" "$(say "220 mail.example.org ready\r\n")" "this is not HTTP
$bad"
same "a bad chunk" "$(say "${ok}Transfer-Encoding: chunked\r\n\r\nx\r\n")" "this is not HTTP
$bad"
same "a bad length" "$(say "${ok}Content-Length: -1\r\n\r\n")" "this is not HTTP
$bad"
same "an endless line" "$(say "${ok}X: $(printf '%09000d' 0)")" "this is not HTTP
$bad"
