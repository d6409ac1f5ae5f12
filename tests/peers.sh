#!/bin/sh
# peers.sh MESSAGES ROUNDS: asyncc's streams and Python's asyncio talk to each other, each side as
# the server: messages of random sizes, a half-close, a reader that begins late. Prints TAP lines.
count=${1:-2000} rounds=${2:-1}
cd "$(dirname "$0")/.." || exit
if ! command -v python3 >/dev/null; then
    echo "ok - peers # SKIP python3 is not installed"
    exit
fi
binary=
. tests/server.sh # for its functions
${CC:-cc} -std=c11 -O1 -Wall -Wextra -pthread tests/peers/peer.c -o "$work/peer" || {
    echo "not ok - peers: peer.c does not compile"
    exit
}
printf '#!/bin/sh\nexec python3 tests/peers/peer.py "$@"\n' >"$work/python"
chmod +x "$work/python"

# server's side, client's side, name
pair() {
    binary=$work/$1
    (
        start serve
        round=0
        while [ $round -lt "$rounds" ]; do
            round=$((round + 1))
            for late in 0 300; do
                said=$("$work/$2" talk "$address" "$count" $round $late 2>"$work/err2")
                [ "$said" = "$count messages" ] || fail "round $round, read after $late ms: $said $(cat "$work/err2")"
            done
        done
        kill -TERM $server
        wait $server
        server=
        unsent=$(sed -n 's/^most unsent: //p' "$work/out")
        [ "$1" != peer ] || { # the high mark, and at most one message more
            [ "$unsent" -gt 65536 ] && [ "$unsent" -le 165540 ] || fail "$unsent bytes were unsent"
        }
    [ ! -s "$work/err" ] || fail "the server complains"
    ) >"$work/said" 2>&1 && echo "ok - peers: $3" || {
        echo "not ok - peers: $3"
        sed 's/^/#   /' "$work/said"
    }
}
pair peer python "asyncc's server, Python's client, $count messages twice"
pair python peer "Python's server, asyncc's client, $count messages twice"
pair peer peer "asyncc's server, asyncc's client, $count messages twice"
