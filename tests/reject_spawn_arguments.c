// Wrong arguments of a task.
// EXPECT gcc: too many arguments to function 'square'
// EXPECT g++: too many arguments to function 'int square(int)'
// EXPECT clang clang++: too many arguments to function call, expected single argument 'x', have 2 arguments
// ERRORS <= 2: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, f, tasks(square t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, square, 1, 2);
    AWAIT(async_join, &self->t.task);
    ASYNC_END
}
