. ../tests/server.sh

start 127.0.0.1:0
same "one client" "$(talk -s 'hello\n' -u HELLO -s 'again\n' -e)" "HELLO
AGAIN"
same "a byte at a time" "$(talk -b '0123456789\n' -e)" 0123456789
same "a last line without an end" "$(talk -s 'a\nb' -e)" "A
B"
for i in 1 2 3 4 5 6 7 8; do talk -w 20 -s "client $i\n" -e >"$work/$i" & clients="$clients $!"; done
wait $clients || fail "a client failed"
same "eight clients" "$(cat "$work"/[1-8] | tr '\n' ' ')" "CLIENT 1 CLIENT 2 CLIENT 3 CLIENT 4 CLIENT 5 CLIENT 6 CLIENT 7 CLIENT 8 "

# One that breaks off, one that sends a line without end, one that stays silent.
talk -s 'x' -x
talk -f 100000 -e >/dev/null 2>&1
same "another after them" "$(talk -s 'ok\n' -e)" OK
talk -q 20000 >"$work/silent" 2>&1 &
silent=$!
sleep 0.3

# Tools, where they are installed.
host=${address%:*} port=${address##*:}
if command -v nc >/dev/null && nc -h 2>&1 | grep -q -- '-N'; then
    same nc "$(printf 'from nc\n' | nc -N "$host" "$port")" "FROM NC"
else echo "nc is not installed: left out"; fi
if command -v socat >/dev/null; then
    same socat "$(printf 'from socat\n' | socat - "TCP:$address")" "FROM SOCAT"
else echo "socat is not installed: left out"; fi
if command -v curl >/dev/null; then
    same curl "$(curl -s -m 1 "gopher://$address/1hello" | tr -d '\r')" "HELLO"
else echo "curl is not installed: left out"; fi

stop INT
same "status after SIGINT" $status 0
wait $silent # it was closed, not reset
same "the silent client's end" $? 0
same "its last words" "$(tail -n 1 "$work/out")" "stopped by signal 2, 1 still connected"

start "unix:$work/socket"
same "a Unix socket" "$(talk -s 'hello\n' -e)" HELLO
stop TERM
same "status after SIGTERM" $status 0
"$binary" 127.0.0.1:99999 2>"$work/err" && fail "a bad address is no error"
grep -q 'cannot listen' "$work/err" || fail "no word about the bad address"
exit 0
