// ASYNC_YIELD in a coroutine that is no generator.
// EXPECT gcc g++: has no member named 'async_value_'
// EXPECT clang clang++: no member named 'async_value_' in
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, f)
{
    ASYNC_BEGIN
    ASYNC_YIELD(1);
    ASYNC_RETURN(2);
    ASYNC_END
}
