/* wait, by the rules W1 to W6 of asyncio: what it waits for, what it answers, and that it leaves
 * alone whom it waits for. */
#include "test.h"

#include "sets.h"

static char states[8];
static const char *state_of(ASYNC_TASK(child) * t, int n)
{
    int i;
    for (i = 0; i < n; i++)
        states[i] =
            async_task_done(&t[i].task) ? async_task_cancelled(&t[i].task) ? 'c' : 'd' : '-';
    states[n] = 0;
    return states;
}

/* Waits for three in one way, and says how that went. */
ASYNC(void, waits, args(int when, int timeout_ms, int error), tasks(child t[3]), vars(int n))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t[0], child, 3, 0);
    ASYNC_SPAWN(&self->t[1], child, 2, self->error);
    ASYNC_SPAWN(&self->t[2], child, 1, 0);
    AWAIT_TO(self->n, async_wait, ASYNC_TASK_ARRAY(self->t), self->when,
             self->timeout_ms < 0 ? ASYNC_FOREVER : ASYNC_MS(self->timeout_ms));
    trace("%d %s at %d\n", self->n, state_of(self->t, 3), now_ms());
    for (self->n = 0; self->n < 3; self->n++)
        CHECK_INT(async_task_cancelling(&self->t[self->n].task), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->t));
    CHECK_INT(now_ms(), 3); /* nobody was cancelled */
    CHECK_INT(async_task_error(&self->t[1].task), self->error);
    ASYNC_END
}
TEST(W1_waits_for_all_and_raises_nothing)
{
    CHECK_INT(run_virtual(waits, ASYNC_ALL_COMPLETED, -1, 0), 0);
    CHECK_INT(run_virtual(waits, ASYNC_ALL_COMPLETED, -1, -EIO), 0);
    CHECK_TRACE("3 ddd at 3\n3 ddd at 3\n");
}
TEST(W2_the_first)
{
    CHECK_INT(run_virtual(waits, ASYNC_FIRST_COMPLETED, -1, 0), 0);
    CHECK_TRACE("1 --d at 1\n");
}
TEST(W2_the_first_with_an_error_or_all)
{
    CHECK_INT(run_virtual(waits, ASYNC_FIRST_EXCEPTION, -1, -EIO), 0);
    CHECK_INT(run_virtual(waits, ASYNC_FIRST_EXCEPTION, -1, 0), 0);
    CHECK_TRACE("2 -dd at 2\n3 ddd at 3\n");
}
TEST(W3_what_is_done_when_the_timeout_comes)
{
    CHECK_INT(run_virtual(waits, ASYNC_ALL_COMPLETED, 0, 0), 0);
    CHECK_INT(run_virtual(waits, ASYNC_ALL_COMPLETED, 1, -EIO), 0);
    CHECK_INT(run_virtual(waits, ASYNC_FIRST_EXCEPTION, 2, 0), 0);
    CHECK_INT(run_virtual(waits, ASYNC_ALL_COMPLETED, 7, 0), 0);
    CHECK_TRACE("0 --- at 0\n0 --- at 1\n1 --d at 2\n3 ddd at 3\n");
}

