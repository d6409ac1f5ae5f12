/* Listening and accepting, with descriptors running out and connections that die in the queue. */
#include "sockets.h"

#include <sys/ioctl.h>

/* The system call behind async_accept. */
#ifdef ASYNC_ACCEPT4_
#define seam_of_accepting seam_of_accept4
#else
#define seam_of_accepting seam_of_accept
#endif

ASYNC(void, a_from,
      vars(int listener; int fd; int got; char c; async_address from; async_address mine;
           char a[64]; char b[64]),
      tasks(connects k))
{
    ASYNC_BEGIN
    self->listener = async_listen("127.0.0.1:0", 5);
    CHECK(self->listener >= 0);
    ASYNC_SPAWN(&self->k, connects, address_of(self->listener));
    AWAIT_TO(self->got, async_accept, self->listener, &self->from);
    AWAIT(async_join, &self->k.task);
    self->fd = ASYNC_RESULT(&self->k);
    CHECK_INT(async_local_address(self->fd, &self->mine), 0);
    CHECK_STR(async_address_format(&self->from, self->a, 64),
              async_address_format(&self->mine, self->b, 64));
    CHECK((fcntl(self->got, F_GETFL) & O_NONBLOCK) != 0 &&
          (fcntl(self->got, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((fcntl(self->fd, F_GETFL) & O_NONBLOCK) != 0 &&
          (fcntl(self->fd, F_GETFD) & FD_CLOEXEC) != 0);
    AWAIT(async_write_all, self->got, "x", 1);
    AWAIT(async_read, self->fd, &self->c, 1);
    CHECK_INT(async_close(self->fd), 0);
    CHECK_INT(async_close(self->got), 0);
    CHECK_INT(async_close(self->listener), 0);
    ASYNC_END
}
TEST(accept_says_who_it_is)
{
    note_what_is_open();
    CHECK_INT(run_real(a_from), 0);
    check_nothing_left();
}

ASYNC(void, a_dual,
      vars(int listener; int fd; int got; char text[64]; async_address from; async_address at))
{
    ASYNC_BEGIN
    self->listener = async_listen(":0", 0);
    if (self->listener == -EAFNOSUPPORT || self->listener == -EADDRNOTAVAIL) SKIP("no IPv6");
    CHECK(self->listener >= 0);
    CHECK_INT(async_local_address(self->listener, &self->at), 0);
    snprintf(self->text, sizeof self->text, "127.0.0.1:%d",
             ntohs(((struct sockaddr_in6 *)&self->at.storage)->sin6_port));
    AWAIT_TO(self->fd, async_connect, self->text);
    AWAIT_TO(self->got, async_accept, self->listener, &self->from);
    CHECK_INT(async_close(self->fd), 0);
    CHECK_INT(async_close(self->got), 0);
    self->text[0] = 0;
    snprintf(self->text, sizeof self->text, "[::1]:%d",
             ntohs(((struct sockaddr_in6 *)&self->at.storage)->sin6_port));
    AWAIT_TO(self->fd, async_connect, self->text);
    AWAIT_TO(self->got, async_accept, self->listener, &self->from);
    CHECK(!strncmp(async_address_format(&self->from, self->text, sizeof self->text), "[::1]:", 6));
    CHECK_INT(async_close(self->fd), 0);
    CHECK_INT(async_close(self->got), 0);
    CHECK_INT(async_close(self->listener), 0);
    ASYNC_END
}
TEST(listener_of_both_kinds_of_ip)
{
    CHECK_INT(run_real(a_dual), 0);
}

ASYNC(void, a_errors, vars(int fd; char text[64]))
{
    ASYNC_BEGIN
    self->fd = async_listen("127.0.0.1:0", 0);
    snprintf(self->text, sizeof self->text, "%s", address_of(self->fd));
    CHECK_INT(async_listen(self->text, 0), -EADDRINUSE);
    CHECK_INT(async_listen("192.0.2.77:0", 0), -EADDRNOTAVAIL); /* nobody's */
    CHECK_INT(async_listen("localhost:0", 0), -EINVAL);         /* no names */
    CHECK_INT(async_listen("unix:/nonexistent/x", 0), -ENOENT);
    CHECK_INT(async_listen(NULL, 0), -EINVAL);
    CHECK_INT(async_close(self->fd), 0);
    ASYNC_END
}
TEST(listen_errors)
{
    note_what_is_open();
    CHECK_INT(run_real(a_errors), 0);
    check_nothing_left();
}

enum { A_MOST = 100 };

/* Somebody outside who connects n times and keeps all of them until it is killed; each says what
 * became of it: a byte from the server or the end. */
static pid_t a_crowd(const struct sockaddr_in *name, int n, int out)
{
    struct rlimit limit;
    pid_t child = fork();
    int i, fd[A_MOST];
    if (child) return child;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0); /* not the server's shortage */
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (i = 0; i < n; i++) {
        fd[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd[i], (const struct sockaddr *)name, sizeof *name) < 0) _exit(2);
    }
    for (i = 0; i < n; i++) {
        char c = '-';
        if (read(fd[i], &c, 1) <= 0) c = '-';
        if (write(out, &c, 1) != 1) _exit(3);
    }
    pause();
    _exit(0);
}
static int a_got[A_MOST], a_count;
ASYNC(void, a_server, args(int fd), vars(int got))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT_TO(self->got, async_accept, self->fd, NULL);
        a_got[a_count++] = self->got;
        AWAIT(async_write_all, self->got, "+", 1);
    }
    ASYNC_END
}
static void a_close_all(void)
{
    while (a_count) CHECK_INT(async_close(a_got[--a_count]), 0);
}
/* From now on only so many descriptors can be opened. */
static void a_limit(int more)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (limit.rlim_cur = 0; more; limit.rlim_cur++)
        more -= fcntl((int)limit.rlim_cur, F_GETFD) < 0;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}
