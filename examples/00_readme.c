/* The program on the first screen of the README: two tasks, gather, and an await.
 *
 *     cc -I.. 00_readme.c -o readme && ./readme
 *
 * Output:
 * Square 1
 * Square 2
 * Square 3
 * 1 4 9
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(int, square, args(int x)) /* async def square(x) */
{
    ASYNC_BEGIN
    printf("Square %d\n", self->x);
    AWAIT(async_sleep, ASYNC_MS(1000)); /* await asyncio.sleep(1) */
    ASYNC_RETURN(self->x * self->x);    /* return x * x */
    ASYNC_END
}

ASYNC(void, amain, tasks(square a, square b), vars(int c), awaits(square))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, square, 1); /* a = create_task(square(1)) */
    ASYNC_SPAWN(&self->b, square, 2);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b)); /* await gather(a, b) */
    AWAIT_TO(self->c, square, 3);                         /* c = await square(3) */
    printf("%d %d %d\n", ASYNC_RESULT(&self->a), ASYNC_RESULT(&self->b), self->c);
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain); /* asyncio.run(amain()) */
}