ASYNC(void, cancelled_child, tasks(child t[2]), vars(int n))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t[0], child, 3, 0);
    ASYNC_SPAWN(&self->t[1], child, 9, 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    async_task_cancel(&self->t[1].task);
    AWAIT_TO(self->n, async_wait, ASYNC_TASK_ARRAY(self->t), ASYNC_FIRST_COMPLETED, ASYNC_FOREVER);
    trace("%d %s at %d\n", self->n, state_of(self->t, 2), now_ms());
    ASYNC_SPAWN(&self->t[1], child, 9, 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    async_task_cancel(&self->t[1].task);
    AWAIT_TO(self->n, async_wait, ASYNC_TASK_ARRAY(self->t), ASYNC_FIRST_EXCEPTION, ASYNC_FOREVER);
    trace("%d %s at %d\n", self->n, state_of(self->t, 2), now_ms());
    ASYNC_END
}
TEST(W2_a_cancelled_one_counts_as_completed_and_not_as_an_error)
{
    CHECK_INT(run_virtual(cancelled_child), 0);
    CHECK_TRACE("1 -c at 1\n2 dc at 3\n");
}

ASYNC(void, wrong, tasks(child t[1]), vars(int e))
{
    ASYNC_BEGIN
    AWAIT_ERR(self->e, async_wait, ASYNC_TASK_SLICE(self->t, 0), ASYNC_ALL_COMPLETED,
              ASYNC_FOREVER);
    CHECK_INT(self->e, -EINVAL);
    ASYNC_SPAWN(&self->t[0], child, 0, 0);
    AWAIT_ERR(self->e, async_wait, ASYNC_TASK_ARRAY(self->t), 3, ASYNC_FOREVER);
    CHECK_INT(self->e, -EINVAL);
    AWAIT_ERR(self->e, async_wait, ASYNC_TASK_ARRAY(self->t), -1, ASYNC_FOREVER);
    CHECK_INT(self->e, -EINVAL);
    ASYNC_END
}
TEST(W5_no_tasks_or_no_such_way)
{
    CHECK_INT(run_virtual(wrong), 0);
}
ASYNC(void, unborn, tasks(child t[1]))
{
    ASYNC_BEGIN
    AWAIT(async_wait, ASYNC_TASK_ARRAY(self->t), ASYNC_ALL_COMPLETED, ASYNC_FOREVER);
    ASYNC_END
}
TEST(W5_a_task_that_was_never_spawned)
{
    CHECK_PANIC("waits for a task that was never spawned", run_virtual(unborn));
}

ASYNC(void, twice, tasks(child a, child b, join j), vars(int n))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, 1, 0);
    ASYNC_SPAWN(&self->b, child, 2, 0);
    AWAIT_TO(self->n, async_wait, ASYNC_TASKS(&self->a, &self->b, &self->a, &self->a),
             ASYNC_ALL_COMPLETED, ASYNC_FOREVER);
    trace("%d at %d\n", self->n, now_ms());
    /* also when they have ended, and when they have nodes, since others wait */
    AWAIT_TO(self->n, async_wait, ASYNC_TASKS(&self->a, &self->b, &self->b, &self->a),
             ASYNC_ALL_COMPLETED, ASYNC_FOREVER);
    ASYNC_SPAWN(&self->a, child, 1, 0);
    ASYNC_SPAWN(&self->j, join, &self->a.task);
    AWAIT(async_sleep, ASYNC_MS(0));
    AWAIT_TO(self->n, async_wait, ASYNC_TASKS(&self->a, &self->a), ASYNC_ALL_COMPLETED,
             ASYNC_FOREVER);
    trace("%d at %d\n", self->n, now_ms());
    ASYNC_END
}
TEST(W5_a_task_named_twice_counts_once)
{
    CHECK_INT(run_virtual(twice), 0);
    CHECK_TRACE("2 at 2\n1 at 3\n");
}

/* One that ends between the wake and the turn of the one who waits counts. */
ASYNC(void, really_done, vars(int n; async_future f), tasks(child a, join b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, 1, 0);
    ASYNC_SPAWN(&self->b, join, &self->a.task);
    AWAIT(async_sleep, ASYNC_MS(0));
    AWAIT_TO(self->n, async_wait, ASYNC_TASKS(&self->a, &self->b), ASYNC_FIRST_COMPLETED,
             ASYNC_FOREVER);
    CHECK_INT(self->n, 2);
    ASYNC_END
}
TEST(W6_counted_at_the_last_moment)
{
    CHECK_INT(run_virtual(really_done), 0);
}

static int say(void *text)
{
    trace("%s ", (const char *)text);
    return 0;
}
static char tick1[] = "1", tick2[] = "2", tick3[] = "3";
ASYNC(void, all_done, tasks(child a), vars(async_call c[3]))
{
    async_loop *const loop = async_get_running_loop();
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, 0, 0);
    AWAIT(async_join, &self->a.task);
    async_call_soon(loop, &self->c[0], say, tick1);
    async_task_add_done_callback(&self->a.task, &self->c[1], say, tick2);
    AWAIT(async_wait, ASYNC_TASKS(&self->a), ASYNC_ALL_COMPLETED, ASYNC_FOREVER);
    trace("waited ");
    async_call_soon(loop, &self->c[2], say, tick3);
    ASYNC_END
}
TEST(W1_of_what_is_done_takes_its_two_ticks)
{
    CHECK_INT(run_virtual(all_done), 0);
    CHECK_TRACE("1 2 waited 3 ");
}

