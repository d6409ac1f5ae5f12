// A generator is no task.
// EXPECT gcc g++: is negative
// EXPECT clang clang++: array size is negative
#include "asyncc.h"

ASYNC_GENERATOR(int, numbers, args(int n))
{
    ASYNC_BEGIN
    ASYNC_YIELD(self->n);
    ASYNC_END
}
ASYNC(void, f, tasks(numbers t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, numbers, 3);
    ASYNC_END
}
