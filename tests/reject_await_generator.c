// A generator is run by ASYNC_FOR, not by AWAIT.
// EXPECT all: numbers is a generator: ASYNC_FOR runs it
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC_GENERATOR(int, numbers, args(int n))
{
    ASYNC_BEGIN
    ASYNC_YIELD(self->n);
    ASYNC_END
}
ASYNC(void, f, awaits(numbers))
{
    ASYNC_BEGIN
    AWAIT(numbers, 3);
    ASYNC_END
}
