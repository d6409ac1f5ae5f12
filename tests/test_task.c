/* Tasks by the rules T1 to T13 of asyncio, and what becomes of their errors: X1 to X3. (T2 and
 * T12 have no counterpart: there are no coroutine objects, and a task has the loop of its thread.
 * X4 is test_finally.c, T11 is what test_cancel.c and test_gather.c try to break.) */
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

static int say(void *text)
{
    trace("%s\n", (const char *)text);
    return 0;
}
static char call_1[] = "call 1", call_2[] = "call 2";

ASYNC(int, says, args(const char *name, int error))
{
    ASYNC_BEGIN
    trace("%s\n", self->name);
    if (self->error) ASYNC_RAISE(self->error);
    ASYNC_RETURN(7);
    ASYNC_END
}
ASYNC(void, sleeps, args(int ms))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_END
}
ASYNC(void, fails, args(int ms, int error))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_RAISE(self->error);
    ASYNC_END
}
ASYNC(void, joins, args(const char *name, async_task *on), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_join, self->on);
    ASYNC_CATCH_ALL(self->e) {}
    trace("%s: %s\n", self->name, name_of(self->e));
    ASYNC_END
}

ASYNC(void, t1, tasks(says a, says b, says c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->b, says, "b", 0);
    ASYNC_SPAWN(&self->a, says, "a", 0);
    ASYNC_SPAWN(&self->c, says, "c", 0);
    trace("spawned\n");
    CHECK(!async_task_done(&self->a.task));
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_done(&self->a.task) && async_task_done(&self->b.task) &&
          async_task_done(&self->c.task));
    ASYNC_END
}
TEST(T1_first_step_on_the_next_tick_in_order)
{
    CHECK_INT(run_virtual(t1), 0);
    CHECK_TRACE("spawned\nb\na\nc\n");
}

ASYNC(void, spawns_twice, tasks(sleeps a))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, sleeps, 1);
    ASYNC_SPAWN(&self->a, sleeps, 1);
    ASYNC_END
}
ASYNC(void, spawns_again, tasks(sleeps a))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, sleeps, 1);
    AWAIT(async_join, &self->a.task);
    ASYNC_SPAWN(&self->a, sleeps, 1);
    AWAIT(async_join, &self->a.task);
    CHECK_INT(now_ms(), 2);
    ASYNC_END
}
TEST(T2_memory_of_a_task_is_for_one_task_at_a_time)
{
    CHECK_PANIC("coroutine `sleeps`", run_virtual(spawns_twice));
    CHECK_INT(run_virtual(spawns_again), 0);
}

/* A call chain runs in one step when nothing in it waits. */
ASYNC(int, deep_1, args(int x, bool fail))
{
    ASYNC_BEGIN
    if (self->fail) ASYNC_RAISE(-EIO);
    ASYNC_RETURN(self->x + 1);
    ASYNC_END
}
#define DEEPER(name, next)                                                                         \
    ASYNC(int, name, args(int x, bool fail), vars(int y), awaits(next))                            \
    {                                                                                              \
        ASYNC_BEGIN                                                                                \
        AWAIT_TO(self->y, next, self->x, self->fail);                                              \
        ASYNC_RETURN(self->y + 1);                                                                 \
        ASYNC_END                                                                                  \
    }
DEEPER(deep_2, deep_1)
DEEPER(deep_3, deep_2)
DEEPER(deep_4, deep_3)
ASYNC(void, t3, tasks(says other), vars(int x; int e), awaits(deep_4))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->other, says, "other", 0);
    AWAIT_TO(self->x, deep_4, 10, false);
    trace("%d\n", self->x);
    AWAIT_TO_ERR(self->x, self->e, deep_4, 10, true);
    trace("%s\n", name_of(self->e));
    AWAIT(async_join, &self->other.task);
    ASYNC_END
}
TEST(T3_await_runs_the_callee_at_once)
{
    CHECK_INT(run_virtual(t3), 0);
    CHECK_TRACE("14\nEIO\nother\n");
}

