/* The timers of libuv, for bench/timers.c; built where its header is. Its clock and its wait are
 * those of the benchmark, by the functions that stand before the C library's. Its timers are of
 * whole milliseconds. */
#define _GNU_SOURCE 1
#if defined(__has_include)
#if __has_include(<uv.h>)
#define HAVE_LIBUV
#endif
#endif
#ifdef HAVE_LIBUV
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum { MS = 1000000, SECOND = 1000 * MS, MOST = 1000000 };
extern int64_t fake_now;
extern uint32_t delay[], order[];
extern uint64_t left;
void libuv_fire(uint64_t n, uint64_t size);
void libuv_cancel(uint64_t n, uint64_t size);
void libuv_cancel_random(uint64_t n, uint64_t size);

int epoll_pwait(int fd, struct epoll_event *events, int n, int ms, const sigset_t *mask)
{
    (void)fd, (void)events, (void)n, (void)mask;
    if (ms > 0) fake_now += (int64_t)ms * MS;
    return 0;
}
/* As in libev.c, where there is no libev. */
__attribute__((weak)) int clock_gettime(clockid_t clock, struct timespec *t)
{
    if (clock == CLOCK_THREAD_CPUTIME_ID) return (int)syscall(SYS_clock_gettime, clock, t);
    t->tv_sec = fake_now / SECOND;
    t->tv_nsec = fake_now % SECOND;
    return 0;
}

static uv_loop_t loop;
static uv_timer_t *timers;

static void fired(uv_timer_t *t)
{
    (void)t;
    if (--left == 0) uv_stop(&loop);
}
static void set_all(uint64_t size)
{
    if (!timers) {
        timers = calloc(MOST, sizeof *timers);
        if (!timers || uv_loop_init(&loop) < 0) abort();
        for (uint64_t i = 0; i < MOST; i++) (void)uv_timer_init(&loop, &timers[i]);
    }
    uv_update_time(&loop);
    for (uint64_t i = 0; i < size; i++) (void)uv_timer_start(&timers[i], fired, delay[i] / MS, 0);
}
void libuv_fire(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        set_all(size);
        left = size;
        (void)uv_run(&loop, UV_RUN_DEFAULT);
    }
}
void libuv_cancel(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        set_all(size);
        for (uint64_t i = 0; i < size; i++) (void)uv_timer_stop(&timers[i]);
    }
}
void libuv_cancel_random(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        set_all(size);
        for (uint64_t i = 0; i < size; i++) (void)uv_timer_stop(&timers[order[i]]);
    }
}
#else
typedef int no_libuv;
#endif
