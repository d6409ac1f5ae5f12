/* What must not be stopped half way: a cancel ends the wait for it, not the work.
 *
 *     cc -I.. 27_shield.c -o shield && ./shield
 *
 * Output:
 *     saving
 *     the request was cancelled
 *     saved
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(void, save)
{
    ASYNC_BEGIN
    printf("saving\n");
    AWAIT(async_sleep, ASYNC_MS(40));
    printf("saved\n");
    ASYNC_END
}

ASYNC(void, request, args(async_task *saving), vars(int err))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_shield, self->saving);
    }
    ASYNC_CATCH_ALL(self->err) {
        printf("the request was %s\n", async_strerror(self->err));
        ASYNC_RAISE(self->err);
    }
    ASYNC_END
}

ASYNC(void, amain, tasks(save s, request r))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->s, save);
    ASYNC_SPAWN(&self->r, request, &self->s.task);
    AWAIT(async_sleep, ASYNC_MS(20));
    async_task_cancel(&self->r.task);
    AWAIT(async_join, &self->s.task); /* a frame ends its tasks: wait for those that matter */
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
