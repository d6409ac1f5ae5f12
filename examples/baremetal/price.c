/* price.c - what the first use of a feature adds to an image of two tasks. `make size` builds this
 * with and without -DOF_feature, and subtracts. It is not run: features.c and timeout.c are. */
#define ASYNCC_IMPLEMENTATION
#include "config.h"
#include "asyncc.h"
#include "board.h"

ASYNC(void, other)
{
    ASYNC_BEGIN
    board_led(true);
    ASYNC_END
}
static ASYNC_TASK(other) task;

/* clang-format off */
#define ONE(name) ASYNC(void, name) { ASYNC_BEGIN board_led(false); ASYNC_END }
#if defined(OF_task)
ONE(third)
static ASYNC_TASK(third) third_task;
#define USE ASYNC_SPAWN(&third_task, third);
#elif defined(OF_await)
ONE(callee)
#define WITH , awaits(callee)
#define USE AWAIT(callee);
#elif defined(OF_result)
ASYNC(int, callee) { ASYNC_BEGIN ASYNC_RETURN(board_ms() != 0); ASYNC_END }
#define WITH , awaits(callee), vars(int n)
#define USE AWAIT_TO(self->n, callee);
#elif defined(OF_try)
#define WITH , vars(int err)
#define USE ASYNC_TRY { if (board_ms()) ASYNC_RAISE(-EPROTO); } ASYNC_CATCH(self->err) { board_led(false); }
#elif defined(OF_finally)
#define USE ASYNC_DO { if (board_ms()) ASYNC_RAISE(-EPROTO); } ASYNC_FINALLY { board_led(false); }
#elif defined(OF_generator)
ASYNC_GENERATOR(char, each) { ASYNC_BEGIN ASYNC_YIELD('a'); ASYNC_YIELD('b'); ASYNC_END }
#define WITH , vars(struct each each; char c)
#define USE ASYNC_FOR(self->c, &self->each, each) { board_led(false); }
#elif defined(OF_sleep)
#define WITH , awaits(async_sleep)
#define USE AWAIT(async_sleep, ASYNC_MS(500));
#elif defined(OF_join)
#define WITH , awaits(async_join)
#define USE AWAIT(async_join, &task.task);
#elif defined(OF_gather)
#define WITH , awaits(async_gather)
#define USE AWAIT(async_gather, ASYNC_TASKS(&task));
#elif defined(OF_future)
static async_future future;
#define WITH , awaits(async_future_wait)
#define USE (void)async_future_set(&future); AWAIT(async_future_wait, &future);
#elif defined(OF_call_soon)
static int called(void *arg) { (void)arg; return 0; }
static async_call call;
#define USE (void)async_call_soon(async_get_event_loop(), &call, called, NULL);
#elif defined(OF_call_later)
static int called(void *arg) { (void)arg; return 0; }
static async_call call;
#define USE async_call_later(async_get_event_loop(), &call, ASYNC_MS(500), called, NULL);
#elif defined(OF_lock)
static async_lock lock;
#define WITH , awaits(async_lock_enter)
#define USE ASYNC_WITH(async_lock, &lock) { board_led(false); }
#elif defined(OF_event)
static async_event event;
#define WITH , awaits(async_event_wait)
#define USE AWAIT(async_event_wait, &event); async_event_set(&event);
#elif defined(OF_semaphore)
static async_semaphore semaphore;
#define WITH , awaits(async_semaphore_enter)
#define USE ASYNC_WITH(async_semaphore, &semaphore) { board_led(false); }
#elif defined(OF_condition)
static async_condition condition;
#define WITH , awaits(async_condition_enter, async_condition_wait)
#define USE ASYNC_WITH(async_condition, &condition) { (void)async_condition_notify(&condition, 1); AWAIT(async_condition_wait, &condition); }
#elif defined(OF_barrier)
static async_barrier barrier;
#define WITH , vars(uint32_t place), awaits(async_barrier_wait)
#define USE (void)async_barrier_init(&barrier, 2); AWAIT_TO(self->place, async_barrier_wait, &barrier);
#elif defined(OF_queue)
static ASYNC_QUEUE(char, 4) queue;
#define WITH , vars(char c), awaits(async_queue_get, async_queue_put)
#define USE AWAIT(async_queue_put, &queue, &self->c); AWAIT(async_queue_get, &queue, &self->c);
/* These need ASYNCC_CANCEL. */
#elif defined(OF_cancel)
#define USE (void)async_task_cancel(&task.task);
#elif defined(OF_tasks)
ONE(third)
#define WITH , tasks(third t)
#define USE ASYNC_SPAWN(&self->t, third);
#elif defined(OF_eager)
ONE(third)
static ASYNC_TASK(third) third_task;
#define USE ASYNC_SPAWN_EAGER(&third_task, third);
#elif defined(OF_spawn_new)
ONE(third)
#define USE (void)ASYNC_SPAWN_NEW(third);
#elif defined(OF_text)
#define USE if (board_ms()) ASYNC_RAISE(-EPROTO, "what");
#elif defined(OF_group)
ONE(third)
static ASYNC_TASK(third) third_task;
#define WITH , vars(async_group tg), awaits(async_group_enter, async_group_exit)
#define USE ASYNC_WITH(async_group, &self->tg) { ASYNC_SPAWN_IN(&self->tg, &third_task, third); }
#elif defined(OF_timeout)
#define WITH , vars(async_timeout t)
#define USE ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(500)) { board_led(false); }
#elif defined(OF_wait_for)
#define WITH , awaits(async_wait_for)
#define USE AWAIT(async_wait_for, &task.task, ASYNC_MS(500));
#elif defined(OF_select)
static async_event event;
#define WITH , selects(async_event_wait)
#define USE ASYNC_SELECT(ASYNC_MS(500)) { ASYNC_ON(async_event_wait, &event) { board_led(false); } ASYNC_ON_TIMEOUT {} }
#elif defined(OF_wait)
#define WITH , awaits(async_wait)
#define USE AWAIT(async_wait, ASYNC_TASKS(&task), ASYNC_FIRST_COMPLETED, ASYNC_FOREVER);
#elif defined(OF_as_completed)
#define WITH , vars(struct async_as_completed each; async_task *t)
#define USE ASYNC_FOR(self->t, &self->each, async_as_completed, ASYNC_TASKS(&task), ASYNC_FOREVER) { board_led(false); }
#elif defined(OF_shield)
#define WITH , awaits(async_shield)
#define USE AWAIT(async_shield, &task.task);
#elif defined(OF)
#error "price.c knows no such feature"
#endif
#ifndef WITH
#define WITH
#endif
#ifndef USE
#define USE
#endif
/* clang-format on */

ASYNC(void, work WITH)
{
    ASYNC_BEGIN
    board_led(true);
    USE ASYNC_END
}
static ASYNC_TASK(work) worker;

int main(void)
{
    board_init();
    ASYNC_SPAWN(&task, other);
    ASYNC_SPAWN(&worker, work);
    return async_loop_run_forever(async_get_event_loop());
}
