#!/bin/sh
# run.sh FOLDER: .gdb/asyncc.py on a process that has stopped and on the core it leaves, and what
# async_print_tasks() would say. TAP lines. FOLDER is where the binary and the core go.
here=$(dirname "$0") out=$1
command -v gdb >/dev/null || { echo "ok - gdb: asyncc-tasks # SKIP gdb is not installed"; exit; }
mkdir -p "$out"
fail() { # what, file
    echo "not ok - gdb: $1"
    [ -z "$2" ] || head -n 40 "$2" | sed 's/^/#   /'
}
if ! ${CC:-cc} -std=c11 -g -O1 "$here/waits.c" -o "$out/waits" >"$out/log" 2>&1; then
    fail "waits.c does not compile" "$out/log"
    exit
fi
cat >"$out/want" <<END
4 tasks
task deeper @
    deeper, waits.c:15
    naps, waits.c:9
    sleep, # s left when the loop last looked
task joins @
    joins, waits.c:21
    join deeper @
task reads @
    reads, waits.c:27
    descriptor #, to read
task amain @
    runs
END
check() { # name
    sed -n '/^4 tasks/,$p' "$out/said" | head -n 13 |
        sed -E 's/0x[0-9a-f]+/@/g; s|, [^ ]*/waits.c|, waits.c|; s/[0-9]+\.[0-9]+ s/# s/; s/descriptor [0-9]+/descriptor #/' >"$out/got"
    if cmp -s "$out/want" "$out/got"; then echo "ok - gdb: asyncc-tasks $1"
    else diff "$out/want" "$out/got" >"$out/diff"; cat "$out/said" >>"$out/diff"; fail "asyncc-tasks $1" "$out/diff"; fi
}
script=$here/../../.gdb/asyncc.py
rm -f "$out/core"
gdb -q -nx -batch -ex 'set debuginfod enabled off' -ex run -ex "source $script" -ex asyncc-tasks \
    -ex "generate-core-file $out/core" "$out/waits" >"$out/said" 2>&1 </dev/null
if grep -qE 'Could not trace|ptrace: Operation not permitted' "$out/said"; then
    echo "ok - gdb: asyncc-tasks # SKIP nothing may be traced here"
    exit
fi
check "of a process"
gdb -q -nx -batch -ex 'set debuginfod enabled off' -ex "source $script" -ex asyncc-tasks \
    "$out/waits" "$out/core" >"$out/said" 2>&1 </dev/null
check "of a core"
