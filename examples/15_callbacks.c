/* The edge to code with callbacks: calls on the loop, and a future that a callback fulfils.
 *
 *     cc -I.. 15_callbacks.c -o callbacks && ./callbacks
 *
 * Output:
 *     main: waiting for the sensor
 *     soon: called on the next turn of the loop
 *     sensor: 21 degrees
 *     main: got 21
 *     done: the future is fulfilled
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

/* A library that does not know asyncc calls this when it has a value. */
struct sensor {
    ASYNC_FUTURE(int) value;
    async_call timer, told;
};

static int soon(void *arg)
{
    (void)arg;
    printf("soon: called on the next turn of the loop\n");
    return 0; /* a negative errno would go to the loop's error handler */
}
static int on_value(void *arg)
{
    struct sensor *s = (struct sensor *)arg;
    printf("sensor: 21 degrees\n");
    return ASYNC_SET_RESULT(&s->value, 21); /* wakes whoever waits for it */
}
static int on_done(void *arg)
{
    (void)arg;
    printf("done: the future is fulfilled\n");
    return 0;
}

ASYNC(void, amain, vars(struct sensor s; async_call call))
{
    ASYNC_BEGIN
    async_call_soon(async_get_running_loop(), &self->call, soon, NULL);
    async_call_later(async_get_running_loop(), &self->s.timer, ASYNC_MS(30), on_value, &self->s);
    printf("main: waiting for the sensor\n");
    AWAIT(async_future_wait, &self->s.value.future);
    printf("main: got %d\n", self->s.value.result);
    async_future_add_done_callback(&self->s.value.future, &self->s.told, on_done, NULL);
    AWAIT(async_sleep, ASYNC_MS(0)); /* let the others run */
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
