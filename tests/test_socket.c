/* Stream sockets when things go wrong: what must happen to those who wait. The F numbers are
 * those of the list of faults that an event loop has to stand. */
#include "sockets.h"

#include <sys/time.h>

enum { S_BIG = 1 << 20 };
static char s_big[S_BIG], s_got[S_BIG + 1];

ASYNC(void, s_close_wakes, vars(int fd[2]; char in), tasks(reads r, writes w))
{
    ASYNC_BEGIN
    own_tcp_pair(self->fd);
    fill(self->fd[0]);
    ASYNC_SPAWN(&self->r, reads, self->fd[0], &self->in, 1);
    ASYNC_SPAWN(&self->w, writes, self->fd[0], s_big, S_BIG);
    AWAIT_QUIET();
    CHECK(!async_task_done(&self->r.task) && !async_task_done(&self->w.task));
    CHECK_INT(async_close(self->fd[0]), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->r, &self->w));
    CHECK_INT(async_task_error(&self->r.task), -EBADF);
    CHECK_INT(async_task_error(&self->w.task), -EBADF);
    CHECK_INT(async_close(self->fd[0]), -EBADF);
    CHECK_INT(async_close(self->fd[1]), 0);
    ASYNC_END
}
TEST(F1_close_wakes_waiters_with_ebadf)
{
    note_what_is_open();
    CHECK_INT(run_real(s_close_wakes), 0);
    check_nothing_left();
}

/* close() instead of async_close(): who waits may not be told, but it can be cancelled, and the
 * next descriptor of the loop with that number is not mistaken for the old one. */
ASYNC(void, s_bare_close, vars(int fd[2]; int again; char c; char text[16]),
      tasks(reads r, reads s))
{
    ASYNC_BEGIN
    own_unix_pair(self->fd);
    ASYNC_SPAWN(&self->r, reads, self->fd[0], &self->c, 1);
    AWAIT_QUIET();
    close(self->fd[0]);
    AWAIT_QUIET();
    self->again = async_listen("127.0.0.1:0", 0); /* takes the lowest number */
    CHECK_INT(self->again, self->fd[0]);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->r));
    CHECK_INT(async_task_error(&self->r.task), -EBADF);
    CHECK_INT(async_close(self->again), 0);

    ASYNC_SPAWN(&self->s, reads, self->fd[1], &self->c, 1); /* the peer is gone */
    AWAIT(async_join, &self->s.task);
    CHECK_INT(ASYNC_RESULT(&self->s), 0);
    CHECK_INT(async_close(self->fd[1]), 0);
    ASYNC_END
}
TEST(F1_bare_close_of_a_socket_that_is_waited_for)
{
    note_what_is_open();
    CHECK_INT(run_real(s_bare_close), 0);
    check_nothing_left();
}

/* Two are woken by the same poll; the first closes the second's descriptor and puts another
 * under its number, with data in it that is not the second's. */
ASYNC(void, s_thief, args(int fd, int victim), vars(int fresh[2]; char c; ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_read, self->fd, &self->c, 1);
    CHECK_INT(async_close(self->victim), 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fresh) == 0);
    if (self->fresh[0] != self->victim) {
        CHECK(dup2(self->fresh[0], self->victim) == self->victim);
        close(self->fresh[0]);
    }
    put(self->fresh[1], "secret");
    CHECK_INT(async_adopt(self->victim), 0);
    AWAIT(async_sleep, ASYNC_MS(10));
    AWAIT_TO(self->n, async_read, self->victim, &self->c, 1);
    CHECK_INT(self->c, 's');
    CHECK_INT(async_close(self->victim), 0);
    close(self->fresh[1]);
    ASYNC_END
}
ASYNC(void, s_reuse, vars(int a[2]; int b[2]; char c), tasks(s_thief thief, reads r))
{
    ASYNC_BEGIN
    own_unix_pair(self->a);
    own_unix_pair(self->b);
    ASYNC_SPAWN(&self->thief, s_thief, self->a[0], self->b[0]);
    ASYNC_SPAWN(&self->r, reads, self->b[0], &self->c, 1);
    AWAIT_QUIET();
    put(self->a[1], "x");
    put(self->b[1], "y");
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->thief, &self->r));
    CHECK_INT(async_task_error(&self->thief.task), 0);
    CHECK_INT(async_task_error(&self->r.task), -EBADF);
    CHECK_INT(self->c, 0);
    close_pair(self->a);
    CHECK_INT(async_close(self->b[1]), 0);
    ASYNC_END
}
TEST(F2_descriptor_reused_before_the_turn_of_who_was_woken)
{
    note_what_is_open();
    CHECK_INT(run_real(s_reuse), 0);
    check_nothing_left();
}

