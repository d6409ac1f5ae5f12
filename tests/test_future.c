/* Futures by the rules F1 to F8 of asyncio. (An error of a future that nobody looks at is not
 * reported: a future is a struct of yours, and nobody tells when it dies.) */
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
static char text_1[] = "call 1", text_2[] = "call 2", text_3[] = "call 3";

ASYNC(int, waits, args(const char *name, async_future *f), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_future_wait, self->f);
    ASYNC_CATCH_ALL(self->e) {}
    trace("%s: %s\n", self->name, name_of(self->e));
    if (self->e) ASYNC_RAISE(self->e);
    ASYNC_RETURN(0);
    ASYNC_END
}

TEST(F1_states)
{
    async_future pending = {NULL, 0, 0, NULL}, set = pending, failed = pending, cancelled = pending;
    async_loop loop;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    CHECK(!async_future_done(&pending) && !async_future_cancelled(&pending));
    CHECK_INT(async_future_set(&set), 0);
    CHECK(async_future_done(&set) && !async_future_cancelled(&set));
    CHECK_INT(async_future_set_error(&failed, -EIO), 0);
    CHECK(async_future_done(&failed) && !async_future_cancelled(&failed));
    CHECK(async_future_cancel(&cancelled));
    CHECK(async_future_done(&cancelled) && async_future_cancelled(&cancelled));
    CHECK_INT(async_loop_close(&loop), 0);
}

TEST(F2_value_and_error)
{
    ASYNC_FUTURE(int) pending, set, failed, cancelled;
    memset(&pending, 0, sizeof pending);
    memset(&set, 0, sizeof set);
    memset(&failed, 0, sizeof failed);
    memset(&cancelled, 0, sizeof cancelled);
    CHECK_INT(ASYNC_SET_RESULT(&set, 5), 0);
    CHECK_INT(async_future_set_error(&failed.future, ASYNC_EUSER - 15000), 0);
    CHECK(async_future_cancel(&cancelled.future));
    CHECK_INT(async_future_error(&pending.future), -EINPROGRESS);
    CHECK_INT(async_future_error(&set.future), 0);
    CHECK_INT(set.result, 5);
    CHECK_INT(async_future_error(&failed.future), ASYNC_EUSER - 15000);
    CHECK_INT(async_future_error(&cancelled.future), ASYNC_CANCELED);
}

TEST(F3_done_once)
{
    ASYNC_FUTURE(int) f;
    int state;
    for (state = 0; state < 3; state++) {
        memset(&f, 0, sizeof f);
        CHECK_INT(async_future_set_error(&f.future, 0), -EINVAL);
        CHECK_INT(async_future_set_error(&f.future, 5), -EINVAL);
        CHECK_INT(async_future_set_error(&f.future, -40000), -EINVAL);
        CHECK(!async_future_done(&f.future));
        if (state == 0) CHECK_INT(ASYNC_SET_RESULT(&f, 1), 0);
        if (state == 1) CHECK_INT(async_future_set_error(&f.future, -EIO), 0);
        if (state == 2) CHECK(async_future_cancel(&f.future));
        CHECK_INT(ASYNC_SET_RESULT(&f, 2), -EALREADY);
        CHECK_INT(async_future_set(&f.future), -EALREADY);
        CHECK_INT(async_future_set_error(&f.future, -EPERM), -EALREADY);
        CHECK(!async_future_cancel(&f.future));
        CHECK_INT(f.result, state == 0);
        CHECK_INT(async_future_error(&f.future), state == 0   ? 0
                                                 : state == 1 ? -EIO
                                                              : ASYNC_CANCELED);
        CHECK(async_future_cancelled(&f.future) == (state == 2));
    }
}

ASYNC(void, f4, tasks(waits a, waits b), vars(async_future f; async_call one; async_call two))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, waits, "a", &self->f);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(async_future_add_done_callback(&self->f, &self->one, say, text_1), 0);
    ASYNC_SPAWN(&self->b, waits, "b", &self->f);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(async_future_add_done_callback(&self->f, &self->two, say, text_2), 0);
    CHECK_INT(async_future_set(&self->f), 0);
    trace("set\n");
    AWAIT(async_sleep, ASYNC_MS(0));
    trace("main\n");
    ASYNC_END
}
TEST(F4_callbacks_run_on_the_next_tick_in_order)
{
    CHECK_INT(run_virtual(f4), 0);
    CHECK_TRACE("set\na: ok\ncall 1\nb: ok\ncall 2\nmain\n");
}

