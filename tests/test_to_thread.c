/* Work for other threads: to_thread, run_in_executor, run_job, and the pool's life. Nothing here
 * depends on how fast anybody is: jobs wait for gates that the test opens. */
#include "seam.h"
#include "test.h"
#include <pthread.h>
#include <sched.h>

/* A gate: closed until it is opened, from any thread. */
static int tt_gate, tt_inside, tt_most, tt_done;
static void tt_open(int *gate)
{
    __atomic_store_n(gate, 1, __ATOMIC_SEQ_CST);
}
static int tt_get(int *n)
{
    return __atomic_load_n(n, __ATOMIC_SEQ_CST);
}
static void tt_wait(int *n, int least)
{
    while (tt_get(n) < least) sched_yield();
}

static int tt_double(void *arg)
{
    __atomic_add_fetch(&tt_done, 1, __ATOMIC_SEQ_CST);
    return *(int *)arg * 2;
}
static int tt_fail(void *arg)
{
    (void)arg;
    return -ENOENT;
}
static int tt_gated(void *arg)
{
    int inside = __atomic_add_fetch(&tt_inside, 1, __ATOMIC_SEQ_CST);
    int most = tt_get(&tt_most);
    while (inside > most && !__atomic_compare_exchange_n(&tt_most, &most, inside, false,
                                                         __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
    tt_wait(&tt_gate, 1);
    __atomic_sub_fetch(&tt_inside, 1, __ATOMIC_SEQ_CST);
    return tt_double(arg);
}

/* What a pool says of itself. */
static int tt_threads(async_pool *pool)
{
    int n;
    pthread_mutex_lock(&pool->mutex);
    n = pool->threads;
    pthread_mutex_unlock(&pool->mutex);
    return n;
}
static bool tt_queued(async_pool *pool)
{
    bool some;
    pthread_mutex_lock(&pool->mutex);
    some = pool->first != NULL;
    pthread_mutex_unlock(&pool->mutex);
    return some;
}

ASYNC(int, tt_call, args(int x))
{
    ASYNC_BEGIN
    AWAIT_TO(self->x, async_to_thread, tt_double, &self->x);
    ASYNC_RETURN(self->x);
    ASYNC_END
}
ASYNC(void, tt_call_failing)
{
    ASYNC_BEGIN
    AWAIT(async_to_thread, tt_fail, NULL);
    ASYNC_END
}
TEST(TH1_to_thread_gives_the_value)
{
    int x = 0;
    CHECK_INT(run_real_to(x, tt_call, 21), 0);
    CHECK_INT(x, 42);
    CHECK_INT(tt_done, 1);
    CHECK_INT(seam_blocks, 0);
}
TEST(TH2_an_error_is_raised)
{
    CHECK_INT(run_real(tt_call_failing), -ENOENT);
}
ASYNC(void, tt_many, vars(int i; int x))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 1000; self->i++) {
        AWAIT_TO(self->x, async_to_thread, tt_double, &self->i);
        CHECK_INT(self->x, 2 * self->i);
    }
    CHECK_INT(tt_done, 1000);
    CHECK_INT(tt_threads(async_get_running_loop()->pool),
              1); /* who has finished is idle, not busy */
    ASYNC_END
}
TEST(TH2_each_runs_once_and_one_thread_does_for_one_at_a_time)
{
    CHECK_INT(run_real(tt_many), 0);
}

static int tt_loop_runs;
ASYNC(void, tt_tick, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 10; self->i++) AWAIT(async_sleep, ASYNC_MS(1));
    tt_open(&tt_loop_runs); /* the job has seen nothing of this yet */
    ASYNC_END
}
static int tt_until_loop_runs(void *arg)
{
    (void)arg;
    tt_wait(&tt_loop_runs, 1);
    return 0;
}
static int tt_meet(void *arg)
{
    __atomic_add_fetch((int *)arg, 1, __ATOMIC_SEQ_CST);
    tt_wait((int *)arg, 2); /* the other one runs too */
    return 7;
}
static int tt_met;
ASYNC(int, tt_meeting)
{
    ASYNC_BEGIN
    int x;
    AWAIT_TO(x, async_to_thread, tt_meet, &tt_met);
    ASYNC_RETURN(x);
    ASYNC_END
}
ASYNC(void, tt_parallel, tasks(tt_tick t, tt_meeting a, tt_meeting b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, tt_tick);
    AWAIT(async_to_thread, tt_until_loop_runs, NULL);
    ASYNC_SPAWN(&self->a, tt_meeting);
    ASYNC_SPAWN(&self->b, tt_meeting);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    CHECK_INT(ASYNC_RESULT(&self->a) + ASYNC_RESULT(&self->b), 14);
    ASYNC_END
}
TEST(TH3_the_loop_goes_on_and_jobs_run_in_parallel)
{
    CHECK_INT(run_real(tt_parallel), 0);
}

