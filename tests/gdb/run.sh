#!/bin/sh
# run.sh FOLDER: .gdb/asyncc.py on a process that has stopped and on the core it leaves, and what
# async_print_tasks() would say; then on a Cortex-M3 that QEMU halts. TAP lines. FOLDER is where the
# binaries and the core go.
here=$(dirname "$0") out=$1
mkdir -p "$out"
script=$here/../../.gdb/asyncc.py

# examples/baremetal/three.c at the n-th event, when the button moves first (at 1003 ms) and bounces
board() { # flags, n, what debounce does then
    name="gdb: asyncc-tasks of a halted board${1:+, $1}"
    for tool in gdb-multiarch arm-none-eabi-gcc qemu-system-arm timeout; do
        command -v $tool >/dev/null || { echo "ok - $name # SKIP $tool is not installed"; return; }
    done
    OUT=$(cd "$out" && pwd) sh "$here/../../examples/baremetal/run.sh" m3 three $1 >"$out/log" 2>&1
    qemu='qemu-system-arm -M mps2-an385 -display none -monitor none -serial null -icount shift=5,sleep=off'
    timeout 60 gdb-multiarch -q -nx -batch -ex 'set debuginfod enabled off' \
        -ex "target remote | exec $qemu -semihosting-config enable=on,target=native -S -gdb stdio -kernel $out/three.m3 2>/dev/null" \
        -ex 'break async_event_set' -ex "ignore 1 $(($2 - 1))" -ex continue -ex "source $script" \
        -ex asyncc-tasks -ex kill "$out/three.m3" >"$out/said" 2>&1 </dev/null
    sed -n '/^3 tasks/,$p' "$out/said" | head -n 10 | sed -E 's/0x[0-9a-f]+/@/; s/[0-9]+ ticks/# ticks/' >"$out/got"
    printf '%s\n' '3 tasks' 'task blink @' '    blink, three.c:38' '    sleep, # ticks left' \
        'task debounce @' "    debounce, three.c:$3" "    $4" 'task echo @' '    echo, three.c:65' \
        '    waits for uart_some' >"$out/want"
    if cmp -s "$out/want" "$out/got"; then echo "ok - $name"
    else
        echo "not ok - $name"
        diff "$out/want" "$out/got" | cat - "$out/said" | head -n 40 | sed 's/^/#   /'
    fi
}
board '' 1 49 'waits for button_moved'
board -DASYNCC_CANCEL=1 3 50 'sleep, # ticks left'

command -v gdb >/dev/null || { echo "ok - gdb: asyncc-tasks # SKIP gdb is not installed"; exit; }
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
