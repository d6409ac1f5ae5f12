/* ASYNC_RUN and the end of a program, by the rules R1 to R6 of asyncio: what becomes of tasks that
 * are left over, and what is reported. */
#include "test.h"

static const char *name_of(int error)
{
    return error == 0 ? "ok" : error == ASYNC_CANCELED ? "cancelled" : error == -EIO ? "EIO" : "?";
}
static char reports[500]; /* what the error handler was told */
static void on_error(async_loop *loop, const async_report *report)
{
    (void)loop;
    snprintf(reports + strlen(reports), sizeof reports - strlen(reports), "%s: %s %s; ",
             report->type ? report->type->name : "-",
             strstr(report->message, "retrieved")  ? "not retrieved"
             : strstr(report->message, "detached") ? "detached"
             : strstr(report->message, "pending")  ? "pending"
                                                   : "?",
             name_of(report->error));
}
#define CHECK_REPORTS(want)                                                                        \
    (test_check_str_(__FILE__, __LINE__, "reports", reports, want), (void)(reports[0] = 0))
/* As run_virtual, with that handler. */
#define RUN(f)                                                                                     \
    run_with_reports(ASYNC_FRAME_(&((ASYNC_TASK(f) *)memset(room, 0, sizeof room))->frame_, f),    \
                     &async_type_of_##f)
static int64_t room[1000];
static int run_with_reports(async_frame *frame, const async_type *type)
{
    static async_options options;
    async_loop loop;
    int err;
    options.virtual_clock = true;
    options.on_error = on_error;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    test_start_ = 0;
    CHECK_INT(async_spawn_(frame, type, &loop.scope, 0), 0);
    err = async_loop_run_until_complete(&loop, (async_task *)(void *)frame - 1);
    CHECK_INT(async_loop_shutdown(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    return err;
}

/* Is cancelled at the end: says so, cleans up for some time, then passes it on or raises `late`. */
ASYNC(void, left, args(const char *name, int ms, int late), vars(int e))
{
    ASYNC_BEGIN
    trace("%s starts\n", self->name);
    ASYNC_TRY {
        AWAIT(async_sleep, ASYNC_SEC(9));
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s: %s at %d\n", self->name, name_of(self->e), now_ms());
        AWAIT(async_sleep, ASYNC_MS(self->ms));
        trace("%s clean at %d\n", self->name, now_ms());
        ASYNC_RAISE(self->late ? self->late : self->e);
    }
    ASYNC_END
}
static ASYNC_TASK(left) left_a, left_b, left_c;

ASYNC(int, r1, vars(int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&left_a, left, "a", 5, 0);
    ASYNC_SPAWN(&left_b, left, "b", 3, 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_SPAWN(&left_c, left, "c", 0, 0); /* starts when main ends */
    trace("main ends\n");
    ASYNC_RETURN(5);
    ASYNC_END
}
TEST(R1_what_is_left_is_cancelled_and_waited_for)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, r1), 0);
    CHECK_INT(r, 5);
    CHECK_TRACE(
        "a starts\nb starts\nmain ends\nc starts\na: cancelled at 1\nb: cancelled at 1\nc: cancelled at 1\n"
        "c clean at 1\nb clean at 4\na clean at 6\n");
    CHECK(async_task_cancelled(&left_a.task) && async_task_cancelled(&left_b.task) &&
          async_task_cancelled(&left_c.task));
    CHECK_INT(test_reports, 0);
}

/* One that is spawned by main's last callback never starts. */
static ASYNC_TASK(left) late_task;
static int spawns(void *unused)
{
    (void)unused;
    return ASYNC_SPAWN(&late_task, left, "late", 0, 0);
}
ASYNC(void, spawns_late, vars(async_call call; async_call done))
{
    ASYNC_BEGIN
    CHECK_INT(async_task_add_done_callback(async_current_task(), &self->done, spawns, NULL), 0);
    ASYNC_END
}
TEST(R1_one_that_had_not_started)
{
    CHECK_INT(RUN(spawns_late), 0);
    CHECK_TRACE("");
    CHECK(async_task_cancelled(&late_task.task));
    CHECK_REPORTS("");
}

/* Exit statuses and messages of ASYNC_RUN, and the value and error of ASYNC_RUN_TO. */
ASYNC(int, value, args(int x, int error))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_US(1));
    if (self->error) ASYNC_RAISE(self->error, "for a reason");
    ASYNC_RETURN(self->x);
    ASYNC_END
}
TEST(R4_mains_outcome)
{
    int r = 1;
    CHECK_INT(ASYNC_RUN(value, 4, 0), 0);
    CHECK_INT(ASYNC_RUN_TO(r, value, 4, 0), 0);
    CHECK_INT(r, 4);
    CHECK_INT(ASYNC_RUN_TO(r, value, 5, -EIO), -EIO);
    CHECK_INT(r, 4); /* kept */
    CHECK_INT(ASYNC_RUN_TO(r, value, 5, ASYNC_CANCELED), ASYNC_CANCELED);
    CHECK_INT(ASYNC_RUN(value, 4, ASYNC_EUSER - 7), 1);
    CHECK_PRINTED("`value` (");
    CHECK_PRINTED("user error -10007 (-10007): for a reason");
}

