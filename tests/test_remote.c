/* Coroutines in the loop of another thread: run_coroutine_threadsafe, and sockets handed over. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <pthread.h>
#include <sched.h>
/* Who is told by the thread that closes a loop is faster: its memory is gone before that goes on. */
static __thread int rm_told;
static int rm_gone;
static int rm_unlock(pthread_mutex_t *mutex)
{
    int err = pthread_mutex_unlock(mutex);
    if (rm_told) {
        while (__atomic_load_n(&rm_gone, __ATOMIC_ACQUIRE) < rm_told) sched_yield();
        rm_told++;
    }
    return err;
}
#define pthread_mutex_unlock rm_unlock
#include "seam.h"
#include "test.h"

/* A thread with a loop, kept until rm_end(). */
static async_loop rm_loop;
static pthread_t rm_thread;
static async_call rm_last;
static int rm_ready;
static bool rm_shut = true;
static async_duration rm_slow; /* none */
static void *rm_main(void *arg)
{
    async_options options;
    memset(&options, 0, sizeof options);
    options.on_error = test_on_error_;
    options.slow_step = rm_slow;
    CHECK_INT(async_loop_init(&rm_loop, &options), 0);
    CHECK_INT(async_loop_keep(&rm_loop), 0);
    __atomic_store_n(&rm_ready, 1, __ATOMIC_RELEASE);
    CHECK_INT(async_loop_run_forever(&rm_loop), 0);
    async_loop_release(&rm_loop);
    if (rm_shut) CHECK_INT(async_loop_shutdown(&rm_loop), 0);
    CHECK_INT(async_loop_close(&rm_loop), 0);
    return arg;
}
static void rm_begin(void)
{
    CHECK(pthread_create(&rm_thread, NULL, rm_main, NULL) == 0);
    while (!__atomic_load_n(&rm_ready, __ATOMIC_ACQUIRE)) sched_yield();
}
static int rm_stop(void *arg)
{
    (void)arg;
    async_loop_stop(&rm_loop);
    return 0;
}
static void rm_end(void)
{
    CHECK_INT(async_call_soon_threadsafe(&rm_loop, &rm_last, rm_stop, NULL), 0);
    pthread_join(rm_thread, NULL);
}

