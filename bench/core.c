/* What the machine costs: switch, await, resume, spawn and join, memory.
 *
 * The limit of each is the C that a good engineer would write by hand for this one purpose: a
 * struct and a switch a coroutine, one intrusive queue, no errors, no cancellation, no clock, no
 * checks. asyncc runs its usual loop on the real clock. Both are compiled in this file with the
 * same options; where a callee is to stay out of line, both callees live in far.c. What is
 * measured lies in static memory, aligned: on the stack the figures change from run to run with
 * the addresses it is given. */
#define ASYNCC_IMPLEMENTATION
#include "../asyncc.h"

#include "bench.h"
#include "far.h"

#include <unistd.h>

/* --- the limit's queue --- */

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
static void run(async_task *task)
{
    must(async_loop_run_until_complete(&loop, task));
}

/* ------------------------------------------------------------------------------------------
 * switch: `size` tasks, each of which lets the others run n / size times
 * ------------------------------------------------------------------------------------------ */

struct lim_switcher {
    struct lim_task task;
    int state;
    uint64_t n;
};
static void lim_switcher_step(struct lim_task *t)
{
    struct lim_switcher *self = (struct lim_switcher *)t;
    switch (self->state) {
    case 0:
        while (self->n--) {
            self->state = 1;
            lim_push(t);
            return;
        case 1:;
        }
    }
}
static void limit_switch(uint64_t n, uint64_t size)
{
    struct lim_switcher *t = calloc(size, sizeof *t);
    for (uint64_t i = 0; i < size; i++) {
        t[i].task.step = lim_switcher_step;
        t[i].n = n / size;
        lim_push(&t[i].task);
    }
    lim_run();
    free(t);
}

