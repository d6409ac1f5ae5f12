/* The body, and the header's own code: that goes into one file of the program. */
#define ASYNCC_IMPLEMENTATION
#include "clock.h"
#include <stdio.h>

ASYNC_DEFINE(run_clock)
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->times; self->i++) {
        printf(self->i % 2 ? "tock\n" : "tick\n");
        AWAIT(async_sleep, ASYNC_MS(10));
    }
    ASYNC_RETURN(self->i);
    ASYNC_END
}
