// break out of the body: there is no loop it belongs to.
// EXPECT all: break or continue leaves the coroutine's body
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, f, args(int x), awaits(square))
{
    ASYNC_BEGIN
    AWAIT(square, 1);
    if (self->x) break;
    AWAIT(square, 2);
    ASYNC_END
}
int main(void)
{
    return ASYNC_RUN(f, 1);
}
