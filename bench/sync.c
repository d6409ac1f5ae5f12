/* What waiting for one another costs: queue, lock, gather.
 *
 * The limit is what a good engineer would write by hand for this one purpose: state machines over
 * one intrusive queue, a ring of items, a list of waiters; no cancellation, no errors, no fairness
 * beyond what is needed to end. Both sides are in this file, compiled with the same options. */
#define ASYNCC_IMPLEMENTATION
#include "../asyncc.h"

#include "bench.h"

/* --- the limit's ready queue --- */

struct lim_task {
    struct lim_task *next;
    void (*step)(struct lim_task *);
    int state;
};
static _Alignas(64) struct {
    struct lim_task *head, **tail;
} lim = {NULL, &lim.head};

static inline void lim_push(struct lim_task *t)
{
    t->next = NULL;
    *lim.tail = t;
    lim.tail = &t->next;
}
static inline void lim_run(void)
{
    struct lim_task *t;
    while ((t = lim.head) != NULL) {
        lim.head = t->next;
        if (!lim.head) lim.tail = &lim.head;
        t->step(t);
    }
}

/* --- asyncc: one loop for all --- */

static _Alignas(64) async_loop loop;

static void must(int err)
{
    if (err) {
        fprintf(stderr, "failed: %s\n", async_strerror(err));
        exit(1);
    }
}

/* ------------------------------------------------------------------------------------------
 * queue: one task puts n items, one gets them
 * ------------------------------------------------------------------------------------------ */

static _Alignas(64) struct {
    struct lim_task *getter, *putter; /* who waits */
    uint32_t first, count, capacity;
    int items[128];
} ring;
struct lim_end {
    struct lim_task task;
    uint64_t n, sum;
};
static void lim_put_step(struct lim_task *t)
{
    struct lim_end *self = (struct lim_end *)t;
    switch (t->state) {
    case 0:
        while (self->n--) {
            while (ring.count == ring.capacity) {
                ring.putter = t;
                t->state = 1;
                return;
            case 1:;
            }
            ring.items[(ring.first + ring.count++) & (ring.capacity - 1)] = (int)self->n;
            if (ring.getter) {
                lim_push(ring.getter);
                ring.getter = NULL;
            }
        }
    }
}
static void lim_get_step(struct lim_task *t)
{
    struct lim_end *self = (struct lim_end *)t;
    switch (t->state) {
    case 0:
        while (self->n--) {
            while (!ring.count) {
                ring.getter = t;
                t->state = 1;
                return;
            case 1:;
            }
            self->sum += (uint64_t)ring.items[ring.first];
            ring.first = (ring.first + 1) & (ring.capacity - 1);
            ring.count--;
            if (ring.putter) {
                lim_push(ring.putter);
                ring.putter = NULL;
            }
        }
    }
}
static void limit_queue(uint64_t n, uint64_t capacity)
{
    static _Alignas(64) struct lim_end put, get;
    memset(&ring, 0, sizeof ring);
    ring.capacity = (uint32_t)capacity;
    put = (struct lim_end){{NULL, lim_put_step, 0}, n, 0};
    get = (struct lim_end){{NULL, lim_get_step, 0}, n, 0};
    lim_push(&put.task);
    lim_push(&get.task);
    lim_run();
    BENCH_KEEP(get.sum);
}

static _Alignas(64) ASYNC_QUEUE(int, 1) queue_1;
static _Alignas(64) ASYNC_QUEUE(int, 128) queue_128;

