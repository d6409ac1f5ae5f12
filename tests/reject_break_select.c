// break in a block of ASYNC_SELECT, without a loop around it.
// EXPECT all: break or continue leaves the coroutine's body
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(void, f, vars(async_event e), selects(async_event_wait))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_MS(1)) {
        ASYNC_ON(async_event_wait, &self->e) break;
    }
    ASYNC_END
}
struct async_task_of_f t;
int main(void)
{
    return ASYNC_SPAWN(&t, f);
}
