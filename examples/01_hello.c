/* The smallest program: a coroutine that prints, waits and prints again.
 *
 *     cc -I.. 01_hello.c -o hello && ./hello
 *
 * Output:
 *     Hello ...
 *     ... world!
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(void, hello) /* async def hello(): */
{
    ASYNC_BEGIN
    printf("Hello ...\n");
    AWAIT(async_sleep, ASYNC_MS(100)); /* await asyncio.sleep(0.1) */
    printf("... world!\n");
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(hello); /* asyncio.run(hello()) */
}
