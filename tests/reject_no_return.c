// A coroutine with a result that ends without one.
// FLAGS: -O1
// EXPECT all: a coroutine with a result ends without ASYNC_RETURN
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(int, f, args(int x), vars(int y), awaits(square))
{
    ASYNC_BEGIN
    AWAIT_TO(self->y, square, self->x);
    if (self->y > 10) ASYNC_RETURN(self->y);
    ASYNC_END
}
int main(void)
{
    return ASYNC_RUN(f, 1);
}
