// AWAIT inside a switch over an enum.
// EXPECT gcc: from 'long long unsigned int' to 'unsigned int' changes value
// EXPECT g++: overflow in conversion from 'long long unsigned int'
// EXPECT clang: overflow converting case value to switch condition type
// EXPECT clang++: cannot be narrowed to type
// ERRORS <= 2: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

enum color { RED, GREEN };

ASYNC(void, f, args(enum color x), awaits(square))
{
    ASYNC_BEGIN
    switch (self->x) {
    case RED: AWAIT(square, 1); break;
    case GREEN: break;
    }
    ASYNC_END
}
