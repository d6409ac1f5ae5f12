/* The loop by the rules L1 to L7 of asyncio, how many ticks lie between cause and effect (the hop
 * table), and the life of a loop: R7 to R12. (L8 and L9, the clock, are in test_sleep.c.) */
#include "test.h"

static void open_loop(async_loop *loop)
{
    static async_options options;
    options.virtual_clock = true;
    options.on_error = test_on_error_;
    CHECK_INT(async_loop_init(loop, &options), 0);
}
static int one_tick(async_loop *loop)
{
    async_loop_stop(loop);
    return async_loop_run_forever(loop);
}
static int say(void *text)
{
    trace("%s ", (const char *)text);
    return 0;
}
#define TEXT(t) ((void *)(uintptr_t)(t))

/* --- callbacks --- */

TEST(L1_fifo_and_each_once)
{
    static async_call call[3];
    async_loop loop;
    open_loop(&loop);
    CHECK_INT(async_call_soon(&loop, &call[1], say, TEXT("a")), 0);
    CHECK_INT(async_call_soon(&loop, &call[0], say, TEXT("b")), 0);
    CHECK_INT(async_call_soon(&loop, &call[0], say, TEXT("b")), -EBUSY);
    CHECK_INT(async_call_soon(&loop, &call[2], say, TEXT("c")), 0);
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_TRACE("a b c ");
    CHECK_INT(async_loop_close(&loop), 0);
}

static struct chain {
    async_call call;
    async_loop *loop;
    int left;
    char name;
} chain_a, chain_b;
static int next_link(void *p)
{
    struct chain *c = (struct chain *)p;
    trace("%c%d ", c->name, c->left);
    return c->left-- > 0 ? async_call_soon(c->loop, &c->call, next_link, c) : 0;
}
TEST(L3_what_a_tick_schedules_is_for_the_next)
{
    static async_call timer;
    async_loop loop;
    open_loop(&loop);
    chain_a.loop = chain_b.loop = &loop;
    chain_a.left = 3, chain_a.name = 'a', chain_b.left = 2, chain_b.name = 'b';
    CHECK_INT(async_call_soon(&loop, &chain_a.call, next_link, &chain_a), 0);
    CHECK_INT(async_call_soon(&loop, &chain_b.call, next_link, &chain_b), 0);
    CHECK_INT(one_tick(&loop), 0);
    CHECK_TRACE("a3 b2 ");
    CHECK_INT(async_call_at(&loop, &timer, 0, say, TEXT("timer")),
              0); /* due: behind what is ready */
    CHECK_INT(one_tick(&loop), 0);
    CHECK_TRACE("a2 b1 timer ");
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_TRACE("a1 b0 a0 ");
    CHECK_INT(async_loop_close(&loop), 0);
}

static async_call victims[3];
static int cancels_two(void *unused)
{
    (void)unused;
    CHECK(async_call_cancel(&victims[0])); /* in the middle and at the end of this very batch */
    CHECK(async_call_cancel(&victims[2]));
    CHECK(!async_call_cancel(&victims[2]));
    CHECK_INT(async_call_soon(async_get_running_loop(), &victims[0], say, TEXT("again")), 0);
    return 0;
}
TEST(L4_cancelled_callbacks_do_not_run)
{
    static async_call call;
    async_loop loop;
    open_loop(&loop);
    CHECK_INT(async_call_soon(&loop, &call, cancels_two, NULL), 0);
    CHECK_INT(async_call_soon(&loop, &victims[0], say, TEXT("0")), 0);
    CHECK_INT(async_call_soon(&loop, &victims[1], say, TEXT("1")), 0);
    CHECK_INT(async_call_soon(&loop, &victims[2], say, TEXT("2")), 0);
    CHECK_INT(one_tick(&loop), 0);
    CHECK_TRACE("1 ");
    CHECK_INT(one_tick(&loop), 0);
    CHECK_TRACE("again ");
    CHECK(!async_call_cancel(&victims[1])); /* it has run */
    CHECK_INT(async_call_soon(&loop, &victims[1], say, TEXT("1")), 0);
    CHECK(async_call_cancel(&victims[1])); /* alone in the queue */
    CHECK_INT(async_call_soon(&loop, &victims[1], say, TEXT("one")), 0);
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_TRACE("one ");
    CHECK_INT(async_loop_close(&loop), 0);
}

