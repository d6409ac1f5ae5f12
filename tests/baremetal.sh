#!/bin/sh
# baremetal.sh [part of a name]: the examples of examples/baremetal on each board that has its
# compiler and emulator here: what they say must be PROGRAM.txt, to the letter. Then the sizes of
# what is committed in tests/baremetal_sizes.txt. TAP lines.
# baremetal.sh size: the table of sizes. baremetal.sh size-update: commits to it.
cd "$(dirname "$0")/../examples/baremetal" || exit
out=$(pwd)/../../build/baremetal
export OUT="$out"
mkdir -p "$out"
only=$1
(cd "$out" && ${CC:-cc} -O1 ../../examples/baremetal/run_avr.c -lsimavr -lelf -o run_avr 2>/dev/null)

tools() { # board -> what it needs and is not there
    case $1 in
        linux) t= ;;
        m0 | m3) t='arm-none-eabi-gcc qemu-system-arm' ;;
        rv32) t='riscv64-unknown-elf-gcc qemu-system-riscv32' ;;
        avr)
            t=avr-gcc
            [ -x "$out/run_avr" ] || { echo libsimavr-dev; return; }
            ;;
    esac
    for tool in $t; do command -v "$tool" >/dev/null || echo "$tool"; done | head -n 1
}
traces() {
    trace_of 'blinky three producer timeout features cancel' 'linux m0 m3 rv32 avr' ''
    trace_of 'urgent misuse' 'm0 m3' ''
    trace_of timeout m0 '-DASYNCC_REPORTS=0 -DASYNCC_ALLOC=0'
    trace_of cancel 'm0 avr' '-DASYNCC_REPORTS=1 -DASYNCC_ALLOC=1'
}
trace_of() { # programs, boards, flags
    for program in $1; do
        for board in $2; do
            name="baremetal: $program on $board${3:+ with $3}"
            case $name in *"$only"*) ;; *) continue ;; esac
            missing=$(tools $board)
            if [ -n "$missing" ]; then
                echo "ok - $name # SKIP $missing is not installed"
            elif sh ./run.sh $board $program $3 >"$out/$program.$board.got" 2>&1 &&
                cmp -s $program.txt "$out/$program.$board.got"; then
                echo "ok - $name"
            else
                echo "not ok - $name"
                diff $program.txt "$out/$program.$board.got" | head -n 10 | sed 's/^/#   /'
            fi
        done
    done
}

# What a program prints is held against bounds.
check() { # name, board, what holds of the words it prints ($1, $2), program and flags, how many
    name="baremetal: $1 on $2"
    case $name in *"$only"*) ;; *) return ;; esac
    missing=$(tools "$2")
    [ -z "$missing" ] || { echo "ok - $name # SKIP $missing is not installed"; return; }
    numbers=$(sh ./run.sh "$2" $4 2>&1 | tr '\n' ' ')
    if echo "$numbers" | awk "{ exit !(NF == ${5:-2} && ($3)) }"; then echo "ok - $name"
    else
        echo "not ok - $name"
        echo "#   it says: $numbers; wanted: $3"
    fi
}
# Lost wake-ups; then the latency from the interrupt to the task, in cycles of the timer: on AVR of
# the processor, on the boards with QEMU of 16 and 25 MHz, where an instruction takes 32 ns.
bounds() {
    check 'no wake-up is lost' m0 '$1 == 0 && $2 <= 38' lost
    check 'no wake-up is lost' m3 '$1 == 0 && $2 <= 52' lost
    check 'no wake-up is lost' avr '$1 == 0 && $2 <= 250' lost
    for board in m0 m3 avr; do
        check 'a wrong idle is found out' $board '$1 > 0' 'lost -DWRONG_IDLE=1'
    done
    for board in m0 m3 avr; do
        check 'a cancel and an interrupt agree' $board '$1 == 0 && $2 > 9 && $3 > 9' race 3
    done
    for board in m0 m3; do # and until a loop in an interrupt has run a task
        check 'an urgent task is in time' $board '$1 == 0 && $2 <= 150' 'urgent -DLATENCY=1'
        check 'in the same loop it is late' $board '$1 > 0' 'urgent -DLATENCY=1 -DSAME_LOOP=1'
    done
    check 'misuse without cancellation' m3 'gsub("panic:", "") == 12 && gsub("fine:", "") == 6' \
        'misuse -DASYNCC_CANCEL=0' NF
    # Nothing missed, and as often in time as a day has periods: see day.c.
    for bits in 16:785848 32:783169 64:783133; do
        check "a day of a clock of ${bits%:*} bits" linux "\$1 == 0 && \$2 == ${bits#*:} && \$3 > 80000" \
            "day -DASYNCC_TICK_BITS=${bits%:*}" 3
    done
    check 'a day of the machine timer' rv32 '$1 == 0 && $2 == 78703 && $3 > 5000' day 3
    CYCLES=1
    export CYCLES # of ten seconds: awake at most in 0.07 %
    check 'a tickless clock' avr '$1 <= 175 && $2 >= 165 && $3 <= 0.0007 * $4 && $4 > 1.6e8' tickless 4
    unset CYCLES
}
# Bytes of flash for each of 16 awaits beyond those of a call with the same arguments.
object() { # command, flags
    $1 -std=c11 -Os -ffreestanding -I../.. $2 -c awaits.c -o "$out/awaits.o" 2>"$out/log" &&
        size -A "$out/awaits.o" | awk '$1 ~ /^\.(text|rodata)/ { n += $2 } END { print n }'
}
await_costs() { # board, command
    calls=$(($(object "$2" '-DN=17 -DCALLS') - $(object "$2" '-DN=1 -DCALLS')))
    echo $((($(object "$2" -DN=17) - $(object "$2" -DN=1) - calls) * 100 / 16))
}
compiler() {
    case $1 in
        m0) echo arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb ;;
        m3) echo arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb ;;
        rv32) echo riscv64-unknown-elf-gcc -march=rv32imac_zicsr -mabi=ilp32 ;;
        avr) echo avr-gcc -mmcu=atmega328p -mrelax ;;
    esac
}
awaits() {
    for board in m0 m3 rv32 avr; do
        name="baremetal: an await costs at most 8 bytes on $board"
        case $name in *"$only"*) ;; *) continue ;; esac
        missing=$(tools $board)
        [ -z "$missing" ] || { echo "ok - $name # SKIP $missing is not installed"; continue; }
        cost=$(await_costs $board "$(compiler $board)")
        if [ "$cost" -le 800 ] && [ "$cost" -gt 0 ]; then echo "ok - $name"
        else echo "not ok - $name: $cost hundredths"; fi
    done
}

