/* Generators: FOR owns one and closes it however the loop is left, FOR_IN borrows one. */
#include "test.h"

/* What a generator does: it counts up to n, waiting before each value if `late`, and says when
 * it is entered and left. At `fails` it raises instead of yielding. */
ASYNC(void, pause_, args(bool late))
{
    ASYNC_BEGIN
    if (self->late) AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
ASYNC_GENERATOR(int, count, args(int n, int fails, bool late), vars(int i), awaits(pause_))
{
    ASYNC_BEGIN
    trace("( ");
    ASYNC_DO {
        for (self->i = 0; self->i < self->n; self->i++) {
            AWAIT(pause_, self->late);
            if (self->i == self->fails) ASYNC_RAISE(-EIO);
            ASYNC_YIELD(self->i);
        }
    }
    ASYNC_FINALLY {
        AWAIT(pause_, self->late);
        trace(") ");
    }
    ASYNC_END
}

enum how { ENDS, BREAKS, RAISES, RETURNS, SLEEPS };

ASYNC(int, loop, args(enum how how, int fails, bool late), vars(int v; struct count gen),
      awaits(pause_))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->v, &self->gen, count, 4, self->fails, self->late) {
        if (self->v == 1) continue;
        trace("%d ", self->v);
        AWAIT(pause_, self->late);
        if (self->v != 2) continue;
        if (self->how == BREAKS) break;
        if (self->how == RAISES) ASYNC_RAISE(-7);
        if (self->how == RETURNS) ASYNC_RETURN(1);
        if (self->how == SLEEPS) AWAIT(async_sleep, ASYNC_SEC(9));
    }
    trace("after ");
    ASYNC_RETURN(2);
    ASYNC_END
}
ASYNC(int, cancelled_loop, args(bool late), tasks(loop t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, loop, SLEEPS, -1, self->late);
    AWAIT(async_sleep, ASYNC_MS(50));
    async_task_cancel(&self->t.task);
    AWAIT(async_join, &self->t.task);
    ASYNC_RETURN(0);
    ASYNC_END
}

TEST(AG1_AG4_closed_however_the_loop_is_left)
{
    int i, r = 0;
    for (i = 0; i < 2; i++) {
        bool late = i != 0;
        CHECK_INT(run_virtual_to(r, loop, ENDS, -1, late), 0);
        CHECK_INT(r, 2);
        CHECK_TRACE("( 0 2 3 ) after ");
        CHECK_INT(run_virtual_to(r, loop, BREAKS, -1, late), 0);
        CHECK_INT(r, 2);
        CHECK_TRACE("( 0 2 ) after ");
        CHECK_INT(run_virtual_to(r, loop, RAISES, -1, late), -7);
        CHECK_TRACE("( 0 2 ) ");
        CHECK_INT(run_virtual_to(r, loop, RETURNS, -1, late), 0);
        CHECK_INT(r, 1);
        CHECK_TRACE("( 0 2 ) ");
        CHECK_INT(run_virtual_to(r, cancelled_loop, late), ASYNC_CANCELED);
        CHECK_TRACE("( 0 2 ) ");
        CHECK_INT(run_virtual_to(r, loop, ENDS, 3, late), -EIO); /* the generator's own error */
        CHECK_TRACE("( 0 2 ) ");
    }
}

/* Cancelled in the middle of the generator's own wait: its FINALLY first, then the consumer's. */
ASYNC_GENERATOR(int, stuck)
{
    ASYNC_BEGIN
    ASYNC_DO {
        ASYNC_YIELD(1);
        AWAIT(async_sleep, ASYNC_SEC(9));
    }
    ASYNC_FINALLY
        trace("inner ");
    ASYNC_END
}
ASYNC(void, consumer, vars(int v; struct stuck gen))
{
    ASYNC_BEGIN
    ASYNC_DO {
        ASYNC_FOR(self->v, &self->gen, stuck) trace("%d ", self->v);
    }
    ASYNC_FINALLY
        trace("outer ");
    ASYNC_END
}
ASYNC(void, cancels, tasks(consumer t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, consumer);
    AWAIT(async_sleep, ASYNC_MS(5));
    async_task_cancel(&self->t.task);
    AWAIT(async_join, &self->t.task);
    ASYNC_END
}

