/* Cancellation. The number in a test's name is the rule of asyncio that it holds the library to:
 * C1 a task that has not started, C2 one that is blocked, ... C17 (messages) has no counterpart.
 */
#include "test.h"
#if !ASYNCC_FREESTANDING
#include <pthread.h>
#endif

static const char *name_of(int error)
{
    return error == 0                ? "ok"
           : error == ASYNC_CANCELED ? "cancelled"
           : error == -EIO           ? "EIO"
           : error == -EPERM         ? "EPERM"
           : error == -ETIMEDOUT     ? "timeout"
                                     : "?";
}

/* Sleeps; says what came of it and passes that on. */
ASYNC(void, sleeps, args(const char *name, int ms), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_sleep, ASYNC_MS(self->ms));
        trace("%s slept\n", self->name);
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s: %s\n", self->name, name_of(self->e));
        ASYNC_RAISE(self->e);
    }
    ASYNC_END
}

/* Waits for another task; the same. */
ASYNC(void, joins, args(const char *name, async_task *on), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_join, self->on);
        trace("%s joined\n", self->name);
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s: %s\n", self->name, name_of(self->e));
        ASYNC_RAISE(self->e);
    }
    ASYNC_END
}

/* Swallows a cancel and returns 7. */
ASYNC(int, swallows, vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_CATCH_ALL(self->e) trace("swallowed\n");
    ASYNC_RETURN(7);
    ASYNC_END
}

/* --- before the first step --- */

ASYNC(void, has_a_finally)
{
    ASYNC_BEGIN
    ASYNC_DO
        trace("body\n");
    ASYNC_FINALLY
        trace("finally\n");
    ASYNC_END
}

ASYNC(void, c1, tasks(has_a_finally t), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, has_a_finally);
    CHECK(async_task_cancel(&self->t.task));
    CHECK(!async_task_done(&self->t.task) && !async_task_cancelled(&self->t.task));
    CHECK_INT(async_task_error(&self->t.task), -EINPROGRESS);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_done(&self->t.task) && async_task_cancelled(&self->t.task));
    ASYNC_TRY
        AWAIT(async_join, &self->t.task);
    ASYNC_CATCH_ALL(self->e) trace("%s\n", name_of(self->e));
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    ASYNC_END
}
TEST(C1_cancelled_before_its_first_step)
{
    CHECK_INT(run_virtual(c1), 0);
    CHECK_TRACE("cancelled\n");
}

/* --- blocked --- */

ASYNC(void, cleans_up, args(const char *name))
{
    ASYNC_BEGIN
    ASYNC_DO {
        AWAIT(async_sleep, ASYNC_SEC(9));
    }
    ASYNC_FINALLY {
        trace("%s cleans\n", self->name);
        AWAIT(async_sleep, ASYNC_MS(5));
        trace("%s clean at %d\n", self->name, now_ms());
    }
    ASYNC_END
}
ASYNC(void, cleans_up_outside, args(const char *name), awaits(cleans_up))
{
    ASYNC_BEGIN
    ASYNC_DO
        AWAIT(cleans_up, self->name);
    ASYNC_FINALLY
        trace("%s outside\n", self->name);
    ASYNC_END
}
ASYNC(void, c2, tasks(cleans_up_outside a, cleans_up_outside b, cleans_up_outside c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, cleans_up_outside, "a");
    ASYNC_SPAWN(&self->b, cleans_up_outside, "b");
    ASYNC_SPAWN(&self->c, cleans_up_outside, "c");
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&self->c.task));
    CHECK(async_task_cancel(&self->a.task));
    CHECK(async_task_cancel(&self->b.task));
    trace("asked\n");
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b, &self->c));
    CHECK(async_task_cancelled(&self->a.task) && async_task_cancelled(&self->b.task));
    ASYNC_END
}
TEST(C2_unwinds_inside_out_and_cleanup_may_await)
{
    CHECK_INT(run_virtual(c2), 0);
    CHECK_TRACE("asked\nc cleans\na cleans\nb cleans\n"
                "c clean at 6\nc outside\na clean at 6\na outside\nb clean at 6\nb outside\n");
}

