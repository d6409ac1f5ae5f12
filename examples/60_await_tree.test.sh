# The tree that 60_await_tree.c prints when it gets its signal.
set -e
"$1" 2>"$1.err"
sed -E 's/0x[0-9a-f]+/@/; s/0\.0[0-9]+ s/# s/; s/0x[0-9a-f]+/@/; s|, [^ ]*/?60_await|, 60_await|' "$1.err" >"$1.got"
cat >"$1.want" <<END
3 tasks
task first update @
    update, 60_await_tree.c:30
    query, 60_await_tree.c:23
    sleep, # s left
task update @
    update, 60_await_tree.c:29
    lock @
task amain @
    amain, 60_await_tree.c:46
    gather, 2 of 2 have not ended
END
diff "$1.want" "$1.got"
