/* DO and FINALLY: the second part runs once, whatever ends the first; then what was in flight goes
 * on. */
#include "test.h"

enum how { ENDS, RAISES, RETURNS, SLEEPS };

/* `late`: it is suspended before it does what `how` says. */
ASYNC(int, does, args(enum how how, int value, bool late))
{
    ASYNC_BEGIN
    if (self->late) AWAIT(async_sleep, ASYNC_MS(1));
    if (self->how == RAISES) ASYNC_RAISE(self->value);
    if (self->how == SLEEPS) AWAIT(async_sleep, ASYNC_SEC(100));
    ASYNC_RETURN(self->value);
    ASYNC_END
}

/* Every way to leave the first part, times every way to leave the second. */
ASYNC(int, block, args(enum how first, enum how second, bool late), awaits(does))
{
    ASYNC_BEGIN
    ASYNC_DO {
        trace("do ");
        AWAIT(does, self->first, -EIO, self->late);
        if (self->first == RETURNS) ASYNC_RETURN(1);
        trace("done ");
    }
    ASYNC_FINALLY {
        trace("finally ");
        AWAIT(does, self->second, -EPROTO, self->late);
        if (self->second == RETURNS) ASYNC_RETURN(2);
        trace("finished ");
    }
    trace("after ");
    ASYNC_RETURN(3);
    ASYNC_END
}

/* Runs it as a task, with a cancel after 10 and one after 20 ms. */
ASYNC(void, block_as_task, args(enum how first, enum how second, bool late), tasks(block t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, block, self->first, self->second, self->late);
    AWAIT(async_sleep, ASYNC_MS(10));
    async_task_cancel(&self->t.task);
    AWAIT(async_sleep, ASYNC_MS(10));
    async_task_cancel(&self->t.task);
    AWAIT(async_sleep, ASYNC_MS(10));
    CHECK(async_task_done(&self->t.task));
    if (async_task_error(&self->t.task))
        trace("= %s", async_strerror(async_task_error(&self->t.task)));
    else trace("= %d", ASYNC_RESULT(&self->t));
    ASYNC_END
}

TEST(X4_every_way_out_of_both_parts)
{
    static const char *const first[] = {"do done ", "do ", "do ", "do "};
    static const char *const second[] = {"finally finished ", "finally ", "finally ", "finally "};
    int i, j, late;
    char want[100], io[50], proto[50];
    snprintf(io, sizeof io, "= %s", strerror(EIO));
    snprintf(proto, sizeof proto, "= %s", strerror(EPROTO));
    for (i = ENDS; i <= SLEEPS; i++)
        for (j = ENDS; j <= SLEEPS; j++)
            for (late = 0; late < 2; late++) {
                const char *goes_on = i == ENDS      ? "after = 3"
                                      : i == RAISES  ? io
                                      : i == RETURNS ? "= 1"
                                                     : "= cancelled";
                const char *end = j == ENDS      ? goes_on
                                  : j == RAISES  ? proto
                                  : j == RETURNS ? "= 2"
                                                 : "= cancelled";
                CHECK_INT(run_virtual(block_as_task, (enum how)i, (enum how)j, late != 0), 0);
                snprintf(want, sizeof want, "%s%s%s", first[i], second[j], end);
                CHECK_TRACE(want);
            }
}

/* Nested in the first part: innermost first; each may replace what is in flight. */
ASYNC(int, nested, args(int replace, bool late), vars(int e), awaits(does))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_DO {
            ASYNC_DO {
                ASYNC_DO {
                    AWAIT(does, RAISES, -1, self->late);
                }
                ASYNC_FINALLY {
                    trace("a ");
                    AWAIT(does, self->replace == 1 ? RAISES : ENDS, -11, self->late);
                }
            }
            ASYNC_FINALLY {
                trace("b ");
                AWAIT(does, self->replace == 2 ? RAISES : ENDS, -12, self->late);
                if (self->replace == 4) ASYNC_RETURN(4);
            }
        }
        ASYNC_FINALLY {
            trace("c ");
            AWAIT(does, self->replace == 3 ? RAISES : ENDS, -13, self->late);
        }
    }
    ASYNC_CATCH(self->e) trace("%d", self->e);
    ASYNC_RETURN(0);
    ASYNC_END
}

TEST(nested_innermost_first)
{
    int r = 0, late;
    for (late = 0; late < 2; late++) {
        CHECK_INT(run_virtual_to(r, nested, 0, late != 0), 0);
        CHECK_TRACE("a b c -1");
        CHECK_INT(run_virtual_to(r, nested, 1, late != 0), 0);
        CHECK_TRACE("a b c -11");
        CHECK_INT(run_virtual_to(r, nested, 2, late != 0), 0);
        CHECK_TRACE("a b c -12");
        CHECK_INT(run_virtual_to(r, nested, 3, late != 0), 0);
        CHECK_TRACE("a b c -13");
        CHECK_INT(run_virtual_to(r, nested, 4, late != 0), 0);
        CHECK_TRACE("a b c ");
        CHECK_INT(r, 4);
    }
}

