/* What becomes of an error and its text: where it is raised, caught, raised again, and when a task
 * ends with it and nobody looks. */
#include "test.h"

/* --- the text goes where the error goes --- */

ASYNC(void, says, args(int ms))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_RAISE(-EIO, "out of cheese");
    ASYNC_END
}
ASYNC(void, silent)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RAISE(-EIO);
    ASYNC_END
}

ASYNC(void, told_by_tasks, tasks(says t), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, says, 1);
    ASYNC_TRY
        AWAIT_TASK(&self->t);
    ASYNC_CATCH(self->e) CHECK_STR(async_error_text(), "out of cheese");
    CHECK_INT(self->e, -EIO);
    ASYNC_SPAWN(&self->t, says, 1);
    ASYNC_TRY
        AWAIT(async_gather, ASYNC_TASKS(&self->t));
    ASYNC_CATCH(self->e) CHECK_STR(async_error_text(), "out of cheese");
    ASYNC_SPAWN(&self->t, says, 1);
    AWAIT(async_sleep, ASYNC_MS(5)); /* it has ended by now */
    ASYNC_TRY
        AWAIT(async_wait_for, &self->t.task, ASYNC_MS(1));
    ASYNC_CATCH(self->e) CHECK_STR(async_error_text(), "out of cheese");
    AWAIT_TASK(&self->t);
    ASYNC_END
}
ASYNC(void, ends_with_it, tasks(told_by_tasks t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, told_by_tasks);
    AWAIT_TASK(&self->t);
    ASYNC_END
}
TEST(text_goes_from_task_to_task)
{
    ASYNC_TASK(ends_with_it) t;
    async_loop loop;
    memset(&t, 0, sizeof t);
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    CHECK_INT(ASYNC_SPAWN(&t, ends_with_it), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &t.task), -EIO);
    CHECK_STR(async_task_error_text(&t.task), "out of cheese");
    CHECK_INT(async_loop_close(&loop), 0);
}

/* --- and no further --- */

ASYNC(void, raises, args(int how), vars(int e), awaits(says, silent))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(says, 0);
    ASYNC_CATCH(self->e) {
        CHECK_STR(async_error_text(), "out of cheese");
        if (self->how == 0) ASYNC_RAISE(self->e);             /* again */
        if (self->how == 1) ASYNC_RAISE(-EPERM);              /* another */
        if (self->how == 2) ASYNC_RAISE(-EIO, "no crackers"); /* another text */
    }
    if (self->how == 3) AWAIT(async_wait_readable, -1); /* an error that nobody raised */
    if (self->how == 4) AWAIT_ERR(self->e, says, 0);
    if (self->how == 4) AWAIT(silent);
    ASYNC_END
}
static void check_text(int how, int error, const char *text)
{
    ASYNC_TASK(raises) t;
    async_loop loop;
    memset(&t, 0, sizeof t);
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    CHECK_INT(ASYNC_SPAWN(&t, raises, how), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &t.task), error);
    if (text) CHECK_STR(async_task_error_text(&t.task), text);
    else CHECK(async_task_error_text(&t.task) == NULL);
    CHECK_INT(async_loop_close(&loop), 0);
}
TEST(text_of_what_is_raised_after_a_catch)
{
    check_text(0, -EIO, "out of cheese");
    check_text(1, -EPERM, NULL);
    check_text(2, -EIO, "no crackers");
    check_text(5, 0, NULL);
}
TEST(text_is_not_given_to_another_error)
{
    check_text(3, -EBADF, NULL);
    check_text(4, -EIO,
               "out of cheese"); /* the same code, raised without a text: see ASYNC_RAISE */
}

/* --- many that nobody has looked at yet --- */

enum { MANY = 1000 };
static ASYNC_TASK(says) room[MANY];

ASYNC(void, looks_late, args(int n, bool look), vars(int i; int failed))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->n; self->i++) ASYNC_SPAWN(&room[self->i], says, 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_INT(test_reports, 0);
    if (!self->look) ASYNC_RETURN();
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_SLICE(room, self->n));
    for (self->i = 0; self->i < self->n; self->i++) {
        self->failed += async_task_error(&room[self->i].task) == -EIO;
        CHECK_STR(async_task_error_text(&room[self->i].task), "out of cheese");
    }
    CHECK_INT(self->failed, self->n);
    ASYNC_END
}
TEST(looked_at_late_is_looked_at)
{
    CHECK_INT(run_virtual(looks_late, MANY, true), 0);
    CHECK_INT(test_reports, 0);
}
TEST(each_that_nobody_looked_at_is_reported_once)
{
    CHECK_INT(run_virtual(looks_late, MANY, false), 0);
    CHECK_INT(test_reports, MANY);
    CHECK_STR(test_last_report, "error of a task was never retrieved");
}

