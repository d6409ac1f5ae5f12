/* What a coroutine body is made of: results, arguments, variables, control flow between awaits. */
#include "test.h"

ASYNC(int, twice, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * 2);
    ASYNC_END
}

ASYNC(int, twice_now, args(int x))
{
    ASYNC_BEGIN
    ASYNC_RETURN(self->x * 2);
    ASYNC_END
}

ASYNC(int, fails, args(int error, bool late))
{
    ASYNC_BEGIN
    if (self->late) AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RAISE(self->error);
    ASYNC_END
}

ASYNC(void, empty)
{
    ASYNC_BEGIN
    ASYNC_END
}

ASYNC(void, returns_early, args(int n))
{
    ASYNC_BEGIN
    if (self->n == 0) ASYNC_RETURN();
    trace("n=%d ", self->n);
    ASYNC_END
}

ASYNC(void, small_ones, awaits(empty, returns_early))
{
    ASYNC_BEGIN
    AWAIT(empty);
    AWAIT(returns_early, 0);
    AWAIT(returns_early, 1);
    ASYNC_END
}

TEST(empty_and_early_return)
{
    CHECK_INT(run_virtual(empty), 0);
    CHECK_INT(run_virtual(small_ones), 0);
    CHECK_TRACE("n=1 ");
}

/* What stands on one line matters here. */
/* clang-format off */
/* Several on one line, as the only statement of if, else, for, while and do without braces. */
ASYNC(int, no_braces, args(int n), vars(int i; int sum; int x), awaits(twice, twice_now))
{
    ASYNC_BEGIN
    AWAIT_TO(self->sum, twice, 1); AWAIT_TO(self->x, twice_now, 10); AWAIT(twice, 0);
    if (self->n > 0)
        AWAIT_TO(self->x, twice, 100);
    else
        AWAIT_TO(self->x, twice, 200);
    self->sum += self->x;
    for (self->i = 0; self->i < 3; self->i++)
        AWAIT_TO(self->x, twice_now, self->i);
    self->sum += self->x;
    while (self->i-- > 0)
        if (self->i == 1) AWAIT_TO(self->x, twice, self->x);
        else if (self->i == 2) AWAIT(twice_now, 0); else AWAIT(async_sleep, ASYNC_MS(1));
    do AWAIT_TO(self->x, twice, self->x); while (self->x < 50);
    ASYNC_RETURN(self->sum + self->x);
    ASYNC_END
}
/* clang-format on */

TEST(awaits_without_braces)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, no_braces, 1), 0);
    CHECK_INT(r, 2 + 200 + 4 + 64);
    CHECK_INT(run_virtual_to(r, no_braces, 0), 0);
    CHECK_INT(r, 2 + 400 + 4 + 64);
}

/* break, continue and goto are the user's own. */
ASYNC(void, jumps, vars(int i; int j; int x), awaits(twice))
{
    ASYNC_BEGIN
    for (self->i = 0;; self->i++) {
        if (self->i == 1) continue;
        if (self->i == 4) break;
        for (self->j = 0; self->j < 10; self->j++) {
            AWAIT_TO(self->x, twice, self->j);
            if (self->x == 4) goto out;
            trace("%d.%d ", self->i, self->j);
        }
    out:;
    }
    switch (self->i) { /* no await inside */
    case 4: trace("four"); break;
    default: trace("?");
    }
    ASYNC_END
}

TEST(loops_and_jumps)
{
    CHECK_INT(run_virtual(jumps), 0);
    CHECK_TRACE("0.0 0.1 2.0 2.1 3.0 3.1 four");
}

/* The part above ASYNC_BEGIN runs at every resume: aliases live there. */
struct state {
    int a, b;
};
ASYNC(int, alias, vars(struct state s), awaits(twice))
{
    struct state *const s = &self->s;
    ASYNC_BEGIN
    AWAIT_TO(s->a, twice, 1);
    AWAIT_TO(s->b, twice, 2);
    ASYNC_RETURN(s->a * 10 + s->b);
    ASYNC_END
}

/* A local may be used between two awaits, in a block of its own. */
ASYNC(int, locals, vars(int sum), awaits(twice))
{
    ASYNC_BEGIN
    AWAIT_TO(self->sum, twice, 1);
    {
        int t = self->sum + 1;
        for (int i = 0; i < 3; i++) t += i;
        self->sum = t;
    }
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->sum);
    ASYNC_END
}

