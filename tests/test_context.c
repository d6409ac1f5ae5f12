/* Task-local values: seen in a block, in what it awaits, and in tasks that were spawned there. */
#define ASYNCC_CONTEXT 1
#include "test.h"

static char nobody[] = "nobody", ann[] = "ann", bob[] = "bob";
static const async_context_var user = {nobody}, other = {NULL};

static const char *who(void)
{
    return (const char *)async_context_get(&user);
}

ASYNC(void, says, args(int ms))
{
    ASYNC_BEGIN
    trace("%s ", who());
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    trace("%s ", who());
    ASYNC_END
}

/* --- blocks --- */

ASYNC(void, blocks, vars(async_context a; async_context b), awaits(says))
{
    ASYNC_BEGIN
    CHECK_STR(who(), "nobody");
    CHECK(!async_context_get(&other));
    ASYNC_WITH(async_context, &self->a, &user, ann) {
        AWAIT(says, 1);
        ASYNC_WITH(async_context, &self->b, &user, bob) {
            AWAIT(says, 1);
        }
        CHECK_STR(who(), "ann");
        ASYNC_WITH(async_context, &self->b, &other, bob) {
            CHECK_STR(who(), "ann");
            CHECK_STR((const char *)async_context_get(&other), "bob");
        }
        CHECK(!async_context_get(&other));
    }
    CHECK_STR(who(), "nobody");
    CHECK_TRACE("ann ann bob bob ");
    ASYNC_END
}
TEST(context_in_blocks)
{
    CHECK_INT(run_virtual(blocks), 0);
    CHECK(!async_context_get(&other)); /* no loop */
    CHECK_STR(who(), "nobody");
}

ASYNC(void, leaves, vars(async_context a; int err))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_context, &self->a, &user, ann) {
            ASYNC_RAISE(-EPROTO);
        }
    }
    ASYNC_CATCH(self->err) {
        CHECK_STR(who(), "nobody");
    }
    ASYNC_DO {
        ASYNC_WITH(async_context, &self->a, &user, ann) {
            AWAIT(async_sleep, ASYNC_SEC(9));
        }
    }
    ASYNC_FINALLY {
        CHECK_STR(who(), "nobody");
        trace("left");
    }
    ASYNC_END
}
ASYNC(void, cancels, tasks(leaves t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, leaves);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_STR(who(), "nobody"); /* of another task */
    async_task_cancel(&self->t.task);
    ASYNC_END
}
TEST(context_left_by_an_error_and_by_a_cancel)
{
    CHECK_INT(run_virtual(cancels), 0);
    CHECK_TRACE("left");
}

/* --- tasks see what their spawner saw when it spawned them --- */

ASYNC(void, spawns, vars(async_context a; async_context b), tasks(says t, says u, says v))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, says, 10);
    ASYNC_WITH(async_context, &self->a, &user, ann) {
        ASYNC_SPAWN(&self->u, says, 10);
        ASYNC_WITH(async_context, &self->b, &user, bob) {
            ASYNC_SPAWN_EAGER(&self->v, says, 10);
        }
    }
    AWAIT(async_gather, ASYNC_TASKS(&self->t, &self->u, &self->v));
    CHECK_TRACE("bob nobody ann bob nobody ann ");
    ASYNC_WITH(async_context, &self->b, &user, ann) { /* nobody sees it any more */
        CHECK_STR(who(), "ann");
    }
    ASYNC_END
}
TEST(context_goes_on_to_tasks)
{
    CHECK_INT(run_virtual(spawns), 0);
}

/* Tasks from the allocator have a copy: neither the block nor its frame has to be there. */
ASYNC(void, spawns_new, vars(async_context a; int i))
{
    static char names[3][2] = {"0", "1", "2"};
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++)
        ASYNC_WITH(async_context, &self->a, &user, names[self->i]) {
            CHECK(ASYNC_SPAWN_NEW(says, 10) != NULL);
        }
    ASYNC_END
}
ASYNC(void, outlives, awaits(spawns_new))
{
    ASYNC_BEGIN
    AWAIT(spawns_new);
    AWAIT(async_sleep, ASYNC_MS(20));
    ASYNC_END
}
TEST(context_of_tasks_from_the_allocator)
{
    CHECK_INT(run_virtual(outlives), 0);
    CHECK_TRACE("0 1 2 0 1 2 ");
}

