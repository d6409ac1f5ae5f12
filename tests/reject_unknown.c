// AWAIT of something that is no coroutine.
// EXPECT gcc g++: 'union add_it_to_awaits_of_f' has no member named 'plain'
// EXPECT clang clang++: no member named 'plain' in
#include "asyncc.h"

static int plain(int x)
{
    return x;
}
ASYNC(void, f)
{
    ASYNC_BEGIN
    AWAIT(plain, 1);
    ASYNC_END
}
