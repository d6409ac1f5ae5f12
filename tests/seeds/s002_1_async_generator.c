/* A generator that waits before each value.
 *
 * Output:
 *     True 1
 *     True 2
 *     True 3
 *     True 4
 *     True 5
 */
#include "seed.h"
#include <stdlib.h>

ASYNC_GENERATOR(double, five_random_numbers, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 5; self->i++) {
        AWAIT(async_sleep, ASYNC_SEC(1));
        ASYNC_YIELD(rand() / (RAND_MAX + 1.0));
    }
    ASYNC_END
}

ASYNC(void, async_random, vars(double number; struct five_random_numbers numbers))
{
    ASYNC_BEGIN
    seconds();
    ASYNC_FOR(self->number, &self->numbers, five_random_numbers) {
        printf("%s %.0f\n", 0 <= self->number && self->number < 1 ? "True" : "False", seconds());
    }
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(async_random);
}
