# For the Makefile to include: the tutorials' programs are among what `make test` runs. Ten
# seconds, most of them asleep.
.PHONY: run-seeds
run-more: run-seeds
run-seeds:
	@sh tests/seeds/run.sh $(BUILD)/seeds "$(T)"
