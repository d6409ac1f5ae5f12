/* gather, by the rules G1 to G8 of asyncio: results, errors, cancellation, and several gathers
 * over the same tasks. */
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

ASYNC(int, child, args(const char *name, int ms, int error))
{
    ASYNC_BEGIN
    trace("%s starts\n", self->name);
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    trace("%s ends\n", self->name);
    if (self->error) ASYNC_RAISE(self->error);
    ASYNC_RETURN(self->ms);
    ASYNC_END
}
/* The same without a word. */
ASYNC(int, quiet, args(int ms, int error))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    if (self->error) ASYNC_RAISE(self->error);
    ASYNC_RETURN(self->ms);
    ASYNC_END
}

/* Gathers two tasks and says how that went. */
ASYNC(int, two, args(const char *name, async_task *a, async_task *b, bool settle), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        if (self->settle)
            AWAIT(async_gather_return_exceptions,
                  ASYNC_MAKE_(async_tasks, 2, 1, NULL, {self->a, self->b}));
        else AWAIT(async_gather, ASYNC_MAKE_(async_tasks, 2, 1, NULL, {self->a, self->b}));
    }
    ASYNC_CATCH_ALL(self->e) {}
    trace("%s: %s at %d\n", self->name, name_of(self->e), now_ms());
    if (self->e) ASYNC_RAISE(self->e);
    ASYNC_RETURN(0);
    ASYNC_END
}
ASYNC(void, join, args(const char *name, async_task *on), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_join, self->on);
    ASYNC_CATCH_ALL(self->e) {}
    trace("%s: %s\n", self->name, name_of(self->e));
    ASYNC_END
}

ASYNC(void, in_order, tasks(child a, child b, child c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, "a", 3, 0);
    ASYNC_SPAWN(&self->b, child, "b", 1, 0);
    ASYNC_SPAWN(&self->c, child, "c", 2, 0);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b, &self->c));
    trace("%d %d %d at %d\n", ASYNC_RESULT(&self->a), ASYNC_RESULT(&self->b),
          ASYNC_RESULT(&self->c), now_ms());
    ASYNC_END
}
TEST(G1_waits_for_all)
{
    CHECK_INT(run_virtual(in_order), 0);
    CHECK_TRACE("a starts\nb starts\nc starts\nb ends\nc ends\na ends\n3 1 2 at 3\n");
}

static int say(void *text)
{
    trace("%s\n", (const char *)text);
    return 0;
}
static char ready_text[] = "ready";
ASYNC(void, of_nothing, tasks(quiet a), vars(async_call call))
{
    ASYNC_BEGIN
    async_call_soon(async_get_running_loop(), &self->call, say, ready_text);
    AWAIT(async_gather, ASYNC_TASK_SLICE(&self->a, 0));
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_POINTERS(NULL, 0));
    trace("nothing\n");
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_SPAWN(&self->a, quiet, 1, 0);
    AWAIT(async_join, &self->a.task);
    async_call_soon(async_get_running_loop(), &self->call, say, ready_text);
    AWAIT(async_gather, ASYNC_TASKS(&self->a));
    trace("nothing more\n");
    ASYNC_END
}
TEST(G1_nothing_to_wait_for_does_not_yield)
{
    CHECK_INT(run_virtual(of_nothing), 0);
    CHECK_TRACE("nothing\nready\nnothing more\nready\n");
}

/* All the ways to name tasks. */
enum { MANY = 1000 };
ASYNC(void, named, tasks(quiet t[MANY]), vars(async_task *p[MANY]; int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < MANY; self->i++) {
        ASYNC_SPAWN(&self->t[self->i], quiet, self->i % 7, 0);
        self->p[self->i] = &self->t[self->i].task;
    }
    AWAIT(async_gather, ASYNC_TASK_SLICE(self->t, 3));
    CHECK_INT(now_ms(), 2);
    AWAIT(async_gather, ASYNC_TASK_POINTERS(self->p, 5));
    CHECK_INT(now_ms(), 4);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    CHECK_INT(now_ms(), 6);
    for (self->i = 0; self->i < MANY; self->i++)
        CHECK_INT(ASYNC_RESULT(&self->t[self->i]), self->i % 7);
    ASYNC_END
}
TEST(G1_arrays_of_tasks)
{
    CHECK_INT(run_virtual(named), 0);
}

