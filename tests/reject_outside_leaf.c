// AWAIT of one of the library's outside of a coroutine.
// EXPECT all: is unavailable: AWAIT and its kin stand between ASYNC_BEGIN and ASYNC_END
// ERRORS <= 6: gcc g++
#include "asyncc.h"

void pause_a_bit(void)
{
    AWAIT(async_sleep, ASYNC_MS(1));
}