ASYNC(void, t4, tasks(says done, says bad, says other), vars(int e; async_future f))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->done, says, "done", 0);
    ASYNC_SPAWN(&self->bad, says, "bad", -EIO);
    AWAIT(async_sleep, ASYNC_MS(0));
    (void)async_future_set(&self->f);
    ASYNC_SPAWN(&self->other, says, "other", 0);
    AWAIT(async_join, &self->done.task);
    AWAIT(async_future_wait, &self->f);
    AWAIT_ERR(self->e, async_join, &self->bad.task);
    trace("%d, %s\n", ASYNC_RESULT(&self->done), name_of(self->e));
    AWAIT(async_join, &self->other.task);
    ASYNC_END
}
TEST(T4_await_of_what_is_done_does_not_yield)
{
    CHECK_INT(run_virtual(t4), 0);
    CHECK_TRACE("done\nbad\n7, EIO\nother\n");
}

ASYNC(void, t5, tasks(says t, joins a, joins b, joins c, joins d),
      vars(async_call one; async_call two))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, joins, "a", &self->t.task);
    ASYNC_SPAWN(&self->t, says, "t", 0);
    ASYNC_SPAWN(&self->b, joins, "b", &self->t.task); /* too late: it has ended by then */
    CHECK_INT(async_task_add_done_callback(&self->t.task, &self->one, say, call_1), 0);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(async_task_add_done_callback(&self->t.task, &self->two, say, call_2), 0);
    CHECK_INT(async_task_add_done_callback(&self->t.task, &self->two, say, call_2), -EBUSY);
    AWAIT(async_sleep, ASYNC_MS(0));
    trace("main\n");
    ASYNC_END
}
TEST(T5_who_waits_is_told_on_the_next_tick_in_order)
{
    CHECK_INT(run_virtual(t5), 0);
    CHECK_TRACE("t\nb: ok\ncall 1\na: ok\ncall 2\nmain\n");
}

ASYNC(void, t6, tasks(says a, says b, says c, sleeps v))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, says, "a", 0);
    ASYNC_SPAWN(&self->b, says, "b", ASYNC_EUSER - 3);
    ASYNC_SPAWN(&self->c, says, "c", ASYNC_CANCELED);
    ASYNC_SPAWN(&self->v, sleeps, 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b, &self->c, &self->v));
    CHECK_INT(ASYNC_RESULT(&self->a), 7);
    CHECK_INT(async_task_error(&self->a.task), 0);
    CHECK_INT(async_task_error(&self->v.task), 0);
    CHECK_INT(async_task_error(&self->b.task), ASYNC_EUSER - 3);
    CHECK(!async_task_cancelled(&self->a.task) && !async_task_cancelled(&self->b.task));
    CHECK(async_task_cancelled(&self->c.task));
    CHECK_STR(async_task_name(&self->v.task), "sleeps");
    ASYNC_END
}
TEST(T6_value_error_cancellation)
{
    CHECK_INT(run_virtual(t6), 0);
}

ASYNC(void, t7, args(int what), tasks(says a, says b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, says, "a", 0);
    ASYNC_SPAWN(&self->b, says, "b", -EIO);
    CHECK_INT(async_task_error(&self->a.task), -EINPROGRESS);
    if (self->what == 1) (void)ASYNC_RESULT(&self->a);
    AWAIT(async_sleep, ASYNC_MS(0));
    if (self->what == 2) (void)ASYNC_RESULT(&self->b);
    CHECK_INT(async_task_error(&self->b.task), -EIO);
    ASYNC_END
}
TEST(T7_no_result_yet)
{
    CHECK_INT(run_virtual(t7, 0), 0);
    CHECK_PANIC("test_task.c", run_virtual(t7, 1));
    CHECK_PANIC("test_task.c", run_virtual(t7, 2));
}

/* What joins itself hears of it a tick later, and may go on. */
ASYNC(void, t8, tasks(says other), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->other, says, "other", 0);
    AWAIT_ERR(self->e, async_join, async_current_task());
    trace("joined itself\n");
    CHECK_INT(self->e, -EDEADLK);
    AWAIT_ERR(self->e, async_wait_for, async_current_task(), ASYNC_MS(5));
    CHECK_INT(self->e, -EDEADLK);
    AWAIT(async_sleep, ASYNC_MS(10));
    ASYNC_END
}
TEST(T8_a_task_that_awaits_itself)
{
    CHECK_INT(run_virtual(t8), 0);
    CHECK_TRACE("other\njoined itself\n");
}

