// ASYNC_ON(g(1)) in place of ASYNC_ON(g, 1).
// EXPECT gcc g++: does not give a valid preprocessing token
// EXPECT clang clang++: pasting formed
// EXPECT all: _IS_A_CALL__give_the_name_then_a_comma_then_the_arguments
#include "asyncc.h"

ASYNC(void, g, args(int n))
{
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC(void, f, selects(g))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_MS(1)) {
        ASYNC_ON(g(1)) {}
    }
    ASYNC_END
}
