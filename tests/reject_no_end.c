// ASYNC_END forgotten.
// EXPECT all: async_end_
// EXPECT clang g++ clang++: expected '}'
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
    AWAIT(square, 1);
}
