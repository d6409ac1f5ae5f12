// FLAGS: -Itests/kqueue
/* The tests of descriptors again, with a kqueue made of epoll, on something like macOS: no
 * accept4, no flags for socket(), and SO_NOSIGPIPE where others have MSG_NOSIGNAL. */
#undef ASYNCC_POLLER
#define ASYNCC_POLLER 2
#define KQUEUE_LIKE_MACOS
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

/* The stand-in does what the manuals say, as far as asyncc.h relies on it. */
static int k_change(int kq, int fd, int filter, int flags, intptr_t mark)
{
    struct kevent k;
    EV_SET(&k, (uintptr_t)fd, (short)filter, (unsigned short)flags, 0, 0, (void *)mark);
    return kevent(kq, &k, 1, NULL, 0, NULL) < 0 ? errno : 0;
}
static int k_look(int kq, struct kevent *k)
{
    static const struct timespec now = {0, 0};
    return kevent(kq, NULL, 0, k, 4, &now);
}
TEST(stand_in_keeps_to_the_manual)
{
    struct timespec years = {200000000, 0};
    struct kevent k[4];
    char c[8];
    int fd[2], kq = kqueue();
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    CHECK_INT(k_change(kq, fd[0], EVFILT_READ, EV_DELETE, 0), ENOENT);
    CHECK_INT(k_change(kq, 999, EVFILT_READ, EV_ADD, 0), EBADF);
    put(fd[1], "abc"); /* there before it is added: reported */
    CHECK_INT(k_change(kq, fd[0], EVFILT_READ, EV_ADD | EV_CLEAR, 1), 0);
    CHECK_INT(k_look(kq, k), 1); /* and not the other filter */
    CHECK(k[0].filter == EVFILT_READ && k[0].data == 3 && k[0].udata == (void *)1);
    CHECK_INT(k_look(kq, k), 0); /* EV_CLEAR: once */
    put(fd[1], "d");
    CHECK_INT(read(fd[0], c, 8), 4);
    CHECK_INT(k_look(kq, k), 0); /* no longer true when it is fetched */
    put(fd[1], "e");
    CHECK_INT(k_change(kq, fd[0], EVFILT_READ, EV_ADD | EV_ONESHOT, 2), 0);
    CHECK_INT(k_look(kq, k), 1);
    CHECK(k[0].udata == (void *)2);
    put(fd[1], "f");
    CHECK_INT(k_look(kq, k), 1); /* still EV_CLEAR: to add it again did not make it a oneshot */
    CHECK_INT(k_change(kq, fd[0], EVFILT_READ, EV_DELETE, 0), 0);
    CHECK_INT(k_change(kq, fd[0], EVFILT_READ, EV_ADD | EV_ONESHOT, 3), 0);
    close(fd[1]); /* the end, together with data */
    CHECK_INT(k_look(kq, k), 1);
    CHECK((k[0].flags & EV_EOF) && k[0].data == 2);
    CHECK_INT(k_look(kq, k), 0); /* deleted when it was fetched */
    CHECK_INT(k_change(kq, fd[0], EVFILT_READ, EV_DELETE, 0), ENOENT);
    CHECK_INT(k_change(kq, fd[0], EVFILT_WRITE, EV_ADD, 4), 0);
    close(fd[0]); /* takes its events away */
    CHECK_INT(k_look(kq, k), 0);
    CHECK(pipe(fd) == 0);
    close(fd[0]);
    CHECK_INT(k_change(kq, fd[1], EVFILT_WRITE, EV_ADD, 0), EPIPE);
    CHECK(kevent(kq, NULL, 0, k, 4, &years) < 0 && errno == EINVAL);
}