static int a_answered(int fd)
{
    int n = 0;
    (void)ioctl(fd, FIONREAD, &n);
    return n;
}
static const char *a_answers(int fd)
{
    static char text[A_MOST + 1];
    ssize_t n = read(fd, text, A_MOST);
    text[n < 0 ? 0 : n] = 0;
    return text;
}

/* Room for a few; the others are hung up on, at once, and neither spin nor block the rest. */
ASYNC(void, a_full,
      vars(int listener; struct sockaddr_in name; int pair[2]; int say[2]; char c; int i;
           pid_t crowd; long polls; int served),
      tasks(a_server s))
{
    ASYNC_BEGIN
    CHECK(pipe(self->say) == 0);
    (void)fcntl(self->say[0], F_SETFL, O_NONBLOCK);
    self->listener = tcp_listener(100, &self->name);
    CHECK_INT(async_adopt(self->listener), 0);
    own_unix_pair(self->pair);
    ASYNC_SPAWN(&self->s, a_server, self->listener);
    AWAIT_QUIET();
    a_limit(5);
    self->crowd = a_crowd(&self->name, 30, self->say[1]);
    for (self->i = 0; self->i < 50; self->i++) { /* others are served meanwhile */
        AWAIT(async_write_all, self->pair[0], "x", 1);
        AWAIT(async_read, self->pair[1], &self->c, 1);
        AWAIT(async_sleep, ASYNC_MS(1));
    }
    while (a_answered(self->say[0]) < 30) AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_INT(a_count, 5);
    CHECK_STR(a_answers(self->say[0]), "+++++-------------------------");
    self->polls = seam_polls();
    AWAIT(async_sleep, ASYNC_MS(50));
    CHECK(seam_polls() - self->polls <= 4);
    kill(self->crowd, SIGKILL);
    waitpid(self->crowd, NULL, 0);

    a_close_all(); /* and there is room again */
    self->crowd = a_crowd(&self->name, 4, self->say[1]);
    while (a_answered(self->say[0]) < 4) AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_STR(a_answers(self->say[0]), "++++");
    kill(self->crowd, SIGKILL);
    waitpid(self->crowd, NULL, 0);
    a_close_all();
    (void)async_task_cancel(&self->s.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->s));
    CHECK_INT(async_close(self->listener), 0);
    close_pair(self->pair);
    close(self->say[0]);
    close(self->say[1]);
    ASYNC_END
}
TEST(F13_out_of_descriptors_refuses_and_does_not_spin)
{
    note_what_is_open();
    CHECK_INT(run_real(a_full), 0);
    check_nothing_left();
}

