/* Results in the order in which they come.
 *
 *     cc -I.. 26_as_completed.c -o as_completed && ./as_completed
 *
 * Output:
 *     page 2: 200 bytes
 *     page 0: error: Input/output error
 *     page 1: 600 bytes
 *     too slow: Connection timed out
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(int, fetch, args(int page, int ms))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    if (self->page == 0) ASYNC_RAISE(-EIO);
    ASYNC_RETURN(self->ms * 10);
    ASYNC_END
}

ASYNC(void, amain, vars(struct async_as_completed each; async_task * t; int err),
      tasks(fetch pages[4]))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->pages[0], fetch, 0, 40);
    ASYNC_SPAWN(&self->pages[1], fetch, 1, 60);
    ASYNC_SPAWN(&self->pages[2], fetch, 2, 20);
    ASYNC_SPAWN(&self->pages[3], fetch, 3, 5000);
    ASYNC_TRY {
        ASYNC_FOR(self->t, &self->each, async_as_completed, ASYNC_TASK_ARRAY(self->pages),
                  ASYNC_MS(80)) {
            printf("page %d: ", (int)(ASYNC_TASK_AS(fetch, self->t) - self->pages));
            if (async_task_error(self->t))
                printf("error: %s\n", async_strerror(async_task_error(self->t)));
            else printf("%d bytes\n", ASYNC_RESULT(ASYNC_TASK_AS(fetch, self->t)));
        }
    }
    ASYNC_CATCH(self->err) printf("too slow: %s\n", async_strerror(self->err));
    ASYNC_END /* page 3 is cancelled: it lives in this frame */
}

int main(void)
{
    return ASYNC_RUN(amain);
}
