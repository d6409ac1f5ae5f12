/* Datagrams. */
#include "sockets.h"

ASYNC(ptrdiff_t, u_receives, args(int fd, char *data, size_t size, async_address *from),
      vars(ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_recvfrom, self->fd, self->data, self->size, self->from);
    ASYNC_RETURN(self->n);
    ASYNC_END
}

ASYNC(void, u_echo,
      vars(int a; int b; async_address at; async_address from; async_address mine; char c[64];
           char s[64]; char t[64]; ptrdiff_t n),
      tasks(u_receives r))
{
    ASYNC_BEGIN
    self->a = async_datagram("127.0.0.1:0");
    self->b = async_datagram("127.0.0.1:0");
    CHECK(self->a >= 0 && self->b >= 0);
#ifdef SO_NOSIGPIPE
    CHECK(seam_no_signal[self->a]);
#endif
    CHECK_INT(async_local_address(self->a, &self->at), 0);
    CHECK_INT(async_local_address(self->b, &self->mine), 0);
    ASYNC_SPAWN(&self->r, u_receives, self->a, self->c, sizeof self->c, &self->from);
    AWAIT_QUIET();
    AWAIT_TO(self->n, async_sendto, self->b, "hello", 5, &self->at);
    CHECK_INT(self->n, 5);
    AWAIT(async_join, &self->r.task);
    CHECK_INT(ASYNC_RESULT(&self->r), 5);
    CHECK_STR(async_address_format(&self->from, self->s, 64),
              async_address_format(&self->mine, self->t, 64));
    AWAIT(async_sendto, self->a, self->c, 5, &self->from);
    AWAIT_TO(self->n, async_recvfrom, self->b, self->c, 2, NULL); /* cut */
    CHECK_INT(self->n, 2);
    AWAIT_TO(self->n, async_sendto, self->a, NULL, 0, &self->from); /* of no length, but there */
    CHECK_INT(self->n, 0);
    AWAIT_TO(self->n, async_recvfrom, self->b, self->c, 64, NULL);
    CHECK_INT(self->n, 0);
    CHECK_INT(async_close(self->a), 0);
    CHECK_INT(async_close(self->b), 0);
    ASYNC_END
}
TEST(datagrams_there_and_back)
{
    note_what_is_open();
    CHECK_INT(run_real(u_echo), 0);
    check_nothing_left();
}

/* A short datagram says nothing about the next: all that are there are read without a wait. */
ASYNC(void, u_many,
      vars(int a; int b; async_address at; int i; char c[64]; ptrdiff_t n; long polls))
{
    ASYNC_BEGIN
    self->a = async_datagram("127.0.0.1:0");
    self->b = async_datagram("127.0.0.1:0");
    CHECK_INT(async_local_address(self->a, &self->at), 0);
    for (self->i = 0; self->i < 100; self->i++)
        AWAIT(async_sendto, self->b, &self->i, sizeof self->i, &self->at);
    for (self->i = 0; self->i < 100; self->i++) {
        AWAIT_TO(self->n, async_recvfrom, self->a, self->c, sizeof self->c, NULL);
        CHECK_INT(self->n, sizeof(int));
        CHECK(memcmp(self->c, &self->i, sizeof(int)) == 0);
    }
    CHECK_INT(async_close(self->a), 0);
    CHECK_INT(async_close(self->b), 0);
    ASYNC_END
}
TEST(F11_all_datagrams_that_are_there)
{
    CHECK_INT(run_real(u_many), 0);
}

ASYNC(void, u_errors, vars(int a; async_address at; char c; int err; int bad), tasks(u_receives r))
{
    ASYNC_BEGIN
    static char huge[70000];
    self->a = async_datagram("127.0.0.1:0");
    CHECK_INT(async_local_address(self->a, &self->at), 0);
    AWAIT_ERR(self->err, async_sendto, self->a, huge, sizeof huge, &self->at);
    CHECK_INT(self->err, -EMSGSIZE);
    AWAIT_ERR(self->err, async_sendto, self->a, huge, 1, NULL); /* to whom? */
    CHECK(self->err == -EDESTADDRREQ || self->err == -ENOTCONN);
    ASYNC_SPAWN(&self->r, u_receives, self->a, &self->c, 1, NULL);
    AWAIT_QUIET();
    AWAIT_ERR(self->err, async_recvfrom, self->a, &self->c, 1, NULL);
    CHECK_INT(self->err, -EBUSY);
    CHECK_INT(async_close(self->a), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->r));
    CHECK_INT(async_task_error(&self->r.task), -EBADF);
    CHECK_INT(async_datagram("nonsense"), -EINVAL);
    ASYNC_END
}
TEST(F1_F6_datagram_errors)
{
    note_what_is_open();
    CHECK_INT(run_real(u_errors), 0);
    check_nothing_left();
}

/* A connected pair, one of whose ends goes: an error (systems differ), and no signal. */
ASYNC(void, u_pair, vars(int fd[2]; char c[8]; ptrdiff_t n; int err; int i))
{
    ASYNC_BEGIN
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, self->fd) == 0);
    CHECK_INT(async_adopt(self->fd[0]), 0);
    CHECK_INT(async_adopt(self->fd[1]), 0);
    AWAIT(async_write, self->fd[0], "one", 3);
    AWAIT(async_sendto, self->fd[0], "two!", 4, NULL);
    AWAIT_TO(self->n, async_read, self->fd[1], self->c, 8);
    CHECK_INT(self->n, 3);
    AWAIT_TO(self->n, async_recvfrom, self->fd[1], self->c, 8, NULL);
    CHECK_INT(self->n, 4);
    CHECK_INT(async_close(self->fd[1]), 0);
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT_ERR(self->err, async_write, self->fd[0], "x", 1);
        CHECK(self->err < 0 && self->err != -EAGAIN);
        AWAIT_ERR(self->err, async_sendto, self->fd[0], "x", 1, NULL);
        CHECK(self->err < 0 && self->err != -EAGAIN);
    }
    CHECK_INT(async_close(self->fd[0]), 0);
    ASYNC_END
}
TEST(F16_datagrams_to_nobody)
{
    signal(SIGPIPE, SIG_DFL);
    CHECK_INT(run_real(u_pair), 0);
}

/* The receiver is slow: the sender waits. */
ASYNC(void, u_sends, args(int fd, int n), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->n; self->i++)
        AWAIT(async_write, self->fd, &self->i, sizeof self->i);
    ASYNC_END
}
ASYNC(void, u_slow, vars(int fd[2]; int i; int got; ptrdiff_t n), tasks(u_sends s))
{
    ASYNC_BEGIN
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, self->fd) == 0);
    CHECK_INT(async_adopt(self->fd[0]), 0);
    CHECK_INT(async_adopt(self->fd[1]), 0);
    ASYNC_SPAWN(&self->s, u_sends, self->fd[0], 2000);
    AWAIT_QUIET();
    CHECK(!async_task_done(&self->s.task));
    for (self->i = 0; self->i < 2000; self->i++) {
        AWAIT_TO(self->n, async_read, self->fd[1], &self->got, sizeof self->got);
        CHECK_INT(self->n, sizeof(int));
        CHECK_INT(self->got, self->i);
    }
    AWAIT(async_join, &self->s.task);
    close_pair(self->fd);
    ASYNC_END
}
TEST(F17_sender_waits_for_a_slow_receiver)
{
    CHECK_INT(run_real(u_slow), 0);
}