/* A dup of the description keeps it alive in the kernel's poller. */
ASYNC(void, s_dup, args(bool bare), vars(int fd[2]; int copy; int i; int again; long polls; char c),
      tasks(reads r))
{
    ASYNC_BEGIN
    own_unix_pair(self->fd);
    ASYNC_SPAWN(&self->r, reads, self->fd[0], &self->c, 1);
    AWAIT_QUIET(); /* now it is registered */
    self->copy = dup(self->fd[0]);
    if (self->bare) close(self->fd[0]);
    else CHECK_INT(async_close(self->fd[0]), 0);
    self->polls = seam_polls();
    for (self->i = 0; self->i < 10; self->i++) {
        put(self->fd[1], "x");
        AWAIT(async_sleep, ASYNC_MS(2));
    }
    CHECK(seam_polls() - self->polls <= 4 * 10);
    self->polls = seam_polls();
    AWAIT(async_sleep, ASYNC_MS(20));
    CHECK(seam_polls() - self->polls <= 4);
    if (!self->bare) CHECK_INT(async_task_error(&self->r.task), -EBADF);
    self->again = async_listen("127.0.0.1:0", 0);
    CHECK_INT(self->again, self->fd[0]);
    AWAIT_QUIET();
    CHECK(async_task_error(&self->r.task) == -EBADF || (self->bare && ASYNC_RESULT(&self->r) == 1));
    CHECK_INT(async_close(self->again), 0);
    CHECK_INT(async_close(self->fd[1]), 0);
    close(self->copy);
    ASYNC_END
}
TEST(F3_dup_keeps_the_description_alive_no_spin)
{
    note_what_is_open();
    CHECK_INT(run_real(s_dup, false), 0);
    CHECK_INT(run_real(s_dup, true), 0);
    check_nothing_left();
}
ASYNC(void, s_forked, vars(int fd[2]; pid_t child; long polls; char c), tasks(reads r))
{
    ASYNC_BEGIN
    own_unix_pair(self->fd);
    ASYNC_SPAWN(&self->r, reads, self->fd[0], &self->c, 1);
    AWAIT_QUIET();
    self->child = fork();
    if (self->child == 0) pause(), _exit(0);
    CHECK_INT(async_close(self->fd[0]), 0);
    put(self->fd[1], "x"); /* the child's copy can still be written to */
    self->polls = seam_polls();
    AWAIT(async_sleep, ASYNC_MS(20));
    CHECK(seam_polls() - self->polls <= 4);
    kill(self->child, SIGKILL);
    waitpid(self->child, NULL, 0);
    CHECK_INT(async_task_error(&self->r.task), -EBADF);
    CHECK_INT(async_close(self->fd[1]), 0);
    ASYNC_END
}
TEST(F3_inherited_by_a_child_no_spin)
{
    CHECK_INT(run_real(s_forked), 0);
}

ASYNC(void, s_two, vars(int fd[2]; char c; char d; int err), tasks(reads r, writes w))
{
    ASYNC_BEGIN
    own_tcp_pair(self->fd);
    ASYNC_SPAWN(&self->r, reads, self->fd[0], &self->c, 1);
    AWAIT(async_sleep, ASYNC_MS(0));
    AWAIT_ERR(self->err, async_read, self->fd[0], &self->d, 1);
    CHECK_INT(self->err, -EBUSY);
    AWAIT_ERR(self->err, async_wait_readable, self->fd[0]);
    CHECK_INT(self->err, -EBUSY);
    AWAIT_ERR(self->err, async_write, self->fd[0], "z", 1); /* the other direction is free */
    CHECK_INT(self->err, 0);
    put(self->fd[1], "ab");
    AWAIT(async_join, &self->r.task);
    CHECK_INT(self->c, 'a');
    AWAIT(async_read, self->fd[0], &self->d, 1);
    CHECK_INT(self->d, 'b');
    fill(self->fd[0]);
    ASYNC_SPAWN(&self->w, writes, self->fd[0], s_big, S_BIG);
    AWAIT(async_sleep, ASYNC_MS(0));
    AWAIT_ERR(self->err, async_write, self->fd[0], "z", 1);
    CHECK_INT(self->err, -EBUSY);
    (void)async_task_cancel(&self->w.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->w));
    close_pair(self->fd);
    ASYNC_END
}
TEST(F6_two_waiters_of_one_direction)
{
    CHECK_INT(run_real(s_two), 0);
}

/* One has been woken, or has done its share and waits for a turn: its place is taken. */
ASYNC(void, s_intruder, args(int own, int other), vars(char c; char d; int err))
{
    ASYNC_BEGIN
    AWAIT(async_read, self->own, &self->c, 1);
    AWAIT_ERR(self->err, async_read, self->other, &self->d, 1);
    CHECK_INT(self->err, -EBUSY);
    ASYNC_END
}
ASYNC(void, s_woken, vars(int a[2]; int b[2]; char c), tasks(s_intruder i, reads r))
{
    ASYNC_BEGIN
    own_unix_pair(self->a);
    own_unix_pair(self->b);
    ASYNC_SPAWN(&self->i, s_intruder, self->a[0], self->b[0]);
    ASYNC_SPAWN(&self->r, reads, self->b[0], &self->c, 1);
    AWAIT_QUIET();
    put(self->a[1], "x");
    put(self->b[1], "y");
    AWAIT(async_gather, ASYNC_TASKS(&self->i, &self->r));
    CHECK_INT(self->c, 'y');
    close_pair(self->a);
    close_pair(self->b);
    ASYNC_END
}
TEST(F6_second_waiter_while_the_first_is_woken)
{
    CHECK_INT(run_real(s_woken), 0);
}
ASYNC(void, s_greedy, args(int fd, int n), vars(int i; char c))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->n; self->i++) AWAIT(async_read, self->fd, &self->c, 1);
    ASYNC_END
}
ASYNC(void, s_share, vars(int fd[2]; int i; char c; int err; int busy), tasks(s_greedy g))
{
    ASYNC_BEGIN
    own_unix_pair(self->fd);
    for (self->i = 0; self->i < 200; self->i++) put(self->fd[1], "x");
    ASYNC_SPAWN(&self->g, s_greedy, self->fd[0], 150);
    while (!async_task_done(&self->g.task)) {
        AWAIT(async_sleep, ASYNC_MS(0));
        if (async_task_done(&self->g.task)) break;
        AWAIT_ERR(self->err, async_read, self->fd[0], &self->c, 1);
        CHECK_INT(self->err, -EBUSY);
        self->busy++;
    }
    CHECK(self->busy >= 3);
    AWAIT(async_join, &self->g.task);
    close_pair(self->fd);
    ASYNC_END
}
TEST(F6_second_waiter_while_the_first_has_had_its_share)
{
    CHECK_INT(run_real(s_share), 0);
}