ASYNC(int, raises_with_leftovers)
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&left_a, left, "a", 5, 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RAISE(-EIO);
    ASYNC_END
}
TEST(R4_mains_error_comes_after_the_teardown)
{
    CHECK_INT(RUN(raises_with_leftovers), -EIO);
    CHECK_TRACE("a starts\na: cancelled at 1\na clean at 6\n");
    CHECK_REPORTS("");
}

ASYNC(void, leaves_failures)
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&left_a, left, "a", 1, -EIO);
    ASYNC_SPAWN(&left_b, left, "b", 2, 0);
    CHECK(ASYNC_SPAWN_NEW(left, "c", 3, -EIO) != NULL);
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
TEST(R5_errors_of_leftovers_are_reported)
{
    CHECK_INT(RUN(leaves_failures), 0);
    CHECK_TRACE(
        "a starts\nb starts\nc starts\na: cancelled at 0\nb: cancelled at 0\nc: cancelled at 0\n"
        "a clean at 1\nb clean at 2\nc clean at 3\n");
    CHECK_REPORTS("left: detached EIO; left: not retrieved EIO; ");
}

/* Swallows every cancel, and takes its time. */
ASYNC(void, stubborn, vars(int e; int i))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_CATCH_ALL(self->e) trace("swallowed at %d\n", now_ms());
    AWAIT(async_sleep, ASYNC_SEC(3600));
    trace("done at %d\n", now_ms());
    ASYNC_END
}
static ASYNC_TASK(stubborn) stubborn_task;
ASYNC(void, r6)
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&stubborn_task, stubborn);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
TEST(R6_one_round_of_cancels)
{
    CHECK_INT(RUN(r6), 0);
    CHECK_TRACE("swallowed at 1\ndone at 3600001\n");
    CHECK_INT(async_task_cancelling(&stubborn_task.task), 1);
    CHECK_INT(async_task_error(&stubborn_task.task), 0);
}

/* Cleans up by starting another task: that one is not cancelled, and dropped with the loop unless
 * somebody waits for it. */
