#!/bin/sh
# model.sh: the models of tests/model, checked by spin in all their states. Each is then spoilt, by
# FAULT=1, 2 ..., and the check has to see it: a model that cannot fail proves nothing.
cd "$(dirname "$0")/model" || exit
work=../../build/model
mkdir -p $work
work=$(cd $work && pwd)

if ! command -v spin >/dev/null; then
    echo "ok - model # SKIP spin is not installed"
    exit
fi
check() { # model, fault: "errors: N" and what else spin says
    (cd $work && rm -f pan* ./*.trail && spin -DFAULT="$2" -a "../../tests/model/$1.pml" >spin.log 2>&1 &&
        ${CC:-cc} -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=2048 -o pan pan.c && ./pan -m100000 2>&1) >$work/$1-$2.log
    sed -n 's/.*errors: *\([0-9]*\).*/\1/p' $work/$1-$2.log
}
for file in *.pml; do
    name=${file%.pml}
    errors=$(check "$name" 0)
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' $work/$name-0.log)
    if [ "$errors" = 0 ] && ! grep -q 'not completed\|too small\|MEMLIM' $work/$name-0.log; then
        echo "ok - model $name: $states states"
    else
        echo "not ok - model $name"
        sed 's/^/#   /' $work/$name-0.log | head -n 30
    fi
    for fault in $(grep -o 'FAULT != [0-9]*' "$file" | sort -u | sed 's/.* //'); do
        errors=$(check "$name" "$fault")
        if [ "${errors:-0}" -gt 0 ]; then
            echo "ok - model $name: fault $fault is seen"
        else
            echo "not ok - model $name: fault $fault is not seen"
        fi
    done
done
