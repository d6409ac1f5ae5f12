/* The two mistakes of everybody's first week: a call that blocks the loop, which the loop reports
 * with its place if asked to (options.slow_step; for every loop: ASYNCC_DEBUG=1), and awaits one
 * after the other where a gather was meant.
 *
 *     cc -I.. 63_two_mistakes.c -o two_mistakes && ./two_mistakes
 *
 * Output:
 *     a step blocked the loop for 200 ms: computes(), line 26
 *     the ticker has ticked 1 times meanwhile
 *     one after the other: 300 ms
 *     together: 100 ms
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

static async_loop loop;
static int ticks;

ASYNC(void, computes)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ticks = 0;
    async_loop_advance(&loop, ASYNC_MS(200)); /* stands for sleep(), or a long computation */
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
ASYNC(void, ticker)
{
    ASYNC_BEGIN
    for (;;) {
        ticks++;
        AWAIT(async_sleep, ASYNC_MS(10));
    }
    ASYNC_END
}
ASYNC(void, request)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(100));
    ASYNC_END
}

ASYNC(void, first_mistake, tasks(ticker t, computes c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, ticker);
    ASYNC_SPAWN(&self->c, computes);
    AWAIT_TASK(&self->c);
    printf("the ticker has ticked %d times meanwhile\n", ticks);
    ASYNC_END
}

ASYNC(void, second_mistake, tasks(request r[3]), vars(int i; async_time begin), awaits(request))
{
    ASYNC_BEGIN
    self->begin = async_loop_time(&loop);
    for (self->i = 0; self->i < 3; self->i++) AWAIT(request);
    printf("one after the other: %d ms\n", (int)((async_loop_time(&loop) - self->begin) / 1000000));

    self->begin = async_loop_time(&loop);
    for (self->i = 0; self->i < 3; self->i++) ASYNC_SPAWN(&self->r[self->i], request);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->r));
    printf("together: %d ms\n", (int)((async_loop_time(&loop) - self->begin) / 1000000));
    ASYNC_END
}

ASYNC(void, amain, awaits(first_mistake, second_mistake))
{
    ASYNC_BEGIN
    AWAIT(first_mistake);
    AWAIT(second_mistake);
    ASYNC_END
}

/* Without a handler of yours it goes to stderr, in much the same words. */
static void on_error(async_loop *l, const async_report *r)
{
    (void)l;
    printf("%s for %d ms: %s(), line %d\n", r->message, (int)(r->took.ns / 1000000), r->type->name,
           r->line);
}

int main(void)
{
    static ASYNC_TASK(amain) main_task;
    async_options options = {
        .virtual_clock = true, .slow_step = ASYNC_MS(100), .on_error = on_error};
    if (async_loop_init(&loop, &options)) return 1;
    ASYNC_SPAWN_ON(&loop, &main_task, amain);
    if (async_loop_run_until_complete(&loop, &main_task.task)) return 1;
    return async_loop_close(&loop);
}
