// FLAGS: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free
/* Memory: what allocates and what does not, tasks of the allocator freed once and at the right
 * time, and what happens when there is none. */
#define ASYNCC_VIRTUAL_CLOCK 1
#include "test.h"

/* Every call from this file, header included, by the linker. */
static volatile int calls_of_malloc; /* volatile: compilers know that malloc changes nothing */
#ifdef __cplusplus
extern "C" {
#endif
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *old);
void *__wrap_malloc(size_t size)
{
    return calls_of_malloc = calls_of_malloc + 1, __real_malloc(size);
}
void *__wrap_calloc(size_t n, size_t size)
{
    return calls_of_malloc = calls_of_malloc + 1, __real_calloc(n, size);
}
void *__wrap_realloc(void *old, size_t size)
{
    return calls_of_malloc = calls_of_malloc + 1, __real_realloc(old, size);
}
void __wrap_free(void *old)
{
    calls_of_malloc = calls_of_malloc + 1, __real_free(old);
}
#ifdef __cplusplus
}
#endif

/* The program of the design. */
ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    printf("Square %d\n", self->x);
    AWAIT(async_sleep, ASYNC_MS(1000));
    printf("End square %d\n", self->x);
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}
ASYNC(void, amain, tasks(square a, square b, square c), vars(int d), awaits(square, async_gather))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, square, 1);
    ASYNC_SPAWN(&self->b, square, 2);
    ASYNC_SPAWN(&self->c, square, 3);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b, &self->c));
    printf("[%d, %d, %d]\n", ASYNC_RESULT(&self->a), ASYNC_RESULT(&self->b),
           ASYNC_RESULT(&self->c));
    AWAIT_TO(self->d, square, 4);
    ASYNC_END
}
TEST(the_first_program_allocates_nothing)
{
    void *volatile block;
    int result, calls;
    calls_of_malloc = 0; /* a static libc starts with some of its own */
    block = malloc(1);
    free(block);
    CHECK_INT(calls_of_malloc, 2); /* they are counted */
    calls_of_malloc = 0;
    result = ASYNC_RUN(amain);
    calls = calls_of_malloc;
    CHECK_INT(result, 0);
    CHECK_INT(calls, 0);
    CHECK_PRINTED(
        "Square 1\nSquare 2\nSquare 3\nEnd square 1\nEnd square 2\nEnd square 3\n[1, 4, 9]\nSquare 4\nEnd square 4\n");
}

/* Nor does anything else that this issue has, errors and cancellation included; all but spawning
 * new tasks and a gather of tasks that somebody waits for already. */
ASYNC(void, fails, args(int ms, int error), vars(int e))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    if (self->error) ASYNC_RAISE(self->error, "a text");
    ASYNC_END
}
ASYNC_GENERATOR(int, counts, args(int n), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->n; self->i++) {
        AWAIT(async_sleep, ASYNC_MS(1));
        ASYNC_YIELD(self->i);
    }
    ASYNC_END
}
ASYNC(void, everything, tasks(fails a, fails b, fails c),
      vars(async_group tg; async_timeout t; async_future f; struct counts gen; int v; int e;
           async_call call),
      awaits(fails, async_gather, async_wait_for))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, fails, 1, 0);
    ASYNC_SPAWN_EAGER(&self->b, fails, 1, -EIO);
    AWAIT_ERR(self->e, async_gather, ASYNC_TASKS(&self->a, &self->b));
    AWAIT_ERR(self->e, fails, 1, -EIO);
    ASYNC_SPAWN(&self->a, fails, 10, 0);
    AWAIT_ERR(self->e, async_wait_for, &self->a.task, ASYNC_MS(1));
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(5)) {
            ASYNC_WITH(async_group, &self->tg) {
                ASYNC_SPAWN_IN(&self->tg, &self->a, fails, 1, 0);
                ASYNC_SPAWN_IN(&self->tg, &self->b, fails, 2, -EIO);
                ASYNC_SPAWN_IN(&self->tg, &self->c, fails, 1000, 0);
            }
        }
    }
    ASYNC_CATCH(self->e) {}
    ASYNC_FOR(self->v, &self->gen, counts, 3) AWAIT(async_sleep, ASYNC_MS(0));
    (void)async_future_set_error(&self->f, -EIO);
    AWAIT_ERR(self->e, async_future_wait, &self->f);
    ASYNC_SPAWN(&self->a, fails, 1000, 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->a.task);
    AWAIT_ERR(self->e, async_gather_return_exceptions, ASYNC_TASKS(&self->a));
    ASYNC_SPAWN(&self->b, fails, 1000, 0); /* cancelled by the frame's end */
    ASYNC_END
}
TEST(the_language_allocates_nothing)
{
    int result, calls;
    calls_of_malloc = 0;
    result = ASYNC_RUN(everything);
    calls = calls_of_malloc;
    CHECK_INT(result, 0);
    CHECK_INT(calls, 0);
}

