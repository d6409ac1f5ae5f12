/* A generator hands out values one by one, and may wait before each.
 *
 *     cc -I.. 10_async_for.c -o async_for && ./async_for
 *
 * Output:
 *     1 1 2 3 5 8
 *     the first above 1000 is 1597
 *     the generator was closed
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC_GENERATOR(long, fibonacci, args(int count, bool tell), vars(long a; long b; int i))
{
    ASYNC_BEGIN
    self->b = 1;
    ASYNC_DO {
        for (self->i = 0; self->i < self->count; self->i++) {
            AWAIT(async_sleep, ASYNC_MS(1));
            ASYNC_YIELD(self->b);
            self->b += self->a;
            self->a = self->b - self->a;
        }
    }
    ASYNC_FINALLY { /* at the end of the loop that uses it, however that ends */
        if (self->tell) printf("the generator was closed\n");
    }
    ASYNC_END
}

/* The generator's frame is a variable: `struct fibonacci`. */
ASYNC(void, amain, vars(long value; struct fibonacci numbers))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->value, &self->numbers, fibonacci, 6, false) {
        printf("%ld%c", self->value, self->value < 8 ? ' ' : '\n');
    }
    ASYNC_FOR(self->value, &self->numbers, fibonacci, 90, true) {
        if (self->value <= 1000) continue;
        printf("the first above 1000 is %ld\n", self->value);
        break;
    }
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