TEST(AG6_cancelled_inside_the_generator)
{
    CHECK_INT(run_virtual(cancels), ASYNC_CANCELED);
    CHECK_TRACE("1 inner outer ");
}

/* --- borrowed --- */

ASYNC(void, borrows, args(bool late), vars(int v; int e; struct count gen))
{
    ASYNC_BEGIN
    ASYNC_START(&self->gen, count, 5, -1, self->late);
    trace("started ");
    ASYNC_FOR_IN(self->v, &self->gen) {
        trace("%d ", self->v);
        if (self->v == 1) break;
    }
    ASYNC_TRY {
        ASYNC_FOR_IN(self->v, &self->gen) {
            if (self->v == 2) continue;
            trace("%d ", self->v);
            if (self->v == 3) ASYNC_RAISE(-7); /* does not touch the generator */
        }
    }
    ASYNC_CATCH(self->e) trace("caught ");
    ASYNC_FOR_IN(self->v, &self->gen) trace("%d ", self->v);
    trace("over ");
    ASYNC_FOR_IN(self->v, &self->gen) trace("never "); /* exhausted stays exhausted */
    AWAIT_CLOSE(&self->gen);
    ASYNC_END
}
ASYNC(void, closes, args(int at, bool late), vars(int v; struct count gen))
{
    ASYNC_BEGIN
    ASYNC_START(&self->gen, count, 5, -1, self->late);
    if (self->at >= 0)
        ASYNC_FOR_IN(self->v, &self->gen)
            if (self->v == self->at) break;
    AWAIT_CLOSE(&self->gen);
    trace("closed ");
    AWAIT_CLOSE(&self->gen);
    ASYNC_FOR_IN(self->v, &self->gen) trace("never ");
    ASYNC_END
}
ASYNC(void, after_error, vars(int v; int e; struct count gen))
{
    ASYNC_BEGIN
    ASYNC_START(&self->gen, count, 5, 1, false);
    ASYNC_TRY {
        ASYNC_FOR_IN(self->v, &self->gen) trace("%d ", self->v);
    }
    ASYNC_CATCH(self->e) trace("caught ");
    ASYNC_FOR_IN(self->v, &self->gen) trace("never ");
    ASYNC_END
}

TEST(AG3_AG5_borrowed)
{
    int i;
    for (i = 0; i < 2; i++) {
        CHECK_INT(run_virtual(borrows, i != 0), 0);
        CHECK_TRACE("started ( 0 1 3 caught 4 ) over ");
        CHECK_INT(run_virtual(closes, 2, i != 0), 0);
        CHECK_TRACE("( ) closed ");
        CHECK_INT(run_virtual(closes, -1, i != 0), 0); /* never started: nothing to clean up */
        CHECK_TRACE("closed ");
    }
    CHECK_INT(run_virtual(after_error), 0);
    CHECK_TRACE("( 0 ) caught ");
}

/* One value at a time goes to one consumer; a second one is told -EBUSY, and so is a close. */
ASYNC(void, takes, args(int id, struct count *gen), vars(int v; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_FOR_IN(self->v, self->gen) trace("%d:%d ", self->id, self->v);
    }
    ASYNC_CATCH(self->e) trace("%d:%s ", self->id, self->e == -EBUSY ? "busy" : "?");
    ASYNC_END
}
ASYNC(void, shares, tasks(takes a, takes b), vars(int e; struct count gen))
{
    ASYNC_BEGIN
    ASYNC_START(&self->gen, count, 3, -1, true);
    ASYNC_SPAWN(&self->a, takes, 1, &self->gen);
    ASYNC_SPAWN(&self->b, takes, 2, &self->gen);
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_TRY
        AWAIT_CLOSE(&self->gen);
    ASYNC_CATCH(self->e) trace("%d ", self->e == -EBUSY);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    ASYNC_END
}

TEST(AG9_a_second_consumer)
{
    CHECK_INT(run_virtual(shares), 0);
    CHECK_TRACE("( 2:busy 1 1:0 1:1 1:2 ) ");
}

