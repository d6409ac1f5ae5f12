// ASYNC_RETURN with a value where the result is void.
// EXPECT all: ASYNC_RETURN(value), but the result is void
// ERRORS <= 3: all
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
    ASYNC_RETURN(5);
    ASYNC_END
}
