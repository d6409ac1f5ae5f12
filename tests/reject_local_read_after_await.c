// A local that is assigned, then read after an AWAIT: a lint build sees it.
// FLAGS: -O1 -DASYNCC_LINT=1 -Werror
// EXPECT gcc g++: 'n' may be used uninitialized
// EXPECT clang clang++: variable 'n' may be uninitialized when used here
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(int, f, args(int x), vars(int sum), awaits(square))
{
    int n;
    ASYNC_BEGIN
    n = self->x + 1;
    AWAIT_TO(self->sum, square, n);
    ASYNC_RETURN(self->sum + n);
    ASYNC_END
}
int main(void)
{
    return ASYNC_RUN(f, 1);
}
