#!/bin/sh
# run.sh BOARD PROGRAM [-n] [flags]: builds examples/baremetal/PROGRAM.c with a trace for linux,
# m0, m3, m3++ (C++), rv32 or avr, and runs it there. -n: builds it without a trace and does not run it.
cd "$(dirname "$0")" || exit
board=$1 program=$2
shift 2
out=${OUT:-../../build/baremetal}
mkdir -p "$out"
elf=$out/$program.$board
trace=-DTRACE=1
if [ "$1" = -n ]; then shift; trace= elf=$elf.size; fi
flags="-std=c11 -Os -g -I../.. -ffunction-sections -fdata-sections -Wl,--gc-sections -Wall -Wextra -Wshadow -Wpedantic -Wconversion $trace"
bare='-ffreestanding -nostdlib -Wimplicit-fallthrough'
qemu='-nographic -monitor none -semihosting-config enable=on,target=native -icount shift=5,sleep=off'
limit='timeout 60'
command -v timeout >/dev/null || limit=
case $board in
    linux) ${CC:-cc} $flags "$@" $program.c -o "$elf" ;;
    m0) arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb $bare $flags "$@" -T cortex_m.ld $program.c -lgcc -o "$elf" ;;
    m3) arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb $bare $flags "$@" -T cortex_m.ld $program.c -lgcc -o "$elf" ;;
    m3++) arm-none-eabi-g++ -mcpu=cortex-m3 -mthumb -fno-exceptions -fno-rtti $bare ${flags#-std=c11} -x c++ -std=c++17 "$@" -T cortex_m.ld $program.c -x none -lgcc -o "$elf" ;;
    rv32) riscv64-unknown-elf-gcc -march=rv32imac_zicsr -mabi=ilp32 -msmall-data-limit=0 $bare $flags "$@" -T riscv.ld $program.c -lgcc -o "$elf" ;;
    avr) avr-gcc -mmcu=atmega328p -mrelax -ffreestanding $flags "$@" $program.c -o "$elf" ;;
    *) echo "no such board: $board" >&2; exit 2 ;;
esac || exit
[ -n "$trace" ] || exit 0
case $board in
    linux) $limit "$elf" ;;
    m0) $limit qemu-system-arm -M microbit $qemu -serial null -kernel "$elf" </dev/null 2>&1 ;;
    m3 | m3++) $limit qemu-system-arm -M mps2-an385 $qemu -serial null -kernel "$elf" </dev/null 2>&1 ;;
    rv32) $limit qemu-system-riscv32 -M virt -bios none $qemu -serial stdio -kernel "$elf" </dev/null 2>&1 ;;
    avr)
        [ -x "$out/run_avr" ] || ${CC:-cc} -O1 run_avr.c -lsimavr -lelf -o "$out/run_avr" || exit
        $limit "$out/run_avr" "$elf" ;;
esac
