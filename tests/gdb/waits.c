/* For tests/gdb/run.sh: tasks that wait in several ways, then an abort. */
#define ASYNCC_IMPLEMENTATION
#include "../../asyncc.h"
#include <stdlib.h>

ASYNC(void, naps, args(int s))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_SEC(self->s));
    ASYNC_END
}
ASYNC(void, deeper, args(int s), awaits(naps))
{
    ASYNC_BEGIN
    AWAIT(naps, self->s);
    ASYNC_END
}
ASYNC(void, joins, args(async_task *on))
{
    ASYNC_BEGIN
    AWAIT(async_join, self->on);
    ASYNC_END
}
ASYNC(void, reads, args(int fd), vars(int n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_wait_readable, self->fd);
    ASYNC_END
}
ASYNC(void, amain, raw(int fd[2]), tasks(deeper a, joins b, reads c))
{
    ASYNC_BEGIN
    if (pipe(self->fd)) ASYNC_RAISE(-errno);
    ASYNC_SPAWN(&self->a, deeper, 60);
    ASYNC_SPAWN(&self->b, joins, &self->a.task);
    ASYNC_SPAWN(&self->c, reads, self->fd[0]);
    AWAIT(async_sleep, ASYNC_MS(10));
    abort();
    ASYNC_END
}
int main(void)
{
    return ASYNC_RUN(amain);
}
