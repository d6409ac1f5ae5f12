// A loop counter that is a local, around an AWAIT.
// SKIP clang: it has no such warning in C; see reject_for_local_lint.c
// EXPECT gcc: switch jumps over variable initialization
// EXPECT gcc: 'i' declared here
// EXPECT g++: crosses initialization of 'int i'
// EXPECT clang++: cannot jump from switch statement to this case label
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(int, f, vars(int sum; int x), awaits(square))
{
    ASYNC_BEGIN
    for (int i = 0; i < 3; i++) {
        AWAIT_TO(self->x, square, i);
        self->sum += self->x;
    }
    ASYNC_RETURN(self->sum);
    ASYNC_END
}
int main(void)
{
    return ASYNC_RUN(f);
}
