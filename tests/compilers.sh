#!/bin/sh
# compilers.sh: the freestanding profile under each compiler of small machines, where it may not
# warn at all; as C++ on a Cortex-M3; and under tcc, on the host. TAP lines.
#
# sdcc is no compiler for this header, and nothing simple would make it one: it has no compound
# literals (the arguments of an AWAIT), passes and returns no structs (a duration), and has no
# __typeof__ (the checks of a clause). That this is so is the last test: when it fails, try again.
cd "$(dirname "$0")/.." || exit
out=$(pwd)/build/compilers
mkdir -p "$out"
cat >"$out/all.c" <<'END'
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
ASYNC(int, twice, args(int x), awaits(async_sleep))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(5));
    ASYNC_RETURN(2 * self->x);
    ASYNC_END
}
ASYNC(void, amain, tasks(twice t), vars(int y; int e), awaits(twice, async_sleep))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, twice, 1);
    ASYNC_TRY { AWAIT_TO(self->y, twice, 2); }
    ASYNC_CATCH(self->e) { ASYNC_RAISE(self->e); }
    ASYNC_DO { AWAIT(async_sleep, ASYNC_MS(1)); }
    ASYNC_FINALLY { self->y = 0; }
    ASYNC_END
}
int run(void);
int run(void)
{
    return ASYNC_RUN(amain);
}
END
quiet() { # name, tool, rest of the command: it must say nothing
    name="compilers: $1" tool=$2
    shift 2
    if ! command -v "$tool" >/dev/null; then
        echo "ok - $name # SKIP $tool is not installed"
    elif "$tool" "$@" >"$out/log" 2>&1 && [ ! -s "$out/log" ]; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        head -n 10 "$out/log" | sed 's/^/#   /'
        return 1
    fi
}
warn='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'
compile() { # compiler, its target, switch
    # shellcheck disable=SC2086
    case $1 in *++) language='-x c++ -std=c++17' ;; *) language=-std=c11 ;; esac
    case $1 in avr*) ;; *) language="$language -Wimplicit-fallthrough" ;; esac
    # shellcheck disable=SC2086
    quiet "no warning of $1 $2${3:+ $3}" "$1" $2 $language -ffreestanding $warn -Os $3 -I. \
        -c "$out/all.c" -o "$out/all.o"
}
compile avr-gcc -mmcu=atmega328p
compile arm-none-eabi-gcc '-mcpu=cortex-m0 -mthumb'
compile arm-none-eabi-g++ '-mcpu=cortex-m3 -mthumb'
compile riscv64-unknown-elf-gcc '-march=rv32imac_zicsr -mabi=ilp32'
compile clang --target=thumbv6m-none-eabi
compile clang '--target=riscv32-none-elf -march=rv32imac'
compile clang++ --target=thumbv7m-none-eabi
for switch in CANCEL=0 ALLOC=0 REPORTS=0 CHECK=0 NAMES=1 ONE_LOOP=0 STATIC=1 TICK_BITS=16 TICK_BITS=64 LINT=1; do
    compile avr-gcc -mmcu=atmega328p -DASYNCC_$switch
    compile clang --target=thumbv6m-none-eabi -DASYNCC_$switch
done

cd examples/baremetal || exit
for program in blinky three features producer timeout; do
    case $program in timeout) cancel=1 ;; *) cancel=0 ;; esac
    quiet "no warning of tcc: $program" tcc -Wall -DASYNCC_FREESTANDING=1 -DASYNCC_CANCEL=$cancel -I../.. \
        -include ../../tests/host_board.h '-DBOARD="../../tests/host_board.h"' -DTRACE=1 \
        $program.c -o "$out/$program" || continue
    command -v tcc >/dev/null || continue
    "$out/$program" >"$out/log"
    if cmp -s $program.txt "$out/log"; then echo "ok - compilers: $program by tcc"
    else echo "not ok - compilers: $program by tcc"; fi
done
for program in blinky three features producer timeout; do
    name="compilers: $program in C++ on m3"
    for tool in arm-none-eabi-g++ qemu-system-arm; do
        command -v $tool >/dev/null && continue
        echo "ok - $name # SKIP $tool is not installed"
        continue 2
    done
    if OUT=$out sh ./run.sh m3++ $program >"$out/log" 2>&1 && cmp -s $program.txt "$out/log"; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        diff $program.txt "$out/log" | head -n 10 | sed 's/^/#   /'
    fi
done

name='compilers: sdcc has no compound literals, structs as arguments and __typeof__'
if ! command -v sdcc >/dev/null; then
    echo "ok - $name # SKIP sdcc is not installed"
    exit
fi
able=
for lacks in 'struct d b; void f(void) { b = (struct d){1}; }' 'void f(struct d b) { (void)b; }' 'int x; __typeof__(x) y;'; do
    echo "struct d { int ticks; }; $lacks" >"$out/lacks.c"
    sdcc -mstm8 --std-sdcc11 -c "$out/lacks.c" -o "$out/lacks.rel" >"$out/log" 2>&1 && able="$able $lacks"
done
echo 'int x;' >"$out/lacks.c" # but it compiles
sdcc -mstm8 --std-sdcc11 -c "$out/lacks.c" -o "$out/lacks.rel" >"$out/log" 2>&1 || able='nothing else either'
if [ -z "$able" ]; then echo "ok - $name"; else echo "not ok - $name: $able"; fi
