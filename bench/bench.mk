# Benchmarks of the core and of timers; included by the Makefile.
#
#   make bench-core         all of it, a few minutes: bench/results/core.csv and the plots
#   make bench-core-quick   the headlines, seconds: a table only
#   make perf-check         instructions and allocations per operation, against bench/perf.txt
#   make perf-update        writes that file anew

.PHONY: bench-core bench-core-quick perf-check perf-update

BENCH_OUT := build/bench
BENCH_CFLAGS ?= -O2
BENCH_CXX := $(shell command -v g++ 2>/dev/null || command -v clang++ 2>/dev/null)
bench_cc = $(CC) -std=gnu11 $(BENCH_CFLAGS) -Wall -Wextra -pthread
bench_programs := $(addprefix $(BENCH_OUT)/,core sync timers threads loops fds)

$(BENCH_OUT)/%.o: bench/%.c asyncc.h bench/bench.h bench/far.h
	@mkdir -p $(@D)
	$(bench_cc) -c $< -o $@
$(BENCH_OUT)/deep.o: BENCH_CFLAGS = -O0
# Without a compiler for C++20 its rows are missing.
$(BENCH_OUT)/cpp20.o: bench/cpp20.cpp
	@mkdir -p $(@D)
	if [ -n "$(BENCH_CXX)" ] && $(BENCH_CXX) -std=c++20 $(BENCH_CFLAGS) -Wall -Wextra -c $< -o $@; then :; \
	else echo "no C++20 compiler: no baseline of it"; echo | $(CC) -x c -c - -o $@; fi
$(BENCH_OUT)/core: $(addprefix $(BENCH_OUT)/,core.o far.o deep.o cpp20.o)
	$(or $(BENCH_CXX),$(CC)) $^ -pthread -o $@
$(BENCH_OUT)/perf_core $(BENCH_OUT)/sync $(BENCH_OUT)/loops $(BENCH_OUT)/fds: %: %.o
	$(CC) $^ -pthread -o $@
# Without libev and libuv their rows are missing.
$(BENCH_OUT)/timers: $(addprefix $(BENCH_OUT)/,timers.o libev.o libuv_timers.o)
	$(CC) $^ -pthread $$(nm $(BENCH_OUT)/libev.o | grep -q ev_run && echo -lev) \
	    $$(nm $(BENCH_OUT)/libuv_timers.o | grep -q uv_run && echo -luv) -o $@
$(BENCH_OUT)/threads: $(addprefix $(BENCH_OUT)/,threads.o libuv.o)
	$(CC) $^ -pthread $$(nm $(BENCH_OUT)/libuv.o | grep -q uv_run && echo -luv) -o $@

bench-core: $(bench_programs)
	@mkdir -p bench/results
	@rm -f bench/results/core.csv
	@for p in $^; do $$p --csv bench/results/core.csv || exit 1; done
	@sh bench/plots.sh
bench-core-quick: $(bench_programs)
	@for p in $^; do $$p --quick || exit 1; done

perf-check perf-update: $(BENCH_OUT)/perf_core
	@CC="$(CC)" sh bench/perf.sh $@ $<
