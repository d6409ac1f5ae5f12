/* A loop that another one drives: the descriptor to watch, the next deadline, one tick. */
#include "test.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

static async_loop loop;
static void open_loop(bool virtual_clock)
{
    async_options options;
    memset(&options, 0, sizeof options);
    options.virtual_clock = virtual_clock;
    CHECK_INT(async_loop_init(&loop, &options), 0);
}
static bool no_descriptor(void) /* with poll() */
{
    return async_loop_fd(&loop) == -ENOTSUP;
}
static bool readable(int ms)
{
    struct pollfd p = {async_loop_fd(&loop), POLLIN, 0};
    if (no_descriptor()) return true;
    CHECK(p.fd >= 0);
    return poll(&p, 1, ms) == 1;
}

/* What a host does. How many ticks it took. */
static int drive(async_task *task)
{
    int ticks = 0;
    while (!async_task_done(task)) {
        async_time at = async_loop_next_deadline(&loop), now = async_loop_time(&loop);
        (void)readable(at == INT64_MAX ? 1000 : at <= now ? 0 : (int)((at - now) / 1000000) + 1);
        CHECK_INT(async_loop_tick(&loop), 0);
        ticks++;
    }
    return ticks;
}

ASYNC(int, echoes, args(int fd), vars(char c[8]; ptrdiff_t n; int sum))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT_TO(self->n, async_read, self->fd, self->c, sizeof self->c);
        if (!self->n) break;
        self->sum += (int)self->n;
        AWAIT(async_write_all, self->fd, self->c, (size_t)self->n);
    }
    ASYNC_RETURN(self->sum);
    ASYNC_END
}
ASYNC(int, both, raw(int fd[2]; char c[8]), tasks(echoes t), vars(ptrdiff_t n; int i))
{
    ASYNC_BEGIN
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fd), 0);
    CHECK_INT(async_adopt(self->fd[0]), 0);
    CHECK_INT(async_adopt(self->fd[1]), 0);
    ASYNC_SPAWN(&self->t, echoes, self->fd[1]);
    for (self->i = 0; self->i < 5; self->i++) {
        AWAIT(async_sleep, ASYNC_MS(5));
        AWAIT(async_write_all, self->fd[0], "abc", 3);
        AWAIT_TO(self->n, async_read, self->fd[0], self->c, sizeof self->c);
        CHECK_INT(self->n, 3);
    }
    shutdown(self->fd[0], SHUT_WR);
    AWAIT_TASK_TO(self->n, &self->t);
    ASYNC_RETURN((int)self->n);
    ASYNC_END
}

TEST(foreign_host_drives_timers_and_sockets)
{
    static ASYNC_TASK(both) task;
    int ticks;
    open_loop(false);
    CHECK_INT(async_loop_next_deadline(&loop), INT64_MAX);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, both), 0);
    CHECK(async_loop_next_deadline(&loop) <= async_loop_time(&loop));
    ticks = drive(&task.task);
    CHECK_INT(async_task_error(&task.task), 0);
    CHECK_INT(ASYNC_RESULT(&task), 15);
    CHECK(no_descriptor() || ticks < 100); /* it slept in between */
    CHECK(!async_get_running_loop());
    CHECK_INT(async_loop_close(&loop), 0);
}

ASYNC(void, sleeps)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(100));
    AWAIT(async_sleep, ASYNC_MS(100));
    ASYNC_END
}
TEST(foreign_tick_never_blocks_and_deadline_is_the_timer)
{
    static ASYNC_TASK(sleeps) task;
    async_time begin;
    open_loop(false);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, sleeps), 0);
    begin = async_loop_time(&loop);
    CHECK_INT(async_loop_tick(&loop), 0);
    CHECK(async_loop_next_deadline(&loop) >= begin + 100000000);
    CHECK_INT(async_loop_tick(&loop), 0);
    CHECK(async_loop_time(&loop) < begin + 100000000);
    CHECK_INT(async_loop_shutdown(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
}
TEST(foreign_tick_on_a_virtual_clock)
{
    static ASYNC_TASK(sleeps) task;
    open_loop(true);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, sleeps), 0);
    while (!async_task_done(&task.task)) {
        CHECK(async_loop_next_deadline(&loop) <= async_loop_time(&loop));
        CHECK_INT(async_loop_tick(&loop), 0);
    }
    CHECK_INT(async_loop_time(&loop), 200000000);
    CHECK_INT(async_loop_close(&loop), 0);
}

/* --- stopped and entered again: errors, no crash --- */