/* --- the loop's allocator --- */

/* Knows each block that is out; fails the nth request. */
static struct block {
    void *p;
    size_t size;
} blocks[1000];
static int out, requests, fail_at;
static struct block *find_block(void *p)
{
    int i;
    for (i = 0; i < out; i++)
        if (blocks[i].p == p) return &blocks[i];
    test_fail_(__FILE__, __LINE__, "a block that is not out is given back: freed twice?");
}
static void *allocate(void *context, void *old, size_t size)
{
    struct block *block = old ? find_block(old) : NULL;
    void *p;
    CHECK(context == blocks);
    if (size && ++requests == fail_at) return NULL;
    p = size ? malloc(size) : NULL;
    if (size) CHECK(p != NULL);
    if (old) {
        if (size) memcpy(p, old, size < block->size ? size : block->size);
        memset(old, 0x5a, block->size);
        free(old);
        *block = blocks[--out];
    }
    if (size) {
        CHECK(out < 1000);
        memset(p, 0xa5, size);
        blocks[out].p = p;
        blocks[out++].size = size;
    }
    return p;
}
static void open_loop(async_loop *loop)
{
    static async_options options;
    options.virtual_clock = true;
    options.alloc = allocate;
    options.context = blocks;
    options.on_error = test_on_error_;
    CHECK_INT(async_loop_init(loop, &options), 0);
}

ASYNC(int, works, args(int ms, int error))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    if (self->error) ASYNC_RAISE(self->error);
    ASYNC_RETURN(self->ms + 1);
    ASYNC_END
}
ASYNC(int, at_once)
{
    ASYNC_BEGIN
    ASYNC_RETURN(3);
    ASYNC_END
}
ASYNC(void, joins, args(async_task *on), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_join, self->on);
    ASYNC_CATCH_ALL(self->e) {}
    ASYNC_END
}
static int looks(void *task)
{
    CHECK(async_task_done((async_task *)task));
    return 0;
}

/* One way for a task to end a line; each must leave nothing. */
ASYNC(void, ways,
      vars(ASYNC_TASK(works) * a; ASYNC_TASK(works) * b; ASYNC_TASK(at_once) * c; async_call call;
           async_group tg; int e; int n),
      tasks(joins j))
{
    ASYNC_BEGIN
    self->n = out;
    CHECK(ASYNC_SPAWN_NEW(works, 1, 0) != NULL); /* unattended */
    CHECK_INT(out, self->n + 1);
    AWAIT(async_sleep, ASYNC_MS(2));
    CHECK_INT(out, self->n);

    CHECK(ASYNC_SPAWN_NEW(works, 1, -EIO) != NULL); /* and failing */
    AWAIT(async_sleep, ASYNC_MS(2));
    CHECK_INT(out, self->n);
    CHECK_INT(test_reports, 1);

    self->a = ASYNC_SPAWN_NEW(works, 1, 0); /* joined, and looked at afterwards */
    AWAIT(async_join, &self->a->task);
    CHECK_INT(ASYNC_RESULT(self->a), 2);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(out, self->n);

    self->a = ASYNC_SPAWN_NEW(works, 1, 0); /* by two, and a callback */
    ASYNC_SPAWN(&self->j, joins, &self->a->task);
    CHECK_INT(async_task_add_done_callback(&self->a->task, &self->call, looks, &self->a->task), 0);
    AWAIT(async_wait_for, &self->a->task, ASYNC_MS(5));
    CHECK_INT(ASYNC_RESULT(self->a), 2);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(out, self->n);

    self->a = ASYNC_SPAWN_NEW(works, 1, 0); /* cancelled before it starts */
    (void)async_task_cancel(&self->a->task);
    AWAIT(async_sleep, ASYNC_MS(0));
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(out, self->n);

    self->a = ASYNC_SPAWN_NEW(works, 100, 0); /* ... and later, through one who waits */
    ASYNC_SPAWN(&self->j, joins, &self->a->task);
    AWAIT(async_sleep, ASYNC_MS(1));
    (void)async_task_cancel(&self->j.task);
    AWAIT(async_join, &self->j.task);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(out, self->n);

    self->c =
        ASYNC_SPAWN_NEW_EAGER(at_once); /* done when it comes back; here until the next tick */
    CHECK_INT(ASYNC_RESULT(self->c), 3);
    AWAIT(async_join, &self->c->task);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(out, self->n);

    self->a = ASYNC_SPAWN_NEW(works, 1, 0); /* in a gather */
    self->b = ASYNC_SPAWN_NEW(works, 2, 0);
    AWAIT(async_gather, ASYNC_TASKS(self->a, self->b, self->a));
    CHECK_INT(ASYNC_RESULT(self->a) + ASYNC_RESULT(self->b), 2 + 3);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(out, self->n);

    self->a = ASYNC_SPAWN_NEW(works, 1, -EIO); /* that fails */
    self->b = ASYNC_SPAWN_NEW(works, 2, 0);
    AWAIT_ERR(self->e, async_gather, ASYNC_TASKS(self->b, self->a));
    CHECK_INT(async_task_error(&self->a->task), -EIO);
    AWAIT(async_sleep, ASYNC_MS(3));
    CHECK_INT(out, self->n);

    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) { /* in a group, with all outcomes */
            self->a = ASYNC_SPAWN_NEW_IN(&self->tg, works, 1, 0);
            CHECK(ASYNC_SPAWN_NEW_IN(&self->tg, works, 2, -EIO) != NULL);
            self->b = ASYNC_SPAWN_NEW_IN(&self->tg, works, 3, 0);
            AWAIT(async_gather, ASYNC_TASKS(self->a, self->b));
        }
    }
    ASYNC_CATCH(self->e) {
        CHECK(ASYNC_SPAWN_NEW_IN(&self->tg, works, 1, 0) == NULL); /* refused */
    }
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(out, self->n);
    CHECK_INT(test_reports, 1);
    ASYNC_END
}
static ASYNC_TASK(ways) ways_task;
TEST(new_tasks_are_freed_once)
{
    async_loop loop;
    open_loop(&loop);
    ASYNC_SPAWN(&ways_task, ways);
    CHECK_INT(async_loop_run_until_complete(&loop, &ways_task.task), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(out, 0);
}

TEST(a_new_task_as_the_main_one)
{
    async_loop loop;
    ASYNC_TASK(works) * task;
    open_loop(&loop);
    task = ASYNC_SPAWN_NEW(works, 5, 0);
    CHECK(task != NULL);
    async_loop_stop(&loop);
    CHECK_INT(async_loop_run_until_complete(&loop, &task->task), -EINTR);
    CHECK_INT(async_loop_run_until_complete(&loop, &task->task), 0);
    CHECK_INT(ASYNC_RESULT(task), 6); /* until the loop runs again or is closed */
    CHECK_INT(out, 1);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(out, 0);
}

TEST(spawned_on_a_closed_loop)
{
    static ASYNC_TASK(works) task;
    async_loop loop;
    open_loop(&loop);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, works, 1, 0), -ESHUTDOWN);
    CHECK_INT(out, 0);
}

