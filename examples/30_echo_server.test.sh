. ../tests/server.sh

start 127.0.0.1:0
same "one client" "$(talk -s 'hello\n' -u hello -s 'again\n' -e)" "hello
again"
same "a byte at a time" "$(talk -b '0123456789' -e)" 0123456789
same "much" "$(talk -q 20000 -f 3000000 -e | wc -c)" 3000000

# A client that stays silent, and one that breaks off, do not disturb the others.
talk -q 20000 >"$work/silent" 2>&1 &
silent=$!
talk -s 'x' -x
for i in 1 2 3 4 5 6 7 8; do talk -w 20 -s "client $i" -e >"$work/$i" & clients="$clients $!"; done
wait $clients || fail "a client failed"
same "eight clients" "$(cat "$work"/[1-8])" "client 1client 2client 3client 4client 5client 6client 7client 8"

stop INT
same "status after SIGINT" $status 0
wait $silent # the open connection was closed, not reset
same "the silent client's end" $? 0
same "its last words" "$(tail -n 1 "$work/out")" "stopped by signal 2"
grep -v 'Connection reset by peer' "$work/err" >"$work/other"
same "what else it reported" "$(cat "$work/other")" ""

start "unix:$work/socket"
same "a Unix socket" "$(talk -s 'hello' -e)" hello
stop TERM
same "status after SIGTERM" $status 0
"$binary" 127.0.0.1:99999 2>"$work/err" && fail "a bad address is no error"
grep -q 'cannot listen' "$work/err" || fail "no word about the bad address"
exit 0
