# What takes longer or needs more than `make test` may ask for.
.PHONY: soak
IDLE ?= 19000
soak: $(BUILD)/test_idle
	@IDLE=$(IDLE) $< -v
$(BUILD)/test_idle: tests/seam.h tests/sockets.h