# A whole image, without a trace: flash and RAM. `empty` is the board alone.
image() { # program, board, flags
    sh ./run.sh "$2" "$1" -n $3 >"$out/log" 2>&1 || { echo "? ?"; return; }
    size -A "$out/$1.$2.size" | awk '$1 ~ /^\.(text|rodata)$/ { flash += $2 } $1 == ".data" { flash += $2; ram += $2 }
        $1 == ".bss" || $1 == ".noinit" { ram += $2 } END { print flash + 0, ram + 0 }'
}
compilers() {
    for c in arm-none-eabi-gcc riscv64-unknown-elf-gcc avr-gcc; do
        command -v $c >/dev/null && $c --version | sed '2,$d'
    done
}
table() { # programs
    for program; do
        for board in m0 m3 rv32 avr; do
            [ -z "$(tools $board)" ] && echo "$program $board $(image $program $board)"
        done
    done
}
# What the first use of a feature adds to an image of two tasks.
price() { # board
    two=$(image price "$1")
    added "two tasks" "$1" "$two" "$(image empty "$1")"
    for feature in task await result try finally generator sleep join gather future call_soon \
        call_later lock event semaphore condition barrier queue; do
        added $feature "$1" "$(image price "$1" "-DOF -DOF_$feature")" "$two"
    done
    added ASYNCC_CHECK "$1" "$(image price "$1" -DASYNCC_CHECK=1)" "$two"
    added ASYNCC_NAMES "$1" "$(image price "$1" -DASYNCC_NAMES=1)" "$two"
    cancel='-DASYNCC_CANCEL=1 -DASYNCC_REPORTS=0 -DASYNCC_ALLOC=0'
    with=$(image price "$1" "$cancel")
    added ASYNCC_CANCEL "$1" "$with" "$two"
    for feature in tasks eager timeout wait_for shield group wait as_completed select; do
        added $feature "$1" "$(image price "$1" "$cancel -DOF -DOF_$feature")" "$with"
    done
    added ASYNCC_REPORTS "$1" "$(image price "$1" '-DASYNCC_CANCEL=1 -DASYNCC_ALLOC=0')" "$with"
    alloc=$(image price "$1" '-DASYNCC_CANCEL=1 -DASYNCC_REPORTS=0')
    added ASYNCC_ALLOC "$1" "$alloc" "$with"
    added spawn_new "$1" \
        "$(image price "$1" '-DASYNCC_CANCEL=1 -DASYNCC_REPORTS=0 -DOF -DOF_spawn_new')" "$alloc"
}
added() { # what, board, flash and RAM with it and without
    # shellcheck disable=SC2086
    set -- "$1" "$2" $3 $4
    echo "+ $1 $2 $(($3 - $5)) $(($4 - $6))"
}