ASYNC(int, rm_add, args(int a, int b, int ms))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_RETURN(self->a + self->b);
    ASYNC_END
}
ASYNC(void, rm_fails)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_RAISE(-EPROTO, "as it should");
    ASYNC_END
}
TEST(TH6_gives_the_result_to_another_thread)
{
    static ASYNC_REMOTE(rm_add) r;
    int i;
    CHECK_INT(async_remote_wait(&r.remote, ASYNC_FOREVER), -EINVAL);
    rm_begin();
    for (i = 0; i < 100; i++) {
        CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, &r, rm_add, 1, i, i % 3 - 1), 0);
        CHECK_INT(async_remote_wait(&r.remote, ASYNC_FOREVER), 0);
        CHECK(async_remote_done(&r.remote));
        CHECK_INT(ASYNC_RESULT(&r.task), i + 1);
    }
    CHECK(!async_remote_cancel(&r.remote));
    rm_end();
}
TEST(TH6_gives_the_error)
{
    static ASYNC_REMOTE(rm_fails) r;
    rm_begin();
    CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, &r, rm_fails), 0);
    CHECK_INT(async_remote_wait(&r.remote, ASYNC_FOREVER), -EPROTO);
    CHECK_STR(async_task_error_text(&r.task.task), "as it should");
    rm_end();
    CHECK_INT(test_reports, 0); /* somebody has looked */
}
TEST(TH6_a_timeout_and_then_a_cancel)
{
    static ASYNC_REMOTE(rm_add) r;
    rm_begin();
    CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, &r, rm_add, 1, 2, 3600000), 0);
    CHECK_INT(async_remote_wait(&r.remote, ASYNC_MS(0)), -ETIMEDOUT);
    CHECK_INT(async_remote_wait(&r.remote, ASYNC_MS(1)), -ETIMEDOUT);
    CHECK(!async_remote_done(&r.remote));
    CHECK(async_remote_cancel(&r.remote));
    (void)async_remote_cancel(&r.remote); /* twice does no harm */
    CHECK_INT(async_remote_wait(&r.remote, ASYNC_FOREVER), ASYNC_CANCELED);
    CHECK(async_task_cancelled(&r.task.task));
    rm_end();
}
/* The memory may be given back as soon as the wait says so. */
static void rm_let_others_run(void)
{
    int i;
    for (i = 0; i < 20; i++) sched_yield();
}
TEST(TH6_memory_is_free_at_once)
{
    int i;
    rm_slow = ASYNC_NS(1); /* the loop looks at each task once more after its step, */
    seam_before_clock = rm_let_others_run; /* but others run before */
    rm_begin();
    for (i = 0; i < 200; i++) {
        typedef ASYNC_REMOTE(rm_add) remote;
        remote *r = (remote *)calloc(1, sizeof *r);
        CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, r, rm_add, 1, 2, i % 2 * 1000000), 0);
        if (i % 2) CHECK(async_remote_cancel(&r->remote));
        CHECK_INT(async_remote_wait(&r->remote, ASYNC_FOREVER), i % 2 ? ASYNC_CANCELED : 0);
        memset((void *)r, 0x5a, sizeof *r);
        free(r);
    }
    rm_end();
}
/* Also when a cancel is on its way that comes too late. */
static async_remote *rm_self;
ASYNC(void, rm_cancels_itself)
{
    ASYNC_BEGIN
    CHECK(async_remote_cancel(rm_self));
    ASYNC_END
}
TEST(TH6_memory_is_free_with_a_cancel_on_its_way)
{
    int i;
    rm_begin();
    for (i = 0; i < 200; i++) {
        typedef ASYNC_REMOTE(rm_cancels_itself) remote;
        remote *r = (remote *)calloc(1, sizeof *r);
        rm_self = &r->remote;
        CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, r, rm_cancels_itself), 0);
        CHECK_INT(async_remote_wait(&r->remote, ASYNC_FOREVER), 0);
        memset((void *)r, 0x5a, sizeof *r);
        free(r);
    }
    rm_end();
}
TEST(TH6_errors_of_the_start)
{
    static ASYNC_REMOTE(rm_add) r;
    CHECK_INT(async_loop_init(&rm_loop, NULL), 0);
    CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, &r, rm_add, 1, 2, 0), -ENOTCONN);
    CHECK_INT(async_remote_wait(&r.remote, ASYNC_FOREVER), -EINVAL);
    CHECK_INT(async_loop_keep(&rm_loop), 0);
    CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, &r, rm_add, 1, 2, 0), 0);
    CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, &r, rm_add, 1, 2, 0), -EBUSY);
    CHECK_INT(async_loop_close(&rm_loop), 0); /* it never began */
    CHECK_INT(async_remote_wait(&r.remote, ASYNC_FOREVER), -ESHUTDOWN);
    CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, &r, rm_add, 1, 2, 0), -ESHUTDOWN);
}
TEST(TH6_run_cancels_it_at_its_end)
{
    static ASYNC_REMOTE(rm_add) r;
    rm_begin();
    CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, &r, rm_add, 1, 2, 3600000), 0);
    rm_end();
    CHECK_INT(async_remote_wait(&r.remote, ASYNC_FOREVER), ASYNC_CANCELED);
}
TEST(TH6_close_without_shutdown_tells_who_waits)
{
    static ASYNC_REMOTE(rm_add) r;
    rm_shut = false;
    rm_begin();
    CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, &r, rm_add, 1, 2, 3600000), 0);
    rm_end();
    CHECK_INT(async_remote_wait(&r.remote, ASYNC_FOREVER), -ESHUTDOWN);
    CHECK_INT(test_reports, 1); /* destroyed but pending */
}
/* Who is told that the loop is closed gives the memory back, with what else of it the loop knows:
 * a cancel on its way, a task that is ready, and one that lives in its frame. */
