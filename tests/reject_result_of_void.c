// AWAIT_TO of a coroutine without a result.
// EXPECT gcc g++: 'struct nothing' has no member named 'async_result_'
// EXPECT clang: no member named 'async_result_' in 'struct nothing'
// EXPECT clang++: no member named 'async_result_' in 'nothing'
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(void, nothing)
{
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC(void, f, vars(int x), awaits(nothing))
{
    ASYNC_BEGIN
    AWAIT_TO(self->x, nothing);
    ASYNC_END
}
