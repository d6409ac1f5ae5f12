/* A coroutine declared in a header, defined in one file and awaited in another.
 *
 *     cc -I../.. main.c clock.c -o two_files && ./two_files
 *
 * Output:
 *     tick
 *     tock
 *     tick
 *     ticked 3 times
 */
#include "clock.h"
#include <stdio.h>

ASYNC(void, amain, vars(int ticks), awaits(run_clock))
{
    ASYNC_BEGIN
    AWAIT_TO(self->ticks, run_clock, 3);
    printf("ticked %d times\n", self->ticks);
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
