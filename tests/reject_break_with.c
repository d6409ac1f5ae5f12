// break out of a WITH block, which would skip its exit.
// EXPECT all: break leaves an ASYNC_WITH, ASYNC_DO or ASYNC_FINALLY block
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, res_enter, args(int *r))
{
    ASYNC_BEGIN
    ++*self->r;
    ASYNC_END
}
ASYNC(bool, res_exit, args(int *r, int error))
{
    ASYNC_BEGIN
    --*self->r;
    ASYNC_RETURN(self->error == -EAGAIN);
    ASYNC_END
}

ASYNC(void, f, vars(int r), awaits(square, res_enter, res_exit))
{
    ASYNC_BEGIN
    for (;;) {
        ASYNC_WITH(res, &self->r) {
            AWAIT(square, 1);
            if (self->r > 1) break;
        }
    }
    ASYNC_END
}
int main(void)
{
    return ASYNC_RUN(f);
}
