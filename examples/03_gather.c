/* Three coroutines at the same time: as long as the slowest, results in the order you named them.
 *
 *     cc -I.. 03_gather.c -o gather && ./gather
 *
 * Output:
 *     start 1
 *     start 2
 *     start 3
 *     end 3
 *     end 2
 *     end 1
 *     1 4 9
 *     four more: 100 121 144 169
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(int, square, args(int x, int ms))
{
    ASYNC_BEGIN
    if (self->x < 10) printf("start %d\n", self->x);
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    if (self->x < 10) printf("end %d\n", self->x);
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

/* `tasks` are children that live in this frame: it does not end before they have. */
ASYNC(void, amain, tasks(square a, square b, square c, square more[4]))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, square, 1, 60);
    ASYNC_SPAWN(&self->b, square, 2, 40);
    ASYNC_SPAWN(&self->c, square, 3, 20);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b, &self->c));
    printf("%d %d %d\n", ASYNC_RESULT(&self->a), ASYNC_RESULT(&self->b), ASYNC_RESULT(&self->c));

    for (int i = 0; i < 4; i++) /* no AWAIT in this loop, so a plain local will do */
        ASYNC_SPAWN(&self->more[i], square, 10 + i, 10);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->more));
    printf("four more: %d %d %d %d\n", ASYNC_RESULT(&self->more[0]), ASYNC_RESULT(&self->more[1]),
           ASYNC_RESULT(&self->more[2]), ASYNC_RESULT(&self->more[3]));
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
