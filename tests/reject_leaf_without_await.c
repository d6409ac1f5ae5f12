// A coroutine of the library called as if it were a function.
// EXPECT all: coroutine called without AWAIT
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(void, f)
{
    ASYNC_BEGIN
    async_sleep(ASYNC_MS(1));
    ASYNC_END
}
int main(void)
{
    return ASYNC_RUN(f);
}
