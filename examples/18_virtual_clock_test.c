/* Testing a coroutine of your own: on a virtual clock its waits take no time and are exact.
 *
 *     cc -I.. 18_virtual_clock_test.c -o virtual_clock_test && ./virtual_clock_test
 *
 * Output:
 *     ok: an answer at the third try comes after 3 s
 *     ok: no answer is given up after 1023 s
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>
#include <stdlib.h>

/* To be tested: asks until there is an answer, waiting 1, 2, 4 ... seconds in between. */
ASYNC(int, retry, args(int (*ask)(void), int tries), vars(int i; int answer))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->tries; self->i++) {
        self->answer = self->ask();
        if (self->answer) ASYNC_RETURN(self->answer);
        AWAIT(async_sleep, ASYNC_SEC(1 << self->i));
    }
    ASYNC_RAISE(-ETIMEDOUT);
    ASYNC_END
}

static int asked;
static int third_time(void)
{
    return ++asked == 3 ? 42 : 0;
}
static int never(void)
{
    return 0;
}

static void check(int (*ask)(void), int want_error, int want_seconds, const char *what)
{
    static async_loop loop;
    static async_options options;
    static ASYNC_TASK(retry) task;
    int err;
    options.virtual_clock = true; /* starts at 0, jumps to the next deadline when all wait */
    async_loop_init(&loop, &options);
    ASYNC_SPAWN_ON(&loop, &task, retry, ask, 10);
    err = async_loop_run_until_complete(&loop, &task.task);
    if (err != want_error || async_loop_time(&loop) != want_seconds * INT64_C(1000000000)) {
        printf("FAILED: %s: error %d after %lld ns\n", what, err,
               (long long)async_loop_time(&loop));
        exit(1);
    }
    printf("ok: %s after %d s\n", what, want_seconds);
    async_loop_close(&loop);
}

int main(void)
{
    check(third_time, 0, 3, "an answer at the third try comes");
    check(never, -ETIMEDOUT, 1023, "no answer is given up");
    return 0;
}
