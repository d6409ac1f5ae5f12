// continue out of the body.
// EXPECT gcc g++: continue statement not within a loop
// EXPECT clang clang++: 'continue' statement not in loop statement
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, f, args(int x), awaits(square))
{
    ASYNC_BEGIN
    AWAIT(square, 1);
    if (self->x) continue;
    AWAIT(square, 2);
    ASYNC_END
}