static int rm_started;
ASYNC(void, rm_endless)
{
    ASYNC_BEGIN
    for (;;) AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
ASYNC(void, rm_endless_pair, tasks(rm_endless t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, rm_endless);
    for (;;) AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
static void *rm_waits_and_frees(void *cancels)
{
    typedef ASYNC_REMOTE(rm_endless_pair) remote;
    void *memory =
        mmap(NULL, sizeof(remote), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    remote *r = (remote *)memory;
    CHECK(memory != MAP_FAILED);
    CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, r, rm_endless_pair), 0);
    if (cancels) CHECK(async_remote_cancel(&r->remote));
    __atomic_fetch_add(&rm_started, 1, __ATOMIC_RELEASE);
    CHECK_INT(async_remote_wait(&r->remote, ASYNC_FOREVER), -ESHUTDOWN);
    CHECK(munmap(memory, sizeof *r) == 0);
    __atomic_fetch_add(&rm_gone, 1, __ATOMIC_RELEASE);
    return NULL;
}
static void rm_close_with(int ticks, void *cancels)
{
    async_options options;
    pthread_t threads[3];
    int i, round;
    memset(&options, 0, sizeof options);
    options.on_error = test_on_error_;
    for (round = 0; round < 20; round++) {
        CHECK_INT(async_loop_init(&rm_loop, &options), 0);
        CHECK_INT(async_loop_keep(&rm_loop), 0);
        rm_started = rm_gone = 0;
        for (i = 0; i < 3; i++)
            CHECK(pthread_create(&threads[i], NULL, rm_waits_and_frees, cancels) == 0);
        while (__atomic_load_n(&rm_started, __ATOMIC_ACQUIRE) < 3) sched_yield();
        for (i = 0; i < ticks; i++) CHECK_INT(async_loop_tick(&rm_loop), 0);
        rm_told = 1;
        CHECK_INT(async_loop_close(&rm_loop), 0);
        CHECK_INT(rm_told, 4);
        rm_told = 0;
        for (i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    }
}
TEST(TH6_memory_is_free_when_the_loop_closes_before_it_began)
{
    rm_close_with(0, &rm_loop);
}
TEST(TH6_memory_is_free_when_the_loop_closes_while_it_runs)
{
    rm_close_with(3, NULL);
}
static ASYNC_REMOTE(rm_add) rm_own;
ASYNC(int, rm_waits_for_itself)
{
    ASYNC_BEGIN
    CHECK_INT(async_loop_keep(async_get_running_loop()), 0);
    CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(async_get_running_loop(), &rm_own, rm_add, 1, 2, 0),
              0);
    ASYNC_RETURN(async_remote_wait(&rm_own.remote, ASYNC_FOREVER));
    ASYNC_END
}
TEST(TH6_a_loop_cannot_wait_for_itself)
{
    int x = 0;
    CHECK_INT(run_real_to(x, rm_waits_for_itself), 0);
    CHECK_INT(x, -EDEADLK);
}

/* Many threads, one loop: each gets its own, and half are cancelled at some time. */
enum { RM_THREADS = 4, RM_EACH = 200 };
static void *rm_storm(void *arg)
{
    ASYNC_REMOTE(rm_add) r[3];
    unsigned i, k, n = *(unsigned *)arg;
    memset(r, 0, sizeof r);
    for (i = 0; i < RM_EACH; i++) {
        for (k = 0; k < 3; k++)
            CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, &r[k], rm_add, (int)n, (int)k, 0),
                      0);
        n = n * 1664525u + 1013904223u;
        if (n >> 31) (void)async_remote_cancel(&r[1].remote);
        for (k = 0; k < 3; k++) {
            int err = async_remote_wait(&r[k].remote, ASYNC_FOREVER);
            CHECK(err == 0 || (k == 1 && err == ASYNC_CANCELED));
        }
    }
    return NULL;
}
TEST(TH6_storm)
{
    pthread_t thread[RM_THREADS];
    unsigned i, seed[RM_THREADS];
    test_time_limit(60);
    rm_begin();
    for (i = 0; i < RM_THREADS; i++) {
        seed[i] = i;
        CHECK(pthread_create(&thread[i], NULL, rm_storm, &seed[i]) == 0);
    }
    for (i = 0; i < RM_THREADS; i++) pthread_join(thread[i], NULL);
    rm_end();
}

