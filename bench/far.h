/* Callees that are compiled in another file (far.c), so that no compiler sees through the call. */
#ifndef BENCH_FAR_H
#define BENCH_FAR_H
#include <stdbool.h>

#include "../asyncc.h"

struct lim_task {
    struct lim_task *next;
    void (*step)(struct lim_task *);
};
struct lim_far {
    int state;
    int x, result;
    struct lim_task *task;
};
bool lim_far_step(struct lim_far *self);
void lim_push_far(struct lim_task *t);

ASYNC_DECLARE(int, far, args(int x), awaits(async_sleep));

/* Waits n times; and in deep.c, a task in which that runs under depth - 1 others. */
ASYNC_DECLARE(void, leaf, args(uint64_t n), awaits(async_sleep));
int spawn_deep(async_loop *loop, uint64_t depth, uint64_t n);
async_task *deep_task(void);

#endif
