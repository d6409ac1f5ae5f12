/* Conditions. The number in a test's name is the rule of asyncio that it holds the library to. */
#include "sync.h"

static bool locked(async_condition *c)
{
    return async_lock_locked(async_condition_lock(c));
}
ASYNC(void, waiter, args(async_condition *c, const char *who), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_condition, self->c) {
            trace("%s waits\n", self->who);
            AWAIT(async_condition_wait, self->c);
            trace("%s woke %d, locked %d\n", self->who, now_ms(), locked(self->c));
            AWAIT(async_sleep, ASYNC_MS(1));
        }
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s %s %d, locked %d\n", self->who, name_of(self->e), now_ms(), locked(self->c));
        ASYNC_RAISE(self->e);
    }
    ASYNC_END
}

ASYNC(void, co1, vars(async_condition c), tasks(waiter t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, waiter, &self->c, "a");
    AWAIT(async_sleep, ASYNC_MS(0));
    trace("locked %d\n", locked(&self->c));
    ASYNC_WITH(async_condition, &self->c) {
        CHECK_INT(async_condition_notify(&self->c, 1), 0);
        AWAIT(async_sleep, ASYNC_MS(2));
        trace("not yet\n");
    }
    AWAIT_TASK(&self->t);
    trace("locked %d\n", locked(&self->c));
    ASYNC_END
}
TEST(CO1_gives_the_lock_back_and_takes_it)
{
    CHECK_INT(run_virtual(co1), 0);
    CHECK_TRACE("a waits\nlocked 0\nnot yet\na woke 2, locked 1\nlocked 0\n");
}

ASYNC(void, co2, vars(async_condition c), tasks(waiter t[4]))
{
    static const char *const names[] = {"a", "b", "c", "d"};
    int i;
    ASYNC_BEGIN
    ASYNC_WITH(async_condition, &self->c) CHECK_INT(async_condition_notify(&self->c, 5), 0);
    for (i = 0; i < 4; i++) ASYNC_SPAWN(&self->t[i], waiter, &self->c, names[i]);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_WITH(async_condition, &self->c) {
        CHECK_INT(async_condition_notify(&self->c, 2), 0);
        CHECK_INT(async_condition_notify(&self->c, 0), 0);
    }
    AWAIT(async_sleep, ASYNC_MS(5));
    trace("all\n");
    ASYNC_WITH(async_condition, &self->c) CHECK_INT(async_condition_notify_all(&self->c), 0);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
TEST(CO2_notify)
{
    CHECK_INT(run_virtual(co2), 0);
    CHECK_TRACE("a waits\nb waits\nc waits\nd waits\na woke 1, locked 1\n"
                "b woke 2, locked 1\nall\nc woke 6, locked 1\nd woke 7, locked 1\n");
}

static int count;
static bool two(void *arg)
{
    (void)arg;
    trace("asked %d\n", count);
    return count >= 2;
}
static bool yes(void *arg)
{
    (void)arg;
    return true;
}
static bool no(void *arg)
{
    (void)arg;
    return false;
}
ASYNC(void, waits_for_two, args(async_condition *c))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_condition, self->c) {
        AWAIT(async_condition_wait_for, self->c, two, NULL);
        trace("f has %d\n", count);
    }
    ASYNC_END
}
ASYNC(void, co3, vars(async_condition c; int i), tasks(waits_for_two t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, waits_for_two, &self->c);
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT(async_sleep, ASYNC_MS(1));
        ASYNC_WITH(async_condition, &self->c) {
            count++;
            CHECK_INT(async_condition_notify(&self->c, 1), 0);
        }
    }
    AWAIT_TASK(&self->t);
    ASYNC_WITH(async_condition, &self->c) AWAIT(async_condition_wait_for, &self->c, yes, NULL);
    trace("at once\n");
    ASYNC_END
}
TEST(CO3_wait_for)
{
    CHECK_INT(run_virtual(co3), 0);
    CHECK_TRACE("asked 0\nasked 1\nasked 2\nf has 2\nat once\n");
}

