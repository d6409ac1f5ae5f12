// A call inside of AWAIT, as Python has it.
// EXPECT all: _IS_A_CALL__give_the_name_then_a_comma_then_the_arguments
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, f, vars(int x), awaits(square))
{
    ASYNC_BEGIN
    AWAIT_TO(self->x, square(4));
    ASYNC_END
}
