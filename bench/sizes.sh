#!/bin/sh
# sizes.sh full FOLDER: what the header adds to a program and to its compilation: `size` of the
# smallest example, and CPU time of the compiler. FOLDER gets size.csv and compile.csv.
folder=$2 hello=examples/01_hello.c
: "${CC:=cc}"
mkdir -p "$folder"
out=$(mktemp -d) && trap 'rm -rf "$out"' EXIT
[ -z "$PROGRESS" ] || sh "$PROGRESS" sizes || exit 0

row() { # NAME SOURCE FLAGS...
    name=$1 source=$2 && shift 2
    $CC "$@" -I. "$source" -o "$out/program" || exit 1
    size "$out/program" | awk -v name="$name" -v csv="$folder/size.csv" 'NR == 2 {
        printf "  %-52s %7d text %6d data %6d bss\n", name, $1, $2, $3
        printf "%s,%d,%d,%d\n", name, $1, $2, $3 >>csv }'
}
echo "program,text,data,bss" >"$folder/size.csv"
gc="-ffunction-sections -fdata-sections -Wl,--gc-sections"
printf 'int printf(const char *, ...);\nint main(void) { return printf("Hello world!\\n") < 0; }\n' >"$out/plain.c"
row "hello without asyncc.h -O2" "$out/plain.c" -O2
row "hello -O2" $hello -O2
row "hello -O2 -DASYNCC_STATIC=1" $hello -O2 -DASYNCC_STATIC=1
# shellcheck disable=SC2086
row "the same and gc-sections" $hello -O2 -DASYNCC_STATIC=1 $gc
# shellcheck disable=SC2086
row "the same with -Os" $hello -Os -DASYNCC_STATIC=1 $gc
# shellcheck disable=SC2086
row "the same and -DASYNCC_IO=0 -DASYNCC_NAMES=0" $hello -Os -DASYNCC_STATIC=1 -DASYNCC_IO=0 -DASYNCC_NAMES=0 $gc

command -v hyperfine >/dev/null || { echo "absent, from Debian's packages: hyperfine"; exit 0; }
user=examples/32_http_server.c
sed '/define ASYNCC_IMPLEMENTATION/d' $user >"$out/user.c"
printf '#include <stdio.h>\n' | cat - "$out/plain.c" >"$out/stdio.c"
echo "what,user s,system s" >"$folder/compile.csv"
compile() { # NAME SOURCE RUNS
    hyperfine -N -w 1 -r "$3" --export-csv "$out/csv" "$CC -O2 -I. -c $2 -o $out/object.o" >"$out/said" 2>&1 ||
        { cat "$out/said"; return 1; }
    awk -F, -v name="$1" -v csv="$folder/compile.csv" 'NR == 2 {
        printf "  %-52s %7.0f ms of CPU\n", name, 1000 * ($5 + $6)
        printf "%s,%s,%s\n", name, $5, $6 >>csv }' "$out/csv"
}
compile "compiling a file with stdio.h" "$out/stdio.c" 7
compile "compiling a file that uses most of asyncc.h" tests/control.c 7
compile "compiling $(basename $user), implementation elsewhere" "$out/user.c" 7
compile "compiling the implementation" $hello 3
