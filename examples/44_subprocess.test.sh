# What it prints is in its first comment.
want=$(sed -n '/^ \* It prints/,/^ \*\//s/^ \*     //p' 44_subprocess.c)
got=$("$1" 2>&1) || { echo "status $?"; exit 1; }
[ "$got" = "$want" ] || { echo "prints:"; echo "$got"; exit 1; }
[ -z "$(ps -o stat= --ppid $$ 2>/dev/null | grep Z)" ] || { echo "a zombie"; exit 1; }
exit 0
