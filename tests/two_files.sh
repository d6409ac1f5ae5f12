#!/bin/sh
# two_files.sh: test_two_files.c and part_two_files.c as C and as C++, by gcc and by clang, linked
# in every mixture; then configured differently, which must not link and say why. TAP lines.
cd "$(dirname "$0")/.." || exit
out=build/two_files
mkdir -p $out
compilers=
for c in gcc clang g++ clang++; do command -v $c >/dev/null && compilers="$compilers $c"; done

object() { # compiler, main or part, object, flag
    case $1 in *++) language='-x c++ -std=c++17' ;; *) language='-x c -std=c11' ;; esac
    source=tests/part_two_files.c
    [ "$2" = main ] && source=tests/test_two_files.c
    # shellcheck disable=SC2086
    $1 $language -O0 -Wall -Wextra -Werror $4 -c $source -o $out/$3.o 2>$out/$3.log && return
    echo "not ok - two files: $1 $source $4"
    head -n 10 $out/$3.log | sed 's/^/#   /'
}

for c in $compilers; do
    object $c main main.$c
    object $c part part.$c
done
for a in $compilers; do
    for b in $compilers; do
        link=$a
        case $a$b in *++*) link=${compilers##* } ;; esac
        log=$out/$a.$b.log
        if $link $out/main.$a.o $out/part.$b.o -o $out/$a.$b >$log 2>&1 && $out/$a.$b >>$log 2>&1; then
            echo "ok - two files: $a with $b"
        else
            echo "not ok - two files: $a with $b"
            head -n 10 $log | sed 's/^/#   /'
        fi
    done
done

for c in $compilers; do
    for set in ASYNCC_NAMES=0 ASYNCC_IO=0 ASYNCC_DEBUG=1 ASYNCC_CONTEXT=1; do
        for odd in main part; do
            name="two files: $c, $odd with $set"
            other=main
            [ $odd = main ] && other=part
            object $c $odd odd -D$set
            if $c $out/odd.o $out/$other.$c.o -o $out/odd 2>$out/odd.log; then
                echo "not ok - $name: links"
            elif grep -q "undefined reference to .*_of_files_with_.*${set%=*}_" $out/odd.log; then
                echo "ok - $name"
            else
                echo "not ok - $name: does not say why"
                head -n 10 $out/odd.log | sed 's/^/#   /'
            fi
        done
    done
done

# What is not used is not there: the header's own objects are local to the one file. What is left
# are those that inline functions name.
for c in $compilers; do
    case $c in *++) language='-x c++ -std=c++17' ;; *) language='-x c -std=c11' ;; esac
    log=$out/static.log
    # shellcheck disable=SC2086
    $c $language -O1 -DASYNCC_STATIC=1 -I. -c examples/01_hello.c -o $out/static.o 2>$log &&
        nm --defined-only $out/static.o | awk '$2 ~ /^[A-Z]$/ && $3 !~ /^(main|async_loop_|async_(ready|told)_ops_)$/ { print $3 }' >>$log
    if [ -s $log ]; then
        echo "not ok - two files: $c, ASYNCC_STATIC=1 leaves what is not used"
        head -n 10 $log | sed 's/^/#   /'
    else
        echo "ok - two files: $c, ASYNCC_STATIC=1 leaves what is not used out"
    fi
done
