/* shield, by the rules SH1 to SH4 of asyncio, and O6. */
#include "test.h"

#include "sets.h"

ASYNC(void, behind, args(async_task *on), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_shield, self->on);
    ASYNC_CATCH_ALL(self->e) {}
    trace("%s at %d, ", name_of(self->e), now_ms());
    if (self->e) ASYNC_RAISE(self->e);
    ASYNC_END
}

ASYNC(void, cancelled_outside, tasks(child t, behind s))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, child, 3, 0);
    ASYNC_SPAWN(&self->s, behind, &self->t.task);
    AWAIT(async_sleep, ASYNC_MS(1));
    async_task_cancel(&self->s.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->s));
    CHECK_INT(async_task_cancelling(&self->t.task), 0);
    AWAIT(async_shield, &self->t.task); /* SH4: it can be awaited again */
    CHECK_INT(now_ms(), 3);
    CHECK_INT(ASYNC_RESULT(&self->t), 3);
    AWAIT(async_shield, &self->t.task); /* and when it is done */
    ASYNC_END
}
TEST(SH1_a_cancel_of_the_one_who_waits_leaves_the_task_alone)
{
    CHECK_INT(run_virtual(cancelled_outside), 0);
    CHECK_TRACE("cancelled at 1, ");
}

ASYNC(void, cancelled_inside, tasks(child t, behind s))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, child, 3, 0);
    ASYNC_SPAWN(&self->s, behind, &self->t.task);
    AWAIT(async_sleep, ASYNC_MS(1));
    async_task_cancel(&self->t.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->s));
    CHECK(async_task_cancelled(&self->s.task));
    CHECK_INT(async_task_cancelling(&self->s.task), 0);
    ASYNC_END
}
TEST(SH2_a_cancel_of_the_task_is_raised)
{
    CHECK_INT(run_virtual(cancelled_inside), 0);
    CHECK_TRACE("cancelled at 1, ");
}

static int say(void *text)
{
    trace("%s ", (const char *)text);
    return 0;
}
static char tick1[] = "1", tick2[] = "2", tick3[] = "3";
ASYNC(void, passes, tasks(child t, child u), vars(async_call c[2]; int e))
{
    async_loop *const loop = async_get_running_loop();
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, child, 1, 0);
    async_task_add_done_callback(&self->t.task, &self->c[0], say, tick1);
    AWAIT(async_shield, &self->t.task);
    async_call_soon(loop, &self->c[0], say, tick3);
    AWAIT(async_shield, &self->t.task); /* done: no tick goes by */
    trace("2 ");
    CHECK_INT(ASYNC_RESULT(&self->t), 1);
    ASYNC_SPAWN(&self->u, child, 1, -EIO);
    AWAIT_ERR(self->e, async_shield, &self->u.task);
    CHECK_INT(self->e, -EIO);
    CHECK_STR(async_error_text(), "a text");
    AWAIT_ERR(self->e, async_shield, &self->u.task);
    CHECK_INT(self->e, -EIO);
    trace("%s\n", tick2);
    ASYNC_END
}
TEST(SH3_result_and_error_pass_and_a_done_one_does_not_suspend)
{
    CHECK_INT(run_virtual(passes), 0);
    CHECK_TRACE("1 2 3 2\n");
    CHECK_INT(test_reports, 0);
}

ASYNC(void, in_gather, tasks(child t, child u, behind s), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, child, 3, 0);
    ASYNC_SPAWN(&self->u, child, 3, 0);
    ASYNC_SPAWN(&self->s, behind, &self->t.task);
    AWAIT(async_gather, ASYNC_TASKS(&self->u, &self->s));
    ASYNC_END
}
TEST(SH4_inside_a_gather_that_is_cancelled)
{
    if (ASYNCC_FREESTANDING) SKIP("a bare loop has no single ticks");
    static ASYNC_TASK(in_gather) g;
    memset(&g, 0, sizeof g);
    sets_begin();
    ASYNC_SPAWN_ON(&sets_loop, &g, in_gather);
    (void)sets_tick(&g.task, 3);
    async_task_cancel(&g.task);
    (void)sets_tick(&g.task, 2);
    CHECK(async_task_cancelled(&g.frame_.u.task) && async_task_cancelled(&g.frame_.s.task));
    CHECK(!async_task_done(&g.frame_.t.task) && !async_task_cancelling(&g.frame_.t.task));
    (void)async_loop_run_until_complete(&sets_loop, &g.task);
    sets_end();
}

ASYNC(void, in_timeout, tasks(child t), vars(async_timeout limit; int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, child, 3, 0);
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->limit, ASYNC_MS(1)) AWAIT(async_shield, &self->t.task);
    }
    ASYNC_CATCH(self->e) CHECK_INT(self->e, -ETIMEDOUT);
    CHECK_INT(now_ms(), 1);
    AWAIT(async_join, &self->t.task);
    CHECK_INT(now_ms(), 3);
    ASYNC_END
}
TEST(O6_a_timeout_ends_the_wait_and_not_the_task)
{
    CHECK_INT(run_virtual(in_timeout), 0);
}