ASYNC(void, one_fails, tasks(child a, child b, child c, child d), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, "a", 4, 0);
    ASYNC_SPAWN(&self->b, child, "b", 2, -EIO);
    ASYNC_SPAWN(&self->c, child, "c", 3, -EPERM);
    ASYNC_SPAWN(&self->d, child, "d", 2, -EPERM);
    ASYNC_TRY
        AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b, &self->c, &self->d));
    ASYNC_CATCH(self->e) trace("%s at %d\n", name_of(self->e), now_ms());
    CHECK(!async_task_done(&self->a.task) && async_task_cancelling(&self->a.task) == 0);
    AWAIT(async_sleep, ASYNC_MS(5));
    CHECK_INT(ASYNC_RESULT(&self->a), 4);
    ASYNC_END
}
TEST(G2_the_first_error_comes_at_once_and_the_others_go_on)
{
    CHECK_INT(run_virtual(one_fails), 0);
    CHECK_TRACE(
        "a starts\nb starts\nc starts\nd starts\nb ends\nd ends\nEIO at 2\nc ends\na ends\n");
    CHECK_INT(test_reports, 0); /* the later errors are nobody's business */
}

/* One that has failed already speaks first, wherever it stands. */
ASYNC(void, failed_before, tasks(quiet a, quiet b, quiet c), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, quiet, 9, 0);
    ASYNC_SPAWN(&self->b, quiet, 1, -EIO);
    ASYNC_SPAWN(&self->c, quiet, 1, -EPERM);
    AWAIT(async_sleep, ASYNC_MS(2));
    ASYNC_TRY
        AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b, &self->c));
    ASYNC_CATCH(self->e) {}
    CHECK_INT(self->e, -EIO);
    CHECK_INT(now_ms(), 2);
    AWAIT(async_gather, ASYNC_TASKS(&self->a));
    CHECK_INT(now_ms(), 9);
    ASYNC_END
}
TEST(G2_a_task_that_had_failed_before)
{
    CHECK_INT(run_virtual(failed_before), 0);
    CHECK_INT(test_reports, 0);
}

ASYNC(void, settles, tasks(child a, child b, child c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, "a", 2, -EIO);
    ASYNC_SPAWN(&self->b, child, "b", 9, 0);
    ASYNC_SPAWN(&self->c, child, "c", 3, 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->b.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b, &self->c));
    CHECK_INT(now_ms(), 3);
    CHECK_INT(async_task_error(&self->a.task), -EIO);
    CHECK_INT(async_task_error(&self->b.task), ASYNC_CANCELED);
    CHECK_INT(ASYNC_RESULT(&self->c), 3);
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    ASYNC_END
}
TEST(G3_errors_in_hand)
{
    CHECK_INT(run_virtual(settles), 0);
    CHECK_INT(test_reports, 0);
}

/* --- cancelled --- */