/* Nothing to refuse them with either: they wait, the loop looks again from time to time. */
ASYNC(void, a_no_spare, args(int error),
      vars(int listener; struct sockaddr_in name; int client; long polls), tasks(a_server s))
{
    ASYNC_BEGIN
    self->listener = tcp_listener(10, &self->name);
    CHECK_INT(async_adopt(self->listener), 0);
    seam_of_open.times = 1000, seam_of_open.error = EMFILE;
    seam_of_accepting.times = 3, seam_of_accepting.error = self->error;
    self->client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(self->client, (struct sockaddr *)&self->name, sizeof self->name) == 0);
    ASYNC_SPAWN(&self->s, a_server, self->listener);
    self->polls = seam_polls();
    AWAIT(async_sleep, ASYNC_MS(50));
    CHECK_INT(a_count, 0);
    CHECK(seam_polls() - self->polls <= 4);
    while (!a_count) AWAIT(async_sleep, ASYNC_MS(10));
    CHECK(now_ms() >= 200); /* twice a tenth of a second: the second look was for the edge */
    a_close_all();
    seam_of_open.times = 0;
    (void)async_task_cancel(&self->s.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->s));
    CHECK_INT(async_close(self->listener), 0);
    close(self->client);
    ASYNC_END
}
TEST(F13_out_of_everything_waits_and_looks_again)
{
    note_what_is_open();
    CHECK_INT(run_real(a_no_spare, EMFILE), 0);
    CHECK_INT(run_real(a_no_spare, ENOBUFS), 0);
    check_nothing_left();
}
/* Out of descriptors with nobody in the queue: no reason to look again. */
ASYNC(void, a_nobody, vars(int listener; struct sockaddr_in name; long polls), tasks(a_server s))
{
    ASYNC_BEGIN
    self->listener = tcp_listener(10, &self->name);
    CHECK_INT(async_adopt(self->listener), 0);
    seam_of_accepting.times = 1, seam_of_accepting.error = EMFILE;
    ASYNC_SPAWN(&self->s, a_server, self->listener);
    self->polls = seam_polls();
    AWAIT(async_sleep, ASYNC_MS(250));
    CHECK(seam_polls() - self->polls <= 2);
    (void)async_task_cancel(&self->s.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->s));
    CHECK_INT(async_close(self->listener), 0);
    ASYNC_END
}
TEST(F13_out_of_descriptors_with_nobody_there)
{
    CHECK_INT(run_real(a_nobody), 0);
}

ASYNC(void, a_dead, args(int error, int times), vars(int listener; int fd; int got))
{
    ASYNC_BEGIN
    self->listener = async_listen("127.0.0.1:0", 0);
    AWAIT_TO(self->fd, async_connect, address_of(self->listener));
    seam_of_accepting.times = self->times, seam_of_accepting.error = self->error;
    AWAIT_TO(self->got, async_accept, self->listener, NULL);
    CHECK_INT(seam_of_accepting.times, 0);
    CHECK_INT(async_close(self->fd), 0);
    CHECK_INT(async_close(self->got), 0);
    CHECK_INT(async_close(self->listener), 0);
    ASYNC_END
}
TEST(F14_connection_that_died_in_the_queue_is_passed_over)
{
    static const int errors[] = {ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ETIMEDOUT, EINTR};
    int i;
    for (i = 0; i < 6; i++) {
        CHECK_INT(run_real(a_dead, errors[i], 1), 0);
        CHECK_INT(run_real(a_dead, errors[i], 200),
                  0); /* a flood of them: it gives way in between */
    }
}
ASYNC(void, a_for_good, vars(int listener; int err; int fd))
{
    ASYNC_BEGIN
    self->listener = async_listen("127.0.0.1:0", 0);
    AWAIT_TO(self->fd, async_connect, address_of(self->listener));
    seam_of_accepting.times = 1 << 30, seam_of_accepting.error = EPERM;
    AWAIT_ERR(self->err, async_accept, self->listener, NULL);
    CHECK_INT(self->err, -EPERM);
    CHECK_INT(async_close(self->fd), 0);
    AWAIT_ERR(self->err, async_read, self->listener, &self->fd, 1); /* what a listener cannot do */
    CHECK_INT(self->err, -ENOTCONN);
    CHECK_INT(async_close(self->listener), 0);
    ASYNC_END
}
TEST(F14_error_that_stays_is_raised)
{
    CHECK_INT(run_real(a_for_good), 0);
}

