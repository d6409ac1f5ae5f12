/* Who runs when: three tasks, each with sleeps of its own.
 *
 * Output:
 *     0.0 Task 1: Start
 *     0.0 Task 2: Start
 *     0.0 Task 3: Start
 *     0.5 Task 3: Resumed after 0.5 seconds
 *     1.0 Task 1: Resumed after 1 second
 *     1.0 Task 3: Done
 *     2.0 Task 2: Resumed after 2 seconds
 *     2.0 Task 2: Done
 *     2.0 Task 1: Done
 *     2.0 loop completes
 */
#include "seed.h"

static void p(const char *text)
{
    printf("%.1f %s\n", seconds(), text);
}

ASYNC(void, task_one)
{
    ASYNC_BEGIN
    p("Task 1: Start");
    AWAIT(async_sleep, ASYNC_SEC(1));
    p("Task 1: Resumed after 1 second");
    AWAIT(async_sleep, ASYNC_SEC(1));
    p("Task 1: Done");
    ASYNC_END
}

ASYNC(void, task_two)
{
    ASYNC_BEGIN
    p("Task 2: Start");
    AWAIT(async_sleep, ASYNC_SEC(2));
    p("Task 2: Resumed after 2 seconds");
    p("Task 2: Done");
    ASYNC_END
}

ASYNC(void, task_three)
{
    ASYNC_BEGIN
    p("Task 3: Start");
    AWAIT(async_sleep, ASYNC_MS(500));
    p("Task 3: Resumed after 0.5 seconds");
    AWAIT(async_sleep, ASYNC_MS(500));
    p("Task 3: Done");
    ASYNC_END
}

ASYNC(void, amain, tasks(task_one one, task_two two, task_three three))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->one, task_one);
    ASYNC_SPAWN(&self->two, task_two);
    ASYNC_SPAWN(&self->three, task_three);
    AWAIT(async_gather, ASYNC_TASKS(&self->one, &self->two, &self->three));
    ASYNC_END
}

int main(void)
{
    int status = ASYNC_RUN(amain);
    p("loop completes");
    return status;
}
