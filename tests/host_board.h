/* For examples/baremetal/board.h: a freestanding build that runs as a process. Time passes only while
 * nothing can run. -include this file; it is also the BOARD. */
#ifndef HOST_BOARD_H
#define HOST_BOARD_H
#include <stdio.h>
#include <stdlib.h>
#define ASYNCC_IRQ_SAVE() 0
#define ASYNCC_IRQ_RESTORE(k) (void)(k)
#define ASYNCC_IRQ_DISABLE() (void)0
#define ASYNCC_IRQ_ENABLE() (void)0
#define ASYNCC_IDLE(deadline) ((void)(deadline), board_tick())
#define ASYNCC_PANIC() abort()
static void board_tick(void);
#elif defined(ASYNC_VERSION)
#define board_ms() async_ticks
#define BOARD_TICK() async_tick()
#define LED_ON() ((void)0)
#define LED_OFF() ((void)0)
#define UART_PUT(c) ((void)putchar(c))
static void board_init(void)
{
#if ASYNCC_CANCEL
    (void)async_loop_init(async_get_event_loop(), NULL);
#endif
}
static void board_text(const char *text)
{
    (void)fputs(text, stdout);
}
static void board_exit(int status)
{
    exit(status);
}
#endif
