// The same, as a lint build sees it with clang in C.
// FLAGS: -O1 -DASYNCC_LINT=1 -Werror
// EXPECT gcc: switch jumps over variable initialization
// EXPECT clang: variable 'i' may be uninitialized when used here
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