ASYNC(int, slow_to_die, args(const char *name, int ms, bool swallow), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_sleep, ASYNC_SEC(9));
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s told at %d\n", self->name, now_ms());
        AWAIT(async_sleep, ASYNC_MS(self->ms));
        if (!self->swallow) ASYNC_RAISE(self->e);
    }
    ASYNC_RETURN(self->ms);
    ASYNC_END
}
ASYNC(void, cancel_it, args(bool settle, bool swallow),
      tasks(slow_to_die a, slow_to_die b, quiet done, two g))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, slow_to_die, "a", 5, self->swallow);
    ASYNC_SPAWN(&self->b, slow_to_die, "b", 3, self->swallow);
    ASYNC_SPAWN(&self->g, two, "gather", &self->a.task, &self->b.task, self->settle);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&self->g.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->g, &self->a));
    CHECK(async_task_cancelled(&self->g.task));
    trace("a %s, b %s\n", name_of(async_task_error(&self->a.task)),
          name_of(async_task_error(&self->b.task)));
    ASYNC_END
}
TEST(G4_cancel_goes_to_every_child_and_ends_through_them)
{
    CHECK_INT(run_virtual(cancel_it, false, false), 0);
    CHECK_TRACE("a told at 1\nb told at 1\ngather: cancelled at 4\na cancelled, b cancelled\n");
}
TEST(G6_cancelled_even_if_errors_are_values_or_swallowed)
{
    CHECK_INT(run_virtual(cancel_it, true, false), 0);
    CHECK_TRACE("a told at 1\nb told at 1\ngather: cancelled at 6\na cancelled, b cancelled\n");
    CHECK_INT(run_virtual(cancel_it, true, true), 0);
    CHECK_TRACE("a told at 1\nb told at 1\ngather: cancelled at 6\na ok, b ok\n");
    CHECK_INT(run_virtual(cancel_it, false, true), 0);
    CHECK_TRACE("a told at 1\nb told at 1\ngather: cancelled at 6\na ok, b ok\n");
}

/* After the cancel one child fails otherwise: its error decides. */
ASYNC(void, fails_when_told, args(int error), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_CATCH_ALL(self->e) {}
    ASYNC_RAISE(self->error);
    ASYNC_END
}
ASYNC(void, error_decides, tasks(slow_to_die a, fails_when_told b, two g))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, slow_to_die, "a", 5, false);
    ASYNC_SPAWN(&self->b, fails_when_told, -EIO);
    ASYNC_SPAWN(&self->g, two, "gather", &self->a.task, &self->b.task, false);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->g.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->g, &self->a));
    CHECK_INT(async_task_error(&self->g.task), -EIO);
    CHECK_INT(async_task_cancelling(&self->g.task), 1);
    ASYNC_END
}
TEST(G6_the_first_child_to_fail_decides)
{
    CHECK_INT(run_virtual(error_decides), 0);
    CHECK_TRACE("a told at 1\ngather: EIO at 1\n");
}

ASYNC(void, child_cancelled, tasks(child a, child b, two g))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, "a", 5, 0);
    ASYNC_SPAWN(&self->b, child, "b", 5, 0);
    ASYNC_SPAWN(&self->g, two, "gather", &self->a.task, &self->b.task, false);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->a.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->g, &self->b));
    CHECK(async_task_cancelled(&self->g.task));
    CHECK_INT(async_task_cancelling(&self->g.task), 0);
    CHECK_INT(async_task_cancelling(&self->b.task), 0);
    ASYNC_END
}
TEST(G5_a_child_cancelled_by_another)
{
    CHECK_INT(run_virtual(child_cancelled), 0);
    CHECK_TRACE("a starts\nb starts\ngather: cancelled at 1\nb ends\n");
}

ASYNC(void, named_twice, tasks(child a, child b), vars(async_task *many[300]; int i))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, "a", 2, 0);
    ASYNC_SPAWN(&self->b, child, "b", 1, 0);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b, &self->a, &self->a));
    CHECK_INT(now_ms(), 2);
    ASYNC_SPAWN(&self->a, child, "a", 2, 0);
    for (self->i = 0; self->i < 300; self->i++) self->many[self->i] = &self->a.task;
    AWAIT(async_gather, ASYNC_TASK_POINTERS(self->many, 300));
    CHECK_INT(now_ms(), 4);
    ASYNC_END
}
TEST(G7_a_task_named_twice)
{
    CHECK_INT(run_virtual(named_twice), 0);
    CHECK_TRACE("a starts\nb starts\nb ends\na ends\na starts\na ends\n");
}

/* The children have ended, the gather has not been told: a cancel finds nobody to pass it to, and
 * is for the task itself. */
