/* TRY and CATCH: which errors they see, and that they are no loop. */
#include "test.h"

ASYNC(int, number, args(int x, bool late))
{
    ASYNC_BEGIN
    if (self->late) AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x);
    ASYNC_END
}

ASYNC(int, fails, args(int error, bool late))
{
    ASYNC_BEGIN
    if (self->late) AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RAISE(self->error);
    ASYNC_END
}

ASYNC(int, simple, args(int error, bool late), vars(int e; int x), awaits(fails, number))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        trace("try ");
        if (self->error) AWAIT(fails, self->error, self->late);
        AWAIT_TO(self->x, number, 1, self->late);
        trace("body ");
    }
    ASYNC_CATCH(self->e) {
        trace("catch ");
        AWAIT_TO(self->x, number, 2, self->late);
        if (self->e != self->error) ASYNC_RAISE(-EINVAL);
    }
    trace("after ");
    ASYNC_RETURN(self->x);
    ASYNC_END
}

TEST(caught_or_not_needed)
{
    int r = 0, late;
    for (late = 0; late < 2; late++) {
        CHECK_INT(run_virtual_to(r, simple, 0, late != 0), 0);
        CHECK_INT(r, 1);
        CHECK_TRACE("try body after ");
        CHECK_INT(run_virtual_to(r, simple, -EIO, late != 0), 0);
        CHECK_INT(r, 2);
        CHECK_TRACE("try catch after ");
        CHECK_INT(run_virtual_to(r, simple, ASYNC_EUSER, late != 0), 0);
        CHECK_TRACE("try catch after ");
        CHECK_INT(run_virtual_to(r, simple, ASYNC_ESTOP, late != 0), 0);
        CHECK_TRACE("try catch after ");
        CHECK_INT(run_virtual_to(r, simple, ASYNC_CANCELED, late != 0), ASYNC_CANCELED);
        CHECK_TRACE("try ");
    }
}

/* An error raised by CATCH goes outwards, also the same one again; `e` still holds it. */
ASYNC(void, again, args(bool late), vars(int e; int outer), awaits(fails, number))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_TRY {
            AWAIT(fails, -EIO, self->late);
        }
        ASYNC_CATCH(self->e) {
            AWAIT(number, 1, self->late);
            ASYNC_RAISE(self->e);
        }
        trace("not here ");
    }
    ASYNC_CATCH(self->outer) {
        trace("%d %d ", self->e == -EIO, self->outer == -EIO);
        ASYNC_TRY {
            AWAIT(fails, -EPROTO, self->late);
        }
        ASYNC_CATCH(self->e) trace("%d ", self->e == -EPROTO);
        ASYNC_RAISE(self->outer);
    }
    ASYNC_END
}

TEST(raised_again)
{
    CHECK_INT(run_virtual(again, false), -EIO);
    CHECK_INT(run_virtual(again, true), -EIO);
    CHECK_TRACE("1 1 1 1 1 1 ");
}

/* CATCH sees neither a return nor a cancellation, CATCH_ALL the latter. */
ASYNC(int, returns, args(bool late), vars(int e), awaits(number))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_TRY {
            AWAIT(number, 1, self->late);
            ASYNC_RETURN(5);
        }
        ASYNC_CATCH(self->e) {
            trace("catch ");
        }
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("all ");
    }
    trace("after ");
    ASYNC_RETURN(6);
    ASYNC_END
}

ASYNC(void, cancelled, args(bool all), vars(int e; int i))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_TRY {
            AWAIT(async_sleep, ASYNC_SEC(1));
        }
        ASYNC_CATCH(self->e) {
            trace("catch ");
        }
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("all %d ", self->e == ASYNC_CANCELED);
        AWAIT(async_sleep, ASYNC_MS(1)); /* delivered once */
        if (!self->all) ASYNC_RAISE(self->e);
    }
    trace("after ");
    ASYNC_END
}

ASYNC(void, cancels, args(bool all), tasks(cancelled t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, cancelled, self->all);
    AWAIT(async_sleep, ASYNC_MS(0));
    async_task_cancel(&self->t.task);
    AWAIT(async_sleep, ASYNC_MS(5));
    trace("%d %d ", async_task_done(&self->t.task), async_task_cancelled(&self->t.task));
    ASYNC_END
}

