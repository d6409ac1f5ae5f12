/* Errors are ints: raised and caught far away, or taken in hand where they happen.
 *
 *     cc -I.. 12_errors.c -o errors && ./errors
 *
 * Output:
 *     "7" is 7
 *     "seven" is no number
 *     product failed: Invalid argument: not a digit
 *     product of good input: 42
 *     always printed
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(int, parse, args(const char *text))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    if (*self->text < '0' || *self->text > '9') ASYNC_RAISE(-EINVAL, "not a digit");
    ASYNC_RETURN(*self->text - '0');
    ASYNC_END
}

/* Knows nothing of errors: what parse raises goes through to whoever catches it. */
ASYNC(int, product, args(const char *a, const char *b), vars(int x; int y), awaits(parse))
{
    ASYNC_BEGIN
    AWAIT_TO(self->x, parse, self->a);
    AWAIT_TO(self->y, parse, self->b);
    ASYNC_RETURN(self->x * self->y);
    ASYNC_END
}

ASYNC(void, amain, vars(int value; int error), awaits(parse, product))
{
    ASYNC_BEGIN
    AWAIT_TO_ERR(self->value, self->error, parse, "7"); /* as you go: 0 or a negative error */
    if (!self->error) printf("\"7\" is %d\n", self->value);
    AWAIT_ERR(self->error, parse, "seven");
    if (self->error == -EINVAL) printf("\"seven\" is no number\n");

    ASYNC_TRY {
        AWAIT_TO(self->value, product, "6", "x");
        printf("never printed\n");
    }
    ASYNC_CATCH(self->error) {
        printf("product failed: %s: %s\n", async_strerror(self->error), async_error_text());
    }

    ASYNC_DO {
        AWAIT_TO(self->value, product, "6", "7");
        printf("product of good input: %d\n", self->value);
    }
    ASYNC_FINALLY {
        printf("always printed\n");
    }
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
