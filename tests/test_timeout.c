/* wait_for and timeout blocks, by the rules O1 to O18 of asyncio (O6 is about shield). */
#include "test.h"

static const char *name_of(int error)
{
    return error == 0                ? "ok"
           : error == ASYNC_CANCELED ? "cancelled"
           : error == -EIO           ? "EIO"
           : error == -EPERM         ? "EPERM"
           : error == -ETIMEDOUT     ? "timeout"
                                     : "?";
}

ASYNC(int, works, args(int ms, int error))
{
    ASYNC_BEGIN
    trace("works\n");
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    if (self->error) ASYNC_RAISE(self->error);
    ASYNC_RETURN(7);
    ASYNC_END
}
/* When told to end: cleans up for 5 ms; then passes the cancel on, raises `how`, or for 0 returns. */
ASYNC(int, cleans_up, args(int how), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_sleep, ASYNC_SEC(9));
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("told at %d\n", now_ms());
        AWAIT(async_sleep, ASYNC_MS(5));
        trace("clean at %d\n", now_ms());
        if (self->how) ASYNC_RAISE(self->how);
    }
    ASYNC_RETURN(5);
    ASYNC_END
}

/* --- wait_for --- */

ASYNC(void, o1, tasks(works a), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, works, 5, 0);
    AWAIT(async_wait_for, &self->a.task, ASYNC_MS(6));
    CHECK_INT(ASYNC_RESULT(&self->a), 7);
    CHECK_INT(now_ms(), 5);
    ASYNC_SPAWN(&self->a, works, 5, -EIO);
    AWAIT_ERR(self->e, async_wait_for, &self->a.task, ASYNC_FOREVER);
    CHECK_INT(self->e, -EIO);
    CHECK_INT(now_ms(), 10);
    AWAIT(async_sleep, ASYNC_MS(20)); /* and no timer is left that could hit here */
    ASYNC_END
}
TEST(O1_in_time)
{
    CHECK_INT(run_virtual(o1), 0);
}

ASYNC(void, o2, args(int how), tasks(cleans_up a), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, cleans_up, self->how);
    AWAIT_ERR(self->e, async_wait_for, &self->a.task, ASYNC_MS(10));
    trace("%s at %d\n", name_of(self->e), now_ms());
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    CHECK_INT(async_task_cancelling(&self->a.task), 1);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
TEST(O2_O3_timeout_after_the_cleanup)
{
    CHECK_INT(run_virtual(o2, ASYNC_CANCELED), 0);
    CHECK_TRACE("told at 10\nclean at 15\ntimeout at 15\n");
}
TEST(O4_another_error_or_a_value_comes_out)
{
    CHECK_INT(run_virtual(o2, -EIO), 0);
    CHECK_TRACE("told at 10\nclean at 15\nEIO at 15\n");
    CHECK_INT(run_virtual(o2, 0), 0);
    CHECK_TRACE("told at 10\nclean at 15\nok at 15\n");
}

ASYNC(void, o5, args(int ms), tasks(works a, cleans_up b), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, works, 0, 0);
    AWAIT(async_join, &self->a.task);
    AWAIT(async_wait_for, &self->a.task, ASYNC_MS(self->ms)); /* done: nothing is late */
    CHECK_TRACE("works\n");
    ASYNC_SPAWN(&self->a, works, 0, 0);
    AWAIT_ERR(self->e, async_wait_for, &self->a.task, ASYNC_MS(self->ms));
    CHECK_INT(self->e, -ETIMEDOUT);
    CHECK_TRACE(""); /* it never started */
    CHECK(async_task_cancelled(&self->a.task));
    ASYNC_SPAWN(&self->b, cleans_up, ASYNC_CANCELED);
    AWAIT(async_sleep, ASYNC_MS(1));
    AWAIT_ERR(self->e, async_wait_for, &self->b.task, ASYNC_MS(self->ms));
    trace("%s at %d\n", name_of(self->e), now_ms());
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    ASYNC_END
}
TEST(O5_no_time_at_all)
{
    CHECK_INT(run_virtual(o5, 0), 0);
    CHECK_TRACE("told at 1\nclean at 6\ntimeout at 6\n");
    CHECK_INT(run_virtual(o5, -100), 0);
    CHECK_TRACE("told at 1\nclean at 6\ntimeout at 6\n");
}

