/* The timers of libev, for bench/timers.c; built where its header is. Its clock and its wait are
 * those of the benchmark: the functions below stand before the C library's. */
#define _GNU_SOURCE 1
#if defined(__has_include)
#if __has_include(<ev.h>)
#define HAVE_LIBEV
#endif
#endif
#ifdef HAVE_LIBEV
#include <ev.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MS = 1000000, SECOND = 1000 * MS, MOST = 1000000 };
extern int64_t fake_now;
extern uint32_t delay[], order[];
extern uint64_t left;
void libev_fire(uint64_t n, uint64_t size);
void libev_cancel(uint64_t n, uint64_t size);
void libev_cancel_random(uint64_t n, uint64_t size);

int clock_gettime(clockid_t clock, struct timespec *t)
{
    if (clock == CLOCK_THREAD_CPUTIME_ID) return (int)syscall(SYS_clock_gettime, clock, t);
    t->tv_sec = fake_now / SECOND;
    t->tv_nsec = fake_now % SECOND;
    return 0;
}
int epoll_wait(int fd, struct epoll_event *events, int n, int ms)
{
    (void)fd, (void)events, (void)n;
    if (ms > 0) fake_now += (int64_t)ms * MS;
    return 0;
}

static struct ev_loop *loop;
static ev_timer *timers;

static void fired(struct ev_loop *l, ev_timer *t, int events)
{
    (void)t, (void)events;
    if (--left == 0) ev_break(l, EVBREAK_ALL);
}
static void set_all(uint64_t size)
{
    if (!loop) {
        loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
        timers = calloc(MOST, sizeof *timers);
        if (!loop || !timers) abort();
    }
    ev_now_update(loop);
    for (uint64_t i = 0; i < size; i++) {
        ev_timer_init(&timers[i], fired, (double)delay[i] / SECOND, 0);
        ev_timer_start(loop, &timers[i]);
    }
}
void libev_fire(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        set_all(size);
        left = size;
        ev_run(loop, 0);
    }
}
void libev_cancel(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        set_all(size);
        for (uint64_t i = 0; i < size; i++) ev_timer_stop(loop, &timers[i]);
    }
}
void libev_cancel_random(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        set_all(size);
        for (uint64_t i = 0; i < size; i++) ev_timer_stop(loop, &timers[order[i]]);
    }
}
#else
typedef int no_libev;
#endif
