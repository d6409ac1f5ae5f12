/* A correct program that uses what the reject tests misuse: if this does not compile without a
 * warning, a rejection means nothing. */
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, thing_enter, args(int *thing))
{
    ASYNC_BEGIN
    *self->thing = 1;
    ASYNC_END
}

ASYNC(bool, thing_exit, args(int *thing, int error))
{
    ASYNC_BEGIN
    *self->thing = self->error;
    ASYNC_RETURN(false);
    ASYNC_END
}

ASYNC_GENERATOR(int, count, args(int n), vars(int i))
{
    ASYNC_BEGIN
    for (; self->i < self->n; self->i++) {
        ASYNC_YIELD(self->i);
    }
    ASYNC_END
}

static int twice(int x)
{
    switch (x) {
    case 0: return 0;
    default: break;
    }
    return 2 * x;
}

ASYNC(int, everything, args(int n), vars(int y; int err; int thing; struct count numbers),
      tasks(square a), awaits(square, thing_enter, thing_exit))
{
    const int n = self->n;
    ASYNC_BEGIN
    AWAIT_TO(self->y, square, n);
    AWAIT_ERR(self->err, square, n + 1);
    AWAIT_TO_ERR(self->y, self->err, square, twice(n));
    ASYNC_TRY {
        ASYNC_WITH(thing, &self->thing) {
            AWAIT(async_sleep, ASYNC_SEC(1));
            if (self->y > 3) ASYNC_RAISE(-EINVAL, "too large");
        }
    }
    ASYNC_CATCH(self->err) {
        if (self->err != -EINVAL) ASYNC_RETURN(0);
    }
    ASYNC_DO {
        ASYNC_FOR(self->y, &self->numbers, count, 10) {
            if (self->y == 5) break;
            if (self->y == 3) continue;
            AWAIT(async_sleep, ASYNC_MS(self->y));
        }
    }
    ASYNC_FINALLY {
        AWAIT(square, 1);
    }
    ASYNC_SPAWN(&self->a, square, 2);
    AWAIT(async_gather, ASYNC_TASKS(&self->a));
    ASYNC_RETURN(ASYNC_RESULT(&self->a));
    ASYNC_END
}

int control(void);
int control(void)
{
    int result = 0;
    int err = ASYNC_RUN_TO(result, everything, 3);
    return err ? err : result;
}
