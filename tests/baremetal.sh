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
    for program in blinky three producer timeout features urgent misuse; do
        case $program in urgent | misuse) boards='m0 m3' ;; *) boards='linux m0 m3 rv32 avr' ;; esac
        for board in $boards; do
            name="baremetal: $program on $board"
            case $name in *"$only"*) ;; *) continue ;; esac
            missing=$(tools $board)
            if [ -n "$missing" ]; then
                echo "ok - $name # SKIP $missing is not installed"
            elif sh ./run.sh $board $program >"$out/$program.$board.got" 2>&1 &&
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
figures=../../tests/baremetal_sizes.txt
small='empty blinky three' # those whose figures are committed
case $only in
    size)
        echo "program board flash RAM"
        table $small producer timeout features
        for board in m0 m3 rv32 avr; do
            [ -z "$(tools $board)" ] && echo "an await beyond a call, 1/100 byte: $board $(await_costs $board "$(compiler $board)")"
        done
        exit
        ;;
    size-update) { compilers | sed 's/^/# /'; table $small; } >$figures; cat $figures; exit ;;
esac
traces
bounds
awaits
name='baremetal: sizes'
case $name in *"$only"*) ;; *) exit ;; esac
for board in m0 rv32 avr; do
    missing=$(tools $board)
    [ -z "$missing" ] || { echo "ok - $name # SKIP $missing is not installed"; exit; }
done
if ! compilers | sed 's/^/# /' | cmp -s - "$(grep '^#' $figures >"$out/made"; echo "$out/made")"; then
    echo "ok - $name # SKIP the figures are of other compilers"
elif grep -v '^#' $figures >"$out/want" && table $small >"$out/have" && cmp -s "$out/want" "$out/have"; then
    echo "ok - $name"
else
    echo "not ok - $name: make size-update, if that is meant"
    diff "$out/want" "$out/have" | sed 's/^/#   /'
fi
