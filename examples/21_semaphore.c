/* At most two at a time, of any number.
 *
 *     cc -I.. 21_semaphore.c -o semaphore && ./semaphore
 *
 * Output:
 *     fetch 1
 *     fetch 2
 *     fetch 3
 *     fetch 4
 *     fetch 5
 *     never more than 2 at a time
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

static int busy, most;

ASYNC(void, fetch, args(async_semaphore *two, int id))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_semaphore, self->two) {
        printf("fetch %d\n", self->id);
        if (++busy > most) most = busy;
        AWAIT(async_sleep, ASYNC_MS(10));
        busy--;
    }
    ASYNC_END
}

ASYNC(void, amain, vars(async_semaphore two), tasks(fetch t[5]))
{
    ASYNC_BEGIN
    async_semaphore_init(&self->two, 2);
    for (int i = 0; i < 5; i++) ASYNC_SPAWN(&self->t[i], fetch, &self->two, i + 1);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    printf("never more than %d at a time\n", most);
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
