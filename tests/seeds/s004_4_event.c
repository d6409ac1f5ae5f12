/* Five wait for an event, and sleep for a while: the shortest sleep is over first.
 *
 * Output:
 *     is_set False
 *     Main blocking...
 *     Main setting the event
 *     Task 0 got 0.13436424411240122
 *     Task 3 got 0.2550690257394217
 *     Task 4 got 0.49543508709194095
 *     Task 2 got 0.763774618976614
 *     Task 1 got 0.8474337369372327
 */
#include "seed.h"
#include <stdlib.h>

/* random.random() after seed(1), in the order in which the tasks ask. */
static const char *const values[] = {"0.13436424411240122", "0.8474337369372327",
                                     "0.763774618976614", "0.2550690257394217",
                                     "0.49543508709194095"};
static int asked;

ASYNC(void, task, args(async_event *event, int number), vars(const char *value))
{
    ASYNC_BEGIN
    AWAIT(async_event_wait, self->event);
    self->value = values[asked++];
    AWAIT(async_sleep, ASYNC_US((int64_t)(strtod(self->value, NULL) * 1e6)));
    printf("Task %d got %s\n", self->number, self->value);
    ASYNC_END
}

/* The program waits by asyncio.wait(tasks); none of them fails, so gather is the same. */
ASYNC(void, amain, vars(async_event event), tasks(task t[5]))
{
    int i;
    ASYNC_BEGIN
    printf("is_set %s\n", async_event_is_set(&self->event) ? "True" : "False");
    for (i = 0; i < 5; i++) ASYNC_SPAWN(&self->t[i], task, &self->event, i);
    printf("Main blocking...\n");
    AWAIT(async_sleep, ASYNC_MS(0));
    printf("Main setting the event\n");
    async_event_set(&self->event);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