ASYNC(void, itself, vars(int e))
{
    ASYNC_BEGIN
    AWAIT_ERR(self->e, async_shield, async_current_task());
    CHECK_INT(self->e, -EDEADLK);
    ASYNC_END
}
TEST(a_shield_of_oneself)
{
    CHECK_INT(run_virtual(itself), 0);
}

/* Cancelled in the tick in which the task ended, it wakes in the next, before what is queued then. */
ASYNC(void, just_done, tasks(child t, behind s), vars(async_call c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, child, 1, 0);
    ASYNC_SPAWN(&self->s, behind, &self->t.task);
    AWAIT(async_join, &self->t.task);
    CHECK(!async_task_done(&self->s.task));
    async_task_cancel(&self->s.task);
    async_call_soon(async_get_running_loop(), &self->c, say, tick1);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancelled(&self->s.task));
    ASYNC_END
}
TEST(SH1_cancelled_when_the_task_has_just_ended)
{
    CHECK_INT(run_virtual(just_done), 0);
    CHECK_TRACE("cancelled at 1, 1 ");
}

/* Cancelled at every tick, also between the task's end and the turn of the one who waits. */
TEST(SH1_cancelled_at_every_tick)
{
    if (ASYNCC_FREESTANDING) SKIP("a bare loop has no single ticks");
    static ASYNC_TASK(behind) s;
    static ASYNC_TASK(join) j;
    int k, heap, steps = 0;
    for (heap = 0; heap < 2; heap++)
        for (k = 0;; k++) {
            static ASYNC_TASK(child) mine;
            ASYNC_TASK(child) *t = &mine;
            memset(&mine, 0, sizeof mine);
            memset(&s, 0, sizeof s);
            memset(&j, 0, sizeof j);
            sets_begin();
            if (heap) t = ASYNC_SPAWN_NEW(child, 2, 0);
            else ASYNC_SPAWN_ON(&sets_loop, t, child, 2, 0);
            ASYNC_SPAWN_ON(&sets_loop, &s, behind, &t->task);
            ASYNC_SPAWN_ON(&sets_loop, &j, join, &t->task);
            (void)sets_tick(&s.task, k);
            if (async_task_done(&s.task)) {
                (void)async_loop_run_until_complete(&sets_loop, &j.task);
                sets_end();
                break;
            }
            steps++;
            async_task_cancel(&s.task);
            (void)async_loop_run_until_complete(&sets_loop, &s.task);
            CHECK(async_task_cancelled(&s.task));
            (void)async_loop_run_until_complete(&sets_loop, &j.task);
            CHECK_INT(j.frame_.e, 0);
            if (!heap) CHECK_INT(ASYNC_RESULT(t), 2);
            sets_end();
        }
    CHECK(steps > 6);
}

/* X2: after a cancel nobody waits for the task; its error is reported. */
ASYNC(void, unseen, tasks(child t, behind s))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, child, 3, -EIO);
    ASYNC_SPAWN(&self->s, behind, &self->t.task);
    AWAIT(async_sleep, ASYNC_MS(1));
    async_task_cancel(&self->s.task);
    AWAIT(async_sleep, ASYNC_MS(5));
    ASYNC_END
}
TEST(X2_an_error_after_the_cancel_is_reported)
{
    CHECK_INT(run_virtual(unseen), 0);
    CHECK_INT(test_reports, 1);
    CHECK_STR(test_last_report, "error of a task was never retrieved");
}

/* Closed at any moment, also between the end of the task and the turn of who waits for it. */
ASYNC(void, behind_new, vars(ASYNC_TASK(child) * t))
{
    ASYNC_BEGIN
    self->t = ASYNC_SPAWN_NEW(child, 1, 0);
    CHECK(self->t);
    AWAIT(async_shield, &self->t->task);
    ASYNC_END
}
TEST(shield_gives_all_back_when_the_loop_is_closed)
{
    if (ASYNCC_FREESTANDING) SKIP("a bare loop is not closed");
    static ASYNC_TASK(behind_new) task;
    int ticks, i;
    for (ticks = 1; ticks < 8; ticks++) {
        memset((void *)&task, 0, sizeof task);
        sets_begin();
        CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, &task, behind_new), 0);
        for (i = 0; i < ticks; i++) CHECK_INT(async_loop_tick(&sets_loop), 0);
        CHECK_INT(async_loop_close(&sets_loop), 0);
        CHECK_INT(sets_blocks, 0);
    }
    CHECK(async_task_done(&task.task));
}