ASYNC(void, s_hangup, vars(int fd[2]; char c; int in; int out), tasks(reads r, writes w))
{
    ASYNC_BEGIN
    own_tcp_pair(self->fd);
    fill(self->fd[0]);
    ASYNC_SPAWN(&self->r, reads, self->fd[0], &self->c, 1);
    ASYNC_SPAWN(&self->w, writes, self->fd[0], s_big, S_BIG);
    AWAIT_QUIET();
    reset_at_close(self->fd[1]);
    CHECK_INT(async_close(self->fd[1]), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->r, &self->w));
    self->in = async_task_error(&self->r.task);
    self->out = async_task_error(&self->w.task);
    CHECK(self->in == -ECONNRESET || self->out == -ECONNRESET); /* the kernel tells one of them */
    CHECK(self->out == -ECONNRESET || self->out == -EPIPE);
    CHECK(self->in == -ECONNRESET || self->in == 0);
    CHECK_INT(async_close(self->fd[0]), 0);
    ASYNC_END
}
TEST(F7_F8_reset_wakes_reader_and_writer)
{
    CHECK_INT(run_real(s_hangup), 0);
}
ASYNC(void, s_writer_only, vars(int fd[2]; char c), tasks(writes w))
{
    ASYNC_BEGIN
    own_unix_pair(self->fd);
    fill(self->fd[0]);
    ASYNC_SPAWN(&self->w, writes, self->fd[0], s_big, S_BIG);
    AWAIT_QUIET();
    CHECK_INT(async_close(self->fd[1]), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->w));
    CHECK(async_task_error(&self->w.task) == -EPIPE ||
          async_task_error(&self->w.task) == -ECONNRESET);
    CHECK_INT(async_close(self->fd[0]), 0);
    ASYNC_END
}
TEST(F7_hangup_wakes_a_writer)
{
    CHECK_INT(run_real(s_writer_only), 0);
}
ASYNC(void, s_quiet_hangup, args(bool reset),
      vars(int fd[2]; char c; long polls; ptrdiff_t n; int err), tasks(reads r))
{
    ASYNC_BEGIN
    own_tcp_pair(self->fd);
    ASYNC_SPAWN(&self->r, reads, self->fd[0], &self->c, 1);
    AWAIT_QUIET();
    (void)async_task_cancel(&self->r.task);
    AWAIT_QUIET(); /* registered, and nobody waits */
    if (self->reset) reset_at_close(self->fd[1]);
    CHECK_INT(async_close(self->fd[1]), 0);
    AWAIT_QUIET();
    self->polls = seam_polls();
    AWAIT(async_sleep, ASYNC_MS(20));
    CHECK(seam_polls() - self->polls <= 3);
    self->n = -1;
    AWAIT_TO_ERR(self->n, self->err, async_read, self->fd[0], &self->c, 1);
    CHECK_INT(self->err, self->reset ? -ECONNRESET : 0);
    CHECK_INT(self->n, self->reset ? -1 : 0);
    CHECK_INT(async_close(self->fd[0]), 0);
    ASYNC_END
}
TEST(F7_hangup_without_waiters_does_not_spin)
{
    CHECK_INT(run_real(s_quiet_hangup, false), 0);
    CHECK_INT(run_real(s_quiet_hangup, true), 0);
}

ASYNC(void, s_half, vars(int fd[2]; char c[8]; ptrdiff_t n), tasks(reads r))
{
    ASYNC_BEGIN
    own_tcp_pair(self->fd);
    ASYNC_SPAWN(&self->r, reads, self->fd[1], self->c, 8);
    AWAIT_QUIET();
    CHECK_INT(async_shutdown(self->fd[0], SHUT_WR), 0);
    AWAIT(async_join, &self->r.task);
    CHECK_INT(ASYNC_RESULT(&self->r), 0);
    AWAIT_TO(self->n, async_read, self->fd[1], self->c, 8); /* and it stays so */
    CHECK_INT(self->n, 0);
    AWAIT(async_write, self->fd[1], "still", 5);
    AWAIT_TO(self->n, async_read, self->fd[0], self->c, 8);
    CHECK_INT(self->n, 5);
    close_pair(self->fd);
    ASYNC_END
}
TEST(F9_half_close)
{
    CHECK_INT(run_real(s_half), 0);
}
ASYNC(void, s_shut_own, vars(int fd[2]; char c), tasks(reads r))
{
    ASYNC_BEGIN
    own_tcp_pair(self->fd);
    ASYNC_SPAWN(&self->r, reads, self->fd[0], &self->c, 1);
    AWAIT_QUIET();
    CHECK_INT(async_shutdown(self->fd[0], SHUT_RD), 0);
    AWAIT(async_join, &self->r.task);
    CHECK_INT(ASYNC_RESULT(&self->r), 0);
    close_pair(self->fd);
    CHECK_INT(async_shutdown(self->fd[0], SHUT_RD), -EBADF);
    ASYNC_END
}
TEST(F9_shutdown_of_ones_own_end_wakes_the_reader)
{
    CHECK_INT(run_real(s_shut_own), 0);
}

ASYNC(void, s_eof_data, args(bool wait), vars(int fd[2]; char c[4]; ptrdiff_t n; int i),
      tasks(reads r))
{
    ASYNC_BEGIN
    own_tcp_pair(self->fd);
    ASYNC_SPAWN(&self->r, reads, self->fd[0], self->c, 2);
    if (self->wait) AWAIT_QUIET();
    put(self->fd[1], "abcde");
    CHECK_INT(async_close(self->fd[1]), 0); /* data and end arrive together */
    AWAIT(async_join, &self->r.task);
    CHECK_INT(ASYNC_RESULT(&self->r), 2);
    AWAIT_QUIET();
    AWAIT_TO(self->n, async_read, self->fd[0], self->c, 2);
    CHECK_INT(self->n, 2);
    AWAIT_TO(self->n, async_read, self->fd[0], self->c, 2);
    CHECK_INT(self->n, 1);
    CHECK_INT(self->c[0], 'e');
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT_TO(self->n, async_read, self->fd[0], self->c, 2);
        CHECK_INT(self->n, 0);
    }
    CHECK_INT(async_close(self->fd[0]), 0);
    ASYNC_END
}
TEST(F10_end_together_with_data)
{
    CHECK_INT(run_real(s_eof_data, false), 0);
    CHECK_INT(run_real(s_eof_data, true), 0);
}

