/* features.c - what else there is, once each: a lock, a condition, a barrier, gather, join, a
 * generator, calls, callbacks, FINALLY. The same on Linux, with all of the header, as on small
 * machines without cancellation. */
#define ASYNCC_IMPLEMENTATION
#include "config.h"
#include "asyncc.h"
#define TRACE_END 600
#include "board.h"

static async_lock lock;
static async_condition some;
static async_barrier barrier;
static uint8_t stock;

ASYNC(int, work, args(const char *name, int ms), awaits(async_lock_enter, async_sleep))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_lock, &lock) {
        board_say("locked by", self->name, 1);
        AWAIT(async_sleep, ASYNC_MS(self->ms));
    }
    ASYNC_RETURN(self->ms);
    ASYNC_END
}
ASYNC(void, take, args(const char *name), awaits(async_condition_enter, async_condition_wait))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_condition, &some) {
        while (!stock) AWAIT(async_condition_wait, &some);
        stock--;
        board_say("taken by", self->name, 1);
    }
    ASYNC_END
}
ASYNC(void, fill, awaits(async_sleep, async_condition_enter))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(30));
    ASYNC_WITH(async_condition, &some) {
        stock = 2;
        (void)async_condition_notify_all(&some);
    }
    ASYNC_END
}
ASYNC(void, meet, args(const char *name, int ms), vars(uint32_t place),
      awaits(async_sleep, async_barrier_wait))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    AWAIT_TO(self->place, async_barrier_wait, &barrier);
    board_say("met", self->name, 1);
    ASYNC_END
}
ASYNC_GENERATOR(char, letters, vars(char c), awaits(async_sleep))
{
    ASYNC_BEGIN
    ASYNC_DO {
        for (self->c = 'x'; self->c <= 'z'; self->c++) {
            AWAIT(async_sleep, ASYNC_MS(3));
            ASYNC_YIELD(self->c);
        }
    }
    ASYNC_FINALLY {
        board_say("closed", "!", 1);
    }
    ASYNC_END
}
ASYNC(void, fail, awaits(async_sleep))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(5));
    ASYNC_RAISE(-EPROTO);
    ASYNC_END
}
static int called(void *what)
{
    board_say("call", (const char *)what, 1);
    return 0;
}

static ASYNC_TASK(work) w1, w2;
static ASYNC_TASK(take) t1, t2;
static ASYNC_TASK(fill) f1;
static ASYNC_TASK(meet) m1, m2;
static ASYNC_TASK(fail) bad;
static async_call soon, later, after;

ASYNC(void, all, vars(int err; char c; struct letters each),
      awaits(async_gather, async_gather_return_exceptions, async_join, fail))
{
    ASYNC_BEGIN(void)
    async_call_later(async_get_event_loop(), &later, ASYNC_MS(12), called, (void *)"L");
    (void)async_call_soon(async_get_event_loop(), &soon, called, (void *)"S");
    ASYNC_SPAWN(&w1, work, "1", 10);
    ASYNC_SPAWN(&w2, work, "2", 10);
    (void)async_task_add_done_callback(&w1.task, &after, called, (void *)"D");
    AWAIT(async_gather, ASYNC_TASKS(&w1, &w2));
    board_say("gathered", ASYNC_RESULT(&w1) + ASYNC_RESULT(&w2) == 20 ? "20" : "??", 2);
    ASYNC_SPAWN(&t1, take, "1");
    ASYNC_SPAWN(&t2, take, "2");
    ASYNC_SPAWN(&f1, fill);
    AWAIT_TASK(&t1);
    AWAIT_TASK(&t2);
    (void)async_barrier_init(&barrier, 2);
    ASYNC_SPAWN(&m1, meet, "1", 4);
    ASYNC_SPAWN(&m2, meet, "2", 8);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&m1, &m2));
    ASYNC_FOR(self->c, &self->each, letters) {
        board_say("letter", &self->c, 1);
        if (self->c == 'y') break;
    }
    ASYNC_SPAWN(&bad, fail);
    AWAIT_ERR(self->err, async_join, &bad.task);
    board_say("joined", self->err == -EPROTO ? "an error" : "?", 8);
    ASYNC_TRY {
        AWAIT(fail);
    }
    ASYNC_CATCH(self->err) {
        board_say("caught", self->err == -EPROTO ? "it" : "?", 2);
    }
    board_say("the", "end", 3);
    ASYNC_END
}
static ASYNC_TASK(all) everything;

int main(void)
{
    board_init();
    ASYNC_SPAWN(&everything, all);
    return async_loop_run_forever(async_get_event_loop());
}
