#!/bin/sh
# run.sh BINARY FILTER: runs one test program and prints its TAP lines with the program's name in
# front. RUN goes before the command (valgrind). A program that is not there did not compile.
name=$(basename "$1")
case $name in *"$2"*) filter= ;; *) filter=$2 ;; esac
sed 's/^/# /; 30q' "$1.log" # what the compiler said
if [ ! -x "$1" ]; then
    echo "not ok - $name: does not compile"
    exit
fi
out=$1.tap
$RUN "$1" $filter >"$out" 2>&1
status=$?
sed -E "s/^(not ok|ok) [0-9]+ - /\1 - $name: /; /^1\.\.[0-9]+\$/d; /passed, .* skipped\$/d
    /^(ok|not ok|#) /! s/^/#   /" "$out"
# The runner itself went wrong: it says 1 and prints a total if a test fails.
if ! tail -n 1 "$out" | grep -q ' skipped$' || [ $status -gt 1 ]; then
    echo "not ok - $name: ended with status $status"
fi
