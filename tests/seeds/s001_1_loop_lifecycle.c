/* A loop by hand: a task is made before it runs, runs to its end, and the loop is closed.
 *
 * Output:
 *     called, nothing ran yet
 *     task created, nothing ran yet; is a Future: True done: False
 *     running 21
 *     42
 *     closed True
 */
#include "seed.h"

ASYNC(int, my_function, args(int argument))
{
    ASYNC_BEGIN
    printf("running %d\n", self->argument);
    ASYNC_RETURN(self->argument * 2);
    ASYNC_END
}

static const char *truth(bool b)
{
    return b ? "True" : "False";
}
static int on_done(void *arg)
{
    (void)arg;
    return 0;
}

int main(void)
{
    static async_loop loop;
    static ASYNC_TASK(my_function) future;
    static async_call call;
    bool is_future;
    int err;
    printf("called, nothing ran yet\n"); /* the frame is there, and nothing has touched it */
    err = async_loop_init(&loop, NULL);
    if (!err) err = ASYNC_SPAWN_ON(&loop, &future, my_function, 21);
    if (err) return 1;
    is_future = async_task_add_done_callback(&future.task, &call, on_done, NULL) == 0;
    printf("task created, nothing ran yet; is a Future: %s done: %s\n", truth(is_future),
           truth(async_task_done(&future.task)));
    err = async_loop_run_until_complete(&loop, &future.task);
    if (err) return 1;
    printf("%d\n", ASYNC_RESULT(&future));
    async_loop_close(&loop);
    printf("closed %s\n", truth(async_loop_run_until_complete(&loop, &future.task) == -ESHUTDOWN));
    return 0;
}