ASYNC(void, spawns_in_cleanup, args(bool join), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_sleep, ASYNC_SEC(9));
    }
    ASYNC_CATCH_ALL(self->e) {
        ASYNC_SPAWN(&stubborn_task, stubborn);
        if (self->join) AWAIT(async_join, &stubborn_task.task);
        ASYNC_RAISE(self->e);
    }
    ASYNC_END
}
static ASYNC_TASK(spawns_in_cleanup) spawner;
ASYNC(void, leaves_spawner)
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&spawner, spawns_in_cleanup, false);
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
ASYNC(void, leaves_joiner)
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&spawner, spawns_in_cleanup, true);
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
TEST(R6_tasks_of_the_teardown_are_not_cancelled)
{
    CHECK_INT(RUN(leaves_spawner), 0);
    CHECK_TRACE("");
    CHECK_REPORTS("stubborn: pending ok; ");
    CHECK(!async_task_done(&stubborn_task.task));
    CHECK_INT(RUN(leaves_joiner), 0);
    CHECK_TRACE("done at 3609000\n"); /* it is joined, so it sleeps 9 s and then an hour */
    CHECK_REPORTS("");
}

/* What the last task has queued still runs: as many turns as in CPython. */
static int turns(void *call)
{
    static int n;
    trace("%d ", ++n);
    return async_call_soon(async_get_running_loop(), (async_call *)call, turns, call);
}
static async_call turns_call;
ASYNC(void, queues_at_its_end)
{
    ASYNC_BEGIN
    ASYNC_DO
        AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_FINALLY
        async_call_soon(async_get_running_loop(), &turns_call, turns, &turns_call);
    ASYNC_END
}
static ASYNC_TASK(queues_at_its_end) queuer;
ASYNC(void, leaves_queuer)
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&queuer, queues_at_its_end);
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
ASYNC(void, queues)
{
    ASYNC_BEGIN
    async_call_soon(async_get_running_loop(), &turns_call, turns, &turns_call);
    ASYNC_END
}
TEST(R1_turns_after_the_last_leftover)
{
    CHECK_INT(RUN(leaves_queuer), 0);
    CHECK_TRACE("1 2 3 4 5 6 ");
}
TEST(R1_turns_after_main)
{
    CHECK_INT(RUN(queues), 0);
    CHECK_TRACE("1 2 3 4 5 ");
}

/* A leftover with everything in it: tasks of its frame, a group, a timeout, a gather. */
ASYNC(void, busy, tasks(left own),
      vars(async_group tg; async_timeout t; ASYNC_TASK(left) m[3]; int e))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->own, left, "own", 1, 0);
    ASYNC_DO {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_SEC(5)) {
            ASYNC_WITH(async_group, &self->tg) {
                ASYNC_SPAWN_IN(&self->tg, &self->m[0], left, "m0", 2, 0);
                CHECK(ASYNC_SPAWN_NEW_IN(&self->tg, left, "m1", 3, 0) != NULL);
                ASYNC_SPAWN_IN(&self->tg, &self->m[2], left, "m2", 4, 0);
                AWAIT(async_gather, ASYNC_TASKS(&self->own, &self->m[2]));
            }
        }
    }
    ASYNC_FINALLY
        trace("busy over at %d\n", now_ms());
    ASYNC_END
}
static ASYNC_TASK(busy) busy_task;
ASYNC(void, leaves_busy)
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&busy_task, busy);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
TEST(R1_a_leftover_with_tasks_of_its_own)
{
    CHECK_INT(RUN(leaves_busy), 0);
    CHECK(async_task_cancelled(&busy_task.task));
    CHECK_REPORTS("");
    CHECK(strstr(test_text_, "own: cancelled at 1") && strstr(test_text_, "m0: cancelled at 1"));
    CHECK(strstr(test_text_, "m1: cancelled at 1") && strstr(test_text_, "m2: cancelled at 1"));
    CHECK(strstr(test_text_, "busy over at ") != NULL);
    test_text_[test_text_size_ = 0] = 0;
}

/* Leftovers that wait for each other, in both orders and in a ring. */
ASYNC(void, joins, args(async_task *on))
{
    ASYNC_BEGIN
    AWAIT(async_join, self->on);
    ASYNC_END
}
static ASYNC_TASK(joins) chained1, chained2, chained3;
ASYNC(void, leaves_chain)
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&chained1, joins, &left_a.task);
    ASYNC_SPAWN(&left_a, left, "a", 1, 0);
    ASYNC_SPAWN(&chained2, joins, &chained3.task);
    ASYNC_SPAWN(&chained3, joins, &chained2.task);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
