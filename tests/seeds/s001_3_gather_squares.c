/* Three gathered: they start and end in the order of the arguments, in the time of one.
 *
 * Output:
 *     Square 1
 *     Square 2
 *     Square 3
 *     End square 1
 *     End square 2
 *     End square 3
 *     [1, 4, 9]
 *     elapsed 1.0
 */
#include "seed.h"

struct squares {
    int of[3];
};

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    printf("Square %d\n", self->x);
    AWAIT(async_sleep, ASYNC_SEC(1));
    printf("End square %d\n", self->x);
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(struct squares, amain, vars(struct squares results), tasks(square t[3]))
{
    int i;
    ASYNC_BEGIN
    seconds();
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], square, i + 1);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    for (i = 0; i < 3; i++) self->results.of[i] = ASYNC_RESULT(&self->t[i]);
    seconds();
    ASYNC_RETURN(self->results);
    ASYNC_END
}

int main(void)
{
    static async_loop loop;
    static ASYNC_TASK(amain) task;
    struct squares r;
    int err = async_loop_init(&loop, NULL);
    if (!err) err = ASYNC_SPAWN_ON(&loop, &task, amain);
    if (!err) err = async_loop_run_until_complete(&loop, &task.task);
    if (err) return 1;
    r = ASYNC_RESULT(&task);
    printf("[%d, %d, %d]\n", r.of[0], r.of[1], r.of[2]);
    async_loop_close(&loop);
    printf("elapsed %.1f\n", seconds());
    return 0;
}
