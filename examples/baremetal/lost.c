/* lost.c - is a wake-up ever lost between the look at the queue and the sleep? An interrupt sets an
 * event at every moment, one after the other, from before the task begins to wait until long after
 * the machine has gone to sleep. If the task is still not there when the timer comes round again,
 * it was lost. WRONG_IDLE=1 sleeps as one should not, to see that this would be noticed. The second
 * number: how long it took at most from the interrupt to the task when the machine was asleep, in
 * cycles of the timer.  (Not for Linux.) */
#define ASYNCC_IMPLEMENTATION
#if WRONG_IDLE /* interrupts are let in before the sleep, not by it */
#ifdef __AVR__
#define ASYNCC_IDLE(deadline) __asm volatile("sei\n\tnop\n\tnop\n\tsleep" ::: "memory")
#elif defined(__riscv)
#define ASYNCC_IDLE(deadline) __asm volatile("csrsi mstatus, 8\n\tnop\n\tnop\n\twfi" ::: "memory")
#else
#define ASYNCC_IDLE(deadline) __asm volatile("cpsie i\n\tisb\n\tnop\n\tnop\n\twfi" ::: "memory")
#endif
#endif
#include "config.h"
#include "asyncc.h"
#undef TRACE
#define TRACE 0
#define ONE_SHOT
#include "board.h"

enum { MOMENTS = 400, LATER = 30000 };
static async_event event;
static volatile uint8_t fired;
static uint16_t lost, latency;

/* The timer's interrupt. */
static void board_fired(void)
{
    TIMER_AGAIN(LATER);
    if (fired < 2) fired++;
    async_event_set(&event);
}

ASYNC(void, wait, vars(uint16_t moment), awaits(async_event_wait))
{
    uint16_t since;
    ASYNC_BEGIN
    for (self->moment = 1; self->moment <= MOMENTS; self->moment++) {
        fired = 0;
        async_event_clear(&event);
        TIMER_START(self->moment);
        AWAIT(async_event_wait, &event);
        since = TIMER_SINCE(LATER);
        TIMER_STOP();
        if (fired == 2) lost++;
        else if (self->moment > MOMENTS / 2 && since > latency) latency = since;
    }
    board_number(lost);
    board_number(latency);
    board_exit(0);
    ASYNC_END
}
static ASYNC_TASK(wait) task;

int main(void)
{
    board_init();
    ASYNC_SPAWN(&task, wait);
    return async_loop_run_forever(async_get_event_loop());
}
