/* WITH over a pair of coroutines: exit runs once if enter ended well, and is told of
 * errors only. */
#include "test.h"

/* A resource that can fail or wait at either end. */
struct res {
    const char *name;
    int enter_error, exit_error;
    bool enter_late, exit_late, swallow;
    int open; /* how often it is held */
};

ASYNC(void, res_enter, args(struct res *r))
{
    ASYNC_BEGIN
    if (self->r->enter_late) AWAIT(async_sleep, ASYNC_MS(1));
    if (self->r->enter_error) ASYNC_RAISE(self->r->enter_error);
    self->r->open++;
    trace("+%s ", self->r->name);
    ASYNC_END
}
ASYNC(bool, res_exit, args(struct res *r, int error))
{
    ASYNC_BEGIN
    self->r->open--;
    trace("-%s(%d) ", self->r->name, self->error == ASYNC_CANCELED ? 999 : self->error);
    if (self->r->exit_late) AWAIT(async_sleep, ASYNC_MS(1));
    if (self->r->exit_error) ASYNC_RAISE(self->r->exit_error);
    ASYNC_RETURN(self->r->swallow);
    ASYNC_END
}

enum how { ENDS, RAISES, RETURNS, SLEEPS };

ASYNC(int, body, args(enum how how, bool late))
{
    ASYNC_BEGIN
    if (self->late) AWAIT(async_sleep, ASYNC_MS(1));
    if (self->how == RAISES) ASYNC_RAISE(-7);
    if (self->how == SLEEPS) AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_RETURN(0);
    ASYNC_END
}

ASYNC(int, block, args(struct res *r, enum how how, bool late), awaits(res_enter, res_exit, body))
{
    ASYNC_BEGIN
    ASYNC_WITH(res, self->r) {
        trace("body ");
        AWAIT(body, self->how, self->late);
        if (self->how == RETURNS) ASYNC_RETURN(1);
    }
    trace("after ");
    ASYNC_RETURN(2);
    ASYNC_END
}
ASYNC(int, cancelled_block, args(struct res *r, enum how how, bool late), tasks(block t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, block, self->r, self->how, self->late);
    AWAIT(async_sleep, ASYNC_MS(50));
    async_task_cancel(&self->t.task);
    AWAIT(async_join, &self->t.task);
    ASYNC_RETURN(ASYNC_RESULT(&self->t));
    ASYNC_END
}

TEST(CM2_CM3_CM4_CM5_every_way_out)
{
    int i;
    for (i = 0; i < 8; i++) { /* suspended or not: in enter, body, exit */
        struct res r = {"r", 0, 0, (i & 1) != 0, (i & 2) != 0, false, 0};
        bool late = (i & 4) != 0;
        int x = 0;
        CHECK_INT(run_virtual_to(x, block, &r, ENDS, late), 0);
        CHECK_INT(x, 2);
        CHECK_TRACE("+r body -r(0) after ");
        CHECK_INT(run_virtual_to(x, block, &r, RETURNS, late), 0);
        CHECK_INT(x, 1);
        CHECK_TRACE("+r body -r(0) ");
        CHECK_INT(run_virtual_to(x, block, &r, RAISES, late), -7);
        CHECK_TRACE("+r body -r(-7) ");
        CHECK_INT(run_virtual_to(x, cancelled_block, &r, SLEEPS, late), ASYNC_CANCELED);
        CHECK_TRACE("+r body -r(999) ");
        r.swallow = true;
        CHECK_INT(run_virtual_to(x, block, &r, ENDS, late), 0);
        CHECK_INT(x, 2);
        CHECK_TRACE("+r body -r(0) after ");
        CHECK_INT(run_virtual_to(x, block, &r, RETURNS, late), 0); /* true swallows errors only */
        CHECK_INT(x, 1);
        CHECK_TRACE("+r body -r(0) ");
        CHECK_INT(run_virtual_to(x, block, &r, RAISES, late), 0);
        CHECK_INT(x, 2);
        CHECK_TRACE("+r body -r(-7) after ");
        CHECK_INT(run_virtual_to(x, cancelled_block, &r, SLEEPS, late), 0);
        CHECK_INT(x, 2);
        CHECK_TRACE("+r body -r(999) after ");
        r.exit_error = -8; /* replaces whatever was in flight */
        CHECK_INT(run_virtual_to(x, block, &r, ENDS, late), -8);
        CHECK_TRACE("+r body -r(0) ");
        CHECK_INT(run_virtual_to(x, block, &r, RETURNS, late), -8);
        CHECK_TRACE("+r body -r(0) ");
        CHECK_INT(run_virtual_to(x, block, &r, RAISES, late), -8);
        CHECK_TRACE("+r body -r(-7) ");
        CHECK_INT(run_virtual_to(x, cancelled_block, &r, SLEEPS, late), -8);
        CHECK_TRACE("+r body -r(999) ");
        r.enter_error = -9; /* then there is nothing to leave */
        CHECK_INT(run_virtual_to(x, block, &r, ENDS, late), -9);
        CHECK_TRACE("");
        CHECK_INT(r.open, 0);
    }
}

