# Streams against Python's: a short conversation in `make test`, a long one on the build servers.
.PHONY: peers peers-long
run-more: peers
ci-extra: peers-long
peers:
	@sh tests/peers.sh 2000 1
peers-long:
	@sh tests/peers.sh 10000 3 | awk -f tests/tap.awk