ASYNC(void, f5, vars(async_future f; async_call one; async_call two; async_call three))
{
    ASYNC_BEGIN(void)
    async_future_add_done_callback(&self->f, &self->one, say, text_1);
    (void)async_future_add_done_callback(&self->f, &self->two, say, text_2);
    CHECK_INT(async_future_add_done_callback(&self->f, &self->two, say, text_2), -EBUSY);
    CHECK(async_call_cancel(&self->one));
    CHECK(!async_call_cancel(&self->one));
    CHECK_INT(async_future_set(&self->f), 0);
    CHECK_INT(async_future_add_done_callback(&self->f, &self->three, say, text_3), 0);
    trace("added\n");
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(!async_call_cancel(&self->two));
    CHECK_INT(async_future_add_done_callback(&self->f, &self->one, say, text_1), 0);
    CHECK(async_call_cancel(&self->one)); /* here C can take back what asyncio can't */
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
TEST(F5_callbacks_added_late_and_taken_back)
{
    CHECK_INT(run_virtual(f5), 0);
    CHECK_TRACE("added\ncall 2\ncall 3\n");
}

/* Callbacks that add to and take from the list they came from. */
static struct {
    async_future f;
    async_call call[4];
} change;
static int changes(void *which)
{
    trace("call %d\n", (int)(intptr_t)which);
    if (which == (void *)0) {
        CHECK(async_call_cancel(&change.call[1])); /* on its way already */
        CHECK_INT(async_future_add_done_callback(&change.f, &change.call[3], changes, (void *)3),
                  0);
        CHECK_INT(async_future_add_done_callback(&change.f, &change.call[0], changes, (void *)4),
                  0); /* itself */
    }
    return 0;
}
ASYNC(void, f5_changes, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++)
        (void)async_future_add_done_callback(&change.f, &change.call[self->i], changes,
                                             (void *)(intptr_t)self->i);
    (void)async_future_set(&change.f);
    AWAIT(async_sleep, ASYNC_MS(0));
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
TEST(F5_callbacks_that_change_the_list)
{
    CHECK_INT(run_virtual(f5_changes), 0);
    CHECK_TRACE("call 0\ncall 2\ncall 3\ncall 4\n");
}

ASYNC(void, f6, args(int error), tasks(waits t[20]), vars(async_future f; int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 20; self->i++)
        ASYNC_SPAWN(&self->t[self->i], waits, self->i % 2 ? "odd" : "even", &self->f);
    AWAIT(async_sleep, ASYNC_MS(1));
    if (self->error) (void)async_future_set_error(&self->f, self->error);
    else (void)async_future_set(&self->f);
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->t));
    for (self->i = 0; self->i < 20; self->i++)
        CHECK_INT(async_task_error(&self->t[self->i].task), self->error);
    ASYNC_END
}
TEST(F6_any_number_may_wait)
{
    char want[1000] = "";
    int i;
    CHECK_INT(run_virtual(f6, -EIO), 0);
    for (i = 0; i < 20; i++) strcat(want, i % 2 ? "odd: EIO\n" : "even: EIO\n");
    CHECK_TRACE(want);
    CHECK_INT(run_virtual(f6, 0), 0);
    for (want[0] = 0, i = 0; i < 20; i++) strcat(want, i % 2 ? "odd: ok\n" : "even: ok\n");
    CHECK_TRACE(want);
}

ASYNC(void, f7, vars(async_future f; int e; int i))
{
    ASYNC_BEGIN(void)
    async_future_set_error(&self->f, -EIO);
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT_ERR(self->e, async_future_wait, &self->f);
        CHECK_INT(self->e, -EIO);
        CHECK_INT(async_future_error(&self->f), -EIO);
    }
    ASYNC_END
}
TEST(F7_read_any_number_of_times)
{
    CHECK_INT(run_virtual(f7), 0);
}

