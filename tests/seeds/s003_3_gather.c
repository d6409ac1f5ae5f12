/* gather of three, one of which never waits.
 *
 * Output:
 *     Before sleeping... 1
 *     Before sleeping... 2
 *     Hello world!
 *     After sleeping... 1
 *     After sleeping... 2
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

ASYNC(void, amain, tasks(sleeper one, sleeper two, print_hello hello))
{
    ASYNC_BEGIN
    seconds();
    ASYNC_SPAWN(&self->one, sleeper, 1);
    ASYNC_SPAWN(&self->two, sleeper, 2);
    ASYNC_SPAWN(&self->hello, print_hello);
    AWAIT(async_gather, ASYNC_TASKS(&self->one, &self->two, &self->hello));
    seconds();
    ASYNC_END
}

int main(void)
{
    int status = ASYNC_RUN(amain);
    printf("elapsed %.1f\n", seconds());
    return status;
}