/* A connection accepted in one loop and served in another. */
ASYNC(int, rm_echo, args(int fd), vars(char data[64]; ptrdiff_t n; int sum))
{
    ASYNC_BEGIN
    if (async_adopt(self->fd)) ASYNC_RAISE(-EBADF, "not adopted");
    ASYNC_DO {
        for (;;) {
            AWAIT_TO(self->n, async_read, self->fd, self->data, sizeof self->data);
            if (self->n == 0) break;
            self->sum += (int)self->n;
            AWAIT(async_write_all, self->fd, self->data, (size_t)self->n);
        }
    }
    ASYNC_FINALLY {
        (void)async_close(self->fd);
    }
    ASYNC_RETURN(self->sum);
    ASYNC_END
}
static ASYNC_REMOTE(rm_echo) rm_served;
ASYNC(void, rm_client, args(async_address to), vars(int fd; char data[8]; ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->fd, async_connect_to, &self->to);
    AWAIT(async_write_all, self->fd, "hello", 5);
    AWAIT_TO(self->n, async_read, self->fd, self->data, sizeof self->data);
    CHECK(self->n == 5 && !memcmp(self->data, "hello", 5));
    CHECK_INT(async_close(self->fd), 0);
    ASYNC_END
}
ASYNC(void, rm_accepting, vars(int listener; int fd; async_address at), tasks(rm_client c))
{
    ASYNC_BEGIN
    self->listener = async_listen("127.0.0.1:0", 0);
    CHECK_INT(async_local_address(self->listener, &self->at), 0);
    ASYNC_SPAWN(&self->c, rm_client, self->at);
    AWAIT_TO(self->fd, async_accept, self->listener, NULL);
    CHECK_INT(async_disown(self->fd), 0);
    CHECK_INT(async_disown(self->fd), -EBADF); /* it is the loop's no longer */
    CHECK_INT(ASYNC_RUN_COROUTINE_THREADSAFE(&rm_loop, &rm_served, rm_echo, self->fd), 0);
    AWAIT(async_join, &self->c.task);
    CHECK_INT(async_close(self->listener), 0);
    ASYNC_END
}
TEST(TH6_sockets_go_from_loop_to_loop)
{
    int before = seam_descriptors();
    rm_begin();
    CHECK_INT(run_real(rm_accepting), 0);
    CHECK_INT(async_remote_wait(&rm_served.remote, ASYNC_FOREVER), 0);
    CHECK_INT(ASYNC_RESULT(&rm_served.task), 5);
    rm_end();
    CHECK_INT(seam_descriptors(), before);
}

/* A loop made in this thread and run by another does not keep this one from running its own, and is
 * not mistaken for it. */
static void *rm_run(void *arg)
{
    CHECK_INT(async_loop_run_forever(&rm_loop), 0);
    return arg;
}
TEST(R9_a_loop_made_here_may_run_elsewhere)
{
    int x = 0;
    CHECK_INT(async_loop_init(&rm_loop, NULL), 0);
    CHECK_INT(async_loop_keep(&rm_loop), 0);
    CHECK(pthread_create(&rm_thread, NULL, rm_run, NULL) == 0);
    while (__atomic_load_n(&rm_loop.inbox, __ATOMIC_ACQUIRE) != ASYNC_ASLEEP_) sched_yield();
    CHECK(async_get_running_loop() == NULL);
    CHECK_INT(async_call_soon_threadsafe(&rm_loop, &rm_last, rm_stop, NULL), 0);
    pthread_join(rm_thread, NULL);
    CHECK_INT(run_real_to(x, rm_add, 1, 2, 0), 0);
    CHECK_INT(x, 3);
    CHECK_INT(async_loop_close(&rm_loop), 0);
}