/* A short read says that nothing is left, but for what came at the same time. */
ASYNC(void, s_short, vars(int fd[2]; char c[64]; ptrdiff_t n; int i), tasks(reads r))
{
    ASYNC_BEGIN
    own_tcp_pair(self->fd);
    for (self->i = 0; self->i < 20; self->i++) {
        put(self->fd[1], "hello");
        AWAIT_TO(self->n, async_read, self->fd[0], self->c, sizeof self->c);
        CHECK_INT(self->n, 5);
        if (self->i & 1) AWAIT(async_sleep, ASYNC_MS(0));
    }
    put(self->fd[1], "x");
    AWAIT_TO(self->n, async_read, self->fd[0], self->c, sizeof self->c); /* short: dry now */
    CHECK_INT(async_close(self->fd[1]), 0);
    AWAIT_TO(self->n, async_read, self->fd[0], self->c, sizeof self->c);
    CHECK_INT(self->n, 0);
    CHECK_INT(async_close(self->fd[0]), 0);
    ASYNC_END
}
TEST(F11_short_reads)
{
    CHECK_INT(run_real(s_short), 0);
}

ASYNC(void, s_send_parts, args(int fd), vars(ptrdiff_t n; size_t done; int calls))
{
    ASYNC_BEGIN
    while (self->done < S_BIG) {
        AWAIT_TO(self->n, async_write, self->fd, s_big + self->done, S_BIG - self->done);
        CHECK(self->n > 0);
        self->done += (size_t)self->n;
        self->calls++;
    }
    CHECK(self->calls > 3);
    AWAIT(async_write_all, self->fd, s_big, S_BIG);
    CHECK_INT(async_shutdown(self->fd, SHUT_WR), 0);
    ASYNC_END
}
ASYNC(void, s_partial, args(bool tcp),
      vars(int fd[2]; int small; size_t got; ptrdiff_t n; size_t i), tasks(s_send_parts w))
{
    ASYNC_BEGIN
    if (self->tcp) own_tcp_pair(self->fd);
    else own_unix_pair(self->fd);
    self->small = 4096;
    CHECK(setsockopt(self->fd[0], SOL_SOCKET, SO_SNDBUF, &self->small, sizeof self->small) == 0);
    for (self->i = 0; self->i < S_BIG; self->i++)
        s_big[self->i] = (char)(self->i * 7 + self->i / 251);
    ASYNC_SPAWN(&self->w, s_send_parts, self->fd[0]);
    for (self->i = 0; self->i < 2; self->i++) {
        for (self->got = 0; self->got < S_BIG; self->got += (size_t)self->n) {
            AWAIT_TO(self->n, async_read, self->fd[1], s_got + self->got,
                     S_BIG - self->got < 30000 ? S_BIG - self->got : 30000);
            CHECK(self->n > 0);
        }
        CHECK(memcmp(s_big, s_got, S_BIG) == 0);
    }
    AWAIT_TO(self->n, async_read, self->fd[1], s_got, 1);
    CHECK_INT(self->n, 0);
    AWAIT(async_join, &self->w.task);
    close_pair(self->fd);
    ASYNC_END
}
TEST(F11_partial_writes)
{
    CHECK_INT(run_real(s_partial, true), 0);
    CHECK_INT(run_real(s_partial, false), 0);
}

/* Talks to itself over a listener of its own. */
ASYNC(void, s_echo, args(int fd), vars(char data[64]; ptrdiff_t n))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT_TO(self->n, async_read, self->fd, self->data, sizeof self->data);
        if (!self->n) break;
        AWAIT(async_write_all, self->fd, self->data, (size_t)self->n);
    }
    CHECK_INT(async_close(self->fd), 0);
    ASYNC_END
}
ASYNC(void, s_talk, args(int rounds), vars(int listener; int fd; int i; char c; ptrdiff_t n),
      tasks(accepts a, s_echo e))
{
    ASYNC_BEGIN
    self->listener = async_listen("127.0.0.1:0", 0);
    CHECK(self->listener >= 0);
    ASYNC_SPAWN(&self->a, accepts, self->listener);
    AWAIT_TO(self->fd, async_connect, address_of(self->listener));
    AWAIT(async_join, &self->a.task);
    ASYNC_SPAWN(&self->e, s_echo, ASYNC_RESULT(&self->a));
    for (self->i = 0; self->i < self->rounds; self->i++) {
        AWAIT(async_write_all, self->fd, "q", 1);
        AWAIT_TO(self->n, async_read, self->fd, &self->c, 1);
        CHECK_INT(self->n, 1);
        CHECK_INT(self->c, 'q');
        self->c = 0;
    }
    CHECK_INT(async_close(self->fd), 0);
    AWAIT(async_join, &self->e.task);
    CHECK_INT(async_close(self->listener), 0);
    ASYNC_END
}
TEST(F12_interrupted_everywhere)
{
    note_what_is_open();
    seam_interrupt = true;
    CHECK_INT(run_real(s_talk, 50), 0);
    CHECK_INT(run_real(s_eof_data, true), 0);
    CHECK_INT(run_real(s_partial, false), 0);
    check_nothing_left();
}
static void s_on_alarm(int number)
{
    (void)number;
}
TEST(F12_interrupted_by_real_signals)
{
    struct sigaction on_alarm;
    timer_t timer;
    struct sigevent how;
    struct itimerspec every;
    memset(&on_alarm, 0, sizeof on_alarm);
    on_alarm.sa_handler = s_on_alarm; /* no SA_RESTART */
    sigaction(SIGUSR1, &on_alarm, NULL);
    memset(&how, 0, sizeof how);
    how.sigev_notify = SIGEV_SIGNAL;
    how.sigev_signo = SIGUSR1;
    memset(&every, 0, sizeof every);
    every.it_interval.tv_nsec = every.it_value.tv_nsec = 200000;
    CHECK(timer_create(CLOCK_MONOTONIC, &how, &timer) == 0);
    CHECK(timer_settime(timer, 0, &every, NULL) == 0);
    CHECK_INT(run_real(s_talk, 500), 0);
    timer_delete(timer);
}

