#!/bin/sh
# conformance.sh: which rules of tests/rules.txt have a test with their number in its name. Prints
# a table of the sections, then what is missing; fails if anything is. `make test` says whether the
# tests pass.
cd "$(dirname "$0")/.." || exit
grep -oE '^ *TEST\([A-Za-z0-9_]+' tests/test_*.c |
    awk '
    FNR == NR { sub(/^tests\//, ""); split($0, a, ":"); sub(/.*\(/, "", a[2])
        n = split(a[2], part, "_")
        for (i = 1; i <= n; i++) if (part[i] ~ /^[A-Z]+[0-9]+[a-z]?$/) {
            sub(/[a-z]$/, "", part[i])
            tests[part[i], a[1]]++
            files[a[1]] = 1
        }
        next }
    /^#/ || !NF { next }
    /^=/ { section = $2; order[++sections] = section; title[section] = $3
        only = ""
        for (i = 4; i <= NF; i++) only = only " " $i
        next }
    { count = 0
      for (file in files)
          if (only == "" ? file != "test_seeds.c" : index(only " ", " " file " ")) count += tests[$1, file]
      if (match($0, /tests\/[a-z_]+\.c/) && !system("test -f " substr($0, RSTART, RLENGTH))) count++
      if ($2 == "-") { without[section]++; next }
      total[section]++
      if (count) covered[section]++
      else missing[++gaps] = $0 }
    END {
        for (i = 1; i <= sections; i++) {
            s = order[i]
            printf "%-3s %-12s %3d of %3d%s\n", s, title[s], covered[s], total[s], without[s] ? ", " without[s] " that C has not" : ""
            all += total[s]; have += covered[s]; not += without[s]
        }
        for (i = 1; i <= gaps; i++) print "missing: " missing[i]
        printf "%d of %d rules have a test; %d do not apply\n", have, all, not
        exit gaps > 0
    }' - tests/rules.txt
