// FLAGS: -Itests/kqueue
/* The tests of descriptors again, with a kqueue made of epoll, on something like macOS: no
 * accept4, no flags for socket(), and SO_NOSIGPIPE where others have MSG_NOSIGNAL. */
#undef ASYNCC_POLLER
#define ASYNCC_POLLER 2
#define KQUEUE_LIKE_MACOS
#include "test_socket.c"
#include "test_accept.c"
#include "test_foreign_fd.c"
#include "test_udp.c"
#include "test_unix.c"
#include "test_sweep.c"
