/* three.c - a LED that blinks, a button that is debounced and changes the LED's pace, and a serial
 * line that is echoed: three coroutines, one stack. The interrupts of button and line only note
 * what happened and set an event. */
#define ASYNCC_IMPLEMENTATION
#include "config.h"
#include "asyncc.h"
#define WORLD
static void button_isr(bool down);
static void uart_isr(char byte);
#include "board.h"

static volatile bool button_down;
static async_event button_moved;
static void button_isr(bool down)
{
    button_down = down;
    async_event_set(&button_moved);
}

/* One writes, in an interrupt, one reads: no lock. */
static volatile char received[16];
static volatile uint8_t put, got;
static async_event uart_some;
static void uart_isr(char byte)
{
    received[put % sizeof received] = byte;
    put++;
    async_event_set(&uart_some);
}

static bool slow;

ASYNC(void, blink, awaits(async_sleep))
{
    ASYNC_BEGIN
    for (;;) {
        board_led(true);
        AWAIT(async_sleep, slow ? ASYNC_MS(500) : ASYNC_MS(125));
        board_led(false);
        AWAIT(async_sleep, ASYNC_MS(125));
    }
    ASYNC_END
}

ASYNC(void, debounce, vars(bool down), awaits(async_event_wait, async_sleep))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT(async_event_wait, &button_moved);
        AWAIT(async_sleep, ASYNC_MS(20));
        async_event_clear(&button_moved);
        if (self->down == button_down) continue; /* it bounced */
        self->down = button_down;
        if (self->down) slow = !slow;
    }
    ASYNC_END
}

ASYNC(void, echo, vars(uint8_t n), raw(char line[16]), awaits(async_event_wait))
{
    char c;
    ASYNC_BEGIN
    for (;;) {
        while (put == got) {
            AWAIT(async_event_wait, &uart_some);
            async_event_clear(&uart_some);
        }
        c = received[got % sizeof received];
        got++;
        if (c != '\n') {
            self->line[self->n & 15] = c;
            self->n++;
            continue;
        }
        board_send(self->line, self->n);
        self->n = 0;
    }
    ASYNC_END
}

/* What a tree of calls may take of a small machine's memory. */
#if !__STDC_HOSTED__
ASYNC_RAM_BUDGET(blink, 24);
ASYNC_RAM_BUDGET(debounce, 28);
ASYNC_RAM_BUDGET(echo, 44);
#endif
static ASYNC_TASK(blink) blinker;
static ASYNC_TASK(debounce) debouncer;
static ASYNC_TASK(echo) echoer;

int main(void)
{
    board_init();
    ASYNC_SPAWN(&blinker, blink);
    ASYNC_SPAWN(&debouncer, debounce);
    ASYNC_SPAWN(&echoer, echo);
    return async_loop_run_forever(async_get_event_loop());
}
