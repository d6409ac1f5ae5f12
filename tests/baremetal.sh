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

tools() { # board -> what it needs and is not there
    case $1 in
        linux) t= ;;
        m0 | m3) t='arm-none-eabi-gcc qemu-system-arm' ;;
        rv32) t='riscv64-unknown-elf-gcc qemu-system-riscv32' ;;
        avr) t='avr-gcc simavr' ;;
    esac
    for tool in $t; do command -v "$tool" >/dev/null || echo "$tool"; done | head -n 1
}
traces() {
    for program in blinky three producer timeout; do
        for board in linux m0 m3 rv32 avr; do
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
    size) table $small producer timeout; exit ;;
    size-update) { compilers | sed 's/^/# /'; table $small; } >$figures; cat $figures; exit ;;
esac
traces
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