TEST(return_is_not_caught)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, returns, false), 0);
    CHECK_INT(r, 5);
    CHECK_INT(run_virtual_to(r, returns, true), 0);
    CHECK_INT(r, 5);
    CHECK_TRACE("");
}

TEST(only_catch_all_sees_a_cancel)
{
    CHECK_INT(run_virtual(cancels, true), 0);
    CHECK_TRACE("all 1 after 1 0 ");
    CHECK_INT(run_virtual(cancels, false), 0);
    CHECK_TRACE("all 1 1 1 ");
}

/* break and continue inside both parts belong to the user's loop. */
ASYNC(void, loops, args(bool late), vars(int i; int e), awaits(fails, number))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 10; self->i++) {
        ASYNC_TRY {
            AWAIT(number, 1, self->late);
            if (self->i == 1) continue;
            if (self->i % 2) AWAIT(fails, -EIO, self->late);
            if (self->i == 6) break;
            trace("%d ", self->i);
        }
        ASYNC_CATCH(self->e) {
            if (self->i == 3) continue;
            AWAIT(number, 1, self->late);
            trace("e%d ", self->i);
        }
        trace("- ");
    }
    while (1)
        ASYNC_TRY
            AWAIT(fails, -EIO, self->late);
    ASYNC_CATCH(self->e) break;
    trace("end");
    ASYNC_END
}

TEST(break_and_continue)
{
    CHECK_INT(run_virtual(loops, false), 0);
    CHECK_TRACE("0 - 2 - 4 - e5 - end");
    CHECK_INT(run_virtual(loops, true), 0);
    CHECK_TRACE("0 - 2 - 4 - e5 - end");
}

/* What stands on one line matters here. */
/* clang-format off */
/* No braces, several on a line, as the branch of an if with an else of its own. */
ASYNC(void, dangling, args(int n, bool late), vars(int e; int f), awaits(fails, number))
{
    ASYNC_BEGIN
    if (self->n > 0)
        ASYNC_TRY AWAIT(fails, -self->n, self->late);
        ASYNC_CATCH(self->e) trace("caught %d ", self->e);
    else
        trace("else ");
    if (self->n > 0) ASYNC_TRY AWAIT(number, 1, self->late); ASYNC_CATCH(self->e) {}
    else trace("else ");
    ASYNC_TRY ASYNC_RAISE(-1); ASYNC_CATCH(self->e) ASYNC_TRY ASYNC_RAISE(-2);
    ASYNC_CATCH(self->f) trace("%d %d", self->e, self->f);
    ASYNC_END
}
/* clang-format on */

TEST(without_braces)
{
    int late;
    for (late = 0; late < 2; late++) {
        CHECK_INT(run_virtual(dangling, 3, late != 0), 0);
        CHECK_TRACE("caught -3 -1 -2");
        CHECK_INT(run_virtual(dangling, 0, late != 0), 0);
        CHECK_TRACE("else else -1 -2");
    }
}

/* A TRY on the way: an error passes every frame up to the one that catches it. */
ASYNC(int, passes, args(int n, bool late), vars(int x), awaits(fails))
{
    ASYNC_BEGIN
    if (self->n) AWAIT_TO(self->x, fails, -self->n, self->late);
    ASYNC_RETURN(1);
    ASYNC_END
}
ASYNC(void, catches, args(bool late), vars(int i; int e; int x), awaits(passes))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++)
        ASYNC_TRY {
            AWAIT_TO(self->x, passes, self->i, self->late);
            trace("%d ", self->x);
        }
    ASYNC_CATCH(self->e) trace("%d ", self->e);
    ASYNC_END
}

TEST(caught_by_a_caller)
{
    CHECK_INT(run_virtual(catches, false), 0);
    CHECK_TRACE("1 -1 -2 ");
    CHECK_INT(run_virtual(catches, true), 0);
    CHECK_TRACE("1 -1 -2 ");
}
