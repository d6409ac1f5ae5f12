/* cancel.c - what needs cancellation, once each: a group that fails, a timeout, wait_for, wait,
 * as_completed, shield, a select, an eager task, a `tasks` clause. The same on Linux, with all of
 * the header, as on small machines without an allocator and without reports. */
#define ASYNCC_IMPLEMENTATION
#define ASYNCC_CANCEL 1
#ifndef ASYNCC_REPORTS
#define ASYNCC_REPORTS __STDC_HOSTED__
#endif
#ifndef ASYNCC_ALLOC
#define ASYNCC_ALLOC __STDC_HOSTED__
#endif
#include "config.h"
#include "asyncc.h"
#define TRACE_END 600
#include "board.h"

static async_event bell, never;

ASYNC(int, work, args(const char *name, int ms), awaits(async_sleep))
{
    ASYNC_BEGIN
    ASYNC_DO {
        AWAIT(async_sleep, ASYNC_MS(self->ms));
        if (self->ms == 7) ASYNC_RAISE(-EPROTO, "seven");
    }
    ASYNC_FINALLY {
        board_say("end of", self->name, 1);
    }
    ASYNC_RETURN(self->ms);
    ASYNC_END
}
/* It does not end before what it has spawned, which it cancels. */
ASYNC(void, parent, tasks(work child), awaits(async_sleep))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->child, work, "c", 100);
    AWAIT(async_sleep, ASYNC_MS(2));
    ASYNC_END
}
ASYNC(void, ring, awaits(async_sleep))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(6));
    async_event_set(&bell);
    ASYNC_END
}

static ASYNC_TASK(work) a, b, c;
static ASYNC_TASK(ring) r;

ASYNC(void, all,
      vars(int err; int n; bool seen; async_group tg; async_timeout t;
           struct async_as_completed each; async_task * done),
      selects(async_event_wait, async_event_wait),
      awaits(parent, async_event_wait, async_group_enter, async_group_exit, async_wait,
             async_wait_for, async_shield))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) {
            ASYNC_SPAWN_IN(&self->tg, &a, work, "1", 5);
            ASYNC_SPAWN_IN(&self->tg, &b, work, "7", 7);
            ASYNC_SPAWN_IN(&self->tg, &c, work, "9", 90);
        }
    }
    ASYNC_CATCH(self->err) {
        board_say("group:", self->err == -EPROTO ? "seven" : "?", 5);
    }
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(20)) {
            AWAIT(async_event_wait, &never);
        }
    }
    ASYNC_CATCH(self->err) {
        board_say("timeout:", self->t.expired ? "expired" : "?", 7);
    }
    ASYNC_SPAWN(&a, work, "a", 50);
    AWAIT_ERR(self->err, async_wait_for, &a.task, ASYNC_MS(10));
    board_say("wait_for:", self->err == -ETIMEDOUT ? "late" : "?", 4);
    ASYNC_SPAWN(&a, work, "a", 10);
    ASYNC_SPAWN(&b, work, "b", 20);
    AWAIT_TO(self->n, async_wait, ASYNC_TASKS(&a, &b), ASYNC_FIRST_COMPLETED, ASYNC_MS(90));
    board_say("wait:", self->n == 1 && async_task_done(&a.task) ? "one" : "?", 3);
    ASYNC_SPAWN(&c, work, "c", 5);
    ASYNC_FOR(self->done, &self->each, async_as_completed, ASYNC_TASKS(&b, &c), ASYNC_MS(90)) {
        board_say("completed:", self->done == &b.task ? "b" : "c", 1);
    }
    ASYNC_SPAWN(&a, work, "a", 10);
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(5)) {
            AWAIT(async_shield, &a.task);
        }
    }
    ASYNC_CATCH(self->err) {
        board_say("shield:", async_task_done(&a.task) ? "?" : "goes on", 7);
    }
    AWAIT(async_shield, &a.task);
    ASYNC_SPAWN(&r, ring);
    ASYNC_SELECT(ASYNC_MS(50)) {
        ASYNC_ON(async_event_wait, &never) {
            board_say("select:", "?", 1);
        }
        ASYNC_ON(async_event_wait, &bell) {
            board_say("select:", "bell", 4);
        }
        ASYNC_ON_TIMEOUT {
            board_say("select:", "late", 4);
        }
    }
    AWAIT(parent);
    ASYNC_SPAWN_EAGER(&b, work, "e", 0);
    self->seen = async_task_cancel(&b.task);
    AWAIT_TO(self->n, async_wait, ASYNC_TASKS(&b), ASYNC_ALL_COMPLETED, ASYNC_FOREVER);
    board_say("eager:", self->seen && async_task_cancelled(&b.task) ? "cancelled" : "?", 9);
    ASYNC_END
}
static ASYNC_TASK(all) everything;

int main(void)
{
    board_init();
    ASYNC_SPAWN(&everything, all);
    return async_loop_run_forever(async_get_event_loop());
}
