/* as_completed, by the rules W7 to W9 of asyncio: order, timeout, and that it leaves alone whom it
 * waits for, however the loop over it is left. */
#include "test.h"

#include "sets.h"

ASYNC(void, each_of, args(int timeout_ms, int busy_ms, int stop_at),
      vars(struct async_as_completed each; async_task * t; int e; int n; int i), tasks(child c[4]))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->c[0], child, 4, 0);
    ASYNC_SPAWN(&self->c[1], child, 1, 0);
    ASYNC_SPAWN(&self->c[2], child, 3, -EIO);
    ASYNC_SPAWN(&self->c[3], child, 2, 0);
    ASYNC_TRY {
        ASYNC_FOR(self->t, &self->each, async_as_completed, ASYNC_TASK_ARRAY(self->c),
                  self->timeout_ms < 0 ? ASYNC_FOREVER : ASYNC_MS(self->timeout_ms)) {
            CHECK(async_task_done(self->t));
            if (now_ms() > 4) /* all have told: no timer is left */
                CHECK(async_loop_next_deadline(async_get_running_loop()) == INT64_MAX);
            for (self->i = 0; &self->c[self->i].task != self->t; self->i++) {}
            trace("%d %s at %d, ", self->i, name_of(async_task_error(self->t)), now_ms());
            if (!async_task_error(self->t))
                CHECK_INT(ASYNC_RESULT(ASYNC_TASK_AS(child, self->t)), self->i == 0   ? 4
                                                                       : self->i == 1 ? 1
                                                                                      : 2);
            if (++self->n == self->stop_at) break;
            AWAIT(async_sleep, ASYNC_MS(self->busy_ms));
        }
        trace("end at %d\n", now_ms());
    }
    ASYNC_CATCH(self->e) trace("%s at %d\n", name_of(self->e), now_ms());
    for (self->i = 0; self->i < 4; self->i++)
        CHECK_INT(async_task_cancelling(&self->c[self->i].task), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->c));
    ASYNC_END
}
TEST(W7_in_the_order_of_their_ends)
{
    CHECK_INT(run_virtual(each_of, -1, 0, 0), 0);
    CHECK_TRACE("1 ok at 1, 3 ok at 2, 2 EIO at 3, 0 ok at 4, end at 4\n");
}
TEST(W7_also_those_that_end_while_the_consumer_is_busy)
{
    CHECK_INT(run_virtual(each_of, -1, 10, 0), 0);
    CHECK_TRACE("1 ok at 1, 3 ok at 11, 2 EIO at 21, 0 ok at 31, end at 41\n");
}
TEST(W8_the_timeout_comes_at_the_next_step_and_cancels_nobody)
{
    CHECK_INT(run_virtual(each_of, 0, 0, 0), 0);
    CHECK_INT(run_virtual(each_of, 3, 0, 0), 0);
    CHECK_TRACE("timeout at 0\n1 ok at 1, 3 ok at 2, timeout at 3\n");
    /* those that ended before it are given first */
    CHECK_INT(run_virtual(each_of, 3, 5, 0), 0);
    CHECK_TRACE("1 ok at 1, 3 ok at 6, timeout at 11\n");
    CHECK_INT(run_virtual(each_of, 50, 5, 0), 0);
    CHECK_TRACE("1 ok at 1, 3 ok at 6, 2 EIO at 11, 0 ok at 16, end at 21\n");
}
TEST(W9_left_by_break_it_tells_no_more)
{
    CHECK_INT(run_virtual(each_of, -1, 0, 1), 0);
    CHECK_INT(run_virtual(each_of, 9, 4, 2), 0);
    CHECK_TRACE("1 ok at 1, end at 1\n1 ok at 1, 3 ok at 5, end at 5\n");
}