static async_pool tt_pool;
static int tt_numbers[50];
ASYNC(int, tt_in_pool, args(int *x))
{
    ASYNC_BEGIN
    int x;
    AWAIT_TO(x, async_run_in_executor, &tt_pool, tt_gated, self->x);
    ASYNC_RETURN(x);
    ASYNC_END
}
ASYNC(void, tt_queueing, tasks(tt_in_pool t[50]), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 50; self->i++) {
        tt_numbers[self->i] = self->i;
        ASYNC_SPAWN(&self->t[self->i], tt_in_pool, &tt_numbers[self->i]);
    }
    while (tt_get(&tt_inside) < 3) AWAIT(async_sleep, ASYNC_MS(0));
    tt_open(&tt_gate);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    for (self->i = 0; self->i < 50; self->i++)
        CHECK_INT(ASYNC_RESULT(&self->t[self->i]), 2 * self->i);
    ASYNC_END
}
static __thread int tt_mine;
static int tt_started, tt_odd;
static void tt_on_start(void *context)
{
    char name[16] = "";
    tt_mine = 5;
    __atomic_add_fetch((int *)context, 1, __ATOMIC_SEQ_CST);
#if defined(__linux__)
    {
        cpu_set_t set;
        pthread_getname_np(pthread_self(), name, sizeof name);
        if (strcmp(name, "worker") != 0) tt_open(&tt_odd);
        if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) != 1) tt_open(&tt_odd);
    }
#endif
}
static int tt_first_cpu(void)
{
    cpu_set_t set;
    int i;
    CHECK(sched_getaffinity(0, sizeof set, &set) == 0);
    for (i = 0; i < 63 && !CPU_ISSET((unsigned)i, &set);) i++;
    return i;
}
TEST(TH3_more_jobs_than_threads_queue)
{
    async_pool_options options;
    memset(&options, 0, sizeof options);
    options.size = 3;
    options.stack = 256 * 1024;
    options.name = "worker";
    options.cpus = (uint64_t)1 << tt_first_cpu();
    options.on_start = tt_on_start;
    options.context = &tt_started;
    CHECK_INT(async_pool_init(&tt_pool, &options), 0);
    CHECK_INT(tt_threads(&tt_pool), 0); /* they start when there is work */
    CHECK_INT(run_real(tt_queueing), 0);
    CHECK_INT(tt_get(&tt_most), 3);
    CHECK_INT(tt_get(&tt_started), 3);
    CHECK_INT(tt_get(&tt_odd), 0);
    async_pool_close(&tt_pool);
    async_pool_close(&tt_pool); /* twice is once */
    CHECK_INT(seam_blocks, 0);
}
TEST(TH3_a_pool_that_makes_no_sense)
{
    async_pool_options options;
    memset(&options, 0, sizeof options);
    options.size = -1;
    CHECK_INT(async_pool_init(&tt_pool, &options), -EINVAL);
    seam_fail(1, 0);
    options.size = 2;
    CHECK_INT(async_pool_init(&tt_pool, &options), -ENOMEM);
}

/* --- cancel --- */

