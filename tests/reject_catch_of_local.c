// The error of CATCH in a local that does not survive.
// FLAGS: -O1 -DASYNCC_LINT=1 -Werror
// SKIP g++-isystem: the place it would name is in the header
// EXPECT gcc g++: 'e' may be used uninitialized
// EXPECT clang clang++: variable 'e' may be uninitialized when used here
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, f, awaits(square))
{
    int e;
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(square, 1);
    }
    ASYNC_CATCH(e) {
        AWAIT(square, 2);
        ASYNC_RAISE(e);
    }
    ASYNC_END
}
int main(void)
{
    return ASYNC_RUN(f);
}
