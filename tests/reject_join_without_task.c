// async_join wants the task inside: &self->t.task.
// EXPECT gcc: passing argument 1 of 'async_join' from incompatible pointer type
// EXPECT g++: cannot convert 'async_task_of_square*' to 'async_task*'
// EXPECT clang: incompatible pointer types passing 'async_task_of_square *'
// EXPECT clang++: cannot initialize a parameter of type 'async_task *'
// ERRORS <= 2: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, f, tasks(square t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, square, 1);
    AWAIT(async_join, &self->t);
    ASYNC_END
}
