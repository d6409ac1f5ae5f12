/* What is awaited directly runs at once; the task, though made before, at the next turn.
 *
 * Output:
 *     Before sleeping... 2
 *     Before sleeping... 1
 *     After sleeping... 2
 *     After sleeping... 1
 *     Hello world!
 *     elapsed 5.0
 */
#include "seed.h"

ASYNC(void, sleeper, args(int process_index))
{
    ASYNC_BEGIN
    printf("Before sleeping... %d\n", self->process_index);
    AWAIT(async_sleep, ASYNC_SEC(5));
    printf("After sleeping... %d\n", self->process_index);
    ASYNC_END
}

ASYNC(void, print_hello)
{
    ASYNC_BEGIN
    printf("Hello world!\n");
    ASYNC_END
}

ASYNC(void, amain, tasks(sleeper task), awaits(sleeper, print_hello))
{
    ASYNC_BEGIN
    seconds();
    ASYNC_SPAWN(&self->task, sleeper, 1);
    AWAIT(sleeper, 2);
    AWAIT(async_join, &self->task.task);
    AWAIT(print_hello);
    seconds();
    ASYNC_END
}

int main(void)
{
    int status = ASYNC_RUN(amain);
    printf("elapsed %.1f\n", seconds());
    return status;
}
