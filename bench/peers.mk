# The benchmarks beside others, and all of them; included by the Makefile.
#
#   make bench            everything, in less than ten minutes: tables, bench/results/*.csv, plots
#   make bench-quick      the headlines, in less than one: tables only
#   make bench-servers    echo and HTTP beside other servers      WORDS='50 two' for some rows of it
#   make bench-peers      switch, spawn, queue, timers beside other runtimes
#   make bench-commands   blocking programs and asynchronous ones as whole commands
#   make bench-sizes      what the header adds to a program, and to its compilation
#
# Peers come from Debian's packages; those that are not there are named and left out:
#   apt-get install libuv1-dev libev-dev libboost-dev liburing-dev golang-go nodejs python3-uvloop \
#       nginx-light hyperfine gnuplot-nox

.PHONY: bench bench-quick bench-servers bench-peers bench-commands bench-sizes bench-plots bench-build
PEERS := build/peers
peer_cc = $(CC) -std=gnu11 -O2 -Wall -Wextra
peers_optional := $(addprefix $(PEERS)/,echo_uv echo_ev echo_uring echo_asio echo_go http_go core_go)
peers_ours := $(addprefix $(PEERS)/,echo_load echo_raw echo_asyncc echo_threads http_asyncc fetch blocking_fetch chores)

bench: $(bench_programs) bench-build
	@sh bench/all.sh full
bench-quick: $(bench_programs) bench-build
	@sh bench/all.sh quick
bench-servers bench-peers bench-commands bench-sizes: bench-%: $(bench_programs) bench-build
	@sh bench/$*.sh full bench/results "$(WORDS)"
bench-plots:
	@sh bench/plots.sh

bench-build: $(peers_ours) $(peers_optional:=.tried)
$(PEERS)/echo_load: bench/echo_load.c
$(PEERS)/echo_raw: bench/echo_raw.c
$(PEERS)/echo_threads: bench/peers/echo_threads.c bench/peers/listen.h
$(PEERS)/echo_asyncc: examples/30_echo_server.c asyncc.h
$(PEERS)/http_asyncc: examples/32_http_server.c asyncc.h
$(PEERS)/fetch: examples/33_fetch.c asyncc.h
$(PEERS)/blocking_fetch: bench/blocking_fetch.c
$(PEERS)/chores: bench/chores.c asyncc.h
$(peers_ours):
	@mkdir -p $(@D)
	$(peer_cc) -I. $< -pthread -o $@

$(PEERS)/echo_uv.tried: bench/peers/echo_uv.c
$(PEERS)/echo_ev.tried: bench/peers/echo_ev.c bench/peers/listen.h
$(PEERS)/echo_uring.tried: bench/peers/echo_uring.c bench/peers/listen.h
$(PEERS)/echo_asio.tried: bench/peers/echo_asio.cpp
$(PEERS)/echo_go.tried: bench/peers/echo.go
$(PEERS)/http_go.tried: bench/peers/http.go
$(PEERS)/core_go.tried: bench/peers/core.go
build_uv = $(peer_cc) $< -luv -o $@
build_ev = $(peer_cc) $< -lev -o $@
build_uring = $(peer_cc) $< -luring -o $@
build_asio = $(BENCH_CXX) -std=c++20 -O2 $< -pthread -o $@
build_go = GO111MODULE=off go build -o $@ ./$<
# What cannot be built is not there, and the programs that measure say so.
$(peers_optional:=.tried): %.tried:
	@mkdir -p $(@D)
	@rm -f $*
	@if $(subst $@,$*,$(build_$(lastword $(subst _, ,$*)))) >$*.log 2>&1; then touch $@; fi
