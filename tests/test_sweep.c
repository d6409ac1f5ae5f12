/* Everything fails once: each scenario runs again and again, and in each run another call to the
 * system or the allocator fails, with each of the errors it can give. Whatever happens, an error
 * comes back or nobody notices; nothing is lost, nothing is left, nothing waits for ever. */
#include "sockets.h"

/* --- the scenarios --- */

ASYNC(void, w_serve, args(int listener), vars(int fd; char data[64]; ptrdiff_t n))
{
    ASYNC_BEGIN
    self->fd = -1;
    ASYNC_DO {
        AWAIT_TO(self->fd, async_accept, self->listener, NULL);
        for (;;) {
            AWAIT_TO(self->n, async_read, self->fd, self->data, sizeof self->data);
            if (self->n == 0) break;
            AWAIT(async_write_all, self->fd, self->data, (size_t)self->n);
        }
    }
    ASYNC_FINALLY {
        if (self->fd >= 0) (void)async_close(self->fd);
    }
    ASYNC_END
}
ASYNC(void, w_talk, args(async_address to),
      vars(int fd; int round; char data[32]; ptrdiff_t n; ptrdiff_t got))
{
    ASYNC_BEGIN
    AWAIT_TO(self->fd, async_connect_to, &self->to);
    ASYNC_DO {
        for (self->round = 0; self->round < 3; self->round++) {
            AWAIT(async_write_all, self->fd, "twelve bytes", 12);
            for (self->got = 0; self->got < 12; self->got += self->n) {
                AWAIT_TO(self->n, async_read, self->fd, self->data + self->got, 12);
                if (self->n == 0) ASYNC_RAISE(-EPROTO, "the server has hung up");
            }
            CHECK(self->got == 12 && !memcmp(self->data, "twelve bytes", 12));
        }
    }
    ASYNC_FINALLY {
        (void)async_close(self->fd);
    }
    trace("talked\n");
    ASYNC_END
}
/* One after the other, over TCP or a Unix socket. */
ASYNC(void, w_stream, args(const char *at),
      vars(int listener; int i; int err; async_address name; async_group group), awaits(w_serve))
{
    ASYNC_BEGIN
    self->listener = async_listen(self->at, 0);
    if (self->listener < 0) ASYNC_RAISE(self->listener);
    ASYNC_DO {
        self->err = async_local_address(self->listener, &self->name);
        if (self->err) ASYNC_RAISE(self->err);
        for (self->i = 0; self->i < 2; self->i++) {
            ASYNC_WITH(async_group, &self->group) {
                if (!ASYNC_SPAWN_NEW_IN(&self->group, w_talk, self->name)) ASYNC_RAISE(-ENOMEM);
                AWAIT(w_serve, self->listener);
            }
        }
    }
    ASYNC_FINALLY {
        (void)async_close(self->listener);
    }
    ASYNC_END
}

/* Several at the same time, each in a task of the allocator. */
ASYNC(void, w_handle, args(int fd), vars(char data[64]; ptrdiff_t n))
{
    ASYNC_BEGIN
    ASYNC_DO {
        for (;;) {
            AWAIT_TO(self->n, async_read, self->fd, self->data, sizeof self->data);
            if (self->n == 0) break;
            AWAIT(async_write_all, self->fd, self->data, (size_t)self->n);
        }
    }
    ASYNC_FINALLY {
        (void)async_close(self->fd);
    }
    ASYNC_END
}
ASYNC(void, w_crowd,
      vars(int listener; int i; int fd; int err; async_address name; async_group group))
{
    ASYNC_BEGIN
    self->listener = async_listen("127.0.0.1:0", 0);
    if (self->listener < 0) ASYNC_RAISE(self->listener);
    ASYNC_DO {
        self->err = async_local_address(self->listener, &self->name);
        if (self->err) ASYNC_RAISE(self->err);
        ASYNC_WITH(async_group, &self->group) {
            for (self->i = 0; self->i < 4; self->i++)
                if (!ASYNC_SPAWN_NEW_IN(&self->group, w_talk, self->name)) ASYNC_RAISE(-ENOMEM);
            for (self->i = 0; self->i < 4; self->i++) {
                AWAIT_TO(self->fd, async_accept, self->listener, NULL);
                if (!ASYNC_SPAWN_NEW_IN_EAGER(&self->group, w_handle, self->fd)) {
                    (void)async_close(self->fd);
                    ASYNC_RAISE(-ENOMEM);
                }
            }
        }
    }
    ASYNC_FINALLY {
        (void)async_close(self->listener);
    }
    ASYNC_END
}

