/* libuv drives the tasks: a poll handle for the descriptor, a timer for the next deadline, and a
 * prepare handle that sets it anew before libuv waits, whoever has spawned or called meanwhile.
 *
 * Needs: libuv
 *
 *     cc -I.. 67_libuv.c $(pkg-config --cflags --libs libuv) -o libuv && ./libuv
 *
 * Output:
 *     a byte comes: x
 *     libuv's own timer
 *     slept
 *     over
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>
#include <uv.h>

/* --- the bridge --- */

struct bridge {
    async_loop *loop;
    uv_poll_t poll;
    uv_timer_t timer;
    uv_prepare_t prepare;
};

static void tick(struct bridge *b)
{
    int err = async_loop_tick(b->loop);
    if (err == -EINTR) uv_stop(b->poll.loop); /* async_loop_stop() */
}
static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    tick((struct bridge *)poll->data);
}
static void on_deadline(uv_timer_t *timer)
{
    tick((struct bridge *)timer->data);
}
static void on_prepare(uv_prepare_t *prepare)
{
    struct bridge *b = (struct bridge *)prepare->data;
    async_time at = async_loop_next_deadline(b->loop), left = at - async_loop_time(b->loop);
    uv_update_time(b->timer.loop);
    if (at == INT64_MAX) uv_timer_stop(&b->timer);
    else
        uv_timer_start(&b->timer, on_deadline, left <= 0 ? 0 : (uint64_t)(left + 999999) / 1000000,
                       0);
}
static int attach(struct bridge *b, uv_loop_t *uv, async_loop *loop)
{
    int err = uv_poll_init(uv, &b->poll, async_loop_fd(loop));
    if (err) return err;
    b->loop = loop;
    b->poll.data = b->timer.data = b->prepare.data = b;
    uv_timer_init(uv, &b->timer);
    uv_prepare_init(uv, &b->prepare);
    uv_prepare_start(&b->prepare, on_prepare);
    return uv_poll_start(&b->poll, UV_READABLE, on_poll);
}
static void detach(struct bridge *b)
{
    uv_close((uv_handle_t *)&b->poll, NULL);
    uv_close((uv_handle_t *)&b->timer, NULL);
    uv_close((uv_handle_t *)&b->prepare, NULL);
    uv_run(b->poll.loop, UV_RUN_DEFAULT);
}

/* --- a program --- */

static async_loop loop;
static int ends[2];

ASYNC(void, reads, vars(char c; ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_read, ends[0], &self->c, 1);
    printf("a byte comes: %c\n", self->c);
    ASYNC_END
}
ASYNC(void, amain, tasks(reads r))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->r, reads);
    AWAIT(async_sleep, ASYNC_MS(20));
    if (write(ends[1], "x", 1) != 1) ASYNC_RAISE(-EIO);
    AWAIT_TASK(&self->r);
    AWAIT(async_sleep, ASYNC_MS(60));
    printf("slept\n");
    async_loop_stop(&loop);
    ASYNC_END
}
static void on_timer(uv_timer_t *timer)
{
    printf("libuv's own timer\n");
    uv_close((uv_handle_t *)timer, NULL);
}

int main(void)
{
    static ASYNC_TASK(amain) main_task;
    async_options options = {.virtual_clock = false};
    struct bridge bridge;
    uv_timer_t timer;
    if (async_loop_init(&loop, &options) || pipe(ends) || async_adopt(ends[0])) return 1;
    ASYNC_SPAWN_ON(&loop, &main_task, amain);
    uv_timer_init(uv_default_loop(), &timer);
    uv_timer_start(&timer, on_timer, 50, 0);
    if (attach(&bridge, uv_default_loop(), &loop)) return 1;
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);

    detach(&bridge);
    (void)async_loop_shutdown(&loop);
    printf("over\n");
    (void)async_close(ends[0]);
    return async_loop_close(&loop) || uv_loop_close(uv_default_loop());
}
