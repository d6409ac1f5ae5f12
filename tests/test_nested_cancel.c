/* One program in which everything stands inside everything: try, finally, with, group, timeout,
 * generator, tasks of the frame. It is cancelled at every step, twice at every pair of steps, and
 * an error is raised at every point; each time all that was opened must be closed exactly once,
 * what is inside before what is around it. */
#include "test.h"

/* --- what is open: a tree of resources --- */

enum { MOST = 400 };
static int parent_of[MOST], children_of[MOST], opened, open_now;
static bool is_open[MOST];
static int points, fail_at = -1, cancel_at = -1;
static async_task *program_task;

static int open_in(int parent)
{
    int id = opened++;
    if (opened == MOST) test_fail_(__FILE__, __LINE__, "too many");
    CHECK(parent < 0 || is_open[parent]);
    parent_of[id] = parent;
    children_of[id] = 0;
    is_open[id] = true;
    if (parent >= 0) children_of[parent]++;
    open_now++;
    return id;
}
static void close_it(int id)
{
    CHECK(is_open[id]);
    CHECK_INT(children_of[id], 0);
    is_open[id] = false;
    if (parent_of[id] >= 0) children_of[parent_of[id]]--;
    open_now--;
}
/* A point of the program: the k-th fails, or has the program cancelled while it runs. */
static int point(void)
{
    int k = points++;
    if (k == cancel_at) async_task_cancel(program_task);
    return k == fail_at ? -EIO : 0;
}

#define POINT                                                                                      \
    do {                                                                                           \
        if (point()) ASYNC_RAISE(-EIO);                                                            \
    } while (0)

/* --- its parts --- */

ASYNC(void, waits, args(int how))
{
    ASYNC_BEGIN
    POINT;
    if (self->how == 0) AWAIT(async_sleep, ASYNC_MS(0));
    else if (self->how == 1) AWAIT(async_sleep, ASYNC_MS(1));
    POINT;
    ASYNC_END
}

/* As `async with`: what enter took it gives back itself if it does not get to its end. */
struct res {
    int parent, id;
};
ASYNC(void, res_enter, args(struct res *r, int parent), vars(int e), awaits(waits))
{
    ASYNC_BEGIN
    AWAIT(waits, 0);
    self->r->id = open_in(self->parent);
    ASYNC_TRY {
        AWAIT(waits, 1);
    }
    ASYNC_CATCH_ALL(self->e) {
        close_it(self->r->id);
        ASYNC_RAISE(self->e);
    }
    ASYNC_END
}
ASYNC(bool, res_exit, args(struct res *r, int error), awaits(waits))
{
    ASYNC_BEGIN
    close_it(self->r->id);
    AWAIT(waits, 1);
    ASYNC_RETURN(self->error == -EAGAIN);
    ASYNC_END
}

ASYNC(int, leaf, args(int parent), vars(int id), awaits(waits))
{
    ASYNC_BEGIN
    self->id = open_in(self->parent);
    ASYNC_DO {
        AWAIT(waits, 0);
        AWAIT(waits, 1);
        POINT;
    }
    ASYNC_FINALLY {
        close_it(self->id);
        AWAIT(waits, 0);
    }
    ASYNC_RETURN(1);
    ASYNC_END
}

ASYNC_GENERATOR(int, numbers, args(int parent, int n), vars(int i; struct res r),
                awaits(res_enter, res_exit, leaf))
{
    ASYNC_BEGIN
    ASYNC_WITH(res, &self->r, self->parent) {
        for (self->i = 0; self->i < self->n; self->i++) {
            AWAIT(leaf, self->r.id);
            POINT;
            ASYNC_YIELD(self->i);
        }
    }
    ASYNC_END
}

/* A frame with tasks of its own, and a loop over a generator. */
ASYNC(int, member, args(int parent),
      vars(int v; int id; int sum; bool started; int hold; struct numbers gen),
      tasks(leaf a, leaf b), awaits(leaf))
{
    ASYNC_BEGIN
    self->id = open_in(self->parent);
    ASYNC_DO {
        self->started = ASYNC_SPAWN(&self->a, leaf, self->id) == 0;
        ASYNC_FOR(self->v, &self->gen, numbers, self->id, 3) {
            AWAIT(leaf, self->gen.r.id);
            if (self->v == 1) break;
            self->sum++;
        }
        ASYNC_SPAWN(&self->b, leaf, self->parent); /* may still run when this block is over */
        AWAIT(async_join, &self->a.task);
        self->sum += ASYNC_RESULT(&self->a);
    }
    ASYNC_FINALLY {
        ASYNC_DO {
            if (self->started) AWAIT(async_join, &self->a.task); /* raises what ended it */
        }
        ASYNC_FINALLY_HOLD(self->hold) close_it(self->id);
    }
    ASYNC_RETURN(self->sum);
    ASYNC_END
}