static int fails(void *unused)
{
    (void)unused;
    trace("fails ");
    return -EIO;
}
TEST(L5_an_error_is_reported_and_stops_nobody)
{
    static async_call call[4];
    async_loop loop;
    open_loop(&loop);
    CHECK_INT(async_call_soon(&loop, &call[0], fails, NULL), 0);
    CHECK_INT(async_call_soon(&loop, &call[1], say, TEXT("next")), 0);
    CHECK_INT(async_call_later(&loop, &call[2], ASYNC_MS(1), fails, NULL), 0);
    CHECK_INT(async_call_later(&loop, &call[3], ASYNC_MS(1), say, TEXT("timer")), 0);
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_TRACE("fails next fails timer ");
    CHECK_INT(test_reports, 2);
    CHECK_STR(test_last_report, "error in a callback");
    CHECK_INT(async_loop_close(&loop), 0);
}

TEST(L7_a_closed_loop)
{
    static async_call call;
    async_loop loop;
    open_loop(&loop);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(async_call_soon(&loop, &call, fails, NULL), -ESHUTDOWN);
    CHECK_INT(async_call_later(&loop, &call, ASYNC_MS(1), fails, NULL), -ESHUTDOWN);
    CHECK_INT(async_call_at(&loop, &call, 1, fails, NULL), -ESHUTDOWN);
    CHECK_INT(async_call_soon(NULL, &call, fails, NULL), -ESHUTDOWN);
    CHECK_INT(async_call_later(NULL, &call, ASYNC_MS(1), fails, NULL), -ESHUTDOWN);
    CHECK(!async_call_cancel(&call));
}

/* --- hops --- */

static int tick; /* counted by the first handle of each */
static async_call ticker;
static int ticks(void *unused)
{
    (void)unused;
    tick++;
    return async_call_soon(async_get_running_loop(), &ticker, ticks, NULL);
}
/* Each notes the tick at which it goes on. */
ASYNC(void, starts, args(int *at))
{
    ASYNC_BEGIN
    *self->at = tick;
    ASYNC_END
}
ASYNC(void, yields, args(async_duration d, int *at))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, self->d);
    *self->at = tick;
    ASYNC_END
}
ASYNC(void, waits, args(async_future *f, int *at, int error), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_future_wait, self->f);
    ASYNC_CATCH_ALL(self->e) {}
    *self->at = tick;
    if (self->e ? self->e : self->error) ASYNC_RAISE(self->e ? self->e : self->error);
    ASYNC_END
}
ASYNC(void, joins, args(async_task *on, int *at), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_join, self->on);
    ASYNC_CATCH_ALL(self->e) {}
    *self->at = tick;
    if (self->e) ASYNC_RAISE(self->e);
    ASYNC_END
}
ASYNC(void, gathers, args(async_task *on, int *at), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_gather, ASYNC_TASK_POINTERS(&self->on, 1));
    ASYNC_CATCH_ALL(self->e) {}
    *self->at = tick;
    ASYNC_END
}
ASYNC(void, waits_for, args(async_task *on, int *at), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_wait_for, self->on, ASYNC_SEC(9));
    ASYNC_CATCH_ALL(self->e) {}
    *self->at = tick;
    ASYNC_END
}
ASYNC(void, groups, args(async_future *f, int error, int *body, int *at),
      vars(async_group tg; ASYNC_TASK(waits) m; ASYNC_TASK(waits) s; async_future never; int e;
           int in_m))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) {
            ASYNC_SPAWN_IN(&self->tg, &self->m, waits, self->f, &self->in_m, self->error);
            if (self->error) {
                ASYNC_SPAWN_IN(&self->tg, &self->s, waits, &self->never, &self->body[1], 0);
                ASYNC_DO
                    AWAIT(async_sleep, ASYNC_SEC(9));
                ASYNC_FINALLY
                    *self->body = tick;
            }
        }
    }
    ASYNC_CATCH(self->e) {}
    *self->at = tick;
    ASYNC_END
}
ASYNC(void, times_out, args(int *fired, int *at), vars(async_timeout t; async_call call; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_FOREVER) {
            (void)async_timeout_reschedule(&self->t, ASYNC_MS(-1)); /* runs in the next tick */
            *self->fired = tick + 1;
            AWAIT(async_sleep, ASYNC_SEC(9));
        }
    }
    ASYNC_CATCH(self->e) {}
    *self->at = tick;
    ASYNC_END
}
#define SETTLE(n)                                                                                  \
    for (self->i = 0; self->i < (n); self->i++) AWAIT(async_sleep, ASYNC_MS(0))

