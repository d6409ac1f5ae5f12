// ASYNC_SELECT in a coroutine without the clause that gives its branches room.
// EXPECT all: no member named 'list_them_in_selects_'
#include "asyncc.h"

ASYNC(void, f, vars(async_event event))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_SEC(1)) {
        ASYNC_ON(async_event_wait, &self->event) {}
        ASYNC_ON_TIMEOUT {}
    }
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(f);
}
