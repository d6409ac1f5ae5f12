// A generator is no branch of a select.
// EXPECT all: numbers is a generator: ASYNC_FOR runs it
#include "asyncc.h"

ASYNC_GENERATOR(int, numbers, args(int n))
{
    ASYNC_BEGIN
    ASYNC_YIELD(self->n);
    ASYNC_END
}
ASYNC(void, f, selects(numbers))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_SEC(1)) {
        ASYNC_ON(numbers, 3) {}
    }
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(f);
}