ASYNC(void, s_refused, vars(int fd; int err; struct sockaddr_in name; char text[32]))
{
    ASYNC_BEGIN
    close(tcp_listener(1, &self->name));
    snprintf(self->text, sizeof self->text, "127.0.0.1:%d", ntohs(self->name.sin_port));
    AWAIT_TO_ERR(self->fd, self->err, async_connect, self->text);
    CHECK_INT(self->err, -ECONNREFUSED);
    AWAIT_TO_ERR(self->fd, self->err, async_connect, "nonsense");
    CHECK_INT(self->err, -EINVAL);
    ASYNC_END
}
TEST(F15_connect_refused)
{
    note_what_is_open();
    CHECK_INT(run_real(s_refused), 0);
    check_nothing_left();
}
/* A listener that takes no more: connecting to it goes on for a minute. */
static int s_full_listener(char *text, size_t size, int clients[2])
{
    struct sockaddr_in name;
    int fd = tcp_listener(0, &name), i;
    for (i = 0; i < 2; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        (void)fcntl(clients[i], F_SETFL, O_NONBLOCK);
        (void)connect(clients[i], (struct sockaddr *)&name, sizeof name);
    }
    snprintf(text, size, "127.0.0.1:%d", ntohs(name.sin_port));
    return fd;
}
ASYNC(void, s_timeout,
      vars(int listener; int clients[2]; int fd; int open; int err; char text[32]; async_timeout t),
      tasks(connects c))
{
    ASYNC_BEGIN
    self->listener = s_full_listener(self->text, sizeof self->text, self->clients);
    AWAIT_QUIET();
    self->open = seam_descriptors();
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(20)) {
            AWAIT_TO(self->fd, async_connect, self->text);
        }
    }
    ASYNC_CATCH(self->err) {}
    CHECK_INT(self->err, -ETIMEDOUT);
    CHECK(self->t.expired);
    CHECK(seam_descriptors() <= self->open + POLLER_DESCRIPTORS);
    self->open = seam_descriptors();

    ASYNC_SPAWN(&self->c, connects, self->text);
    AWAIT_QUIET();
    CHECK_INT(seam_descriptors(), self->open + 1);
    (void)async_task_cancel(&self->c.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->c));
    CHECK(async_task_cancelled(&self->c.task));
    CHECK_INT(seam_descriptors(), self->open);
    close(self->listener);
    close(self->clients[0]);
    close(self->clients[1]);
    ASYNC_END
}
TEST(F15_connect_takes_too_long_or_is_cancelled)
{
    note_what_is_open();
    CHECK_INT(run_real(s_timeout), 0);
    check_nothing_left();
}
static struct sockaddr_in s_target;
static void s_bind_to_target(int fd)
{
    int on = 1;
    CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    CHECK(bind(fd, (struct sockaddr *)&s_target, sizeof s_target) == 0);
}
ASYNC(void, s_itself, vars(int fd; int err; char text[32]))
{
    ASYNC_BEGIN
    close(tcp_listener(1, &s_target));
    seam_before_connect = s_bind_to_target;
    snprintf(self->text, sizeof self->text, "127.0.0.1:%d", ntohs(s_target.sin_port));
    AWAIT_TO_ERR(self->fd, self->err, async_connect, self->text);
    CHECK_INT(self->err, -ECONNREFUSED);
    ASYNC_END
}
TEST(F15_connected_to_itself)
{
    note_what_is_open();
    CHECK_INT(run_real(s_itself), 0);
    check_nothing_left();
}
TEST(F15_error_of_connect_is_read_once)
{
    CHECK_INT(run_real(s_refused), 0);
    CHECK_INT(seam_of_getsockopt.count, 1);
}

/* Whoever the peer is and however it is gone: an error, and the process lives. */
ASYNC(void, s_pipe, vars(int fd[2]; int err; int i; int kind))
{
    ASYNC_BEGIN
    for (self->kind = 0; self->kind < 4; self->kind++) {
        if (self->kind == 0) tcp_pair(self->fd);
        else if (self->kind == 1) CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fd) == 0);
        else if (self->kind == 2) CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, self->fd) == 0);
        else CHECK(pipe(self->fd) == 0);
        CHECK_INT(async_adopt(self->fd[1]), 0);
        close(self->fd[0]);
        for (self->i = 0, self->err = 0; self->i < 3; self->i++)
            AWAIT_ERR(self->err, async_write_all, self->fd[1], "abc", 3);
        CHECK_INT(self->err, -EPIPE);
        CHECK_INT(async_close(self->fd[1]), 0);
        if (self->kind < 3) { /* what is done for sockets leaves the process alone */
            struct sigaction now;
            CHECK(sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
        }
    }
    ASYNC_END
}
TEST(F16_sigpipe_never_kills)
{
    signal(SIGPIPE, SIG_DFL);
    note_what_is_open();
    CHECK_INT(run_real(s_pipe), 0);
    check_nothing_left();
}
ASYNC(void, s_connected_pipe, vars(int listener; int fd; int got; int err; int i))
{
    ASYNC_BEGIN
    self->listener = async_listen("127.0.0.1:0", 0);
    AWAIT_TO(self->fd, async_connect, address_of(self->listener));
    AWAIT_TO(self->got, async_accept, self->listener, NULL);
    CHECK_INT(async_close(self->fd), 0);
    for (self->i = 0, self->err = 0; self->i < 3; self->i++) {
        AWAIT_ERR(self->err, async_write_all, self->got, "abc", 3);
        AWAIT_QUIET();
    }
    CHECK_INT(self->err, -EPIPE);
    AWAIT_TO(self->fd, async_connect, address_of(self->listener));
    CHECK_INT(async_close(self->got), 0);
    AWAIT_TO(self->got, async_accept, self->listener, NULL);
    CHECK_INT(async_close(self->got), 0);
    for (self->i = 0, self->err = 0; self->i < 3; self->i++) {
        AWAIT_ERR(self->err, async_write_all, self->fd, "abc", 3);
        AWAIT_QUIET();
    }
    CHECK_INT(self->err, -EPIPE);
    CHECK_INT(async_close(self->fd), 0);
    CHECK_INT(async_close(self->listener), 0);
    ASYNC_END
}
TEST(F16_sigpipe_of_accepted_and_connected)
{
    signal(SIGPIPE, SIG_DFL);
    CHECK_INT(run_real(s_connected_pipe), 0);
}