TEST(C3_a_cancelled_sleep_leaves_no_timer)
{
    if (ASYNCC_FREESTANDING) SKIP("a bare loop waits for an interrupt");
    static ASYNC_TASK(sleeps) t;
    static async_options options;
    async_loop loop;
    options.virtual_clock = true;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN(&t, sleeps, "t", 3600000), 0);
    async_loop_stop(&loop);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK(async_task_cancel(&t.task));
    CHECK_INT(async_loop_run_until_complete(&loop, &t.task), ASYNC_CANCELED);
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_INT(async_loop_time(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
}

ASYNC(int, returns, args(int x))
{
    ASYNC_BEGIN
    ASYNC_RETURN(self->x);
    ASYNC_END
}
ASYNC(void, raises, args(int error))
{
    ASYNC_BEGIN
    ASYNC_RAISE(self->error);
    ASYNC_END
}

ASYNC(void, c4, tasks(returns a, raises b, sleeps c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, returns, 1);
    ASYNC_SPAWN(&self->b, raises, -EIO);
    ASYNC_SPAWN(&self->c, sleeps, "c", 9);
    (void)async_task_cancel(&self->c.task);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(!async_task_cancel(&self->a.task));
    CHECK(!async_task_cancel(&self->b.task));
    CHECK(!async_task_cancel(&self->c.task));
    CHECK_INT(ASYNC_RESULT(&self->a), 1);
    CHECK_INT(async_task_error(&self->b.task), -EIO);
    CHECK_INT(async_task_cancelling(&self->a.task), 0);
    CHECK_INT(async_task_cancelling(&self->c.task), 1);
    ASYNC_END
}
TEST(C4_cancel_of_one_that_has_ended)
{
    CHECK_INT(run_virtual(c4), 0);
}

/* --- it travels --- */

ASYNC(void, c5, tasks(cleans_up inner, joins middle, joins outer, joins other), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->inner, cleans_up, "inner");
    ASYNC_SPAWN(&self->other, joins, "other", &self->inner.task);
    ASYNC_SPAWN(&self->middle, joins, "middle", &self->inner.task);
    ASYNC_SPAWN(&self->outer, joins, "outer", &self->middle.task);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&self->outer.task));
    CHECK_INT(async_task_cancelling(&self->outer.task), 1);
    CHECK_INT(async_task_cancelling(&self->middle.task), 1);
    CHECK_INT(async_task_cancelling(&self->inner.task), 1);
    CHECK_INT(async_task_cancelling(&self->other.task), 0);
    ASYNC_TRY
        AWAIT(async_join, &self->outer.task);
    ASYNC_CATCH_ALL(self->e) {}
    trace("%s at %d\n", name_of(self->e), now_ms());
    ASYNC_END
}
TEST(C5_cancel_travels_to_the_awaited_task)
{
    CHECK_INT(run_virtual(c5), 0);
    CHECK_TRACE("inner cleans\ninner clean at 6\nother: cancelled\nmiddle: cancelled\n"
                "outer: cancelled\ncancelled at 6\n");
}

ASYNC(void, waits_for_future, args(const char *name, async_future *f), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_future_wait, self->f);
    ASYNC_CATCH_ALL(self->e) {}
    trace("%s: %s\n", self->name, name_of(self->e));
    if (self->e) ASYNC_RAISE(self->e);
    ASYNC_END
}
ASYNC(void, c5_future, tasks(waits_for_future a, waits_for_future b), vars(async_future f))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, waits_for_future, "a", &self->f);
    ASYNC_SPAWN(&self->b, waits_for_future, "b", &self->f);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&self->b.task));
    CHECK(async_future_cancelled(&self->f));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b));
    CHECK(async_task_cancelled(&self->a.task));
    CHECK_INT(async_task_cancelling(&self->a.task), 0);
    CHECK_INT(async_task_cancelling(&self->b.task), 1);
    ASYNC_END
}
TEST(C5_cancel_travels_to_the_awaited_future)
{
    CHECK_INT(run_virtual(c5_future), 0);
    CHECK_TRACE("a: cancelled\nb: cancelled\n");
}

/* --- swallowed, counted --- */

ASYNC(int, swallows_twice, vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_CATCH_ALL(self->e) trace("first\n");
    ASYNC_TRY
        AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_CATCH_ALL(self->e) trace("second\n");
    AWAIT(async_sleep, ASYNC_MS(2));
    ASYNC_RETURN(5);
    ASYNC_END
}
ASYNC(void, c6, tasks(swallows_twice t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, swallows_twice);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&self->t.task));
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(!async_task_done(&self->t.task));
    CHECK(async_task_cancel(&self->t.task));
    AWAIT(async_join, &self->t.task);
    CHECK(!async_task_cancelled(&self->t.task));
    CHECK_INT(ASYNC_RESULT(&self->t), 5);
    CHECK_INT(now_ms(), 4);
    ASYNC_END
}
TEST(C6_swallowed_and_cancelled_again)
{
    CHECK_INT(run_virtual(c6), 0);
    CHECK_TRACE("first\nsecond\n");
}

