/* Results as they come; they are started in the order of the arguments (S36, S37).
 *
 * Output:
 *     Square 1
 *     Square 2
 *     Square 3
 *     End square 1
 *     End square 2
 *     End square 3
 *     Result: 1
 *     Result: 4
 *     Result: 9
 *     elapsed 1.0
 */
#include "seed.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    printf("Square %d\n", self->x);
    AWAIT(async_sleep, ASYNC_SEC(1));
    printf("End square %d\n", self->x);
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, when_done, vars(struct async_as_completed each; async_task * t),
      tasks(square squares[3]))
{
    int i;
    ASYNC_BEGIN
    seconds();
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->squares[i], square, i + 1);
    ASYNC_FOR(self->t, &self->each, async_as_completed, ASYNC_TASK_ARRAY(self->squares),
              ASYNC_FOREVER)
        printf("Result: %d\n", ASYNC_RESULT(ASYNC_TASK_AS(square, self->t)));
    seconds();
    ASYNC_END
}

int main(void)
{
    static async_loop loop;
    static ASYNC_TASK(when_done) task;
    int err = async_loop_init(&loop, NULL);
    if (!err) err = ASYNC_SPAWN_ON(&loop, &task, when_done);
    if (!err) err = async_loop_run_until_complete(&loop, &task.task);
    async_loop_close(&loop);
    printf("elapsed %.1f\n", seconds());
    return err != 0;
}