ASYNC(int, waits_for, args(async_task *on, int ms), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_wait_for, self->on, ASYNC_MS(self->ms));
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("waits_for: %s at %d\n", name_of(self->e), now_ms());
        ASYNC_RAISE(self->e);
    }
    trace("waits_for: ok at %d\n", now_ms());
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_RETURN(1);
    ASYNC_END
}
/* b's cleanup is not over when the time is: it was an outside cancel, so no timeout. */
ASYNC(void, o7, args(int how, int at), tasks(cleans_up b, waits_for w))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->b, cleans_up, self->how);
    ASYNC_SPAWN(&self->w, waits_for, &self->b.task, 10);
    AWAIT(async_sleep, ASYNC_MS(self->at));
    CHECK(async_task_cancel(&self->w.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->b, &self->w));
    trace("%s\n", name_of(async_task_error(&self->w.task)));
    CHECK_INT(async_task_cancelling(&self->w.task), 1);
    ASYNC_END
}
TEST(O7_the_caller_is_cancelled)
{
    CHECK_INT(run_virtual(o7, ASYNC_CANCELED, 2), 0);
    CHECK_TRACE("told at 2\nclean at 7\nwaits_for: cancelled at 7\ncancelled\n");
    CHECK_INT(run_virtual(o7, ASYNC_CANCELED, 8), 0); /* the deadline interrupts the cleanup */
    CHECK_TRACE("told at 8\nwaits_for: cancelled at 10\ncancelled\n");
    CHECK_INT(run_virtual(o7, ASYNC_CANCELED, 12), 0); /* and so does a cancel after it */
    CHECK_TRACE("told at 10\nwaits_for: cancelled at 12\ncancelled\n");
}
TEST(O18b_the_awaited_task_swallows_the_callers_cancel)
{
    CHECK_INT(run_virtual(o7, 0, 2), 0);
    CHECK_TRACE("told at 2\nclean at 7\nwaits_for: ok at 7\nok\n");
}

/* The task has ended, the caller has not resumed: the cancel is not lost. */
ASYNC(void, o18a, tasks(works a, waits_for w))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, works, 5, 0);
    ASYNC_SPAWN(&self->w, waits_for, &self->a.task, 10);
    AWAIT(async_sleep, ASYNC_MS(0));
    AWAIT(async_sleep, ASYNC_MS(5)); /* behind a's timer */
    CHECK(async_task_done(&self->a.task) && !async_task_done(&self->w.task));
    CHECK(async_task_cancel(&self->w.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->w));
    CHECK(async_task_cancelled(&self->w.task));
    ASYNC_END
}
TEST(O18a_cancelled_when_the_awaited_task_has_just_ended)
{
    CHECK_INT(run_virtual(o18a), 0);
    CHECK_TRACE("works\nwaits_for: cancelled at 5\n");
}

/* Deadline and end of the sleep in one tick: timers come before sleepers, in both orders. */
ASYNC(void, o1_race, args(bool late), tasks(works a, waits_for w))
{
    ASYNC_BEGIN
    if (self->late) { /* the timeout's timer is set first */
        ASYNC_SPAWN(&self->w, waits_for, &self->a.task, 5);
        ASYNC_SPAWN(&self->a, works, 5, 0);
    } else {
        ASYNC_SPAWN(&self->a, works, 5, 0);
        ASYNC_SPAWN(&self->w, waits_for, &self->a.task, 5);
    }
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->w));
    trace("%s, %s\n", name_of(async_task_error(&self->a.task)),
          name_of(async_task_error(&self->w.task)));
    CHECK_INT(async_task_cancelling(&self->w.task), 0);
    ASYNC_END
}
TEST(O1_deadline_and_end_at_the_same_time)
{
    CHECK_INT(run_virtual(o1_race, false), 0);
    CHECK_TRACE("works\nwaits_for: timeout at 5\ncancelled, timeout\n");
    CHECK_INT(run_virtual(o1_race, true), 0);
    CHECK_TRACE("works\nwaits_for: timeout at 5\ncancelled, timeout\n");
}

static ASYNC_TASK(works) never_spawned;
ASYNC(void, waits_for_nothing)
{
    ASYNC_BEGIN
    AWAIT(async_wait_for, &never_spawned.task, ASYNC_MS(1));
    ASYNC_END
}
TEST(O1_a_task_that_was_never_spawned)
{
    CHECK_PANIC("never spawned", run_virtual(waits_for_nothing));
}

/* --- blocks --- */

