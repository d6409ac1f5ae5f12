/* What is everybody waiting for? The await tree, printed on a signal: `kill -USR1`, or SIGQUIT as
 * here by hand. It goes to stderr.
 *
 *     cc -I.. 60_await_tree.c -o await_tree && ./await_tree
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <signal.h>
#include <stdio.h>

static async_loop *loop;
static async_lock lock;

static void on_signal(int number)
{
    (void)number;
    (void)async_print_tasks_soon(loop); /* safe in a signal handler: the loop prints, when it can */
}

ASYNC(void, query, args(int ms))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_END
}
ASYNC(void, update, args(int ms), awaits(query))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_lock, &lock) {
        AWAIT(query, self->ms);
    }
    ASYNC_END
}

ASYNC(void, amain, tasks(update a, update b))
{
    ASYNC_BEGIN
    loop = async_get_running_loop();
    if (async_loop_keep(loop)) ASYNC_RAISE(-EMFILE);
    signal(SIGUSR1, on_signal);
    ASYNC_SPAWN(&self->a, update, 100);
    ASYNC_SPAWN(&self->b, update, 100);
    (void)async_task_set_name(&self->a.task, "first update");
    AWAIT(async_sleep, ASYNC_MS(50));
    raise(SIGUSR1);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    async_loop_release(loop);
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
