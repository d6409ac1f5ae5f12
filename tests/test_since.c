/* With ASYNCC_DEBUG a task knows since when it waits. */
#define ASYNCC_DEBUG 1
#include "test.h"

static void keep(void *arg, const char *text)
{
    (void)arg;
    if (!strncmp(text, ", for ", 6)) trace("for ");
    else if (strstr(text, "sleep")) trace("sleep ");
    else if (strchr("0123456789.", text[0])) trace("%s", text);
    else if (strstr(text, " left") || !strcmp(text, " s")) trace(" ");
}

ASYNC(void, sleeps)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(100));
    AWAIT(async_sleep, ASYNC_MS(3000));
    ASYNC_END
}
ASYNC(void, looks_on, tasks(sleeps t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, sleeps);
    AWAIT(async_sleep, ASYNC_MS(50));
    async_print_tasks(async_get_running_loop(), keep, NULL);
    CHECK(strstr(test_text_, "sleep 0.050  for 0.050") != NULL);
    AWAIT(async_sleep, ASYNC_MS(1050));
    async_print_tasks(async_get_running_loop(), keep, NULL);
    CHECK(strstr(test_text_, "sleep 2.000  for 1.000") != NULL);
    ASYNC_END
}
TEST(tree_says_since_when)
{
    CHECK_INT(run_virtual(looks_on), 0);
}

/* The step that blocks is named with the line it has come to. */
TEST(D1_debug_builds_look_for_slow_steps)
{
    async_loop loop;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    CHECK(loop.options.slow_step.ns == 100000000);
    CHECK_INT(async_loop_close(&loop), 0);
}

#include "is_a_client.h"
TEST(D2_a_debug_build_serves_as_any_other)
{
    CHECK_INT(run_real(is_a_client), 0);
}
