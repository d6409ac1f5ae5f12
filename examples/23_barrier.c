/* Nobody begins the next round before all have ended this one.
 *
 *     cc -I.. 23_barrier.c -o barrier && ./barrier
 *
 * Output:
 *     round 1: 1 done
 *     round 1: 2 done
 *     round 1: 3 done
 *     --- all
 *     round 2: 1 done
 *     round 2: 2 done
 *     round 2: 3 done
 *     --- all
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(void, worker, args(async_barrier *all, int id), vars(int round; uint32_t place))
{
    ASYNC_BEGIN
    for (self->round = 1; self->round <= 2; self->round++) {
        AWAIT(async_sleep, ASYNC_MS(self->id * 10));
        printf("round %d: %d done\n", self->round, self->id);
        AWAIT_TO(self->place, async_barrier_wait, self->all); /* in order of arrival, from 0 */
        if (self->place == 2) printf("--- all\n");
    }
    ASYNC_END
}

ASYNC(void, amain, vars(async_barrier all), tasks(worker t[3]))
{
    ASYNC_BEGIN
    async_barrier_init(&self->all, 3);
    for (int i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], worker, &self->all, i + 1);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