/* Two on one line, nested: left in reverse order, each seeing what the inner one made of it. */
ASYNC(int, two, args(struct res *a, struct res *b, enum how how, bool late),
      awaits(res_enter, res_exit, body))
{
    ASYNC_BEGIN
    ASYNC_WITH(res, self->a)
        ASYNC_WITH(res, self->b) {
            AWAIT(body, self->how, self->late);
            if (self->how == RETURNS) ASYNC_RETURN(1);
        }
    trace("after ");
    ASYNC_RETURN(2);
    ASYNC_END
}

TEST(CM1_two_nested)
{
    int i, x = 0;
    for (i = 0; i < 8; i++) {
        struct res a = {"a", 0, 0, (i & 1) != 0, (i & 2) != 0, false, 0},
                   b = {"b", 0, 0, (i & 2) != 0, (i & 1) != 0, false, 0};
        bool late = (i & 4) != 0;
        CHECK_INT(run_virtual_to(x, two, &a, &b, ENDS, late), 0);
        CHECK_TRACE("+a +b -b(0) -a(0) after ");
        CHECK_INT(run_virtual_to(x, two, &a, &b, RETURNS, late), 0);
        CHECK_INT(x, 1);
        CHECK_TRACE("+a +b -b(0) -a(0) ");
        CHECK_INT(run_virtual_to(x, two, &a, &b, RAISES, late), -7);
        CHECK_TRACE("+a +b -b(-7) -a(-7) ");
        b.swallow = true;
        CHECK_INT(run_virtual_to(x, two, &a, &b, RAISES, late), 0);
        CHECK_TRACE("+a +b -b(-7) -a(0) after ");
        b.exit_error = -8;
        CHECK_INT(run_virtual_to(x, two, &a, &b, RETURNS, late), -8);
        CHECK_TRACE("+a +b -b(0) -a(-8) ");
        b.enter_error = -9;
        CHECK_INT(run_virtual_to(x, two, &a, &b, ENDS, late), -9);
        CHECK_TRACE("+a -a(-9) ");
        CHECK_INT(a.open + b.open, 0);
    }
}

/* In CATCH, in FINALLY, in a loop, as the branch of an if. */
ASYNC(int, places, args(struct res *a, bool late), vars(int i; int e),
      awaits(res_enter, res_exit, body))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 2; self->i++)
        ASYNC_WITH(res, self->a) AWAIT(body, ENDS, self->late);
    if (self->i == 2)
        ASYNC_WITH(res, self->a) AWAIT(body, ENDS, self->late);
    ASYNC_TRY {
        ASYNC_WITH(res, self->a) AWAIT(body, RAISES, self->late);
    }
    ASYNC_CATCH(self->e) {
        ASYNC_WITH(res, self->a) trace("caught %d ", self->e);
    }
    ASYNC_DO {
        AWAIT(body, RAISES, self->late);
    }
    ASYNC_FINALLY {
        ASYNC_WITH(res, self->a) {
            for (;;) {
                AWAIT(body, ENDS, self->late);
                break;
            }
        }
    }
    ASYNC_RETURN(1);
    ASYNC_END
}

