/* blinky.c - a LED that is on for half a second in every 625 ms, as a coroutine. */
#define ASYNCC_IMPLEMENTATION
#include "config.h"
#include "asyncc.h"
#include "board.h"

ASYNC(void, blink, awaits(async_sleep))
{
    ASYNC_BEGIN
    for (;;) {
        board_led(true);
        AWAIT(async_sleep, ASYNC_MS(500));
        board_led(false);
        AWAIT(async_sleep, ASYNC_MS(125));
    }
    ASYNC_END
}
static ASYNC_TASK(blink) task;

int main(void)
{
    board_init();
    ASYNC_SPAWN(&task, blink);
    return async_loop_run_forever(async_get_event_loop());
}
