/* Trace events: what ASYNCC_TRACE is told of, in order. */
#include <stddef.h>
struct async_task;
static void told(int event, struct async_task *task);
#define ASYNCC_TRACE(event, task) told(event, task)
#include "test.h"

static bool telling;
static void told(int event, struct async_task *task)
{
    static const char *const names[] = {"spawn", "wake",   "step", "wait", "end",
                                        "call",  "return", "idle", "busy"};
    if (telling) trace("%s%s%s ", names[event], task ? " " : "", task ? async_task_name(task) : "");
}

ASYNC(void, child)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
static int nothing(void *arg)
{
    (void)arg;
    return 0;
}
ASYNC(void, parent, tasks(child a, child b), vars(async_call call))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, child);
    AWAIT_TASK(&self->a);
    ASYNC_SPAWN(&self->b, child);
    (void)async_task_set_name(&self->b.task, "b");
    (void)async_task_cancel(&self->b.task); /* before its first step */
    AWAIT(async_sleep, ASYNC_MS(0));
    (void)async_call_soon(async_get_running_loop(), &self->call, nothing, NULL);
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
TEST(trace_events_in_order)
{
    static ASYNC_TASK(parent) task;
    async_loop loop;
    async_options options;
    memset(&options, 0, sizeof options);
    options.virtual_clock = true;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    telling = true;
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, parent), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &task.task), 0);
    telling = false;
    CHECK_TRACE("spawn parent step parent spawn child wait parent step child wait child "
                "wake child step child end child wake parent step parent spawn child wait parent "
                "step b end b step parent wait parent call return step parent end parent "
                "call return ");
    CHECK_INT(async_loop_close(&loop), 0);
}

ASYNC(void, sleeps)
{
    ASYNC_BEGIN
    telling = true;
    AWAIT(async_sleep, ASYNC_MS(50)); /* not over before the loop has got to wait, also if slow */
    telling = false;
    ASYNC_END
}
TEST(trace_of_a_loop_that_sleeps)
{
    CHECK_INT(run_real(sleeps), 0);
    CHECK_TRACE("wait sleeps idle busy wake sleeps step sleeps ");
}

ASYNC(void, eager)
{
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC(void, nests, tasks(eager t), vars(int n), selects(async_sleep, async_wait_readable))
{
    ASYNC_BEGIN
    telling = true;
    ASYNC_SPAWN_EAGER(&self->t, eager);
    ASYNC_SELECT(ASYNC_SEC(1)) {
        ASYNC_ON(async_sleep, ASYNC_MS(1)) {}
        ASYNC_ON_TO(self->n, async_wait_readable, -1) {}
    }
    telling = false;
    ASYNC_END
}
TEST(trace_of_steps_inside_of_steps)
{
    (void)run_virtual(nests);
    CHECK_TRACE("spawn eager step eager end eager spawn async_sleep step async_sleep "
                "wait async_sleep spawn async_wait_readable step async_wait_readable "
                "end async_wait_readable wake async_sleep wait nests step async_sleep "
                "end async_sleep wake nests step nests end nests call return ");
}

#include "is_a_client.h"
TEST(trace_of_a_server_names_tasks_only)
{
    telling = true;
    CHECK_INT(run_real(is_a_client), 0);
    telling = false;
    CHECK(strstr(test_text_, "spawn serves_nothing ") != NULL);
}
