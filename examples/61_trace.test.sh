# The trace is JSON, and every B has its E, on its own track, in order.
set -e
"$1" "$1.json"
head -n 1 "$1.json" | grep -qx '\['
tail -n 1 "$1.json" | grep -qx '\]'
awk -F'"' '
    /"ph":/ { ph = $4; match($0, /"tid":[0-9]+/); tid = substr($0, RSTART + 6, RLENGTH - 6)
        match($0, /"ts":[0-9.]+/); ts = RSTART ? substr($0, RSTART + 5, RLENGTH - 5) + 0 : last
        if (ph != "X" && ph != "M" && ts < last) bad = "time goes back: " $0
        if (ph != "X") last = ts
        if (ph == "B") { depth[tid]++; steps++ }
        if (ph == "E" && --depth[tid] < 0) bad = "E without B: " $0
        if (ph == "X") waits[$(NF - 1)]++ }
    END { for (t in depth) if (depth[t]) bad = "B without E on track " t
        if (steps < 10 || waits["sleep"] != 6 || waits["gather"] != 1) bad = steps " steps, "  waits["sleep"] " sleeps"
        if (bad) { print bad; exit 1 } }' "$1.json"
! command -v python3 >/dev/null || python3 -m json.tool "$1.json" >/dev/null