TEST(aliases_and_locals)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, alias), 0);
    CHECK_INT(r, 24);
    CHECK_INT(run_virtual_to(r, locals), 0);
    CHECK_INT(r, 6);
}

/* --- errors in hand, errors raised --- */

ASYNC(void, errors_in_hand, vars(int x; int e), awaits(fails, twice))
{
    ASYNC_BEGIN
    self->x = 5;
    AWAIT_ERR(self->e, fails, -EIO, false);
    trace("%d ", self->e == -EIO);
    AWAIT_ERR(self->e, fails, -EPROTO, true);
    trace("%d ", self->e == -EPROTO);
    AWAIT_ERR(self->e, twice, 1);
    trace("%d ", self->e);
    AWAIT_TO_ERR(self->x, self->e, fails, -EIO, true);
    trace("%d %d ", self->e == -EIO, self->x); /* the result is left as it was */
    AWAIT_TO_ERR(self->x, self->e, twice, 21);
    trace("%d %d ", self->e, self->x);
    AWAIT_ERR(self->e, async_sleep, ASYNC_MS(1));
    trace("%d", self->e);
    ASYNC_END
}

TEST(errors_in_hand)
{
    CHECK_INT(run_virtual(errors_in_hand), 0);
    CHECK_TRACE("1 1 0 1 5 0 42 0");
}

/* A cancellation is never in hand: it passes on. */
ASYNC(void, in_hand_when_cancelled, args(bool result), vars(int x; int e), awaits(twice))
{
    ASYNC_BEGIN
    if (self->result) AWAIT_TO_ERR(self->x, self->e, twice, 1);
    else AWAIT_ERR(self->e, twice, 1);
    trace("not here");
    ASYNC_END
}
ASYNC(void, cancels_in_hand, args(bool result), tasks(in_hand_when_cancelled t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, in_hand_when_cancelled, self->result);
    AWAIT(async_sleep, ASYNC_MS(0));
    async_task_cancel(&self->t.task);
    AWAIT(async_join, &self->t.task);
    ASYNC_END
}

TEST(a_cancellation_is_not_in_hand)
{
    CHECK_INT(run_virtual(cancels_in_hand, false), ASYNC_CANCELED);
    CHECK_INT(run_virtual(cancels_in_hand, true), ASYNC_CANCELED);
    CHECK_TRACE("");
}

ASYNC(int, deep3, args(bool late), awaits(fails))
{
    ASYNC_BEGIN
    AWAIT(fails, -EPROTO, self->late);
    trace("never");
    ASYNC_RETURN(1);
    ASYNC_END
}
ASYNC(int, deep2, args(bool late), vars(int x), awaits(deep3))
{
    ASYNC_BEGIN
    AWAIT_TO(self->x, deep3, self->late);
    ASYNC_RETURN(self->x);
    ASYNC_END
}
ASYNC(int, deep1, args(bool late), vars(int x), awaits(deep2))
{
    ASYNC_BEGIN
    AWAIT_TO(self->x, deep2, self->late);
    ASYNC_RETURN(self->x);
    ASYNC_END
}

TEST(an_error_ends_every_caller)
{
    int r = 7;
    CHECK_INT(run_virtual(deep1, false), -EPROTO);
    CHECK_INT(run_virtual(deep1, true), -EPROTO);
    CHECK_INT(ASYNC_RUN_TO(r, deep1, true), -EPROTO);
    CHECK_INT(r, 7);
    CHECK_TRACE("");
}

ASYNC(void, with_text)
{
    ASYNC_BEGIN
    ASYNC_RAISE(ASYNC_EUSER - 3, "the third thing");
    ASYNC_END
}
ASYNC(void, asks_text, vars(int e), awaits(with_text))
{
    ASYNC_BEGIN
    AWAIT_ERR(self->e, with_text);
    trace("%d %s", self->e - ASYNC_EUSER, async_error_text());
    ASYNC_END
}

TEST(text_of_an_error)
{
    CHECK_INT(run_virtual(asks_text), 0);
    CHECK_TRACE("-3 the third thing");
    CHECK_INT(ASYNC_RUN(with_text), 1);
    CHECK_PRINTED("the third thing");
}

/* --- vars start at zero at every call, raw does not cost that; arguments are the caller's --- */

