// A clause that is none.
// EXPECT all: ASYNC_ARGS_locals
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, f, locals(int x), awaits(square))
{
    ASYNC_BEGIN
    AWAIT(square, 1);
    ASYNC_END
}
