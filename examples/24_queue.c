/* A producer and two consumers: the queue holds the producer back, and its end ends them.
 *
 *     cc -I.. 24_queue.c -o queue && ./queue
 *
 * Output:
 *     job 1 by a
 *     job 2 by b
 *     job 3 by a
 *     job 4 by b
 *     job 5 by a
 *     all done
 *     b goes home
 *     a goes home
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

struct job {
    int number, ms;
};
typedef ASYNC_QUEUE(struct job, 2) jobs; /* two items live in it, and nothing is allocated */

ASYNC(void, consumer, args(jobs *q, const char *name), vars(struct job job; int error))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT_ERR(self->error, async_queue_get, self->q, &self->job);
        if (self->error == -ESHUTDOWN) break; /* shut down, and empty */
        printf("job %d by %s\n", self->job.number, self->name);
        AWAIT(async_sleep, ASYNC_MS(self->job.ms));
        async_queue_task_done(&self->q->queue);
    }
    printf("%s goes home\n", self->name);
    ASYNC_END
}

ASYNC(void, amain, vars(jobs q; struct job job), tasks(consumer a, consumer b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, consumer, &self->q, "a");
    ASYNC_SPAWN(&self->b, consumer, &self->q, "b");
    for (self->job.ms = 10; self->job.number < 5;) {
        self->job.number++;
        AWAIT(async_queue_put, &self->q, &self->job); /* waits while the queue is full */
    }
    AWAIT(async_queue_join, &self->q.queue); /* until each has been dealt with */
    printf("all done\n");
    async_queue_shutdown(&self->q.queue, false);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
