// An item of another type than the queue's.
// EXPECT gcc clang: the queue holds items of another type
// EXPECT g++: conditional expression between distinct pointer types
// EXPECT clang++: incompatible operand types ('int *' and 'double *')
// ERRORS <= 2: all
#include "asyncc.h"

ASYNC(void, f, vars(ASYNC_QUEUE(int, 4) q; double item))
{
    ASYNC_BEGIN
    AWAIT(async_queue_get, &self->q, &self->item);
    ASYNC_END
}
