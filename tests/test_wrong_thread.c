/* What is called from another thread than the loop's: debug builds say so (D2, TH7). */
#define ASYNCC_DEBUG 1
#include "test.h"
#include <pthread.h>

static async_loop *wt_loop;
static async_call wt_call;
static async_future wt_future;
static async_event wt_event;
static async_lock wt_lock;
ASYNC(void, wt_nothing)
{
    ASYNC_BEGIN
    ASYNC_END
}
static ASYNC_TASK(wt_nothing) wt_task;
static async_task *wt_waiter;
static int wt_fn(void *arg)
{
    (void)arg;
    return 0;
}
static void *wt_elsewhere(void *arg)
{
    (void)arg;
    CHECK_PANIC("async_call_soon() in another thread",
                (void)async_call_soon(wt_loop, &wt_call, wt_fn, NULL));
    CHECK_PANIC("async_call_at() in another thread",
                (void)async_call_later(wt_loop, &wt_call, ASYNC_MS(1), wt_fn, NULL));
    CHECK_PANIC("async_loop_stop() in another thread", async_loop_stop(wt_loop));
    CHECK_PANIC("async_task_cancel() in another thread", (void)async_task_cancel(wt_waiter));
    CHECK_PANIC("async_future_set() in another thread", (void)async_future_set(&wt_future));
    CHECK_PANIC("async_event_set() in another thread", async_event_set(&wt_event));
    CHECK_PANIC("a wake() in another thread", (void)async_lock_release(&wt_lock));
    CHECK_PANIC("ASYNC_SPAWN() in another thread",
                (void)ASYNC_SPAWN_ON(wt_loop, &wt_task, wt_nothing));
    CHECK_INT(async_call_soon_threadsafe(wt_loop, &wt_call, wt_fn, NULL), 0);
    return NULL;
}
ASYNC(void, wt_wait_future)
{
    ASYNC_BEGIN
    AWAIT(async_future_wait, &wt_future);
    ASYNC_END
}
ASYNC(void, wt_wait_event)
{
    ASYNC_BEGIN
    AWAIT(async_event_wait, &wt_event);
    ASYNC_END
}
ASYNC(void, wt_wait_lock)
{
    ASYNC_BEGIN
    AWAIT(async_lock_acquire, &wt_lock);
    ASYNC_END
}
ASYNC(void, wt_main, tasks(wt_wait_future a, wt_wait_event b, wt_wait_lock c))
{
    ASYNC_BEGIN
    pthread_t thread;
    wt_loop = async_get_running_loop();
    CHECK_INT(async_loop_keep(wt_loop), 0);
    AWAIT(async_lock_acquire, &wt_lock);
    ASYNC_SPAWN(&self->a, wt_wait_future);
    ASYNC_SPAWN(&self->b, wt_wait_event);
    ASYNC_SPAWN(&self->c, wt_wait_lock);
    wt_waiter = &self->a.task;
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(pthread_create(&thread, NULL, wt_elsewhere, NULL) == 0);
    pthread_join(thread, NULL);
    ASYNC_END
}
TEST(D2_TH7_the_wrong_thread_is_told)
{
    CHECK_INT(run_real(wt_main), 0);
}
/* Before it runs, and after, any one thread may set it up. */
static void *wt_set_up(void *arg)
{
    CHECK_INT(async_call_soon((async_loop *)arg, &wt_call, wt_fn, NULL), 0);
    return NULL;
}
TEST(D2_not_while_no_thread_runs_it)
{
    async_loop loop;
    pthread_t thread;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    CHECK(pthread_create(&thread, NULL, wt_set_up, &loop) == 0);
    pthread_join(thread, NULL);
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_INT(async_loop_close(&loop), 0);
}
