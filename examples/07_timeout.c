/* Two ways to give up in time: a timeout block, and waiting for a task no longer than so.
 *
 *     cc -I.. 07_timeout.c -o timeout && ./timeout
 *
 * Output:
 *     fast answered 42
 *     slow did not answer in time
 *     the task did not answer in time, and was cancelled: yes
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(int, ask, args(int ms))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_RETURN(42);
    ASYNC_END
}

ASYNC(void, amain, vars(async_timeout limit; int answer; int error), tasks(ask task), awaits(ask))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_timeout, &self->limit, ASYNC_MS(50)) {
        AWAIT_TO(self->answer, ask, 10);
    }
    printf("fast answered %d\n", self->answer);

    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->limit, ASYNC_MS(50)) {
            AWAIT_TO(self->answer, ask, 1000);
        }
    }
    ASYNC_CATCH(self->error) { /* -ETIMEDOUT; `expired` tells it from anybody else's */
        if (!self->limit.expired) ASYNC_RAISE(self->error);
        printf("slow did not answer in time\n");
    }

    ASYNC_SPAWN(&self->task, ask, 1000);
    AWAIT_ERR(self->error, async_wait_for, &self->task.task, ASYNC_MS(50));
    if (self->error == -ETIMEDOUT)
        printf("the task did not answer in time, and was cancelled: %s\n",
               async_task_cancelled(&self->task.task) ? "yes" : "no");
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
