/* What a message costs with 10 to 1,000,000 descriptors that are waited for, one task each, as the
 * table of them grows; messages come at random. The kernel is simulated for both sides, since it
 * gives nobody a million descriptors here, and its own share is not what is asked for.
 *
 * limit   a table of handlers, by descriptor: a function and a count each
 * asyncc  a task each, in async_read() */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static int simulated_fcntl(int fd, int command, int argument);
static int simulated_getsockopt(int fd, int level, int option, void *value, socklen_t *size);
static int simulated_getsockname(int fd, struct sockaddr *name, socklen_t *size);
static int simulated_epoll_ctl(int poller, int operation, int fd, struct epoll_event *event);
static int simulated_epoll_wait(int poller, struct epoll_event *events, int room, int ms);
static ssize_t simulated_recv(int fd, void *data, size_t size, int flags);
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#define fcntl simulated_fcntl
#define getsockopt simulated_getsockopt
#define getsockname simulated_getsockname
#define epoll_ctl simulated_epoll_ctl
#define epoll_wait simulated_epoll_wait
#define recv simulated_recv
#define ASYNCC_IMPLEMENTATION
#include "../asyncc.h"

#include "bench.h"

enum { FIRST = 64, MOST = 1000000, BATCH = 64 };

static uint64_t *key;   /* what epoll was told to say of a descriptor */
static uint8_t *unread; /* messages of 64 bytes */
static uint64_t descriptors, left, seed = 1;

static int simulated_fcntl(int fd, int command, int argument)
{
    (void)fd, (void)command, (void)argument;
    return 0;
}
static int simulated_getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
    (void)fd, (void)level, (void)option, (void)size;
    *(int *)value = SOCK_STREAM;
    return 0;
}
static int simulated_getsockname(int fd, struct sockaddr *name, socklen_t *size)
{
    (void)fd, (void)size;
    name->sa_family = AF_INET;
    return 0;
}
static int simulated_epoll_ctl(int poller, int operation, int fd, struct epoll_event *event)
{
    (void)poller;
    if (operation == EPOLL_CTL_ADD && fd >= FIRST) key[fd - FIRST] = event->data.u64;
    return 0;
}
static uint64_t some(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 32) * descriptors >> 32;
}
__attribute__((__noinline__)) static int
simulated_epoll_wait(int poller, struct epoll_event *events, int room, int ms)
{
    int n;
    (void)poller, (void)ms;
    if (room > BATCH) room = BATCH;
    if ((uint64_t)room > descriptors / 2) room = (int)descriptors / 2;
    for (n = 0; n < room;) {
        uint64_t i = some();
        if (unread[i]) continue;
        unread[i] = 1;
        events[n].events = EPOLLIN;
        events[n++].data.u64 = key[i];
    }
    return n;
}
__attribute__((__noinline__)) static ssize_t simulated_recv(int fd, void *data, size_t size,
                                                            int flags)
{
    (void)data, (void)size, (void)flags;
    if (!unread[fd - FIRST]) {
        errno = EAGAIN;
        return -1;
    }
    unread[fd - FIRST] = 0;
    return 64;
}

/* --- limit --- */

struct handler {
    void (*ready)(int fd, struct handler *self);
    uint64_t bytes;
};
static struct handler *handlers;
static void lim_ready(int fd, struct handler *self)
{
    char data[256];
    ssize_t n = recv(fd, data, sizeof data, 0);
    if (n <= 0) return;
    self->bytes += (uint64_t)n;
    left--;
}
static void limit_fds(uint64_t n, uint64_t size)
{
    (void)size;
    for (left = n; left && left <= n;) { /* the last batch may bring more than was asked for */
        struct epoll_event events[128];
        int i, count = epoll_wait(-1, events, 128, -1);
        for (i = 0; i < count; i++) {
            int fd = (int)(uint32_t)events[i].data.u64;
            struct handler *h = &handlers[fd];
            if (events[i].events & EPOLLIN) h->ready(fd, h);
        }
    }
}

/* --- asyncc --- */

static _Alignas(64) async_loop loop;
static char shared[256];

ASYNC(void, reader, args(int fd), vars(uint64_t bytes; ptrdiff_t n), awaits(async_read))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT_TO(self->n, async_read, self->fd, shared, sizeof shared);
        self->bytes += (uint64_t)self->n;
        if (--left == 0) async_loop_stop(&loop);
    }
    ASYNC_END
}
static ASYNC_TASK(reader) * readers;
static void asyncc_fds(uint64_t n, uint64_t size)
{
    (void)size;
    left = n;
    if (async_loop_run_forever(&loop)) abort();
}

/* As many more as are missing; they wait when this returns. */
ASYNC(void, grow, args(uint64_t size), vars(int err), awaits(async_sleep))
{
    ASYNC_BEGIN
    for (; descriptors < self->size; descriptors++) {
        int fd = FIRST + (int)descriptors;
        handlers[fd].ready = lim_ready;
        self->err = async_adopt(fd);
        if (!self->err) self->err = ASYNC_SPAWN(&readers[descriptors], reader, fd);
        if (self->err) ASYNC_RAISE(self->err);
    }
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}

int main(int argc, char **argv)
{
    uint64_t size;
    bench_start(argc, argv);
    key = calloc(MOST, sizeof *key);
    unread = calloc(MOST, sizeof *unread);
    handlers = calloc(FIRST + MOST, sizeof *handlers);
    readers = calloc(MOST, sizeof *readers);
    if (!key || !unread || !handlers || !readers || async_loop_init(&loop, NULL)) return 1;
    for (size = bench.quick ? 1000 : 10; size <= (bench.quick ? 1000 : MOST); size *= 10) {
        static ASYNC_TASK(grow) more;
        if (ASYNC_SPAWN_ON(&loop, &more, grow, size) ||
            async_loop_run_until_complete(&loop, &more.task))
            return 1;
        BENCH("descriptors", size, 1, {"limit", limit_fds}, {"asyncc", asyncc_fds});
    }
    if (bench.csv) fclose(bench.csv);
    return 0; /* they wait for ever: nothing is worth tidying up */
}
