/* Start tasks, do something else, and wait for each when its result is needed.
 *
 *     cc -I.. 04_tasks.c -o tasks && ./tasks
 *
 * Output:
 *     both are scheduled, neither has run
 *     start tea
 *     start toast
 *     toast is ready
 *     tea is ready
 *     toast took 20 ms, tea took 40 ms
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(int, prepare, args(const char *what, int ms))
{
    ASYNC_BEGIN
    printf("start %s\n", self->what);
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    printf("%s is ready\n", self->what);
    ASYNC_RETURN(self->ms);
    ASYNC_END
}

ASYNC(void, amain, tasks(prepare tea, prepare toast))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->tea, prepare, "tea", 40); /* tea = asyncio.create_task(prepare(...)) */
    ASYNC_SPAWN(&self->toast, prepare, "toast", 20);
    printf("both are scheduled, neither has run\n");
    AWAIT(async_join, &self->tea.task);   /* await tea */
    AWAIT(async_join, &self->toast.task); /* has ended: goes on at once */
    printf("toast took %d ms, tea took %d ms\n", ASYNC_RESULT(&self->toast),
           ASYNC_RESULT(&self->tea));
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
