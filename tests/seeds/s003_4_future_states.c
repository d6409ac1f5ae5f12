/* The states of a task: pending until it has ended, then finished or cancelled.
 *
 * Output:
 *     PENDING PENDING
 *     executing is still PENDING
 *     FINISHED CANCELLED
 */
#include "seed.h"

ASYNC(int, ok)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(10));
    ASYNC_RETURN(1);
    ASYNC_END
}

static const char *state(const async_task *task)
{
    return !async_task_done(task)       ? "PENDING"
           : async_task_cancelled(task) ? "CANCELLED"
                                        : "FINISHED";
}

ASYNC(void, amain, tasks(ok a, ok b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, ok);
    ASYNC_SPAWN(&self->b, ok);
    printf("%s %s\n", state(&self->a.task), state(&self->b.task));
    AWAIT(async_sleep, ASYNC_SEC(0));
    printf("executing is still %s\n", state(&self->a.task));
    async_task_cancel(&self->b.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b));
    printf("%s %s\n", state(&self->a.task), state(&self->b.task));
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