ASYNC(void, hops, tasks(starts a, yields b, waits c, joins d, gathers e, waits_for f, groups g),
      vars(int at[9]; int i; int t; async_future future))
{
    ASYNC_BEGIN
    tick = 0;
    async_call_soon(async_get_running_loop(), &ticker, ticks, NULL);
    AWAIT(async_sleep, ASYNC_MS(0));
    self->t = tick;
    ASYNC_SPAWN(&self->a, starts, &self->at[0]);
    SETTLE(2);
    CHECK_INT(self->at[0] - self->t, 1); /* create_task: first step */
    self->t = tick;
    ASYNC_SPAWN(&self->b, yields, ASYNC_MS(0), &self->at[0]);
    SETTLE(4);
    CHECK_INT(self->at[0] - self->t, 1 + 1); /* sleep(0) */
    ASYNC_SPAWN(&self->c, waits, &self->future, &self->at[0], 0);
    ASYNC_SPAWN(&self->d, joins, &self->c.task, &self->at[1]);
    ASYNC_SPAWN(&self->e, gathers, &self->c.task, &self->at[2]);
    ASYNC_SPAWN(&self->f, waits_for, &self->c.task, &self->at[3]);
    ASYNC_SPAWN(&self->g, groups, &self->future, 0, &self->at[5], &self->at[4]);
    SETTLE(3);
    self->t = tick;
    (void)async_future_set(&self->future);
    SETTLE(6);
    CHECK_INT(self->at[0] - self->t, 1);     /* future done: who awaits it */
    CHECK_INT(self->at[1] - self->t, 1 + 1); /* task done: who awaits it */
    CHECK_INT(self->at[2] - self->t, 1 + 2); /* ... gather */
    CHECK_INT(self->at[3] - self->t, 1 + 1); /* ... wait_for */
    CHECK_INT(self->at[4] - self->t, 1 + 2); /* ... the end of a group */
    self->t = tick;
    AWAIT(async_future_wait, &self->future); /* all done already */
    AWAIT(async_join, &self->c.task);
    AWAIT(async_gather, ASYNC_TASKS(&self->c, &self->d));
    AWAIT(async_wait_for, &self->c.task, ASYNC_MS(0));
    CHECK_INT(tick - self->t, 0);
    ASYNC_END
}
TEST(L3_hops_of_what_ends)
{
    CHECK_INT(run_virtual(hops), 0);
}

