// AWAIT outside of a coroutine.
// EXPECT all: is unavailable: AWAIT and its kin stand between ASYNC_BEGIN and ASYNC_END
// ERRORS <= 5: gcc g++
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

int main(void)
{
    AWAIT(square, 1);
    return 0;
}
