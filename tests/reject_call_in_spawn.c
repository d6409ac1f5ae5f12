// A call where a task is made, as Python has it.
// EXPECT all: _IS_A_CALL__give_the_name_then_a_comma_then_the_arguments
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, f, tasks(square t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, square(4));
    AWAIT(async_join, &self->t.task);
    ASYNC_END
}
