/* Descriptors that another library owns: nothing about them is remembered from wait to wait. */
#include "sockets.h"

/* A library connects to a list of hosts: it closes a socket and opens the next, which gets the
 * same number, between two waits. keep: a dup of the first one stays open somewhere. */
ASYNC(void, f_list, args(bool keep), vars(int fd[2]; int next[2]; int copy; char c; int i))
{
    ASYNC_BEGIN
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fd) == 0);
    for (self->i = 0; self->i < 5; self->i++) {
        AWAIT(async_wait_writable, self->fd[0]);
        self->copy = self->keep ? dup(self->fd[0]) : -1;
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, self->next) == 0);
        CHECK(dup2(self->next[0], self->fd[0]) == self->fd[0]); /* closes the first */
        close(self->next[0]);
        AWAIT(async_wait_writable, self->fd[0]);
        put(self->next[1], "x");
        AWAIT(async_wait_readable, self->fd[0]);
        CHECK_INT(recv(self->fd[0], &self->c, 1, MSG_DONTWAIT), 1);
        close(self->fd[1]);
        self->fd[1] = self->next[1];
        if (self->keep) close(self->copy);
    }
    close(self->fd[0]);
    close(self->fd[1]);
    ASYNC_END
}
TEST(F4_replaced_under_the_same_number_between_two_waits)
{
    note_what_is_open();
    CHECK_INT(run_real(f_list, false), 0);
    CHECK_INT(run_real(f_list, true), 0);
    check_nothing_left();
}

ASYNC(void, f_regular, vars(int fd; int err; char c[4]; ptrdiff_t n; long polls))
{
    ASYNC_BEGIN
    self->fd = open("/etc/passwd", O_RDONLY);
    CHECK(self->fd >= 0);
    AWAIT_ERR(self->err, async_wait_readable, self->fd);
    CHECK_INT(self->err, -ENOTSUP);
    CHECK_INT(async_adopt(self->fd), 0); /* a file never makes anybody wait */
    AWAIT_TO(self->n, async_read, self->fd, self->c, 4);
    CHECK_INT(self->n, 4);
    CHECK_INT(async_close(self->fd), 0);
    self->fd = open("/", O_RDONLY);
    AWAIT_ERR(self->err, async_wait_readable, self->fd);
    CHECK_INT(self->err, -ENOTSUP);
    close(self->fd);
    AWAIT_ERR(self->err, async_wait_readable, self->fd);
    CHECK_INT(self->err, -EBADF);
    ASYNC_END
}
TEST(F5_regular_file)
{
    note_what_is_open();
    CHECK_INT(run_real(f_regular), 0);
    check_nothing_left();
}

ASYNC(void, f_both, vars(int fd[2]; int err; char c), tasks(readable r, writable w))
{
    ASYNC_BEGIN
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fd) == 0);
    fill(self->fd[0]);
    ASYNC_SPAWN(&self->r, readable, self->fd[0]);
    ASYNC_SPAWN(&self->w, writable, self->fd[0]);
    AWAIT_QUIET();
    AWAIT_ERR(self->err, async_wait_readable, self->fd[0]);
    CHECK_INT(self->err, -EBUSY);
    AWAIT_ERR(self->err, async_wait_writable, self->fd[0]);
    CHECK_INT(self->err, -EBUSY);
    CHECK_INT(async_adopt(self->fd[0]), -EBUSY);
    put(self->fd[1], "x");
    AWAIT(async_join, &self->r.task);
    AWAIT_QUIET();
    CHECK(!async_task_done(&self->w.task)); /* still waits, and is armed again */
    while (recv(self->fd[1], &self->c, 1, MSG_DONTWAIT) > 0) {}
    AWAIT(async_join, &self->w.task);
    CHECK_INT(recv(self->fd[0], &self->c, 1, MSG_DONTWAIT), 1);
    CHECK_INT(self->c, 'x');
    close(self->fd[0]);
    close(self->fd[1]);
    ASYNC_END
}
TEST(F6_one_waiter_for_each_direction)
{
    note_what_is_open();
    CHECK_INT(run_real(f_both), 0);
    check_nothing_left();
}

