/* A thousand coroutines, each of which awaits the one before it: a frame holds its callee's by
 * value, so every depth is a type of its own. d008 is 10 frames deep, d098 100, d998 1000.
 * Compiled without optimisation, to save time: only the leaf, in core.c, runs while we measure. */
#include "far.h"

#define LEVEL(name, callee)                                                                        \
    ASYNC(void, name, args(uint64_t n), awaits(callee))                                            \
    {                                                                                              \
        ASYNC_BEGIN                                                                                \
        AWAIT(callee, self->n);                                                                    \
        ASYNC_END                                                                                  \
    }
/* clang-format off */
#define LEVELS_10(p, callee)                                                                               \
    LEVEL(p##0, callee) LEVEL(p##1, p##0) LEVEL(p##2, p##1) LEVEL(p##3, p##2) LEVEL(p##4, p##3)            \
    LEVEL(p##5, p##4) LEVEL(p##6, p##5) LEVEL(p##7, p##6) LEVEL(p##8, p##7) LEVEL(p##9, p##8)
#define LEVELS_100(p, callee)                                                                              \
    LEVELS_10(p##0, callee) LEVELS_10(p##1, p##09) LEVELS_10(p##2, p##19) LEVELS_10(p##3, p##29)           \
    LEVELS_10(p##4, p##39) LEVELS_10(p##5, p##49) LEVELS_10(p##6, p##59) LEVELS_10(p##7, p##69)            \
    LEVELS_10(p##8, p##79) LEVELS_10(p##9, p##89)
LEVELS_100(d0, leaf) LEVELS_100(d1, d099) LEVELS_100(d2, d199) LEVELS_100(d3, d299) LEVELS_100(d4, d399)
LEVELS_100(d5, d499) LEVELS_100(d6, d599) LEVELS_100(d7, d699) LEVELS_100(d8, d799) LEVELS_100(d9, d899)
    /* clang-format on */

    static _Alignas(64) union {
    ASYNC_TASK(leaf) d1;
    ASYNC_TASK(d008) d10;
    ASYNC_TASK(d098) d100;
    ASYNC_TASK(d998) d1000;
} t;

int spawn_deep(async_loop *loop, uint64_t depth, uint64_t n)
{
    switch (depth) {
    case 1: return ASYNC_SPAWN_ON(loop, &t.d1, leaf, n);
    case 10: return ASYNC_SPAWN_ON(loop, &t.d10, d008, n);
    case 100: return ASYNC_SPAWN_ON(loop, &t.d100, d098, n);
    case 1000: return ASYNC_SPAWN_ON(loop, &t.d1000, d998, n);
    }
    return -EINVAL;
}
async_task *deep_task(void)
{
    return &t.d1.task;
}
