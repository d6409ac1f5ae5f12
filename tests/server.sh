# For the test scripts of the example servers (examples/*.test.sh), which read it in.
#   start [arguments]     starts the server (the binary) and sets $address to what it prints
#   stop [signal]         stops it, and sets $status
#   talk STEP...          the scripted client tests/talk.c, connected to it
#   same WHAT GOT WANT    the two texts are the same
#   fail WHAT             says so and ends the script
binary=$1 # the argument of the script
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 $server 2>/dev/null; rm -rf "$work"' EXIT
${CC:-cc} -O1 "$(dirname "$0")/../tests/talk.c" -o "$work/talk" || exit 1

fail() {
    echo "$*"
    [ ! -s "$work/err" ] || sed 's/^/the server said: /' "$work/err"
    exit 1
}
start() { # the server prints `listening on ADDRESS` first
    rm -f "$work/out"
    $RUN "$binary" "$@" >"$work/out" 2>"$work/err" &
    server=$!
    tries=0
    while ! grep -qs '^listening on' "$work/out"; do
        tries=$((tries + 1))
        kill -0 $server 2>/dev/null && [ $tries -lt 100 ] || fail "the server does not start"
        sleep 0.1
    done
    address=$(sed -n 's/^listening on //p' "$work/out")
}
stop() {
    kill -"${1:-INT}" $server
    wait $server
    status=$?
    server=
}
talk() { "$work/talk" "$address" "$@"; }
same() { [ "$2" = "$3" ] || fail "$1:
got:  $2
want: $3"; }
