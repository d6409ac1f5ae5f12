# The demonstration, and HTTP under load; included by the Makefile.
#
#   make demo          200 slow pages, by a blocking client and by asyncc; needs a C compiler only
#   make bench-http    the two clients as whole commands, by hyperfine; CPU time of a request
#   make http-check    the HTTP server under load and attack: tests/http_check.sh

.PHONY: demo bench-http bench-echo http-check
bench: bench-http
ci-extra: http-check

DEMO_OUT := build/demo
demo_cc = $(CC) -std=gnu11 -O2 -Wall -Wextra -I.
demo_programs := $(addprefix $(DEMO_OUT)/,http_server fetch blocking_fetch hold)
echo_programs := $(addprefix $(DEMO_OUT)/,echo_raw echo_server echo_load)

$(DEMO_OUT)/http_server: examples/32_http_server.c asyncc.h
$(DEMO_OUT)/fetch: examples/33_fetch.c asyncc.h
$(DEMO_OUT)/blocking_fetch: bench/blocking_fetch.c
$(DEMO_OUT)/hold: bench/hold.c
$(DEMO_OUT)/talk: tests/talk.c
$(DEMO_OUT)/echo_server: examples/30_echo_server.c asyncc.h
$(DEMO_OUT)/echo_raw: bench/echo_raw.c
$(DEMO_OUT)/echo_load: bench/echo_load.c
$(demo_programs) $(echo_programs) $(DEMO_OUT)/talk:
	@mkdir -p $(@D)
	$(demo_cc) $< -o $@

demo: $(demo_programs)
	@sh bench/demo.sh $(DEMO_OUT)

bench-http: $(demo_programs)
	@sh bench/http.sh $(DEMO_OUT)
	@if [ "$$(uname)" = Linux ]; then $(MAKE) -s bench-echo; fi

# What is left of epoll by hand in a server of coroutines.
bench-echo: $(echo_programs)
	@for c in 1 10 100; do $(DEMO_OUT)/echo_load $$c $$((100000 / c)) $(DEMO_OUT)/echo_raw "$(DEMO_OUT)/echo_server 127.0.0.1:0" || exit 1; done

$(DEMO_OUT)/http_server-sanitized: examples/32_http_server.c asyncc.h
	@mkdir -p $(@D)
	$(demo_cc) -g -fsanitize=address,undefined -fno-sanitize-recover=all $< -o $@

http-check: $(demo_programs) $(DEMO_OUT)/talk $(DEMO_OUT)/http_server-sanitized
	@sh tests/http_check.sh $(DEMO_OUT) | awk -f tests/tap.awk