struct big {
    char bytes[64];
};
ASYNC(int, zeroed, vars(int n; struct big b), raw(char dirt[32]))
{
    int i, sum = 0;
    ASYNC_BEGIN
    for (i = 0; i < 64; i++) sum += self->b.bytes[i];
    sum += self->n;
    self->n = 1;
    memset(&self->b, 1, sizeof self->b);
    memset(self->dirt, 1, sizeof self->dirt);
    ASYNC_RETURN(sum);
    ASYNC_END
}
ASYNC(void, calls_zeroed, vars(int i; int x), awaits(zeroed, twice))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT_TO(self->x, zeroed);
        trace("%d ", self->x);
        AWAIT_TO(self->x, twice, self->x); /* shares its memory */
    }
    ASYNC_END
}

TEST(vars_are_zero_at_every_call)
{
    CHECK_INT(run_virtual(calls_zeroed), 0);
    CHECK_TRACE("0 0 0 ");
}

/* --- deep chains cost no C stack on resume --- */

ASYNC(int, level0, args(int n))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->n);
    ASYNC_END
}
#define LEVEL(a, b)                                                                                \
    ASYNC(int, a, args(int n), vars(int x), awaits(b))                                             \
    {                                                                                              \
        ASYNC_BEGIN                                                                                \
        AWAIT_TO(self->x, b, self->n + 1);                                                         \
        AWAIT_TO(self->x, b, self->x);                                                             \
        ASYNC_RETURN(self->x);                                                                     \
        ASYNC_END                                                                                  \
    }
LEVEL(level1, level0)
LEVEL(level2, level1)
LEVEL(level3, level2)
LEVEL(level4, level3)
LEVEL(level5, level4)
LEVEL(level6, level5)

TEST(nested_calls)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, level6, 0), 0);
    CHECK_INT(r, 64 - 1); /* f(k, n) = f(k-1, f(k-1, n+1)): it adds 2^k - 1 */
}

/* --- mistakes that only show when they happen --- */

ASYNC(void, raises, args(int e))
{
    ASYNC_BEGIN
    ASYNC_RAISE(self->e);
    ASYNC_END
}
ASYNC(void, awaits_raises, args(int e), awaits(raises))
{
    ASYNC_BEGIN
    AWAIT(raises, self->e);
    ASYNC_END
}

TEST(raise_of_a_number_that_is_no_error)
{
    CHECK_PANIC("coroutine `raises`", run_virtual(raises, 5));
    CHECK_PANIC("test_language.c:", run_virtual(awaits_raises, 0));
    CHECK_PANIC("is no error", run_virtual(awaits_raises, -40000));
}

ASYNC(void, quiet_enter, args(int *at))
{
    ASYNC_BEGIN
    *self->at += 1;
    ASYNC_END
}
ASYNC(bool, quiet_exit, args(int *at, int error))
{
    ASYNC_BEGIN
    *self->at += 1;
    ASYNC_RETURN(true);
    ASYNC_END
}
ASYNC(int, loses_its_result, args(bool fail), vars(int at), awaits(fails, quiet_enter, quiet_exit))
{
    ASYNC_BEGIN
    ASYNC_WITH(quiet, &self->at) {
        if (self->fail) AWAIT(fails, -EIO, false);
        ASYNC_RETURN(1);
    }
    ASYNC_END
}

/* Whether the block's error is swallowed is known only at run time, so this compiles. */
TEST(end_without_result_behind_a_block)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, loses_its_result, false), 0);
    CHECK_INT(r, 1);
    CHECK_PANIC("coroutine `loses_its_result`: ends without ASYNC_RETURN",
                run_virtual(loses_its_result, true));
}