ASYNC(void, o8, vars(async_timeout t; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(10)) {
            CHECK(!self->t.expired);
            AWAIT(async_sleep, ASYNC_SEC(9));
            trace("not reached\n");
        }
    }
    ASYNC_CATCH(self->e) {
        CHECK_INT(self->e, -ETIMEDOUT);
    }
    CHECK(self->t.expired);
    CHECK_INT(now_ms(), 10);
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_WITH(async_timeout, &self->t, ASYNC_FOREVER) AWAIT(async_sleep, ASYNC_SEC(3600));
    CHECK(!self->t.expired);
    ASYNC_END
}
TEST(O8_the_block_is_cancelled_and_raises_a_timeout)
{
    CHECK_INT(run_virtual(o8), 0);
    CHECK_TRACE("");
}

ASYNC(void, o9, vars(async_timeout t; int i; int e))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++) {
        ASYNC_TRY {
            ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(10)) {
                AWAIT(async_sleep, ASYNC_MS(9));
                if (self->i == 1) ASYNC_RAISE(-EIO);
                if (self->i == 2) ASYNC_RETURN();
            }
        }
        ASYNC_CATCH(self->e) {
            CHECK_INT(self->e, -EIO);
        }
        CHECK(!self->t.expired);
        AWAIT(async_sleep, ASYNC_MS(20)); /* no late cancel */
    }
    ASYNC_END
}
TEST(O9_left_in_time)
{
    CHECK_INT(run_virtual(o9), 0);
}

/* The deadline has fired in this very tick, the block ends before it is told. */
ASYNC(void, o9_race, vars(async_timeout t; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(10)) {
            AWAIT(async_sleep, ASYNC_MS(10)); /* its timer is behind the deadline's */
            trace("not reached\n");
        }
    }
    ASYNC_CATCH(self->e) trace("1: %s\n", name_of(self->e));
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(0)) {} /* nothing waits: nothing happens */
        trace("2: ok\n");
    }
    ASYNC_CATCH(self->e) {}
    CHECK(!self->t.expired);
    AWAIT(async_sleep, ASYNC_MS(20));
    ASYNC_END
}
TEST(O9_the_deadline_and_the_end_in_one_tick)
{
    CHECK_INT(run_virtual(o9_race), 0);
    CHECK_TRACE("1: timeout\n2: ok\n");
}

/* Two blocks, inner and outer; what do the code around the inner one and around the outer see? */
ASYNC(void, nested, args(int outer_ms, int inner_ms),
      vars(async_timeout outer; async_timeout inner; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->outer, ASYNC_MS(self->outer_ms)) {
            ASYNC_TRY {
                ASYNC_WITH(async_timeout, &self->inner, ASYNC_MS(self->inner_ms))
                    AWAIT(async_sleep, ASYNC_SEC(9));
            }
            ASYNC_CATCH_ALL(self->e) {
                trace("inner: %s at %d\n", name_of(self->e), now_ms());
                ASYNC_RAISE(self->e);
            }
        }
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("outer: %s\n", name_of(self->e));
    }
    trace("%d %d %d\n", self->inner.expired, self->outer.expired,
          async_task_cancelling(async_current_task()));
    AWAIT(async_sleep, ASYNC_MS(50));
    ASYNC_END
}
TEST(O10_nested)
{
    CHECK_INT(run_virtual(nested, 20, 10), 0);
    CHECK_TRACE("inner: timeout at 10\nouter: timeout\n1 0 0\n");
    CHECK_INT(run_virtual(nested, 10, 20), 0);
    CHECK_TRACE("inner: cancelled at 10\nouter: timeout\n0 1 0\n");
    CHECK_INT(run_virtual(nested, 10, 10), 0);
    CHECK_TRACE("inner: cancelled at 10\nouter: timeout\n1 1 0\n");
}

