/* A worker that waits for a job, a word to stop and a deadline at once.
 *
 *     cc -I.. 28_select.c -o select && ./select
 *
 * Output:
 *     job 1
 *     job 2
 *     nothing to do
 *     job 3
 *     stopped
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

typedef ASYNC_QUEUE(int, 4) jobs;

ASYNC(void, worker, args(jobs *q, async_event *stop), vars(int job),
      selects(async_event_wait, async_queue_get))
{
    ASYNC_BEGIN
    for (;;) {
        ASYNC_SELECT(ASYNC_MS(40)) {
            ASYNC_ON(async_event_wait, self->stop) {
                break; /* out of the loop */
            }
            ASYNC_ON(async_queue_get, self->q, &self->job) {
                printf("job %d\n", self->job);
            }
            ASYNC_ON_TIMEOUT {
                printf("nothing to do\n");
            }
        }
    }
    printf("stopped\n");
    ASYNC_END
}

ASYNC(void, amain, vars(jobs q; async_event stop; int i), tasks(worker w))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->w, worker, &self->q, &self->stop);
    for (self->i = 1; self->i <= 3; self->i++) {
        if (self->i == 3) AWAIT(async_sleep, ASYNC_MS(60));
        AWAIT(async_queue_put, &self->q, &self->i);
    }
    AWAIT(async_sleep, ASYNC_MS(20));
    async_event_set(&self->stop);
    AWAIT(async_join, &self->w.task);
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
