// The same behind a loop over a generator, which may be empty.
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

ASYNC_GENERATOR(int, numbers)
{
    ASYNC_BEGIN
    ASYNC_YIELD(1);
    ASYNC_END
}
ASYNC(int, f, vars(int v; int sum; struct numbers gen))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->v, &self->gen, numbers) self->sum += self->v;
    ASYNC_END
}
int main(void)
{
    return ASYNC_RUN(f);
}
