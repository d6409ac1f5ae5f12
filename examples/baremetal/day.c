/* day.c - a day of a clock that wraps, of 16, 32 or 64 bits: tasks that do something every so often,
 * and one that waits with a timeout. None may be early or late, drift, or be forgotten. Says how
 * many were, how often the tasks were in time, and how often the timeout was. On RISC-V the clock is
 * the machine timer, which wakes the processor only when something is due; in a process of Linux it
 * is a number that sleep moves on, at times less far than it was asked to, or farther, and which
 * comes to its end, of 64 bits too, at noon. */
#define ASYNCC_IMPLEMENTATION
#define ASYNCC_FREESTANDING 1
#define ASYNCC_CANCEL 1
#ifndef ASYNCC_TICK_BITS /* on Linux: which */
#define ASYNCC_TICK_BITS 32
#endif
#include <stdint.h>
#ifdef __riscv
#define ASYNCC_TICK_HZ 10000000
#define SLACK (ASYNCC_TICK_HZ / 1000)
#define UNIT 2000 /* ms */
static inline uint64_t now(void);
#define ASYNCC_NOW() ((async_time)now())
#else
#define ASYNCC_TICK_HZ (ASYNCC_TICK_BITS == 16 ? 1000 : 1000000)
#define SLACK 16
#define UNIT 200
static uint64_t clock_ = 0 - (uint64_t)12 * 3600 * ASYNCC_TICK_HZ;
#define now() clock_
#define ASYNCC_NOW() ((async_time)clock_)
#define ASYNCC_IRQ_SAVE() 0
#define ASYNCC_IRQ_RESTORE(k) ((void)(k))
#define ASYNCC_IRQ_DISABLE() ((void)0)
#define ASYNCC_IRQ_ENABLE() ((void)0)
#endif
#define ASYNCC_IDLE(deadline) idle(deadline)
static void over(_Bool is_over);
#if ASYNCC_TICK_BITS == 16
static void idle(const uint16_t *deadline);
#elif ASYNCC_TICK_BITS == 32
static void idle(const uint32_t *deadline);
#else
static void idle(const uint64_t *deadline);
#endif
#include "config.h"
#include "asyncc.h"

static uint64_t midnight;
static uint32_t missed, met, expired;
#define MS(n) ((uint64_t)(n)*ASYNCC_TICK_HZ / 1000)
#define DAY MS(24 * 3600000)

#ifdef __riscv
#undef TRACE
#define ONE_SHOT
#include "board.h"
static inline uint64_t now(void)
{
    volatile uint32_t *half = (volatile uint32_t *)&MTIME;
    uint32_t high, low;
    do {
        high = half[1];
        low = half[0];
    } while (high != half[1]);
    return (uint64_t)high << 32 | low;
}
static void board_fired(void)
{
    MTIMECMP = UINT64_MAX;
}
static void idle(const async_time *deadline)
{
    uint64_t t = now();
    over(now() - midnight > DAY + SLACK);
    if (deadline) {
        async_span_ left = (async_span_)(*deadline - (async_time)t);
        MTIMECMP = t + (left > 0 ? (uint64_t)left : 0);
    }
    __asm volatile("wfi\n\tcsrsi mstatus, 8" ::: "memory");
}
#else
#include <stdio.h>
#include <stdlib.h>
#define board_init() (void)async_loop_init(async_get_event_loop(), NULL)
#define board_exit(status) exit(status)
#define board_text(text) (void)fputs(text, stdout)
static void idle(const async_time *deadline)
{
    static uint32_t random = 1;
    async_time left = (async_time)(deadline ? *deadline - (async_time)clock_ : 0);
    random = random * 1664525 + 1013904223;
    over(now() - midnight > DAY + SLACK);
    clock_ += random >> 29 ? left + (random >> 24) % 4 : left / 2;
}
#endif

static void say(uint32_t n)
{
    char digits[12], *p = digits + 11;
    *p = 0;
    *--p = '\n';
    do *--p = (char)('0' + n % 10);
    while (n /= 10);
    board_text(p);
}
static void over(bool is_over)
{
    if (!is_over) return;
    say(missed);
    say(met);
    say(expired);
    board_exit(0);
}
static void judge(uint64_t when, uint32_t *in_time)
{
    int64_t late = (int64_t)(now() - when);
    if (when - midnight > DAY) return;
    if (late < 0 || late > SLACK) over(++missed == 100);
    else ++*in_time;
}

static async_event event;
ASYNC(void, periodic, args(uint64_t period, uint8_t sets), vars(uint64_t next; uint8_t n),
      awaits(async_sleep))
{
    ASYNC_BEGIN
    self->next = midnight;
    for (;;) {
        self->next += self->period;
        AWAIT(async_sleep, ASYNC_TICKS((int64_t)(self->next - now())));
        judge(self->next, &met);
        if (self->sets && ++self->n % self->sets == 0) async_event_set(&event);
    }
    ASYNC_END
}
/* Now and then the event comes first, and takes the deadline out of the middle of the others. */
ASYNC(void, waits, vars(int err; uint64_t until; async_timeout t), awaits(async_event_wait))
{
    ASYNC_BEGIN
    for (;;) {
        self->until = now() + MS(4 * UNIT);
        async_event_clear(&event);
        ASYNC_TRY {
            ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(4 * UNIT)) {
                AWAIT(async_event_wait, &event);
            }
            if (now() > self->until + SLACK) missed++;
        }
        ASYNC_CATCH(self->err) {
            judge(self->until, &expired);
        }
    }
    ASYNC_END
}

/* The last period is nearly the longest there is: half of the clock's range. */
#define LONGEST (ASYNCC_TICK_BITS == 64 ? MS(6 * 3600000) : (uint64_t)ASYNC_SPAN_MAX_ - 1000)
static ASYNC_TASK(periodic) tasks[6];
static ASYNC_TASK(waits) waiter;

int main(void)
{
    board_init();
    midnight = now();
    ASYNC_SPAWN(&tasks[0], periodic, MS(UNIT), 0);
    ASYNC_SPAWN(&tasks[1], periodic, MS(5 * UNIT / 2), 0);
    ASYNC_SPAWN(&tasks[2], periodic, MS(10 * UNIT / 3), 3);
    ASYNC_SPAWN(&tasks[3], periodic, MS(10 * UNIT), 0);
    ASYNC_SPAWN(&tasks[4], periodic, MS(80 * UNIT), 0);
    ASYNC_SPAWN(&tasks[5], periodic, LONGEST, 0);
    ASYNC_SPAWN(&waiter, waits);
    return async_loop_run_forever(async_get_event_loop());
}