ASYNC(void, too_late, args(int hops), tasks(quiet a, quiet b, two g))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->g, two, "gather", &self->a.task, &self->b.task, false);
    ASYNC_SPAWN(&self->a, quiet, 0, 0);
    ASYNC_SPAWN(&self->b, quiet, 0, 0);
    AWAIT(async_sleep, ASYNC_MS(0));
    for (; self->hops; self->hops--) AWAIT(async_sleep, ASYNC_MS(0));
    trace("%d %d %d ", async_task_done(&self->a.task), async_task_done(&self->b.task),
          async_task_done(&self->g.task));
    trace("%s\n", async_task_cancel(&self->g.task) ? "true" : "false");
    CHECK_INT(async_task_cancelling(&self->a.task), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->g));
    ASYNC_END
}
TEST(G8_C20_cancel_after_the_children_have_ended)
{
    CHECK_INT(run_virtual(too_late, 1), 0);
    CHECK_TRACE("1 1 0 true\ngather: cancelled at 0\n");
    CHECK_INT(run_virtual(too_late, 2), 0);
    CHECK_TRACE("1 1 0 true\ngather: cancelled at 0\n");
    CHECK_INT(run_virtual(too_late, 3), 0);
    CHECK_TRACE("gather: ok at 0\n1 1 1 false\n");
}

/* The same for a second cancel, where the first did find somebody: a has failed, and b has
 * swallowed its cancel. In CPython too the error does not come through. */
ASYNC(int, fails_late, vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_CATCH_ALL(self->e) {}
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RAISE(-EIO);
    ASYNC_END
}
ASYNC(int, swallows, vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_CATCH_ALL(self->e) {}
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(1);
    ASYNC_END
}
ASYNC(void, twice_too_late, tasks(fails_late a, swallows b, two g))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, fails_late);
    ASYNC_SPAWN(&self->b, swallows);
    ASYNC_SPAWN(&self->g, two, "gather", &self->a.task, &self->b.task, false);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&self->g.task));
    AWAIT(async_sleep, ASYNC_MS(0));
    AWAIT(async_sleep, ASYNC_MS(1)); /* this timer is set after theirs */
    CHECK(async_task_done(&self->a.task) && async_task_done(&self->b.task) &&
          !async_task_done(&self->g.task));
    CHECK(async_task_cancel(&self->g.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->g));
    CHECK_INT(async_task_cancelling(&self->g.task), 2);
    ASYNC_END
}
TEST(G8_second_cancel_after_the_children_have_ended)
{
    CHECK_INT(run_virtual(twice_too_late), 0);
    CHECK_TRACE("gather: cancelled at 2\n");
}

/* --- several who wait for the same tasks --- */

ASYNC(void, all_wait, args(int ea, int eb),
      tasks(child a, child b, two g1, two g2, two g3, join j1, join j2))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, "a", 2, self->ea);
    ASYNC_SPAWN(&self->b, child, "b", 3, self->eb);
    ASYNC_SPAWN(&self->j1, join, "join 1", &self->a.task);
    ASYNC_SPAWN(&self->g1, two, "gather 1", &self->a.task, &self->b.task, false);
    ASYNC_SPAWN(&self->g2, two, "gather 2", &self->b.task, &self->a.task, true);
    ASYNC_SPAWN(&self->j2, join, "join 2", &self->a.task);
    ASYNC_SPAWN(&self->g3, two, "gather 3", &self->a.task, &self->a.task, false);
    AWAIT(async_gather_return_exceptions,
          ASYNC_TASKS(&self->a, &self->b, &self->g1, &self->g2, &self->g3, &self->j1, &self->j2));
    ASYNC_END
}
TEST(G1_several_gathers_and_joins_of_the_same_tasks)
{
    CHECK_INT(run_virtual(all_wait, 0, 0), 0);
    CHECK_TRACE("a starts\nb starts\na ends\njoin 1: ok\njoin 2: ok\ngather 3: ok at 2\n"
                "b ends\ngather 1: ok at 3\ngather 2: ok at 3\n");
    CHECK_INT(run_virtual(all_wait, -EIO, 0), 0);
    CHECK_TRACE("a starts\nb starts\na ends\njoin 1: EIO\njoin 2: EIO\n"
                "gather 1: EIO at 2\ngather 3: EIO at 2\nb ends\ngather 2: ok at 3\n");
    CHECK_INT(run_virtual(all_wait, 0, -EPERM), 0);
    CHECK_TRACE("a starts\nb starts\na ends\njoin 1: ok\njoin 2: ok\ngather 3: ok at 2\n"
                "b ends\ngather 1: EPERM at 3\ngather 2: ok at 3\n");
    CHECK_INT(test_reports, 0);
}

