// return instead of ASYNC_RETURN.
// EXPECT gcc: 'return' with no value, in function returning non-void
// EXPECT g++: use_ASYNC_RETURN_in_a_coroutine
// EXPECT clang clang++: non-void function 'async_body_of_f' should return a value
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
    if (self->x) return;
    AWAIT(square, 1);
    ASYNC_END
}