ASYNC(void, c7, tasks(swallows_twice t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, swallows_twice);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->t.task);
    (void)async_task_cancel(&self->t.task);
    CHECK_INT(async_task_cancelling(&self->t.task), 2);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_TRACE("first\n");
    (void)async_task_cancel(&self->t.task);
    CHECK_INT(async_task_cancelling(&self->t.task), 3);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_TRACE("second\n");
    AWAIT(async_join, &self->t.task);
    CHECK_INT(async_task_cancelling(&self->t.task), 3);
    ASYNC_END
}
TEST(C7_two_cancels_deliver_one_error)
{
    CHECK_INT(run_virtual(c7), 0);
}

/* --- what was waited for is there, but not taken --- */

ASYNC(void, c8_future, tasks(waits_for_future t), vars(ASYNC_FUTURE(int) f))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, waits_for_future, "t", &self->f.future);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_INT(ASYNC_SET_RESULT(&self->f, 3), 0);
    CHECK(async_task_cancel(&self->t.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t));
    CHECK(async_task_cancelled(&self->t.task));
    CHECK_INT(async_future_error(&self->f.future), 0);
    CHECK_INT(self->f.result, 3);
    ASYNC_END
}
TEST(C8_cancel_after_a_future_was_set)
{
    CHECK_INT(run_virtual(c8_future), 0);
    CHECK_TRACE("t: cancelled\n");
}

static int cancel_task(void *task)
{
    trace("cancel: %s\n", async_task_cancel((async_task *)task) ? "true" : "false");
    return 0;
}

/* A sleep that is over wakes its task a tick after its timer's turn, so a call with the same
 * deadline still finds it, whichever was set first. */
ASYNC(void, c8_sleep, tasks(sleeps t), vars(async_call call))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, sleeps, "t", 5);
    AWAIT(async_sleep, ASYNC_MS(0));
    async_call_later(async_get_running_loop(), &self->call, ASYNC_MS(5), cancel_task,
                     &self->t.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t));
    CHECK(async_task_cancelled(&self->t.task));
    ASYNC_SPAWN(&self->t, sleeps, "t", 4);
    async_call_later(async_get_running_loop(), &self->call, ASYNC_MS(4), cancel_task,
                     &self->t.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t));
    CHECK(async_task_cancelled(&self->t.task));
    CHECK_INT(now_ms(), 9);
    ASYNC_END
}
/* Here the one that cancels has slept to the same time, and is before or behind it. */
ASYNC(void, cancels_at, args(int ms, async_task *task))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    (void)cancel_task(self->task);
    ASYNC_END
}
ASYNC(void, c8_sleepers, args(bool before), tasks(sleeps t, cancels_at c))
{
    ASYNC_BEGIN
    if (self->before) ASYNC_SPAWN(&self->c, cancels_at, 5, &self->t.task);
    ASYNC_SPAWN(&self->t, sleeps, "t", 5);
    if (!self->before) ASYNC_SPAWN(&self->c, cancels_at, 5, &self->t.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t, &self->c));
    ASYNC_END
}
TEST(C8_cancel_after_a_sleep_is_over)
{
    CHECK_INT(run_virtual(c8_sleep), 0);
    CHECK_TRACE("cancel: true\nt: cancelled\ncancel: true\nt: cancelled\n");
    CHECK_INT(run_virtual(c8_sleepers, true), 0);
    CHECK_TRACE("cancel: true\nt: cancelled\n");
    CHECK_INT(run_virtual(c8_sleepers, false), 0);
    CHECK_TRACE("t slept\ncancel: false\n");
}

/* The child's end is queued before the parent's turn; the cancel comes in between. */
ASYNC(void, c8_join, tasks(returns child, joins t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, joins, "t", &self->child.task);
    ASYNC_SPAWN(&self->child, returns, 4);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_done(&self->child.task) && !async_task_done(&self->t.task));
    CHECK(async_task_cancel(&self->t.task));
    CHECK_INT(async_task_cancelling(&self->child.task), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t));
    CHECK(async_task_cancelled(&self->t.task));
    CHECK_INT(ASYNC_RESULT(&self->child), 4);
    ASYNC_END
}
TEST(C8_cancel_after_a_joined_task_has_ended)
{
    CHECK_INT(run_virtual(c8_join), 0);
    CHECK_TRACE("t: cancelled\n");
}