static int in_a_callback(void *unused)
{
    (void)unused;
    trace("%s\n", async_current_task() ? "a task" : "no task");
    return 0;
}
ASYNC(void, sees_itself, args(async_task *me, int ms), vars(async_call call))
{
    ASYNC_BEGIN
    CHECK(async_current_task() == self->me);
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    CHECK(async_current_task() == self->me);
    async_call_soon(async_get_running_loop(), &self->call, in_a_callback, NULL);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_current_task() == self->me);
    ASYNC_END
}
ASYNC(void, t9, tasks(sees_itself a, sees_itself b, says done),
      vars(async_task *all[5]; async_task * me))
{
    ASYNC_BEGIN
    self->me = async_current_task();
    ASYNC_SPAWN(&self->a, sees_itself, &self->a.task, 1);
    CHECK(async_current_task() == self->me);
    ASYNC_SPAWN_EAGER(&self->b, sees_itself, &self->b.task, 1);
    CHECK(async_current_task() == self->me);
    ASYNC_SPAWN_EAGER(&self->done, says, "done", 0);
    CHECK_INT((int)async_all_tasks(async_get_running_loop(), self->all, 5), 3);
    CHECK((self->all[0] == self->me) + (self->all[1] == self->me) + (self->all[2] == self->me) ==
          1);
    CHECK_INT((int)async_all_tasks(async_get_running_loop(), NULL, 0), 3);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    CHECK_INT((int)async_all_tasks(async_get_running_loop(), self->all, 1), 1);
    CHECK(self->all[0] == self->me);
    ASYNC_END
}
TEST(T9_current_task_and_all_tasks)
{
    CHECK(async_current_task() == NULL);
    CHECK_INT(run_virtual(t9), 0);
    CHECK_TRACE("done\nno task\nno task\n");
    CHECK(async_current_task() == NULL);
}

ASYNC(void, nests)
{
    ASYNC_BEGIN
    CHECK_INT(ASYNC_RUN(nests), 1);
    CHECK_INT(async_loop_run_forever(async_get_running_loop()), -EBUSY);
    CHECK_INT(async_loop_run_until_complete(async_get_running_loop(), async_current_task()),
              -EBUSY);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
TEST(T10_no_step_inside_a_step)
{
    if (ASYNCC_FREESTANDING) SKIP("a bare loop may run inside another");
    CHECK_INT(run_virtual(nests), 0);
    CHECK_PRINTED("nests");
}

/* Eager tasks: their first step is now, as that of CPython's eager task factory. */
ASYNC(void, eager, tasks(says a, says b, joins j, fails f), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, says, "a", 0);
    ASYNC_SPAWN_EAGER(&self->b, says, "b", -EIO);
    CHECK(async_task_done(&self->b.task));
    trace("main\n");
    AWAIT_ERR(self->e, async_join, &self->b.task);
    CHECK_INT(self->e, -EIO);
    ASYNC_SPAWN_EAGER(&self->j, joins, "j", &self->a.task);
    AWAIT(async_join, &self->j.task);
    ASYNC_SPAWN_EAGER(&self->f, fails, 1, -EIO);
    (void)async_task_cancel(&self->f.task);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancelled(&self->f.task));
    ASYNC_END
}
/* Woken and then cancelled: it has started, so its cleanup runs. */
ASYNC(void, waits, args(async_future *f))
{
    ASYNC_BEGIN
    ASYNC_DO
        AWAIT(async_future_wait, self->f);
    ASYNC_FINALLY
        trace("cleanup\n");
    ASYNC_END
}
ASYNC(void, eager_cancelled, tasks(waits w), vars(async_future f))
{
    ASYNC_BEGIN
    ASYNC_SPAWN_EAGER(&self->w, waits, &self->f);
    (void)async_future_set(&self->f);
    CHECK(async_task_cancel(&self->w.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->w));
    CHECK(async_task_cancelled(&self->w.task));
    ASYNC_END
}
TEST(T1_eager_task_cancelled_when_woken)
{
    CHECK_INT(run_virtual(eager_cancelled), 0);
    CHECK_TRACE("cleanup\n");
}
TEST(T1_eager_tasks)
{
    CHECK_INT(run_virtual(eager), 0);
    CHECK_TRACE("b\nmain\na\nj: ok\n");
    CHECK_INT(test_reports, 0);
}