ASYNC(void, switcher, args(uint64_t n), awaits(async_sleep))
{
    ASYNC_BEGIN
    while (self->n--) AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
static void asyncc_switch(uint64_t n, uint64_t size)
{
    ASYNC_TASK(switcher) *t = calloc(size, sizeof *t);
    for (uint64_t i = 0; i < size; i++) must(ASYNC_SPAWN_ON(&loop, &t[i], switcher, n / size));
    run(&t[size - 1].task);
    free(t);
}

/* ------------------------------------------------------------------------------------------
 * await: a callee that could suspend, but finishes at once. Arguments and result travel through
 * its frame in both, since a callee that does suspend needs them there.
 * ------------------------------------------------------------------------------------------ */

struct lim_near {
    int state;
    int x, result;
    struct lim_task *task;
};
static inline bool lim_near_step(struct lim_near *self)
{
    switch (self->state) {
    case 0:
        if (self->x < 0) {
            self->state = 1;
            lim_push(self->task);
            return false;
        case 1:;
        }
        self->result = self->x + 1;
    }
    return true;
}
struct lim_awaiter {
    struct lim_task task;
    int state;
    int n, sum;
    union {
        struct lim_near near;
        struct lim_far far;
    } callee;
};
static void lim_await_near_step(struct lim_task *t)
{
    struct lim_awaiter *self = (struct lim_awaiter *)t;
    switch (self->state) {
    case 0:
        while (self->n--) {
            self->callee.near.state = 0;
            self->callee.near.x = self->n;
            self->callee.near.task = t;
            __attribute__((__fallthrough__));
        case 1:
            if (!lim_near_step(&self->callee.near)) {
                self->state = 1;
                return;
            }
            self->sum += self->callee.near.result;
        }
    }
}
static void lim_await_far_step(struct lim_task *t)
{
    struct lim_awaiter *self = (struct lim_awaiter *)t;
    switch (self->state) {
    case 0:
        while (self->n--) {
            self->callee.far.state = 0;
            self->callee.far.x = self->n;
            self->callee.far.task = t;
            __attribute__((__fallthrough__));
        case 1:
            if (!lim_far_step(&self->callee.far)) {
                self->state = 1;
                return;
            }
            self->sum += self->callee.far.result;
        }
    }
}
static void limit_await(uint64_t n, void (*step)(struct lim_task *))
{
    static _Alignas(64) struct lim_awaiter a;
    a = (struct lim_awaiter){.task.step = step, .n = (int)n};
    lim_push(&a.task);
    lim_run();
    BENCH_KEEP(a.sum);
}
static void limit_await_near(uint64_t n, uint64_t size)
{
    (void)size, limit_await(n, lim_await_near_step);
}
static void limit_await_far(uint64_t n, uint64_t size)
{
    (void)size, limit_await(n, lim_await_far_step);
}

/* For the limit's callee in the other file. */
void lim_push_far(struct lim_task *t)
{
    lim_push(t);
}

ASYNC(int, near, args(int x), awaits(async_sleep))
{
    ASYNC_BEGIN
    if (self->x < 0) AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_RETURN(self->x + 1);
    ASYNC_END
}
ASYNC(void, await_near, args(int n), vars(int sum; int x), awaits(near))
{
    ASYNC_BEGIN
    while (self->n--) {
        AWAIT_TO(self->x, near, self->n);
        self->sum += self->x;
    }
    BENCH_KEEP(self->sum);
    ASYNC_END
}
ASYNC(void, await_far, args(int n), vars(int sum; int x), awaits(far))
{
    ASYNC_BEGIN
    while (self->n--) {
        AWAIT_TO(self->x, far, self->n);
        self->sum += self->x;
    }
    BENCH_KEEP(self->sum);
    ASYNC_END
}
static void asyncc_await_near(uint64_t n, uint64_t size)
{
    static _Alignas(64) ASYNC_TASK(await_near) t;
    (void)size;
    must(ASYNC_SPAWN_ON(&loop, &t, await_near, (int)n));
    run(&t.task);
}
static void asyncc_await_far(uint64_t n, uint64_t size)
{
    static _Alignas(64) ASYNC_TASK(await_far) t;
    (void)size;
    must(ASYNC_SPAWN_ON(&loop, &t, await_far, (int)n));
    run(&t.task);
}

/* ------------------------------------------------------------------------------------------
 * resume: a leaf that waits n times under `size` frames. The limit too resumes the leaf itself
 * and goes to the caller only when it has ended.
 * ------------------------------------------------------------------------------------------ */

struct lim_deep;
struct lim_level {
    int state, depth;
    bool (*step)(struct lim_level *, struct lim_deep *); /* true: it has ended */
    struct lim_level *caller;
    uint64_t n;
};
struct lim_deep {
    struct lim_task task;
    struct lim_level *leaf; /* whom to resume */
    struct lim_level level[1000];
};
static bool lim_leaf_step(struct lim_level *self, struct lim_deep *t)
{
    switch (self->state) {
    case 0:
        while (self->n--) {
            self->state = 1;
            t->leaf = self;
            lim_push(&t->task);
            return false;
        case 1:;
        }
    }
    return true;
}
static bool lim_level_step(struct lim_level *self, struct lim_deep *t)
{
    struct lim_level *callee = self + 1;
    switch (self->state) {
    case 0:
        *callee = (struct lim_level){
            0, self->depth - 1, self->depth > 2 ? lim_level_step : lim_leaf_step, self, self->n};
        self->state = 1;
        if (!callee->step(callee, t)) return false;
        __attribute__((__fallthrough__));
    case 1:;
    }
    return true;
}
static void lim_deep_step(struct lim_task *task)
{
    struct lim_deep *t = (struct lim_deep *)task;
    struct lim_level *level = t->leaf;
    while (level && level->step(level, t)) level = level->caller;
}
static void limit_resume(uint64_t n, uint64_t size)
{
    static _Alignas(64) struct lim_deep t;
    t.level[0] =
        (struct lim_level){0, (int)size, size > 1 ? lim_level_step : lim_leaf_step, NULL, n};
    t.leaf = &t.level[0];
    t.task.step = lim_deep_step;
    lim_push(&t.task);
    lim_run();
}

/* The chain that holds it is in deep.c. */
ASYNC_DEFINE(leaf)
{
    ASYNC_BEGIN
    while (self->n--) AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
static void asyncc_resume(uint64_t n, uint64_t size)
{
    must(spawn_deep(&loop, size, n));
    run(deep_task());
}

/* ------------------------------------------------------------------------------------------
 * spawn and join: a task is started, takes its turn, ends with a result, and whoever waits for
 * it takes his
 * ------------------------------------------------------------------------------------------ */

struct lim_child {
    struct lim_task task, *joiner;
    bool done;
    int x, result;
};
static void lim_child_step(struct lim_task *t)
{
    struct lim_child *self = (struct lim_child *)t;
    self->result = self->x + 1;
    self->done = true;
    if (self->joiner) lim_push(self->joiner);
}
static void lim_spawn(struct lim_child *child, int x)
{
    child->task.step = lim_child_step;
    child->joiner = NULL;
    child->done = false;
    child->x = x;
    lim_push(&child->task);
}
struct lim_parent {
    struct lim_task task;
    int state;
    int n, sum;
    struct lim_child here, *child;
};
static void lim_parent_step(struct lim_task *t)
{
    struct lim_parent *self = (struct lim_parent *)t;
    switch (self->state) {
    case 0:
        while (self->n--) {
            lim_spawn(&self->here, self->n);
            if (!self->here.done) {
                self->here.joiner = t;
                self->state = 1;
                return;
            case 1:;
            }
            self->sum += self->here.result;
        }
    }
}
static void lim_parent_malloc_step(struct lim_task *t)
{
    struct lim_parent *self = (struct lim_parent *)t;
    switch (self->state) {
    case 0:
        while (self->n--) {
            self->child = malloc(sizeof *self->child);
            if (!self->child) abort();
            lim_spawn(self->child, self->n);
            if (!self->child->done) {
                self->child->joiner = t;
                self->state = 1;
                return;
            case 1:;
            }
            self->sum += self->child->result;
            free(self->child);
        }
    }
}
static void limit_parent(uint64_t n, void (*step)(struct lim_task *))
{
    static _Alignas(64) struct lim_parent p;
    p = (struct lim_parent){.task.step = step, .n = (int)n};
    lim_push(&p.task);
    lim_run();
    BENCH_KEEP(p.sum);
}
static void limit_spawn(uint64_t n, uint64_t size)
{
    (void)size, limit_parent(n, lim_parent_step);
}
static void limit_spawn_malloc(uint64_t n, uint64_t size)
{
    (void)size, limit_parent(n, lim_parent_malloc_step);
}

ASYNC(int, child, args(int x))
{
    ASYNC_BEGIN
    ASYNC_RETURN(self->x + 1);
    ASYNC_END
}
ASYNC(void, parent, args(int n), vars(int sum), tasks(child here), awaits(async_join))
{
    ASYNC_BEGIN
    while (self->n--) {
        ASYNC_SPAWN(&self->here, child, self->n);
        AWAIT(async_join, &self->here.task);
        self->sum += ASYNC_RESULT(&self->here);
    }
    BENCH_KEEP(self->sum);
    ASYNC_END
}
ASYNC(void, parent_new, args(int n), vars(int sum; ASYNC_TASK(child) * child), awaits(async_join))
{
    ASYNC_BEGIN
    while (self->n--) {
        self->child = ASYNC_SPAWN_NEW(child, self->n);
        AWAIT(async_join, &self->child->task);
        self->sum += ASYNC_RESULT(self->child);
    }
    BENCH_KEEP(self->sum);
    ASYNC_END
}
static void asyncc_spawn(uint64_t n, uint64_t size)
{
    static _Alignas(64) ASYNC_TASK(parent) t;
    (void)size;
    must(ASYNC_SPAWN_ON(&loop, &t, parent, (int)n));
    run(&t.task);
}
static void asyncc_spawn_new(uint64_t n, uint64_t size)
{
    static _Alignas(64) ASYNC_TASK(parent_new) t;
    (void)size;
    must(ASYNC_SPAWN_ON(&loop, &t, parent_new, (int)n));
    run(&t.task);
}

/* ------------------------------------------------------------------------------------------
 * memory: what a million sleeping tasks take, everything counted
 * ------------------------------------------------------------------------------------------ */

ASYNC(void, sleeper, awaits(async_sleep))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_SEC(3600));
    ASYNC_END
}
static long resident_bytes(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1) pages = 0;
    if (f) fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}
