# The tutorial's table, and a picture that is one whole SVG with all of it.
set -e
"$1" "$1.svg" >"$1.got"
cat >"$1.want" <<END
Time | Event
 0.0 | Task 1: Start
 0.0 | Task 2: Start
 0.0 | Task 3: Start
 0.5 | Task 3: Resumed
 1.0 | Task 1: Resumed
 1.0 | Task 3: Resumed
 1.0 | Task 3: Done
 2.0 | Task 2: Resumed
 2.0 | Task 2: Done
 2.0 | Task 1: Resumed
 2.0 | Task 1: Done
END
diff "$1.want" "$1.got"
[ "$(grep -c '<circle' "$1.svg")" = 11 ]
[ "$(grep -c '[0-9] | Task' "$1.svg")" = 11 ]
[ "$(grep -c 'fill="#9cf"' "$1.svg")" = 3 ]
tail -n 1 "$1.svg" | grep -qx '</svg>'
! command -v python3 >/dev/null || python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$1.svg"
