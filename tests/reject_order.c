// A callee that is defined further down.
// EXPECT gcc: field 'later' has incomplete type
// EXPECT g++: field 'later' has incomplete type 'later'
// EXPECT clang clang++: field has incomplete type 'struct later'
#include "asyncc.h"

ASYNC(void, f, awaits(later))
{
    ASYNC_BEGIN
    AWAIT(later);
    ASYNC_END
}
ASYNC(void, later)
{
    ASYNC_BEGIN
    ASYNC_END
}