/* --- values of any type, returned early, generators of generators --- */

struct pair {
    int a;
    const char *b;
};
ASYNC_GENERATOR(struct pair, pairs, args(int stop), vars(int i))
{
    static const char *const names[] = {"zero", "one", "two"};
    struct pair p; /* not across an await */
    ASYNC_BEGIN
    for (;; self->i++) {
        if (self->i == self->stop) ASYNC_RETURN();
        p.a = self->i;
        p.b = names[self->i];
        ASYNC_YIELD(p);
    }
    ASYNC_END
}
ASYNC_GENERATOR(int, squares, args(int n), vars(int v; struct count gen))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->v, &self->gen, count, self->n, -1, true) ASYNC_YIELD(self->v * self->v);
    ASYNC_END
}
ASYNC(void, uses_all,
      vars(struct pair p; int v; int w; struct pairs ps; struct squares ss; struct squares s2))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->p, &self->ps, pairs, 3) trace("%d=%s ", self->p.a, self->p.b);
    ASYNC_FOR(self->v, &self->ss, squares, 9) {
        if (self->v == 9) break;
        ASYNC_FOR(self->w, &self->s2, squares, 9)
            if (self->w >= self->v) break;
        trace("%d,%d ", self->v, self->w);
    }
    ASYNC_END
}

TEST(values_and_nesting)
{
    CHECK_INT(run_virtual(uses_all), 0);
    CHECK_TRACE("0=zero 1=one 2=two ( ( ) 0,0 ( ) 1,1 ( ) 4,4 ) ");
}

/* The FINALLY part of a generator that is being closed may raise: that replaces what was in
 * flight. The current task is the consumer's. */
ASYNC_GENERATOR(int, bad_end, args(async_task **who))
{
    ASYNC_BEGIN
    *self->who = async_current_task();
    ASYNC_DO
        for (;;) ASYNC_YIELD(1);
    ASYNC_FINALLY
        ASYNC_RAISE(-8);
    ASYNC_END
}
ASYNC(int, meets_bad_end, args(enum how how), vars(int v; async_task * who; struct bad_end gen))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->v, &self->gen, bad_end, &self->who) {
        trace("%d ", self->who == async_current_task());
        if (self->how == RAISES) ASYNC_RAISE(-7);
        if (self->how == RETURNS) ASYNC_RETURN(1);
        break;
    }
    ASYNC_RETURN(2);
    ASYNC_END
}

TEST(error_while_it_is_closed)
{
    CHECK_INT(run_virtual(meets_bad_end, RAISES), -8);
    CHECK_INT(run_virtual(meets_bad_end, RETURNS), -8);
    CHECK_INT(run_virtual(meets_bad_end, BREAKS), -8);
    CHECK_TRACE("1 1 1 ");
}

ASYNC_GENERATOR(int, stubborn)
{
    ASYNC_BEGIN
    ASYNC_DO
        ASYNC_YIELD(1);
    ASYNC_FINALLY
        ASYNC_YIELD(2);
    ASYNC_END
}
ASYNC(void, closes_stubborn, vars(int v; struct stubborn gen))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->v, &self->gen, stubborn) break;
    ASYNC_END
}

TEST(AG10_yield_while_it_is_closed)
{
    CHECK_PANIC("coroutine `stubborn`", run_virtual(closes_stubborn));
    CHECK_PANIC("ASYNC_YIELD while it is being closed", run_virtual(closes_stubborn));
}