/* It was to be told of one that had ended already, and is cancelled before: that one is free. */
ASYNC(void, waits_for, args(async_task *a, async_task *b), vars(async_task *t[2]))
{
    ASYNC_BEGIN
    self->t[0] = self->a;
    self->t[1] = self->b;
    AWAIT(async_wait, ASYNC_TASK_POINTERS(self->t, 2), ASYNC_ALL_COMPLETED, ASYNC_FOREVER);
    ASYNC_END
}
ASYNC(void, again, tasks(child a, child b, waits_for w))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, 0, 0);
    ASYNC_SPAWN(&self->b, child, 5, 0);
    AWAIT(async_join, &self->a.task);
    ASYNC_SPAWN(&self->w, waits_for, &self->a.task, &self->b.task);
    AWAIT(async_sleep, ASYNC_MS(0));
    async_task_cancel(&self->w.task);
    ASYNC_SPAWN(&self->a, child, 1, 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b, &self->w));
    CHECK_INT(ASYNC_RESULT(&self->a), 1);
    ASYNC_END
}
TEST(W4_after_a_cancel_a_task_that_had_ended_can_be_spawned_at_once)
{
    CHECK_INT(run_virtual(again), 0);
}

/* --- cancelled at every tick, with every kind of child --- */

enum { KIDS = 6 };
static ASYNC_TASK(child) kids[KIDS];
static ASYNC_TASK(join) joiner;
ASYNC(int, waiter, args(int when, int timeout_ms), vars(int n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_wait, ASYNC_TASK_ARRAY(kids), self->when, ASYNC_MS(self->timeout_ms));
    ASYNC_RETURN(self->n);
    ASYNC_END
}
static ASYNC_TASK(waiter) first, second;
static void begin(int when, int timeout_ms)
{
    int i;
    memset(kids, 0, sizeof kids);
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    memset(&joiner, 0, sizeof joiner);
    sets_begin();
    for (i = 0; i < KIDS; i++)
        CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, &kids[i], child, i, i == 3 ? -EIO : 0), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, &joiner, join, &kids[4].task), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, &first, waiter, when, timeout_ms), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, &second, waiter, when, timeout_ms), 0);
}
TEST(W4_cancelled_at_every_tick_it_leaves_all_alone)
{
    if (ASYNCC_FREESTANDING) SKIP("a bare loop has no single ticks");
    int when, k, i, steps = 0;
    for (when = ASYNC_ALL_COMPLETED; when <= ASYNC_FIRST_EXCEPTION; when++)
        for (k = 0;; k++) {
            begin(when, k % 5 ? 100 : 3);
            (void)sets_tick(&first.task, k);
            if (async_task_done(&first.task)) {
                (void)async_loop_run_until_complete(&sets_loop, &kids[5].task);
                sets_end();
                break;
            }
            steps++;
            CHECK(async_task_cancel(&first.task));
            (void)async_loop_run_until_complete(&sets_loop, &first.task);
            CHECK(async_task_cancelled(&first.task));
            CHECK_INT(async_loop_run_until_complete(&sets_loop, &kids[5].task), 0);
            CHECK_INT(async_loop_run_until_complete(&sets_loop, &second.task), 0);
            for (i = 0; i < KIDS; i++) {
                CHECK(async_task_done(&kids[i].task));
                CHECK_INT(async_task_cancelling(&kids[i].task), 0);
                CHECK_INT(async_task_error(&kids[i].task), i == 3 ? -EIO : 0);
            }
            sets_end();
        }
    CHECK(steps > 10);
}
TEST(closing_the_loop_in_the_middle_gives_everything_back)
{
    int k;
    for (k = 0; k < 12; k++) {
        begin(ASYNC_ALL_COMPLETED, 100);
        (void)sets_tick(&first.task, k);
        sets_end();
    }
}

TEST(no_child_needs_memory_unless_somebody_else_waits_for_it)
{
    memset(kids, 0, sizeof kids);
    sets_begin();
    {
        int i;
        for (i = 0; i < KIDS; i++) ASYNC_SPAWN_ON(&sets_loop, &kids[i], child, i, 0);
    }
    memset(&first, 0, sizeof first);
    ASYNC_SPAWN_ON(&sets_loop, &first, waiter, ASYNC_ALL_COMPLETED, 100);
    CHECK_INT(async_loop_run_until_complete(&sets_loop, &first.task), 0);
    CHECK_INT(ASYNC_RESULT(&first), KIDS);
    CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, &first, waiter, ASYNC_ALL_COMPLETED, 100), 0);
    CHECK_INT(async_loop_run_until_complete(&sets_loop, &first.task), 0); /* all have ended */
    CHECK_INT(sets_calls, 0);
    sets_end();
}
TEST(without_memory_it_says_so_and_leaves_no_trace)
{
    begin(ASYNC_ALL_COMPLETED, 100);
    sets_fail_at = 0;
    (void)async_loop_run_until_complete(&sets_loop, &first.task);
    CHECK_INT(async_task_error(&first.task), -ENOMEM);
    sets_fail_at = -1;
    CHECK_INT(async_loop_run_until_complete(&sets_loop, &second.task), 0);
    CHECK_INT(ASYNC_RESULT(&second), KIDS);
    sets_end();
}