ASYNC(void, done_before, tasks(child a, child b, child c),
      vars(struct async_as_completed each; async_task * t; int n))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->t, &self->each, async_as_completed, ASYNC_TASK_SLICE(&self->a, 0), ASYNC_MS(1))
        CHECK(false);
    CHECK_INT(now_ms(), 0);
    ASYNC_SPAWN(&self->a, child, 1, 0);
    ASYNC_SPAWN(&self->b, child, 3, 0);
    ASYNC_SPAWN(&self->c, child, 0, 0);
    AWAIT(async_sleep, ASYNC_MS(2));
    ASYNC_FOR(self->t, &self->each, async_as_completed,
              ASYNC_TASKS(&self->b, &self->a, &self->c, &self->a), ASYNC_MS(0)) {
        trace("%s at %d, ", self->t == &self->a.task ? "a" : "c", now_ms());
        if (++self->n == 2) break;
    }
    ASYNC_FOR(self->t, &self->each, async_as_completed,
              ASYNC_TASKS(&self->b, &self->a, &self->b, &self->c), ASYNC_FOREVER)
        trace("%s at %d, ",
              self->t == &self->a.task   ? "a"
              : self->t == &self->b.task ? "b"
                                         : "c",
              now_ms());
    trace("\n");
    ASYNC_END
}
TEST(W9_those_that_have_ended_come_in_the_order_of_the_arguments_and_once)
{
    CHECK_INT(run_virtual(done_before), 0);
    CHECK_TRACE("a at 2, c at 2, a at 2, c at 2, b at 3, \n");
}

/* Several over the same tasks, which have nodes then, and one that outlives the other. */
ASYNC(int, counts, args(ASYNC_TASK(child) * c, int n, int busy_ms),
      vars(struct async_as_completed each; async_task * t; int seen))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->t, &self->each, async_as_completed, ASYNC_TASK_SLICE(self->c, self->n),
              ASYNC_FOREVER) {
        self->seen = self->seen * 10 + (int)(ASYNC_TASK_AS(child, self->t) - self->c);
        AWAIT(async_sleep, ASYNC_MS(self->busy_ms));
    }
    ASYNC_RETURN(self->seen);
    ASYNC_END
}
ASYNC(void, three_times, tasks(child c[4], counts x, counts y, counts z))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->c[0], child, 4, 0);
    ASYNC_SPAWN(&self->c[1], child, 1, 0);
    ASYNC_SPAWN(&self->c[2], child, 3, 0);
    ASYNC_SPAWN(&self->c[3], child, 2, 0);
    ASYNC_SPAWN(&self->x, counts, self->c, 4, 0);
    ASYNC_SPAWN(&self->y, counts, self->c, 4, 7);
    AWAIT(async_sleep, ASYNC_MS(2));
    ASYNC_SPAWN(&self->z, counts, self->c, 4, 0); /* 1 and 3 have ended, and y still has them */
    AWAIT(async_gather, ASYNC_TASKS(&self->x, &self->y, &self->z));
    CHECK_INT(ASYNC_RESULT(&self->x), 1320);
    CHECK_INT(ASYNC_RESULT(&self->y), 1320);
    CHECK_INT(ASYNC_RESULT(&self->z), 1320);
    ASYNC_END
}
TEST(W7_several_over_the_same_tasks)
{
    CHECK_INT(run_virtual(three_times), 0);
}

/* --- the consumer is cancelled at every tick --- */

enum { KIDS = 6 };
static ASYNC_TASK(child) kids[KIDS];
static ASYNC_TASK(join) joiner;
static ASYNC_TASK(
    counts) consumers[300]; /* not used twice: a loop that is closed may leave them poisoned */
