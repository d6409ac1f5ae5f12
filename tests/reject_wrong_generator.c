// A generator's storage of another type.
// EXPECT gcc: from incompatible pointer type
// EXPECT g++: cannot convert 'twos*' to 'ones*'
// EXPECT clang: incompatible pointer types passing 'struct twos *' to parameter of type 'struct ones *'
// EXPECT clang++: no known conversion from 'struct twos *' to 'struct ones *'
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC_GENERATOR(int, ones)
{
    ASYNC_BEGIN
    ASYNC_YIELD(1);
    ASYNC_END
}
ASYNC_GENERATOR(int, twos)
{
    ASYNC_BEGIN
    ASYNC_YIELD(2);
    ASYNC_END
}
ASYNC(void, f, vars(int v; struct twos gen))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->v, &self->gen, ones) AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