static int ticks_inside(void *arg)
{
    CHECK_INT(async_loop_tick((async_loop *)arg), -EBUSY);
    CHECK_INT(async_loop_run_forever((async_loop *)arg), -EBUSY);
    CHECK_INT(async_loop_close((async_loop *)arg), -EBUSY);
    trace("call ");
    return 0;
}
ASYNC(void, ticks_itself, vars(async_call call))
{
    ASYNC_BEGIN
    CHECK_INT(async_loop_tick(&loop), -EBUSY);
    CHECK_INT(async_loop_run_until_complete(&loop, async_current_task()), -EBUSY);
    CHECK_INT(async_call_soon(&loop, &self->call, ticks_inside, &loop), 0);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_current_task() != NULL);
    trace("task");
    ASYNC_END
}
TEST(foreign_R9_entered_again)
{
    static ASYNC_TASK(ticks_itself) task;
    open_loop(false);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, ticks_itself), 0);
    CHECK(drive(&task.task) <= 4);
    CHECK_TRACE("call task");
    CHECK_INT(async_loop_close(&loop), 0);
}
ASYNC(void, ticks_another)
{
    ASYNC_BEGIN
    CHECK_INT(async_loop_tick(&loop), -EBUSY); /* another loop, but in a thread where one runs */
    ASYNC_END
}
TEST(foreign_R9_another_loop_runs)
{
    open_loop(false);
    CHECK_INT(run_virtual(ticks_another), 0);
    CHECK_INT(async_loop_tick(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
}
static int stops(void *arg)
{
    async_loop_stop((async_loop *)arg);
    return 0;
}
TEST(foreign_stopped_and_closed)
{
    static async_call call;
    open_loop(false);
    async_loop_stop(&loop);
    CHECK_INT(async_loop_tick(&loop), -EINTR);
    CHECK_INT(async_loop_tick(&loop), 0);
    CHECK_INT(async_call_soon(&loop, &call, stops, &loop), 0);
    CHECK_INT(async_loop_tick(&loop), -EINTR);
    CHECK_INT(async_loop_tick(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(async_loop_tick(&loop), -ESHUTDOWN);
    CHECK_INT(async_loop_fd(&loop), -ESHUTDOWN);
}

/* --- the descriptor --- */

ASYNC(void, reads_once, args(int fd), raw(char c[1]), vars(ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_read, self->fd, self->c, 1);
    ASYNC_END
}
/* An event that nobody waits for any more must not keep the host awake. */
TEST(foreign_descriptor_is_quiet_after_a_tick)
{
    static ASYNC_TASK(reads_once) task;
    int fd[2];
    open_loop(false);
    if (no_descriptor()) SKIP("poll() has none");
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    CHECK_INT(async_adopt(fd[0]), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, reads_once, fd[0]), 0);
    CHECK_INT(async_loop_tick(&loop), 0);
    if (readable(0)) CHECK_INT(async_loop_tick(&loop), 0); /* there is room to write */
    CHECK(!readable(0));
    CHECK_INT(write(fd[1], "ab", 2), 2);
    CHECK(readable(1000));
    (void)drive(&task.task);
    CHECK_INT(write(fd[1], "cd", 2), 2); /* registered, and no task waits */
    CHECK(readable(1000));
    CHECK_INT(async_loop_tick(&loop), 0);
    CHECK(!readable(0));
    CHECK_INT(async_close(fd[0]), 0);
    close(fd[1]);
    CHECK_INT(async_loop_close(&loop), 0);
}
static int posted_count;
static int counts(void *arg)
{
    (void)arg;
    posted_count++;
    return 0;
}
static void *posts(void *call)
{
    CHECK_INT(async_call_soon_threadsafe(&loop, (async_call *)call, counts, NULL), 0);
    return NULL;
}
/* A call from another thread makes it readable, or the deadline says so. */
TEST(foreign_TH5_woken_by_a_thread)
{
    static async_call calls[50];
    pthread_t thread;
    int i, fd;
    open_loop(false);
    CHECK_INT(async_loop_keep(&loop), 0);
    fd = async_loop_fd(&loop);
    for (i = 0; i < 50; i++) {
        CHECK_INT(async_loop_tick(&loop), 0);
        if (i % 2) CHECK(async_loop_next_deadline(&loop) == INT64_MAX);
        CHECK_INT(pthread_create(&thread, NULL, posts, &calls[i]), 0);
        if (i % 2) CHECK(readable(5000));
        CHECK_INT(pthread_join(thread, NULL), 0);
        CHECK(async_loop_next_deadline(&loop) <= async_loop_time(&loop));
        CHECK_INT(async_loop_tick(&loop), 0);
        CHECK_INT(posted_count, i + 1);
    }
    CHECK_INT(async_loop_fd(&loop), fd);
    async_loop_release(&loop);
    CHECK_INT(async_loop_close(&loop), 0);
}

/* Also if the loop has run by itself before, and not ticked since. */
static int foreign_called;
static int foreign_call(void *arg)
{
    (void)arg;
    foreign_called++;
    return 0;
}
TEST(foreign_TH5_woken_after_a_run_of_its_own)
{
    static ASYNC_TASK(sleeps) task;
    static async_call call;
    open_loop(false);
    if (async_loop_fd(&loop) == -ENOTSUP) SKIP("no descriptor");
    CHECK_INT(async_loop_keep(&loop), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, sleeps), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &task.task), 0);
    CHECK_INT(async_loop_next_deadline(&loop), INT64_MAX);
    CHECK(!readable(0));
    CHECK_INT(async_post_(&loop, &call, foreign_call, NULL), 0); /* as another thread would */
    CHECK(readable(0));
    CHECK_INT(async_loop_tick(&loop), 0);
    CHECK_INT(foreign_called, 1);
    CHECK_INT(async_loop_close(&loop), 0);
}