static void tt_small_pool(void)
{
    async_pool_options options;
    memset(&options, 0, sizeof options);
    options.size = 1;
    CHECK_INT(async_pool_init(&tt_pool, &options), 0);
}
static int tt_x[3] = {1, 2, 3};
ASYNC(void, tt_cancels, tasks(tt_in_pool a, tt_in_pool b, tt_in_pool c), vars(int i))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, tt_in_pool, &tt_x[0]);
    ASYNC_SPAWN(&self->b, tt_in_pool, &tt_x[1]);
    ASYNC_SPAWN(&self->c, tt_in_pool, &tt_x[2]);
    while (tt_get(&tt_inside) < 1) AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancel(&self->a.task)); /* it runs */
    CHECK(async_task_cancel(&self->b.task)); /* it is queued */
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancelled(&self->a.task)); /* one tick later, while the job goes on */
    CHECK(async_task_cancelled(&self->b.task));
    CHECK_INT(tt_get(&tt_inside), 1);
    CHECK_INT(tt_get(&tt_done), 0);
    tt_open(&tt_gate);
    AWAIT(async_join, &self->c.task);
    CHECK_INT(ASYNC_RESULT(&self->c), 6);
    CHECK_INT(tt_get(&tt_done), 2); /* a's went to its end, b's never ran */
    ASYNC_END
}
TEST(TH4_cancel_ends_the_await_at_once)
{
    tt_small_pool();
    CHECK_INT(run_real(tt_cancels), 0);
    async_pool_close(&tt_pool);
}

/* Cancelled when it is on its way back: cancelled, and the result is dropped. */
ASYNC(void, tt_cancels_late, tasks(tt_in_pool a))
{
    ASYNC_BEGIN
    tt_open(&tt_gate);
    ASYNC_SPAWN(&self->a, tt_in_pool, &tt_x[0]);
    AWAIT(async_sleep, ASYNC_MS(0));
    while ((uintptr_t)__atomic_load_n(&async_get_running_loop()->inbox, __ATOMIC_ACQUIRE) <= 3)
        sched_yield();
    CHECK(async_task_cancel(&self->a.task));
    AWAIT(async_sleep, ASYNC_MS(0));
    while (!async_task_done(&self->a.task)) AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancelled(&self->a.task));
    CHECK_INT(tt_get(&tt_done), 1);
    ASYNC_END
}
TEST(TH4_cancel_on_its_way_back)
{
    tt_small_pool();
    CHECK_INT(run_real(tt_cancels_late), 0);
    async_pool_close(&tt_pool);
}

/* run_job: with a cancel hook, and without, the await waits; arg lives in the frame. */
static int tt_hooked;
static int tt_until_asked(void *arg)
{
    tt_open(&tt_gate); /* it runs */
    tt_wait((int *)arg, 1);
    return 5;
}
static void tt_ask(void *arg)
{
    tt_hooked++;
    tt_open((int *)arg);
}
ASYNC(int, tt_with_hook, vars(async_job job; int asked; int x))
{
    ASYNC_BEGIN
    self->job.fn = tt_until_asked;
    self->job.arg = &self->asked;
    self->job.cancel = tt_ask;
    AWAIT_TO(self->x, async_run_job, NULL, &self->job);
    ASYNC_RETURN(self->x);
    ASYNC_END
}
ASYNC(void, tt_hook, tasks(tt_with_hook a))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, tt_with_hook);
    while (!tt_get(&tt_gate)) AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancel(&self->a.task));
    CHECK_INT(tt_hooked, 1);
    while (!async_task_done(&self->a.task)) AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancelled(&self->a.task));
    ASYNC_END
}
TEST(TH4_a_hook_asks_a_running_job_to_end)
{
    CHECK_INT(run_real(tt_hook), 0);
}
ASYNC(int, tt_without_hook, vars(async_job job; int x))
{
    ASYNC_BEGIN
    self->job.fn = tt_gated;
    self->job.arg = &self->x;
    AWAIT_TO(self->x, async_run_job, &tt_pool, &self->job);
    ASYNC_RETURN(self->x);
    ASYNC_END
}
ASYNC(void, tt_wait_for_end, tasks(tt_without_hook a, tt_without_hook b), vars(int i))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, tt_without_hook);
    ASYNC_SPAWN(&self->b, tt_without_hook);
    while (tt_get(&tt_inside) < 1) AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancel(&self->a.task));
    CHECK(async_task_cancel(&self->b.task));
    for (self->i = 0; self->i < 100; self->i++) AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancelled(&self->b.task)); /* it was queued */
    CHECK(!async_task_done(&self->a.task));     /* its arg is in use */
    tt_open(&tt_gate);
    while (!async_task_done(&self->a.task)) AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancelled(&self->a.task));
    CHECK_INT(tt_get(&tt_done), 1);
    ASYNC_END
}
TEST(TH4_without_a_hook_the_await_waits_for_the_job)
{
    tt_small_pool();
    CHECK_INT(run_real(tt_wait_for_end), 0);
    async_pool_close(&tt_pool);
}

