/* misuse.c - what an interrupt must not call: with ASYNCC_CHECK each is a panic. Here a panic is said,
 * and the interrupt goes on. What it may call is no panic. (Cortex-M, which knows whether it is in
 * an interrupt.) */
#define ASYNCC_IMPLEMENTATION
#ifndef ASYNCC_CANCEL
#define ASYNCC_CANCEL 1
#endif
#define ASYNCC_CHECK 1
static void caught(void);
#define ASYNCC_PANIC() caught()
#include "config.h"
#include "asyncc.h"
#define INTERRUPT interrupt
#define TRACE_END 30
#include "board.h"

static void *before[5];
static void caught(void)
{
    __builtin_longjmp(before, 1);
}
#define TRY(call)                                                                                  \
    do {                                                                                           \
        if (!__builtin_setjmp(before)) {                                                           \
            (void)(call);                                                                          \
            board_text("fine:  " #call "\n");                                                      \
        } else {                                                                                   \
            board_text("panic: " #call "\n");                                                      \
        }                                                                                          \
    } while (0)

ASYNC(void, sleeps, awaits(async_sleep))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(100));
    ASYNC_END
}
static ASYNC_TASK(sleeps) sleeper, other;
static async_future future, another;
static async_event event;
static async_semaphore semaphore;
static ASYNC_QUEUE(char, 4) queue;
static async_lock lock;
static async_condition condition;
static async_call call, late;
static char item = 'x';
static int nothing(void *none)
{
    (void)none;
    return 0;
}
static int add(async_call *c)
{
    return async_future_add_done_callback(&future, c, nothing, NULL);
}

ASYNC(void, holds, awaits(async_lock_acquire))
{
    ASYNC_BEGIN
    AWAIT(async_lock_acquire, &lock);
    AWAIT(async_lock_acquire, async_condition_lock(&condition));
    AWAIT(async_lock_acquire, &lock); /* for ever */
    ASYNC_END
}
static ASYNC_TASK(holds) holder;

static void interrupt(uint32_t now)
{
    async_loop *loop = async_get_event_loop();
    if (now != 10) return;
    TRY(async_event_set(&event));
    TRY(async_semaphore_release(&semaphore));
    TRY(ASYNC_QUEUE_PUT_NOWAIT(&queue, &item));
    TRY(async_future_set(&future));
    TRY(async_future_set_error(&another, -EPROTO));
    TRY(async_call_soon(loop, &call, nothing, NULL));
    TRY(ASYNC_SPAWN(&other, sleeps));
    TRY(async_call_later(loop, &late, ASYNC_MS(1), nothing, NULL));
    TRY(async_loop_run_forever(loop));
    TRY(async_loop_tick(loop));
    TRY(async_task_add_done_callback(&sleeper.task, &late, nothing, NULL));
    TRY(add(&late));
    TRY(async_future_cancel(&future));
    TRY(async_lock_release(&lock));
    TRY(async_condition_notify(&condition, 1));
    TRY(ASYNC_QUEUE_GET_NOWAIT(&queue, &item));
    TRY(async_queue_task_done(&queue.queue));
    TRY(async_queue_shutdown(&queue.queue, true));
#if ASYNCC_CANCEL
    TRY(async_task_cancel(&sleeper.task));
    TRY(async_task_uncancel(&sleeper.task));
    TRY(async_call_cancel(&late));
    TRY(async_loop_stop(loop));
#endif
}
int main(void)
{
    board_init();
    ASYNC_SPAWN(&sleeper, sleeps);
    ASYNC_SPAWN(&holder, holds);
    return async_loop_run_forever(async_get_event_loop());
}