enum { RAISES_IN_TIME, RAISES_WHEN_TOLD, RAISES_TIMEOUT, SWALLOWS, RETURNS_WHEN_TOLD };
ASYNC(int, o11, args(int what), vars(async_timeout t; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(10)) {
            if (self->what == RAISES_IN_TIME) ASYNC_RAISE(-EIO);
            if (self->what == RAISES_TIMEOUT) ASYNC_RAISE(-ETIMEDOUT);
            ASYNC_TRY {
                AWAIT(async_sleep, ASYNC_SEC(9));
            }
            ASYNC_CATCH_ALL(self->e) {
                if (self->what == RAISES_WHEN_TOLD) ASYNC_RAISE(-EPERM);
                if (self->what == RETURNS_WHEN_TOLD) ASYNC_RETURN(3);
            }
        }
        trace("ended, ");
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s, ", name_of(self->e));
    }
    trace("expired %d, cancelling %d\n", self->t.expired,
          async_task_cancelling(async_current_task()));
    AWAIT(async_sleep, ASYNC_MS(20));
    ASYNC_RETURN(1);
    ASYNC_END
}
TEST(O11_other_errors_pass)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, o11, RAISES_IN_TIME), 0);
    CHECK_TRACE("EIO, expired 0, cancelling 0\n");
    CHECK_INT(run_virtual_to(r, o11, RAISES_WHEN_TOLD), 0);
    CHECK_TRACE("EPERM, expired 1, cancelling 0\n");
    CHECK_INT(run_virtual_to(r, o11, RAISES_TIMEOUT), 0);
    CHECK_TRACE("timeout, expired 0, cancelling 0\n");
    CHECK_INT(r, 1);
}
TEST(O12_the_block_swallows_it)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, o11, SWALLOWS), 0);
    CHECK_TRACE("ended, expired 1, cancelling 0\n");
    CHECK_INT(run_virtual_to(r, o11, RETURNS_WHEN_TOLD), 0);
    CHECK_TRACE("");
    CHECK_INT(r, 3);
}

ASYNC(void, o13, vars(async_timeout t; int e))
{
    ASYNC_BEGIN
    CHECK_INT(async_timeout_reschedule(&self->t, ASYNC_MS(1)), -EINVAL); /* before */
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(10)) {
            AWAIT(async_sleep, ASYNC_MS(9));
            CHECK_INT(async_timeout_reschedule(&self->t, ASYNC_MS(10)), 0);
            AWAIT(async_sleep, ASYNC_MS(9));
            CHECK_INT(async_timeout_reschedule(&self->t, ASYNC_FOREVER), 0);
            AWAIT(async_sleep, ASYNC_MS(82));
            CHECK_INT(async_timeout_reschedule(&self->t, ASYNC_MS(3)), 0);
            ASYNC_TRY {
                AWAIT(async_sleep, ASYNC_SEC(9));
            }
            ASYNC_CATCH_ALL(self->e) {
                CHECK_INT(now_ms(), 103);
                CHECK(self->t.expired);
                CHECK_INT(async_timeout_reschedule(&self->t, ASYNC_MS(10)),
                          -EINVAL); /* it expires */
                ASYNC_RAISE(self->e);
            }
        }
    }
    ASYNC_CATCH(self->e) CHECK_INT(self->e, -ETIMEDOUT);
    CHECK_INT(async_timeout_reschedule(&self->t, ASYNC_MS(1)), -EINVAL); /* after */
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_FOREVER) {
            CHECK_INT(async_timeout_reschedule(&self->t, ASYNC_MS(-1)), 0);
            trace("one tick\n");
            AWAIT(async_sleep, ASYNC_MS(0));
            trace("cancelled when it resumes\n");
        }
    }
    ASYNC_CATCH(self->e) trace("%s\n", name_of(self->e));
    ASYNC_END
}
TEST(O13_reschedule)
{
    CHECK_INT(run_virtual(o13), 0);
    CHECK_TRACE("one tick\ntimeout\n");
}

/* timeout_at(): a deadline that stays where it is, however late the block is entered. */
ASYNC(void, o8_at, vars(async_timeout t; async_time when; int e; int i))
{
    ASYNC_BEGIN
    self->when = async_loop_time(async_get_running_loop()) + (async_time)ASYNC_SPAN_(ASYNC_MS(10));
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT(async_sleep, ASYNC_MS(4));
        ASYNC_TRY {
            ASYNC_WITH(async_timeout, &self->t, async_until(self->when)) {
                if (self->i) AWAIT(async_sleep, ASYNC_SEC(9));
            }
        }
        ASYNC_CATCH(self->e) trace("%s at %d\n", name_of(self->e), now_ms());
    }
    AWAIT(async_sleep, async_until(self->when + 15000000)); /* a sleep_until() */
    CHECK_INT(now_ms(), 25);
    ASYNC_END
}
TEST(O8_a_deadline_by_the_clock)
{
    CHECK_INT(run_virtual(o8_at), 0);
    CHECK_TRACE("timeout at 10\ntimeout at 14\n");
}

