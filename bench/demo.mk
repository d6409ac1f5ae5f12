# The demonstration, and HTTP under attack; included by the Makefile.
#
#   make demo          200 slow pages, by a blocking client and by asyncc; needs a C compiler only
#   make http-check    the HTTP server under load and attack: tests/http_check.sh

.PHONY: demo http-check
ci-extra: http-check

DEMO_OUT := build/demo
demo_cc = $(CC) -std=gnu11 -O2 -Wall -Wextra -I.
demo_programs := $(addprefix $(DEMO_OUT)/,http_server fetch blocking_fetch hold)

$(DEMO_OUT)/http_server: examples/32_http_server.c asyncc.h
$(DEMO_OUT)/fetch: examples/33_fetch.c asyncc.h
$(DEMO_OUT)/blocking_fetch: bench/blocking_fetch.c
$(DEMO_OUT)/hold: bench/hold.c
$(DEMO_OUT)/talk: tests/talk.c
$(demo_programs) $(DEMO_OUT)/talk:
	@mkdir -p $(@D)
	$(demo_cc) $< -o $@

demo: $(demo_programs)
	@sh bench/demo.sh $(DEMO_OUT)

$(DEMO_OUT)/http_server-sanitized: examples/32_http_server.c asyncc.h
	@mkdir -p $(@D)
	$(demo_cc) -g -fsanitize=address,undefined -fno-sanitize-recover=all $< -o $@

http-check: $(demo_programs) $(DEMO_OUT)/talk $(DEMO_OUT)/http_server-sanitized
	@sh tests/http_check.sh $(DEMO_OUT) | awk -f tests/tap.awk
