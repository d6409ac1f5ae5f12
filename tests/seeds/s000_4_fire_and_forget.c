/* Tasks that nobody awaits run all the same; they begin when their creator first waits.
 *
 * Output:
 *     Starting main function
 *     main function doing other work
 *     Hello from my async function 1
 *     Hello from my async function 2
 *     Done with async function 2
 *     Done with async function 1
 *     Done with main function
 *     elapsed 3.0
 */
#include "seed.h"

ASYNC(void, my_async_function1)
{
    ASYNC_BEGIN
    printf("Hello from my async function 1\n");
    AWAIT(async_sleep, ASYNC_SEC(2));
    printf("Done with async function 1\n");
    ASYNC_END
}

ASYNC(void, my_async_function2)
{
    ASYNC_BEGIN
    printf("Hello from my async function 2\n");
    AWAIT(async_sleep, ASYNC_SEC(1));
    printf("Done with async function 2\n");
    ASYNC_END
}

ASYNC(void, main_async_function)
{
    ASYNC_BEGIN
    seconds();
    printf("Starting main function\n");
    if (!ASYNC_SPAWN_NEW(my_async_function1)) ASYNC_RAISE(-ENOMEM);
    if (!ASYNC_SPAWN_NEW(my_async_function2)) ASYNC_RAISE(-ENOMEM);
    printf("main function doing other work\n");
    AWAIT(async_sleep, ASYNC_SEC(3));
    printf("Done with main function\n");
    seconds();
    ASYNC_END
}

int main(void)
{
    int status = ASYNC_RUN(main_async_function);
    printf("elapsed %.1f\n", seconds());
    return status;
}
