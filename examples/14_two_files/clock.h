/* What other files may await: whoever includes this knows the size of its frame, and so can keep
 * it in a frame of its own. */
#ifndef CLOCK_H
#define CLOCK_H
#include "asyncc.h"

/* Ticks and tocks, 10 ms apart; how often it did. */
ASYNC_DECLARE(int, run_clock, args(int times), vars(int i));

#endif
