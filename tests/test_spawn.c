/* Tasks and their frames: the `tasks` clause, recursion, tasks from the allocator, eager ones. */
#include "test.h"

/* Says when it starts and ends; may fail, or refuse to be cancelled at once. */
ASYNC(int, work, args(const char *name, int ms, int error, int cleanup))
{
    ASYNC_BEGIN
    trace("%s( ", self->name);
    ASYNC_DO {
        AWAIT(async_sleep, ASYNC_MS(self->ms));
        if (self->error) ASYNC_RAISE(self->error);
    }
    ASYNC_FINALLY {
        AWAIT(async_sleep, ASYNC_MS(self->cleanup));
        trace(")%s@%d ", self->name, now_ms());
    }
    ASYNC_RETURN(self->ms);
    ASYNC_END
}

enum how { ENDS, RAISES, RETURNS, SLEEPS };

/* However the frame ends, its tasks are cancelled and waited for first. */
ASYNC(int, parent, args(enum how how, int cleanup), tasks(work a, work b, work never))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, work, "a", 100, 0, self->cleanup);
    ASYNC_SPAWN(&self->b, work, "b", 5, 0, 1);
    AWAIT(async_sleep, ASYNC_MS(10));
    if (self->how == RAISES) ASYNC_RAISE(-7);
    if (self->how == SLEEPS) AWAIT(async_sleep, ASYNC_SEC(9));
    if (self->how == ENDS) AWAIT(async_join, &self->a.task);
    ASYNC_RETURN(1);
    ASYNC_END
}
ASYNC(int, caller, args(enum how how, int cleanup), vars(int x), awaits(parent))
{
    ASYNC_BEGIN
    ASYNC_DO
        AWAIT_TO(self->x, parent, self->how, self->cleanup);
    ASYNC_FINALLY
        trace("parent is over@%d ", now_ms());
    ASYNC_RETURN(self->x);
    ASYNC_END
}
/* A cancel after 15 ms; the parent's tasks need `cleanup` to end. */
ASYNC(int, cancels, args(enum how how, int cleanup, int again), vars(int e), tasks(caller t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, caller, self->how, self->cleanup);
    AWAIT(async_sleep, ASYNC_MS(15));
    async_task_cancel(&self->t.task);
    if (self->again) {
        AWAIT(async_sleep, ASYNC_MS(self->again));
        async_task_cancel(&self->t.task);
    }
    AWAIT(async_join, &self->t.task);
    ASYNC_RETURN(ASYNC_RESULT(&self->t));
    ASYNC_END
}

TEST(a_frame_outlives_its_tasks)
{
    int i;
    for (i = 0; i < 2; i++) { /* alone, or awaited by another */
        const char *over[] = {"a( b( )b@6 )a@100 ", "a( b( )b@6 )a@30 ", "a( b( )b@6 )a@30 "};
        char want[200];
        int how;
        for (how = ENDS; how <= RETURNS; how++) {
            int cleanup = how == ENDS ? 0 : 20, err = how == RAISES ? -7 : 0;
            if (i == 0) CHECK_INT(run_virtual(parent, (enum how)how, cleanup), err);
            else CHECK_INT(run_virtual(caller, (enum how)how, cleanup), err);
            snprintf(want, sizeof want, "%s%s", over[how],
                     i == 0        ? ""
                     : how == ENDS ? "parent is over@100 "
                                   : "parent is over@30 ");
            CHECK_TRACE(want);
        }
    }
    CHECK_INT(run_virtual(cancels, SLEEPS, 20, 0), ASYNC_CANCELED);
    CHECK_TRACE("a( b( )b@6 )a@35 parent is over@35 ");
}

/* A cancel that comes while the frame waits for its tasks is not lost: it is raised at its end. */
TEST(cancelled_while_it_waits_for_its_tasks)
{
    CHECK_INT(run_virtual(cancels, RETURNS, 20, 0), ASYNC_CANCELED);
    CHECK_TRACE("a( b( )b@6 )a@30 parent is over@30 ");
    CHECK_INT(run_virtual(cancels, RAISES, 20, 0), ASYNC_CANCELED);
    CHECK_TRACE("a( b( )b@6 )a@30 parent is over@30 ");
    CHECK_INT(run_virtual(cancels, SLEEPS, 20, 5), ASYNC_CANCELED);
    CHECK_TRACE("a( b( )b@6 )a@35 parent is over@35 ");
}

/* Tasks of tasks: the innermost end first. */
ASYNC(void, middle, args(int n), tasks(work w))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->w, work, self->n == 1 ? "x" : "y", 1000, 0, 10);
    AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_END
}
ASYNC(void, outer, tasks(middle a, middle b))
{
    ASYNC_BEGIN
    ASYNC_DO {
        ASYNC_SPAWN(&self->a, middle, 1);
        ASYNC_SPAWN(&self->b, middle, 2);
        AWAIT(async_sleep, ASYNC_MS(10));
        ASYNC_RAISE(-7);
    }
    ASYNC_FINALLY
        trace("finally@%d ", now_ms());
    ASYNC_END
}

