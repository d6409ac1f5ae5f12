/* tickless.c - three tasks that do something every 100, 250 and 330 ms, and a clock that wakes the
 * machine only for them: 170 times in ten seconds, where one that ticks would wake it 10,000 times.
 * The clock is a timer of 16 bits that wraps every four seconds. (AVR only.) */
#define ASYNCC_IMPLEMENTATION
#define ASYNCC_TICK_BITS 16
#define ASYNCC_TICK_HZ 15625 /* 16 MHz / 1024 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <stdint.h>
static inline void sleep_until(const uint16_t *deadline);
#define ASYNCC_NOW() TCNT1
#define ASYNCC_IDLE(deadline) sleep_until(deadline)
#include "config.h"
#include "asyncc.h"

static uint16_t wakes;
/* With interrupts masked. The compare register is set first and the clock read after it: what has
 * come meanwhile is seen. The instruction behind SEI is run before any interrupt. */
static inline void sleep_until(const uint16_t *deadline)
{
    if (deadline) {
        OCR1A = *deadline;
        TIFR1 = 1 << OCF1A;
        if (ASYNC_DUE_(*deadline, TCNT1)) {
            sei();
            return;
        }
    }
    wakes++;
    __asm volatile("sei\n\tsleep" ::: "memory");
}
EMPTY_INTERRUPT(TIMER1_COMPA_vect)

static uint16_t done;
ASYNC(void, periodic, args(async_duration period), awaits(async_sleep))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT(async_sleep, self->period);
        done++;
    }
    ASYNC_END
}
static void put(char c)
{
    while (!(UCSR0A & 1 << UDRE0)) {}
    UDR0 = (uint8_t)c;
}
static void put_number(uint16_t n)
{
    uint16_t unit = 10000;
    while (unit > n && unit > 1) unit /= 10;
    for (; unit; unit /= 10) put((char)('0' + n / unit % 10));
    put('\n');
}
ASYNC(void, report, vars(uint8_t i), awaits(async_sleep))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 10; self->i++) AWAIT(async_sleep, ASYNC_SEC(1));
    wakes -= 10; /* this task's own */
    put_number(wakes);
    put_number(done);
    while (!(UCSR0A & 1 << UDRE0)) {}
    cli();
    __asm volatile("sleep");
    ASYNC_END
}

static ASYNC_TASK(periodic) a, b, c;
static ASYNC_TASK(report) reporter;

int main(void)
{
    async_loop *loop = async_get_event_loop();
    TCCR1B = 1 << CS12 | 1 << CS10;
    TIMSK1 = 1 << OCIE1A;
    UCSR0B = 1 << TXEN0;
    SMCR = 1 << SE;
    ASYNC_SPAWN(&a, periodic, ASYNC_MS(100));
    ASYNC_SPAWN(&b, periodic, ASYNC_MS(250));
    ASYNC_SPAWN(&c, periodic, ASYNC_MS(330));
    ASYNC_SPAWN(&reporter, report);
    return async_loop_run_forever(loop);
}
