/* One coroutine run to its end on a loop by hand.
 *
 * Output:
 *     Square 1
 *     End square 1
 *     1
 *     elapsed 1.0
 */
#include "seed.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    seconds();
    printf("Square %d\n", self->x);
    AWAIT(async_sleep, ASYNC_SEC(1));
    printf("End square %d\n", self->x);
    seconds();
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

int main(void)
{
    static async_loop loop;
    static ASYNC_TASK(square) task;
    int err = async_loop_init(&loop, NULL);
    if (!err) err = ASYNC_SPAWN_ON(&loop, &task, square, 1);
    if (!err) err = async_loop_run_until_complete(&loop, &task.task);
    if (err) return 1;
    printf("%d\n", ASYNC_RESULT(&task));
    async_loop_close(&loop);
    printf("elapsed %.1f\n", seconds());
    return 0;
}