ASYNC(void, numbered, args(int n))
{
    ASYNC_BEGIN
    ASYNC_RAISE(ASYNC_EUSER - self->n);
    ASYNC_END
}
static ASYNC_TASK(numbered) in_order[20];
static void note(async_loop *loop, const async_report *report)
{
    (void)loop;
    trace("%d ", ASYNC_EUSER - report->error);
}
static int allocations_left;
static void *stingy(void *context, void *old, size_t size)
{
    (void)context;
    if (size && allocations_left-- <= 0) return NULL;
    if (size) return realloc(old, size);
    free(old);
    return NULL;
}
ASYNC(void, twenty, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 20; self->i++) ASYNC_SPAWN(&in_order[self->i], numbered, self->i);
    AWAIT(async_sleep, ASYNC_MS(1));
    trace("| ");
    CHECK_INT(async_task_error(&in_order[3].task), ASYNC_EUSER - 3);
    ASYNC_END
}
static void run_twenty(int allocations)
{
    ASYNC_TASK(twenty) t;
    async_options options;
    async_loop loop;
    memset(&t, 0, sizeof t);
    memset(&in_order, 0, sizeof in_order);
    memset(&options, 0, sizeof options);
    options.on_error = note;
    options.alloc = stingy;
    allocations_left = allocations;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN(&t, twenty), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &t.task), 0);
    CHECK_INT(async_loop_close(&loop), 0);
}
TEST(reports_come_in_order)
{
    run_twenty(100);
    CHECK_TRACE("| 0 1 2 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 ");
}
TEST(without_memory_the_oldest_are_reported_early)
{
    run_twenty(0);
    CHECK_TRACE("0 1 2 3 4 5 6 7 8 9 10 11 12 13 | 14 15 16 17 18 19 ");
}

/* A task that ended well leaves nothing of the error that it caught. */
ASYNC(void, catches, vars(int e), awaits(says))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(says, 0);
    ASYNC_CATCH(self->e) {}
    ASYNC_END
}
static ASYNC_TASK(catches) one;
ASYNC(void, again_and_again, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < MANY; self->i++) {
        ASYNC_SPAWN(&one, catches);
        AWAIT_TASK(&one);
        CHECK_INT(async_get_running_loop()->note_count, 0);
    }
    ASYNC_END
}
TEST(notes_end_with_their_task)
{
    CHECK_INT(run_virtual(again_and_again), 0);
}

/* --- a step that blocks the loop --- */

static async_report last;
static void keep_report(async_loop *loop, const async_report *report)
{
    (void)loop;
    test_reports++;
    last = *report;
}
ASYNC(void, blocks, args(int ms), vars(int line))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1000)); /* time that passes for all is no step */
    async_loop_advance(async_get_running_loop(), ASYNC_MS(self->ms));
    self->line = __LINE__ + 1;
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(test_reports, 1);
    CHECK_INT(last.line, self->line);
    async_loop_advance(async_get_running_loop(), ASYNC_MS(self->ms)); /* and in its last step */
    ASYNC_END
}
static int blocks_too(void *loop)
{
    return async_loop_advance((async_loop *)loop, ASYNC_MS(70));
}
TEST(a_step_that_blocks_the_loop)
{
    static ASYNC_TASK(blocks) t;
    async_call call;
    async_options options;
    async_loop loop;
    memset(&options, 0, sizeof options);
    memset(&call, 0, sizeof call);
    options.virtual_clock = true;
    options.on_error = keep_report;
    options.slow_step = ASYNC_MS(50);
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN(&t, blocks, 50), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &t.task), 0);
    CHECK_INT(test_reports, 2);
    CHECK_STR(last.message, "a step blocked the loop");
    CHECK_STR(last.type->name, "blocks");
    CHECK(last.took.ns == 50000000);
    CHECK_INT(async_call_soon(&loop, &call, blocks_too, &loop), 0);
    async_loop_stop(&loop);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK_INT(test_reports, 3);
    CHECK_STR(last.message, "a callback blocked the loop");
    CHECK_INT(async_loop_close(&loop), 0);
}
ASYNC(void, quick)
{
    ASYNC_BEGIN
    async_loop_advance(async_get_running_loop(), ASYNC_MS(49));
    ASYNC_END
}
TEST(a_step_that_does_not)
{
    static ASYNC_TASK(quick) t;
    async_options options;
    async_loop loop;
    memset(&options, 0, sizeof options);
    options.virtual_clock = true;
    options.on_error = keep_report;
    options.slow_step = ASYNC_MS(50);
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN(&t, quick), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &t.task), 0);
    CHECK_INT(test_reports, 0);
    CHECK_INT(async_loop_close(&loop), 0);
}

