/* What the examples want of a machine. It is one of four small ones that an emulator provides, or
 * a process of Linux with a virtual clock. Include it after asyncc.h.
 *   board_init()       starts the clock, of one tick a millisecond
 *   board_led(on)
 *   board_text(text)   to whoever runs the emulator
 *   board_exit(status) ends it
 * TRACE=1: a LED that changes says so, and when, and the program ends after TRACE_END ms. Inputs
 * come from a script (world.h), played by the clock's interrupt, so that all machines see the same.
 * An image that is measured has no TRACE. */
#include <stdbool.h>
#include <stdint.h>

#ifndef TRACE
#define TRACE 0
#endif
#ifndef TRACE_END
#define TRACE_END 5000
#endif
#if !__STDC_HOSTED__ && !defined(__AVR__)
#define main board_main /* which the start-up may take in */
static int main(void);
#endif
static void board_tick(void);

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#include "cortex_m.h"
#elif defined(__AVR__)
#include "avr.h"
#elif defined(__riscv)
#include "riscv.h"
#else
#include "linux.h"
#endif

/* "    1250 led 1" */
static inline void board_say(const char *what, unsigned n)
{
    char line[48], *p = line;
    uint32_t unit, now = (uint32_t)board_ms();
    for (unit = 1000000; unit; unit /= 10) *p++ = (char)(now >= unit || unit == 1 ? '0' + now / unit % 10 : ' ');
    for (*p++ = ' '; *what;) *p++ = *what++;
    *p++ = ' ';
    *p++ = (char)('0' + n);
    *p++ = '\n';
    *p = 0;
    board_text(line);
}
static inline void board_led(bool on)
{
    if (on) LED_ON();
    else LED_OFF();
    if (TRACE) board_say("led", on);
}
/* In the clock's interrupt. */
#ifdef WORLD
#include "world.h"
#else
#define world(now) ((void)0)
#endif
static void board_tick(void)
{
#if !__STDC_HOSTED__
    async_tick();
#endif
    world(board_ms());
    if (TRACE && board_ms() >= TRACE_END) board_exit(0);
}
