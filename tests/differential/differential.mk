# make differential [N=programs] [SEED=n] [PYTHON=python3]: the same random programs on asyncio and
# on asyncc.h. Every seed makes other programs.
N = 10000
SEED = 1
PYTHON = python3
interp := $(BUILD)/differential/interp

.PHONY: differential
differential: $(interp)
	@sh tests/differential/run.sh $(PYTHON) $< --count $(N) --seed $(SEED) | awk -f tests/tap.awk
ci-extra: differential

$(interp): tests/differential/interp.c tests/differential/level.h asyncc.h $(BUILD)/command
	@mkdir -p $(@D)
	@$(compile) $< -o $@
