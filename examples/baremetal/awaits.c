/* awaits.c - what an await costs in flash: N of them, or (CALLS=1) N plain calls with the same
 * arguments. Compiled, not linked. */
#include "config.h"
#include "asyncc.h"

void plain(void *task, void *frame, async_duration d);
#ifdef CALLS
#define STEP(ms) plain(task, frame, ASYNC_MS(ms));
#else
#define STEP(ms) AWAIT(async_sleep, ASYNC_MS(ms));
#endif
/* clang-format off */
#if N == 17
#define SIXTEEN \
    STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) \
    STEP(9) STEP(10) STEP(11) STEP(12) STEP(13) STEP(14) STEP(15) STEP(16)
#else
#define SIXTEEN
#endif
/* clang-format on */
#ifdef CALLS
void body(void *task, void *frame);
void body(void *task, void *frame){SIXTEEN STEP(17)}
#else
ASYNC_DECLARE(void, body, awaits(async_sleep));
ASYNC_DEFINE(body)
{
    ASYNC_BEGIN
    SIXTEEN
    STEP(17)
    ASYNC_END
}
#endif
