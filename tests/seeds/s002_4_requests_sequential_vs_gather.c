/* One after the other, gathered, and gathered but blocking: only the second saves time.
 *
 * Output:
 *     seq 3.0
 *     conc 1.0
 *     blocking 3.0
 */
#include "seed.h"

ASYNC(void, network_request)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_SEC(1));
    ASYNC_END
}

ASYNC(void, network_request_synchronous)
{
    ASYNC_BEGIN
    block(1);
    ASYNC_END
}

ASYNC(void, seq, args(double *took), vars(double start), awaits(network_request))
{
    ASYNC_BEGIN
    self->start = seconds();
    AWAIT(network_request);
    AWAIT(network_request);
    AWAIT(network_request);
    *self->took = seconds() - self->start;
    ASYNC_END
}

ASYNC(void, conc, args(double *took), vars(double start), tasks(network_request t[3]))
{
    int i;
    ASYNC_BEGIN
    self->start = seconds();
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], network_request);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    *self->took = seconds() - self->start;
    ASYNC_END
}

ASYNC(void, blocking, args(double *took), vars(double start),
      tasks(network_request_synchronous t[3]))
{
    int i;
    ASYNC_BEGIN
    self->start = seconds();
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], network_request_synchronous);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    *self->took = seconds() - self->start;
    ASYNC_END
}

int main(void)
{
    double took = 0;
    if (ASYNC_RUN(seq, &took)) return 1;
    printf("seq %.1f\n", took);
    if (ASYNC_RUN(conc, &took)) return 1;
    printf("conc %.1f\n", took);
    if (ASYNC_RUN(blocking, &took)) return 1;
    printf("blocking %.1f\n", took);
    return 0;
}