/* With drop, what arg has is given back once, whenever the cancel comes. */
static int tt_dropped;
static void tt_drop(void *arg)
{
    (void)arg;
    __atomic_add_fetch(&tt_dropped, 1, __ATOMIC_SEQ_CST);
}
ASYNC(int, tt_with_drop, args(int *arg), vars(async_job job; int x))
{
    ASYNC_BEGIN
    self->job.fn = tt_gated;
    self->job.arg = self->arg;
    self->job.drop = tt_drop;
    AWAIT_TO(self->x, async_run_job, &tt_pool, &self->job);
    ASYNC_RETURN(self->x);
    ASYNC_END
}
ASYNC(void, tt_drops, tasks(tt_with_drop a, tt_with_drop b, tt_with_drop c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, tt_with_drop, &tt_x[0]);
    ASYNC_SPAWN(&self->b, tt_with_drop, &tt_x[1]);
    while (tt_get(&tt_inside) < 1) AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancel(&self->b.task));
    CHECK_INT(tt_get(&tt_dropped), 1); /* it was queued */
    CHECK(async_task_cancel(&self->a.task));
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancelled(&self->a.task));
    CHECK_INT(tt_get(&tt_dropped), 1); /* still in use */
    tt_open(&tt_gate);
    ASYNC_SPAWN(&self->c, tt_with_drop, &tt_x[2]);
    AWAIT(async_join, &self->c.task);
    CHECK_INT(ASYNC_RESULT(&self->c), 6);
    CHECK_INT(tt_get(&tt_dropped), 2); /* not c's: that was delivered */
    ASYNC_SPAWN(&self->c, tt_with_drop, &tt_x[2]);
    AWAIT(async_sleep, ASYNC_MS(0));
    while ((uintptr_t)__atomic_load_n(&async_get_running_loop()->inbox, __ATOMIC_ACQUIRE) <= 3)
        sched_yield();
    CHECK(async_task_cancel(&self->c.task)); /* on its way back */
    while (!async_task_done(&self->c.task)) AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancelled(&self->c.task));
    CHECK_INT(tt_get(&tt_dropped), 3);
    ASYNC_END
}
TEST(TH4_drop_is_called_once_for_what_nobody_waits_for)
{
    tt_small_pool();
    CHECK_INT(run_real(tt_drops), 0);
    async_pool_close(&tt_pool);
    CHECK_INT(tt_dropped, 3);
}

/* --- the end --- */