/* What has been there before is there: level-triggered. */
ASYNC(void, f_level, vars(int fd[2]; char c; int i; async_timeout t; int err))
{
    ASYNC_BEGIN
    CHECK(pipe(self->fd) == 0);
    CHECK_INT(write(self->fd[1], "abc", 3), 3);
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT(async_wait_readable, self->fd[0]);
        AWAIT(async_wait_readable, self->fd[0]);
        CHECK_INT(read(self->fd[0], &self->c, 1), 1);
    }
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(10)) AWAIT(async_wait_readable, self->fd[0]);
    }
    ASYNC_CATCH(self->err) {}
    CHECK_INT(self->err, -ETIMEDOUT);
    CHECK((fcntl(self->fd[0], F_GETFL) & O_NONBLOCK) == 0); /* left as it was */
    close(self->fd[1]);
    AWAIT(async_wait_readable, self->fd[0]); /* its end */
    CHECK_INT(read(self->fd[0], &self->c, 1), 0);
    close(self->fd[0]);
    ASYNC_END
}
TEST(pipe_is_reported_as_long_as_something_is_in_it)
{
    note_what_is_open();
    CHECK_INT(run_real(f_level), 0);
    check_nothing_left();
}

/* A wait that was cancelled has left the descriptor armed: at most one look for nothing. */
ASYNC(void, f_cancelled, vars(int fd[2]; long polls; char c), tasks(readable a, readable b))
{
    ASYNC_BEGIN
    CHECK(pipe(self->fd) == 0);
    ASYNC_SPAWN(&self->a, readable, self->fd[0]);
    AWAIT_QUIET();
    CHECK(async_task_cancel(&self->a.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a));
    CHECK(async_task_cancelled(&self->a.task));
    CHECK_INT(write(self->fd[1], "x", 1), 1);
    AWAIT_QUIET();
    self->polls = seam_polls();
    AWAIT(async_sleep, ASYNC_MS(20));
    CHECK(seam_polls() - self->polls <= 3);
    AWAIT(async_wait_readable, self->fd[0]);
    CHECK_INT(read(self->fd[0], &self->c, 1), 1);
    ASYNC_SPAWN(&self->b, readable, self->fd[0]);
    AWAIT_QUIET();
    CHECK_INT(write(self->fd[1], "y", 1), 1);
    AWAIT(async_join, &self->b.task);
    close(self->fd[0]);
    close(self->fd[1]);
    ASYNC_END
}
TEST(F3_cancelled_wait_does_not_spin)
{
    CHECK_INT(run_real(f_cancelled), 0);
}
/* Nobody waits any more, and the other end is gone. */
ASYNC(void, f_hangup, vars(int fd[2]; long polls), tasks(readable a))
{
    ASYNC_BEGIN
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fd) == 0);
    ASYNC_SPAWN(&self->a, readable, self->fd[0]);
    AWAIT_QUIET();
    close(self->fd[1]);
    AWAIT(async_join, &self->a.task);
    self->polls = seam_polls();
    AWAIT(async_sleep, ASYNC_MS(20));
    CHECK(seam_polls() - self->polls <= 3);
    AWAIT(async_wait_readable, self->fd[0]);
    AWAIT(async_wait_writable, self->fd[0]); /* to be told of the error */
    close(self->fd[0]);
    ASYNC_END
}
TEST(F7_hangup_of_a_foreign_one_wakes_and_does_not_spin)
{
    CHECK_INT(run_real(f_hangup), 0);
}

ASYNC(void, f_closed, vars(int fd[2]; int err))
{
    ASYNC_BEGIN
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fd) == 0);
    AWAIT(async_wait_writable, self->fd[0]);
    close(self->fd[0]);
    AWAIT_ERR(self->err, async_wait_readable, self->fd[0]);
    CHECK_INT(self->err, -EBADF);
    close(self->fd[1]);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fd) == 0);
    put(self->fd[1], "x");
    AWAIT(async_wait_readable, self->fd[0]);
    close(self->fd[0]);
    close(self->fd[1]);
    ASYNC_END
}
TEST(closed_before_the_wait)
{
    note_what_is_open();
    CHECK_INT(run_real(f_closed), 0);
    check_nothing_left();
}
/* Closed by its owner during a wait, which is the owner's mistake: nobody tells the loop, but if
 * the number comes back as one of its own, who waits is told, and nobody else is disturbed. */
ASYNC(void, f_closed_under, vars(int fd[2]; int listener; int got; int k; int err),
      tasks(readable a, connects c))
{
    ASYNC_BEGIN
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fd) == 0);
    ASYNC_SPAWN(&self->a, readable, self->fd[0]);
    AWAIT_QUIET();
    close(self->fd[0]);
    AWAIT_QUIET();
    self->listener = async_listen("127.0.0.1:0", 0);
    CHECK_INT(self->listener, self->fd[0]);
    ASYNC_SPAWN(&self->c, connects, address_of(self->listener));
    AWAIT_TO(self->got, async_accept, self->listener, NULL);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->c));
    self->err = async_task_error(&self->a.task);
    /* poll() finds out before */
    CHECK_INT(self->err, ASYNCC_POLLER == ASYNCC_POLL ? 0 : -EBADF);
    CHECK_INT(async_close(ASYNC_RESULT(&self->c)), 0);
    CHECK_INT(async_close(self->got), 0);
    CHECK_INT(async_close(self->listener), 0);
    close(self->fd[1]);
    ASYNC_END
}
TEST(F1_foreign_one_closed_by_its_owner_during_a_wait)
{
    note_what_is_open();
    CHECK_INT(run_real(f_closed_under), 0);
    check_nothing_left();
}

