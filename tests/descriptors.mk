# Three programs include the tests of others: they are rebuilt when those change.
descriptor_tests := $(filter-out tests/test_poll.c tests/test_kqueue.c tests/test_uring.c, \
    $(addprefix tests/,$(shell sed -n 's/^#include "\(test_.*\.c\)"/\1/p' tests/test_poll.c tests/test_uring.c)))
$(BUILD)/test_poll $(BUILD)/test_kqueue $(BUILD)/test_uring: $(BUILD)/descriptors
$(patsubst tests/%.c,$(BUILD)/%,$(descriptor_tests)): tests/seam.h tests/sockets.h
$(BUILD)/descriptors: $(descriptor_tests) tests/seam.h tests/sockets.h tests/kqueue/sys/event.h
	@mkdir -p $(@D)
	@touch $@
