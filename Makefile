# GNU make. `make test` needs a C compiler only; new tests and examples are found by their names.
#
#   make test [T=part of a name]   tests and examples
#   make check                     tests in every compiler, language and sanitizer: tests/check.sh
#   make check-everywhere          all tests on other processors, emulated: qemu-* of tests/check.sh
#   make soak [IDLE=19000]         connections that idle, more than `make test` may ask for
#   make reject                    programs that must not compile or link: tests/reject.sh
#   make lint                      warnings, reject, clang-tidy, cppcheck, format: tests/lint.sh
#   make ONLY=part of a name ...   one combination, one reject file, one kind of lint
#   make format [F=files]          clang-format, in place

CFLAGS ?= -O1 -g
STD := -std=c11
WARN := -Wall -Wextra
BUILD ?= build/test
# Two a processor: half of them sleep.
JOBS ?= $(shell expr 2 \* $$(nproc 2>/dev/null || echo 1))
T :=
# For the matrix: `-x c++` leaves out the files that say `// C only:`; what to run tests under.
LANGUAGE :=
RUN :=
export CC RUN

sources := $(wildcard tests/test_*.c)
ifneq ($(findstring c++,$(LANGUAGE)),)
sources := $(shell grep -L '^// C only:' $(sources))
endif
examples := $(wildcard examples/*.c examples/*/main.c)
ifneq ($(T),)
sources := $(sort $(foreach s,$(sources),$(if $(findstring $(T),$(s)),$(s))) \
                  $(shell grep -l '^TEST.*$(T)' $(sources)))
examples := $(foreach s,$(examples),$(if $(findstring $(T),$(s)),$(s)))
endif
binaries := $(patsubst tests/%.c,$(BUILD)/%,$(sources))
runs := $(addsuffix .run,$(binaries))
example_runs := $(patsubst examples/%.c,$(BUILD)/examples/%.run,$(examples))

# Tests that set the header up for themselves have it in them; the others share one object of it.
own := $(shell grep -l 'define ASYNCC_\|include "seam.h"\|include "sockets.h"\|include "../examples' $(sources))
shared := $(filter-out $(patsubst tests/%.c,$(BUILD)/%,$(own)),$(binaries))
compile = $(CC) $(STD) $(CFLAGS) $(WARN) $(LANGUAGE) -pthread

.PHONY: always all test tests check check-everywhere reject lint format ci-extra clean $(runs) $(example_runs)
all: test

test:
	@$(MAKE) -k -s --no-print-directory -j$(JOBS) -Otarget run-tests run-examples run-more | awk -f tests/tap.awk

# run-more: what other makefiles add to `make test`, and the matrix does not repeat.
.PHONY: run-tests run-examples run-more
run-more:
run-tests: $(runs)
run-examples: $(example_runs)

# parts: further files of one test program, tests/part_NAME*.c for tests/test_NAME.c. What does
# not compile is a failed test, not the end of the run.
.SECONDEXPANSION:
$(binaries): $(BUILD)/%: tests/%.c $$(wildcard tests/$$(subst test_,part_,$$*)*.c) asyncc.h tests/test.h \
        $(BUILD)/command
	@rm -f $@
	@$(compile) $(filter %.c,$^) $$(sed -n 's|^// FLAGS: ||p' $<) $(link) -o $@ >$@.log 2>&1 || true
$(shared): $(BUILD)/asyncc.o
$(shared): link = -DTEST_SHARED -x none $(BUILD)/asyncc.o

$(BUILD)/asyncc.o: asyncc.h $(BUILD)/command
	@$(compile) -DASYNCC_IMPLEMENTATION $(if $(LANGUAGE),,-x c) -c $< -o $@

# Another compiler or other flags than last time: everything is built again.
$(BUILD)/command: always
	@mkdir -p $(@D)
	@echo '$(compile)' | cmp -s - $@ || echo '$(compile)' >$@

$(runs): %.run: %
	@sh tests/run.sh $< "$(T)"

$(example_runs): $(BUILD)/examples/%.run: examples/%.c
	@mkdir -p $(@D)
	@sh tests/example.sh $< $(@:.run=)

check:
	@sh tests/check.sh $(ONLY)

check-everywhere:
	@WHOLE=1 sh tests/check.sh qemu

reject:
	@{ sh tests/reject.sh $(ONLY); sh tests/two_files.sh; } | awk -f tests/tap.awk

lint:
	@sh tests/lint.sh $(ONLY) | awk -f tests/tap.awk

# F: files; without it all but asyncc.h.
F = $(wildcard tests/*.[ch] tests/*/*.[ch] examples/*.[ch] examples/*/*.[ch] bench/*.[ch])
format:
	clang-format -i $(F)

# What only the build servers run.
ci-extra:

# Further targets: make demo, make bench.
-include $(wildcard examples/*.mk bench/*.mk tests/*.mk tests/*/*.mk)

clean:
	rm -rf build
