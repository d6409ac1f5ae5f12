/* What the tests of sockets share: the seam, the runner, and connected pairs. */
#ifndef SOCKETS_H_
#define SOCKETS_H_

#include "seam.h"
#include "test.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A listening TCP socket of loopback's, not the loop's; its port. */
static TEST_UNUSED_ int tcp_listener(int backlog, struct sockaddr_in *name)
{
    socklen_t size = sizeof *name;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    memset(name, 0, sizeof *name);
    name->sin_family = AF_INET;
    name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)name, sizeof *name) == 0);
    CHECK(listen(fd, backlog) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)name, &size) == 0);
    return fd;
}

/* Two ends of a TCP connection. */
static TEST_UNUSED_ void tcp_pair(int fd[2])
{
    struct sockaddr_in name;
    int listener = tcp_listener(1, &name);
    fd[0] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(fd[0], (struct sockaddr *)&name, sizeof name) == 0);
    fd[1] = accept(listener, NULL, NULL);
    CHECK(fd[1] >= 0);
    close(listener);
}

/* The same, the loop's. */
static TEST_UNUSED_ void own_tcp_pair(int fd[2])
{
    tcp_pair(fd);
    CHECK_INT(async_adopt(fd[0]), 0);
    CHECK_INT(async_adopt(fd[1]), 0);
}
static TEST_UNUSED_ void own_unix_pair(int fd[2])
{
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    CHECK_INT(async_adopt(fd[0]), 0);
    CHECK_INT(async_adopt(fd[1]), 0);
}
static TEST_UNUSED_ void close_pair(int fd[2])
{
    CHECK_INT(async_close(fd[0]), 0);
    CHECK_INT(async_close(fd[1]), 0);
}
/* Writes from outside of the loop. */
static TEST_UNUSED_ void put(int fd, const char *text)
{
    CHECK_INT(send(fd, text, strlen(text), 0), strlen(text));
}

/* "127.0.0.1:port" of a listener, in a static buffer. */
static TEST_UNUSED_ const char *address_of(int fd)
{
    static char text[128];
    async_address address;
    CHECK_INT(async_local_address(fd, &address), 0);
    return async_address_format(&address, text, sizeof text);
}

/* Until not a byte more goes in, also after the kernel has moved some of it on. */
static TEST_UNUSED_ void fill(int fd)
{
    static char data[1 << 16];
    do {
        while (send(fd, data, sizeof data, MSG_DONTWAIT) > 0) {}
        CHECK_INT(errno, EAGAIN);
        usleep(20000);
    } while (send(fd, data, 1, MSG_DONTWAIT) > 0);
}
/* The next close() of it tells the other end to forget everything. */
static TEST_UNUSED_ void reset_at_close(int fd)
{
    struct linger now;
    now.l_onoff = 1;
    now.l_linger = 0;
    CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0);
}

/* As tasks. */
ASYNC(ptrdiff_t, reads, args(int fd, char *data, size_t size), vars(ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_read, self->fd, self->data, self->size);
    ASYNC_RETURN(self->n);
    ASYNC_END
}
ASYNC(ptrdiff_t, writes, args(int fd, const char *data, size_t size), vars(ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_write_all, self->fd, self->data, self->size);
    ASYNC_RETURN(self->n);
    ASYNC_END
}
ASYNC(void, readable, args(int fd))
{
    ASYNC_BEGIN
    AWAIT(async_wait_readable, self->fd);
    ASYNC_END
}
ASYNC(void, writable, args(int fd))
{
    ASYNC_BEGIN
    AWAIT(async_wait_writable, self->fd);
    ASYNC_END
}
ASYNC(int, accepts, args(int fd), vars(int got))
{
    ASYNC_BEGIN
    AWAIT_TO(self->got, async_accept, self->fd, NULL);
    ASYNC_RETURN(self->got);
    ASYNC_END
}
ASYNC(int, connects, args(const char *address), vars(int got))
{
    ASYNC_BEGIN
    AWAIT_TO(self->got, async_connect, self->address);
    ASYNC_RETURN(self->got);
    ASYNC_END
}
/* Everybody who can run does; what a socket has to tell has been told. */
#define AWAIT_QUIET() AWAIT(async_sleep, ASYNC_MS(5))

/* What the poller opens at the first wait: an epoll descriptor, or those of the stand-in. */
#define POLLER_DESCRIPTORS                                                                         \
    (ASYNCC_POLLER == ASYNCC_EPOLL ? 1 : ASYNCC_POLLER == ASYNCC_KQUEUE ? 3 : 0)

/* Nothing is left of a test. Call before and after. */
static int left_before_;
static TEST_UNUSED_ void note_what_is_open(void)
{
    left_before_ = seam_descriptors();
}
static TEST_UNUSED_ void check_nothing_left(void)
{
    CHECK_INT(seam_blocks, 0);
    CHECK_INT(seam_descriptors(), left_before_);
}

#endif