static int tt_slowly(void *arg)
{
    struct timespec t = {0, 20000000}; /* long enough to see whether run() waits; not a measure */
    nanosleep(&t, NULL);
    return tt_double(arg);
}
ASYNC(void, tt_leave_job)
{
    ASYNC_BEGIN
    AWAIT(async_to_thread, tt_slowly, &tt_x[0]);
    ASYNC_END
}
ASYNC(void, tt_leaves)
{
    ASYNC_BEGIN(void)
    ASYNC_SPAWN_NEW(tt_leave_job);
    AWAIT(async_sleep, ASYNC_MS(0));
    AWAIT(async_sleep, ASYNC_MS(0));
    while (!async_get_running_loop()->pool || tt_queued(async_get_running_loop()->pool))
        AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
TEST(R3_a_running_job_delays_the_end_of_run)
{
    CHECK_INT(run_real(tt_leaves), 0);
    CHECK_INT(tt_done, 1);
    CHECK_INT(seam_blocks, 0);
}
/* The loop goes on while it waits for its threads: one of them still has to tell it something. */
static async_call tt_word;
static async_loop *tt_the_loop;
static int tt_heard;
static int tt_hear(void *arg)
{
    (void)arg;
    tt_open(&tt_heard);
    return 0;
}
static int tt_tell(void *arg)
{
    tt_open(&tt_inside);
    tt_wait(&tt_gate, 1);
    CHECK_INT(async_call_soon_threadsafe(tt_the_loop, &tt_word, tt_hear, NULL), 0);
    tt_wait(&tt_heard, 1);
    return tt_double(arg);
}
static int tt_open_gate(void *arg)
{
    (void)arg;
    tt_open(&tt_gate);
    return 0;
}
ASYNC(void, tt_telling)
{
    ASYNC_BEGIN
    ASYNC_DO {
        AWAIT(async_to_thread, tt_tell, &tt_x[0]);
    }
    ASYNC_FINALLY {
        static async_call call;
        (void)async_call_later(async_get_running_loop(), &call, ASYNC_MS(1), tt_open_gate, NULL);
    }
    ASYNC_END
}
ASYNC(void, tt_tells)
{
    ASYNC_BEGIN
    tt_the_loop = async_get_running_loop();
    (void)ASYNC_SPAWN_NEW(tt_telling);
    while (!tt_get(&tt_inside)) AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
TEST(R1_the_loop_goes_on_while_its_threads_end)
{
    CHECK_INT(run_real(tt_tells), 0);
    CHECK_INT(tt_done, 1);
}
/* No shutdown: close itself waits for what uses a frame, and drops what does not. */
ASYNC(void, tt_stopper)
{
    ASYNC_BEGIN
    while (tt_get(&tt_inside) < 1) AWAIT(async_sleep, ASYNC_MS(0));
    async_loop_stop(async_get_running_loop());
    ASYNC_END
}
static void *tt_open_when_closing(void *arg)
{
    int blocked = 0;
    while (!blocked) {
        pthread_mutex_lock(&tt_pool.mutex);
        blocked = tt_pool.blocked;
        pthread_mutex_unlock(&tt_pool.mutex);
        sched_yield();
    }
    tt_open(&tt_gate);
    return arg;
}
TEST(F36_close_with_jobs_outstanding)
{
    static ASYNC_TASK(tt_without_hook) a;
    static ASYNC_TASK(tt_with_drop) b;
    static ASYNC_TASK(tt_stopper) s;
    async_loop loop;
    async_options options;
    pthread_t thread;
    memset(&options, 0, sizeof options);
    options.on_error = test_on_error_;
    tt_small_pool();
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &a, tt_without_hook), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &b, tt_with_drop, &tt_x[0]), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &s, tt_stopper), 0);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK(pthread_create(&thread, NULL, tt_open_when_closing, &loop) == 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(tt_get(&tt_done), 1);
    CHECK_INT(tt_get(&tt_dropped), 1);
    CHECK_INT(test_reports, 2); /* destroyed but pending */
    pthread_join(thread, NULL);
    async_pool_close(&tt_pool);
    CHECK_INT(seam_blocks, 0);
}
/* The same with its own pool, and nothing that waits for a frame. */
ASYNC(int, tt_own)
{
    ASYNC_BEGIN
    AWAIT(async_to_thread, tt_gated, &tt_x[0]);
    ASYNC_RETURN(0);
    ASYNC_END
}
TEST(F36_close_with_its_own_pool_at_work)
{
    static ASYNC_TASK(tt_own) a;
    static ASYNC_TASK(tt_stopper) s;
    async_loop loop;
    async_options options;
    memset(&options, 0, sizeof options);
    options.on_error = test_on_error_;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &a, tt_own), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &s, tt_stopper), 0);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    tt_open(&tt_gate);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(tt_get(&tt_done), 1);
    CHECK_INT(seam_blocks, 0);
}
ASYNC(void, tt_after_close)
{
    ASYNC_BEGIN
    async_pool_close(&tt_pool);
    AWAIT(async_run_in_executor, &tt_pool, tt_double, &tt_x[0]);
    ASYNC_END
}
TEST(F37_no_jobs_after_close)
{
    tt_small_pool();
    CHECK_INT(run_real(tt_after_close), -ESHUTDOWN);
}
ASYNC(int, tt_shared, args(async_pool *pool))
{
    ASYNC_BEGIN
    int x;
    CHECK_INT(async_loop_set_default_executor(async_get_running_loop(), self->pool), 0);
    CHECK_INT(async_loop_set_default_executor(async_get_running_loop(), self->pool), -EBUSY);
    AWAIT_TO(x, async_to_thread, tt_double, &tt_x[2]);
    ASYNC_RETURN(x);
    ASYNC_END
}
TEST(TH3_a_default_executor_of_yours_is_left_alone)
{
    int x = 0;
    tt_small_pool();
    CHECK_INT(run_real_to(x, tt_shared, &tt_pool), 0);
    CHECK_INT(run_real_to(x, tt_shared, &tt_pool), 0);
    CHECK_INT(x, 6);
    CHECK_INT(tt_threads(&tt_pool), 1);
    async_pool_close(&tt_pool);
}