/* What it is in when it is closed is left as by an error: GeneratorExit. */
ASYNC(void, deal_enter, args(int *deal))
{
    ASYNC_BEGIN
    *self->deal = 1;
    ASYNC_END
}
ASYNC(bool, deal_exit, args(int *deal, int error))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    trace("%s ", self->error == 0                      ? "commit"
                 : self->error == ASYNC_GENERATOR_EXIT ? "rollback"
                                                       : "?");
    ASYNC_RETURN(false);
    ASYNC_END
}
ASYNC(void, for_ever)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_FOREVER);
    ASYNC_END
}
ASYNC_GENERATOR(int, deals, vars(int deal; int e; async_group group), tasks(for_ever t),
                awaits(deal_enter, deal_exit))
{
    ASYNC_BEGIN
    ASYNC_WITH(deal, &self->deal) {
        ASYNC_YIELD(1);
    }
    ASYNC_WITH(async_group, &self->group) {
        ASYNC_SPAWN_IN(&self->group, &self->t, for_ever);
        ASYNC_WITH(deal, &self->deal) {
            ASYNC_TRY {
                ASYNC_TRY {
                    ASYNC_YIELD(2);
                }
                ASYNC_CATCH(self->e) trace("caught ");
            }
            ASYNC_CATCH_ALL(self->e) {
                trace("%s ", async_strerror(self->e));
                ASYNC_RAISE(self->e);
            }
        }
    }
    ASYNC_END
}
ASYNC(int, deals_with, args(enum how how), vars(int v; struct deals gen))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->v, &self->gen, deals) {
        if (self->v == 1) continue;
        if (self->how == RAISES) ASYNC_RAISE(-7);
        if (self->how == RETURNS) ASYNC_RETURN(1);
        break;
    }
    ASYNC_RETURN(2);
    ASYNC_END
}

TEST(AG4_what_it_is_in_is_left_by_an_error)
{
    if (ASYNCC_FREESTANDING) SKIP("bare metal has no texts of errors");
    int r = 0;
    CHECK_INT(run_virtual_to(r, deals_with, RAISES), -7);
    CHECK_INT(run_virtual_to(r, deals_with, RETURNS), 0);
    CHECK_INT(r, 1);
    CHECK_INT(run_virtual_to(r, deals_with, BREAKS), 0);
    CHECK_INT(r, 2);
    CHECK_TRACE("commit the generator is closed rollback commit the generator is closed rollback "
                "commit the generator is closed rollback ");
}

ASYNC(void, forgets_to_start, vars(int v; struct count gen))
{
    ASYNC_BEGIN
    ASYNC_FOR_IN(self->v, &self->gen) trace("never ");
    ASYNC_END
}

TEST(AG4_never_started)
{
    CHECK_PANIC("coroutine `forgets_to_start`: ASYNC_FOR_IN over", run_virtual(forgets_to_start));
}

/* --- a hand-written iterator --- */

struct lines {
    int at, n, fails;
    bool late;
};
ASYNC(int, next_line, args(struct lines *l))
{
    ASYNC_BEGIN
    if (self->l->late) AWAIT(async_sleep, ASYNC_MS(1));
    if (self->l->at == self->l->fails) ASYNC_RAISE(-EIO);
    if (self->l->at == self->l->n) ASYNC_RAISE(ASYNC_ESTOP);
    ASYNC_RETURN(self->l->at++);
    ASYNC_END
}
ASYNC(int, reads, args(struct lines *l, enum how how), vars(int v), awaits(next_line))
{
    ASYNC_BEGIN
    ASYNC_FOR_NEXT(self->v, next_line, self->l) {
        if (self->v == 1) continue;
        trace("%d ", self->v);
        if (self->how == BREAKS && self->v == 2) break;
        if (self->how == RETURNS) ASYNC_RETURN(1);
    }
    ASYNC_RETURN(2);
    ASYNC_END
}

TEST(hand_written_iterator)
{
    int i, r = 0;
    for (i = 0; i < 2; i++) {
        struct lines l = {0, 5, -1, false};
        l.late = i != 0;
        CHECK_INT(run_virtual_to(r, reads, &l, ENDS), 0);
        CHECK_INT(r, 2);
        CHECK_TRACE("0 2 3 4 ");
        l.at = 0;
        CHECK_INT(run_virtual_to(r, reads, &l, BREAKS), 0);
        CHECK_TRACE("0 2 ");
        CHECK_INT(run_virtual_to(r, reads, &l, RETURNS), 0);
        CHECK_INT(r, 1);
        CHECK_TRACE("3 ");
        l.fails = 4;
        CHECK_INT(run_virtual_to(r, reads, &l, ENDS), -EIO);
        CHECK_TRACE("");
    }
}
