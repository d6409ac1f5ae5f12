// An argument of the wrong type.
// EXPECT gcc: passing argument 1 of 'square' makes integer from pointer without a cast
// EXPECT g++: invalid conversion from 'const char*' to 'int'
// EXPECT clang: incompatible pointer to integer conversion passing 'char[5]' to parameter of type 'int'
// EXPECT clang++: cannot initialize a parameter of type 'int' with an lvalue of type 'const char[5]'
// ERRORS <= 2: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, f, awaits(square))
{
    ASYNC_BEGIN
    AWAIT(square, "four");
    ASYNC_END
}