static async_call s_timer;
static int s_timers;
static int s_rearm(void *arg)
{
    s_timers++;
    return async_call_later(async_get_running_loop(), &s_timer, ASYNC_MS(0), s_rearm, arg);
}
ASYNC(void, s_beside_a_timer, awaits(s_talk))
{
    ASYNC_BEGIN
    CHECK_INT(async_call_later(async_get_running_loop(), &s_timer, ASYNC_MS(0), s_rearm, NULL), 0);
    AWAIT(s_talk, 50);
    CHECK(s_timers > 10);
    (void)async_call_cancel(&s_timer);
    ASYNC_END
}
TEST(F22_timer_of_0_ms_that_rearms_itself)
{
    CHECK_INT(run_real(s_beside_a_timer), 0);
}

ASYNC(void, s_spin, vars(long turns))
{
    ASYNC_BEGIN
    for (;; self->turns++) AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
ASYNC(void, s_beside_spinners, tasks(s_spin a, s_spin b), awaits(s_talk))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, s_spin);
    ASYNC_SPAWN(&self->b, s_spin);
    AWAIT(s_talk, 50);
    /* two looks a round for each of two ends at most, and 64 turns between two looks */
    CHECK(self->a.frame_.turns + self->b.frame_.turns < 50 * 64 * 8);
    ASYNC_END
}
TEST(F24_ready_tasks_do_not_starve_sockets)
{
    CHECK_INT(run_real(s_beside_spinners), 0);
}

static long s_flooded;
ASYNC(void, s_flood, args(int fd), vars(int i))
{
    ASYNC_BEGIN
    for (;;) AWAIT(async_write_all, self->fd, "0123456789abcdef", 16);
    ASYNC_END
}
ASYNC(void, s_drain, args(int fd), vars(char data[8]))
{
    ASYNC_BEGIN
    for (;; s_flooded++) AWAIT(async_read, self->fd, self->data, sizeof self->data);
    ASYNC_END
}
ASYNC(void, s_beside_a_flood, vars(int fd[2]), tasks(s_flood w, s_drain r), awaits(s_talk))
{
    ASYNC_BEGIN
    own_unix_pair(self->fd);
    ASYNC_SPAWN(&self->w, s_flood, self->fd[0]);
    ASYNC_SPAWN(&self->r, s_drain, self->fd[1]);
    AWAIT(s_talk, 50);
    CHECK(s_flooded > 50);
    CHECK(s_flooded < 50 * 64 * 8 * 33);
    (void)async_task_cancel(&self->w.task);
    (void)async_task_cancel(&self->r.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->w, &self->r));
    close_pair(self->fd);
    ASYNC_END
}
TEST(F25_busy_descriptor_does_not_starve_others)
{
    CHECK_INT(run_real(s_beside_a_flood), 0);
}
/* A listener with a long queue, and one who accepts as fast as it can. */
ASYNC(void, s_accept_all, args(int fd), vars(int got; int n))
{
    ASYNC_BEGIN
    for (;; self->n++) {
        AWAIT_TO(self->got, async_accept, self->fd, NULL);
        CHECK_INT(async_close(self->got), 0);
    }
    ASYNC_END
}
ASYNC(void, s_busy_listener, vars(int fd; int clients[100]; int i; struct sockaddr_in name),
      tasks(s_accept_all a))
{
    ASYNC_BEGIN
    self->fd = tcp_listener(200, &self->name);
    CHECK_INT(async_adopt(self->fd), 0);
    for (self->i = 0; self->i < 100; self->i++) {
        self->clients[self->i] = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(connect(self->clients[self->i], (struct sockaddr *)&self->name, sizeof self->name) ==
              0);
    }
    ASYNC_SPAWN(&self->a, s_accept_all, self->fd);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(self->a.frame_.n < 50); /* it gave way in between */
    while (self->a.frame_.n < 100) AWAIT(async_sleep, ASYNC_MS(0));
    for (self->i = 0; self->i < 100; self->i++) close(self->clients[self->i]);
    (void)async_task_cancel(&self->a.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a));
    CHECK_INT(async_close(self->fd), 0);
    ASYNC_END
}
TEST(F25_busy_listener_does_not_starve_others)
{
    CHECK_INT(run_real(s_busy_listener), 0);
}

/* A callback that closes what has just become ready, tries to close the loop, and itself. */
static int s_callback_fd;
static async_call s_callback;
static int s_close_it(void *arg)
{
    (void)arg;
    CHECK_INT(async_close(s_callback_fd), 0);
    CHECK_INT(async_loop_close(async_get_running_loop()), -EBUSY);
    CHECK(!async_call_cancel(&s_callback)); /* it runs: no longer scheduled */
    return 0;
}
ASYNC(void, s_closer, args(int fd), vars(char c))
{
    ASYNC_BEGIN
    AWAIT(async_read, self->fd, &self->c, 1);
    CHECK_INT(s_close_it(NULL), 0);
    ASYNC_END
}
ASYNC(void, s_in_callback, vars(int a[2]; int b[2]; char c),
      tasks(s_closer k, reads r, reads again))
{
    ASYNC_BEGIN
    own_unix_pair(self->a);
    own_unix_pair(self->b);
    s_callback_fd = self->b[0];
    ASYNC_SPAWN(&self->k, s_closer, self->a[0]);
    ASYNC_SPAWN(&self->r, reads, self->b[0], &self->c, 1);
    AWAIT_QUIET();
    put(self->a[1], "x");
    put(self->b[1], "y");
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->k, &self->r));
    CHECK_INT(async_task_error(&self->r.task), -EBADF);
    CHECK_INT(async_close(self->b[1]), 0);
    s_callback_fd = self->a[0];
    ASYNC_SPAWN(&self->again, reads, self->a[0], &self->c, 1);
    AWAIT_QUIET();
    CHECK_INT(async_call_soon(async_get_running_loop(), &s_callback, s_close_it, NULL), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->again));
    CHECK_INT(async_task_error(&self->again.task), -EBADF);
    CHECK_INT(async_close(self->a[1]), 0);
    ASYNC_END
}
TEST(F33_callback_closes_what_is_ready)
{
    note_what_is_open();
    CHECK_INT(run_real(s_in_callback), 0);
    check_nothing_left();
}

