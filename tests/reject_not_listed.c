// A callee that `awaits` does not name.
// EXPECT gcc g++: 'union add_it_to_awaits_of_f' has no member named 'square'
// EXPECT clang: no member named 'square' in 'union add_it_to_awaits_of_f'
// EXPECT clang++: no member named 'square' in 'add_it_to_awaits_of_f'
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(int, cube, args(int x))
{
    ASYNC_BEGIN
    ASYNC_RETURN(self->x * self->x * self->x);
    ASYNC_END
}
ASYNC(void, f, vars(int x), awaits(cube))
{
    ASYNC_BEGIN
    AWAIT(cube, 1);
    AWAIT_TO(self->x, square, 1);
    ASYNC_END
}
