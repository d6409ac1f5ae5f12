// A coroutine called as if it were a function.
// EXPECT all: coroutine called without AWAIT
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(int, f, vars(int x), awaits(square))
{
    ASYNC_BEGIN
    self->x = square(4);
    ASYNC_RETURN(self->x);
    ASYNC_END
}
int main(void)
{
    return ASYNC_RUN(f);
}
