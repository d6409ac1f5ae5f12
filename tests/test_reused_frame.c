/* A frame is made in memory that another coroutine used: nothing of that may be seen in it. */
#include "test.h"

ASYNC(void, scribble, raw(char memory[512]))
{
    ASYNC_BEGIN
    memset(self->memory, 0x33, sizeof self->memory);
    ASYNC_END
}

struct thing {
    int unused;
};
ASYNC(void, thing_enter, args(struct thing *t))
{
    ASYNC_BEGIN(void)
    self->t;
    ASYNC_END
}
ASYNC(bool, thing_exit, args(struct thing *t, int error))
{
    ASYNC_BEGIN
    ASYNC_RETURN(false);
    ASYNC_END
}

ASYNC(int, one_with, vars(struct thing t), awaits(thing_enter, thing_exit))
{
    ASYNC_BEGIN
    ASYNC_WITH(thing, &self->t) {
        trace("block ");
    }
    trace("after ");
    ASYNC_RETURN(7);
    ASYNC_END
}

ASYNC(int, further_in, vars(int x), awaits(one_with)) /* where scribble wrote */
{
    ASYNC_BEGIN
    AWAIT_TO(self->x, one_with);
    ASYNC_RETURN(self->x);
    ASYNC_END
}

/* The block was left by its end, though what lies in the frame says otherwise. */
ASYNC(int, with_in_used_memory, vars(int x), awaits(scribble, further_in))
{
    ASYNC_BEGIN
    AWAIT(scribble);
    AWAIT_TO(self->x, further_in);
    ASYNC_RETURN(self->x);
    ASYNC_END
}

TEST(a_with_block_ends_in_memory_used_before)
{
    int x = 0;
    CHECK_INT(run_virtual_to(x, with_in_used_memory), 0);
    CHECK_INT(x, 7);
    CHECK_TRACE("block after ");
}

ASYNC_GENERATOR(int, one_with_and_yield, vars(struct thing t), awaits(thing_enter, thing_exit))
{
    ASYNC_BEGIN
    ASYNC_WITH(thing, &self->t) {
        ASYNC_YIELD(1);
    }
    ASYNC_YIELD(2);
    ASYNC_END
}
ASYNC(void, generator_in_used_memory, raw(struct one_with_and_yield g), vars(int x))
{
    ASYNC_BEGIN
    memset(&self->g, 0x33, sizeof self->g);
    ASYNC_FOR(self->x, &self->g, one_with_and_yield) {
        trace("%d ", self->x);
    }
    ASYNC_END
}

TEST(a_generator_starts_in_memory_used_before)
{
    CHECK_INT(run_virtual(generator_in_used_memory), 0);
    CHECK_TRACE("1 2 ");
}