/* First foreign, then adopted: what the wait has left does not stand in the way. */
ASYNC(void, f_adopted, vars(int fd[2]; char c; int i), tasks(readable a, reads r))
{
    ASYNC_BEGIN
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fd) == 0);
    ASYNC_SPAWN(&self->a, readable, self->fd[0]);
    AWAIT_QUIET();
    CHECK(async_task_cancel(&self->a.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a));
    CHECK_INT(async_adopt(self->fd[0]), 0);
    for (self->i = 0; self->i < 3; self->i++) { /* more than once: it is not armed for one wait */
        ASYNC_SPAWN(&self->r, reads, self->fd[0], &self->c, 1);
        AWAIT_QUIET();
        put(self->fd[1], "x");
        AWAIT(async_join, &self->r.task);
        CHECK_INT(ASYNC_RESULT(&self->r), 1);
    }
    CHECK_INT(async_close(self->fd[0]), 0);
    close(self->fd[1]);
    ASYNC_END
}
TEST(adopted_after_a_wait_as_a_foreign_one)
{
    note_what_is_open();
    CHECK_INT(run_real(f_adopted), 0);
    check_nothing_left();
}

/* The loop's own can be waited for too, whether its edge has been seen or not. */
ASYNC(void, f_own, vars(int fd[2]; char c; int i))
{
    ASYNC_BEGIN
    own_unix_pair(self->fd);
    put(self->fd[1], "abc");
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT(async_wait_readable, self->fd[0]);
        AWAIT(async_wait_readable, self->fd[0]);
        AWAIT(async_wait_writable, self->fd[0]);
        AWAIT(async_read, self->fd[0], &self->c, 1);
    }
    CHECK_INT(async_close(self->fd[1]), 0);
    AWAIT(async_wait_readable, self->fd[0]);
    CHECK_INT(async_close(self->fd[0]), 0);
    ASYNC_END
}
TEST(own_descriptor_can_be_waited_for)
{
    CHECK_INT(run_real(f_own), 0);
}
/* Also in the middle of what a task may do without a turn of the loop. */
ASYNC(void, f_many, args(int fd), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 200; self->i++) AWAIT(async_wait_writable, self->fd);
    ASYNC_END
}
ASYNC(void, f_share, vars(int fd[2]), tasks(f_many m), awaits(f_many))
{
    ASYNC_BEGIN
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fd) == 0);
    AWAIT(f_many, self->fd[0]);
    CHECK_INT(async_adopt(self->fd[1]), 0);
    ASYNC_SPAWN(&self->m, f_many, self->fd[1]);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(!async_task_done(&self->m.task)); /* it gave way */
    AWAIT(async_join, &self->m.task);
    close(self->fd[0]);
    CHECK_INT(async_close(self->fd[1]), 0);
    ASYNC_END
}
TEST(many_waits_in_a_row)
{
    CHECK_INT(run_real(f_share), 0);
}

/* Pipes of the loop. */
static char f_big[300000];
ASYNC(void, f_pipe, vars(int fd[2]; char data[4096]; ptrdiff_t n; size_t got; int err),
      tasks(writes w))
{
    ASYNC_BEGIN
    CHECK(pipe(self->fd) == 0);
    CHECK_INT(async_adopt(self->fd[0]), 0);
    CHECK_INT(async_adopt(self->fd[1]), 0);
    ASYNC_SPAWN(&self->w, writes, self->fd[1], f_big, sizeof f_big);
    while (self->got < sizeof f_big) {
        AWAIT_TO(self->n, async_read, self->fd[0], self->data, sizeof self->data);
        CHECK(self->n > 0);
        self->got += (size_t)self->n;
    }
    AWAIT(async_join, &self->w.task);
    AWAIT_ERR(self->err, async_read, self->fd[1], self->data, 1);
    CHECK_INT(self->err, -EBADF);
    CHECK_INT(async_close(self->fd[1]), 0);
    AWAIT_TO(self->n, async_read, self->fd[0], self->data, sizeof self->data);
    CHECK_INT(self->n, 0);
    CHECK_INT(async_close(self->fd[0]), 0);
    ASYNC_END
}
TEST(F11_pipe_with_a_slow_reader)
{
    note_what_is_open();
    CHECK_INT(run_real(f_pipe), 0);
    check_nothing_left();
}
