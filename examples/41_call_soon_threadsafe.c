/* Other threads talk to a loop: a call, and a coroutine whose result they wait for.
 *
 *     cc -I.. -pthread 41_call_soon_threadsafe.c -o threadsafe && ./threadsafe
 *
 * Output:
 *     loop: the sensor says 20
 *     loop: the sensor says 21
 *     loop: the sensor says 22
 *     thread: their mean is 21
 *     loop: the sensor has gone
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <pthread.h>
#include <stdio.h>

static int sum, count; /* the loop's: no other thread looks at them */

/* One message: a call that runs in the loop's thread. */
struct reading {
    async_call call;
    int value;
};
static int heard(void *arg)
{
    struct reading *r = (struct reading *)arg;
    printf("loop: the sensor says %d\n", r->value);
    sum += r->value;
    count++;
    return 0;
}

ASYNC(int, mean)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(sum / count);
    ASYNC_END
}

struct sensor {
    async_loop *loop;
    async_call gone;
    ASYNC_FUTURE(int) end;
};
static int gone(void *arg)
{
    struct sensor *s = (struct sensor *)arg;
    printf("loop: the sensor has gone\n");
    return ASYNC_SET_RESULT(&s->end, 0);
}

/* A thread of a library, say, that knows nothing of loops. */
static void *sensor(void *arg)
{
    struct sensor *s = (struct sensor *)arg;
    static struct reading readings[3];
    static ASYNC_REMOTE(mean) remote;
    int i;
    for (i = 0; i < 3; i++) {
        readings[i].value = 20 + i;
        async_call_soon_threadsafe(s->loop, &readings[i].call, heard, &readings[i]);
    }
    /* future = asyncio.run_coroutine_threadsafe(mean(), loop); future.result(5) */
    ASYNC_RUN_COROUTINE_THREADSAFE(s->loop, &remote, mean);
    if (async_remote_wait(&remote.remote, ASYNC_SEC(5)) == 0)
        printf("thread: their mean is %d\n", ASYNC_RESULT(&remote.task));
    async_call_soon_threadsafe(s->loop, &s->gone, gone, s);
    return NULL;
}

ASYNC(void, amain, vars(struct sensor s; pthread_t thread))
{
    ASYNC_BEGIN
    self->s.loop = async_get_running_loop();
    async_loop_keep(self->s.loop); /* others will call: wait for them when there is nothing to do */
    if (pthread_create(&self->thread, NULL, sensor, &self->s) != 0) ASYNC_RAISE(-EAGAIN);
    AWAIT(async_future_wait, &self->s.end.future);
    pthread_join(self->thread, NULL);
    async_loop_release(self->s.loop);
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