static int s_reports;
static void s_on_error(async_loop *loop, const async_report *report)
{
    (void)loop;
    trace("%s\n", report->message);
    s_reports++;
}
static int s_stop(void *loop)
{
    async_loop_stop((async_loop *)loop);
    return 0;
}
TEST(F36_loop_closed_with_live_tasks_and_descriptors)
{
    static ASYNC_TASK(reads) task;
    async_loop loop;
    async_options options;
    async_call call;
    int fd[2];
    char c;
    memset(&options, 0, sizeof options);
    memset(&call, 0, sizeof call);
    options.on_error = s_on_error;
    note_what_is_open();
    CHECK_INT(async_loop_init(&loop, &options), 0);
    own_unix_pair(fd);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, reads, fd[0], &c, 1), 0);
    CHECK_INT(async_call_later(&loop, &call, ASYNC_MS(5), s_stop, &loop), 0);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_TRACE("task was destroyed but it is pending\n"
                "descriptor was never closed\n"
                "descriptor was never closed\n");
    CHECK_INT(async_loop_close(&loop), 0);
    check_nothing_left();
    CHECK_INT(run_real(s_talk, 1), 0); /* another one is not disturbed */
}

ASYNC(void, s_high, args(int high), vars(int fd[2]; char c; int err; long blocks; ptrdiff_t n),
      tasks(reads r))
{
    ASYNC_BEGIN
    tcp_pair(self->fd);
    CHECK(dup2(self->fd[0], self->high) == self->high);
    close(self->fd[0]);
    CHECK_INT(async_adopt(self->high), 0);
    CHECK_INT(async_adopt(self->fd[1]), 0);
    ASYNC_SPAWN(&self->r, reads, self->high, &self->c, 1);
    AWAIT_QUIET();
    AWAIT(async_write, self->fd[1], "h", 1);
    AWAIT(async_join, &self->r.task);
    CHECK_INT(self->c, 'h');
    AWAIT(async_write, self->high, "i", 1);
    AWAIT(async_read, self->fd[1], &self->c, 1);
    CHECK_INT(self->c, 'i');
    CHECK_INT(async_close(self->high), 0);
    CHECK_INT(async_close(self->fd[1]), 0);
    ASYNC_END
}
TEST(F42_descriptor_19999)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < 20000 && limit.rlim_max >= 20000) limit.rlim_cur = 20000;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < 1000) SKIP("RLIMIT_NOFILE is below 1,000");
    note_what_is_open();
    CHECK_INT(run_real(s_high, (int)(limit.rlim_cur < 20000 ? limit.rlim_cur : 20000) - 1), 0);
    check_nothing_left();
}
ASYNC(void, s_numbers, vars(int err; char c; long blocks; int raw; int i))
{
    ASYNC_BEGIN
    self->blocks = seam_of_realloc.count;
    for (self->i = 0; self->i < 4; self->i++) {
        static const int numbers[] = {-1, 18000, 0x40000000, INT32_MAX};
        self->raw = numbers[self->i];
        AWAIT_ERR(self->err, async_wait_readable, self->raw);
        CHECK_INT(self->err, -EBADF);
        AWAIT_ERR(self->err, async_read, self->raw, &self->c, 1);
        CHECK_INT(self->err, -EBADF);
        AWAIT_ERR(self->err, async_accept, self->raw, NULL);
        CHECK_INT(self->err, -EBADF);
        CHECK_INT(async_adopt(self->raw), -EBADF);
        CHECK_INT(async_close(self->raw), -EBADF);
        CHECK_INT(async_shutdown(self->raw, SHUT_WR), -EBADF);
    }
    CHECK_INT(seam_of_realloc.count, self->blocks); /* no table for nonsense */
    ASYNC_END
}
TEST(F42_numbers_that_are_no_descriptors)
{
    CHECK_INT(run_real(s_numbers), 0);
}
ASYNC(void, s_unowned, vars(int fd[2]; int err; char c))
{
    ASYNC_BEGIN
    tcp_pair(self->fd);
    AWAIT_ERR(self->err, async_read, self->fd[0], &self->c, 1);
    CHECK_INT(self->err, -EINVAL);
    AWAIT_ERR(self->err, async_write_all, self->fd[0], "x", 1);
    CHECK_INT(self->err, -EINVAL);
    CHECK_INT(async_close(self->fd[0]), -EBADF);
    CHECK(fcntl(self->fd[0], F_GETFD) >= 0); /* not touched */
    CHECK_INT(async_adopt(self->fd[0]), 0);
    CHECK_INT(async_adopt(self->fd[0]), -EBUSY);
    CHECK_INT(async_close(self->fd[0]), 0);
    close(self->fd[1]);
    ASYNC_END
}
TEST(descriptor_that_was_never_adopted)
{
    CHECK_INT(run_real(s_unowned), 0);
}

