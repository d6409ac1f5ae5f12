. ../tests/server.sh

start 127.0.0.1:0

# ada listens; bob, who talks from another terminal, comes, says something and leaves.
talk -u 'welcome, guest1' -s '/nick ada\n' -u 'now ada' -s '/who\n' -u 'bob: still \?here?' \
     -s 'yes\n/quit\n' >"$work/ada" &
ada=$!
sleep 0.5
talk -u 'welcome, guest2' -s '/nick ada\n' -u 'taken' -s '/nick bo' -w 20 -s 'b\r\nhello\nstill ' \
     -u 'is now bob' -w 20 -s '\x1bhere?\n' -u 'ada has left' -e >"$work/bob" || fail "bob failed"
wait $ada || fail "ada failed"
same "what ada saw" "$(cat "$work/ada")" "* welcome, guest1
* guest1 is now ada
* ada
* guest2 is here
* guest2 is now bob
bob: hello
bob: still ?here?
* bye"
same "what bob saw" "$(cat "$work/bob")" "* welcome, guest2
* this name is taken, too long, or not of letters, digits, - and _
* guest2 is now bob
ada: yes
* ada has left"

# A line without an end.
same "a long line" "$(talk -f 5000 2>/dev/null | tail -n 1)" "* a line may have 511 bytes"

# One who never reads is dropped. The talker is not held up, and a third member, with whom it keeps
# in step, misses nothing of a megabyte.
parts=$(seq 100 119)
talk -R -n -s '/nick sleepy\n' -w 20000 >"$work/sleepy" 2>&1 &
sleepy=$!
set -- -s '/nick third\n' -u 'now talker'
for part in $parts; do set -- "$@" -u "line 600 of $part" -s "got $part\n"; done
talk -q 20000 "$@" -u 'talker has left' -e >"$work/third" &
third=$!
sleep 0.5
set -- -s '/nick talker\n'
for part in $parts; do
    awk -v part="$part" 'BEGIN { for (i = 1; i <= 600; i++)
        print "line " i " of " part " ........................................................" }' \
        >"$work/part.$part"
    set -- "$@" -F "$work/part.$part" -u "got $part"
done
talk -q 20000 "$@" -e >/dev/null || fail "the talker was held up"
wait $third || fail "the third member was disturbed"
kill $sleepy
same "lines that the third member got" "$(grep -c 'talker: line ' "$work/third")" 12000
same "who was dropped" "$(grep 'is dropped' "$work/out")" "sleepy does not read and is dropped"

talk -u welcome >"$work/last" &
last=$!
sleep 0.5
stop INT
same "status after SIGINT" $status 0
wait $last || fail "the last member was not let go properly"
same "the last member's last line" "$(tail -n 1 "$work/last")" "* the server stops"
same "errors" "$(cat "$work/err")" ""
