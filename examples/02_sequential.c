/* One coroutine awaits another, twice, one after the other, and uses what they return.
 *
 *     cc -I.. 02_sequential.c -o sequential && ./sequential
 *
 * Output:
 *     Hello from 1
 *     Done with 1
 *     Hello from 2
 *     Done with 2
 *     the sum is 50
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(int, work, args(int number, int ms))
{
    ASYNC_BEGIN
    printf("Hello from %d\n", self->number);
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    printf("Done with %d\n", self->number);
    ASYNC_RETURN(self->ms);
    ASYNC_END
}

/* What must live across an AWAIT is in `vars`; what is awaited is in `awaits`. */
ASYNC(void, amain, vars(int a; int b), awaits(work))
{
    ASYNC_BEGIN
    AWAIT_TO(self->a, work, 1, 30); /* a = await work(1, 30) */
    AWAIT_TO(self->b, work, 2, 20); /* starts only now */
    printf("the sum is %d\n", self->a + self->b);
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