TEST(every_place)
{
    int i;
    for (i = 0; i < 4; i++) {
        struct res a = {"a", 0, 0, (i & 1) != 0, (i & 1) != 0, false, 0};
        CHECK_INT(run_virtual(places, &a, (i & 2) != 0), -7);
        CHECK_TRACE("+a -a(0) +a -a(0) +a -a(0) +a -a(-7) +a caught -7 -a(0) +a -a(0) ");
    }
}

/* A return inside a WITH inside a FINALLY part drops what was in flight, unless exit stops it. */
ASYNC(int, return_in_finally, args(struct res *a, bool late), vars(int e),
      awaits(res_enter, res_exit, body))
{
    ASYNC_BEGIN
    ASYNC_DO {
        AWAIT(body, RAISES, self->late);
    }
    ASYNC_FINALLY {
        ASYNC_TRY {
            ASYNC_WITH(res, self->a) ASYNC_RETURN(1);
        }
        ASYNC_CATCH(self->e) trace("caught %d ", self->e);
    }
    ASYNC_RETURN(2);
    ASYNC_END
}

TEST(return_inside_with_inside_finally)
{
    int i, x = 0;
    for (i = 0; i < 4; i++) {
        struct res a = {"a", 0, 0, (i & 1) != 0, (i & 1) != 0, false, 0};
        CHECK_INT(run_virtual_to(x, return_in_finally, &a, (i & 2) != 0), 0);
        CHECK_INT(x, 1);
        CHECK_TRACE("+a -a(0) ");
        a.exit_error = -8;
        CHECK_INT(run_virtual_to(x, return_in_finally, &a, (i & 2) != 0), -7);
        CHECK_TRACE("+a -a(0) caught -8 ");
    }
}

/* Cancelled while it enters or leaves: the first has nothing to leave, the second has begun to. */
ASYNC(void, cancel_at, args(struct res *r, int ms), tasks(block t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, block, self->r, ENDS, true);
    AWAIT(async_sleep, ASYNC_US(500 + 1000 * self->ms));
    async_task_cancel(&self->t.task);
    AWAIT(async_join, &self->t.task);
    ASYNC_END
}

TEST(cancelled_at_either_end)
{
    struct res r = {"r", 0, 0, true, true, false, 0};
    CHECK_INT(run_virtual(cancel_at, &r, 0), ASYNC_CANCELED);
    CHECK_TRACE("");
    CHECK_INT(run_virtual(cancel_at, &r, 1), ASYNC_CANCELED);
    CHECK_TRACE("+r body -r(999) ");
    CHECK_INT(run_virtual(cancel_at, &r, 2), ASYNC_CANCELED);
    CHECK_TRACE("+r body -r(0) ");
    CHECK_INT(r.open, 0);
}

/* enter with more arguments; an object of any type. */
ASYNC(void, step_enter, args(int *at, int by, const char *why))
{
    ASYNC_BEGIN
    *self->at += self->by;
    trace("%s ", self->why);
    ASYNC_END
}
ASYNC(bool, step_exit, args(int *at, int error))
{
    ASYNC_BEGIN
    *self->at = 0;
    ASYNC_RETURN(self->error == -EAGAIN);
    ASYNC_END
}
ASYNC(int, steps, vars(int at; int seen), awaits(step_enter, step_exit))
{
    ASYNC_BEGIN
    ASYNC_WITH(step, &self->at, 3, "three") self->seen = self->at;
    ASYNC_RETURN(self->seen * 10 + self->at);
    ASYNC_END
}

TEST(arguments_of_enter)
{
    int x = 0;
    CHECK_INT(run_virtual_to(x, steps), 0);
    CHECK_INT(x, 30);
    CHECK_TRACE("three ");
}