/* --- cancelled while it cleans up, or cancels itself --- */

ASYNC(void, interrupted, vars(int e))
{
    ASYNC_BEGIN
    ASYNC_DO {
        AWAIT(async_sleep, ASYNC_SEC(9));
    }
    ASYNC_FINALLY {
        ASYNC_TRY {
            AWAIT(async_sleep, ASYNC_SEC(9));
            trace("not reached\n");
        }
        ASYNC_CATCH_ALL(self->e) {
            trace("in finally: %s at %d\n", name_of(self->e), now_ms());
            ASYNC_RAISE(self->e);
        }
    }
    ASYNC_END
}
ASYNC(void, c9, tasks(interrupted t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, interrupted);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->t.task);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->t.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t));
    CHECK(async_task_cancelled(&self->t.task));
    ASYNC_END
}
TEST(C9_cleanup_is_interrupted_by_another_cancel)
{
    CHECK_INT(run_virtual(c9), 0);
    CHECK_TRACE("in finally: cancelled at 2\n");
}

ASYNC(void, c10, tasks(swallows t))
{
    ASYNC_BEGIN
    CHECK_INT(async_task_uncancel(async_current_task()), 0); /* never below */
    ASYNC_SPAWN(&self->t, swallows);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->t.task);
    (void)async_task_cancel(&self->t.task);
    CHECK_INT(async_task_uncancel(&self->t.task), 1);
    CHECK_INT(async_task_uncancel(&self->t.task), 0);
    AWAIT(async_join, &self->t.task); /* it was delivered: the sleep had been cancelled */
    ASYNC_END
}
TEST(C10_uncancel_counts_down)
{
    CHECK_INT(run_virtual(c10), 0);
    CHECK_TRACE("swallowed\n");
}

ASYNC(void, c11, tasks(sleeps child), vars(int e; int before))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->child, sleeps, "child", 9);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(async_current_task()));
    trace("goes on\n");
    ASYNC_TRY
        AWAIT(async_join, &self->child.task);
    ASYNC_CATCH_ALL(self->e) trace("self: %s at %d\n", name_of(self->e), now_ms());
    CHECK(async_task_cancelled(&self->child.task));
    CHECK_INT(async_task_cancelling(&self->child.task), 1);
    CHECK_INT(async_task_cancelling(async_current_task()), 1);
    AWAIT(async_sleep, ASYNC_MS(1)); /* delivered once */
    (void)async_task_cancel(async_current_task());
    ASYNC_TRY
        AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_CATCH_ALL(self->e) trace("at sleep(0)\n");
    (void)async_task_cancel(async_current_task());
    ASYNC_TRY
        AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_CATCH_ALL(self->e) trace("at %d\n", now_ms());
    ASYNC_END
}
TEST(C11_a_task_that_cancels_itself)
{
    CHECK_INT(run_virtual(c11), 0);
    CHECK_TRACE("goes on\nchild: cancelled\nself: cancelled at 1\nat sleep(0)\nat 2\n");
}

ASYNC(int, cancels_itself, args(int error), vars(ASYNC_FUTURE(int) f))
{
    ASYNC_BEGIN(void)
    async_task_cancel(async_current_task());
    (void)ASYNC_SET_RESULT(&self->f, 1);
    AWAIT(async_future_wait, &self->f.future); /* done: delivers nothing */
    trace("to the end\n");
    if (self->error) ASYNC_RAISE(self->error);
    ASYNC_RETURN(1);
    ASYNC_END
}
ASYNC(void, c12, tasks(cancels_itself a, cancels_itself b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, cancels_itself, 0);
    ASYNC_SPAWN(&self->b, cancels_itself, -EIO);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b));
    CHECK(async_task_cancelled(&self->a.task));
    CHECK_INT(async_task_error(&self->b.task), -EIO);
    ASYNC_END
}
TEST(C12_pending_cancel_at_the_end)
{
    CHECK_INT(run_virtual(c12), 0);
    CHECK_TRACE("to the end\nto the end\n");
}