/* The second gather has a node at each task. Both end in one tick: the gather has its verdict
 * from the first while the node of the second is on its way. */
ASYNC(void, nodes_on_their_way, args(int error), tasks(quiet a, quiet b, two g1, two g2, two g3))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, quiet, 1, self->error);
    ASYNC_SPAWN(&self->b, quiet, 1, 0);
    ASYNC_SPAWN(&self->g1, two, "gather 1", &self->a.task, &self->b.task, false);
    ASYNC_SPAWN(&self->g2, two, "gather 2", &self->a.task, &self->b.task, false);
    ASYNC_SPAWN(&self->g3, two, "gather 3", &self->b.task, &self->a.task, false);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->g1, &self->g2, &self->g3));
    ASYNC_END
}
TEST(G2_a_second_gather_has_its_error_while_more_is_on_its_way)
{
    CHECK_INT(run_virtual(nodes_on_their_way, -EIO), 0);
    CHECK_TRACE("gather 1: EIO at 1\ngather 2: EIO at 1\ngather 3: EIO at 1\n");
    CHECK_INT(run_virtual(nodes_on_their_way, 0), 0);
    CHECK_TRACE("gather 1: ok at 1\ngather 2: ok at 1\ngather 3: ok at 1\n");
}

/* ... or is cancelled then, and gone before they arrive. */
ASYNC(void, cancelled_nodes, tasks(quiet a, quiet b, two g1, two g2), vars(int i))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->g1, two, "gather 1", &self->a.task, &self->b.task, false);
    ASYNC_SPAWN(&self->g2, two, "gather 2", &self->a.task, &self->b.task, false);
    ASYNC_SPAWN(&self->a, quiet, 0, -EIO);
    ASYNC_SPAWN(&self->b, quiet, 0, 0);
    for (self->i = 0; self->i < 2; self->i++) AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_done(&self->a.task) && async_task_done(&self->b.task));
    (void)async_task_cancel(&self->g2.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->g1, &self->g2));
    ASYNC_END
}
TEST(G8_a_second_gather_is_cancelled_while_it_is_being_told)
{
    CHECK_INT(run_virtual(cancelled_nodes), 0);
    CHECK_TRACE("gather 1: EIO at 0\ngather 2: cancelled at 0\n");
}

/* Cancelling one gather cancels the children, so the other too: nobody told its task. */
ASYNC(void, one_of_two_cancelled, tasks(quiet a, quiet b, two g1, two g2))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, quiet, 9, 0);
    ASYNC_SPAWN(&self->b, quiet, 9, 0);
    ASYNC_SPAWN(&self->g1, two, "gather 1", &self->a.task, &self->b.task, true);
    ASYNC_SPAWN(&self->g2, two, "gather 2", &self->a.task, &self->b.task, true);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->g1.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->g1, &self->g2));
    CHECK_INT(async_task_cancelling(&self->g2.task), 0);
    ASYNC_END
}
TEST(G4_the_other_gather_is_not_cancelled)
{
    CHECK_INT(run_virtual(one_of_two_cancelled), 0);
    CHECK_TRACE("gather 1: cancelled at 1\ngather 2: ok at 1\n");
}

