/* A process with a virtual clock. What would be an interrupt is a callback of the loop, once a
 * millisecond. */
#include <stdio.h>
#include <stdlib.h>

static async_loop loop;
static async_call tick;
static async_time started;
#define LED_ON() ((void)0)
#define LED_OFF() ((void)0)
#define UART_PUT(c) ((void)putchar(c))
#define BOARD_TICK() ((void)async_call_later(&loop, &tick, ASYNC_MS(1), linux_tick, NULL))
static uint32_t board_ms(void)
{
    return (uint32_t)((async_loop_time(&loop) - started) / 1000000);
}
static int linux_tick(void *none)
{
    (void)none;
    board_tick();
    return 0;
}
static void board_init(void)
{
    (void)async_loop_init(&loop, NULL);
    started = async_loop_time(&loop);
    BOARD_TICK();
}
static inline void board_text(const char *text)
{
    (void)fputs(text, stdout);
}
static inline void board_exit(int status)
{
    exit(status);
}