/* --- no memory --- */

/* Uses each kind of allocation: new tasks, new members, second gathers. All it may do when there
 * is none is to fail. */
ASYNC(void, gathers, args(async_task *a, async_task *b))
{
    ASYNC_BEGIN
    AWAIT(async_gather, ASYNC_MAKE_(async_tasks, 2, 1, NULL, {self->a, self->b}));
    ASYNC_END
}
ASYNC(int, hungry, tasks(gathers g1, gathers g2, gathers g3),
      vars(ASYNC_TASK(works) * a; ASYNC_TASK(works) * b; async_group tg; int i))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_group, &self->tg) {
        for (self->i = 0; self->i < 3; self->i++)
            if (!ASYNC_SPAWN_NEW_IN(&self->tg, works, self->i, 0)) ASYNC_RAISE(-ENOMEM);
        if (!(self->a = ASYNC_SPAWN_NEW(works, 3, 0))) ASYNC_RAISE(-ENOMEM);
        if (!(self->b = ASYNC_SPAWN_NEW(works, 2, 0))) ASYNC_RAISE(-ENOMEM);
        ASYNC_SPAWN_IN(&self->tg, &self->g1, gathers, &self->a->task, &self->b->task);
        ASYNC_SPAWN_IN(&self->tg, &self->g2, gathers, &self->b->task, &self->a->task);
        ASYNC_SPAWN_IN(&self->tg, &self->g3, gathers, &self->a->task, &self->a->task);
        AWAIT(async_sleep, ASYNC_MS(1));
    }
    ASYNC_RETURN(1);
    ASYNC_END
}
static ASYNC_TASK(hungry) hungry_task;
TEST(without_memory_it_fails_and_leaks_nothing)
{
    async_loop loop;
    int err = -ENOMEM, errors = 0;
    for (fail_at = 1; err; fail_at++) {
        requests = 0;
        open_loop(&loop);
        memset(&hungry_task, 0, sizeof hungry_task);
        ASYNC_SPAWN(&hungry_task, hungry);
        err = async_loop_run_until_complete(&loop, &hungry_task.task);
        CHECK(err == 0 || err == -ENOMEM);
        CHECK_INT(async_loop_shutdown(&loop), 0);
        CHECK_INT(async_loop_close(&loop), 0);
        CHECK_INT(out, 0);
        errors += err != 0;
        CHECK(fail_at < 100);
    }
    CHECK_INT(errors, 3 + 2 + 3); /* members, tasks, nodes of the second and third gather */
    CHECK_INT(test_reports, 0);
}