TEST(R1_leftovers_that_wait_for_each_other)
{
    CHECK_INT(RUN(leaves_chain), 0);
    CHECK(async_task_cancelled(&chained1.task) && async_task_cancelled(&chained2.task) &&
          async_task_cancelled(&chained3.task));
    CHECK_REPORTS("");
    CHECK_TRACE("a starts\na: cancelled at 1\na clean at 2\n");
}

/* Closed without a shutdown: everything that still waits is told of, nothing runs. */
TEST(T13_close_reports_what_is_pending)
{
    static async_options options;
    static ASYNC_TASK(busy) task;
    async_loop loop;
    options.virtual_clock = true;
    options.on_error = on_error;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    ASYNC_SPAWN(&task, busy);
    CHECK(ASYNC_SPAWN_NEW(left, "never", 0, 0) != NULL);
    async_loop_stop(&loop);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    async_loop_stop(&loop);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK(ASYNC_SPAWN_NEW(value, 1, 0) != NULL);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_TRACE("never starts\nown starts\nm0 starts\nm1 starts\nm2 starts\n");
    CHECK_REPORTS("left: pending ok; left: pending ok; left: pending ok; left: pending ok; "
                  "busy: pending ok; left: pending ok; value: pending ok; ");
}

/* ... and however far a gather, a second gather and a group with failures have come, from the
 * allocator and not, nothing is leaked or touched again. The sanitizers judge. */
ASYNC(void, ends_at, args(int ticks, int error), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->ticks; self->i++) AWAIT(async_sleep, ASYNC_MS(0));
    if (self->error) ASYNC_RAISE(self->error);
    ASYNC_END
}
ASYNC(void, gathers, args(async_task *a, async_task *b, async_task *c))
{
    ASYNC_BEGIN
    AWAIT(async_gather_return_exceptions,
          ASYNC_MAKE_(async_tasks, 3, 1, NULL, {self->a, self->b, self->c}));
    ASYNC_END
}
ASYNC(void, groups, vars(async_group tg; int i), tasks(gathers g))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_group, &self->tg)
        for (self->i = 0; self->i < 6; self->i++)
            (void)ASYNC_SPAWN_NEW_IN(&self->tg, ends_at, self->i, self->i % 2 ? -EIO : 0);
    ASYNC_END
}
TEST(R12_closed_after_every_number_of_ticks)
{
    static async_options options;
    async_loop loop;
    int n, i;
    options.virtual_clock = true;
    options.on_error = test_on_error_;
    for (n = 0; n < 16; n++) {
        ASYNC_TASK(ends_at) * a, *b, *c;
        CHECK_INT(async_loop_init(&loop, &options), 0);
        a = ASYNC_SPAWN_NEW(ends_at, 2, -EIO);
        b = ASYNC_SPAWN_NEW(ends_at, 4, 0);
        c = ASYNC_SPAWN_NEW(ends_at, 6, 0);
        CHECK(a && b && c);
        CHECK(ASYNC_SPAWN_NEW(joins, &b->task) != NULL);
        for (i = 0; i < 3; i++)
            CHECK(ASYNC_SPAWN_NEW(gathers, &a->task, &b->task, &c->task) != NULL);
        CHECK(ASYNC_SPAWN_NEW(joins, &b->task) != NULL);
        CHECK(ASYNC_SPAWN_NEW(groups) != NULL);
        for (i = 0; i < n; i++) {
            async_loop_stop(&loop);
            CHECK_INT(async_loop_run_forever(&loop), 0);
        }
        if (n % 2) CHECK_INT(async_loop_close(&loop), 0);
        else CHECK_INT((async_loop_shutdown(&loop), async_loop_close(&loop)), 0);
    }
}
