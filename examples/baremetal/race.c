/* race.c - of a cancel and the interrupt that completes what is cancelled, the first wins, and
 * nothing is lost. The interrupt sets a future at every moment, one after the other, from before
 * the cancel of the task that waits for it until after. Says how often the two disagreed about it,
 * and how often each was first. (Not for Linux.) */
#define ASYNCC_IMPLEMENTATION
#define ASYNCC_CANCEL 1
#include "config.h"
#include "asyncc.h"
#undef TRACE
#define TRACE 0
#define ONE_SHOT
#include "board.h"

enum { MOMENTS = 1500 };
static async_future future;
static volatile int answer; /* to the interrupt */
static volatile bool fired;
static bool stopped;
static uint16_t wrong, first[2];

static void board_fired(void)
{
    TIMER_STOP();
    if (fired) return; /* a short period may have been over twice */
    answer = async_future_set(&future);
    fired = true;
}
static void stop(async_future *f)
{
    stopped = f == &future;
}

ASYNC(void, waits, awaits(async_future_wait))
{
    ASYNC_BEGIN
    AWAIT(async_future_wait, &future);
    ASYNC_END
}
static ASYNC_TASK(waits) waiter;

ASYNC(void, cancels, vars(uint16_t moment), awaits(async_sleep))
{
    ASYNC_BEGIN
    for (self->moment = 1; self->moment <= MOMENTS; self->moment++) {
        __builtin_memset(&future, 0, sizeof future);
        future.on_cancel = stop;
        fired = stopped = false;
        ASYNC_SPAWN(&waiter, waits);
        AWAIT(async_sleep, ASYNC_TICKS(0));
        TIMER_START(self->moment);
        (void)async_task_cancel(&waiter.task);
        while (!fired) {}
        while (!async_task_done(&waiter.task)) AWAIT(async_sleep, ASYNC_TICKS(0));
        first[stopped]++;
        if (stopped != async_future_cancelled(&future) || stopped != (answer == -EALREADY) ||
            !async_task_cancelled(&waiter.task))
            wrong++;
    }
    board_number(wrong);
    board_number(first[0]);
    board_number(first[1]);
    board_exit(0);
    ASYNC_END
}
static ASYNC_TASK(cancels) task;

int main(void)
{
    board_init();
    ASYNC_SPAWN(&task, cancels);
    return async_loop_run_forever(async_get_event_loop());
}
