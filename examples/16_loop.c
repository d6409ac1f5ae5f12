/* A loop of your own: made, given work before it runs, run, run again, and closed.
 *
 *     cc -I.. 16_loop.c -o loop && ./loop
 *
 * Output:
 *     nothing has run yet
 *     double 21
 *     double 100
 *     the first run gave 42, the other task has ended: no
 *     end of 100
 *     the second run gave 200
 *     a closed loop takes no more tasks
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(int, twice, args(int x))
{
    ASYNC_BEGIN
    printf("double %d\n", self->x);
    AWAIT(async_sleep, ASYNC_MS(self->x));
    if (self->x >= 100) printf("end of %d\n", self->x);
    ASYNC_RETURN(2 * self->x);
    ASYNC_END
}

int main(void)
{
    static async_loop loop;
    static ASYNC_TASK(twice) a, b;
    int err = async_loop_init(&loop, NULL); /* loop = asyncio.new_event_loop() */
    if (err) return 1;
    ASYNC_SPAWN_ON(&loop, &a, twice, 21); /* a = loop.create_task(twice(21)) */
    ASYNC_SPAWN_ON(&loop, &b, twice, 100);
    printf("nothing has run yet\n");

    err = async_loop_run_until_complete(&loop, &a.task);
    if (err) return 1;
    printf("the first run gave %d, the other task has ended: %s\n", ASYNC_RESULT(&a),
           async_task_done(&b.task) ? "yes" : "no");

    err = async_loop_run_until_complete(&loop, &b.task);
    if (err) return 1;
    printf("the second run gave %d\n", ASYNC_RESULT(&b));

    async_loop_shutdown(&loop); /* would cancel what still runs and wait for its end */
    async_loop_close(&loop);
    if (ASYNC_SPAWN_ON(&loop, &a, twice, 1) == -ESHUTDOWN)
        printf("a closed loop takes no more tasks\n");
    return 0;
}