/* Cancelled from outside at a time before, at and after the deadline of 10 ms; the block takes 5 ms
 * to clean up. */
ASYNC(void, in_a_block, vars(async_timeout t), awaits(cleans_up))
{
    ASYNC_BEGIN
    ASYNC_DO {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(10)) AWAIT(cleans_up, ASYNC_CANCELED);
    }
    ASYNC_FINALLY {
        trace("expired %d, cancelling %d\n", self->t.expired,
              async_task_cancelling(async_current_task()));
    }
    ASYNC_END
}
ASYNC(void, o14, args(int at), tasks(in_a_block b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->b, in_a_block);
    AWAIT(async_sleep, ASYNC_MS(self->at));
    (void)async_task_cancel(&self->b.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->b));
    trace("%s at %d\n", name_of(async_task_error(&self->b.task)), now_ms());
    ASYNC_END
}
TEST(O14_an_outside_cancel_is_never_converted)
{
    CHECK_INT(run_virtual(o14, 4), 0);
    CHECK_TRACE("told at 4\nclean at 9\nexpired 0, cancelling 1\ncancelled at 9\n");
    CHECK_INT(run_virtual(o14, 7), 0); /* both: the deadline interrupts the cleanup */
    CHECK_TRACE("told at 7\nexpired 1, cancelling 1\ncancelled at 10\n");
    CHECK_INT(run_virtual(o14, 12), 0);
    CHECK_TRACE("told at 10\nexpired 1, cancelling 1\ncancelled at 12\n");
    CHECK_INT(run_virtual(o14, 10), 0); /* both before it is told: one error for two cancels */
    CHECK_TRACE("told at 10\nclean at 15\nexpired 1, cancelling 1\ncancelled at 15\n");
}

ASYNC(void, o15, args(int ms), vars(async_timeout t; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(self->ms)) {
            trace("to the first await\n");
            AWAIT(async_sleep, ASYNC_SEC(9));
            trace("not reached\n");
        }
    }
    ASYNC_CATCH(self->e) trace("%s at %d\n", name_of(self->e), now_ms());
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(self->ms)) AWAIT(async_sleep, ASYNC_MS(0));
    }
    ASYNC_CATCH(self->e) trace("%s at sleep(0)\n", name_of(self->e));
    ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(self->ms)) trace("no await\n");
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    ASYNC_END
}
TEST(O15_zero_and_less)
{
    CHECK_INT(run_virtual(o15, 0), 0);
    CHECK_TRACE("to the first await\ntimeout at 0\ntimeout at sleep(0)\nno await\n");
    CHECK_INT(run_virtual(o15, -7), 0);
    CHECK_TRACE("to the first await\ntimeout at 0\ntimeout at sleep(0)\nno await\n");
}

ASYNC(void, late_cleanup, vars(async_timeout t; int e))
{
    ASYNC_BEGIN
    ASYNC_DO {
        AWAIT(async_sleep, ASYNC_SEC(9));
    }
    ASYNC_FINALLY {
        CHECK_INT(async_task_cancelling(async_current_task()), 1);
        ASYNC_TRY {
            ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(5)) AWAIT(async_sleep, ASYNC_SEC(9));
        }
        ASYNC_CATCH(self->e) {
            trace("%s at %d, cancelling %d\n", name_of(self->e), now_ms(),
                  async_task_cancelling(async_current_task()));
        }
    }
    ASYNC_END
}
ASYNC(void, o16, tasks(late_cleanup c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->c, late_cleanup);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->c.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->c));
    CHECK(async_task_cancelled(&self->c.task));
    ASYNC_END
}
TEST(O16_in_the_cleanup_of_a_cancelled_task)
{
    CHECK_INT(run_virtual(o16), 0);
    CHECK_TRACE("timeout at 6, cancelling 1\n");
}

/* One block at a time; after it, C may use the object again. */
ASYNC(void, o17, vars(async_timeout t; int e; int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 2; self->i++)
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(10)) {
            ASYNC_TRY {
                ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(1)) trace("not reached\n");
            }
            ASYNC_CATCH(self->e) CHECK_INT(self->e, -EBUSY);
            AWAIT(async_sleep, ASYNC_MS(2));
        }
    CHECK_INT(now_ms(), 4);
    ASYNC_END
}
TEST(O17_one_block_at_a_time)
{
    CHECK_INT(run_virtual(o17), 0);
    CHECK_TRACE("");
}
