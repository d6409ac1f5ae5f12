/* Work that blocks or computes goes to another thread, and the loop goes on.
 *
 *     cc -I.. 40_to_thread.c -o to_thread && ./to_thread
 *
 * With glibc before 2.34, -pthread too.
 *
 * Output:
 *     ticker: the loop goes on
 *     main: 1229 primes below 10000
 *     main: cancels the search
 *     search: asked to stop
 *     main: the search has ended
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

/* What runs in a thread is a plain function. A negative return is an error, raised at the await. */
static int count_primes(void *arg)
{
    const int *below = (const int *)arg;
    int n, d, count = 0;
    for (n = 2; n < *below; n++) {
        for (d = 2; d * d <= n && n % d; d++) {}
        count += d * d > n;
    }
    return count;
}

ASYNC(void, ticker)
{
    ASYNC_BEGIN
    printf("ticker: the loop goes on\n");
    ASYNC_END
}

/* A search without end. `cancel` is called in the loop's thread and asks it to stop. */
struct hunt {
    int stop; /* read and written by two threads: atomically */
    int started;
};
static int search_run(void *arg)
{
    struct hunt *s = (struct hunt *)arg;
    __atomic_store_n(&s->started, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {}
    return 0;
}
static void search_stop(void *arg)
{
    printf("search: asked to stop\n");
    __atomic_store_n(&((struct hunt *)arg)->stop, 1, __ATOMIC_RELEASE);
}
ASYNC(void, search, args(struct hunt *s), vars(async_job job))
{
    ASYNC_BEGIN
    self->job.fn = search_run;
    self->job.arg = self->s;
    self->job.cancel = search_stop;
    AWAIT(async_run_job, NULL, &self->job); /* cancelled, it waits until the job has ended: */
    ASYNC_END                               /* so what the job uses may live in a frame */
}

ASYNC(void, amain, vars(int n; struct hunt hunt; int err), tasks(ticker t, search search))
{
    ASYNC_BEGIN
    static int below = 10000; /* to_thread may be cancelled before its job ends: not in the frame */
    ASYNC_SPAWN(&self->t, ticker);
    AWAIT_TO(self->n, async_to_thread, count_primes, &below); /* await asyncio.to_thread(...) */
    printf("main: %d primes below %d\n", self->n, below);

    ASYNC_SPAWN(&self->search, search, &self->hunt);
    while (!__atomic_load_n(&self->hunt.started, __ATOMIC_ACQUIRE)) AWAIT(async_sleep, ASYNC_MS(0));
    printf("main: cancels the search\n");
    async_task_cancel(&self->search.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->search));
    if (async_task_cancelled(&self->search.task)) printf("main: the search has ended\n");
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
