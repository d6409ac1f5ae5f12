/* Rules of asyncio that no other file has for its subject; the letters are those of tests/rules.txt. */
#include "test.h"

/* --- L6: one thread; a step that blocks holds up everybody --- */

ASYNC(void, ticks, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++) {
        trace("%d ", now_ms());
        AWAIT(async_sleep, ASYNC_MS(10));
    }
    ASYNC_END
}
ASYNC(void, blocks, tasks(ticks t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, ticks);
    AWAIT(async_sleep, ASYNC_MS(5));
    CHECK_INT(async_loop_advance(async_get_running_loop(), ASYNC_MS(100)),
              0); /* a call that blocks */
    trace("blocked ");
    AWAIT_TASK(&self->t);
    ASYNC_END
}
TEST(L6_a_blocking_step_holds_up_all)
{
    CHECK_INT(run_virtual(blocks), 0);
    CHECK_TRACE("0 blocked 105 115 ");
}

/* --- T11: one wait at a time: what a task waits for is one thing, and nothing while it runs --- */

ASYNC(void, waits, args(async_event *e))
{
    ASYNC_BEGIN
    AWAIT(async_event_wait, self->e);
    trace("%d ", now_ms());
    AWAIT(async_sleep, ASYNC_MS(10));
    trace("%d ", now_ms());
    ASYNC_END
}
ASYNC(void, one_wait, raw(async_event e), tasks(waits t))
{
    ASYNC_BEGIN
    memset(&self->e, 0, sizeof self->e);
    ASYNC_SPAWN(&self->t, waits, &self->e);
    AWAIT(async_sleep, ASYNC_MS(0));
    async_event_set(&self->e);
    async_event_set(&self->e); /* it has left that wait: once */
    AWAIT(async_sleep, ASYNC_MS(5));
    async_event_set(&self->e); /* no wake of an old wait ends the new one */
    AWAIT_TASK(&self->t);
    ASYNC_END
}
TEST(T11_a_task_is_in_one_wait)
{
    CHECK_INT(run_virtual(one_wait), 0);
    CHECK_TRACE("0 10 ");
}

/* --- T12: a task belongs to one loop --- */

ASYNC(void, naps)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
ASYNC(void, awaits_foreign, args(async_task *on))
{
    ASYNC_BEGIN
    AWAIT(async_join, self->on);
    ASYNC_END
}
TEST(T12_a_task_of_another_loop_is_not_awaited)
{
    static ASYNC_TASK(naps) task;
    async_loop other;
    CHECK_INT(async_loop_init(&other, NULL), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&other, &task, naps), 0);
    CHECK_PANIC("awaits a task of another loop", run_virtual(awaits_foreign, &task.task));
}

/* --- AG2: a generator runs in its consumer's task; AG5: its errors end it --- */

ASYNC_GENERATOR(int, looks, vars(async_task *mine))
{
    ASYNC_BEGIN
    ASYNC_YIELD(1);
    self->mine = async_current_task();
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(self->mine == async_current_task());
    trace("%s", async_task_name(self->mine));
    ASYNC_YIELD(2);
    ASYNC_RAISE(-EPROTO);
    ASYNC_END
}
ASYNC(void, consumes, vars(struct looks g; int v; int err))
{
    ASYNC_BEGIN
    ASYNC_START(&self->g, looks);
    ASYNC_TRY {
        ASYNC_FOR_IN(self->v, &self->g) trace(" %d ", self->v);
    }
    ASYNC_CATCH(self->err) {
        trace("%d ", self->err == -EPROTO);
    }
    ASYNC_FOR_IN(self->v, &self->g) trace("never");
    trace("exhausted");
    ASYNC_END
}
TEST(AG2_AG5_runs_in_its_consumers_task_and_ends_with_its_error)
{
    CHECK_INT(run_virtual(consumes), 0);
    CHECK_TRACE(" 1 consumes 2 1 exhausted");
}

#if ASYNCC_IO
/* --- R2: tasks end before the threads do: cleanup may still use them --- */

static int works(void *arg)
{
    (void)arg;
    return 42;
}
ASYNC(void, cleans_up, vars(int n))
{
    ASYNC_BEGIN
    ASYNC_DO {
        AWAIT(async_sleep, ASYNC_SEC(1000));
    }
    ASYNC_FINALLY {
        AWAIT_TO(self->n, async_to_thread, works, NULL);
        trace("%d", self->n);
    }
    ASYNC_END
}
ASYNC(void, leaves_it)
{
    static ASYNC_TASK(cleans_up) left;
    ASYNC_BEGIN
    ASYNC_SPAWN(&left, cleans_up);
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
TEST(R2_tasks_end_before_threads)
{
    CHECK_INT(run_virtual(leaves_it), 0);
    CHECK_TRACE("42");
}
#endif
