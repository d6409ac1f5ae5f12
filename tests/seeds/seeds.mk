# For the Makefile to include: the tutorials' programs are among what `make test` runs. Ten
# seconds, most of them asleep.
.PHONY: run-seeds
run-tests: run-seeds
run-seeds:
	@sh tests/seeds/run.sh $(BUILD)/seeds "$(T)"