TEST(tasks_of_tasks)
{
    CHECK_INT(run_virtual(outer), -7);
    CHECK_TRACE("x( y( finally@10 )x@20 )y@20 ");
}

/* The error of a task whose frame has ended is reported, unless it was looked at. */
ASYNC(void, ignores, args(bool looks), tasks(work a))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, work, "a", 1, -EIO, 0);
    AWAIT(async_sleep, ASYNC_MS(5));
    if (self->looks) trace("%d ", async_task_error(&self->a.task) == -EIO);
    ASYNC_END
}

TEST(error_of_a_task_in_a_frame)
{
    CHECK_INT(run_virtual(ignores, true), 0);
    CHECK_TRACE("a( )a@1 1 ");
    CHECK_INT(test_reports, 0);
    CHECK_INT(run_virtual(ignores, false), 0);
    CHECK_TRACE("a( )a@1 ");
    CHECK_INT(test_reports, 1);
    CHECK_STR(test_last_report, "error of a task was never retrieved");
}

/* A frame's task may be spawned again once it has ended, and only a task in the frame is its. */
static ASYNC_TASK(work) elsewhere;
ASYNC(void, again, tasks(work a), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++) {
        ASYNC_SPAWN(&self->a, work, "a", 1, 0, 0);
        AWAIT(async_join, &self->a.task);
    }
    ASYNC_SPAWN(&elsewhere, work, "e", 50, 0, 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
ASYNC(void, calls_again, awaits(again))
{
    ASYNC_BEGIN
    AWAIT(again);
    trace("over@%d ", now_ms());
    AWAIT(async_join, &elsewhere.task);
    ASYNC_END
}

TEST(spawned_again_and_elsewhere)
{
    CHECK_INT(run_virtual(calls_again), 0);
    CHECK_TRACE("a( )a@1 a( )a@2 a( )a@3 e( over@4 )e@53 ");
}

/* --- recursion: the caller supplies the task, or the allocator does --- */

struct node {
    int value;
    struct node *left, *right;
};
ASYNC(int, tree_sum, args(const struct node *n),
      vars(ASYNC_TASK(tree_sum) * l; ASYNC_TASK(tree_sum) * r))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    if (!self->n) ASYNC_RETURN(0);
    self->l = ASYNC_SPAWN_NEW(tree_sum, self->n->left);
    self->r = ASYNC_SPAWN_NEW(tree_sum, self->n->right);
    if (!self->l || !self->r) ASYNC_RAISE(-ENOMEM);
    AWAIT(async_gather, ASYNC_TASKS(self->l, self->r));
    ASYNC_RETURN(ASYNC_RESULT(self->l) + ASYNC_RESULT(self->r) + self->n->value);
    ASYNC_END
}

TEST(recursion_through_the_allocator)
{
    struct node n[7];
    int i, r = 0;
    memset(n, 0, sizeof n);
    for (i = 0; i < 7; i++) {
        n[i].value = 1 << i;
        n[i].left = i < 3 ? &n[2 * i + 1] : NULL;
        n[i].right = i < 3 ? &n[2 * i + 2] : NULL;
    }
    CHECK_INT(run_virtual_to(r, tree_sum, n), 0);
    CHECK_INT(r, 127);
}

/* The task comes as `void *`: the type is complete only after its own clauses. */
ASYNC(int, factorial, args(int n, void *room), vars(ASYNC_TASK(factorial) * deeper))
{
    ASYNC_BEGIN
    if (self->n <= 1) ASYNC_RETURN(1);
    self->deeper = (ASYNC_TASK(factorial) *)self->room;
    ASYNC_SPAWN(self->deeper, factorial, self->n - 1, self->deeper + 1);
    AWAIT(async_join, &self->deeper->task);
    ASYNC_RETURN(self->n * ASYNC_RESULT(self->deeper));
    ASYNC_END
}
static ASYNC_TASK(factorial) rooms[10];

TEST(recursion_through_the_callers_tasks)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, factorial, 10, (void *)rooms), 0);
    CHECK_INT(r, 3628800);
}

/* --- from the allocator --- */

