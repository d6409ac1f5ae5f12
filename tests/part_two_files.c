#include "../asyncc.h"

#include "part_two_files.h"

ASYNC_DEFINE(remote_add)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->a + self->b);
    ASYNC_END
}

ASYNC_DEFINE(remote_pair)
{
    struct pair p;
    ASYNC_BEGIN
    AWAIT_TO(self->n, remote_add, self->a, (int)self->b);
    self->c = self->text[0];
    self->bytes[2] = self->c;
    p.a = (short)self->n;
    p.b = self->bytes[2];
    ASYNC_RETURN(p);
    ASYNC_END
}

ASYNC_DEFINE(remote_fails)
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, remote_add, 1, 2);
    AWAIT(remote_add, 3, 4);
    ASYNC_RAISE(-EPROTO, "from afar");
    ASYNC_END
}

ASYNC_DEFINE(remote_count)
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->n; self->i++) {
        AWAIT(remote_add, 1, 1);
        ASYNC_YIELD(self->i);
    }
    ASYNC_END
}

const unsigned remote_layout[] = {PART_LAYOUTS};