ASYNC(void, turns_into, args(int error), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_CATCH_ALL(self->e) ASYNC_RAISE(self->error);
    ASYNC_END
}
ASYNC(void, fails_in_finally)
{
    ASYNC_BEGIN
    ASYNC_DO
        AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_FINALLY
        ASYNC_RAISE(-EPERM);
    ASYNC_END
}
ASYNC(void, c13, tasks(turns_into a, fails_in_finally b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, turns_into, -EIO);
    ASYNC_SPAWN(&self->b, fails_in_finally);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->a.task);
    (void)async_task_cancel(&self->b.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b));
    CHECK_INT(async_task_error(&self->a.task), -EIO);
    CHECK(!async_task_cancelled(&self->a.task));
    CHECK_INT(async_task_error(&self->b.task), -EPERM);
    ASYNC_END
}
TEST(C13_another_error_replaces_the_cancel)
{
    CHECK_INT(run_virtual(c13), 0);
}

ASYNC(void, c14, tasks(swallows inner, joins outer))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->inner, swallows);
    ASYNC_SPAWN(&self->outer, joins, "outer", &self->inner.task);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->outer.task);
    AWAIT(async_join, &self->outer.task);
    CHECK(!async_task_cancelled(&self->outer.task));
    CHECK_INT(async_task_cancelling(&self->outer.task), 1);
    CHECK_INT(ASYNC_RESULT(&self->inner), 7);
    ASYNC_END
}
TEST(C14_the_awaited_task_swallows_it)
{
    CHECK_INT(run_virtual(c14), 0);
    CHECK_TRACE("swallowed\nouter joined\n");
}

ASYNC(void, c15, tasks(sleeps inner, joins outer))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->inner, sleeps, "inner", 9);
    ASYNC_SPAWN(&self->outer, joins, "outer", &self->inner.task);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->inner.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->outer));
    CHECK(async_task_cancelled(&self->outer.task));
    CHECK_INT(async_task_cancelling(&self->outer.task), 0);
    ASYNC_END
}
TEST(C15_the_awaited_task_is_cancelled_by_another)
{
    CHECK_INT(run_virtual(c15), 0);
    CHECK_TRACE("inner: cancelled\nouter: cancelled\n");
}

ASYNC(void, c16, tasks(raises t, joins j))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, raises, ASYNC_CANCELED);
    ASYNC_SPAWN(&self->j, joins, "j", &self->t.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->j));
    CHECK(async_task_cancelled(&self->t.task) && async_task_cancelled(&self->j.task));
    CHECK_INT(async_task_cancelling(&self->t.task), 0);
    ASYNC_END
}
TEST(C16_raised_by_hand)
{
    CHECK_INT(run_virtual(c16), 0);
    CHECK_TRACE("j: cancelled\n");
}

ASYNC(int, cancels, args(async_task *whom))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(self->whom));
    ASYNC_RETURN(1);
    ASYNC_END
}
ASYNC(void, c18, tasks(cancels t, joins j))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, cancels, &self->j.task);
    ASYNC_SPAWN(&self->j, joins, "j", &self->t.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t, &self->j));
    CHECK(async_task_cancelled(&self->t.task) && async_task_cancelled(&self->j.task));
    CHECK_INT(async_task_cancelling(&self->t.task), 1);
    CHECK_INT(async_task_cancelling(&self->j.task), 1);
    ASYNC_END
}
TEST(C18_a_task_cancels_one_that_awaits_it)
{
    CHECK_INT(run_virtual(c18), 0);
    CHECK_TRACE("j: cancelled\n");
}

ASYNC(void, c19, tasks(sleeps a))
{
    ASYNC_BEGIN(void)
    async_task_cancel(async_current_task());
    CHECK_INT(async_task_uncancel(async_current_task()), 0);
    AWAIT(async_sleep, ASYNC_MS(0));
    (void)async_task_cancel(async_current_task());
    (void)async_task_cancel(async_current_task());
    CHECK_INT(async_task_uncancel(async_current_task()), 1);
    CHECK_INT(async_task_uncancel(async_current_task()), 0);
    ASYNC_SPAWN(&self->a, sleeps, "a", 1); /* not started: nothing has been delivered yet */
    (void)async_task_cancel(&self->a.task);
    (void)async_task_uncancel(&self->a.task);
    AWAIT(async_join, &self->a.task);
    ASYNC_END
}
TEST(C19_uncancel_before_delivery)
{
    CHECK_INT(run_virtual(c19), 0);
    CHECK_TRACE("a slept\n");
}