ASYNC(void, w_datagrams,
      vars(int a; int b; int err; char c[8]; ptrdiff_t n; async_address to; async_address from;
           int i))
{
    ASYNC_BEGIN
    self->a = async_datagram("127.0.0.1:0");
    self->b = async_datagram("127.0.0.1:0");
    ASYNC_DO {
        if (self->a < 0) ASYNC_RAISE(self->a);
        if (self->b < 0) ASYNC_RAISE(self->b);
        self->err = async_local_address(self->a, &self->to);
        if (self->err) ASYNC_RAISE(self->err);
        for (self->i = 0; self->i < 2; self->i++) {
            AWAIT(async_sendto, self->b, "ping", 4, &self->to);
            AWAIT_TO(self->n, async_recvfrom, self->a, self->c, 8, &self->from);
            CHECK(self->n == 4 && !memcmp(self->c, "ping", 4));
            AWAIT(async_sendto, self->a, "pong", 4, &self->from);
            AWAIT_TO(self->n, async_recvfrom, self->b, self->c, 8, NULL);
            CHECK(self->n == 4 && !memcmp(self->c, "pong", 4));
        }
    }
    ASYNC_FINALLY {
        if (self->a >= 0) (void)async_close(self->a);
        if (self->b >= 0) (void)async_close(self->b);
    }
    trace("ping pong\n");
    ASYNC_END
}

/* Foreign descriptors, and a pipe of the loop with more in it than fits. */
enum { W_MANY = 150000 };
static char w_many[W_MANY], w_few[4096];
ASYNC(void, w_fill, args(int fd), vars(int err))
{
    ASYNC_BEGIN
    self->err = async_adopt(self->fd);
    if (self->err) {
        close(self->fd);
        ASYNC_RAISE(self->err);
    }
    ASYNC_DO {
        AWAIT(async_write_all, self->fd, w_many, W_MANY);
    }
    ASYNC_FINALLY {
        (void)async_close(self->fd);
    }
    ASYNC_END
}
ASYNC(void, w_pipe, vars(int fd[2]; ssize_t n; size_t got; async_group group), tasks(w_fill f))
{
    ASYNC_BEGIN
    CHECK(pipe(self->fd) == 0);
    ASYNC_DO {
        ASYNC_WITH(async_group, &self->group) {
            (void)ASYNC_SPAWN_IN(&self->group, &self->f, w_fill, self->fd[1]);
            AWAIT(async_sleep, ASYNC_MS(0)); /* it has its descriptor */
            do {
                AWAIT(async_wait_readable, self->fd[0]);
                self->n = read(self->fd[0], w_few, sizeof w_few);
                self->got += (size_t)self->n;
            } while (self->n > 0);
            if (self->got == W_MANY) trace("all of it\n");
        }
    }
    ASYNC_FINALLY {
        close(self->fd[0]);
    }
    ASYNC_END
}

