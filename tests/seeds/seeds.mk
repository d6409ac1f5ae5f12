# For the Makefile to include: the tutorials' programs are among what `make test` runs. Ten
# seconds, most of them asleep.
.PHONY: run-seeds
run-more: run-seeds
run-seeds:
	@sh tests/seeds/run.sh $(BUILD)/seeds "$(T)"

# make seeds: every claim of the tutorials, what shows it, pass or fail.
.PHONY: seeds
seeds: $(patsubst %,$(BUILD)/%,test_seeds $(shell sed -n 's/^S[0-9]* \(test_[a-z_]*\):.*/\1/p' tests/seeds/claims.txt | sort -u))
	@sh tests/seeds/table.sh $(BUILD)
ci-extra: seeds
