// The same with a coroutine of the library.
// EXPECT all: _IS_A_CALL__give_the_name_then_a_comma_then_the_arguments
#include "asyncc.h"

ASYNC(void, f)
{
    ASYNC_BEGIN
    AWAIT(async_sleep(ASYNC_MS(1)));
    ASYNC_END
}