/* A gather that is over leaves nothing behind at the tasks that go on. */
ASYNC(void, leaves_nothing, tasks(quiet fails, quiet slow, two g1, two g2), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->fails, quiet, 1, -EIO);
    ASYNC_SPAWN(&self->slow, quiet, 5, 0);
    ASYNC_SPAWN(&self->g1, two, "gather 1", &self->slow.task, &self->fails.task, false);
    ASYNC_SPAWN(&self->g2, two, "gather 2", &self->slow.task, &self->fails.task, false);
    AWAIT(async_sleep, ASYNC_MS(2));
    CHECK(async_task_done(&self->g1.task) && async_task_done(&self->g2.task));
    memset(&self->g1, 0x55, sizeof self->g1);
    memset(&self->g2, 0x55, sizeof self->g2);
    AWAIT(async_gather, ASYNC_TASKS(&self->slow));
    CHECK_INT(now_ms(), 5);
    memset(&self->g1, 0, sizeof self->g1);
    memset(&self->g2, 0, sizeof self->g2);
    ASYNC_END
}
TEST(G2_nothing_is_left_at_the_tasks_that_go_on)
{
    CHECK_INT(run_virtual(leaves_nothing), 0);
    CHECK_TRACE("gather 1: EIO at 1\ngather 2: EIO at 1\n");
}

ASYNC(void, gathers_itself, vars(int e))
{
    ASYNC_BEGIN
    self->e = 0;
    ASYNC_TRY {
        AWAIT(async_gather, ASYNC_MAKE_(async_tasks, 1, 1, NULL, {async_current_task()}));
    }
    ASYNC_CATCH(self->e) {}
    CHECK_INT(self->e, -EDEADLK);
    ASYNC_END
}
TEST(G1_a_task_that_gathers_itself)
{
    CHECK_INT(run_virtual(gathers_itself), 0);
}

/* Tasks of the allocator stay until the gather that named them has resumed. */
ASYNC(void, from_the_allocator, vars(ASYNC_TASK(quiet) * a; ASYNC_TASK(quiet) * b; int e))
{
    ASYNC_BEGIN
    self->a = ASYNC_SPAWN_NEW(quiet, 1, 0);
    self->b = ASYNC_SPAWN_NEW(quiet, 3, 0);
    AWAIT(async_gather, ASYNC_TASKS(self->a, self->b));
    CHECK_INT(ASYNC_RESULT(self->a), 1);
    CHECK_INT(ASYNC_RESULT(self->b), 3);
    self->a = ASYNC_SPAWN_NEW(quiet, 1, -EIO);
    self->b = ASYNC_SPAWN_NEW(quiet, 3, -EPERM);
    ASYNC_TRY
        AWAIT(async_gather, ASYNC_TASKS(self->a, self->b));
    ASYNC_CATCH(self->e) {}
    CHECK_INT(self->e, -EIO);
    CHECK_INT(async_task_error(&self->a->task), -EIO);
    CHECK(!async_task_done(&self->b->task));
    AWAIT(async_sleep, ASYNC_MS(5));
    ASYNC_END
}
TEST(G2_tasks_of_the_allocator)
{
    CHECK_INT(run_virtual(from_the_allocator), 0);
    CHECK_INT(test_reports, 0);
}

/* More gathers over one such task than its counter can hold are refused, not forgotten. */
ASYNC(void, crowd, tasks(two g[400]), vars(ASYNC_TASK(quiet) * a; int i; int ok))
{
    ASYNC_BEGIN
    self->a = ASYNC_SPAWN_NEW(quiet, 1, 0);
    for (self->i = 0; self->i < 400; self->i++)
        ASYNC_SPAWN(&self->g[self->i], two, "", &self->a->task, &self->a->task, false);
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->g));
    for (self->i = 0; self->i < 400; self->i++) {
        if (async_task_error(&self->g[self->i].task) == 0) self->ok++;
        else CHECK_INT(async_task_error(&self->g[self->i].task), -EBUSY);
    }
    CHECK(self->ok > 100);
    ASYNC_END
}
TEST(G7_very_many_gathers_of_one_task_of_the_allocator)
{
    CHECK_INT(run_virtual(crowd), 0);
}
