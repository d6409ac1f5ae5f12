/* Tasks that nobody waits for, in memory that the loop frees when they end.
 *
 *     cc -I.. 05_fire_and_forget.c -o fire_and_forget && ./fire_and_forget
 *
 * Output:
 *     main goes on
 *     note 1 starts
 *     note 2 starts
 *     note 3 starts
 *     note 3 is sent
 *     note 2 is sent
 *     main has ended
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(void, send_note, args(int number, int ms))
{
    ASYNC_BEGIN
    printf("note %d starts\n", self->number);
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    printf("note %d is sent\n", self->number);
    ASYNC_END
}

ASYNC(void, amain)
{
    ASYNC_BEGIN
    if (!ASYNC_SPAWN_NEW(send_note, 1, 1000)) ASYNC_RAISE(-ENOMEM);
    if (!ASYNC_SPAWN_NEW(send_note, 2, 40)) ASYNC_RAISE(-ENOMEM);
    if (!ASYNC_SPAWN_NEW(send_note, 3, 20)) ASYNC_RAISE(-ENOMEM);
    printf("main goes on\n");
    AWAIT(async_sleep, ASYNC_MS(80));
    ASYNC_END /* what still runs is cancelled, as asyncio.run does: note 1 is never sent */
}

int main(void)
{
    int status = ASYNC_RUN(amain);
    printf("main has ended\n");
    return status;
}
