/* urgent.c - two loops, one a priority. Main's task computes for 15 ms without an await; the other
 * task must answer an interrupt in the millisecond in which it comes. Its loop is run by PendSV, an
 * interrupt of the lowest priority, which only waits for other interrupts to end. SAME_LOOP=1 puts
 * both into main's loop: the answers are late. LATENCY=1 says how many were, and the cycles that an
 * answer took at most. (Cortex-M only.) */
#define ASYNCC_IMPLEMENTATION
#define ASYNCC_CANCEL 1
#define ASYNCC_CHECK 1
#define ASYNCC_ONE_LOOP 0
extern struct async_loop main_loop, urgent_loop;
#define PEND() (*(volatile unsigned long *)0xE000ED04 = 1ul << 28)
#define ASYNCC_PEND(loop) ((loop) == &urgent_loop ? (void)PEND() : (void)0)
#include "config.h"
#include "asyncc.h"
#define PENDSV run_urgent
static void run_urgent(void);
#define INTERRUPT interrupt
#define TRACE_END 80
#ifndef LATENCY
#define LATENCY 0
#endif
#if LATENCY
#undef TRACE
#define TRACE 0
#endif
#include "board.h"

async_loop main_loop, urgent_loop;
static void run_urgent(void)
{
    (void)async_loop_tick(&urgent_loop);
}

/* Every 7 ms. A deadline of the urgent loop's may have come each time. */
static ASYNC_QUEUE(uint8_t, 4) orders;
static async_event asked;
static volatile uint32_t asked_at;
static uint16_t late, slowest;
static void interrupt(uint32_t now)
{
    if (now % 7 == 0) {
        asked_at = now;
        async_event_set(&asked);
    }
    PEND();
    if (LATENCY && now == TRACE_END) {
        board_number(late);
        board_number(slowest);
        board_exit(0);
    }
}

ASYNC(void, answer, vars(uint8_t n), awaits(async_event_wait, async_sleep))
{
    uint32_t took;
    ASYNC_BEGIN
    for (;; self->n++) {
        AWAIT(async_event_wait, &asked);
        took = SYSTICK->reload - SYSTICK->value;
        async_event_clear(&asked);
        if (board_ms() != asked_at) late++;
        else if (took > slowest) slowest = (uint16_t)took;
        if (TRACE) board_say("answer", board_ms() == asked_at ? "in time" : "late", 7);
        AWAIT(async_sleep, ASYNC_MS(2));
        if (TRACE) board_say("and", "after 2 ms", 10);
        if (self->n % 4 == 3) (void)ASYNC_QUEUE_PUT_NOWAIT(&orders, &self->n);
    }
    ASYNC_END
}

/* Main's: it takes its orders from the other loop's task. */
ASYNC(void, compute, vars(uint8_t order), awaits(async_queue_get, async_sleep))
{
    uint32_t begin;
    ASYNC_BEGIN
    for (;;) {
        AWAIT(async_queue_get, &orders, &self->order);
        AWAIT(async_sleep, ASYNC_MS(1));
        if (TRACE) board_say("compute", "begins", 6);
        for (begin = board_ms(); board_ms() - begin < 15;) {}
        if (TRACE) board_say("compute", "ends", 4);
    }
    ASYNC_END
}

static ASYNC_TASK(answer) answers;
static ASYNC_TASK(compute) computes;

int main(void)
{
    *(volatile uint32_t *)0xE000ED20 = 0xFFul << 16; /* PendSV below all others, which begin at 0 */
    (void)async_loop_init(&urgent_loop, NULL);
    (void)async_loop_init(&main_loop, NULL);
#if SAME_LOOP
    ASYNC_SPAWN(&answers, answer);
#else
    ASYNC_SPAWN_ON(&urgent_loop, &answers, answer);
#endif
    ASYNC_SPAWN(&computes, compute);
    board_init();
    return async_loop_run_forever(&main_loop);
}