# The worst case of the stack, computed; and with -DPAINT also what a run has needed.
stack() { # program, board, flags, bounds of recursion
    elf=$out/$1.$2
    [ -n "$3" ] || elf=$elf.size
    entry=; [ "$2" = rv32 ] && entry='start trap'
    # shellcheck disable=SC2086
    { sh ./run.sh "$2" "$1" ${3:--n} -save-temps=obj -fcallgraph-info=su -aux-info "$elf-$1.aux"
        python3 ./stack.py "$elf" "$elf-$1" $entry $4; } 2>&1
}
stacks() {
    for program in blinky three; do
        for board in m0 m3 rv32; do
            [ -z "$(tools $board)" ] && echo "stack $program $board $(stack $program $board | awk 'END { print $1 }')"
        done
    done
}
# A run never needs more than was computed, and what was computed is no fantasy.
depths() {
    name='baremetal: no stack is deeper than computed'
    case $name in *"$only"*) ;; *) return ;; esac
    one='async_resume_of_all*1'
    for board in m0 rv32; do
        missing=$(tools $board)
        command -v python3 >/dev/null || missing=python3
        [ -z "$missing" ] || { echo "ok - $name: $board # SKIP $missing is not installed"; continue; }
        while read -r program bounds; do
            got=$(stack $program $board -DPAINT "$bounds" | awk '$2 == "bytes" { computed = $1 }
                NF == 1 { needed = $1 } END { print needed + 0, computed + 0 }')
            if [ "${got% *}" -gt 80 ] && [ "${got% *}" -le "${got#* }" ] && [ "${got#* }" -le $((3 * ${got% *})) ]
            then echo "ok - $name: $program on $board"
            else echo "not ok - $name: $program on $board: needed, computed: $got"; fi
        done <<EOF
three
features async_task_run_*2 $one
timeout
cancel async_select_stop_*1 async_first_step_*1 $one
EOF
    done
    name='baremetal: recursion without a bound is found'
    if [ -n "$missing" ]; then echo "ok - $name # SKIP $missing is not installed"
    elif stack features m0 '' "$one" | grep -q '^stack: recursion: async_task_run_ > '; then echo "ok - $name"
    else echo "not ok - $name"; fi
}
# Images are as large as committed to the byte; prices and stacks, to 5 % and 16 bytes.
differ() { # committed, now
    paste -d '|' "$1" "$2" | awk -F '|' '{
        n = split($1, was, " ")
        same = n == split($2, is, " ")
        room = was[1] == "+" || was[1] == "stack"
        for (i = 1; i <= n; i++) {
            d = is[i] - was[i]
            if (was[i] ~ /^[0-9]+$/ && is[i] ~ /^[0-9]+$/ ? (d < 0 ? -d : d) > room * (16 + was[i] / 20) : was[i] != is[i]) same = 0
        }
        if (!same) { print "was " $1 ", is " $2; bad = 1 }
    } END { exit bad || !NR }'
}
figures=../../tests/baremetal_sizes.txt
small='empty blinky three'
all() { # the figures that are committed
    table $small
    stacks
    price m0
}
case $only in
    size)
        echo "program board flash RAM"
        table $small producer timeout features cancel
        echo "the stack at its worst, in bytes: see examples/baremetal/stack.py"
        stacks
        echo "what the first use of a feature adds to flash and RAM, before it costs nothing; those in"
        echo "capitals are switches; from tasks to select: beside ASYNCC_CANCEL"
        for board in m0 avr; do [ -z "$(tools $board)" ] && price $board; done
        for board in m0 m3 rv32 avr; do
            [ -z "$(tools $board)" ] && echo "an await beyond a call, 1/100 byte: $board $(await_costs $board "$(compiler $board)")"
        done
        exit
        ;;
    size-update)
        { compilers | sed 's/^/# /'; all; } >"$out/figures" && mv "$out/figures" $figures
        cat $figures
        exit
        ;;
esac
traces
bounds
awaits
depths
name='baremetal: sizes'
case $name in *"$only"*) ;; *) exit ;; esac
for board in m0 rv32 avr; do
    missing=$(tools $board)
    [ -z "$missing" ] || { echo "ok - $name # SKIP $missing is not installed"; exit; }
done
if ! compilers | sed 's/^/# /' | cmp -s - "$(grep '^#' $figures >"$out/made"; echo "$out/made")"; then
    echo "ok - $name # SKIP the figures are of other compilers"
else
    grep -v '^#' $figures >"$out/want"
    all >"$out/have"
    if differ "$out/want" "$out/have" >"$out/differ"; then echo "ok - $name"
    else
        echo "not ok - $name: make size-update, if that is meant"
        sed 's/^/#   /' "$out/differ"
    fi
fi
