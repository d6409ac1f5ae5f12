/* Awaiting the task first makes it all sequential. (The recorded time was 10.1.)
 *
 * Output:
 *     Before sleeping... 1
 *     After sleeping... 1
 *     Before sleeping... 2
 *     After sleeping... 2
 *     Hello world!
 *     elapsed 10.0
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
    AWAIT(async_join, &self->task.task);
    AWAIT(sleeper, 2);
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
