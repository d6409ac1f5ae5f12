/* The tests of descriptors again, with poll(). */
#undef ASYNCC_POLLER
#define ASYNCC_POLLER 3
#include "test_process.c"
#include "test_signal.c"
#include "test_socket.c"
#include "test_accept.c"
#include "test_foreign_fd.c"
#include "test_udp.c"
#include "test_unix.c"
#include "test_sweep.c"
#include "test_threadsafe.c"
#include "test_stream.c"
#include "test_server.c"
#include "test_sendfile.c"
