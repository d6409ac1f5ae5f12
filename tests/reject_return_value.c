// return with a value instead of ASYNC_RETURN.
// EXPECT all: use_ASYNC_RETURN_in_a_coroutine
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(int, f, args(int x), awaits(square))
{
    ASYNC_BEGIN
    AWAIT(square, 1);
    return self->x;
    ASYNC_END
}
