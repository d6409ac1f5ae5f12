// AWAIT above ASYNC_BEGIN.
// EXPECT all: is unavailable: AWAIT and its kin stand between ASYNC_BEGIN and ASYNC_END
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
    AWAIT(square, 1);
    ASYNC_BEGIN
    ASYNC_END
}