static ASYNC_TASK(counts) * first, *second;
static void new_consumers(void)
{
    static int used;
    CHECK(used < 300);
    first = &consumers[used++];
    second = &consumers[used++];
}
static void begin(int busy_ms)
{
    int i;
    memset(kids, 0, sizeof kids);
    new_consumers();
    memset(&joiner, 0, sizeof joiner);
    sets_begin();
    for (i = 0; i < KIDS; i++) CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, &kids[i], child, i * 2, 0), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, &joiner, join, &kids[4].task), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, first, counts, kids, KIDS, busy_ms), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, second, counts, kids, KIDS, 3), 0);
}
TEST(W9_cancelled_at_every_tick_it_leaves_all_alone)
{
    if (ASYNCC_FREESTANDING) SKIP("a bare loop has no single ticks");
    int busy, k, i, steps = 0;
    for (busy = 0; busy < 6; busy += 2)
        for (k = 0;; k++) {
            begin(busy);
            (void)sets_tick(&first->task, k);
            if (async_task_done(&first->task)) {
                CHECK_INT(async_loop_run_until_complete(&sets_loop, &second->task), 0);
                sets_end();
                break;
            }
            steps++;
            CHECK(async_task_cancel(&first->task));
            (void)async_loop_run_until_complete(&sets_loop, &first->task);
            CHECK(async_task_cancelled(&first->task));
            CHECK_INT(async_loop_run_until_complete(&sets_loop, &second->task), 0);
            CHECK_INT(ASYNC_RESULT(second), 12345);
            for (i = 0; i < KIDS; i++) {
                CHECK_INT(async_task_error(&kids[i].task), 0);
                CHECK_INT(async_task_cancelling(&kids[i].task), 0);
                CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, &kids[i], child, 0, 0), 0); /* nobody has it */
            }
            CHECK_INT(async_loop_run_until_complete(&sets_loop, &kids[KIDS - 1].task), 0);
            sets_end();
        }
    CHECK(steps > 30);
}
TEST(closing_the_loop_in_the_middle_gives_everything_back)
{
    int k;
    for (k = 0; k < 20; k++) {
        begin(1);
        (void)sets_tick(&second->task, k);
        sets_end();
    }
}
TEST(no_child_needs_memory_unless_somebody_else_waits_for_it)
{
    int i;
    memset(kids, 0, sizeof kids);
    new_consumers();
    sets_begin();
    for (i = 0; i < KIDS; i++) ASYNC_SPAWN_ON(&sets_loop, &kids[i], child, i, 0);
    ASYNC_SPAWN_ON(&sets_loop, first, counts, kids, KIDS, 3);
    CHECK_INT(async_loop_run_until_complete(&sets_loop, &first->task), 0);
    CHECK_INT(ASYNC_RESULT(first), 12345);
    ASYNC_SPAWN_ON(&sets_loop, first, counts, kids, KIDS, 0); /* all have ended */
    CHECK_INT(async_loop_run_until_complete(&sets_loop, &first->task), 0);
    CHECK_INT(ASYNC_RESULT(first), 12345);
    CHECK_INT(sets_calls, 0);
    sets_end();
}
TEST(without_memory_it_says_so_and_leaves_no_trace)
{
    begin(0);
    sets_fail_at = 0;
    (void)async_loop_run_until_complete(&sets_loop, &first->task);
    CHECK_INT(async_task_error(&first->task), -ENOMEM);
    sets_fail_at = -1;
    CHECK_INT(async_loop_run_until_complete(&sets_loop, &second->task), 0);
    CHECK_INT(ASYNC_RESULT(second), 12345);
    sets_end();
}

/* --- mistakes --- */

ASYNC(void, again_too_early, tasks(child a, child b),
      vars(struct async_as_completed each; async_task * t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, 1, 0);
    ASYNC_SPAWN(&self->b, child, 1, 0);
    ASYNC_FOR(self->t, &self->each, async_as_completed, ASYNC_TASKS(&self->a, &self->b),
              ASYNC_FOREVER) {
        AWAIT(async_sleep, ASYNC_MS(1));
        ASYNC_SPAWN(&self->b, child, 1, 0);
    }
    ASYNC_END
}
TEST(a_task_is_not_spawned_again_before_it_has_been_given)
{
    CHECK_PANIC("see async_as_completed", run_virtual(again_too_early));
}
ASYNC(void, another_type, tasks(child a), vars(struct async_as_completed each; async_task * t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, 1, 0);
    ASYNC_FOR(self->t, &self->each, async_as_completed, ASYNC_TASKS(&self->a), ASYNC_FOREVER)
        CHECK(!ASYNC_TASK_AS(join, self->t));
    ASYNC_END
}
TEST(a_task_taken_for_another_one)
{
    CHECK_PANIC("ASYNC_TASK_AS of a task that runs another coroutine", run_virtual(another_type));
}
ASYNC(void, unborn, tasks(child a), vars(struct async_as_completed each; async_task * t))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->t, &self->each, async_as_completed, ASYNC_TASKS(&self->a), ASYNC_FOREVER) {}
    ASYNC_END
}
TEST(a_task_that_was_never_spawned)
{
    CHECK_PANIC("waits for a task that was never spawned", run_virtual(unborn));
}

/* X2: it does not look at errors itself. */
ASYNC(void, unseen, args(bool look), tasks(child a),
      vars(struct async_as_completed each; async_task * t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, 1, -EIO);
    ASYNC_FOR(self->t, &self->each, async_as_completed, ASYNC_TASKS(&self->a), ASYNC_FOREVER)
        if (self->look) CHECK_INT(async_task_error(self->t), -EIO);
    ASYNC_END
}
TEST(X2_an_error_that_nobody_looked_at_is_reported)
{
    CHECK_INT(run_virtual(unseen, true), 0);
    CHECK_INT(test_reports, 0);
    CHECK_INT(run_virtual(unseen, false), 0);
    CHECK_INT(test_reports, 1);
}
