#!/bin/sh
# check.sh [part of a combination's name]: the tests in every compiler, language and sanitizer.
# One line for each combination, then what failed in it; the last line counts all tests of all.
# T=part of a test's name runs fewer tests. WHOLE=1: the rows on other processors run all tests.
#
# Not the full product of compilers, levels and standards: each compiler meets -O0 and -O2 and
# every standard meets gcc or clang (C) or both (C++) once. The sanitizers take one standard each.
# gnu2x is C23. -O2 in C++ and lint run the tests of the language only. In C++ the files that begin
# with `// C only:` are left out. gcc-Os-lint expands AWAIT as lint builds do, gcc-O0-c23-poll has
# poll() in place of epoll. valgrind runs what gcc-O0-c11 has built. qemu-*: other processors, of both
# byte orders, whose char has no sign, under an emulator of their user mode; the 32-bit ones with
# offsets and times of 64 bits, since readdir and stat of 32 bits don't fit the host's. Warnings are errors, but not
# the sanitizers' (they see paths that cannot be) and not musl's (its headers have some of their own).
cd "$(dirname "$0")/.." || exit
trap 'exit 130' INT TERM
make=${MAKE:-make}
passed=0 failed=0 skipped=0
work=build/check
mkdir -p $work

count() { # passed, failed, skipped
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# name, compiler, standard, flags, [how much slower, what to run it under]
combination() {
    case $1 in *"$only"*) ;; *) return ;; esac
    for tool in "$2" ${6%% *}; do
        command -v "$tool" >/dev/null && continue
        echo "ok - $1 # SKIP $tool is not installed"
        count 0 0 1
        return
    done
    if ! echo 'int main(void) { return 0; }' >$work/probe.c || ! $2 $4 -o $work/probe $work/probe.c 2>$work/probe.log; then
        echo "ok - $1 # SKIP libraries for $2 $4 are not installed"
        count 0 0 1
        return
    fi
    case $3 in *++*) language='-x c++' ;; *) language= ;; esac
    case $1 in
        qemu-*) [ "$WHOLE" ] && files= || files="sources=$elsewhere" ;;
        *O2-c++* | *lint) files="sources=$in_the_language" ;;
        *O2* | musl | valgrind) files="sources=$but_the_pollers" ;;
        *) files= ;;
    esac
    case $1 in
        *sanitize | *thread | musl) warn='-Wall -Wextra' ;;
        *) warn='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wimplicit-fallthrough -Werror' ;;
    esac
    begin=$(date +%s)
    log=$work/$1.log
    build=$work/$(echo "$2 $3 $4" | tr -c 'a-z0-9+\n' -)
    TEST_SLOWER=${5:-1} $make -k -s --no-print-directory -j"${JOBS:-$(nproc 2>/dev/null || echo 1)}" -Otarget run-tests \
        BUILD="$build" WARN="$warn" CC="$2" STD="-std=$3" CFLAGS="$4" LANGUAGE="$language" RUN="$6" T="$T" ${files:+"$files"} 2>&1 |
        awk -f tests/tap.awk >"$log"
    total=$(tail -n 1 "$log")
    # shellcheck disable=SC2046
    count $(echo "$total" | sed 's/[^0-9 ]//g')
    case $total in *' 0 failed,'*) ok=ok ;; *) ok='not ok' ;; esac
    echo "$ok - $1: $total ($(($(date +%s) - begin)) s)"
    # What is skipped everywhere is told by `make test`; here it would repeat in every combination.
    # valgrind does not know epoll_pwait2 and pidfd_open; the header copes with that.
    grep -v '^ok \|^1\.\.\| skipped$\|amd64-linux syscall\|^#   --[0-9]*-- \(You may\|Read the\|Nevertheless\|it at\)' "$log" | head -n "${LINES_MAX:-100}"
}

only=$1
# What an optimiser for C++ and a lint build see of the header is its bodies; the implementation
# was met in C.
in_the_language=$(for name in language types hello try finally with generator select two_files \
    spawn owner reused_frame run errors gather group cancel nested_cancel queue traces; do
    echo "tests/test_$name.c"
done | tr '\n' ' ')
# On other processors: all that share one object of the header, and what talks to the kernel once.
elsewhere=$(grep -L 'define ASYNCC_\|include "s[a-z]*.h"\|include "../examples' tests/test_*.c | tr '\n' ' ')
for name in sleep socket udp stream file to_thread threadsafe; do
    elsewhere="$elsewhere tests/test_$name.c"
done
# Once more under poll(), kqueue and io_uring (valgrind does not know what that writes): large
# files, built and run in the other rows.
but_the_pollers=$(ls tests/test_*.c | grep -v 'test_poll\|test_kqueue\|test_uring' | tr '\n' ' ')
lfs='-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64'
asan='-g -O0 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all'
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1
fixed= # thread sanitizer of older compilers: needs memory to be laid out as it expects
if setarch "$(uname -m)" -R true 2>/dev/null; then fixed="setarch $(uname -m) -R"; fi

combination gcc-O0-c11        gcc      c11   '-g -O0'
combination gcc-O0-c23-poll   gcc      gnu2x '-O0 -DASYNCC_POLLER=ASYNCC_POLL'
combination gcc-O2-c17        gcc      c17   '-O2'
combination gcc-Os-lint       gcc      c11   '-Os -DASYNCC_LINT=1'
combination clang-O0-c23      clang    gnu2x '-O0'
combination clang-O2-c11      clang    c11   '-O2'
combination g++-O0-c++20      g++      c++20 '-O0'
combination g++-O2-c++17      g++      c++17 '-O2'
combination clang++-O0-c++17  clang++  c++17 '-O0'
combination clang++-O2-c++20  clang++  c++20 '-O2'
combination 32-bit            gcc      c11   '-O0 -m32 -idirafter /usr/include/x86_64-linux-gnu'
combination musl              musl-gcc c11   '-O1 -static'
combination qemu-s390x   s390x-linux-gnu-gcc     c11 '-O1' 5 'qemu-s390x -L /usr/s390x-linux-gnu'
combination qemu-powerpc powerpc-linux-gnu-gcc   c11 "-O1 $lfs" 5 'qemu-ppc -L /usr/powerpc-linux-gnu'
combination qemu-armhf   arm-linux-gnueabihf-gcc c11 "-O1 $lfs" 5 'qemu-arm -L /usr/arm-linux-gnueabihf'
combination gcc-sanitize      gcc      c11   "$asan" 4
combination clang++-sanitize  clang++  c++17 "$asan" 3
combination clang-thread      clang    c17   '-g -O0 -fsanitize=thread' 5 "$fixed"
combination valgrind         gcc     c11   '-g -O0' 20 \
    'valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect --child-silent-after-fork=no'

# The model of the threads: once, whatever the compiler.
case model in *"$only"*)
    sh tests/model.sh | tee $work/model.log
    absent=$(grep -c '^ok.* # SKIP' $work/model.log)
    count $(($(grep -c '^ok' $work/model.log) - absent)) "$(grep -c '^not ok' $work/model.log)" "$absent" ;;
esac

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed != 0 ]
