// ASYNC_ON_TO with a branch that has no result.
// EXPECT gcc g++: 'struct g' has no member named 'async_result_'
// EXPECT clang: no member named 'async_result_' in 'struct g'
// EXPECT clang++: no member named 'async_result_' in 'g'
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(void, g, args(int n))
{
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC(void, f, vars(int x), selects(g))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_MS(1)) {
        ASYNC_ON_TO(self->x, g, 1) {}
    }
    ASYNC_END
}
