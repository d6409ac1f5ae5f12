// ASYNC_TASK_ARRAY of a pointer does not know how many there are.
// EXPECT gcc clang: ASYNC_TASK_ARRAY of a pointer: use ASYNC_TASK_SLICE(pointer, n)
// EXPECT g++ clang++: async_is_no_array_
#include "asyncc.h"

ASYNC(void, g)
{
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC(void, f, args(ASYNC_TASK(g) * tasks))
{
    ASYNC_BEGIN
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->tasks));
    ASYNC_END
}