ASYNC(int, program, args(int parent, int limit_ms),
      vars(int e; int v; int sum; int hold; struct res outer; struct res inner; struct res last;
           async_timeout limit; async_group group; ASYNC_TASK(member) m1; ASYNC_TASK(member) m2;
           struct numbers gen),
      awaits(res_enter, res_exit, leaf, waits))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(res, &self->outer, self->parent) {
            ASYNC_DO {
                ASYNC_WITH(async_timeout, &self->limit, ASYNC_MS(self->limit_ms)) {
                    ASYNC_WITH(async_group, &self->group) {
                        ASYNC_SPAWN_IN(&self->group, &self->m1, member, self->outer.id);
                        AWAIT(waits, 0);
                        ASYNC_SPAWN_IN(&self->group, &self->m2, member, self->outer.id);
                        ASYNC_FOR(self->v, &self->gen, numbers, self->outer.id, 2) {
                            ASYNC_TRY {
                                AWAIT(leaf, self->gen.r.id);
                                if (self->v == 1) ASYNC_RAISE(-EPROTO);
                            }
                            ASYNC_CATCH(self->e) {
                                if (self->e != -EPROTO) ASYNC_RAISE(self->e);
                                ASYNC_WITH(res, &self->inner, self->gen.r.id)
                                    ASYNC_DO {
                                        AWAIT(leaf, self->inner.id);
                                        self->sum += 10;
                                        ASYNC_RAISE(-EAGAIN); /* swallowed by the exit */
                                    }
                                ASYNC_FINALLY {
                                    AWAIT(waits, 1);
                                }
                            }
                        }
                    }
                    self->sum += ASYNC_RESULT(&self->m1) + ASYNC_RESULT(&self->m2);
                }
            }
            ASYNC_FINALLY {
                ASYNC_WITH(res, &self->last, self->outer.id) {
                    ASYNC_DO
                        AWAIT(leaf, self->last.id);
                    ASYNC_FINALLY_HOLD(self->hold) AWAIT(waits, 0);
                }
            }
        }
    }
    ASYNC_CATCH_ALL(self->e) {
        AWAIT(waits, 0);
        ASYNC_RAISE(self->e);
    }
    ASYNC_RETURN(self->sum);
    ASYNC_END
}

/* --- one run --- */

enum { FOREVER = 100000, SHORT = 6 }; /* milliseconds of the timeout block */

static async_loop loop;
static ASYNC_TASK(program) task;

static void begin(int limit_ms)
{
    async_options options;
    memset(&options, 0, sizeof options);
    options.virtual_clock = true;
    options.on_error = test_on_error_;
    memset(&task, 0, sizeof task);
    opened = open_now = points = 0;
    program_task = &task.task;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, program, -1, limit_ms), 0);
}
static int stop(void *arg)
{
    async_loop_stop((async_loop *)arg);
    return 0;
}
/* n ticks, fewer if it ends before; how many. Every wait is for a whole millisecond. */
static int tick(int n)
{
    static async_call next;
    int i;
    memset(&next, 0, sizeof next);
    for (i = 0; i < n && !async_task_done(&task.task); i++) {
        if (loop.head) async_loop_stop(&loop);
        else CHECK_INT(async_call_later(&loop, &next, ASYNC_MS(1), stop, &loop), 0);
        CHECK_INT(async_loop_run_forever(&loop), 0);
    }
    return i;
}
static int end(void)
{
    int err;
    (void)async_loop_run_until_complete(&loop, &task.task);
    err = async_task_error(&task.task);
    CHECK_INT(open_now, 0);
    CHECK_INT(async_all_tasks(&loop, NULL, 0), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    return err;
}

TEST(undisturbed)
{
    begin(FOREVER);
    CHECK_INT(end(), 0);
    CHECK_INT(ASYNC_RESULT(&task), 14);
    begin(SHORT);
    CHECK_INT(end(), -ETIMEDOUT);
    CHECK(task.frame_.limit.expired);
}

static void cancel_at_every_tick(int limit_ms, int other)
{
    int k;
    for (k = 0;; k++) {
        begin(limit_ms);
        if (tick(k) < k) break;
        if (async_task_cancel(&task.task)) CHECK_INT(end(), ASYNC_CANCELED);
        else CHECK_INT(end(), other);
    }
    CHECK(k > 20);
    CHECK_INT(end(), other);
}

TEST(cancelled_at_every_tick)
{
    cancel_at_every_tick(FOREVER, 0);
}
TEST(cancelled_at_every_tick_with_a_timeout_near)
{
    cancel_at_every_tick(SHORT, -ETIMEDOUT);
}

/* The second cancel meets the cleanup that the first began. */
static void cancel_twice(int limit_ms)
{
    int k, m;
    for (k = 0;; k++) {
        for (m = 0;; m++) {
            begin(limit_ms);
            if (tick(k) < k) break;
            if (!async_task_cancel(&task.task) || tick(m) < m) break;
            async_task_cancel(&task.task);
            CHECK_INT(end(), ASYNC_CANCELED);
        }
        CHECK(async_task_done(&task.task));
        (void)end();
        if (m == 0) break;
    }
    CHECK(k > 20);
}

TEST(cancelled_twice_at_every_pair_of_ticks)
{
    cancel_twice(FOREVER);
}
TEST(cancelled_twice_with_a_timeout_near)
{
    cancel_twice(SHORT);
}

/* Cancelled by a step of its own, or of one of its tasks. */
TEST(cancelled_from_inside)
{
    for (cancel_at = 0;; cancel_at++) {
        int err;
        begin(FOREVER);
        err = end();
        if (points <= cancel_at) {
            CHECK_INT(err, 0);
            break;
        }
        CHECK_INT(err, ASYNC_CANCELED);
    }
    CHECK(cancel_at > 50);
}

TEST(an_error_at_every_point)
{
    for (fail_at = 0;; fail_at++) {
        int err;
        begin(FOREVER);
        err = end();
        if (points <= fail_at) break;
        CHECK(err == -EIO || err == 0); /* 0: of a task that nobody joins */
    }
    CHECK(fail_at > 50);
}

/* An error at every point of a run that is cancelled at every tick. */
TEST(an_error_at_every_point_of_every_cleanup)
{
    int k, length;
    begin(FOREVER);
    length = tick(1000);
    CHECK_INT(end(), 0);
    CHECK(length > 20);
    for (k = 0; k < length; k++)
        for (fail_at = 0;; fail_at++) {
            begin(FOREVER);
            (void)tick(k);
            async_task_cancel(&task.task);
            (void)end();
            if (points <= fail_at) break;
        }
}
