/* Events. The number in a test's name is the rule of asyncio that it holds the library to. */
#include "sync.h"

ASYNC(void, waiter, args(async_event *event, const char *who), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_event_wait, self->event);
        trace("%s woke, set %d\n", self->who, async_event_is_set(self->event));
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s %s\n", self->who, name_of(self->e));
        ASYNC_RAISE(self->e);
    }
    ASYNC_END
}

ASYNC(void, ev1, vars(async_event e), tasks(runs t))
{
    ASYNC_BEGIN
    trace("%d\n", async_event_is_set(&self->e));
    async_event_set(&self->e);
    ASYNC_SPAWN(&self->t, runs, "other");
    AWAIT(async_event_wait, &self->e);
    trace("here first\n");
    AWAIT_TASK(&self->t);
    ASYNC_END
}
TEST(EV1_set_does_not_yield)
{
    CHECK_INT(run_virtual(ev1), 0);
    CHECK_TRACE("0\nhere first\nother runs\n");
}

ASYNC(void, ev2, vars(async_event e), tasks(waiter t[3]))
{
    static const char *const names[] = {"c", "a", "b"};
    int i;
    ASYNC_BEGIN
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], waiter, &self->e, names[i]);
    AWAIT(async_sleep, ASYNC_MS(0));
    async_event_set(&self->e);
    async_event_set(&self->e);
    trace("set\n");
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
TEST(EV2_all_wake_in_order)
{
    CHECK_INT(run_virtual(ev2), 0);
    CHECK_TRACE("set\nc woke, set 1\na woke, set 1\nb woke, set 1\n");
}

ASYNC(void, ev3, vars(async_event e), tasks(waiter a, waiter b, waiter c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, waiter, &self->e, "a");
    ASYNC_SPAWN(&self->b, waiter, &self->e, "b");
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_SPAWN(&self->c, waiter, &self->e, "c");
    async_event_set(&self->e);
    async_event_clear(&self->e);
    AWAIT(async_sleep, ASYNC_MS(1));
    trace("c done %d\n", async_task_done(&self->c.task));
    async_event_set(&self->e);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b, &self->c));
    ASYNC_END
}
TEST(EV3_set_and_clear)
{
    CHECK_INT(run_virtual(ev3), 0);
    CHECK_TRACE("a woke, set 0\nb woke, set 0\nc done 0\nc woke, set 1\n");
}

ASYNC(void, ev4, vars(async_event e; int err),
      tasks(waiter a, waiter b, waiter c, waiter d, waiter t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, waiter, &self->e, "a");
    ASYNC_SPAWN(&self->b, waiter, &self->e, "b");
    ASYNC_SPAWN(&self->c, waiter, &self->e, "c");
    ASYNC_SPAWN(&self->d, waiter, &self->e, "d");
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancel(&self->b.task));
    async_event_set(&self->e);
    CHECK(async_task_cancel(&self->c.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b, &self->c, &self->d));
    async_event_clear(&self->e);
    ASYNC_SPAWN(&self->t, waiter, &self->e, "t");
    AWAIT_ERR(self->err, async_wait_for, &self->t.task, ASYNC_MS(3));
    trace("%s\n%d\n", name_of(self->err), now_ms());
    CHECK(!self->e.waiters);
    ASYNC_END
}
TEST(EV4_cancelled)
{
    CHECK_INT(run_virtual(ev4), 0);
    CHECK_TRACE("b cancelled\na woke, set 1\nc cancelled\nd woke, set 1\nt cancelled\n"
                "timeout\n3\n");
}
