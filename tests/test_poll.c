/* The tests of descriptors again, with poll(). */
#undef ASYNCC_POLLER
#define ASYNCC_POLLER 3
#include "test_socket.c"
