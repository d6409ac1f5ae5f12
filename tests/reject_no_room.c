// A library coroutine that needs more room than `awaits` gives.
// FLAGS: -DASYNCC_FREESTANDING=1
// EXPECT all: this frame has no room for async_gather: add it to awaits(...)
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(void, small)
{
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC(void, f, vars(ASYNC_TASK(small) t), awaits(small))
{
    ASYNC_BEGIN
    AWAIT(small);
    ASYNC_SPAWN(&self->t, small);
    AWAIT(async_gather, ASYNC_TASKS(&self->t));
    ASYNC_END
}
