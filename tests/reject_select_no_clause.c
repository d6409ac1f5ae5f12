// ASYNC_SELECT in a coroutine without `selects`.
// EXPECT gcc g++: 'union add_it_to_awaits_of_f' has no member named 'list_them_in_selects_'
// EXPECT clang: no member named 'list_them_in_selects_' in 'union add_it_to_awaits_of_f'
// EXPECT clang++: no member named 'list_them_in_selects_' in 'add_it_to_awaits_of_f'
#include "asyncc.h"

ASYNC(void, f, vars(async_event e))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_MS(1)) {
        ASYNC_ON(async_event_wait, &self->e) {}
    }
    ASYNC_END
}
