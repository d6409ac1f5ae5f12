// An initialised local that an AWAIT jumps over: it would be garbage afterwards.
// SKIP clang: it has no such warning in C; see reject_initialised_local_lint.c
// EXPECT gcc: switch jumps over variable initialization
// EXPECT gcc: 'n' declared here
// EXPECT g++: jump to case label
// EXPECT g++: crosses initialization of 'int n'
// EXPECT clang++: cannot jump from switch statement to this case label
// EXPECT clang++: jump bypasses variable initialization
// ERRORS <= 1: all
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
