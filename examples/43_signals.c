/* Signals: as calls in the loop, awaited, and Ctrl-C as the cancellation of main.
 *
 *     cc -I.. 43_signals.c -o signals && ./signals
 *
 * Output:
 *     SIGUSR1 1
 *     SIGUSR1 2
 *     got SIGHUP
 *     got SIGTERM
 *     SIGINT is on its way
 *     cleaning up
 *     the run was interrupted
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <signal.h>
#include <stdio.h>

/* Called by the loop, not in the signal's handler: it may do what it likes. */
static int count(void *arg)
{
    printf("SIGUSR1 %d\n", ++*(int *)arg);
    return 0;
}

ASYNC(void, as_calls, vars(async_signal usr1; int seen))
{
    ASYNC_BEGIN
    async_add_signal_handler(async_get_running_loop(), &self->usr1, SIGUSR1, count, &self->seen);
    while (self->seen < 2) {
        raise(SIGUSR1); /* here somebody else would */
        AWAIT(async_sleep, ASYNC_MS(10));
    }
    async_remove_signal_handler(&self->usr1); /* before its memory is gone */
    ASYNC_END
}

/* From the beginning of the block on they are received; those that come while nobody waits are kept
 * for the next wait. */
ASYNC(void, awaited, vars(async_signal s; int number; int i))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_signal, &self->s, ASYNC_SIGNALS(SIGTERM, SIGHUP)) {
        raise(SIGTERM);
        raise(SIGHUP);
        for (self->i = 0; self->i < 2; self->i++) {
            AWAIT_TO(self->number, async_signal_wait, &self->s);
            printf("got %s\n", self->number == SIGHUP ? "SIGHUP" : "SIGTERM");
        }
    }
    ASYNC_END
}

ASYNC(int, amain, awaits(as_calls, awaited))
{
    ASYNC_BEGIN
    AWAIT(as_calls);
    AWAIT(awaited);
    ASYNC_DO {
        printf("SIGINT is on its way\n");
        raise(SIGINT); /* what Ctrl-C sends: main is cancelled where it waits */
        AWAIT(async_sleep, ASYNC_SEC(3600));
    }
    ASYNC_FINALLY {
        printf("cleaning up\n");
    }
    ASYNC_RETURN(0);
    ASYNC_END
}

/* With ASYNC_RUN the process would now end by SIGINT, as one of Python's does. */
int main(void)
{
    int result = 0, err = ASYNC_RUN_TO(result, amain);
    if (err == -EINTR) printf("the run was interrupted\n");
    return result;
}
