# Bare metal under emulation, where compilers and emulators are installed: see tests/baremetal.sh.
#
#   make size          flash and RAM of the examples, in bytes, on four machines
#   make size-update   commits them

.PHONY: run-baremetal size size-update
ifeq ($(findstring baremetal,$(T)),$(T))
run-more: run-baremetal
endif
run-baremetal:
	@sh tests/baremetal.sh
size size-update:
	@sh tests/baremetal.sh $@

# The tests of the language and the runtime there: see tests/bare.sh.
.PHONY: run-bare run-bare-m0 run-bare-m3 run-bare-rv32
ifeq ($(findstring bare,$(T)),$(T))
run-more: run-bare
endif
run-bare: run-bare-m0 run-bare-m3 run-bare-rv32
run-bare-m0 run-bare-m3 run-bare-rv32: run-bare-%:
	@sh tests/bare.sh $*

# Every compiler of small machines: see tests/compilers.sh.
.PHONY: run-compilers
ifeq ($(findstring compilers,$(T)),$(T))
run-more: run-compilers
endif
run-compilers:
	@sh tests/compilers.sh

# Arduino and PlatformIO: see tests/manifests.sh.
.PHONY: run-manifests
ifeq ($(findstring manifests,$(T)),$(T))
run-more: run-manifests
endif
run-manifests:
	@sh tests/manifests.sh
