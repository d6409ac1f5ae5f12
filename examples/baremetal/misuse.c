/* misuse.c - an interrupt that spawns a task, which only tasks may do. With ASYNCC_CHECK that is a
 * panic; here it says so. (Cortex-M, which knows whether it is in an interrupt.) */
#define ASYNCC_IMPLEMENTATION
#ifndef ASYNCC_CHECK
#define ASYNCC_CHECK 1
#endif
static void caught(void);
#define ASYNCC_PANIC() caught()
#include "config.h"
#include "asyncc.h"
#define INTERRUPT interrupt
#define TRACE_END 20
#include "board.h"

static void caught(void)
{
    board_say("panic", "!", 1);
    board_exit(0);
}
ASYNC(void, nothing)
{
    ASYNC_BEGIN
    ASYNC_END
}
static ASYNC_TASK(nothing) task, other;
static void interrupt(uint32_t now)
{
    if (now == 10) ASYNC_SPAWN(&other, nothing);
}
int main(void)
{
    board_init();
    ASYNC_SPAWN(&task, nothing);
    return async_loop_run_forever(async_get_event_loop());
}
