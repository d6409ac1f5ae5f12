# Numbers the TAP lines of several programs, drops their own plans and totals, and ends with one
# line for all. PREFIX goes before each name.
/^(not )?ok / {
    bad = $1 == "not"
    name = $0
    sub(/^(not )?ok ([0-9]+ )?(- )?/, "", name)
    if (bad) failed++
    else if (name ~ /# SKIP/) skipped++
    else passed++
    printf "%s %d - %s%s\n", bad ? "not ok" : "ok", ++n, PREFIX, name
    fflush()
    next
}
/^1\.\.[0-9]+$/ { next }
/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { next }
{ print; fflush() }
END {
    printf "1..%d\n%d passed, %d failed, %d skipped\n", n, passed, failed, skipped
    exit failed > 0 || n == 0
}
