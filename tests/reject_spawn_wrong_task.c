// A task of another type.
// EXPECT gcc g++: has no member named 'square_'
// EXPECT clang: no member named 'square_' in 'struct async_task_of_cube'
// EXPECT clang++: no member named 'square_' in 'async_task_of_cube'
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(int, cube, args(int x))
{
    ASYNC_BEGIN
    ASYNC_RETURN(self->x * self->x * self->x);
    ASYNC_END
}
ASYNC(void, f, tasks(cube t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, square, 1);
    AWAIT(async_join, &self->t.task);
    ASYNC_END
}
