/* An iterator written by hand: a coroutine that gives the next value, or ASYNC_ESTOP at the end.
 *
 *     cc -I.. 11_iterator.c -o iterator && ./iterator
 *
 * Output:
 *     Hello
 *     World
 *     Async
 *     C
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

struct messages {
    const char *const *next; /* ends in NULL */
};

/* async def __anext__(self): */
ASYNC(const char *, messages_next, args(struct messages *m))
{
    ASYNC_BEGIN
    if (!*self->m->next) ASYNC_RAISE(ASYNC_ESTOP); /* raise StopAsyncIteration */
    AWAIT(async_sleep, ASYNC_MS(10));
    ASYNC_RETURN(*self->m->next++);
    ASYNC_END
}

ASYNC(void, amain, vars(struct messages m; const char *text), awaits(messages_next))
{
    static const char *const list[] = {"Hello", "World", "Async", "C", NULL};
    ASYNC_BEGIN
    self->m.next = list;
    ASYNC_FOR_NEXT(self->text, messages_next, &self->m) {
        printf("%s\n", self->text);
    }
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