/* A frame with tasks ends after them, whichever way they and it end, and whoever else waits. */
ASYNC(int, ends_late, args(int error, bool swallow), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_sleep, ASYNC_SEC(9));
    }
    ASYNC_CATCH_ALL(self->e) {
        AWAIT(async_sleep, ASYNC_MS(3));
        if (!self->swallow) ASYNC_RAISE(self->error ? self->error : self->e);
    }
    ASYNC_RETURN(2);
    ASYNC_END
}
ASYNC(void, watches, args(async_task *on, bool gather, bool twice),
      vars(int e; int i; async_task * t[2]))
{
    ASYNC_BEGIN
    self->t[0] = self->t[1] = self->on;
    ASYNC_TRY {
        if (self->gather) AWAIT(async_gather, ASYNC_TASK_POINTERS(self->t, self->twice ? 2 : 1));
        else AWAIT(async_join, self->on);
    }
    ASYNC_CATCH_ALL(self->e) {}
    trace("%s\n", name_of(self->e));
    ASYNC_END
}
enum { ALONE, WITH_JOIN, WITH_GATHER, WITH_BOTH, WATCHED };
static ASYNC_TASK(watches) watchers[2];
ASYNC(void, holds_one, args(int error, bool swallow, int watched, bool raise), tasks(ends_late t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, ends_late, self->error, self->swallow);
    if (self->watched == WITH_JOIN || self->watched == WITH_BOTH)
        ASYNC_SPAWN(&watchers[0], watches, &self->t.task, false, false);
    if (self->watched == WITH_GATHER || self->watched == WITH_BOTH)
        ASYNC_SPAWN(&watchers[1], watches, &self->t.task, true, true);
    AWAIT(async_sleep, ASYNC_MS(1));
    if (self->raise) ASYNC_RAISE(-EPERM);
    ASYNC_END
}
ASYNC(void, frames_end, args(int error, bool swallow, int watched, bool raise), vars(int e),
      awaits(holds_one))
{
    ASYNC_BEGIN
    AWAIT_ERR(self->e, holds_one, self->error, self->swallow, self->watched, self->raise);
    CHECK_INT(self->e, self->raise ? -EPERM : 0);
    CHECK_INT(now_ms(), 4);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
TEST(T13_a_frame_ends_after_its_tasks)
{
    int i;
    for (i = 0; i < 2 * WATCHED; i++) {
        const char *const told[] = {"", "%s\n", "%s\n", "%s\n%s\n"};
        const char *names[] = {"cancelled", "ok", "EIO"};
        char want[50];
        int j;
        for (j = 0; j < 3; j++) {
            test_reports = 0;
            CHECK_INT(run_virtual(frames_end, j == 2 ? -EIO : 0, j == 1, i / 2, i % 2 != 0), 0);
            snprintf(want, sizeof want, told[i / 2], names[j], names[j]);
            CHECK_TRACE(want);
            CHECK_INT(test_reports, j == 2 && i / 2 == ALONE);
        }
    }
}

/* --- errors --- */

ASYNC(void, x1, tasks(fails t, joins a, joins b, joins late, says other), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, fails, 1, -EIO);
    ASYNC_SPAWN(&self->a, joins, "a", &self->t.task);
    ASYNC_SPAWN(&self->b, joins, "b", &self->t.task);
    AWAIT(async_sleep, ASYNC_MS(2));
    ASYNC_SPAWN(&self->late, joins, "late", &self->t.task);
    AWAIT(async_join, &self->late.task);
    AWAIT_ERR(self->e, async_join, &self->t.task);
    CHECK_INT(self->e, -EIO);
    AWAIT_ERR(self->e, async_join, &self->t.task);
    CHECK_INT(self->e, -EIO);
    ASYNC_END
}
TEST(X1_an_error_is_raised_in_all_who_wait_each_time)
{
    CHECK_INT(run_virtual(x1), 0);
    CHECK_TRACE("a: EIO\nb: EIO\nlate: EIO\n");
    CHECK_INT(test_reports, 0);
}

enum { NOBODY, JOINED, ASKED, GATHERED, CANCELLED };
ASYNC(void, looks, args(int how), tasks(fails t), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, fails, 1, -EIO);
    AWAIT(async_sleep, ASYNC_MS(2));
    if (self->how == JOINED) AWAIT_ERR(self->e, async_join, &self->t.task);
    if (self->how == ASKED) (void)async_task_error(&self->t.task);
    if (self->how == GATHERED) AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t));
    if (self->how == CANCELLED) CHECK(!async_task_cancel(&self->t.task));
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
TEST(X2_an_error_that_nobody_looked_at_is_reported)
{
    int how;
    CHECK_INT(run_virtual(looks, NOBODY), 0);
    CHECK_INT(test_reports, 1);
    CHECK_STR(test_last_report, "error of a task was never retrieved");
    for (how = JOINED; how <= CANCELLED; how++) CHECK_INT(run_virtual(looks, how), 0);
    CHECK_INT(test_reports, 1);
}