/* No sockets: tasks of the allocator that several gather, and a timeout. */
ASYNC(int, w_square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}
ASYNC(int, w_sum, args(ASYNC_TASK(w_square) * a, ASYNC_TASK(w_square) * b))
{
    ASYNC_BEGIN
    AWAIT(async_gather, ASYNC_TASKS(self->a, self->b));
    ASYNC_RETURN(ASYNC_RESULT(self->a) + ASYNC_RESULT(self->b));
    ASYNC_END
}
ASYNC(void, w_tasks, vars(ASYNC_TASK(w_square) * t[3]; int i; async_timeout timeout),
      tasks(w_square a, w_square b, w_sum x, w_sum y))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, w_square, 3);
    ASYNC_SPAWN(&self->b, w_square, 4);
    ASYNC_SPAWN(&self->x, w_sum, &self->a, &self->b); /* two that gather the same */
    ASYNC_SPAWN(&self->y, w_sum, &self->b, &self->a);
    for (self->i = 0; self->i < 3; self->i++) {
        self->t[self->i] = ASYNC_SPAWN_NEW(w_square, self->i);
        if (!self->t[self->i]) ASYNC_RAISE(-ENOMEM);
    }
    ASYNC_WITH(async_timeout, &self->timeout, ASYNC_SEC(1)) {
        AWAIT(async_gather, ASYNC_TASKS(self->t[0], self->t[1], self->t[2]));
        AWAIT(async_gather, ASYNC_TASKS(&self->x, &self->y));
    }
    trace("%d %d\n", ASYNC_RESULT(&self->x), ASYNC_RESULT(&self->y));
    ASYNC_END
}

/* A server's streams: lines back and forth, more than a socket holds at once, a file, both ends
 * closed. */
static char w_much[300000];
ASYNC(void, w_echo, args(async_stream *s), vars(async_bytes line; struct iovec v[2]))
{
    ASYNC_BEGIN
    ASYNC_FOR_NEXT(self->line, async_stream_next, self->s) {
        self->v[0].iov_base = (void *)(uintptr_t) "<";
        self->v[0].iov_len = 1;
        self->v[1].iov_base = self->line.data;
        self->v[1].iov_len = self->line.size;
        (void)async_stream_writelines(self->s, self->v, 2); /* drain() tells */
        AWAIT(async_stream_drain, self->s);
    }
    (void)async_stream_write(self->s, w_much, sizeof w_much);
    ASYNC_END
}
ASYNC(void, w_line, args(async_stream *s, const char *at),
      vars(async_bytes b; int i; char text[3]; ptrdiff_t n; int file))
{
    ASYNC_BEGIN
    AWAIT(async_open_connection, self->s, self->at);
    ASYNC_WITH(async_stream, self->s) {
        for (self->i = 0; self->i < 2; self->i++) {
            self->text[0] = (char)('a' + self->i);
            self->text[1] = '\n';
            (void)async_stream_write(self->s, self->text, 2);
            AWAIT(async_stream_drain, self->s);
            AWAIT_TO(self->b, async_stream_readuntil, self->s, "\n", 1);
            CHECK(self->b.size == 3 && self->b.data[0] == '<' && self->b.data[1] == 'a' + self->i);
        }
        self->file = open("asyncc.h", O_RDONLY);
        CHECK(self->file >= 0);
        ASYNC_DO {
            AWAIT_TO(self->n, async_sendfile, self->s->fd, self->file, 0, 2);
        }
        ASYNC_FINALLY {
            close(self->file);
        }
        CHECK_INT(self->n, 2);
        self->i = async_stream_write_eof(self->s);
        if (self->i) ASYNC_RAISE(self->i);
        AWAIT_TO(self->n, async_stream_readexactly, self->s, self->text, 3);
        CHECK(!memcmp(self->text, "</*", 3));
        AWAIT_TO(self->b, async_stream_readall, self->s, sizeof w_much);
        if (self->b.size != sizeof w_much) ASYNC_RAISE(-EPROTO, "the server has hung up");
    }
    trace("served\n");
    ASYNC_END
}
ASYNC(void, w_server,
      vars(async_server server; async_stream s; async_address a; char at[128]; int err),
      awaits(w_line, async_server_exit))
{
    ASYNC_BEGIN
    self->err = ASYNC_START_SERVER(&self->server, "127.0.0.1:0", w_echo);
    if (self->err) ASYNC_RAISE(self->err);
    ASYNC_WITH(async_server, &self->server) {
        self->err = async_local_address(self->server.fd, &self->a);
        if (self->err) ASYNC_RAISE(self->err);
        async_address_format(&self->a, self->at, sizeof self->at);
        AWAIT(w_line, &self->s, self->at);
    }
    ASYNC_END
}

