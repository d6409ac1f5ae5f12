/* A call that blocks in one task holds up all: the second does not even start.
 *
 * Output:
 *     0.0 Task 1: Start
 *     5.0 Task 2: End
 *     5.0 Task 2: Start
 *     7.0 Task 2: Done
 *     7.0 loop completes
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
    block(5);
    p("Task 2: End"); /* the tutorial's own slip */
    ASYNC_END
}

ASYNC(void, task_two)
{
    ASYNC_BEGIN
    p("Task 2: Start");
    AWAIT(async_sleep, ASYNC_SEC(2));
    p("Task 2: Done");
    ASYNC_END
}

ASYNC(void, amain, tasks(task_one one, task_two two))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->one, task_one);
    ASYNC_SPAWN(&self->two, task_two);
    AWAIT(async_gather, ASYNC_TASKS(&self->one, &self->two));
    ASYNC_END
}

int main(void)
{
    int status = ASYNC_RUN(amain);
    p("loop completes");
    return status;
}
