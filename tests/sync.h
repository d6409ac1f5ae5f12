/* What the tests of locks and queues share. Their expected texts are what tests/oracle/rules.py
 * prints on CPython 3.13; it also checks that they are. */
#ifndef SYNC_H
#define SYNC_H
#include "test.h"

static TEST_UNUSED_ const char *name_of(int error)
{
    switch (error) {
    case 0: return "ok";
    case ASYNC_CANCELED: return "cancelled";
    case ASYNC_EBROKEN: return "broken";
    case -ESHUTDOWN: return "shut";
    case -EAGAIN: return "again";
    case -ETIMEDOUT: return "timeout";
    case -EPERM: return "perm";
    case -EINVAL: return "inval";
    default: return async_strerror(error);
    }
}

ASYNC(void, runs, args(const char *who))
{
    ASYNC_BEGIN
    trace("%s runs\n", self->who);
    ASYNC_END
}

#endif