ASYNC(void, f8, tasks(waits a, waits b), vars(ASYNC_FUTURE(int) f))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, waits, "a", &self->f.future);
    ASYNC_SPAWN(&self->b, waits, "b", &self->f.future);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)ASYNC_SET_RESULT(&self->f, 8);
    (void)async_task_cancel(&self->a.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b));
    CHECK(!async_future_cancelled(&self->f.future));
    CHECK_INT(self->f.result, 8);
    ASYNC_END
}
TEST(F8_stays_done_when_the_one_who_waits_is_cancelled)
{
    CHECK_INT(run_virtual(f8), 0);
    CHECK_TRACE("a: cancelled\nb: ok\n");
}

/* The future may be gone before those who waited for it have resumed. */
ASYNC(void, f8_gone, tasks(waits a), vars(async_future *f))
{
    ASYNC_BEGIN
    self->f = (async_future *)calloc(1, sizeof *self->f);
    ASYNC_SPAWN(&self->a, waits, "a", self->f);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_future_set(self->f);
    free(self->f);
    (void)async_task_cancel(&self->a.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a));
    ASYNC_END
}
TEST(F8_the_future_is_gone_before_they_resume)
{
    CHECK_INT(run_virtual(f8_gone), 0);
    CHECK_TRACE("a: cancelled\n");
}

/* What stops hardware: asyncio's is a subclass of Future with a cancel() of its own. */
struct channel {
    async_future done;
    bool on;
};
static void stop_channel(async_future *f)
{
    ((struct channel *)(void *)f)->on = false;
    CHECK(async_future_cancelled(f));
    CHECK_INT(async_future_set(f), -EALREADY); /* it comes too late */
    trace("stop\n");
}
ASYNC(void, moves, args(struct channel *c), awaits(waits))
{
    ASYNC_BEGIN
    self->c->on = true;
    ASYNC_DO {
        AWAIT(waits, "channel", &self->c->done);
    }
    ASYNC_FINALLY {
        trace("finally: %s\n", self->c->on ? "on" : "off");
    }
    ASYNC_END
}
ASYNC(void, f_hook, tasks(moves a, moves b), vars(struct channel c; async_timeout t; int e))
{
    ASYNC_BEGIN
    self->c.done.on_cancel = stop_channel;
    ASYNC_SPAWN(&self->a, moves, &self->c);
    ASYNC_SPAWN(&self->b, moves, &self->c);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(self->c.on);
    CHECK(async_task_cancel(&self->a.task));
    CHECK(!self->c.on); /* on the spot, and nobody has run */
    CHECK(async_task_cancel(&self->a.task));
    CHECK(!async_future_cancel(&self->c.done));
    trace("cancelled\n");
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b));
    ASYNC_END
}
TEST(F3_on_cancel_runs_at_once_and_once)
{
    CHECK_INT(run_virtual(f_hook), 0);
    CHECK_TRACE("stop\ncancelled\nchannel: cancelled\nfinally: off\nchannel: cancelled\n"
                "finally: off\n");
}
ASYNC(void, f_hook_timeout, vars(struct channel c; async_timeout t; int e), awaits(moves))
{
    ASYNC_BEGIN
    self->c.done.on_cancel = stop_channel;
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(5)) {
            AWAIT(moves, &self->c);
        }
    }
    ASYNC_CATCH(self->e) {
        trace("%s\n", name_of(self->e));
    }
    ASYNC_END
}
TEST(F3_on_cancel_by_a_timeout)
{
    CHECK_INT(run_virtual(f_hook_timeout), 0);
    CHECK_TRACE("stop\nchannel: cancelled\nfinally: off\ntimeout\n");
}
/* It has ended: there is nothing to stop. */
ASYNC(void, f_no_hook, tasks(moves a), vars(struct channel c))
{
    ASYNC_BEGIN
    self->c.done.on_cancel = stop_channel;
    ASYNC_SPAWN(&self->a, moves, &self->c);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_future_set(&self->c.done);
    CHECK(async_task_cancel(&self->a.task));
    CHECK(!async_future_cancel(&self->c.done));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a));
    ASYNC_END
}
TEST(F3_on_cancel_not_of_what_is_done)
{
    CHECK_INT(run_virtual(f_no_hook), 0);
    CHECK_TRACE("channel: cancelled\nfinally: on\n");
}
