// Wrong arguments of one of the library's.
// EXPECT gcc: too few arguments to function 'async_sleep'
// EXPECT g++: too few arguments to function 'void async_sleep(async_duration)'
// EXPECT clang clang++: too few arguments to function call, single argument 'd' was not specified
// ERRORS <= 2: all
#include "asyncc.h"

ASYNC(void, f)
{
    ASYNC_BEGIN
    AWAIT(async_sleep);
    ASYNC_END
}
