// A bare number as a duration.
// EXPECT gcc: incompatible type for argument 1 of 'async_sleep'
// EXPECT g++: could not convert '100' from 'int' to 'async_duration'
// EXPECT clang: passing 'int' to parameter of incompatible type 'async_duration'
// EXPECT clang++: no viable conversion from 'int' to 'async_duration'
// ERRORS <= 2: all
#include "asyncc.h"

ASYNC(void, f)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, 100);
    ASYNC_END
}
