/* How the examples set asyncc.h on bare metal: coroutines, tasks and timers, without cancellation.
 * A hosted build takes no notice. */
#if !__STDC_HOSTED__
#define ASYNCC_STATIC 1
#ifndef ASYNCC_CANCEL
#define ASYNCC_CANCEL 0
#endif
#ifndef ASYNCC_CHECK
#define ASYNCC_CHECK 0
#endif
#if defined(__AVR__) && !defined(ASYNCC_TICK_BITS)
#define ASYNCC_TICK_BITS 16 /* the longest sleep is half a minute */
#endif
#else
#define ASYNCC_VIRTUAL_CLOCK 1
#endif