static void memory(void)
{
    enum { LIVE = 1000000 };
    ASYNC_TASK(switcher) turns = {0};
    ASYNC_TASK(sleeper) * t;
    long before, after;
    if (!bench_wanted("memory")) return;
    before = resident_bytes();
    t = calloc(LIVE, sizeof *t);
    for (int i = 0; i < LIVE; i++) must(ASYNC_SPAWN_ON(&loop, &t[i], sleeper));
    must(ASYNC_SPAWN_ON(&loop, &turns, switcher, 2));
    run(&turns.task); /* by its end all sleep */
    after = resident_bytes();
    printf("%-28s %-16s %9.2f bytes of memory, sizeof %zu\n", "memory 1000000", "asyncc",
           (double)(after - before) / LIVE, sizeof *t);
    if (bench.csv)
        fprintf(bench.csv, "memory,%d,asyncc,,%.2f,%zu,%d\n", LIVE, (double)(after - before) / LIVE,
                sizeof *t, LIVE);
    for (int i = 0; i < LIVE; i++) async_task_cancel(&t[i].task);
    must(ASYNC_SPAWN_ON(&loop, &turns, switcher, 2));
    run(&turns.task);
    free(t);
}

/* C++20, when the compiler knows it: see cpp20.cpp. */
#define CPP20(name) extern bench_fn name __attribute__((weak))
CPP20(cpp20_switch);
CPP20(cpp20_await);
CPP20(cpp20_resume);
CPP20(cpp20_spawn);
CPP20(cpp20_spawn_malloc);

int main(int argc, char **argv)
{
    static const uint64_t depths[] = {1, 10, 100, 1000};
    bench_start(argc, argv);
    must(async_loop_init(&loop, NULL));
    for (uint64_t tasks = bench.quick ? 100 : 1; tasks <= (bench.quick ? 100 : 1000000);
         tasks *= 10)
        BENCH("switch", tasks, tasks, {"limit", limit_switch}, {"asyncc", asyncc_switch},
              {"c++20", cpp20_switch});
    BENCH("await-inlined", 0, 1, {"limit", limit_await_near}, {"asyncc", asyncc_await_near},
          {"c++20", cpp20_await});
    BENCH("await-far", 0, 1, {"limit", limit_await_far}, {"asyncc", asyncc_await_far},
          {"c++20", cpp20_await});
    for (int i = 0; i < 4; i++)
        BENCH("resume", depths[i], 1, {"limit", limit_resume}, {"asyncc", asyncc_resume},
              {"c++20", cpp20_resume});
    BENCH("spawn-join", 0, 1, {"limit", limit_spawn}, {"asyncc", asyncc_spawn},
          {"c++20", cpp20_spawn});
    BENCH("spawn-join-malloc", 0, 1, {"limit", limit_spawn_malloc}, {"asyncc", asyncc_spawn_new},
          {"c++20", cpp20_spawn_malloc});
    memory();
    must(async_loop_close(&loop));
    return 0;
}
