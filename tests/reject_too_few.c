// Too few arguments.
// EXPECT gcc: too few arguments to function 'square'
// EXPECT g++: too few arguments to function 'int square(int)'
// EXPECT clang clang++: too few arguments to function call, single argument 'x' was not specified
// ERRORS <= 1: all
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
    AWAIT(square);
    ASYNC_END
}
