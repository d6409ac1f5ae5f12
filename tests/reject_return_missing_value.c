// ASYNC_RETURN without the value.
// EXPECT gcc: ASYNC_RETURN() without the coroutine\'s result
// EXPECT g++ clang clang++: ASYNC_RETURN() without the coroutine's result
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(int, f, awaits(square))
{
    ASYNC_BEGIN
    AWAIT(square, 1);
    ASYNC_RETURN();
    ASYNC_END
}