/* A TRY inside the second part uses the error path; what is in flight survives it. */
ASYNC(int, held, args(enum how how, bool late), vars(int e), awaits(does))
{
    ASYNC_BEGIN
    ASYNC_DO {
        AWAIT(does, self->how, -EIO, self->late);
        if (self->how == RETURNS) ASYNC_RETURN(1);
    }
    ASYNC_FINALLY {
        ASYNC_TRY {
            AWAIT(does, RAISES, -EPROTO, self->late);
        }
        ASYNC_CATCH(self->e) {
            AWAIT(does, ENDS, 0, self->late);
            trace("caught ");
        }
        ASYNC_TRY
            ASYNC_RAISE(-2);
        ASYNC_CATCH(self->e) trace("%d ", self->e);
    }
    trace("after ");
    ASYNC_RETURN(2);
    ASYNC_END
}

TEST(what_is_in_flight_survives_a_try)
{
    int r = 0, late;
    for (late = 0; late < 2; late++) {
        CHECK_INT(run_virtual_to(r, held, RAISES, late != 0), -EIO);
        CHECK_TRACE("caught -2 ");
        CHECK_INT(run_virtual_to(r, held, RETURNS, late != 0), 0);
        CHECK_INT(r, 1);
        CHECK_TRACE("caught -2 ");
        CHECK_INT(run_virtual_to(r, held, ENDS, late != 0), 0);
        CHECK_INT(r, 2);
        CHECK_TRACE("caught -2 after ");
    }
}

/* A FINALLY inside a FINALLY part keeps its own in a slot of the user's. */
ASYNC(int, in_finally, args(enum how outer, enum how inner, bool late), vars(int hold; int e),
      awaits(does))
{
    ASYNC_BEGIN
    ASYNC_DO {
        AWAIT(does, self->outer, -1, self->late);
        if (self->outer == RETURNS) ASYNC_RETURN(1);
    }
    ASYNC_FINALLY {
        ASYNC_TRY {
            ASYNC_DO {
                AWAIT(does, self->inner, -2, self->late);
            }
            ASYNC_FINALLY_HOLD(self->hold) {
                AWAIT(does, ENDS, 0, self->late);
                trace("in ");
            }
        }
        ASYNC_CATCH(self->e) trace("%d ", self->e);
        trace("out ");
    }
    ASYNC_RETURN(2);
    ASYNC_END
}

TEST(finally_in_finally)
{
    int r = 0, late;
    for (late = 0; late < 2; late++) {
        CHECK_INT(run_virtual_to(r, in_finally, RAISES, RAISES, late != 0), -1);
        CHECK_TRACE("in -2 out ");
        CHECK_INT(run_virtual_to(r, in_finally, RAISES, ENDS, late != 0), -1);
        CHECK_TRACE("in out ");
        CHECK_INT(run_virtual_to(r, in_finally, RETURNS, RAISES, late != 0), 0);
        CHECK_INT(r, 1);
        CHECK_TRACE("in -2 out ");
        CHECK_INT(run_virtual_to(r, in_finally, ENDS, ENDS, late != 0), 0);
        CHECK_INT(r, 2);
        CHECK_TRACE("in out ");
    }
}

/* What stands on one line matters here. */
/* clang-format off */
/* In loops, without braces, in CATCH, two on a line. */
ASYNC(void, shapes, args(bool late), vars(int i; int e), awaits(does))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++)
        ASYNC_DO AWAIT(does, ENDS, 0, self->late);
        ASYNC_FINALLY trace("%d ", self->i);
    ASYNC_DO { trace("x "); } ASYNC_FINALLY { trace("y "); } ASYNC_DO trace("x ");
    ASYNC_FINALLY trace("y ");
    if (self->i == 3)
        ASYNC_DO trace("then "); ASYNC_FINALLY AWAIT(does, ENDS, 0, self->late);
    else
        trace("else ");
    if (self->i == 3) ASYNC_DO if (self->i == 4) trace("no ");
        ASYNC_FINALLY if (self->i == 4) trace("no "); else trace("no braces ");
    ASYNC_TRY {
        while (self->i < 10)
            ASYNC_DO {
                for (; self->i < 100; self->i++) { /* loops of its own: break is theirs */
                    AWAIT(does, ENDS, 0, self->late);
                    if (self->i == 5) continue;
                    if (self->i == 7) break;
                }
                if (self->i == 7) ASYNC_RAISE(-7);
            } ASYNC_FINALLY {
                for (;;) {
                    AWAIT(does, ENDS, 0, self->late);
                    break;
                }
                trace("f ");
            }
    } ASYNC_CATCH(self->e) {
        ASYNC_DO trace("c%d ", self->e); ASYNC_FINALLY trace("cf ");
    }
    ASYNC_END
}
/* clang-format on */

TEST(every_shape)
{
    CHECK_INT(run_virtual(shapes, false), 0);
    CHECK_TRACE("0 1 2 x y x y then no braces f c-7 cf ");
    CHECK_INT(run_virtual(shapes, true), 0);
    CHECK_TRACE("0 1 2 x y x y then no braces f c-7 cf ");
}
