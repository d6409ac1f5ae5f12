/* Values that belong to a task and go on to the tasks it spawns: contextvars.
 *
 *     cc -I.. 64_context.c -o context && ./context
 *
 * Output:
 *     [request 1] reads
 *     [request 2] reads
 *     [no request] idle
 *     [request 2] done
 *     [request 1] done
 */
#define ASYNCC_CONTEXT 1 /* in every file of the program */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

static char none[] = "no request";
static const async_context_var request = {none}; /* request = ContextVar("request", default=...) */

/* Nobody hands it the request's name. */
static void say(const char *text)
{
    printf("[%s] %s\n", (const char *)async_context_get(&request), text);
}

ASYNC(void, database, args(int ms))
{
    ASYNC_BEGIN
    say("reads");
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_END
}
ASYNC(void, handle, args(const char *name, int ms), vars(async_context context), tasks(database d))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_context, &self->context, &request, self->name) { /* request.set(name) */
        ASYNC_SPAWN(&self->d, database, self->ms);
        AWAIT_TASK(&self->d);
        say("done");
    }
    ASYNC_END
}

ASYNC(void, amain, tasks(handle a, handle b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, handle, "request 1", 20);
    ASYNC_SPAWN(&self->b, handle, "request 2", 10);
    AWAIT(async_sleep, ASYNC_MS(5));
    say("idle");
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
