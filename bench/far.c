#include "far.h"

bool lim_far_step(struct lim_far *self)
{
    switch (self->state) {
    case 0:
        if (self->x < 0) {
            self->state = 1;
            lim_push_far(self->task);
            return false;
        case 1:;
        }
        self->result = self->x + 1;
    }
    return true;
}

ASYNC_DEFINE(far)
{
    ASYNC_BEGIN
    if (self->x < 0) AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_RETURN(self->x + 1);
    ASYNC_END
}
