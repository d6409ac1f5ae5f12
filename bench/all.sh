#!/bin/sh
# all.sh quick|full: every benchmark, one after the other, with a line of progress and a budget of
# time, BUDGET seconds. What would start later is left out, and that is said.
mode=$1
BEGUN=$(date +%s) PROGRESS=bench/progress.sh
if [ "$mode" = quick ]; then BUDGET=${BUDGET:-50}; else BUDGET=${BUDGET:-560}; fi
export BEGUN BUDGET PROGRESS
if [ "$mode" = quick ]; then
    for program in core sync timers fds threads loops; do
        words=
        [ $program = timers ] && words="--size 100000" # a million each takes its time
        sh $PROGRESS $program && { build/bench/$program --quick $words || exit 1; }
    done
    sh bench/servers.sh quick -
    exit 0
fi
mkdir -p bench/results
{ # where these figures are from
    date +%F
    uname -sr | sed "s,-.*,,"
    sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | sort | uniq -c | sed 's/^ *//'
    ${CC:-cc} --version | head -1
} >bench/results/machine.txt
cat bench/results/machine.txt
rm -f bench/results/core.csv
for program in core sync timers fds threads loops; do
    sh $PROGRESS $program && { build/bench/$program --csv bench/results/core.csv || exit 1; }
done
sh bench/servers.sh full bench/results
sh bench/peers.sh full bench/results
sh bench/sizes.sh full bench/results
sh bench/commands.sh full bench/results
sh bench/plots.sh
