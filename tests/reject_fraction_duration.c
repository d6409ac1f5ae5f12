// A fraction as a duration.
// EXPECT gcc: invalid operands to binary % (have 'double' and 'int')
// EXPECT g++: invalid operands of types 'double' and 'int' to binary 'operator%'
// EXPECT clang clang++: invalid operands to binary expression ('double' and 'int')
// ERRORS <= 2: all
#include "asyncc.h"

ASYNC(void, f)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_SEC(0.5));
    ASYNC_END
}
