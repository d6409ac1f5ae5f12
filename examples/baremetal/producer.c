/* producer.c - an interrupt produces, tasks consume: a queue, a semaphore, a future, and a call.
 * Every 7 ms the interrupt puts a letter into a queue of four, and counts those for which there is
 * no room. Nothing here is for one machine: what an interrupt may call is safe there on all. */
#define ASYNCC_IMPLEMENTATION
#include "config.h"
#include "asyncc.h"
#define INTERRUPT interrupt
#define TRACE_END 400
#include "board.h"

static ASYNC_QUEUE(char, 4) letters;
static async_semaphore permits;
static async_future door;
static async_call call;
static char dropped = '0';

static int called(void *arg)
{
    board_say("called", (const char *)arg, 1);
    return 0;
}
/* In the interrupt of the clock. */
static void interrupt(uint32_t now)
{
    static uint8_t wait, made;
    if (++wait == 7 && made < 26) {
        char letter = (char)('a' + made++);
        wait = 0;
        if (ASYNC_QUEUE_PUT_NOWAIT(&letters, &letter)) dropped++;
    }
    if (now == 50 || now == 53 || now == 90) (void)async_semaphore_release(&permits);
    if (now == 103) (void)async_future_set_error(&door, -EPROTO);
    if (now == 107) (void)async_call_soon(async_get_event_loop(), &call, called, &dropped);
}

ASYNC(void, consume, vars(char letter), awaits(async_queue_get, async_sleep))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT(async_queue_get, &letters, &self->letter);
        board_say("got", &self->letter, 1);
        AWAIT(async_sleep, ASYNC_MS(11));
    }
    ASYNC_END
}
ASYNC(void, enter, args(const char *name), awaits(async_semaphore_acquire, async_sleep))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT(async_semaphore_acquire, &permits);
        board_say("enters", self->name, 1);
        AWAIT(async_sleep, ASYNC_MS(1));
    }
    ASYNC_END
}
ASYNC(void, wait_at_the_door, vars(int err), awaits(async_future_wait))
{
    ASYNC_BEGIN
    AWAIT_ERR(self->err, async_future_wait, &door);
    board_say("door", self->err == -EPROTO ? "!" : "?", 1);
    ASYNC_END
}

static ASYNC_TASK(consume) consumer;
static ASYNC_TASK(enter) first, second;
static ASYNC_TASK(wait_at_the_door) waiter;

int main(void)
{
    board_init();
    ASYNC_SPAWN(&consumer, consume);
    ASYNC_SPAWN(&first, enter, "1");
    ASYNC_SPAWN(&second, enter, "2");
    ASYNC_SPAWN(&waiter, wait_at_the_door);
    return async_loop_run_forever(async_get_event_loop());
}