/* --- errors --- */

TEST(F41_no_thread_no_memory)
{
    int x, k, err = -1, before = seam_descriptors();
    for (k = 1; err; k++) {
        seam_fail(k, 0);
        x = 0;
        err = run_real_to(x, tt_call, 4);
        CHECK(err <= 0 && (err || x == 8));
        if (!err && seam_error) err = seam_error; /* it went on without */
        if (!seam_hit) err = 0;
        seam_fail(0, 0);
        CHECK_INT(seam_blocks, 0);
        CHECK_INT(seam_descriptors(), before);
    }
    printf("%d calls\n", k - 1);
    seam_of_pthread_create.times = 1;
    seam_of_pthread_create.error = EAGAIN;
    CHECK_INT(run_real_to(x, tt_call, 4), -EAGAIN);
    CHECK_INT(run_real_to(x, tt_call, 4), 0);
}
/* There is one thread, and there will be no second: it does both. */
ASYNC(void, tt_second_fails, tasks(tt_in_pool a, tt_in_pool b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, tt_in_pool, &tt_x[0]);
    while (tt_get(&tt_inside) < 1) AWAIT(async_sleep, ASYNC_MS(0));
    seam_of_pthread_create.times = 1;
    seam_of_pthread_create.error = EAGAIN;
    ASYNC_SPAWN(&self->b, tt_in_pool, &tt_x[1]);
    AWAIT(async_sleep, ASYNC_MS(0));
    tt_open(&tt_gate);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    CHECK_INT(ASYNC_RESULT(&self->b), 4);
    ASYNC_END
}
TEST(F37_a_thread_that_does_not_start_is_done_without)
{
    async_pool_options options;
    memset(&options, 0, sizeof options);
    options.size = 2;
    CHECK_INT(async_pool_init(&tt_pool, &options), 0);
    CHECK_INT(run_real(tt_second_fails), 0);
    CHECK_INT(tt_threads(&tt_pool), 1);
    async_pool_close(&tt_pool);
}

