#!/bin/sh
# table.sh FOLDER: every claim of tests/seeds/claims.txt, what shows it, and whether it holds. The
# test programs that it names have been built in FOLDER.
here=$(dirname "$0") out=$1
claims=$here/claims.txt
ran=$out/seeds-ran
mkdir -p "$out/seeds"
{
    sh "$here/run.sh" "$out/seeds" "" | sed 's/^\(not ok\|ok\) - seed /\1 program /; s/, \(virtual\|real\) clock$//'
    for test in test_seeds $(sed -n 's/^S[0-9]* \(test_[a-z_]*\):.*/\1/p' "$claims" | sort -u); do
        "$out/$test" | sed -n "s/^\(not ok\|ok\) [0-9]* - \([A-Za-z0-9_]*\).*/\1 $test \2/p"
    done
    for reject in $(sed -n 's/^S[0-9]* \(reject_[a-z_]*\)$/\1/p' "$claims" | sort -u); do
        sh "$here/../reject.sh" "$reject" | sed -n "s/^\(not ok\|ok\) .*/\1 reject $reject/p"
    done
} >"$ran"
awk '
    FNR == NR { bad = $1 == "not"; kind = $(2 + bad); name = $(3 + bad)
        if (kind == "test_seeds") {
            n = split(name, part, "_")
            for (i = 1; i <= n && part[i] ~ /^S[0-9]+$/; i++) note(part[i], name, bad)
        }
        note(kind == "program" || kind == "reject" ? name : kind ":" name, name, bad)
        if (kind == "program") note("programs", "all programs of tests/seeds, on both clocks", bad)
        next }
    /^S/ { order[++claims] = $1; shown_by[$1] = $2 == "test" ? $1 : $2 }
    function note(key, name, bad) { seen[key]++; if (!(key in what)) what[key] = name; failed[key] += bad }
    END {
        for (i = 1; i <= claims; i++) {
            key = shown_by[order[i]]
            verdict = !(key in seen) ? "missing" : failed[key] ? "FAIL" : "pass"
            count[verdict]++
            printf "%-5s %-8s %s\n", order[i], verdict, key in what ? what[key] : key
        }
        printf "%d claims: %d pass, %d fail, %d missing\n", claims, count["pass"], count["FAIL"], count["missing"]
        exit count["pass"] != claims
    }' "$ran" "$claims"
