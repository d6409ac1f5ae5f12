/* Wait for the first, for all, or for as long as you like; then look who has ended.
 *
 *     cc -I.. 25_wait.c -o wait && ./wait
 *
 * Output:
 *     1 of 3 has ended: fast
 *     2 of 3 within 30 ms; the slow one goes on
 *     all: 10 20 40
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(int, work, args(int ms))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_RETURN(self->ms);
    ASYNC_END
}

ASYNC(void, amain, vars(int n), tasks(work fast, work medium, work slow))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->fast, work, 10);
    ASYNC_SPAWN(&self->medium, work, 20);
    ASYNC_SPAWN(&self->slow, work, 40);

    AWAIT_TO(self->n, async_wait, ASYNC_TASKS(&self->fast, &self->medium, &self->slow),
             ASYNC_FIRST_COMPLETED, ASYNC_FOREVER);
    printf("%d of 3 has ended: %s\n", self->n, async_task_done(&self->fast.task) ? "fast" : "?");

    /* a timeout is no error here, and cancels nobody */
    AWAIT_TO(self->n, async_wait, ASYNC_TASKS(&self->fast, &self->medium, &self->slow),
             ASYNC_ALL_COMPLETED, ASYNC_MS(20));
    printf("%d of 3 within 30 ms; the slow one %s\n", self->n,
           async_task_done(&self->slow.task) ? "has ended" : "goes on");

    AWAIT(async_wait, ASYNC_TASKS(&self->slow), ASYNC_ALL_COMPLETED, ASYNC_FOREVER);
    printf("all: %d %d %d\n", ASYNC_RESULT(&self->fast), ASYNC_RESULT(&self->medium),
           ASYNC_RESULT(&self->slow));
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
