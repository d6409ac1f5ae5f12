// A pointer to the wrong struct as argument.
// EXPECT gcc: passing argument 1 of 'get' from incompatible pointer type
// EXPECT g++: cannot convert 'b*' to 'a*'
// EXPECT clang: incompatible pointer types passing 'struct b *' to parameter of type 'struct a *'
// EXPECT clang++: cannot initialize a parameter of type 'struct a *' with an rvalue of type 'struct b *'
// ERRORS <= 2: all
#include "asyncc.h"

struct a {
    int x;
};
struct b {
    int x;
};
ASYNC(int, get, args(struct a *a))
{
    ASYNC_BEGIN
    ASYNC_RETURN(self->a->x);
    ASYNC_END
}
ASYNC(void, f, vars(struct b b), awaits(get))
{
    ASYNC_BEGIN
    AWAIT(get, &self->b);
    ASYNC_END
}