/* What a task from the allocator has a copy of is seen by those it spawns after its own end, too. */
static ASYNC_TASK(says) last_says[2];
static int context_blocks;
static size_t context_size;
static void *context_alloc(void *context, void *old, size_t size)
{
    volatile char *gone = (volatile char *)old;
    (void)context;
    context_blocks += (size && !old) - (!size && old);
    if (size) return realloc(old, context_size = size);
    while (gone && context_size) gone[--context_size] = 0x5a; /* any use of it is seen */
    free(old);
    return NULL;
}
ASYNC(void, spawns_two)
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&last_says[0], says, 10);
    ASYNC_SPAWN(&last_says[1], says, 20);
    ASYNC_END
}
ASYNC(void, spawns_a_spawner, vars(async_context a))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_context, &self->a, &user, ann) {
        CHECK(ASYNC_SPAWN_NEW(spawns_two) != NULL);
    }
    AWAIT(async_sleep, ASYNC_MS(30));
    CHECK_INT(context_blocks, 0);
    ASYNC_END
}
static void context_run_ticks(int ticks)
{
    static ASYNC_TASK(spawns_a_spawner) task;
    async_loop loop;
    async_options options;
    int i;
    memset(&options, 0, sizeof options);
    memset((void *)&task, 0, sizeof task);
    memset((void *)last_says, 0, sizeof last_says);
    options.virtual_clock = true;
    options.alloc = context_alloc;
    options.on_error = test_on_error_;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, spawns_a_spawner), 0);
    for (i = 0; i < ticks; i++) CHECK_INT(async_loop_tick(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(context_blocks, 0);
}
TEST(context_of_a_task_from_the_allocator_that_has_ended)
{
    int ticks;
    context_run_ticks(20);
    CHECK_TRACE("ann ann ann ann ");
    for (ticks = 1; ticks < 8; ticks++) context_run_ticks(ticks);
}

ASYNC(void, enters_again, vars(async_context a; int i), tasks(says t))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 2; self->i++)
        ASYNC_WITH(async_context, &self->a, &user, ann) {
            if (!self->i) ASYNC_SPAWN(&self->t, says, 10);
            AWAIT(async_sleep, ASYNC_MS(1));
        }
    ASYNC_END
}
TEST(context_still_seen_is_not_entered_again)
{
    CHECK_PANIC("enters an async_context that is still seen", run_virtual(enters_again));
}

/* --- a generator's block, left in the middle of its consumer's --- */

ASYNC_GENERATOR(int, sets, vars(async_context a))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_context, &self->a, &user, ann) {
        ASYNC_YIELD(1);
    }
    ASYNC_END
}
ASYNC(void, crosses, vars(struct sets g; int v; async_context b))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->v, &self->g, sets) {
        CHECK_STR(who(), "ann"); /* the generator runs in its consumer's task */
        ASYNC_WITH(async_context, &self->b, &other, bob) {
            CHECK_STR(who(), "ann");
        }
    }
    CHECK_STR(who(), "nobody");
    ASYNC_START(&self->g, sets);
    ASYNC_FOR_IN(self->v, &self->g) break;
    ASYNC_WITH(async_context, &self->b, &other, bob) {
        AWAIT_CLOSE(&self->g); /* leaves the outer of two */
        CHECK_STR(who(), "nobody");
        CHECK_STR((const char *)async_context_get(&other), "bob");
    }
    CHECK(!async_context_get(&other));
    ASYNC_END
}
TEST(context_of_a_generator)
{
    CHECK_INT(run_virtual(crosses), 0);
}

/* --- callbacks belong to no task --- */

static int asks(void *arg)
{
    (void)arg;
    trace("%s", who());
    return 0;
}
ASYNC(void, calls, vars(async_context a; async_call call))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_context, &self->a, &user, ann) {
        CHECK_INT(async_call_soon(async_get_running_loop(), &self->call, asks, NULL), 0);
        AWAIT(async_sleep, ASYNC_MS(0));
    }
    ASYNC_END
}
TEST(context_is_none_in_callbacks)
{
    CHECK_INT(run_virtual(calls), 0);
    CHECK_TRACE("nobody");
}