static int allocations;
static void *counting(void *context, void *old, size_t size)
{
    (void)context;
    if (old) allocations--;
    if (size == 0) return free(old), (void *)NULL;
    allocations++;
    return realloc(old, size);
}
ASYNC(void, detached, args(int error), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++)
        CHECK(ASYNC_SPAWN_NEW(work, "d", 1 + self->i, self->i == 1 ? self->error : 0, 0) != NULL);
    AWAIT(async_sleep, ASYNC_MS(0));
    trace("[%d] ", allocations);
    AWAIT(async_sleep, ASYNC_MS(5));
    trace("[%d] ", allocations);
    CHECK(ASYNC_SPAWN_NEW(work, "left", 1000, 0, 0) != NULL); /* starts, is cancelled, and freed */
    ASYNC_END
}

TEST(detached_tasks_are_freed)
{
    if (ASYNCC_FREESTANDING) SKIP("a bare loop is not closed");
    static ASYNC_TASK(detached) task;
    static async_loop loop;
    async_options options;
    memset(&options, 0, sizeof options);
    options.alloc = counting;
    options.virtual_clock = true;
    options.on_error = test_on_error_;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    test_start_ = async_loop_time(&loop);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, detached, -EIO), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &task.task), 0);
    CHECK_INT(async_loop_shutdown(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(allocations, 0);
    CHECK_TRACE("d( d( d( [3] )d@1 )d@2 )d@3 [0] left( )left@5 ");
    CHECK_INT(test_reports, 1);
    CHECK_STR(test_last_report, "error of a detached task");
}

static void *no_memory(void *context, void *old, size_t size)
{
    (void)context, (void)old, (void)size;
    return NULL;
}
ASYNC(int, wants_memory)
{
    ASYNC_BEGIN
    if (!ASYNC_SPAWN_NEW(work, "n", 1, 0, 0)) ASYNC_RETURN(1);
    ASYNC_RETURN(0);
    ASYNC_END
}

TEST(no_memory_for_a_task)
{
    static ASYNC_TASK(wants_memory) task;
    static async_loop loop;
    async_options options;
    memset(&options, 0, sizeof options);
    options.alloc = no_memory;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, wants_memory), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &task.task), 0);
    CHECK_INT(ASYNC_RESULT(&task), 1);
    CHECK_INT(async_loop_close(&loop), 0);
}

/* --- when it starts --- */

ASYNC(void, eager, tasks(work a, work b, work c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, work, "a", 3, 0, 0);
    trace("1 ");
    ASYNC_SPAWN_EAGER(&self->b, work, "b", 3, 0, 0);
    trace("2 ");
    ASYNC_SPAWN(&self->c, work, "c", 3, 0, 0);
    CHECK(async_current_task() != &self->b.task);
    AWAIT(async_sleep, ASYNC_MS(0));
    trace("3 ");
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b, &self->c));
    ASYNC_END
}

TEST(on_the_next_tick_or_at_once)
{
    CHECK_INT(run_virtual(eager), 0);
    CHECK_TRACE("1 b( 2 a( c( 3 )b@3 )a@3 )c@3 ");
}

/* A task that is cancelled before its first step never runs. */
ASYNC(void, not_even_started, tasks(work a))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, work, "a", 1, 0, 0);
    ASYNC_END
}

TEST(cancelled_before_its_first_step)
{
    CHECK_INT(run_virtual(not_even_started), 0);
    CHECK_TRACE("");
}

/* Held beyond its loop, and given back while another is current. */
TEST(a_held_task_outlives_its_loop)
{
    if (ASYNCC_FREESTANDING) SKIP("a bare loop is not closed");
    async_options options;
    async_loop loop, other;
    ASYNC_TASK(work) * t;
    int i;
    memset(&options, 0, sizeof options);
    options.virtual_clock = true;
    for (i = 0; i < 2; i++) {
        CHECK_INT(async_loop_init(&loop, &options), 0);
        t = ASYNC_SPAWN_NEW(work, "a", 1, 0, 0);
        async_task_hold(&t->task);
        CHECK_INT(async_loop_run_until_complete(&loop, &t->task), 0);
        CHECK_TRACE("a( )a@1 ");
        if (i) CHECK_INT(async_loop_close(&loop), 0);
        CHECK_INT(async_loop_init(&other, &options), 0);
        CHECK_INT(ASYNC_RESULT(t), 1);
        async_task_release(&t->task);
        CHECK_INT(async_loop_close(&other), 0);
        CHECK_INT(async_loop_close(&loop), 0);
    }
}

ASYNC(void, not_yet, tasks(work w), vars(async_call c))
{
    ASYNC_BEGIN
    CHECK_INT(async_task_cancelling(&self->w.task), 0);
    CHECK(!async_task_cancel(&self->w.task));
    CHECK_INT(async_task_error(&self->w.task), -EINPROGRESS);
    CHECK_INT(async_task_add_done_callback(&self->w.task, &self->c, NULL, NULL), -EINVAL);
    ASYNC_END
}
TEST(asked_before_it_is_spawned)
{
    CHECK_INT(run_virtual(not_yet), 0);
}