/* One for each task, though they follow each other in the same memory. */
ASYNC(void, three_in_a_row, vars(int i), awaits(looks))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++) AWAIT(looks, NOBODY);
    AWAIT(looks, ASKED);
    ASYNC_END
}
static ASYNC_TASK(fails) reused;
ASYNC(void, memory_used_again, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++) {
        ASYNC_SPAWN(&reused, fails, 1, -EIO);
        AWAIT(async_sleep, ASYNC_MS(2));
        CHECK_INT(test_reports, self->i);
    }
    (void)async_task_error(&reused.task);
    ASYNC_SPAWN(&reused, fails, 1, ASYNC_CANCELED);
    AWAIT(async_sleep, ASYNC_MS(2));
    ASYNC_END
}
TEST(X2_each_error_is_reported_when_its_memory_is_given_back)
{
    CHECK_INT(run_virtual(three_in_a_row), 0);
    CHECK_INT(test_reports, 3);
    test_reports = 0;
    CHECK_INT(run_virtual(memory_used_again), 0);
    CHECK_INT(test_reports, 2);
}

ASYNC(void, from_the_allocator, vars(ASYNC_TASK(fails) * t; int e))
{
    ASYNC_BEGIN
    self->t = ASYNC_SPAWN_NEW(fails, 1, -EIO);
    AWAIT(async_sleep, ASYNC_MS(2));
    CHECK_INT(test_reports, 1);
    self->t = ASYNC_SPAWN_NEW(fails, 1, -EIO);
    AWAIT_ERR(self->e, async_join, &self->t->task);
    CHECK_INT(self->e, -EIO);
    (void)ASYNC_SPAWN_NEW(fails, 1, ASYNC_CANCELED);
    AWAIT(async_sleep, ASYNC_MS(2));
    ASYNC_END
}
TEST(X2_a_detached_task_reports_at_its_end)
{
    CHECK_INT(run_virtual(from_the_allocator), 0);
    CHECK_INT(test_reports, 1);
    CHECK_STR(test_last_report, "error of a detached task");
}

/* The handler gets what there is to know; without one it is printed. */
static async_report seen;
static int seen_context;
static void on_error(async_loop *loop, const async_report *report)
{
    seen = *report;
    ++*(int *)loop->options.context;
}
ASYNC(void, raises_text, vars(async_call call))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RAISE(ASYNC_EUSER - 1, "out of cheese");
    ASYNC_END
}
ASYNC(void, leaves_one, tasks(raises_text t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, raises_text);
    AWAIT(async_sleep, ASYNC_MS(2));
    CHECK_STR(async_task_error_text(&self->t.task), "out of cheese");
    ASYNC_END
}
static int fails_in_a_callback(void *unused)
{
    (void)unused;
    return -EPERM;
}
ASYNC(void, calls_back, vars(async_call call))
{
    ASYNC_BEGIN
    async_call_soon(async_get_running_loop(), &self->call, fails_in_a_callback, NULL);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
TEST(X3_error_handler)
{
    static ASYNC_TASK(leaves_one) a;
    static ASYNC_TASK(calls_back) b;
    static async_options options;
    async_loop loop;
    options.virtual_clock = true;
    options.on_error = on_error;
    options.context = &seen_context;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    ASYNC_SPAWN(&a, leaves_one);
    CHECK_INT(async_loop_run_until_complete(&loop, &a.task), 0);
    CHECK_INT(seen_context, 1);
    CHECK_INT(seen.error, ASYNC_EUSER - 1);
    CHECK_STR(seen.text, "out of cheese");
    CHECK_STR(seen.type->name, "raises_text");
    ASYNC_SPAWN(&b, calls_back);
    CHECK_INT(async_loop_run_until_complete(&loop, &b.task), 0);
    CHECK_INT(seen_context, 2);
    CHECK_INT(seen.error, -EPERM);
    CHECK(seen.type == NULL && seen.text == NULL);
    CHECK_STR(seen.message, "error in a callback");
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(seen_context, 2);
    CHECK_INT(ASYNC_RUN(leaves_one), 0);
    CHECK_PRINTED("never retrieved");
    CHECK_PRINTED("out of cheese");
    CHECK_PRINTED("raises_text");
}
