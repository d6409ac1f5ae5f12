/* The core's workloads in fixed numbers, for counting instructions: `perf_core NAME` runs one,
 * and callgrind counts what happens inside measured(). Prints operations and allocations. */
static unsigned long allocations;
#define ASYNCC_REALLOC(old, size) (allocations++, realloc(old, size))
#define ASYNCC_FREE(old) free(old)
#define ASYNCC_IMPLEMENTATION
#include "../asyncc.h"

enum { N = 20000, TASKS = 100 };

static async_loop loop;

static void must(int err)
{
    if (!err) return;
    fprintf(stderr, "failed: %s\n", async_strerror(err));
    exit(1);
}
__attribute__((noinline)) static void measured(async_task *task)
{
    must(async_loop_run_until_complete(&loop, task));
}

ASYNC(void, switcher, args(int n), awaits(async_sleep))
{
    ASYNC_BEGIN
    while (self->n--) AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
static void run_switch(void)
{
    static ASYNC_TASK(switcher) t[TASKS];
    for (int i = 0; i < TASKS; i++) must(ASYNC_SPAWN_ON(&loop, &t[i], switcher, N / TASKS));
    measured(&t[TASKS - 1].task);
}

/* noipa: as if it were in another file. */
#ifdef __clang__
#define NOT_SEEN_THROUGH __attribute__((__noinline__))
#else
#define NOT_SEEN_THROUGH __attribute__((__noipa__))
#endif
NOT_SEEN_THROUGH static int more(int x)
{
    return x + 1;
}
ASYNC(int, callee, args(int x), awaits(async_sleep))
{
    ASYNC_BEGIN
    if (self->x < 0) AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_RETURN(more(self->x));
    ASYNC_END
}
ASYNC(void, awaiter, args(int n), vars(int sum; int x), awaits(callee))
{
    ASYNC_BEGIN
    while (self->n--) {
        AWAIT_TO(self->x, callee, self->n);
        self->sum += self->x;
    }
    ASYNC_END
}
static void run_await(void)
{
    static ASYNC_TASK(awaiter) t;
    must(ASYNC_SPAWN_ON(&loop, &t, awaiter, N));
    measured(&t.task);
}

ASYNC(void, level1, args(int n), awaits(switcher))
{
    ASYNC_BEGIN
    AWAIT(switcher, self->n);
    ASYNC_END
}
ASYNC(void, level2, args(int n), awaits(level1))
{
    ASYNC_BEGIN
    AWAIT(level1, self->n);
    ASYNC_END
}
static void run_resume(void)
{
    static ASYNC_TASK(level2) t;
    must(ASYNC_SPAWN_ON(&loop, &t, level2, N));
    measured(&t.task);
}

ASYNC(void, parent, args(int n), vars(int sum), tasks(callee child), awaits(async_join))
{
    ASYNC_BEGIN
    while (self->n--) {
        ASYNC_SPAWN(&self->child, callee, self->n);
        AWAIT(async_join, &self->child.task);
        self->sum += ASYNC_RESULT(&self->child);
    }
    ASYNC_END
}
static void run_spawn(void)
{
    static ASYNC_TASK(parent) t;
    must(ASYNC_SPAWN_ON(&loop, &t, parent, N));
    measured(&t.task);
}

ASYNC(void, parent_new, args(int n), vars(int sum; ASYNC_TASK(callee) * child), awaits(async_join))
{
    ASYNC_BEGIN
    while (self->n--) {
        self->child = ASYNC_SPAWN_NEW(callee, self->n);
        AWAIT(async_join, &self->child->task);
        self->sum += ASYNC_RESULT(self->child);
    }
    ASYNC_END
}
static void run_spawn_new(void)
{
    static ASYNC_TASK(parent_new) t;
    must(ASYNC_SPAWN_ON(&loop, &t, parent_new, N));
    measured(&t.task);
}

ASYNC(void, gatherer, args(int n), tasks(switcher a, switcher b, switcher c))
{
    ASYNC_BEGIN
    for (self->n /= 3; self->n--;) {
        ASYNC_SPAWN(&self->a, switcher, 0);
        ASYNC_SPAWN(&self->b, switcher, 0);
        ASYNC_SPAWN(&self->c, switcher, 0);
        AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b, &self->c));
    }
    ASYNC_END
}
static void run_gather(void)
{
    static ASYNC_TASK(gatherer) t;
    must(ASYNC_SPAWN_ON(&loop, &t, gatherer, N));
    measured(&t.task);
}

static ASYNC_QUEUE(int, 1) queue;
ASYNC(void, putter, args(int n), awaits(async_queue_put))
{
    ASYNC_BEGIN
    while (self->n--) AWAIT(async_queue_put, &queue, &self->n);
    ASYNC_END
}
ASYNC(void, getter, args(int n), vars(int item), awaits(async_queue_get))
{
    ASYNC_BEGIN
    while (self->n--) AWAIT(async_queue_get, &queue, &self->item);
    ASYNC_END
}
static void run_queue(void)
{
    static ASYNC_TASK(putter) put;
    static ASYNC_TASK(getter) get;
    must(ASYNC_SPAWN_ON(&loop, &put, putter, N));
    must(ASYNC_SPAWN_ON(&loop, &get, getter, N));
    measured(&get.task);
}

/* Deadlines spread over one second of a virtual clock, by a fixed sequence. */
static async_call calls[N];
static uint32_t delay(uint32_t i)
{
    return (uint32_t)((uint64_t)(i * 2654435769u) * 1000000000u >> 32);
}
static int fired(void *arg)
{
    return arg != NULL;
}
ASYNC(void, timer_setter, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < N; self->i++)
        must(async_call_later(&loop, &calls[self->i], ASYNC_NS(delay((uint32_t)self->i)), fired,
                              NULL));
    AWAIT(async_sleep, ASYNC_SEC(2));
    ASYNC_END
}
static void run_timer_fire(void)
{
    static ASYNC_TASK(timer_setter) t;
    must(ASYNC_SPAWN_ON(&loop, &t, timer_setter));
    measured(&t.task);
}
ASYNC(void, timer_canceller, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < N; self->i++)
        must(async_call_later(&loop, &calls[self->i], ASYNC_NS(delay((uint32_t)self->i)), fired,
                              NULL));
    for (self->i = 0; self->i < N; self->i++) async_call_cancel(&calls[self->i]);
    ASYNC_END
}
static void run_timer_cancel(void)
{
    static ASYNC_TASK(timer_canceller) t;
    must(ASYNC_SPAWN_ON(&loop, &t, timer_canceller));
    measured(&t.task);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } workloads[] = {{"switch", run_switch},
                     {"await", run_await},
                     {"resume", run_resume},
                     {"spawn-join", run_spawn},
                     {"spawn-join-new", run_spawn_new},
                     {"gather", run_gather},
                     {"queue-1", run_queue},
                     {"timer-fire", run_timer_fire},
                     {"timer-cancel", run_timer_cancel}};
    async_options options;
    memset(&options, 0, sizeof options);
    options.virtual_clock = true;
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++) {
        if (argc < 2) puts(workloads[i].name);
        else if (!strcmp(argv[1], workloads[i].name)) {
            must(async_loop_init(&loop, &options));
            allocations = 0;
            workloads[i].run();
            printf("%d %lu\n", N, allocations);
        }
    }
    return 0;
}
