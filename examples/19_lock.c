/* One at a time: a lock around steps that belong together, although each of them waits.
 *
 *     cc -I.. 19_lock.c -o lock && ./lock
 *
 * Output:
 *     without: 100 - 30 - 30 - 30 = 70
 *     with:    100 - 30 - 30 - 30 = 10
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

struct account {
    async_lock lock; /* zeroed memory is a lock that nobody holds */
    int balance;
};

/* Reads, waits, writes back: whoever comes in between is overwritten. */
ASYNC(void, withdraw, args(struct account *a, int amount), vars(int balance))
{
    ASYNC_BEGIN
    self->balance = self->a->balance;
    AWAIT(async_sleep, ASYNC_MS(10));
    self->a->balance = self->balance - self->amount;
    ASYNC_END
}

/* ASYNC_WITH gives the lock back however its block is left: errors and cancellation too. */
ASYNC(void, withdraw_alone, args(struct account *a, int amount), awaits(withdraw, async_lock_enter))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_lock, &self->a->lock) {
        AWAIT(withdraw, self->a, self->amount);
    }
    ASYNC_END
}

ASYNC(void, amain, vars(struct account a), tasks(withdraw t[3], withdraw_alone u[3]))
{
    ASYNC_BEGIN
    self->a.balance = 100;
    for (int i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], withdraw, &self->a, 30);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    printf("without: 100 - 30 - 30 - 30 = %d\n", self->a.balance);

    self->a.balance = 100;
    for (int i = 0; i < 3; i++) ASYNC_SPAWN(&self->u[i], withdraw_alone, &self->a, 30);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->u));
    printf("with:    100 - 30 - 30 - 30 = %d\n", self->a.balance);
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
