// AWAIT inside a switch of the user's.
// EXPECT gcc g++: overflow in conversion from 'long long unsigned int' to 'int'
// EXPECT clang: overflow converting case value to switch condition type
// EXPECT clang++: cannot be narrowed to type 'int'
// ERRORS <= 2: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, f, args(int x), awaits(square))
{
    ASYNC_BEGIN
    switch (self->x) {
    case 1: AWAIT(square, 1); break;
    default: break;
    }
    ASYNC_END
}
