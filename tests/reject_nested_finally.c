// A FINALLY inside a FINALLY part would lose what is in flight.
// EXPECT all: ASYNC_FINALLY inside a FINALLY part: write ASYNC_FINALLY_HOLD(self->an_int) in its place
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
    ASYNC_DO {
        AWAIT(square, 1);
    }
    ASYNC_FINALLY {
        ASYNC_DO {
            AWAIT(square, 2);
        }
        ASYNC_FINALLY {
            AWAIT(square, 3);
        }
    }
    ASYNC_END
}