ASYNC(void, co4, vars(async_condition c; async_condition d; async_lock lock; int e),
      tasks(waiter t, waiter u))
{
    ASYNC_BEGIN
    AWAIT_ERR(self->e, async_condition_wait, &self->c);
    trace("%s\n", name_of(self->e));
    AWAIT_ERR(self->e, async_condition_wait_for, &self->c, no, NULL);
    trace("%s\n", name_of(self->e));
    trace("%s\n", name_of(async_condition_notify(&self->c, 1)));
    trace("%s\n", name_of(async_condition_notify_all(&self->c)));
    self->c.lock = self->d.lock = &self->lock;
    ASYNC_SPAWN(&self->t, waiter, &self->c, "c");
    ASYNC_SPAWN(&self->u, waiter, &self->d, "d");
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_WITH(async_lock, &self->lock) {
        CHECK_INT(async_condition_notify(&self->d, 1), 0);
        AWAIT(async_sleep, ASYNC_MS(1));
        CHECK_INT(async_condition_notify(&self->c, 1), 0);
    }
    AWAIT(async_gather, ASYNC_TASKS(&self->t, &self->u));
    ASYNC_END
}
TEST(CO4_needs_the_lock)
{
    CHECK_INT(run_virtual(co4), 0);
    CHECK_TRACE("perm\nperm\nperm\nperm\nc waits\nd waits\nd woke 2, locked 1\n"
                "c woke 3, locked 1\n");
}

ASYNC(void, co5, vars(async_condition c), tasks(waiter t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, waiter, &self->c, "a");
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_WITH(async_condition, &self->c) {
        CHECK(async_task_cancel(&self->t.task));
        AWAIT(async_sleep, ASYNC_MS(1));
        CHECK(async_task_cancel(&self->t.task));
        AWAIT(async_sleep, ASYNC_MS(1));
        CHECK(async_task_cancel(&self->t.task));
        CHECK(async_task_cancel(&self->t.task));
        AWAIT(async_sleep, ASYNC_MS(1));
        trace("done %d\n", async_task_done(&self->t.task));
    }
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t));
    trace("locked %d %d\n", locked(&self->c), now_ms());
    ASYNC_END
}
TEST(CO5_cancelled_takes_the_lock_first)
{
    CHECK_INT(run_virtual(co5), 0);
    CHECK_TRACE("a waits\ndone 0\na cancelled 4, locked 0\nlocked 0 4\n");
}

ASYNC(void, in_time, args(async_condition *c), vars(async_timeout t; int e))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_condition, self->c) {
        ASYNC_TRY {
            ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(2)) AWAIT(async_condition_wait, self->c);
        }
        ASYNC_CATCH(self->e) trace("%s\n", name_of(self->e));
        trace("locked %d %d\n", locked(self->c), now_ms());
    }
    ASYNC_END
}
ASYNC(void, co5_timeout, vars(async_condition c), tasks(in_time t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, in_time, &self->c);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_WITH(async_condition, &self->c) AWAIT(async_sleep, ASYNC_MS(4));
    AWAIT_TASK(&self->t);
    ASYNC_END
}
TEST(CO5_timeout_waits_for_the_lock)
{
    CHECK_INT(run_virtual(co5_timeout), 0);
    CHECK_TRACE("timeout\nlocked 1 5\n");
}

/* Two wait; one is cancelled before or after the notify, or while it takes the lock back. */
ASYNC(void, one_of_two, args(int how), vars(async_condition c), tasks(waiter a, waiter b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, waiter, &self->c, "a");
    ASYNC_SPAWN(&self->b, waiter, &self->c, "b");
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_WITH(async_condition, &self->c) {
        if (self->how == 0) CHECK(async_task_cancel(&self->a.task));
        CHECK_INT(async_condition_notify(&self->c, 1), 0);
        if (self->how == 1) CHECK(async_task_cancel(&self->a.task));
        if (self->how == 2) {
            AWAIT(async_sleep, ASYNC_MS(1));
            CHECK(async_task_cancel(&self->a.task));
            AWAIT(async_sleep, ASYNC_MS(1));
        }
    }
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b));
    ASYNC_END
}
TEST(CO6_skips_who_gave_up)
{
    CHECK_INT(run_virtual(one_of_two, 0), 0);
    CHECK_TRACE("a waits\nb waits\na cancelled 1, locked 0\nb woke 1, locked 1\n");
}
TEST(CO7_notified_and_cancelled)
{
    CHECK_INT(run_virtual(one_of_two, 1), 0);
    CHECK_TRACE("a waits\nb waits\na cancelled 1, locked 0\nb woke 1, locked 1\n");
}
TEST(CO7_cancelled_while_it_takes_the_lock)
{
    CHECK_INT(run_virtual(one_of_two, 2), 0);
    CHECK_TRACE("a waits\nb waits\na cancelled 3, locked 0\nb woke 3, locked 1\n");
}