ASYNC(void, hops_of_cancel,
      tasks(waits a, joins b, joins c, joins d, gathers e, groups g, times_out t),
      vars(int at[9]; int i; int n; async_future f[3]))
{
    ASYNC_BEGIN
    tick = 0;
    async_call_soon(async_get_running_loop(), &ticker, ticks, NULL);
    ASYNC_SPAWN(&self->a, waits, &self->f[0], &self->at[0], 0);
    SETTLE(2);
    self->n = tick;
    (void)async_task_cancel(&self->a.task);
    SETTLE(3);
    CHECK_INT(self->at[0] - self->n, 1); /* a blocked task */
    self->f[0].state = 0;
    ASYNC_SPAWN(&self->a, waits, &self->f[0], &self->at[0], 0);
    ASYNC_SPAWN(&self->b, joins, &self->a.task, &self->at[1]);
    ASYNC_SPAWN(&self->c, joins, &self->b.task, &self->at[2]);
    ASYNC_SPAWN(&self->d, joins, &self->c.task, &self->at[3]);
    SETTLE(2);
    self->n = tick;
    (void)async_task_cancel(&self->d.task);
    SETTLE(6);
    for (self->i = 0; self->i < 4; self->i++)
        CHECK_INT(self->at[self->i] - self->n, 1 + self->i); /* a chain */
    self->n = tick;
    ASYNC_SPAWN(&self->a, waits, &self->f[0], &self->at[0], 0);
    ASYNC_SPAWN(&self->b, joins, &self->a.task, &self->at[1]);
    (void)async_task_cancel(&self->a.task);
    SETTLE(3);
    CHECK_INT(self->at[1] - self->n, 1); /* b starts in that tick, behind the one that never did */
    self->n = tick;
    ASYNC_SPAWN(&self->b, joins, &self->a.task, &self->at[1]);
    ASYNC_SPAWN(&self->a, waits, &self->f[0], &self->at[0], 0);
    (void)async_task_cancel(&self->a.task);
    SETTLE(3);
    CHECK_INT(self->at[1] - self->n, 2); /* one that never started: who awaits it */
    self->f[0].state = 0;
    ASYNC_SPAWN(&self->a, waits, &self->f[0], &self->at[0], 0);
    ASYNC_SPAWN(&self->e, gathers, &self->a.task, &self->at[1]);
    SETTLE(2);
    self->n = tick;
    (void)async_task_cancel(&self->e.task);
    SETTLE(5);
    CHECK_INT(self->at[0] - self->n, 1);
    CHECK_INT(self->at[1] - self->n, 3); /* in a gather */
    ASYNC_SPAWN(&self->g, groups, &self->f[1], -EIO, &self->at[2], &self->at[4]);
    SETTLE(3);
    self->n = tick + 1; /* when the member fails */
    (void)async_future_set(&self->f[1]);
    SETTLE(8);
    CHECK_INT(self->at[2] - self->n, 2); /* the body, */
    CHECK_INT(self->at[3] - self->n, 2); /* the other member, */
    CHECK_INT(self->at[4] - self->n, 4); /* the end of the group */
    ASYNC_SPAWN(&self->t, times_out, &self->at[0], &self->at[1]);
    SETTLE(5);
    CHECK_INT(self->at[1] - self->at[0], 1);
    ASYNC_END
}
TEST(L3_hops_of_cancels_and_failures)
{
    CHECK_INT(run_virtual(hops_of_cancel), 0);
}

ASYNC(void, ends)
{
    ASYNC_BEGIN
    ASYNC_END
}
TEST(L3_hops_of_the_main_task)
{
    static ASYNC_TASK(ends) task;
    static struct chain c;
    async_loop loop;
    open_loop(&loop);
    c.loop = &loop, c.left = 9, c.name = 'c';
    ASYNC_SPAWN(&task, ends);
    CHECK_INT(async_call_soon(&loop, &c.call, next_link, &c), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &task.task), 0);
    CHECK_TRACE("c9 c8 "); /* it ends, and a tick later the loop is told to stop */
    CHECK_INT(async_loop_close(&loop), 0);
}

/* --- life cycle --- */

ASYNC(int, works, args(const char *name, int times, int error), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->times; self->i++) {
        trace("%s%d ", self->name, self->i);
        AWAIT(async_sleep, ASYNC_MS(10));
    }
    if (self->error) ASYNC_RAISE(self->error);
    ASYNC_RETURN(self->times);
    ASYNC_END
}
static int stop(void *loop)
{
    async_loop_stop((async_loop *)loop);
    return 0;
}
TEST(R7_run_until_complete)
{
    static ASYNC_TASK(works) a, b;
    static async_call call;
    async_loop loop;
    open_loop(&loop);
    CHECK_INT(async_loop_run_until_complete(&loop, &a.task), -EINVAL); /* never spawned */
    CHECK_INT(ASYNC_SPAWN(&a, works, "a", 3, 0), 0);
    CHECK_INT(ASYNC_SPAWN(&b, works, "b", 1, -EIO), 0);
    CHECK_INT(async_call_later(&loop, &call, ASYNC_MS(15), stop, &loop), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &a.task), -EINTR); /* stopped: it stands still */
    CHECK_TRACE("a0 b0 a1 ");
    CHECK_INT(async_loop_time(&loop), 15000000);
    CHECK_INT(async_loop_run_until_complete(&loop, &a.task), 0);
    CHECK_INT(ASYNC_RESULT(&a), 3);
    CHECK_TRACE("a2 ");
    CHECK_INT(async_loop_time(&loop), 30000000);
    CHECK_INT(async_loop_run_until_complete(&loop, &a.task), 0); /* done already */
    CHECK_INT(async_loop_run_until_complete(&loop, &b.task), -EIO);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(test_reports, 0);
}

