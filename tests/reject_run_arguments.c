// Wrong arguments of ASYNC_RUN.
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

int main(void)
{
    return ASYNC_RUN(square);
}
