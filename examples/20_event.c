/* Many wait for something that happens once.
 *
 *     cc -I.. 20_event.c -o event && ./event
 *
 * Output:
 *     1 waits
 *     2 waits
 *     ready
 *     1 goes
 *     2 goes
 *     3 need not wait
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(void, worker, args(async_event *ready, int id))
{
    ASYNC_BEGIN
    if (async_event_is_set(self->ready)) {
        printf("%d need not wait\n", self->id);
    } else {
        printf("%d waits\n", self->id);
        AWAIT(async_event_wait, self->ready);
        printf("%d goes\n", self->id);
    }
    ASYNC_END
}

ASYNC(void, amain, vars(async_event ready), tasks(worker a, worker b, worker c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, worker, &self->ready, 1);
    ASYNC_SPAWN(&self->b, worker, &self->ready, 2);
    AWAIT(async_sleep, ASYNC_MS(20)); /* load, connect ... */
    printf("ready\n");
    async_event_set(&self->ready); /* it stays set, until async_event_clear() */
    ASYNC_SPAWN(&self->c, worker, &self->ready, 3);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b, &self->c));
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
