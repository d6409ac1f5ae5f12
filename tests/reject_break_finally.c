// break out of a FINALLY part, which would drop what is in flight.
// EXPECT all: break leaves an ASYNC_WITH, ASYNC_DO or ASYNC_FINALLY block
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, f, vars(int x), awaits(square))
{
    ASYNC_BEGIN
    for (;;) {
        ASYNC_DO {
            AWAIT_TO(self->x, square, 1);
        }
        ASYNC_FINALLY {
            AWAIT(square, 2);
            if (self->x) break;
        }
    }
    ASYNC_END
}
int main(void)
{
    return ASYNC_RUN(f);
}
