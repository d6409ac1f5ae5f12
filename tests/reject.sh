#!/bin/sh
# reject.sh [part of a name]: every tests/reject_*.c must fail to compile, and say why in words
# a newcomer understands. Each goes through gcc and clang as C and as C++, with asyncc.h found by
# -I and by -isystem (which mutes most warnings). Prints TAP lines, without a plan.
#
# Comment lines in the file say what is expected. NAMES is `all` or some of gcc clang g++ clang++;
# gcc-I and gcc-isystem are the same for one of the two ways only.
#   // EXPECT NAMES: text     is part of what the compiler says; several lines: all of them
#   // FLAGS: -O2             added to the command
#   // ERRORS <= 2: NAMES     at most so many errors
#   // SKIP NAMES: reason     that compiler cannot see the mistake: it does compile
cd "$(dirname "$0")/.." || exit
warn='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wimplicit-fallthrough'
out=build/reject
mkdir -p $out

# Lines of file $4 that begin with `// $1` and are for compiler $2 and way $3, without that.
lines() {
    awk -v key="$1" -v name="$2" -v way="$2$3" '
        index($0, "// " key " ") == 1 && (colon = index($0, ":")) {
            n = split(substr($0, 1, colon - 1), words, /[ ,]+/)
            for (i = 3; i <= n; i++)
                if (words[i] == name || words[i] == way || words[i] == "all") {
                    print substr($0, colon + 2)
                    next
                }
        }' "$4"
}

one() { # file, compiler, -I or -isystem
    file=$1 name="reject $(basename "$1" .c): $2 $3"
    log=$out/$(basename "$1" .c).$2.$3
    case $2 in *++) language='-x c++ -std=c++17' ;; *) language='-x c -std=c11' ;; esac
    # shellcheck disable=SC2046,SC2086
    LC_ALL=C $2 $warn $3 . $(sed -n 's|^// FLAGS: ||p' "$file") $language -c "$file" \
        -o "$log.o" >"$log.log" 2>&1
    status=$?
    why=$(lines SKIP "$2" "$3" "$file")
    if [ -n "$why" ]; then
        if [ $status = 0 ]; then echo "ok - $name # SKIP cannot: $why"
        else echo "not ok - $name: says SKIP, but does not compile"
        fi
        return
    fi
    if [ $status = 0 ]; then
        echo "not ok - $name: compiles"
        return
    fi
    lines EXPECT "$2" "$3" "$file" >"$log.want"
    if [ ! -s "$log.want" ]; then
        echo "not ok - $name: the file does not say what to expect"
        return
    fi
    while IFS= read -r text; do
        if ! grep -qF -- "$text" "$log.log"; then
            echo "not ok - $name: does not say: $text"
            head -n 20 "$log.log" | sed 's/^/#   /'
            return
        fi
    done <"$log.want"
    most=$(awk -v name="$2" '/^\/\/ ERRORS <= [0-9]+:/ {
        n = split($0, words, /[ :,]+/)
        for (i = 5; i <= n; i++) if (words[i] == name || words[i] == "all") print words[4] }' "$file")
    errors=$(grep -c 'error: ' "$log.log")
    if [ -n "$most" ] && [ "$errors" -gt "$most" ]; then
        echo "not ok - $name: $errors errors, not $most"
        grep 'error: ' "$log.log" | sed 's/^/#   /'
        return
    fi
    echo "ok - $name"
}

control() { # compiler, -I or -isystem
    for flags in -O0 -O1 -O2 '-O0 -DASYNCC_LINT=1' '-O2 -DASYNCC_LINT=1'; do
        case $1 in *++) language='-x c++ -std=c++17' ;; *) language='-x c -std=c11' ;; esac
        # shellcheck disable=SC2086
        if ! said=$($1 $warn -Werror $2 . $flags $language -c tests/control.c -o $out/control.o 2>&1); then
            echo "not ok - correct code: $1 $2 $flags"
            printf '%s\n' "$said" | head -n 20 | sed 's/^/#   /'
        else
            echo "ok - correct code: $1 $2 $flags"
        fi
    done
}

compiler() { # compiler, part of a name
    if ! command -v "$1" >/dev/null; then
        echo "ok - reject: $1 # SKIP not installed"
        return
    fi
    for way in -I -isystem; do
        control "$1" $way
        for file in tests/reject_*"$2"*.c; do
            [ -f "$file" ] && one "$file" "$1" $way
        done
    done
}

# Two at a time.
{ compiler gcc "$1"; compiler g++ "$1"; } >$out/1 2>&1 &
{ compiler clang "$1"; compiler clang++ "$1"; } >$out/2 2>&1
wait
cat $out/1 $out/2