/* A virtual clock does not go on while threads are at work. */
ASYNC(void, tt_virtual, vars(async_timeout t; int x))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(1)) {
        AWAIT_TO(self->x, async_to_thread, tt_slowly, &tt_x[1]);
    }
    CHECK_INT(self->x, 4);
    CHECK_INT(now_ms(), 0);
    AWAIT(async_sleep, ASYNC_SEC(5));
    CHECK_INT(now_ms(), 5000);
    ASYNC_END
}
TEST(TH3_virtual_time_waits_for_threads)
{
    CHECK_INT(run_virtual(tt_virtual), 0);
}
/* With nothing left to come, a loop that had jobs is at its end like any other. */
ASYNC(void, tt_deadlock, vars(async_future never))
{
    ASYNC_BEGIN
    AWAIT(async_to_thread, tt_double, &tt_x[1]);
    AWAIT(async_future_wait, &self->never);
    ASYNC_END
}
TEST(TH3_deadlock_is_still_seen)
{
    async_loop loop;
    static ASYNC_TASK(tt_deadlock) t;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &t, tt_deadlock), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &t.task), -EDEADLK);
    CHECK_INT(async_loop_shutdown(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
}

/* --- storm --- */

/* Two loops in two threads share a pool of three; half of the jobs are cancelled at some time.
 * Each is done or cancelled, what is dropped is dropped once, and none runs twice. */
enum { TT_TASKS = 40, TT_ROUNDS = 40 };
struct tt_item {
    int ran, dropped, got;
};
struct tt_storm {
    struct tt_item item[TT_TASKS * TT_ROUNDS];
    unsigned random;
};
static unsigned tt_random(struct tt_storm *s)
{
    s->random = s->random * 1664525u + 1013904223u;
    return s->random >> 16;
}
static int tt_run_item(void *arg)
{
    struct tt_item *item = (struct tt_item *)arg;
    CHECK_INT(__atomic_add_fetch(&item->ran, 1, __ATOMIC_SEQ_CST), 1);
    if ((uintptr_t)arg / sizeof *item % 3 == 0) sched_yield();
    return 1;
}
static void tt_drop_item(void *arg)
{
    CHECK_INT(__atomic_add_fetch(&((struct tt_item *)arg)->dropped, 1, __ATOMIC_SEQ_CST), 1);
}
ASYNC(int, tt_one, args(struct tt_item *item, unsigned how), vars(async_job job; int x))
{
    ASYNC_BEGIN
    self->job.fn = tt_run_item;
    self->job.arg = self->item;
    if (self->how & 1) self->job.drop = tt_drop_item;
    AWAIT_TO(self->x, async_run_job, &tt_pool, &self->job);
    CHECK_INT(self->x, 1);
    self->item->got++;
    ASYNC_RETURN(self->x);
    ASYNC_END
}
ASYNC(void, tt_round, args(struct tt_storm *s, int from), tasks(tt_one t[TT_TASKS]), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < TT_TASKS; self->i++)
        ASYNC_SPAWN(&self->t[self->i], tt_one, &self->s->item[self->from + self->i],
                    tt_random(self->s));
    for (self->i = 0; self->i < TT_TASKS; self->i++) {
        if (tt_random(self->s) % 4 == 0) AWAIT(async_sleep, ASYNC_MS(0));
        if (tt_random(self->s) % 2)
            (void)async_task_cancel(&self->t[tt_random(self->s) % TT_TASKS].task);
    }
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->t));
    for (self->i = 0; self->i < TT_TASKS; self->i++) {
        struct tt_item *item = &self->s->item[self->from + self->i];
        int err = async_task_error(&self->t[self->i].task);
        CHECK(err == 0 || err == ASYNC_CANCELED);
        CHECK_INT(item->got, err == 0);
    }
    ASYNC_END
}
ASYNC(void, tt_storm_main, args(struct tt_storm *s), vars(int i), awaits(tt_round))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < TT_ROUNDS; self->i++) AWAIT(tt_round, self->s, self->i * TT_TASKS);
    ASYNC_END
}
static void *tt_storm_thread(void *arg)
{
    ASYNC_TASK(tt_storm_main) *task =
        (ASYNC_TASK(tt_storm_main) *)calloc(1, sizeof(ASYNC_TASK(tt_storm_main)));
    async_loop *loop = (async_loop *)calloc(1, sizeof *loop);
    CHECK_INT(async_loop_init(loop, NULL), 0);
    CHECK_INT(ASYNC_SPAWN_ON(loop, task, tt_storm_main, (struct tt_storm *)arg), 0);
    CHECK_INT(async_loop_run_until_complete(loop, &task->task), 0);
    CHECK_INT(async_loop_shutdown(loop), 0);
    CHECK_INT(async_loop_close(loop), 0);
    free(task);
    free(loop);
    return NULL;
}
TEST(F37_storm_every_job_once)
{
    static struct tt_storm storm[2];
    async_pool_options options;
    pthread_t thread[2];
    int i, k, ran = 0;
    test_time_limit(60);
    memset(&options, 0, sizeof options);
    options.size = 3;
    CHECK_INT(async_pool_init(&tt_pool, &options), 0);
    for (i = 0; i < 2; i++) {
        storm[i].random = (unsigned)i + 1;
        CHECK(pthread_create(&thread[i], NULL, tt_storm_thread, &storm[i]) == 0);
    }
    for (i = 0; i < 2; i++) pthread_join(thread[i], NULL);
    async_pool_close(&tt_pool);
    for (i = 0; i < 2; i++)
        for (k = 0; k < TT_TASKS * TT_ROUNDS; k++) {
            ran += storm[i].item[k].ran;
            CHECK(storm[i].item[k].got + storm[i].item[k].dropped <= 1);
            CHECK(storm[i].item[k].ran || !storm[i].item[k].got);
        }
    printf("%d of %d ran\n", ran, 2 * TT_TASKS * TT_ROUNDS);
    CHECK(ran > 0);
}
