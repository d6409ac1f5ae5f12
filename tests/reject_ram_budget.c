// A call tree that has outgrown its budget. What it awaits counts, to any depth.
// EXPECT all: a task of `f`, with the frames of all it awaits, takes more than its budget of 2000 bytes
// ERRORS <= 1: all
#include "asyncc.h"

ASYNC(void, small)
{
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC_RAM_BUDGET(small, 2000);
ASYNC(void, deep, raw(char buffer[2000]))
{
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC(void, between, awaits(small, deep))
{
    ASYNC_BEGIN
    AWAIT(small);
    AWAIT(deep);
    ASYNC_END
}
ASYNC(void, f, awaits(between))
{
    ASYNC_BEGIN
    AWAIT(between);
    ASYNC_END
}
ASYNC_RAM_BUDGET(f, 3000);
ASYNC_RAM_BUDGET(f, 2000);