static async_call batch[4];
static int stops_and_schedules(void *loop)
{
    async_loop_stop((async_loop *)loop);
    trace("stop ");
    return async_call_soon((async_loop *)loop, &batch[3], say, TEXT("scheduled"));
}
TEST(R8_stop_ends_the_loop_after_the_tick)
{
    async_loop loop;
    open_loop(&loop);
    CHECK_INT(async_call_soon(&loop, &batch[0], say, TEXT("before")), 0);
    CHECK_INT(async_call_soon(&loop, &batch[1], stops_and_schedules, &loop), 0);
    CHECK_INT(async_call_soon(&loop, &batch[2], say, TEXT("after")), 0);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK_TRACE("before stop after ");
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_TRACE("scheduled ");
    CHECK_INT(async_call_later(&loop, &batch[0], ASYNC_MS(10), say, TEXT("timer")), 0);
    async_loop_stop(&loop); /* before it runs: one tick that waits for nothing */
    async_loop_stop(&loop);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK_INT(async_loop_time(&loop), 0);
    CHECK_TRACE("");
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_TRACE("timer ");
    CHECK_INT(async_loop_close(&loop), 0);
}

static ASYNC_TASK(ends) inner_task;
static int nests(void *loop)
{
    async_loop other, *const outer = (async_loop *)loop;
    CHECK(async_get_running_loop() == outer);
    CHECK_INT(async_loop_run_forever(outer), -EBUSY);
    CHECK_INT(async_loop_close(outer), -EBUSY);
    CHECK_INT(async_loop_shutdown(outer), -EBUSY);
    open_loop(&other);
    CHECK_INT(ASYNC_SPAWN_ON(&other, &inner_task, ends), 0);
    CHECK_INT(async_loop_run_forever(&other), -EBUSY);
    CHECK_INT(async_loop_run_until_complete(&other, &inner_task.task), -EBUSY);
    CHECK_INT(async_loop_shutdown(&other), -EBUSY);
    CHECK_INT(async_loop_close(&other), 0); /* one that does not run may be closed */
    CHECK_INT(ASYNC_RUN(ends), 1);
    CHECK(async_get_running_loop() == outer);
    trace("nested ");
    return 0;
}
TEST(R9_no_loop_inside_a_loop)
{
    static async_call call;
    static ASYNC_TASK(ends) task;
    async_loop loop;
    open_loop(&loop);
    CHECK(async_get_running_loop() == NULL);
    CHECK_INT(async_call_soon(&loop, &call, nests, &loop), 0);
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_TRACE("nested ");
    CHECK_INT(test_reports, 1); /* the other one's task */
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, ends), -ESHUTDOWN);
    CHECK(async_task_cancelled(&task.task));
    CHECK_INT(async_loop_run_forever(&loop), -ESHUTDOWN);
    CHECK_INT(async_loop_run_until_complete(&loop, &task.task), -ESHUTDOWN);
    CHECK_INT(async_loop_shutdown(&loop), 0);
    CHECK(async_get_running_loop() == NULL);
}

