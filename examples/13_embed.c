/* A task as a member of your own struct: one block of memory an object, and no allocation.
 *
 *     cc -I.. 13_embed.c -o embed && ./embed
 *
 * Output:
 *     lamp 1 on
 *     lamp 2 on
 *     lamp 3 on
 *     lamp 3 off
 *     lamp 2 off
 *     lamp 1 off
 *     together they burned for 120 ms
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

/* The struct holds the task and the task uses the struct: declare the coroutine first, then the
 * struct, then the body. */
struct lamp;
ASYNC_DECLARE(int, glow, args(struct lamp *lamp));

struct lamp {
    int number, ms;
    ASYNC_TASK(glow) task;
};

ASYNC_DEFINE(glow)
{
    struct lamp *const lamp = self->lamp; /* before ASYNC_BEGIN: set at every resume */
    ASYNC_BEGIN
    printf("lamp %d on\n", lamp->number);
    AWAIT(async_sleep, ASYNC_MS(lamp->ms));
    printf("lamp %d off\n", lamp->number);
    ASYNC_RETURN(lamp->ms);
    ASYNC_END
}

static struct lamp lamps[3];

ASYNC(void, amain)
{
    int sum = 0; /* only used after the last AWAIT, so a plain local will do */
    ASYNC_BEGIN
    for (int i = 0; i < 3; i++) {
        lamps[i].number = i + 1;
        lamps[i].ms = 60 - 20 * i;
        ASYNC_SPAWN(&lamps[i].task, glow, &lamps[i]);
    }
    AWAIT(async_gather, ASYNC_TASKS(&lamps[0].task, &lamps[1].task, &lamps[2].task));
    for (int i = 0; i < 3; i++) sum += ASYNC_RESULT(&lamps[i].task);
    printf("together they burned for %d ms\n", sum);
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
