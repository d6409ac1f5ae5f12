#!/bin/sh
# lint.sh [part of a check's name]: what can be said of the sources without running them. Prints
# TAP lines, without a plan. Checks: warnings, tidy, cppcheck,
# format, anchors, paths, reject.
cd "$(dirname "$0")/.." || exit
out=build/lint
mkdir -p $out
only=$1

wanted() { case $1 in *"$only"*) ;; *) return 1 ;; esac; }
# The last command's outcome, its log, the check's name.
report() {
    if [ "$1" = 0 ] && [ ! -s "$2" ]; then echo "ok - $3"
    else
        echo "not ok - $3"
        head -n "${LINES_MAX:-40}" "$2" | sed 's/^/#   /'
    fi
}
has() { # tool, check
    command -v "$1" >/dev/null && return
    echo "ok - $2 # SKIP $1 is not installed"
    return 1
}

# --- warnings: nothing at all, in every compiler and standard, in examples, benchmarks and a user's
# file with the header in it; tests/check.sh does the same for the tests. With -isystem gcc and
# clang would be mute, so asyncc.h comes by -I. gcc has warnings that come with optimising only.
warn='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wimplicit-fallthrough -Werror'
# Programs for bare metal are read where they are built: tests/baremetal.sh.
programs=$(ls tests/control.c examples/*.c examples/*/*.c bench/*.c 2>/dev/null |
    grep -v ^examples/baremetal/ | xargs grep -L '^ \* Needs: ')
{ echo '#define ASYNCC_IMPLEMENTATION'; cat tests/control.c; } >$out/user.c # a user's own file
warnings() { # compiler, standard, flags, files
    name="warnings $1 $2 $3"
    wanted "$name" && has "$1" "$name" || return
    case $1 in *++) language=c++ ;; *) language=c ;; esac
    log=$out/warnings-$1-$2
    options="-x $language -std=$2 $3 $warn -pthread -I. -Itests"
    case $3 in *-O0*) options="$options -fsyntax-only" ;; *) options="$options -S -o /dev/null" ;; esac
    compiler=$1
    shift 3
    # shellcheck disable=SC2086
    printf '%s\n' "$@" | xargs -P 2 -n 1 $compiler $options >$log 2>&1
    report $? $log "$name ($# files)"
}
for compiler in gcc clang; do
    # shellcheck disable=SC2086
    {
        [ $compiler = clang ] || warnings gcc c11 -O1 $programs
        warnings $compiler c11 -O0 $programs $out/user.c
        warnings $compiler gnu2x -O0 $programs $out/user.c
        warnings $compiler c11 '-O0 -DASYNCC_LINT=1' $programs
        warnings $compiler c11 -O2 $out/user.c
        warnings $compiler gnu17 -O2 $out/user.c # as is the default; system headers have more in it
    }
done
for compiler in g++ clang++; do
    warnings $compiler c++17 -O2 tests/control.c $out/user.c
    warnings $compiler c++20 -O0 tests/control.c $out/user.c
done

# --- clang-tidy. .clang-tidy says what is left out and why. These findings are wrong:
# The ready queue is not empty while batch points behind its head; a task waits with a gather's
# operations only while u.on is that gather; async_run_ has closed its loop when it returns;
# only levels from ASYNC_WIDE_ up, far above 0, have wide slots; a stream's turn makes one plain read
# by the function that calls it.
cat >$out/tidy.known <<'END'
loop->head = h->next;
((struct async_set_ *)task->u.on)->cut = 1;
local variable 'loop' is still referred to by the global variable 'async_loop_'
local variable 'loop' is still referred to by the stack variable 'async_main_'
local variable 'loop' is still referred to by the stack variable 'test_task_'
function 'async_io_try_' is within a recursive call chain
function 'async_stream_fill_' is within a recursive call chain
function 'async_stream_try_' is within a recursive call chain
strand = (int)(at >> (level * ASYNC_DIGIT_ - ASYNC_STRAND_BITS_)) & (ASYNC_STRANDS_ - 1);
END
if wanted tidy && has clang-tidy tidy; then
    for file in $out/user.c tests/test_hello.c tests/test_with.c; do
        tidy() { clang-tidy --quiet "$@" $file -- -std=c11 -Itests -I. >$out/tidy.all 2>$out/tidy.err; }
        # The analyzer of LLVM 14 crashes on some files; then the other checks have to do.
        tidy || ! grep -q '^PLEASE submit' $out/tidy.err || tidy --checks=-clang-analyzer-\*
        status=$?
        awk -v known="$out/tidy.known" '
            BEGIN { while ((getline line < known) > 0) wrong[line] = 1 }
            / (error|warning): / { finding = $0; getline; seen = 1
                for (line in wrong) if (index(finding $0, line)) next
                print finding "\n" $0 }
            END { if ('$status' && !seen) print "clang-tidy ended with status '$status'" }' $out/tidy.all >$out/tidy
        report 0 $out/tidy "tidy $(basename $file)"
    done
fi

# --- cppcheck, on what the preprocessor leaves, as it cannot follow the header's macros.
#   selfAssignment      in the leave part of ASYNC_WITH the error is passed on to m_exit
#   sizeofCalculation   sizeof checks types here: ASYNC_MS(n) refuses a double by `n % 1`
#   constStatement      the value of a statement expression: ASYNC_RUN_TO
#   uninitvar, uninitStructMember   memory that a system call fills (read, accept, getsockname)
if wanted cppcheck && has cppcheck cppcheck; then
    "${CC:-cc}" -E -P -std=c11 -Itests -I. $out/user.c >$out/preprocessed.c 2>$out/cppcheck
    cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
        --suppress=selfAssignment --suppress=sizeofCalculation --suppress=constStatement \
        --suppress=uninitvar --suppress=uninitStructMember \
        --template='{severity} {id}: {message}\n{code}' $out/preprocessed.c >>$out/cppcheck 2>&1
    report $? $out/cppcheck cppcheck
fi

# --- format: what clang-format would change. `make format` changes it, but for asyncc.h.
if wanted format && has clang-format format; then
    for file in asyncc.h tests/*.[ch] tests/*/*.[ch] examples/*.[ch] examples/*/*.[ch] bench/*.[ch]; do
        [ -f "$file" ] || continue
        clang-format "$file" | diff "$file" - >$out/format
        report 0 $out/format "format $file"
    done
fi

# --- anchors: each `>>name` of the index has one section, and each section is in the index.
# Anchors in running text point somewhere too.
if wanted anchors; then
    awk '
        /^ *#ifndef ASYNCC_H_/ { body = 1 }
        !body && /^ \*   >>[a-z]/ { index_of[substr($2, 3)]++ }
        body && last ~ /^\/\* [-=]+$/ && /^ \* >>/ { section[substr($2, 3)]++ }
        body { line = $0
            while (match(line, />>[a-z][a-z_-]*/)) {
                mention[substr(line, RSTART + 2, RLENGTH - 2)] = FNR
                line = substr(line, RSTART + RLENGTH)
            } }
        { last = $0 }
        END {
            for (a in index_of) {
                if (section[a] != 1) print ">>" a " of the index has " section[a] + 0 " sections"
                if (index_of[a] != 1) print ">>" a " is in the index " index_of[a] " times"
            }
            for (a in section) if (!(a in index_of)) print "section >>" a " is not in the index"
            for (a in mention) if (!(a in section)) print "line " mention[a] ": there is no >>" a
        }' asyncc.h >$out/anchors
    report 0 $out/anchors anchors
fi

# --- paths: nothing of the machine that a file was written on; tests have their files in /tmp.
if wanted paths; then
    git ls-files -z | xargs -0 grep -nIE '(^|[^A-Za-z0-9_.$}])/(work|root|home|Users|mnt|srv)/[A-Za-z0-9]|(^|[^:A-Za-z0-9])/tmp/[A-Za-z0-9]' |
        grep -v '"/tmp/asyncc-' >$out/paths
    [ -n "$(git ls-files)" ] || echo "git does not list the files" >>$out/paths
    report 0 $out/paths paths
fi

if wanted reject; then sh tests/reject.sh; sh tests/two_files.sh; fi