/* Whoever is cancelled while its end waits for the tasks of its frame ends cancelled: a value or
 * an error on its way is replaced, as by a cancel in a FINALLY part. */
ASYNC(int, slow_end, args(int error), tasks(cleans_up child))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->child, cleans_up, "child");
    AWAIT(async_sleep, ASYNC_MS(1));
    if (self->error) ASYNC_RAISE(self->error);
    ASYNC_RETURN(1);
    ASYNC_END
}
ASYNC(void, cancelled_at_its_end, tasks(slow_end a, slow_end b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, slow_end, 0);
    ASYNC_SPAWN(&self->b, slow_end, -EIO);
    AWAIT(async_sleep, ASYNC_MS(3));
    CHECK(async_task_cancel(&self->a.task));
    CHECK(async_task_cancel(&self->b.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b));
    CHECK_INT(now_ms(), 6);
    CHECK(async_task_cancelled(&self->a.task));
    CHECK(async_task_cancelled(&self->b.task));
    ASYNC_END
}
TEST(C9_cancelled_while_it_joins_its_frames_tasks)
{
    CHECK_INT(run_virtual(cancelled_at_its_end), 0);
}

/* --- long chains and rings: no recursion, no loop without an end --- */

enum { LONG = 100000 };

ASYNC(void, link_, args(async_task *on), awaits(async_join, async_sleep))
{
    ASYNC_BEGIN
    if (self->on) AWAIT(async_join, self->on);
    else AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_END
}
static ASYNC_TASK(link_) * links;
ASYNC(void, chain, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < LONG; self->i++)
        ASYNC_SPAWN(&links[self->i], link_, self->i ? &links[self->i - 1].task : NULL);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&links[LONG - 1].task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&links[LONG - 1]));
    CHECK_INT(now_ms(), 1);
    for (self->i = 0; self->i < LONG; self->i++) {
        CHECK(async_task_cancelled(&links[self->i].task));
        CHECK_INT(async_task_cancelling(&links[self->i].task), 1);
    }
    ASYNC_END
}

ASYNC(void, gathers, args(async_task *a, async_task *b), awaits(async_gather, async_sleep))
{
    ASYNC_BEGIN
    if (self->a) AWAIT(async_gather, ASYNC_MAKE_(async_tasks, 2, 1, NULL, {self->a, self->b}));
    else AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_END
}
static ASYNC_TASK(gathers) * nests;
/* Each gathers the one before it and a sleeper of its own. */
ASYNC(void, nested, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < LONG; self->i++) {
        ASYNC_SPAWN(&links[self->i], link_, NULL);
        ASYNC_SPAWN(&nests[self->i], gathers, self->i ? &nests[self->i - 1].task : NULL,
                    &links[self->i].task);
    }
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&nests[LONG - 1].task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&nests[LONG - 1], &nests[0]));
    CHECK_INT(now_ms(), 1);
    for (self->i = 0; self->i < LONG; self->i++) {
        CHECK(async_task_cancelled(&nests[self->i].task));
        CHECK(self->i == 0 || async_task_cancelled(&links[self->i].task));
    }
    (void)async_task_cancel(&links[0].task);
    ASYNC_END
}
ASYNC(void, wide, vars(int i; int e))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < LONG; self->i++) ASYNC_SPAWN(&links[self->i], link_, NULL);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(async_current_task());
    ASYNC_TRY
        AWAIT(async_gather, ASYNC_TASK_SLICE(links, LONG));
    ASYNC_CATCH_ALL(self->e) {}
    CHECK_INT(self->e, ASYNC_CANCELED);
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_SLICE(links, LONG));
    for (self->i = 0; self->i < LONG; self->i++) CHECK(async_task_cancelled(&links[self->i].task));
    CHECK_INT(now_ms(), 1);
    ASYNC_END
}

static void *run_chain(void *p)
{
    CHECK_INT(run_virtual(chain), 0);
    return p;
}
static void *run_nested(void *p)
{
    CHECK_INT(run_virtual(nested), 0);
    return p;
}
static void *run_wide(void *p)
{
    CHECK_INT(run_virtual(wide), 0);
    return p;
}

