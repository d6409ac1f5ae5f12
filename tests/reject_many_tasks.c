// More tasks than ASYNC_TASKS has room for.
// EXPECT gcc clang: ASYNC_TASKS takes up to eight
// EXPECT g++: too many initializers
// EXPECT clang++: excess elements in array initializer
#include "asyncc.h"

ASYNC(void, work)
{
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC(void, f, tasks(work t, work u))
{
    ASYNC_BEGIN
    AWAIT(async_gather, ASYNC_TASKS(&self->t, &self->t, &self->t, &self->t, &self->t, &self->t,
                                    &self->t, &self->t, &self->u));
    ASYNC_END
}