TEST(R10_many_runs_on_one_loop)
{
    static ASYNC_TASK(works) side, t[3];
    async_loop loop;
    int i;
    open_loop(&loop);
    CHECK_INT(ASYNC_SPAWN(&side, works, "side", 100, 0), 0);
    for (i = 0; i < 3; i++) {
        CHECK_INT(ASYNC_SPAWN(&t[i], works, "t", 2, 0), 0);
        CHECK_INT(async_loop_run_until_complete(&loop, &t[i].task), 0);
    }
    CHECK_TRACE("side0 t0 side1 t1 side2 t0 side3 t1 side4 t0 side5 t1 side6 ");
    CHECK_INT((int)async_all_tasks(&loop, NULL, 0), 1);
    CHECK_INT(async_loop_shutdown(&loop), 0);
    CHECK(async_task_cancelled(&side.task));
    CHECK_INT(ASYNC_SPAWN(&t[0], works, "t", 1, 0), 0); /* it can even go on */
    CHECK_INT(async_loop_run_until_complete(&loop, &t[0].task), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(test_reports, 0);
}

/* Two loops, run in turn; the clock of one is not the other's. */
TEST(R10_two_loops_in_one_thread)
{
    static ASYNC_TASK(works) a, b;
    async_loop one, two;
    open_loop(&one);
    open_loop(&two);
    CHECK_INT(ASYNC_SPAWN_ON(&one, &a, works, "a", 2, 0), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&two, &b, works, "b", 5, 0), 0);
    CHECK_INT(one_tick(&one), 0);
    CHECK_INT(one_tick(&two), 0);
    CHECK_INT(async_loop_run_until_complete(&one, &a.task), 0);
    CHECK_INT(async_loop_run_until_complete(&two, &b.task), 0);
    CHECK_TRACE("a0 b0 a1 b1 b2 b3 b4 ");
    CHECK_INT(async_loop_run_until_complete(&one, &a.task),
              0); /* done: nothing goes to the other */
    CHECK_INT(one_tick(&two), 0);
    CHECK_INT(async_loop_time(&one), 20000000);
    CHECK_INT(async_loop_time(&two), 50000000);
    CHECK_INT(async_loop_close(&one), 0);
    CHECK_INT(async_loop_close(&two), 0);
}

/* Nothing that was queued runs; the memory is its owner's again, for the next loop. */
ASYNC(void, sleeps, awaits(async_sleep))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_SEC(1));
    ASYNC_END
}
ASYNC(void, joins_for_ever, args(async_task *on))
{
    ASYNC_BEGIN
    AWAIT(async_join, self->on);
    ASYNC_END
}
TEST(R12_close_drops_what_is_queued)
{
    static async_call call[4];
    static ASYNC_TASK(works) ready;
    static ASYNC_TASK(sleeps) asleep;
    static ASYNC_TASK(joins_for_ever) waiting;
    async_loop loop, next;
    int i;
    open_loop(&loop);
    for (i = 0; i < 2; i++) {
        ASYNC_SPAWN(&asleep, sleeps);
        ASYNC_SPAWN(&waiting, joins_for_ever, &asleep.task);
        CHECK_INT(one_tick(&loop), 0);
        ASYNC_SPAWN(&ready, works, "not reached", 1, 0);
        CHECK_INT(async_call_soon(&loop, &call[0], say, TEXT("not reached")), 0);
        CHECK_INT(async_call_later(&loop, &call[1], ASYNC_MS(1), say, TEXT("not reached")), 0);
        CHECK_INT(async_task_add_done_callback(&asleep.task, &call[2], say, TEXT("not reached")),
                  0);
        CHECK_INT(async_loop_close(&loop), 0);
        CHECK_INT(test_reports, 3 * (i + 1));
        CHECK_STR(test_last_report, "task was destroyed but it is pending");
        open_loop(&next);
        CHECK(!async_call_cancel(&call[0]) && !async_call_cancel(&call[1]) &&
              !async_call_cancel(&call[2]));
        CHECK_INT(async_call_soon(&next, &call[0], say, TEXT("0")), 0);
        CHECK_INT(async_call_later(&next, &call[1], ASYNC_MS(1), say, TEXT("1")), 0);
        CHECK_INT(async_call_soon(&next, &call[2], say, TEXT("2")), 0);
        ASYNC_SPAWN(&asleep, sleeps);
        CHECK_INT(async_loop_run_until_complete(&next, &asleep.task), 0);
        CHECK_TRACE("0 2 1 ");
        CHECK_INT(async_loop_close(&next), 0);
        open_loop(&loop);
    }
    CHECK_INT(async_loop_close(&loop), 0);
}

TEST(R7_nothing_left_that_could_wake_it)
{
    static ASYNC_TASK(joins_for_ever) a, b;
    async_loop loop;
    open_loop(&loop);
    ASYNC_SPAWN(&a, joins_for_ever, &b.task);
    ASYNC_SPAWN(&b, joins_for_ever, &a.task);
    CHECK_INT(async_loop_run_until_complete(&loop, &a.task), -EDEADLK);
    CHECK(async_task_cancel(&b.task));
    CHECK_INT(async_loop_run_until_complete(&loop, &a.task), ASYNC_CANCELED);
    CHECK_INT(async_loop_close(&loop), 0);
}
