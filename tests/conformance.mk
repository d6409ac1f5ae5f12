# make conformance: each rule of tests/rules.txt has a test with its number in its name.
.PHONY: conformance
conformance:
	@sh tests/conformance.sh
ci-extra: conformance
