// A misspelt coroutine.
// EXPECT gcc: 'sqare' undeclared (first use in this function); did you mean 'square'?
// EXPECT g++: 'sqare' was not declared in this scope; did you mean 'square'?
// EXPECT clang clang++: use of undeclared identifier 'sqare'; did you mean 'square'?
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, f, awaits(square))
{
    ASYNC_BEGIN
    AWAIT(sqare, 1);
    ASYNC_END
}