/* Jobs for threads, one of them cancelled. Which call is the k-th differs from run to run. */
static int w_double(void *arg)
{
    return *(int *)arg * 2;
}
ASYNC(int, w_job, args(int x), vars(async_job job))
{
    ASYNC_BEGIN
    self->job.fn = w_double;
    self->job.arg = &self->x;
    AWAIT_TO(self->x, async_run_job, NULL, &self->job);
    ASYNC_RETURN(self->x);
    ASYNC_END
}
ASYNC(void, w_threads, vars(int i), tasks(w_job a, w_job b, w_job c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, w_job, 1);
    ASYNC_SPAWN(&self->b, w_job, 2);
    ASYNC_SPAWN(&self->c, w_job, 3);
    AWAIT(async_sleep, ASYNC_MS(0));
    async_task_cancel(&self->c.task);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    trace("%d %d\n", ASYNC_RESULT(&self->a), ASYNC_RESULT(&self->b));
    ASYNC_END
}

/* A child that is talked to, and one that is killed. */
ASYNC(void, w_processes, vars(async_process p; async_output out; char text[32]; int code),
      awaits(async_process_communicate))
{
    ASYNC_BEGIN
    static const char *const cat[] = {"cat", NULL};
    static const char *const sleeper[] = {"sleep", "60", NULL};
    static const async_process_options piped = {ASYNC_PIPE, ASYNC_PIPE, ASYNC_DEVNULL, NULL,
                                                NULL,       false,      false};
    self->out.data = self->text;
    self->out.room = sizeof self->text;
    ASYNC_WITH(async_process, &self->p, cat, &piped) {
        AWAIT_TO(self->code, async_process_communicate, &self->p, "through a cat", 13, &self->out,
                 NULL);
    }
    CHECK(!self->p.running && self->p.in == -1 && self->p.out == -1);
    if (self->code || self->out.size != 13) ASYNC_RAISE(-EPROTO);
    ASYNC_WITH(async_process, &self->p, sleeper, NULL) {
        (void)async_process_kill(&self->p);
    }
    CHECK_INT(self->p.returncode, -SIGKILL);
    trace("%.13s\n", self->text);
    ASYNC_END
}

static int w_no_call(void *arg)
{
    (void)arg;
    return 0;
}
ASYNC(void, w_signals, vars(async_signal s; async_signal t; int number; int err))
{
    ASYNC_BEGIN
    ASYNC_DO {
        ASYNC_WITH(async_signal, &self->s, ASYNC_SIGNALS(SIGUSR1, SIGUSR2)) {
            self->err = async_add_signal_handler(async_get_running_loop(), &self->t, SIGUSR2,
                                                 w_no_call, NULL);
            if (self->err) ASYNC_RAISE(self->err);
            raise(SIGUSR2);
            AWAIT_TO(self->number, async_signal_wait, &self->s);
            trace("signal %d\n", self->number == SIGUSR2);
        }
    }
    ASYNC_FINALLY {
        (void)async_remove_signal_handler(&self->t);
    }
    ASYNC_END
}

static char w_path[64];
ASYNC(void, w_files,
      vars(async_file f; struct async_lines lines; async_bytes line; struct stat s;
           struct async_directory folder; const char *name; int n),
      raw(char buffer[16]))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_file, &self->f, w_path, O_RDWR | O_CREAT | O_TRUNC, 0600) {
        AWAIT(async_file_write, &self->f, "one\ntwo\n", 8);
        AWAIT(async_file_pwrite, &self->f, "t", 1, 4);
        AWAIT(async_file_sync, &self->f);
        AWAIT(async_file_stat, &self->f, &self->s);
        AWAIT(async_file_pread, &self->f, self->buffer, 8, 0);
    }
    ASYNC_WITH(async_file, &self->f, w_path, O_RDONLY, 0) {
        ASYNC_FOR(self->line, &self->lines, async_lines, &self->f, self->buffer, 16) {
            trace("%s", self->line.data);
        }
    }
    AWAIT(async_stat, w_path, &self->s);
    ASYNC_FOR(self->name, &self->folder, async_directory, "/") {
        self->n++;
    }
    trace("%d bytes, %s\n", (int)self->s.st_size, self->n ? "names" : "no names");
    ASYNC_END
}