ASYNC(void, a_closed, vars(int listener), tasks(accepts a))
{
    ASYNC_BEGIN
    self->listener = async_listen("127.0.0.1:0", 0);
    ASYNC_SPAWN(&self->a, accepts, self->listener);
    AWAIT_QUIET();
    CHECK_INT(async_close(self->listener), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a));
    CHECK_INT(async_task_error(&self->a.task), -EBADF);
    ASYNC_END
}
TEST(F1_listener_closed_while_it_accepts)
{
    CHECK_INT(run_real(a_closed), 0);
}
ASYNC(void, a_no_ipv6, vars(int listener))
{
    ASYNC_BEGIN
    seam_of_socket.times = 1, seam_of_socket.error = EAFNOSUPPORT;
    self->listener = async_listen(":0", 0);
    CHECK(self->listener >= 0);
    CHECK(!strncmp(address_of(self->listener), "0.0.0.0:", 8));
    CHECK_INT(async_close(self->listener), 0);
    seam_of_socket.times = 1, seam_of_socket.error = EAFNOSUPPORT;
    CHECK_INT(async_listen("[::1]:0", 0), -EAFNOSUPPORT);
    ASYNC_END
}
TEST(listener_of_any_address_without_ipv6)
{
    CHECK_INT(run_real(a_no_ipv6), 0);
}
/* A cancelled accept has taken nobody. */
ASYNC(void, a_cancelled, vars(int listener; int fd; int got), tasks(accepts a))
{
    ASYNC_BEGIN
    self->listener = async_listen("127.0.0.1:0", 0);
    ASYNC_SPAWN(&self->a, accepts, self->listener);
    AWAIT_QUIET();
    AWAIT_TO(self->fd, async_connect, address_of(self->listener));
    (void)async_task_cancel(&self->a.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a));
    if (async_task_error(&self->a.task) == 0)
        self->got = ASYNC_RESULT(&self->a); /* it was faster */
    else AWAIT_TO(self->got, async_accept, self->listener, NULL);
    CHECK_INT(async_close(self->got), 0);
    CHECK_INT(async_close(self->fd), 0);
    CHECK_INT(async_close(self->listener), 0);
    ASYNC_END
}
TEST(cancelled_accept_takes_nobody)
{
    note_what_is_open();
    CHECK_INT(run_real(a_cancelled), 0);
    check_nothing_left();
}

/* Four processes, each with a loop, and one listener: every connection is served once. */
ASYNC(void, a_worker, args(int fd), vars(int got))
{
    ASYNC_BEGIN
    CHECK_INT(async_adopt(self->fd), 0);
    for (;;) {
        AWAIT_TO(self->got, async_accept, self->fd, NULL);
        AWAIT(async_write_all, self->got, "w", 1);
        AWAIT(async_sleep, ASYNC_MS(1));
        CHECK_INT(async_close(self->got), 0);
    }
    ASYNC_END
}
TEST(F43_one_listener_of_many_processes)
{
    struct sockaddr_in name;
    int listener = tcp_listener(100, &name), i, round, fd[25];
    pid_t child[4];
    char text[4];
    for (i = 0; i < 4; i++) {
        child[i] = fork();
        if (child[i] == 0) _exit(run_real(a_worker, listener) != 0);
    }
    for (round = 0; round < 4; round++) {
        for (i = 0; i < 25; i++) {
            fd[i] = socket(AF_INET, SOCK_STREAM, 0);
            CHECK(connect(fd[i], (struct sockaddr *)&name, sizeof name) == 0);
        }
        for (i = 0; i < 25; i++) {
            CHECK_INT(recv(fd[i], text, 4, MSG_WAITALL), 1);
            CHECK_INT(text[0], 'w');
            close(fd[i]);
        }
    }
    for (i = 0; i < 4; i++) {
        int status;
        CHECK_INT(waitpid(child[i], &status, WNOHANG), 0); /* none has failed */
        kill(child[i], SIGKILL);
        waitpid(child[i], &status, 0);
    }
}