/* A stack that a recursion of 100,000 calls does not fit in by far. */
static void on_a_small_stack(void *(*f)(void *))
{
#if ASYNCC_FREESTANDING
    (void)f;
    SKIP("there is no memory for 100,000 tasks");
#else
    pthread_attr_t attr;
    pthread_t thread;
    test_time_limit(30);
    links = (ASYNC_TASK(link_) *)calloc(LONG, sizeof *links);
    nests = (ASYNC_TASK(gathers) *)calloc(LONG, sizeof *nests);
    CHECK(links && nests);
    CHECK_INT(pthread_attr_init(&attr), 0);
    CHECK_INT(pthread_attr_setstacksize(&attr, 256 * 1024), 0);
    CHECK_INT(pthread_create(&thread, &attr, f, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attr);
    free(links);
    free(nests);
#endif
}
TEST(C5_chain_of_100000_joins)
{
    on_a_small_stack(run_chain);
}
TEST(C5_100000_nested_gathers)
{
    on_a_small_stack(run_nested);
}
TEST(C5_gather_of_100000)
{
    on_a_small_stack(run_wide);
}

/* Each awaits the next; `from` of them stand before the ring. The first one is cancelled. */
enum { RING = 1000 };
static ASYNC_TASK(link_) ring[RING];
ASYNC(void, ring_of_joins, args(int n, int from), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->n; self->i++)
        ASYNC_SPAWN(&ring[self->i], link_,
                    &ring[self->i + 1 < self->n ? self->i + 1 : self->from].task);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&ring[0].task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_SLICE(ring, self->n));
    for (self->i = 0; self->i < self->n; self->i++)
        CHECK(async_task_cancelled(&ring[self->i].task));
    ASYNC_END
}
TEST(C5_ring_of_joins)
{
    CHECK_INT(run_virtual(ring_of_joins, 2, 0), 0);
    CHECK_INT(run_virtual(ring_of_joins, 3, 0), 0);
    CHECK_INT(run_virtual(ring_of_joins, RING, 0), 0);
    CHECK_INT(run_virtual(ring_of_joins, RING, 1), 0);
    CHECK_INT(run_virtual(ring_of_joins, RING, 700), 0);
    CHECK_INT(run_virtual(ring_of_joins, RING, RING - 2), 0);
}

/* a gathers b and c, b gathers a and c, j joins a and is gathered by nobody. */
ASYNC(void, ring_of_gathers, args(bool also_join), tasks(gathers a, gathers b, link_ c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->c, link_, self->also_join ? &self->a.task : NULL);
    ASYNC_SPAWN(&self->a, gathers, &self->b.task, &self->c.task);
    ASYNC_SPAWN(&self->b, gathers, &self->a.task, &self->c.task);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&self->a.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b, &self->c));
    CHECK(async_task_cancelled(&self->a.task) && async_task_cancelled(&self->b.task));
    CHECK(async_task_cancelled(&self->c.task));
    CHECK_INT(now_ms(), 1);
    ASYNC_END
}
/* Nothing but gathers: no sleep or join at which it could be cut. */
ASYNC(void, ring_of_gathers_only, tasks(gathers a, gathers b, gathers c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, gathers, &self->b.task, &self->b.task);
    ASYNC_SPAWN(&self->b, gathers, &self->c.task, &self->a.task);
    ASYNC_SPAWN(&self->c, gathers, &self->a.task, &self->b.task);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&self->b.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b, &self->c));
    CHECK(async_task_cancelled(&self->a.task) && async_task_cancelled(&self->b.task));
    CHECK(async_task_cancelled(&self->c.task));
    ASYNC_END
}
TEST(C5_ring_of_gathers)
{
    CHECK_INT(run_virtual(ring_of_gathers, false), 0);
    CHECK_INT(run_virtual(ring_of_gathers, true), 0);
    CHECK_INT(run_virtual(ring_of_gathers_only), 0);
}

ASYNC(void, waits_for, args(async_task *on, int ms))
{
    ASYNC_BEGIN
    AWAIT(async_wait_for, self->on, ASYNC_MS(self->ms));
    ASYNC_END
}
/* Here it is a timeout that cancels. */
ASYNC(void, ring_of_wait_for, tasks(waits_for a, waits_for b, waits_for c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, waits_for, &self->b.task, 50);
    ASYNC_SPAWN(&self->b, waits_for, &self->c.task, 5);
    ASYNC_SPAWN(&self->c, waits_for, &self->a.task, 50);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b, &self->c));
    CHECK_INT(now_ms(), 5);
    CHECK(async_task_cancelled(&self->a.task) && async_task_cancelled(&self->c.task));
    CHECK(async_task_error(&self->b.task) != 0);
    ASYNC_END
}
TEST(C5_ring_of_wait_for)
{
    CHECK_INT(run_virtual(ring_of_wait_for), 0);
}

