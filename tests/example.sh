#!/bin/sh
# example.sh FILE OUT: builds an example by the command in its first comment, runs it, and
# compares what it prints with what that comment says after `Output:`. OUT is where the binary
# goes. The program runs twice, with the real clock and, at once, with the virtual one. Where a
# script examples/NN_name.test.sh (or test.sh beside a main.c) stands, that is run instead, with
# the binary as its argument: status 0 passed, 77 skipped, else failed.
# A line `Needs: NAME` says which library pkg-config has to know; else the example is skipped, by name.
# Expected is stdout, then stderr: what an unhandled error prints comes last.
file=$1
out=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
folder=$(dirname "$file")
case $file in
    */main.c) name=$(basename "$folder") script=$folder/test.sh ;;
    *) name=$(basename "$file" .c) script=${file%.c}.test.sh ;;
esac

# The first comment, without its stars.
comment=$(awk '/^\/\*/ || /^\/\// { on = 1 } !on { exit }
    { line = $0; last = line ~ /\*\// || !(line ~ /^\/\// || block) && !(line ~ /^\/\*/)
      if (line ~ /^\/\*/) block = 1
      sub(/^(\/\*|\/\/| \*\/| \*)/, "", line); sub(/ *\*\/$/, "", line)
      if (!block && $0 !~ /^\/\//) exit
      print line
      if (block && last) exit }' "$file")
command=$(printf '%s\n' "$comment" | sed -n 's/^ *\(cc .* -o [^ ]* && \.\/.*\)$/\1/p' | head -n 1)
want=$(printf '%s\n' "$comment" | awk '
    on { if (!seen && match($0, /[^ ]/)) { indent = RSTART; seen = 1 } if (seen) print substr($0, indent) }
    /^ *Output:$/ { on = 1 }')

fail() { # what went wrong, [text to show]
    echo "not ok - example $name: $1"
    [ -z "$2" ] || printf '%s\n' "$2" | sed 's/^/#   /'
    exit
}
limit() { # seconds, command
    if command -v timeout >/dev/null; then timeout "$@"; else shift && "$@"; fi
}

[ -n "$command" ] || fail "its first comment has no line 'cc -I.. $name.c -o x && ./x'"
needs=$(printf '%s\n' "$comment" | sed -n 's/^ *Needs: *//p')
for library in $needs; do
    pkg-config --exists "$library" 2>/dev/null && continue
    echo "ok - example $name # SKIP $library is not installed, or pkg-config is not"
    exit
done
options=$(printf '%s\n' "$command" | sed 's/^cc \(.*\) -o [^ ]* && .*/\1/')
[ -z "$needs" ] || options=$(eval "echo \"$options\"") # has $(pkg-config ...) in it
arguments=$(printf '%s\n' "$command" | sed 's/.* && \.\/[^ ]*//')
build() { # binary, more options
    said=$(cd "$folder" && ${CC:-cc} $2 $options -o "$1" 2>&1) || fail "does not compile" "$said"
    [ -z "$said" ] || fail "compiles with warnings" "$said"
}
run() { # which, binary, seconds
    got=$(cd "$folder" && { limit "$3" "$2" $arguments 2>"$out.err"; echo "status $?"; })
    status=${got##*status } got=${got%status *}
    got=$(printf '%s' "$got"; cat "$out.err")
    if [ "$status" = 124 ]; then fail "$1: takes longer than $3 s" "$got"; fi
    if [ "$got" != "$want" ]; then
        printf '%s\n' "$want" >"$out.want"
        fail "$1: prints something else" "$(printf '%s\n' "$got" | diff "$out.want" - | sed 's/^</want: /; s/^>/got:  /')"
    fi
    if [ "$status" -gt 125 ] || [ "$status" -ne 0 -a ! -s "$out.err" ]; then fail "$1: exit status $status" "$got"; fi
}

build "$out" ""
if [ -f "$script" ]; then
    said=$(cd "$folder" && limit 60 sh "$(basename "$script")" "$out" 2>&1)
    status=$?
    case $status in
        0) echo "ok - example $name" ;;
        77) echo "ok - example $name # SKIP $(printf '%s\n' "$said" | tail -n 1)" ;;
        *) fail "its test.sh ends with $status" "$said" ;;
    esac
    exit
fi
[ -n "$want" ] || fail "no 'Output:' in its first comment and no $(basename "$script")"
# A machine that does something else for a tenth of a second changes what a real clock shows: that
# is no fault of the program unless it happens three times running. The virtual clock is exact.
late=$( (run "real clock" "$out" 20) ) && [ -z "$late" ] || late=$( (run "real clock" "$out" 20) ) &&
    [ -z "$late" ] || run "real clock" "$out" 20
build "$out-virtual" -DASYNCC_VIRTUAL_CLOCK=1
run "virtual clock" "$out-virtual" 2
echo "ok - example $name"
