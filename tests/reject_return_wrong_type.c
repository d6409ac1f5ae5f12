// ASYNC_RETURN of another type.
// EXPECT gcc: incompatible types when assigning to type 'const char *' from type 'double'
// EXPECT g++: cannot convert 'double' to 'const char*' in assignment
// EXPECT clang clang++: assigning to 'const char *' from incompatible type 'double'
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(const char *, f, awaits(square))
{
    ASYNC_BEGIN
    AWAIT(square, 1);
    ASYNC_RETURN(5.0);
    ASYNC_END
}