#define QUEUE_ENDS(capacity)                                                                       \
    ASYNC(void, puts_##capacity, args(uint64_t n), vars(int item), awaits(async_queue_put))        \
    {                                                                                              \
        ASYNC_BEGIN                                                                                \
        while (self->n--) {                                                                        \
            self->item = (int)self->n;                                                             \
            AWAIT(async_queue_put, &queue_##capacity, &self->item);                                \
        }                                                                                          \
        ASYNC_END                                                                                  \
    }                                                                                              \
    ASYNC(void, gets_##capacity, args(uint64_t n), vars(uint64_t sum; int item),                   \
          awaits(async_queue_get))                                                                 \
    {                                                                                              \
        ASYNC_BEGIN                                                                                \
        while (self->n--) {                                                                        \
            AWAIT(async_queue_get, &queue_##capacity, &self->item);                                \
            self->sum += (uint64_t)self->item;                                                     \
        }                                                                                          \
        BENCH_KEEP(self->sum);                                                                     \
        ASYNC_END                                                                                  \
    }                                                                                              \
    static void asyncc_queue_##capacity(uint64_t n, uint64_t size)                                 \
    {                                                                                              \
        static _Alignas(64) ASYNC_TASK(puts_##capacity) put;                                       \
        static _Alignas(64) ASYNC_TASK(gets_##capacity) get;                                       \
        (void)size;                                                                                \
        must(ASYNC_SPAWN_ON(&loop, &put, puts_##capacity, n));                                     \
        must(ASYNC_SPAWN_ON(&loop, &get, gets_##capacity, n));                                     \
        must(async_loop_run_until_complete(&loop, &get.task));                                     \
    }
QUEUE_ENDS(1)
QUEUE_ENDS(128)

/* ------------------------------------------------------------------------------------------
 * lock: `size` tasks take it, hold it over a switch if there are several, and give it back
 * ------------------------------------------------------------------------------------------ */

static _Alignas(64) struct {
    bool locked;
    struct lim_task *first, **last; /* who waits */
} mutex;
struct lim_locker {
    struct lim_task task;
    uint64_t n;
    bool alone;
};
static void lim_lock_step(struct lim_task *t)
{
    struct lim_locker *self = (struct lim_locker *)t;
    switch (t->state) {
    case 0:
        while (self->n--) {
            if (mutex.locked) { /* who gives it back hands it over */
                t->next = NULL;
                *mutex.last = t;
                mutex.last = &t->next;
                t->state = 1;
                return;
            case 1:;
            }
            mutex.locked = true;
            BENCH_KEEP(self);
            if (!self->alone) {
                t->state = 2;
                lim_push(t);
                return;
            case 2:;
            }
            mutex.locked = false;
            if (mutex.first) {
                struct lim_task *next = mutex.first;
                mutex.first = next->next;
                if (!mutex.first) mutex.last = &mutex.first;
                mutex.locked = true;
                lim_push(next);
            }
        }
    }
}
static void limit_lock(uint64_t n, uint64_t size)
{
    static _Alignas(64) struct lim_locker t[1000];
    mutex.locked = false;
    mutex.first = NULL;
    mutex.last = &mutex.first;
    for (uint64_t i = 0; i < size; i++) {
        t[i] = (struct lim_locker){{NULL, lim_lock_step, 0}, n / size, size == 1};
        lim_push(&t[i].task);
    }
    lim_run();
}

static _Alignas(64) async_lock lock;
ASYNC(void, locker, args(uint64_t n, bool alone), awaits(async_lock_acquire, async_sleep))
{
    ASYNC_BEGIN
    while (self->n--) {
        AWAIT(async_lock_acquire, &lock);
        BENCH_KEEP(self);
        if (!self->alone) AWAIT(async_sleep, ASYNC_MS(0));
        (void)async_lock_release(&lock);
    }
    ASYNC_END
}
static void asyncc_lock(uint64_t n, uint64_t size)
{
    static _Alignas(64) ASYNC_TASK(locker) t[1000];
    for (uint64_t i = 0; i < size; i++)
        must(ASYNC_SPAWN_ON(&loop, &t[i], locker, n / size, size == 1));
    for (uint64_t i = 0; i < size; i++) must(async_loop_run_until_complete(&loop, &t[i].task));
}

/* ------------------------------------------------------------------------------------------
 * gather: a task starts `size` others, each of which lets the rest run once, and waits for all
 * ------------------------------------------------------------------------------------------ */

enum { GATHER_MOST = 100000 };
static uint64_t lim_left;
static struct lim_task *lim_gatherer;
static void lim_gathered_step(struct lim_task *t)
{
    switch (t->state) {
    case 0:
        t->state = 1;
        lim_push(t);
        return;
    case 1:
        if (!--lim_left) lim_push(lim_gatherer);
    }
}
static struct lim_task lim_children[GATHER_MOST];
struct lim_gather {
    struct lim_task task;
    uint64_t n, size;
};
static void lim_gather_step(struct lim_task *t)
{
    struct lim_gather *self = (struct lim_gather *)t;
    switch (t->state) {
    case 0:
        for (; self->n; self->n -= self->size) {
            lim_gatherer = t;
            lim_left = self->size;
            for (uint64_t i = 0; i < self->size; i++) {
                lim_children[i] = (struct lim_task){NULL, lim_gathered_step, 0};
                lim_push(&lim_children[i]);
            }
            t->state = 1;
            return;
        case 1:;
        }
    }
}
static void limit_gather(uint64_t n, uint64_t size)
{
    static struct lim_gather t;
    t = (struct lim_gather){{NULL, lim_gather_step, 0}, n, size};
    lim_push(&t.task);
    lim_run();
}

ASYNC(void, gathered, awaits(async_sleep))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
static ASYNC_TASK(gathered) children[GATHER_MOST];
ASYNC(void, gatherer, args(uint64_t n, uint64_t size), vars(uint64_t i), awaits(async_gather))
{
    ASYNC_BEGIN
    for (; self->n; self->n -= self->size) {
        for (self->i = 0; self->i < self->size; self->i++)
            ASYNC_SPAWN(&children[self->i], gathered);
        AWAIT(async_gather, ASYNC_TASK_SLICE(children, self->size));
    }
    ASYNC_END
}
static void asyncc_gather(uint64_t n, uint64_t size)
{
    static ASYNC_TASK(gatherer) t;
    must(ASYNC_SPAWN_ON(&loop, &t, gatherer, n, size));
    must(async_loop_run_until_complete(&loop, &t.task));
}

int main(int argc, char **argv)
{
    uint64_t size;
    bench_start(argc, argv);
    must(async_loop_init(&loop, NULL));
    BENCH("queue", 1, 1, {"limit", limit_queue}, {"asyncc", asyncc_queue_1});
    BENCH("queue", 128, 1, {"limit", limit_queue}, {"asyncc", asyncc_queue_128});
    BENCH("lock-free", 1, 1, {"limit", limit_lock}, {"asyncc", asyncc_lock});
    for (size = 10; size <= (bench.quick ? 10 : 1000); size *= 10)
        BENCH("lock-contended", size, size, {"limit", limit_lock}, {"asyncc", asyncc_lock});
    for (size = 10; size <= (bench.quick ? 100 : GATHER_MOST); size *= 10)
        BENCH("gather", size, size, {"limit", limit_gather}, {"asyncc", asyncc_gather});
    must(async_loop_close(&loop));
    return 0;
}
