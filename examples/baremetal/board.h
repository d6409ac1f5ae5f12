/* What the examples want of a machine. It is one of four small ones that an emulator provides, or
 * a process of Linux with a virtual clock. Include it after asyncc.h.
 *   board_init()       starts the clock, of one tick a millisecond
 *   board_led(on)
 *   board_send(text, n) to the serial line
 *   board_text(text)   to whoever runs the emulator
 *   board_exit(status) ends it
 * TRACE=1: what a LED does and what is sent is said, and when, and the program ends after TRACE_END
 * ms. Inputs come from a script (world.h), played by the clock's interrupt, so that all machines see
 * the same. An image that is measured has neither.
 * PAINT: what the program needed of the stack is said at the end, in bytes, for stack.py to be held
 * against. */
#include <stdbool.h>
#include <stdint.h>

#ifndef TRACE
#define TRACE 0
#endif
#ifndef TRACE_END
#define TRACE_END 5000
#endif
/* With cancellation there is more to a loop than zeros. */
#if !__STDC_HOSTED__ && defined(ASYNC_VERSION) && ASYNCC_CANCEL && ASYNCC_ONE_LOOP
#define BOARD_LOOP() (void)async_loop_init(async_get_event_loop(), NULL)
#else
#define BOARD_LOOP() ((void)0)
#endif
#ifdef ONE_SHOT
static void board_fired(void); /* in place of the clock there is a timer */
#else
static void board_tick(void);
#endif
#ifdef INTERRUPT
static void INTERRUPT(uint32_t now); /* the example's own, in the clock's */
#endif
#if defined(WORLD) && !TRACE
static void board_button(void), board_receive(void);
#endif

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#include "cortex_m.h"
#elif defined(__AVR__)
#include "avr.h"
#elif defined(__riscv)
#include "riscv.h"
#elif defined(BOARD) /* one of your own */
#include BOARD
#else
#include "linux.h"
#endif

/* "   1250 led 1": the time, without division */
static inline char *board_time(char *p)
{
    static const uint16_t units[] = {1000, 100, 10, 1};
    uint16_t now = (uint16_t)board_ms();
    uint8_t i, digit;
    for (i = 0; i < 4; i++) {
        for (digit = 0; now >= units[i]; digit++) now = (uint16_t)(now - units[i]);
        *p++ = (char)('0' + digit);
    }
    return p;
}
static inline void board_number(uint16_t n)
{
    char digits[6], *p = digits + 5;
    *p = 0;
    do {
        uint16_t tenth = 0;
        while (n >= 10) n = (uint16_t)(n - 10), tenth++;
        *--p = (char)('0' + n);
        n = tenth;
    } while (n);
    board_text(p);
    board_text("\n");
}
static inline void board_say(const char *what, const char *more, uint8_t n)
{
    char line[48], *p = board_time(line);
    for (*p++ = ' '; *what;) *p++ = *what++;
    for (*p++ = ' '; n; n--) *p++ = *more++;
    *p++ = '\n';
    *p = 0;
    board_text(line);
}
static inline void board_led(bool on)
{
    if (on) LED_ON();
    else LED_OFF();
    if (TRACE) board_say("led", on ? "1" : "0", 1);
}
static inline void board_send(const char *text, uint8_t n)
{
    if (TRACE) board_say("sent", text, n);
    else
        while (n--) UART_PUT(*text++);
}
/* The stack is painted before the program begins; how much of that is left at its end? */
#ifdef PAINT
extern uint32_t bss_end[], stack_top[];
static inline void board_paint(void)
{
    volatile uint32_t here, *p;
    for (p = bss_end; p < &here - 8; p++) *p = 0x5AA55AA5;
}
#define board_init() (board_paint(), board_init())
static inline void board_deepest(void)
{
    const uint32_t *p = bss_end;
    while (*p == 0x5AA55AA5) p++;
    board_number((uint16_t)((stack_top - p) * 4));
}
#else
#define board_deepest() ((void)0)
#endif
/* In the clock's interrupt. */
#if defined(WORLD) && TRACE
#include "world.h"
#else
#define world(now) ((void)0)
#endif
/* With interrupts of their own, in an image that is measured. */
#if defined(WORLD) && !TRACE
static void board_button(void)
{
    button_isr(BUTTON_DOWN());
}
static void board_receive(void)
{
    uart_isr((char)UART_GET());
}
#endif
#ifndef ONE_SHOT
static void board_tick(void)
{
    BOARD_TICK();
    world(board_ms());
#ifdef INTERRUPT
    INTERRUPT(board_ms());
#endif
    if (TRACE && board_ms() >= TRACE_END) {
        board_deepest();
        board_exit(0);
    }
}
#endif
