/* Cancel a task from outside: what it holds is given back first, and that may take its time.
 *
 *     cc -I.. 08_cancel.c -o cancel && ./cancel
 *
 * Output:
 *     worker: lamp on
 *     worker: step 0
 *     worker: step 1
 *     worker: step 2
 *     main: cancel
 *     worker: lamp fades ...
 *     worker: lamp off
 *     main: the worker was cancelled
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(void, worker, vars(int step))
{
    ASYNC_BEGIN
    printf("worker: lamp on\n");
    ASYNC_DO {
        for (self->step = 0;; self->step++) {
            printf("worker: step %d\n", self->step);
            AWAIT(async_sleep, ASYNC_MS(20)); /* the cancellation is raised here */
        }
    }
    ASYNC_FINALLY { /* runs however the block above is left */
        printf("worker: lamp fades ...\n");
        AWAIT(async_sleep, ASYNC_MS(20));
        printf("worker: lamp off\n");
    }
    ASYNC_END
}

ASYNC(void, amain, vars(int error), tasks(worker task))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->task, worker);
    AWAIT(async_sleep, ASYNC_MS(50));
    printf("main: cancel\n");
    async_task_cancel(&self->task.task); /* only asks: the worker ends in its own time */
    ASYNC_TRY {
        AWAIT(async_join, &self->task.task);
    }
    ASYNC_CATCH_ALL(self->error) { /* a plain CATCH does not see a cancellation */
        if (!async_task_cancelled(&self->task.task)) ASYNC_RAISE(self->error);
        printf("main: the worker was cancelled\n");
    }
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
