// A branch's arguments are checked like a call's.
// EXPECT gcc: too few arguments to function 'g'
// EXPECT g++: too few arguments to function 'void g(int, int)'
// EXPECT clang clang++: too few arguments to function call, expected 2, have 1
// ERRORS <= 2: all
#include "asyncc.h"

ASYNC(void, g, args(int n, int m))
{
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC(void, f, selects(g))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_MS(1)) {
        ASYNC_ON(g, 1) {}
    }
    ASYNC_END
}
