// TRY without CATCH.
// EXPECT all: ASYNC_TRY without ASYNC_CATCH
// ERRORS <= 2: all
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
    ASYNC_TRY {
        AWAIT(square, 1);
    }
    AWAIT(square, 2);
    ASYNC_END
}
