#!/bin/sh
# run.sh FOLDER [FILTER]: builds the programs of this folder into FOLDER, runs each on a virtual
# clock and, all at the same time, on the real one, and compares what they print with their first
# comments. Virtual: exactly, and at once. Real: the same lines; a time such as 3.0 may be up to
# 0.1 s more (times TEST_SLOWER).
here=$(dirname "$0") out=$1 filter=$2
cc="${CC:-cc} ${SEED_FLAGS:--std=c11 -O1 -g -Wall -Wextra}"
mkdir -p "$out"
names=$(cd "$here" && ls s[0-9]*.c | sed 's/\.c$//' | grep -- "$filter") || exit 0
limit() { # seconds, command
    if command -v timeout >/dev/null; then timeout "$@"; else shift && "$@"; fi
}
fail() { # what, [file to show]
    echo "not ok - $1"
    [ -z "$2" ] || sed 's/^/#   /' "$2"
}

for clock in 0 1; do
    if ! $cc -DASYNCC_VIRTUAL_CLOCK=$clock -c "$here/loop.c" -o "$out/loop$clock.o" >"$out/log" 2>&1; then
        fail "seeds: loop.c does not compile" "$out/log"
        exit
    fi
done
for name in $names; do
    file=$out/$name
    rm -f "$file" "$file"-virtual
    awk '/^ \*\/$/ { exit } on { sub(/^ \*     /, ""); print } /^ \* Output:$/ { on = 1 }' \
        "$here/$name.c" >"$file.want"
    if ! { $cc -c "$here/$name.c" -o "$file.o" && $cc "$file.o" "$out/loop0.o" -o "$file" &&
           $cc "$file.o" "$out/loop1.o" -o "$file-virtual"; } >"$file.log" 2>&1 || [ -s "$file.log" ]; then
        fail "seed $name: compiles with errors or warnings" "$file.log"
        rm -f "$file"
        continue
    fi
    { limit 30 "$file" >"$file.real" 2>&1; echo "status $?" >>"$file.real"; } &
    { limit 2 "$file-virtual" 2>&1; echo "status $?"; } >"$file.got"
    echo "status 0" >>"$file.want"
    if diff "$file.want" "$file.got" >"$file.diff"; then echo "ok - seed $name, virtual clock"
    else fail "seed $name, virtual clock" "$file.diff"; fi
done
wait
for name in $names; do
    file=$out/$name
    [ -x "$file" ] || continue
    if awk -v slack=$((${TEST_SLOWER:-1})) '
        FNR == NR { want[FNR] = $0; lines = FNR; next }
        { n = split(want[FNR], w, " "); if (split($0, g, " ") != n) exit 1
          for (i = 1; i <= n; i++)
              if (w[i] ~ /^[0-9]+\.[0-9]$/) { if (g[i] < w[i] || g[i] > w[i] + 0.1001 * slack) exit 1 }
              else if (w[i] != g[i]) exit 1 }
        END { if (FNR != lines) exit 1 }' "$file.want" "$file.real"
    then echo "ok - seed $name, real clock"
    else diff "$file.want" "$file.real" >"$file.diff"; fail "seed $name, real clock" "$file.diff"; fi
done
