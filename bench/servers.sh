#!/bin/sh
# servers.sh quick|full FOLDER [WORDS]: what a request costs a server, beside others. A row is wanted
# if one of the words is in its name; FOLDER gets servers.csv. See bench/echo_load.c.
mode=$1 folder=$2 words=$3
p=build/peers
ulimit -n "$(ulimit -H -n)" 2>/dev/null
cores=$(nproc) && export PYTHONDONTWRITEBYTECODE=1
python=/usr/bin/python3 && [ -x $python ] || python=python3 # Debian's, which has Debian's uvloop
asyncc_echo="asyncc=$p/echo_asyncc 127.0.0.1:0"
asyncc_http="asyncc=$p/http_asyncc 127.0.0.1:0 60000"

absent() { absent="$absent $1"; }
there() { command -v "$1" >/dev/null; }
# has PROGRAM PACKAGE: one that was built, or else its package is named.
has() { if [ -x "$p/$1" ]; then true; else absent "$2"; false; fi; }

set -- "raw=$p/echo_raw" "$asyncc_echo"
has echo_uring "liburing-dev" && set -- "$@" "io_uring=$p/echo_uring"
has echo_uv "libuv1-dev" && set -- "$@" "libuv=$p/echo_uv"
has echo_ev "libev-dev" && set -- "$@" "libev=$p/echo_ev"
has echo_asio "libboost-dev" && set -- "$@" "asio=$p/echo_asio"
set -- "$@" "threads=$p/echo_threads"
has echo_go "golang-go" && set -- "$@" "go=$p/echo_go"
if there node; then set -- "$@" "node+700=node bench/peers/echo.js"; else absent nodejs; fi
if there $python; then set -- "$@" "asyncio=$python bench/peers/echo.py"; else absent python3; fi
if $python -c 'import uvloop' 2>/dev/null; then set -- "$@" "uvloop=$python bench/peers/echo.py uvloop"; else absent python3-uvloop; fi
there nginx || absent nginx-light
[ -z "$absent" ] || echo "absent, from Debian's packages:$absent"

wanted() { # NAME
    [ -z "$words" ] && return 0
    for w in $words; do case $1 in *$w*) return 0 ;; esac; done
    return 1
}
row() { # NAME OPTIONS SERVERS...
    name=$1 options=$2 && shift 2
    wanted "$name" || return 0
    case $name in *two*) [ "$cores" -gt 1 ] || { echo "$name: left out, there is one core"; return 0; } ;; esac
    [ -z "$PROGRESS" ] || sh "$PROGRESS" "$name" || return 0
    $p/echo_load $options $output "$@" || echo "$name: failed"
}
output=
[ -z "$folder" ] || [ "$folder" = - ] || { mkdir -p "$folder"; output="-o $folder/servers.csv"; }
[ -n "$words" ] || [ -z "$output" ] || rm -f "$folder/servers.csv"

if [ "$mode" = quick ]; then # the headlines, and only those who start and warm up at once
    quick="-r 7 -t 40"
    set -- "raw=$p/echo_raw" "$asyncc_echo"
    [ -x $p/echo_uv ] && set -- "$@" "libuv=$p/echo_uv"
    [ -x $p/echo_go ] && set -- "$@" "go=$p/echo_go"
    row "echo 1" "$quick -c 1" "$@"
    row "echo 50" "$quick -c 50" "$@"
    row "echo 1000" "$quick -c 1000" "$@"
    set -- "$asyncc_http"
    there nginx && set -- "nginx=sh bench/peers/nginx.sh $p/nginx" "$@"
    row "http 50" "$quick -h -c 50" "$@"
    exit 0
fi
for c in 1 50 1000; do row "echo $c" "-c $c -r 7 -t 100" "$@"; done
row "echo 10000, of which 50 at work" "-c 50 -i 9950 -r 7 -t 100" "$@"
for c in 1 50 1000; do row "echo $c two cores" "-2 -c $c -r 7 -t 100" "$@"; done
set -- "$asyncc_http"
there nginx && set -- "nginx=sh bench/peers/nginx.sh $p/nginx" "$@"
[ -x $p/http_go ] && set -- "$@" "go=$p/http_go"
there node && set -- "$@" "node+1000=node bench/peers/http.js"
row "http 50" "-h -c 50" "$@"
row "http 50 two cores" "-2 -h -c 50 -r 7" "$@"
