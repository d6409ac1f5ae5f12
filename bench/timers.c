/* What timers cost: set and fire, set and cancel, with 1k to 1M of them live, deadlines at random
 * within one second.
 *
 * The clock is simulated for all, in steps of 1 ms, as a poller that waits in whole milliseconds
 * sees it: so nobody pays for the kernel, and time that passes costs nothing.
 *
 * limit   one array of pointers for each millisecond of a horizon of one second; no order within
 *         a millisecond; the next timers of a bucket are prefetched while one fires
 * heap    a 4-ary heap with the deadlines in its array, as libev's; no order among equals
 * libev   the library, if it is installed: see libev.c
 * asyncc  async_call_at() and async_call_cancel(): exact order, FIFO among equals, any horizon */
#define _GNU_SOURCE 1
#include <time.h>
static int fake_clock_gettime(clockid_t clock, struct timespec *t);
static int fake_nanosleep(const struct timespec *t, struct timespec *left);
#define ASYNCC_IO 0
#define ASYNCC_SYS(call) fake_##call
#define ASYNCC_IMPLEMENTATION
#include "../asyncc.h"

#include "bench.h"

enum { MS = 1000000, SECOND = 1000 * MS, MOST = 1000000 };

/* libev.c uses these too */
int64_t fake_now = SECOND;
uint32_t delay[MOST]; /* random, below a second */
uint32_t order[MOST]; /* a random permutation of each power of ten */
uint64_t left;        /* timers that have not fired */

static int fake_clock_gettime(clockid_t clock, struct timespec *t)
{
    (void)clock;
    t->tv_sec = fake_now / SECOND;
    t->tv_nsec = fake_now % SECOND;
    return 0;
}
static int fake_nanosleep(const struct timespec *t, struct timespec *rest)
{
    (void)rest;
    fake_now += t->tv_sec * SECOND + t->tv_nsec;
    fake_now += MS - 1 - (fake_now - 1) % MS;
    return 0;
}

/* --- limit --- */

struct lim_timer {
    int (*fn)(void *arg);
    void *arg;
    uint32_t bucket, at;
};
enum { BUCKETS = 1024 };
static struct {
    struct lim_timer **timer;
    uint32_t n, room;
} bucket[BUCKETS];
static struct lim_timer *lim_timers;

static void lim_set(struct lim_timer *t, int64_t when)
{
    uint32_t b = (uint32_t)(when / MS) % BUCKETS, at = bucket[b].n++;
    if (at == bucket[b].room) {
        bucket[b].room = at ? at * 2 : 16;
        bucket[b].timer = realloc(bucket[b].timer, bucket[b].room * sizeof(void *));
        if (!bucket[b].timer) abort();
    }
    bucket[b].timer[at] = t;
    t->bucket = b;
    t->at = at;
}
static void lim_cancel(struct lim_timer *t)
{
    uint32_t b = t->bucket;
    struct lim_timer *last = bucket[b].timer[--bucket[b].n];
    bucket[b].timer[t->at] = last;
    last->at = t->at;
}
static void lim_advance(void)
{
    uint32_t b = (uint32_t)(fake_now / MS) % BUCKETS;
    for (uint32_t i = 0; i < bucket[b].n; i++) {
        struct lim_timer *t = bucket[b].timer[i];
        if (i + 16 < bucket[b].n) __builtin_prefetch(bucket[b].timer[i + 16]);
        t->fn(t->arg);
    }
    bucket[b].n = 0;
    fake_now += MS;
}
static int fired(void *arg)
{
    (void)arg;
    left--;
    return 0;
}
static void limit_fire(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        int64_t base = fake_now;
        for (uint64_t i = 0; i < size; i++) {
            lim_timers[i].fn = fired;
            lim_timers[i].arg = NULL;
            lim_set(&lim_timers[i], base + delay[i]);
        }
        for (left = size; left;) lim_advance();
    }
}
static void limit_cancel(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        for (uint64_t i = 0; i < size; i++) {
            lim_timers[i].fn = fired;
            lim_timers[i].arg = NULL;
            lim_set(&lim_timers[i], fake_now + delay[i]);
        }
        for (uint64_t i = 0; i < size; i++) lim_cancel(&lim_timers[i]);
    }
}
static void limit_cancel_random(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        for (uint64_t i = 0; i < size; i++) {
            lim_timers[i].fn = fired;
            lim_timers[i].arg = NULL;
            lim_set(&lim_timers[i], fake_now + delay[i]);
        }
        for (uint64_t i = 0; i < size; i++) lim_cancel(&lim_timers[order[i]]);
    }
}

/* --- heap --- */

struct heap_timer {
    int (*fn)(void *arg);
    void *arg;
    uint32_t at;
};
static struct {
    int64_t when;
    struct heap_timer *timer;
} heap[MOST];
static uint32_t heap_n;
static struct heap_timer *heap_timers;