/* --- memory that its owner clears before it is used again --- */

ASYNC(void, clears, args(int n), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->n; self->i++) {
        memset(&room[0], 0, sizeof room[0]);
        ASYNC_SPAWN(&room[0], says, 0);
        AWAIT(async_sleep, ASYNC_MS(1));
    }
    CHECK_INT(test_reports, self->n - 1);
    CHECK_INT(async_get_running_loop()->note_count, 1);
    ASYNC_END
}
TEST(errors_of_tasks_whose_memory_was_cleared)
{
    CHECK_INT(run_virtual(clears, 100), 0);
    CHECK_INT(test_reports, 100);
}

/* --- a text is shown for its own error only --- */

ASYNC(void, without_text)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RAISE(-EIO);
    ASYNC_END
}
ASYNC(void, catches_others, tasks(says s, without_text w), vars(int e; int other; async_timeout t),
      awaits(without_text))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_TRY
            ASYNC_RAISE(-EPERM, "first");
        ASYNC_CATCH(self->e) {
            CHECK_STR(async_error_text(), "first");
            AWAIT_ERR(self->other, without_text);
            CHECK_INT(self->other, -EIO);
            CHECK(!async_error_text());
            ASYNC_TRY {
                ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(1)) AWAIT(async_sleep, ASYNC_MS(2));
            }
            ASYNC_CATCH(self->other) CHECK(!async_error_text());
            ASYNC_RAISE(self->e);
        }
    }
    ASYNC_CATCH(self->e) CHECK_STR(async_error_text(), "first");
    ASYNC_SPAWN(&self->s, says, 0);
    AWAIT_ERR(self->e, async_join, &self->s.task);
    CHECK_STR(async_error_text(), "out of cheese");
    ASYNC_SPAWN(&self->w, without_text);
    AWAIT_ERR(self->e, async_join, &self->w.task);
    CHECK(!async_error_text());
    ASYNC_END
}
TEST(the_text_of_another_error_is_not_shown)
{
    CHECK_INT(run_virtual(catches_others), 0);
}

/* --- what a report says of the task --- */

static char report_text[300];
static void tell_report(async_loop *loop, const async_report *r)
{
    size_t n = strlen(report_text);
    (void)loop;
    snprintf(report_text + n, sizeof report_text - n, "%s: %s `%s` %d\n", r->message,
             r->task ? async_task_name(r->task) : "-", r->type ? r->type->name : "-",
             r->type && r->line ? r->line - r->type->line : 0);
}
ASYNC(void, hangs)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_SEC(9)); /* three lines below its name */
    ASYNC_END
}
ASYNC(void, fails_alone)
{
    ASYNC_BEGIN
    ASYNC_RAISE(-EIO);
    ASYNC_END
}
ASYNC(void, leaves_two)
{
    ASYNC_BEGIN(void)
    ASYNC_SPAWN_NEW(fails_alone);
    (void)async_task_set_name(&ASYNC_SPAWN_NEW(hangs)->task, "hung up");
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_loop_advance(async_get_running_loop(), ASYNC_SEC(1));
    ASYNC_END
}
TEST(X3_X2_a_report_names_the_task_and_where_it_stands)
{
    static ASYNC_TASK(leaves_two) task;
    async_loop loop;
    async_options options;
    memset(&options, 0, sizeof options);
    options.virtual_clock = true;
    options.slow_step = ASYNC_MS(500);
    options.on_error = tell_report;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, leaves_two), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &task.task), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_STR(report_text, "error of a detached task: fails_alone `fails_alone` 0\n"
                           "a step blocked the loop: leaves_two `leaves_two` 0\n"
                           "task was destroyed but it is pending: hung up `hangs` 3\n");
}
TEST(X3_the_default_handler_prints_the_name)
{
    static ASYNC_TASK(hangs) task;
    async_loop loop;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, hangs), 0);
    CHECK_INT(async_task_set_name(&task.task, "forgotten"), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_PRINTED("task was destroyed but it is pending, in `hangs`, ");
    CHECK_PRINTED(", task `forgotten`");
}