/* What ends in a block that always returns needs no return behind it. */
ASYNC(int, in_if, args(int x), awaits(twice))
{
    ASYNC_BEGIN
    if (self->x) {
        AWAIT(twice, 1);
        ASYNC_RETURN(1);
    } else ASYNC_RAISE(-1);
    ASYNC_END
}
ASYNC(int, in_try, vars(int e), awaits(in_if))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(in_if, 0);
        ASYNC_RETURN(1);
    }
    ASYNC_CATCH(self->e) {
        ASYNC_RETURN(2);
    }
    ASYNC_END
}
ASYNC(int, in_do, awaits(in_try))
{
    ASYNC_BEGIN
    ASYNC_DO {
        AWAIT(in_try);
        ASYNC_RETURN(3);
    }
    ASYNC_FINALLY
        AWAIT(in_try);
    ASYNC_END
}
ASYNC(int, in_finally, awaits(in_do))
{
    ASYNC_BEGIN
    ASYNC_DO
        AWAIT(in_do);
    ASYNC_FINALLY {
        AWAIT(in_do);
        ASYNC_RETURN(4);
    }
    ASYNC_END
}
ASYNC(int, in_with, vars(int at), awaits(quiet_enter, quiet_exit))
{
    ASYNC_BEGIN
    ASYNC_WITH(quiet, &self->at) ASYNC_RETURN(5);
    ASYNC_END
}
ASYNC(int, in_loop, vars(int i), awaits(twice))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT(twice, 1);
        if (self->i++ == 6) ASYNC_RETURN(self->i - 1);
    }
    ASYNC_END
}
ASYNC(int, in_all, vars(int at; int e), awaits(twice, quiet_enter, quiet_exit))
{
    ASYNC_BEGIN
    if (self->at == 0) {
        ASYNC_DO {
            ASYNC_WITH(quiet, &self->at) {
                ASYNC_TRY {
                    AWAIT(twice, 1);
                    ASYNC_RETURN(7);
                }
                ASYNC_CATCH(self->e) ASYNC_RETURN(8);
            }
        }
        ASYNC_FINALLY {
            AWAIT(twice, 1);
        }
    } else {
        ASYNC_WITH(quiet, &self->at) {
            ASYNC_DO
                ASYNC_RETURN(9);
            ASYNC_FINALLY {}
        }
    }
    ASYNC_END
}
ASYNC(int, all_returns, vars(int x; int n),
      awaits(in_if, in_try, in_do, in_finally, in_with, in_loop, in_all))
{
    ASYNC_BEGIN
    AWAIT_TO(self->x, in_if, 1);
    self->n = self->x;
    AWAIT_TO(self->x, in_try);
    self->n = self->n * 10 + self->x;
    AWAIT_TO(self->x, in_do);
    self->n = self->n * 10 + self->x;
    AWAIT_TO(self->x, in_finally);
    self->n = self->n * 10 + self->x;
    AWAIT_TO(self->x, in_with);
    self->n = self->n * 10 + self->x;
    AWAIT_TO(self->x, in_loop);
    self->n = self->n * 10 + self->x;
    AWAIT_TO(self->x, in_all);
    ASYNC_RETURN(self->n * 10 + self->x);
    ASYNC_END
}

TEST(return_from_every_block)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, all_returns), 0);
    CHECK_INT(r, 1234567);
}

ASYNC(void, frame_twice, tasks(twice t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, twice, 1);
    ASYNC_SPAWN(&self->t, twice, 2);
    ASYNC_END
}
ASYNC(void, result_too_early, tasks(twice t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, twice, 1);
    trace("%d", ASYNC_RESULT(&self->t));
    ASYNC_END
}
ASYNC(void, joins_nothing, tasks(twice t))
{
    ASYNC_BEGIN
    AWAIT(async_join, &self->t.task);
    ASYNC_END
}
ASYNC(void, gathers_nothing, tasks(twice t))
{
    ASYNC_BEGIN
    AWAIT(async_gather, ASYNC_TASKS(&self->t));
    ASYNC_END
}
ASYNC(void, callers_of, args(int which), awaits(joins_nothing, gathers_nothing))
{
    ASYNC_BEGIN
    if (self->which == 0) AWAIT(joins_nothing);
    else AWAIT(gathers_nothing);
    ASYNC_END
}

TEST(misuse_of_tasks)
{
    CHECK_PANIC("coroutine `twice`", run_virtual(frame_twice));
    CHECK_PANIC("still runs", run_virtual(frame_twice));
    CHECK_PANIC("test_language.c:", run_virtual(result_too_early));
    CHECK_PANIC("has not ended", run_virtual(result_too_early));
    CHECK_PANIC("coroutine `joins_nothing`", run_virtual(callers_of, 0));
    CHECK_PANIC("never spawned", run_virtual(callers_of, 0));
    CHECK_PANIC("coroutine `gathers_nothing`", run_virtual(callers_of, 1));
}
