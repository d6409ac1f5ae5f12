#!/bin/sh
# bare.sh [board ...]: the tests of the language and the runtime on bare metal, an image for
# each file and machine: see bare.h. TAP lines. m0 is a BBC micro:bit with its 16 KB of RAM, so it
# has fewer. What needs a libc, descriptors or single ticks of a loop is not here: run,
# errors, select, loop.
cd "$(dirname "$0")/.." || exit
out=build/bare
mkdir -p $out
files='language types hello try finally with generator spawn owner reused_frame gather group cancel timeout shield
    task future wait as_completed lock event semaphore condition barrier
    queue rules sync'
too_large=' spawn group gather cancel wait as_completed owner sync '
flags='-ffreestanding -nostdlib -std=c11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wimplicit-fallthrough -Werror'
large='-Wl,--defsym=flash_size=0x400000,--defsym=ram_size=0x400000'
qemu='-nographic -monitor none -semihosting-config enable=on,target=native'
limit='timeout 60'
command -v timeout >/dev/null || limit=

for board in ${@:-m0 m3 rv32}; do
    case $board in
        m0)
            cc='arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb -DBARE_TEXT=2500 -DBARE_HEAP=2048'
            ld='-T examples/baremetal/cortex_m.ld'
            run="qemu-system-arm -M microbit $qemu -serial null"
            ;;
        m3)
            cc='arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb'
            ld="-T examples/baremetal/cortex_m.ld $large"
            run="qemu-system-arm -M mps2-an385 $qemu -serial null"
            ;;
        rv32)
            cc='riscv64-unknown-elf-gcc -march=rv32imac -misa-spec=2.2 -mabi=ilp32 -msmall-data-limit=0'
            ld="-T examples/baremetal/riscv.ld $large"
            run="qemu-system-riscv32 -M virt -bios none $qemu -serial stdio"
            ;;
        *) exit 2 ;;
    esac
    for tool in ${cc%% *} ${run%% *}; do
        command -v "$tool" >/dev/null && continue
        echo "ok - bare: $board # SKIP $tool is not installed"
        continue 2
    done
    # shellcheck disable=SC2086
    $cc $flags -c tests/bare.c -o $out/bare.$board.o >$out/$board.log 2>&1
    for name in $files; do
        [ $board = m0 ] && case $too_large in *" $name "*) continue ;; esac
        elf=$out/$name.$board
        # shellcheck disable=SC2086
        if ! $cc $flags -DTEST_SHARED tests/test_$name.c $out/bare.$board.o $ld -lgcc -o $elf >$out/$board.log 2>&1; then
            echo "not ok - bare: $board: test_$name: does not compile"
            head -n 10 $out/$board.log | sed 's/^/#   /'
            continue
        fi
        $limit $run -kernel $elf >$out/$board.log 2>&1 </dev/null
        sed -E "s/^(not ok|ok) [0-9]+ - /\1 - bare: $board: /; /^1\.\.[0-9]+\$/d; /passed, .* skipped\$/d; /^(ok|not ok) /! s/^/#   /" $out/$board.log
        tail -n 1 $out/$board.log | grep -q ' skipped$' || echo "not ok - bare: $board: test_$name: did not end"
    done
done