/* --- the sweep --- */

enum {
    W_STREAM,
    W_UNIX,
    W_CROWD,
    W_DATAGRAMS,
    W_PIPE,
    W_TASKS,
    W_SERVER,
    W_THREADS,
    W_PROCESSES,
    W_SIGNALS,
    W_FILES,
    W_ALL
};
static const char *const w_names[] = {"stream",    "unix",    "crowd",  "datagrams",
                                      "pipe",      "tasks",   "server", "threads",
                                      "processes", "signals", "files"};
static bool w_hung;
ASYNC(void, w_scenario, args(int which), vars(async_timeout limit; char name[64]),
      awaits(w_stream, w_crowd, w_datagrams, w_pipe, w_tasks, w_server, w_threads, w_processes,
             w_signals, w_files))
{
    ASYNC_BEGIN
    w_hung = true;
    ASYNC_DO {
        ASYNC_WITH(async_timeout, &self->limit, ASYNC_SEC(5)) {
            if (self->which == W_STREAM) AWAIT(w_stream, "127.0.0.1:0");
            if (self->which == W_UNIX) {
                snprintf(self->name, sizeof self->name, "unix:@asyncc-sweep-%d", (int)getpid());
                AWAIT(w_stream, self->name);
            }
            if (self->which == W_CROWD) AWAIT(w_crowd);
            if (self->which == W_DATAGRAMS) AWAIT(w_datagrams);
            if (self->which == W_PIPE) AWAIT(w_pipe);
            if (self->which == W_TASKS) AWAIT(w_tasks);
            if (self->which == W_SERVER) AWAIT(w_server);
            if (self->which == W_THREADS) AWAIT(w_threads);
            if (self->which == W_PROCESSES) AWAIT(w_processes);
            if (self->which == W_SIGNALS) AWAIT(w_signals);
            if (self->which == W_FILES) AWAIT(w_files);
        }
    }
    ASYNC_FINALLY {
        w_hung = self->limit.expired;
    }
    ASYNC_END
}

