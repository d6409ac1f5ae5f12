/* What the programs here share: the clock they print, and a call that blocks.
 *
 * Each program is one of a tutorial's on asyncio. Its first comment has what CPython printed; the
 * same lines are wanted here, exactly so on a virtual clock. tests/seeds/run.sh compares them. */
#ifndef SEED_H
#define SEED_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* nanosleep() under -std=c11 */
#endif
#include "../../asyncc.h"
#include <stdio.h>
#include <time.h>

#define SEED_UNUSED __attribute__((__unused__))

/* Seconds since the first call, on the loop's clock; once the loop has ended, at the last call. */
static SEED_UNUSED double seconds(void)
{
    static async_time began, last;
    async_loop *loop = async_get_running_loop();
    if (loop) last = async_loop_time(loop);
    if (!began) began = last + 1; /* a virtual clock begins at 0 */
    return (double)(last + 1 - began) / 1e9;
}

/* time.sleep(): the mistake that blocks the loop. */
static SEED_UNUSED void block(int s)
{
    struct timespec t = {0, 0};
    if (async_loop_advance(async_get_running_loop(), ASYNC_SEC(s)) == 0) return;
    t.tv_sec = s;
    nanosleep(&t, NULL);
}

#endif