static void heap_place(uint32_t at, int64_t when, struct heap_timer *t)
{
    heap[at].when = when;
    heap[at].timer = t;
    t->at = at;
}
static void heap_up(uint32_t at, int64_t when, struct heap_timer *t)
{
    while (at && heap[(at - 1) / 4].when > when) {
        heap_place(at, heap[(at - 1) / 4].when, heap[(at - 1) / 4].timer);
        at = (at - 1) / 4;
    }
    heap_place(at, when, t);
}
static void heap_down(uint32_t at, int64_t when, struct heap_timer *t)
{
    for (;;) {
        uint32_t child = at * 4 + 1, end = child + 4 < heap_n ? child + 4 : heap_n, least = child;
        if (child >= heap_n) break;
        while (++child < end)
            if (heap[child].when < heap[least].when) least = child;
        if (heap[least].when >= when) break;
        heap_place(at, heap[least].when, heap[least].timer);
        at = least;
    }
    heap_place(at, when, t);
}
static void heap_remove(uint32_t at)
{
    heap_n--;
    if (at == heap_n) return;
    if (at && heap[(at - 1) / 4].when > heap[heap_n].when)
        heap_up(at, heap[heap_n].when, heap[heap_n].timer);
    else heap_down(at, heap[heap_n].when, heap[heap_n].timer);
}
static void heap_set_all(uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        heap_timers[i].fn = fired;
        heap_timers[i].arg = NULL;
        heap_up(heap_n++, fake_now + delay[i], &heap_timers[i]);
    }
}
static void heap_fire(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        heap_set_all(size);
        for (left = size; left; fake_now += MS)
            while (heap_n && heap[0].when <= fake_now) {
                struct heap_timer *t = heap[0].timer;
                heap_remove(0);
                t->fn(t->arg);
            }
    }
}
static void heap_cancel(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        heap_set_all(size);
        for (uint64_t i = 0; i < size; i++) heap_remove(heap_timers[i].at);
    }
}
static void heap_cancel_random(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        heap_set_all(size);
        for (uint64_t i = 0; i < size; i++) heap_remove(heap_timers[order[i]].at);
    }
}

/* --- asyncc --- */

static async_loop loop;
static async_call *calls;

static int call_fired(void *arg)
{
    if (--left == 0) async_loop_stop((async_loop *)arg);
    return 0;
}
static void set_all(uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        if (async_call_at(&loop, &calls[i], fake_now + delay[i], call_fired, &loop)) abort();
}
static void asyncc_fire(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        set_all(size);
        left = size;
        if (async_loop_run_forever(&loop)) abort();
    }
}
static void asyncc_cancel(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        set_all(size);
        for (uint64_t i = 0; i < size; i++) async_call_cancel(&calls[i]);
    }
}
static void asyncc_cancel_random(uint64_t n, uint64_t size)
{
    for (uint64_t done = 0; done < n; done += size) {
        set_all(size);
        for (uint64_t i = 0; i < size; i++) async_call_cancel(&calls[order[i]]);
    }
}

#define PEER(name) extern bench_fn name __attribute__((weak))
PEER(libev_fire);
PEER(libev_cancel);
PEER(libev_cancel_random);
PEER(libuv_fire);
PEER(libuv_cancel);
PEER(libuv_cancel_random);

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    bench_start(argc, argv);
    for (int i = 0; i < MOST; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        delay[i] = (uint32_t)((seed >> 32) * SECOND >> 32);
    }
    lim_timers = calloc(MOST, sizeof *lim_timers);
    heap_timers = calloc(MOST, sizeof *heap_timers);
    calls = calloc(MOST, sizeof *calls);
    if (async_loop_init(&loop, NULL)) return 1;
    for (uint64_t size = bench.quick ? 100000 : 1000; size <= MOST; size *= 10) {
        for (uint32_t i = 0; i < size; i++) order[i] = i;
        for (uint32_t i = (uint32_t)size - 1; i; i--) {
            uint32_t j, swap = order[i];
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            j = (uint32_t)((seed >> 32) * (i + 1) >> 32);
            order[i] = order[j];
            order[j] = swap;
        }
        BENCH("timer-fire", size, size, {"limit", limit_fire}, {"asyncc", asyncc_fire},
              {"heap", heap_fire}, {"libev", libev_fire}, {"libuv", libuv_fire});
        BENCH("timer-cancel", size, size, {"limit", limit_cancel}, {"asyncc", asyncc_cancel},
              {"heap", heap_cancel}, {"libev", libev_cancel}, {"libuv", libuv_cancel});
        BENCH("timer-cancel-random", size, size, {"limit", limit_cancel_random},
              {"asyncc", asyncc_cancel_random}, {"heap", heap_cancel_random},
              {"libev", libev_cancel_random}, {"libuv", libuv_cancel_random});
    }
    return async_loop_close(&loop) != 0;
}