/* X2: whose error nobody looks at is reported; wait does not look, FIRST_EXCEPTION does. */
ASYNC(void, unseen, args(int when, bool look), tasks(child a, child b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, 1, -EIO);
    ASYNC_SPAWN(&self->b, child, 2, 0);
    AWAIT(async_wait, ASYNC_TASKS(&self->a, &self->b), self->when, ASYNC_FOREVER);
    if (self->look) CHECK_INT(async_task_error(&self->a.task), -EIO);
    ASYNC_END
}
TEST(X2_an_error_that_nobody_looked_at_is_reported)
{
    CHECK_INT(run_virtual(unseen, ASYNC_ALL_COMPLETED, true), 0);
    CHECK_INT(test_reports, 0);
    CHECK_INT(run_virtual(unseen, ASYNC_FIRST_EXCEPTION, false), 0);
    CHECK_INT(test_reports, 0);
    CHECK_INT(run_virtual(unseen, ASYNC_ALL_COMPLETED, false), 0);
    CHECK_INT(test_reports, 1);
    CHECK_STR(test_last_report, "error of a task was never retrieved");
}

/* The second who waits is told by a node of its own, which looks as little. */
ASYNC(void, looks_away, args(async_task *on))
{
    ASYNC_BEGIN
    AWAIT(async_wait, ASYNC_TASK_POINTERS(&self->on, 1), ASYNC_ALL_COMPLETED, ASYNC_FOREVER);
    ASYNC_END
}
ASYNC(void, unseen_by_two, tasks(child a, looks_away w[2]))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child, 1, -EIO);
    ASYNC_SPAWN(&self->w[0], looks_away, &self->a.task);
    ASYNC_SPAWN(&self->w[1], looks_away, &self->a.task);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->w));
    ASYNC_END
}
TEST(X2_nor_does_a_second_wait_look)
{
    CHECK_INT(run_virtual(unseen_by_two), 0);
    CHECK_INT(test_reports, 1);
    CHECK_STR(test_last_report, "error of a task was never retrieved");
}

/* A member of a group fails and the group cancels the one who waits, at the moment at which the
 * member was to tell it. */
ASYNC(void, in_group, tasks(child t[2]), vars(async_group tg; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) {
            ASYNC_SPAWN_IN(&self->tg, &self->t[0], child, 1, -EIO);
            ASYNC_SPAWN_IN(&self->tg, &self->t[1], child, 9, 0);
            AWAIT(async_wait, ASYNC_TASK_ARRAY(self->t), ASYNC_FIRST_COMPLETED, ASYNC_FOREVER);
        }
    }
    ASYNC_CATCH(self->e) trace("%s at %d\n", name_of(self->e), now_ms());
    ASYNC_END
}
TEST(W4_cancelled_by_the_group_of_its_child)
{
    CHECK_INT(run_virtual(in_group), 0);
    CHECK_TRACE("EIO at 1\n");
}

/* Tasks of the allocator stay until the one who waited has had its turn. */
ASYNC(void, of_the_allocator, vars(async_task *t[2]; int n))
{
    ASYNC_BEGIN
    self->t[0] = &ASYNC_SPAWN_NEW(child, 1, 0)->task;
    self->t[1] = &ASYNC_SPAWN_NEW(child, 2, 0)->task;
    AWAIT_TO(self->n, async_wait, ASYNC_TASK_POINTERS(self->t, 2), ASYNC_FIRST_COMPLETED,
             ASYNC_FOREVER);
    CHECK_INT(self->n, 1);
    CHECK_INT(ASYNC_RESULT(ASYNC_TASK_AS(child, self->t[0])), 1);
    AWAIT_TO(self->n, async_wait, ASYNC_TASK_POINTERS(self->t + 1, 1), ASYNC_ALL_COMPLETED,
             ASYNC_SEC(1));
    CHECK_INT(self->n, 1);
    CHECK_INT(ASYNC_RESULT(ASYNC_TASK_AS(child, self->t[1])), 2);
    ASYNC_END
}
TEST(tasks_of_the_allocator)
{
    CHECK_INT(run_virtual(of_the_allocator), 0);
}
