/* Wait until something is true of data that others change under a lock.
 *
 *     cc -I.. 22_condition.c -o condition && ./condition
 *
 * Output:
 *     1 in stock
 *     2 in stock
 *     3 in stock
 *     took 3
 *     1 in stock
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

struct shelf {
    async_condition changed; /* with a lock of its own */
    int stock;
};

static bool enough(void *shelf)
{
    return ((struct shelf *)shelf)->stock >= 3;
}

ASYNC(void, take_three, args(struct shelf *s))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_condition, &self->s->changed) {
        /* Gives the lock back while it waits, and has it again when it goes on. */
        AWAIT(async_condition_wait_for, &self->s->changed, enough, self->s);
        self->s->stock -= 3;
        printf("took 3\n");
    }
    ASYNC_END
}

ASYNC(void, amain, vars(struct shelf s; int i), tasks(take_three t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, take_three, &self->s);
    for (self->i = 0; self->i < 4; self->i++) {
        AWAIT(async_sleep, ASYNC_MS(10));
        ASYNC_WITH(async_condition, &self->s.changed) {
            printf("%d in stock\n", ++self->s.stock);
            async_condition_notify_all(&self->s.changed);
        }
    }
    AWAIT_TASK(&self->t);
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
