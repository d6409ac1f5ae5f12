// A coroutine that lists itself: its frame would hold itself.
// EXPECT gcc: field 'fact' has incomplete type
// EXPECT g++: field 'fact' has incomplete type 'fact'
// EXPECT clang clang++: field has incomplete type 'struct fact'
// ERRORS <= 2: all
#include "asyncc.h"

ASYNC(int, fact, args(int n), vars(int x), awaits(fact))
{
    ASYNC_BEGIN
    if (self->n < 2) ASYNC_RETURN(1);
    AWAIT_TO(self->x, fact, self->n - 1);
    ASYNC_RETURN(self->n * self->x);
    ASYNC_END
}
