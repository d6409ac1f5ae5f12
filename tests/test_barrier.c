/* Barriers. The number in a test's name is the rule of asyncio that it holds the library to. */
#include "sync.h"

ASYNC(void, party, args(async_barrier *b, const char *who), vars(uint32_t i; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT_TO(self->i, async_barrier_wait, self->b);
        trace("%s is %u\n", self->who, (unsigned)self->i);
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s %s\n", self->who, name_of(self->e));
        if (self->e == ASYNC_CANCELED) ASYNC_RAISE(self->e);
    }
    ASYNC_END
}
static void state(const async_barrier *b)
{
    trace("broken %d waiting %u\n", async_barrier_broken(b), (unsigned)async_barrier_waiting(b));
}

ASYNC(void, ba1, vars(async_barrier b; int i), tasks(party t[3]))
{
    static const char *const names[] = {"c", "a", "b"};
    ASYNC_BEGIN
    CHECK_INT(async_barrier_init(&self->b, 3), 0);
    for (self->i = 0; self->i < 3; self->i++) {
        ASYNC_SPAWN(&self->t[self->i], party, &self->b, names[self->i]);
        AWAIT(async_sleep, ASYNC_MS(1));
        state(&self->b);
    }
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
TEST(BA1_distinct_indices)
{
    CHECK_INT(run_virtual(ba1), 0);
    CHECK_TRACE("broken 0 waiting 1\nbroken 0 waiting 2\nb is 2\nc is 0\na is 1\n"
                "broken 0 waiting 0\n");
}

ASYNC(void, twice, args(async_barrier *b, const char *who, const char *again), awaits(party))
{
    ASYNC_BEGIN
    AWAIT(party, self->b, self->who);
    AWAIT(party, self->b, self->again);
    ASYNC_END
}
ASYNC(void, ba2, vars(async_barrier b), tasks(twice a, twice b_, twice c))
{
    ASYNC_BEGIN
    CHECK_INT(async_barrier_init(&self->b, 3), 0);
    ASYNC_SPAWN(&self->a, twice, &self->b, "a", "aa");
    ASYNC_SPAWN(&self->b_, twice, &self->b, "b", "bb");
    ASYNC_SPAWN(&self->c, twice, &self->b, "c", "cc");
    AWAIT(async_sleep, ASYNC_MS(0));
    trace("one turn\n");
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b_, &self->c));
    ASYNC_END
}
TEST(BA2_again_and_the_last_goes_on)
{
    CHECK_INT(run_virtual(ba2), 0);
    CHECK_TRACE("c is 2\none turn\na is 0\nb is 1\naa is 2\nbb is 0\ncc is 1\n");
}

ASYNC(void, ba3, vars(async_barrier b), tasks(party a, party c, party t[3]),
      awaits(party, async_gather))
{
    static const char *const names[] = {"d", "e", "f"};
    int i;
    ASYNC_BEGIN
    CHECK_INT(async_barrier_init(&self->b, 3), 0);
    ASYNC_SPAWN(&self->a, party, &self->b, "a");
    ASYNC_SPAWN(&self->c, party, &self->b, "c");
    AWAIT(async_sleep, ASYNC_MS(0));
    async_barrier_abort(&self->b);
    state(&self->b);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->c));
    AWAIT(party, &self->b, "late");
    async_barrier_reset(&self->b);
    state(&self->b);
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], party, &self->b, names[i]);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
TEST(BA3_abort)
{
    CHECK_INT(run_virtual(ba3), 0);
    CHECK_TRACE("broken 1 waiting 0\na broken\nc broken\nlate broken\nbroken 0 waiting 0\n"
                "f is 2\nd is 0\ne is 1\n");
}

ASYNC(void, ba4, vars(async_barrier b), tasks(party t[5]))
{
    static const char *const names[] = {"a", "c", "d", "e", "f"};
    int i;
    ASYNC_BEGIN
    CHECK_INT(async_barrier_init(&self->b, 3), 0);
    for (i = 0; i < 2; i++) ASYNC_SPAWN(&self->t[i], party, &self->b, names[i]);
    AWAIT(async_sleep, ASYNC_MS(0));
    for (i = 2; i < 5; i++) ASYNC_SPAWN(&self->t[i], party, &self->b, names[i]);
    async_barrier_reset(&self->b);
    state(&self->b);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    async_barrier_reset(&self->b);
    state(&self->b);
    ASYNC_END
}
TEST(BA4_reset)
{
    CHECK_INT(run_virtual(ba4), 0);
    CHECK_TRACE("broken 0 waiting 0\na broken\nc broken\nf is 2\nd is 0\ne is 1\n"
                "broken 0 waiting 0\n");
}

/* The others' order and indices are asyncio's, spurious wake-up and double index included. */
ASYNC(void, ba5, vars(async_barrier b), tasks(party t[5]))
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    int i;
    ASYNC_BEGIN
    CHECK_INT(async_barrier_init(&self->b, 4), 0);
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], party, &self->b, names[i]);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancel(&self->t[1].task));
    AWAIT(async_sleep, ASYNC_MS(1));
    state(&self->b);
    for (i = 3; i < 5; i++) ASYNC_SPAWN(&self->t[i], party, &self->b, names[i]);
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
TEST(BA5_cancelled)
{
    CHECK_INT(run_virtual(ba5), 0);
    CHECK_TRACE("b cancelled\nbroken 0 waiting 2\ne is 3\nc is 2\na is 0\nd is 2\n");
}

ASYNC(void, ba6, vars(async_barrier b), tasks(party t[5]))
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    int i;
    ASYNC_BEGIN
    CHECK_INT(async_barrier_init(&self->b, 2), 0);
    for (i = 0; i < 5; i++) ASYNC_SPAWN(&self->t[i], party, &self->b, names[i]);
    AWAIT(async_sleep, ASYNC_MS(1));
    state(&self->b);
    CHECK(async_task_cancel(&self->t[4].task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->t));
    trace("%s\n", name_of(async_barrier_init(&self->b, 0)));
    trace("%s\n", name_of(async_barrier_init(&self->b, -1)));
    ASYNC_END
}
TEST(BA6_too_many)
{
    CHECK_INT(run_virtual(ba6), 0);
    CHECK_TRACE("b is 1\na is 0\nd is 1\nc is 0\nbroken 0 waiting 1\ne cancelled\ninval\n"
                "inval\n");
}

ASYNC(void, never_set_up, vars(async_barrier b; uint32_t i))
{
    ASYNC_BEGIN
    AWAIT_TO(self->i, async_barrier_wait, &self->b);
    ASYNC_END
}
TEST(BA6_a_barrier_of_nobody)
{
    CHECK_INT(run_virtual(never_set_up), -EINVAL);
}
