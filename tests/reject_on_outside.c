// ASYNC_ON outside of an ASYNC_SELECT.
// EXPECT all: ASYNC_ON stands in an ASYNC_SELECT
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(void, f, vars(async_event e), selects(async_event_wait))
{
    ASYNC_BEGIN
    ASYNC_ON(async_event_wait, &self->e) {}
    ASYNC_END
}