static bool w_left_open;
static void w_on_error(async_loop *loop, const async_report *report)
{
    (void)loop;
    if (!strcmp(report->message, "descriptor was never closed")) w_left_open = true;
    if (!strcmp(report->message, "task was destroyed but it is pending")) w_left_open = true;
    if (!strcmp(report->message, "process was still running")) w_left_open = true;
}
static int w_run(int which)
{
    ASYNC_TASK(w_scenario) task;
    async_loop loop;
    async_options options;
    struct sigaction now;
    int err;
    memset(&task, 0, sizeof task);
    memset(&options, 0, sizeof options);
    options.on_error = w_on_error;
    w_left_open = false;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, w_scenario, which), 0);
    err = async_loop_run_until_complete(&loop, &task.task);
    CHECK_INT(async_loop_shutdown(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    if (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD) w_left_open = true; /* a child */
    if (sigaction(SIGUSR2, NULL, &now) < 0 || now.sa_handler != SIG_DFL) w_left_open = true;
    return err;
}

/* Run once to know what it does, then once for every call and each of its errors. */
static void w_sweep(int which)
{
    static char want[sizeof test_text_];
    int k, i, err, runs = 0, failed = 0;
    test_time_limit(60);
    note_what_is_open();
    CHECK_INT(w_run(which), 0);
    memcpy(want, test_text_, sizeof want);
    for (k = 1;; k++)
        for (i = 0;; i++) {
            test_text_[test_text_size_ = 0] = 0;
            seam_fail(k, i);
            err = w_run(which);
            runs++;
            if (!seam_hit) { /* there are not so many calls: nothing has failed */
                CHECK_INT(err, 0);
                printf("%s: %d calls, %d runs, %d errors\n", w_names[which], k - 1, runs, failed);
                CHECK(failed > 0);
                seam_fail(0, 0);
                return;
            }
            if (seam_error == 0) break; /* that call has no more errors */
            failed += err != 0;
            if (err > 0 || w_hung || w_left_open || seam_blocks != 0 ||
                seam_descriptors() != left_before_ || (err == 0 && strcmp(test_text_, want) != 0)) {
                test_fail_(__FILE__, __LINE__,
                           "%s, call %d, %s() gives %s: ends with %d,%s%s %ld blocks, "
                           "%d descriptors left; trace: %s",
                           w_names[which], k, seam_hit->name,
                           seam_error == SEAM_SHORT ? "less" : strerror(seam_error), err,
                           w_hung ? " has hung," : "", w_left_open ? " left something open," : "",
                           seam_blocks, seam_descriptors() - left_before_, test_text_);
            }
        }
}
#if !ASYNCC_URING /* it changes nothing here */
TEST(F41_sweep_of_tcp)
{
    w_sweep(W_STREAM);
}
TEST(F41_sweep_of_unix_sockets)
{
    w_sweep(W_UNIX);
}
TEST(F41_sweep_of_a_crowd)
{
    w_sweep(W_CROWD);
}
TEST(F41_sweep_of_datagrams)
{
    w_sweep(W_DATAGRAMS);
}
TEST(F41_sweep_of_a_pipe)
{
    w_sweep(W_PIPE);
}
TEST(F41_sweep_of_tasks)
{
    w_sweep(W_TASKS);
}

TEST(F41_sweep_of_a_server)
{
    w_sweep(W_SERVER);
}
#endif

#if !defined(ASYNCC_POLLER) || ASYNCC_POLLER != 2
#if !ASYNCC_URING
TEST(F41_sweep_of_threads) /* not where a pipe wakes the loop: one of its own cannot break */
{
    w_sweep(W_THREADS);
}
TEST(F41_sweep_of_processes)
{
    w_sweep(W_PROCESSES);
}
#ifdef __linux__
TEST(F41_sweep_of_processes_by_SIGCHLD)
{
    seam_of_syscall.error = ENOSYS;
    seam_of_syscall.times = 1 << 30;
    w_sweep(W_PROCESSES);
}
#endif
TEST(F41_sweep_of_signals)
{
    w_sweep(W_SIGNALS);
}
#endif
TEST(F41_sweep_of_files)
{
    snprintf(w_path, sizeof w_path, "/tmp/asyncc-sweep-%d", (int)getpid());
    w_sweep(W_FILES);
    unlink(w_path);
}
#endif

/* A host that asks for the descriptor to watch gets the error, and may ask again. */
#if ASYNCC_POLLER == ASYNCC_EPOLL
TEST(F41_no_descriptor_for_a_host)
{
    async_loop loop;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    seam_of_epoll_create1.error = EMFILE;
    seam_of_epoll_create1.times = 1;
    CHECK_INT(async_loop_fd(&loop), -EMFILE);
    CHECK_INT(async_loop_tick(&loop), 0);
    CHECK(async_loop_fd(&loop) >= 0);
    seam_of_epoll_wait.error = EBADF;
    seam_of_epoll_wait.times = 1;
#ifdef ASYNC_EPOLL_PWAIT2_
    seam_of_epoll_pwait2.error = EBADF;
    seam_of_epoll_pwait2.times = 1;
#endif
    CHECK_INT(async_loop_tick(&loop), 0); /* nobody waits, so nobody is told */
    CHECK_INT(async_loop_close(&loop), 0);
}
#endif

/* Interrupted every other time, nobody notices. */
TEST(F12_sweep_of_interruptions)
{
    snprintf(w_path, sizeof w_path, "/tmp/asyncc-sweep-%d", (int)getpid());
    static char want[sizeof test_text_];
    int which;
    note_what_is_open();
    for (which = 0; which < W_ALL; which++) {
        seam_interrupt = false;
        test_text_[test_text_size_ = 0] = 0;
        CHECK_INT(w_run(which), 0);
        memcpy(want, test_text_, sizeof want);
        test_text_[test_text_size_ = 0] = 0;
        seam_interrupt = true;
        CHECK_INT(w_run(which), 0);
        CHECK_TRACE(want);
        check_nothing_left();
    }
    unlink(w_path);
}
