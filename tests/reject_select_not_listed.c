// A branch that needs more room than all that `selects` names.
// EXPECT all: this frame has no room for g: add it to selects(...)
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(void, g, args(int n), vars(char text[100]))
{
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC(void, f, vars(async_event e), selects(async_event_wait))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_MS(1)) {
        ASYNC_ON(async_event_wait, &self->e) {}
        ASYNC_ON(g, 1) {}
    }
    ASYNC_END
}
