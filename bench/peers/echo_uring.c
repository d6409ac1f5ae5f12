/* The echo server with io_uring by hand: multishot accept and recv, a ring of buffers, one enter a
 * batch. The limit of a server that need not run elsewhere. */
#define _GNU_SOURCE 1
#include "listen.h"
#include <liburing.h>
#include <string.h>

enum { BUFFERS = 4096, SIZE = 2048, GROUP = 1, ACCEPT = 1, RECV, SEND };
static struct io_uring ring;
static struct io_uring_buf_ring *buffers;
static char *memory;

static struct io_uring_sqe *submission(int what, int fd, int buffer)
{
    struct io_uring_sqe *s = io_uring_get_sqe(&ring);
    if (!s) {
        (void)io_uring_submit(&ring);
        s = io_uring_get_sqe(&ring);
    }
    if (!s) abort();
    memset(s, 0, sizeof *s);
    s->user_data = (uint64_t)what << 56 | (uint64_t)(unsigned)buffer << 32 | (unsigned)fd;
    return s;
}
#define SUBMIT(prepare, what, fd, buffer, ...)                                                     \
    do {                                                                                           \
        struct io_uring_sqe *s_ = submission(what, fd, buffer);                                    \
        uint64_t data_ = s_->user_data;                                                            \
        prepare(s_, fd, __VA_ARGS__);                                                              \
        s_->user_data = data_;                                                                     \
    } while (0)
static void receive(int fd)
{
    struct io_uring_sqe *s = submission(RECV, fd, 0);
    uint64_t data = s->user_data;
    io_uring_prep_recv(s, fd, NULL, 0, 0);
    s->user_data = data;
    s->ioprio |= IORING_RECV_MULTISHOT;
    s->flags |= IOSQE_BUFFER_SELECT;
    s->buf_group = GROUP;
}
static void give_back(int buffer)
{
    io_uring_buf_ring_add(buffers, memory + (size_t)buffer * SIZE, SIZE, (unsigned short)buffer,
                          io_uring_buf_ring_mask(BUFFERS), 0);
    io_uring_buf_ring_advance(buffers, 1);
}

int main(void)
{
    struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                         IORING_SETUP_CQSIZE,
                                .cq_entries = 16384};
    struct io_uring_buf_reg reg = {.ring_entries = BUFFERS, .bgid = GROUP};
    int i, listener;
    if (io_uring_queue_init_params(4096, &ring, &p) < 0) return 1;
    if (posix_memalign((void **)&buffers, 4096, BUFFERS * sizeof(struct io_uring_buf)) != 0)
        return 1;
    memory = malloc((size_t)BUFFERS * SIZE);
    reg.ring_addr = (uint64_t)(uintptr_t)buffers;
    if (!memory || io_uring_register_buf_ring(&ring, &reg, 0) < 0) return 1;
    io_uring_buf_ring_init(buffers);
    for (i = 0; i < BUFFERS; i++) give_back(i);
    listener = listen_here(0);
    SUBMIT(io_uring_prep_multishot_accept, ACCEPT, listener, 0, NULL, NULL, 0);
    for (;;) {
        struct io_uring_cqe *c;
        unsigned head, n = 0;
        if (io_uring_submit_and_wait(&ring, 1) < 0) return 1;
        io_uring_for_each_cqe(&ring, head, c)
        {
            int what = (int)(c->user_data >> 56), fd = (int)(uint32_t)c->user_data,
                buffer = (int)(c->user_data >> 32 & 0xffffff);
            n++;
            if (what == ACCEPT) {
                if (c->res < 0) continue;
                no_delay(c->res);
                receive(c->res);
            } else if (what == SEND) {
                give_back(buffer);
            } else if (c->res > 0) {
                buffer = (int)(c->flags >> IORING_CQE_BUFFER_SHIFT);
                SUBMIT(io_uring_prep_send, SEND, fd, buffer, memory + (size_t)buffer * SIZE,
                       (size_t)c->res, MSG_NOSIGNAL);
                if (!(c->flags & IORING_CQE_F_MORE)) receive(fd);
            } else {
                (void)close(fd);
            }
        }
        io_uring_cq_advance(&ring, n);
    }
}
