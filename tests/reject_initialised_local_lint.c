// The same, as a lint build sees it with clang in C.
// FLAGS: -O1 -DASYNCC_LINT=1 -Werror
// EXPECT gcc: switch jumps over variable initialization
// EXPECT clang: variable 'n' may be uninitialized when used here
// EXPECT g++: jump to case label
// EXPECT clang++: cannot jump from switch statement to this case label
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(int, f, vars(int sum), awaits(square))
{
    ASYNC_BEGIN
    int n = 5;
    AWAIT_TO(self->sum, square, n);
    ASYNC_RETURN(self->sum + n);
    ASYNC_END
}
int main(void)
{
    return ASYNC_RUN(f);
}
