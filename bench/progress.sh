# progress.sh NAME: says what runs now, and how much of $BUDGET seconds since $BEGUN is used; fails
# when there is none left.
now=$(($(date +%s) - BEGUN))
if [ "$now" -ge "$BUDGET" ]; then
    echo "--- $1: left out, the $BUDGET s are used up"
    exit 1
fi
printf -- '--- %d:%02d of %d:%02d  %s\n' $((now / 60)) $((now % 60)) $((BUDGET / 60)) $((BUDGET % 60)) "$1"