/* --- cancelled at every suspension point --- */

static int points, cut_at, held, opened;
static async_task *victim;
static async_call cut_call;

static int cut(void *how)
{
    (void)how;
    (void)async_task_cancel(victim);
    return 0;
}
/* A suspension point. At the cut_at-th the victim is cancelled: 0 by itself before it waits, 1 on
 * the next tick, 2 when the sleep is over but the victim has not resumed. */
enum { BY_ITSELF, AT_ONCE, TOO_LATE, WAYS };
static int cut_way;
ASYNC(void, point)
{
    ASYNC_BEGIN
    if (++points == cut_at) {
        if (cut_way == BY_ITSELF) (void)async_task_cancel(victim);
        if (cut_way == AT_ONCE) async_call_soon(async_get_running_loop(), &cut_call, cut, NULL);
        if (cut_way == TOO_LATE)
            async_call_later(async_get_running_loop(), &cut_call, ASYNC_MS(1), cut, NULL);
    }
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
ASYNC(void, hold_enter, args(int *obj), awaits(point))
{
    ASYNC_BEGIN
    AWAIT(point);
    opened++;
    held++;
    *self->obj = 1;
    ASYNC_END
}
ASYNC(bool, hold_exit, args(int *obj, int error), awaits(point))
{
    ASYNC_BEGIN
    CHECK_INT(*self->obj, 1);
    *self->obj = 0;
    held--;
    AWAIT(point);
    ASYNC_RETURN(false);
    ASYNC_END
}
ASYNC(void, member, args(int error), vars(int obj), awaits(point, hold_enter, hold_exit))
{
    ASYNC_BEGIN
    ASYNC_WITH(hold, &self->obj) {
        AWAIT(point);
        if (self->error) ASYNC_RAISE(self->error);
        AWAIT(point);
    }
    ASYNC_END
}
ASYNC(int, nest, tasks(member own),
      vars(async_group tg; async_timeout t; ASYNC_TASK(member) m[3]; int a; int b; int e),
      awaits(point, hold_enter, hold_exit))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->own, member, 0);
    ASYNC_WITH(hold, &self->a) {
        ASYNC_TRY {
            ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(7)) {
                ASYNC_WITH(async_group, &self->tg) {
                    ASYNC_SPAWN_IN(&self->tg, &self->m[0], member, 0);
                    ASYNC_SPAWN_IN(&self->tg, &self->m[1], member, 0);
                    ASYNC_DO {
                        ASYNC_WITH(hold, &self->b) {
                            AWAIT(point);
                            ASYNC_SPAWN_IN(&self->tg, &self->m[2], member, -EIO);
                            AWAIT(point);
                        }
                    }
                    ASYNC_FINALLY {
                        AWAIT(point);
                    }
                    AWAIT(point);
                }
            }
        }
        ASYNC_CATCH(self->e) {
            AWAIT(point);
        }
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(1)) AWAIT(async_join, &self->own.task);
    }
    ASYNC_RETURN(1);
    ASYNC_END
}
static ASYNC_TASK(nest) nest_task;
ASYNC(void, cut_nest)
{
    ASYNC_BEGIN
    victim = &nest_task.task;
    ASYNC_SPAWN(&nest_task, nest);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&nest_task));
    (void)async_call_cancel(&cut_call);
    CHECK_INT(held, 0);
    CHECK_INT((int)async_all_tasks(async_get_running_loop(), NULL, 0), 1);
    ASYNC_END
}
TEST(C2_cancelled_at_every_suspension_point)
{
    int total, cancelled = 0;
    CHECK_INT(run_virtual(cut_nest), 0);
    total = points;
    CHECK(total > 20 && opened >= 4);
    for (cut_way = 0; cut_way < WAYS; cut_way++)
        for (cut_at = 1; cut_at <= total; cut_at++) {
            points = opened = 0;
            memset(&nest_task, 0, sizeof nest_task);
            CHECK_INT(run_virtual(cut_nest), 0);
            cancelled += async_task_cancelled(&nest_task.task);
        }
    CHECK(cancelled > total); /* most of them reach it */
    CHECK_INT(test_reports, 0);
}