ASYNC(void, s_nested, vars(int value; int fd[2]; char c), tasks(reads r))
{
    ASYNC_BEGIN
    own_unix_pair(self->fd);
    ASYNC_SPAWN(&self->r, reads, self->fd[0], &self->c, 1);
    AWAIT_QUIET();
    CHECK_INT(async_loop_run_forever(async_get_running_loop()), -EBUSY);
    CHECK_INT(async_loop_run_until_complete(async_get_running_loop(), &self->r.task), -EBUSY);
    CHECK_INT(async_loop_shutdown(async_get_running_loop()), -EBUSY);
    CHECK_INT(async_loop_close(async_get_running_loop()), -EBUSY);
    CHECK_INT(ASYNC_RUN_TO(self->value, connects, "127.0.0.1:1"), -EBUSY);
    put(self->fd[1], "x");
    AWAIT(async_join, &self->r.task); /* nothing was disturbed */
    close_pair(self->fd);
    ASYNC_END
}
TEST(F46_run_inside_of_a_run)
{
    CHECK_INT(run_real(s_nested), 0);
}

/* A read stops at urgent data, though there is more behind it. */
ASYNC(void, s_urgent, args(bool wait), vars(int fd[2]; char c[32]; ptrdiff_t n), tasks(reads r))
{
    ASYNC_BEGIN
    own_tcp_pair(self->fd);
    memset(self->c, 0, sizeof self->c);
    ASYNC_SPAWN(&self->r, reads, self->fd[0], self->c, 32);
    if (self->wait) AWAIT_QUIET();
    put(self->fd[1], "ab");
    CHECK_INT(send(self->fd[1], "!", 1, MSG_OOB), 1);
    put(self->fd[1], "cd");
    AWAIT(async_join, &self->r.task);
    CHECK_INT(ASYNC_RESULT(&self->r), 2);
    AWAIT_TO(self->n, async_read, self->fd[0], self->c, 32);
    CHECK_INT(self->n, 2);
    CHECK_STR(self->c, "cd");
    close_pair(self->fd);
    ASYNC_END
}
TEST(urgent_data_does_not_hide_what_follows)
{
    CHECK_INT(run_real(s_urgent, false), 0);
    CHECK_INT(run_real(s_urgent, true), 0);
}

/* Woken and cancelled before its turn: what has arrived stays for the next. */
ASYNC(void, s_killer, args(int fd, async_task *victim), vars(char c))
{
    ASYNC_BEGIN
    AWAIT(async_read, self->fd, &self->c, 1);
    CHECK(async_task_cancel(self->victim));
    ASYNC_END
}
ASYNC(void, s_cancel_read, vars(int a[2]; int b[2]; char c), tasks(s_killer k, reads r))
{
    ASYNC_BEGIN
    own_unix_pair(self->a);
    own_unix_pair(self->b);
    ASYNC_SPAWN(&self->k, s_killer, self->a[0], &self->r.task);
    ASYNC_SPAWN(&self->r, reads, self->b[0], &self->c, 1);
    AWAIT_QUIET();
    put(self->a[1], "x");
    put(self->b[1], "y");
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->k, &self->r));
    CHECK(async_task_cancelled(&self->r.task));
    CHECK_INT(self->c, 0);
    AWAIT(async_read, self->b[0], &self->c, 1);
    CHECK_INT(self->c, 'y');
    close_pair(self->a);
    close_pair(self->b);
    ASYNC_END
}
TEST(cancelled_read_takes_nothing)
{
    CHECK_INT(run_real(s_cancel_read), 0);
}

/* The poller itself fails: those who wait are told, nothing spins. */
ASYNC(void, s_no_poller, vars(int fd[2]; char c; int err))
{
    ASYNC_BEGIN
    own_unix_pair(self->fd);
#if ASYNCC_POLLER == ASYNCC_EPOLL
    seam_of_epoll_wait.times = 1, seam_of_epoll_wait.error = EBADF;
#elif ASYNCC_POLLER == ASYNCC_POLL
    seam_of_poll.times = 1, seam_of_poll.error = EBADF;
#endif
    AWAIT_ERR(self->err, async_read, self->fd[0], &self->c, 1);
    CHECK_INT(self->err, -EBADF);
    close_pair(self->fd);
    ASYNC_END
}
#if ASYNCC_POLLER != ASYNCC_KQUEUE /* whose call also makes the changes: see test_sweep.c */
TEST(poller_that_fails_is_reported_to_those_who_wait)
{
    CHECK_INT(run_real(s_no_poller), 0);
}
#endif
/* Some systems refuse to sleep for years, and in 32 bits it overflows: no reason to spin. */
static async_loop s_loop;
static void s_on_stop(int number)
{
    (void)number;
    async_loop_stop(&s_loop);
}
ASYNC(void, s_sleeper)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_SEC((int64_t)86400 * 365 * 200));
    ASYNC_END
}
TEST(F21_deadline_in_200_years_does_not_spin)
{
    static ASYNC_TASK(s_sleeper) sleeper;
    static ASYNC_TASK(reads) reader;
    struct sigaction stop;
    struct itimerval soon;
    int fd[2], i;
    char c;
    memset(&stop, 0, sizeof stop);
    memset(&soon, 0, sizeof soon);
    stop.sa_handler = s_on_stop;
    soon.it_value.tv_usec = soon.it_interval.tv_usec = 20000; /* again, if it comes too early */
    sigaction(SIGALRM, &stop, NULL);
    CHECK_INT(async_loop_init(&s_loop, NULL), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&s_loop, &sleeper, s_sleeper), 0);
    for (i = 0; i < 2; i++) { /* without a descriptor and with one */
        long polls = seam_polls();
        CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0);
        CHECK_INT(async_loop_run_forever(&s_loop), 0);
        CHECK(seam_polls() - polls <= 4);
        if (i) break;
        own_unix_pair(fd);
        CHECK_INT(ASYNC_SPAWN_ON(&s_loop, &reader, reads, fd[0], &c, 1), 0);
    }
    close_pair(fd);
    CHECK_INT(async_loop_shutdown(&s_loop), 0);
    CHECK_INT(async_loop_close(&s_loop), 0);
}
