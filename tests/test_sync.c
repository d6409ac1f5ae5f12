/* Random programs of locks, semaphores, events, conditions, barriers and queues: five tasks of
 * twelve steps each that wait, hand over, time out and cancel each other. Every line that they
 * print was also printed by CPython 3.13: the digests below are those of tests/oracle/sync.py, which
 * makes up the same programs. To see one: test_sync -v fifo with SEED=7, and sync.py fifo 7. */
#include "test.h"

enum { PROGRAMS = 200, TASKS = 5, OPS = 12 };

struct item {
    int priority, number;
};
static int by_priority(const void *a, const void *b)
{
    return ((const struct item *)a)->priority - ((const struct item *)b)->priority;
}

enum op {
    SLEEP0,
    SLEEP,
    CANCEL,
    UNCANCEL,
    LOCK_ACQUIRE,
    LOCK_RELEASE,
    LOCK_WITH,
    SEM_ACQUIRE,
    SEM_RELEASE,
    SEM_WITH,
    EVENT_WAIT,
    EVENT_SET,
    EVENT_CLEAR,
    COND_WAIT,
    COND_NOTIFY,
    COND_WAIT_FOR,
    COND_SUICIDE,
    COND_COUNT,
    COND_ACQUIRE,
    COND_RELEASE,
    COND_RAW_WAIT,
    BARRIER_WAIT,
    BARRIER_RESET,
    BARRIER_ABORT,
    PUT,
    GET,
    PUT_NOWAIT,
    GET_NOWAIT,
    TASK_DONE,
    JOIN,
    SHUTDOWN,
    TIMED_LOCK,
    TIMED_SEM,
    TIMED_EVENT,
    TIMED_COND,
    TIMED_BARRIER,
    TIMED_PUT,
    TIMED_GET,
    OP_COUNT
};
static const char *const op_names[OP_COUNT] = {
    "sleep0",        "sleep",        "cancel",        "uncancel",      "lock_acquire",
    "lock_release",  "lock_with",    "sem_acquire",   "sem_release",   "sem_with",
    "event_wait",    "event_set",    "event_clear",   "cond_wait",     "cond_notify",
    "cond_wait_for", "cond_suicide", "cond_count",    "cond_acquire",  "cond_release",
    "cond_raw_wait", "barrier_wait", "barrier_reset", "barrier_abort", "put",
    "get",           "put_nowait",   "get_nowait",    "task_done",     "join",
    "shutdown",      "timed_lock",   "timed_sem",     "timed_event",   "timed_cond",
    "timed_barrier", "timed_put",    "timed_get"};
static const uint8_t timed_ops[] = {LOCK_ACQUIRE, SEM_ACQUIRE, EVENT_WAIT, COND_WAIT,
                                    BARRIER_WAIT, PUT,         GET};

struct kind {
    const char *name;
    uint32_t digest;
    int n;
    uint8_t ops[20];
};
static const struct kind kinds[] = {
    {"lock",
     0x66de1a85,
     8,
     {SLEEP0, SLEEP, CANCEL, LOCK_ACQUIRE, LOCK_RELEASE, LOCK_WITH, TIMED_LOCK, UNCANCEL}},
    {"semaphore",
     0xc07b64f9,
     8,
     {SLEEP0, SLEEP, CANCEL, SEM_ACQUIRE, SEM_RELEASE, SEM_WITH, TIMED_SEM, SEM_RELEASE}},
    {"event",
     0xc76a53fd,
     8,
     {SLEEP0, SLEEP, CANCEL, EVENT_WAIT, EVENT_SET, EVENT_CLEAR, EVENT_WAIT, TIMED_EVENT}},
    {"condition",
     0x4c46a974,
     14,
     {SLEEP0, CANCEL, COND_WAIT, COND_NOTIFY, COND_WAIT, COND_WAIT_FOR, COND_COUNT, TIMED_COND,
      COND_ACQUIRE, COND_RELEASE, COND_RAW_WAIT, SLEEP, COND_SUICIDE, UNCANCEL}},
    {"barrier",
     0x4a24cdda,
     10,
     {SLEEP0, CANCEL, BARRIER_WAIT, BARRIER_WAIT, BARRIER_WAIT, BARRIER_RESET, BARRIER_ABORT,
      BARRIER_WAIT, TIMED_BARRIER, SLEEP}},
    {"fifo",
     0xd1b42da9,
     15,
     {SLEEP0, CANCEL, PUT, GET, PUT, GET, PUT_NOWAIT, GET_NOWAIT, TASK_DONE, JOIN, TIMED_PUT,
      TIMED_GET, SLEEP, SHUTDOWN, UNCANCEL}},
    {"lifo",
     0x8daa9c9b,
     15,
     {SLEEP0, CANCEL, PUT, GET, PUT, GET, PUT_NOWAIT, GET_NOWAIT, TASK_DONE, JOIN, TIMED_PUT,
      TIMED_GET, SLEEP, SHUTDOWN, UNCANCEL}},
    {"priority",
     0x0ed1a801,
     15,
     {SLEEP0, CANCEL, PUT, GET, PUT, GET, PUT_NOWAIT, GET_NOWAIT, TASK_DONE, JOIN, TIMED_PUT,
      TIMED_GET, SLEEP, SHUTDOWN, UNCANCEL}},
    {"mixed",
     0xddcefaf3,
     19,
     {SLEEP0, SLEEP, CANCEL, LOCK_WITH, SEM_WITH, EVENT_WAIT, EVENT_SET, EVENT_CLEAR, COND_WAIT,
      COND_NOTIFY, COND_WAIT_FOR, COND_COUNT, BARRIER_WAIT, PUT, GET, JOIN, TASK_DONE, TIMED_GET,
      UNCANCEL}}};

struct step {
    uint8_t op, arg, swallow;
};
struct world {
    struct step steps[TASKS][OPS];
    async_task *tasks[TASKS];
    async_lock lock;
    async_semaphore sem;
    async_event event;
    async_condition cond;
    async_barrier barrier;
    ASYNC_QUEUE(struct item, 3) queue;
    int count, number, asked;
};
static struct world world;

static uint32_t random_state;
static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 16) % n;
}

/* What the programs print; fnv1a of it. */
static char text[1 << 15];
static size_t text_size;
static uint32_t digest;
static __attribute__((__format__(__printf__, 1, 2))) void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_size += (size_t)vsnprintf(text + text_size, sizeof text - text_size, format, args);
    va_end(args);
}

static const char *error_name(int error)
{
    switch (error) {
    case ASYNC_CANCELED: return "cancelled";
    case ASYNC_EBROKEN: return "broken";
    case -ESHUTDOWN: return "shut";
    case -EAGAIN: return "again";
    case -ETIMEDOUT: return "timeout";
    case -EPERM: return "perm";
    case -EINVAL: return "inval";
    default: return async_strerror(error);
    }
}

static bool has_count(void *arg)
{
    return world.count % 3 == *(const int *)arg % 3;
}
static bool has_count_or_dies(void *arg)
{
    world.asked++;
    if (*(const int *)arg % 2 && world.asked % 2 == 0)
        (void)async_task_cancel(async_current_task());
    return has_count(arg);
}

/* One step: its result. */
ASYNC(int, act, args(int op, int arg), vars(uint32_t place; int result; struct item item),
      awaits(async_condition_wait, async_queue_put))
{
    struct world *const w = &world;
    ASYNC_BEGIN
    if (self->op == SLEEP0) {
        AWAIT(async_sleep, ASYNC_MS(0));
    } else if (self->op == SLEEP) {
        AWAIT(async_sleep, ASYNC_MS(1 + self->arg % 3));
    } else if (self->op == CANCEL) {
        ASYNC_RETURN(async_task_cancel(w->tasks[self->arg % TASKS]));
    } else if (self->op == UNCANCEL) {
        ASYNC_RETURN(async_task_uncancel(async_current_task()));
    } else if (self->op == LOCK_ACQUIRE) {
        AWAIT(async_lock_acquire, &w->lock);
    } else if (self->op == LOCK_RELEASE) {
        self->result = async_lock_release(&w->lock);
    } else if (self->op == LOCK_WITH) {
        ASYNC_WITH(async_lock, &w->lock) AWAIT(async_sleep, ASYNC_MS(self->arg % 3));
    } else if (self->op == SEM_ACQUIRE) {
        AWAIT(async_semaphore_acquire, &w->sem);
    } else if (self->op == SEM_RELEASE) {
        self->result = async_semaphore_release(&w->sem);
    } else if (self->op == SEM_WITH) {
        ASYNC_WITH(async_semaphore, &w->sem) AWAIT(async_sleep, ASYNC_MS(self->arg % 3));
    } else if (self->op == EVENT_WAIT) {
        AWAIT(async_event_wait, &w->event);
    } else if (self->op == EVENT_SET) {
        async_event_set(&w->event);
    } else if (self->op == EVENT_CLEAR) {
        async_event_clear(&w->event);
    } else if (self->op == COND_WAIT) {
        ASYNC_WITH(async_condition, &w->cond) AWAIT(async_condition_wait, &w->cond);
    } else if (self->op == COND_NOTIFY) {
        ASYNC_WITH(async_condition, &w->cond) {
            (void)async_condition_notify(&w->cond, (uint32_t)self->arg % 4);
            if (self->arg > 3) AWAIT(async_sleep, ASYNC_MS(self->arg % 2));
        }
    } else if (self->op == COND_WAIT_FOR) {
        ASYNC_WITH(async_condition, &w->cond)
            AWAIT(async_condition_wait_for, &w->cond, has_count, &self->arg);
    } else if (self->op == COND_SUICIDE) {
        ASYNC_WITH(async_condition, &w->cond)
            AWAIT(async_condition_wait_for, &w->cond, has_count_or_dies, &self->arg);
    } else if (self->op == COND_COUNT) {
        w->count++;
        self->result = async_condition_notify_all(&w->cond);
    } else if (self->op == COND_ACQUIRE) {
        AWAIT(async_lock_acquire, async_condition_lock(&w->cond));
    } else if (self->op == COND_RELEASE) {
        self->result = async_lock_release(async_condition_lock(&w->cond));
    } else if (self->op == COND_RAW_WAIT) {
        AWAIT(async_condition_wait, &w->cond);
    } else if (self->op == BARRIER_WAIT) {
        AWAIT_TO(self->place, async_barrier_wait, &w->barrier);
        self->result = (int)self->place;
    } else if (self->op == BARRIER_RESET) {
        async_barrier_reset(&w->barrier);
    } else if (self->op == BARRIER_ABORT) {
        async_barrier_abort(&w->barrier);
    } else if (self->op == PUT || self->op == PUT_NOWAIT) {
        self->item.number = ++w->number;
        self->item.priority = self->arg % 3;
        if (self->op == PUT) AWAIT(async_queue_put, &w->queue, &self->item);
        else self->result = ASYNC_QUEUE_PUT_NOWAIT(&w->queue, &self->item);
    } else if (self->op == GET) {
        AWAIT(async_queue_get, &w->queue, &self->item);
        self->result = self->item.number;
    } else if (self->op == GET_NOWAIT) {
        self->result = ASYNC_QUEUE_GET_NOWAIT(&w->queue, &self->item);
        if (!self->result) self->result = self->item.number;
    } else if (self->op == TASK_DONE) {
        self->result = async_queue_task_done(&w->queue.queue);
    } else if (self->op == JOIN) {
        AWAIT(async_queue_join, &w->queue.queue);
    } else if (self->op == SHUTDOWN) {
        if (self->arg < 2) async_queue_shutdown(&w->queue.queue, self->arg == 1);
    }
    if (self->result < 0) ASYNC_RAISE(self->result);
    ASYNC_RETURN(self->result);
    ASYNC_END
}

ASYNC(int, act_in_time, args(int op, int arg), vars(int result; async_timeout timeout), awaits(act))
{
    ASYNC_BEGIN
    if (self->op < TIMED_LOCK) {
        AWAIT_TO(self->result, act, self->op, self->arg);
    } else {
        ASYNC_WITH(async_timeout, &self->timeout, ASYNC_MS(self->arg % 4))
            AWAIT_TO(self->result, act, timed_ops[self->op - TIMED_LOCK], self->arg);
    }
    ASYNC_RETURN(self->result);
    ASYNC_END
}

ASYNC(void, worker, args(int me), vars(int i; int result; int error), awaits(act_in_time))
{
    char result[32];
    ASYNC_BEGIN
    for (; self->i < OPS; self->i++) {
        self->error = 0;
        ASYNC_TRY
            AWAIT_TO(self->result, act_in_time, world.steps[self->me][self->i].op,
                     world.steps[self->me][self->i].arg);
        ASYNC_CATCH_ALL(self->error) {}
        snprintf(result, sizeof result, "%d", self->result);
        say("%d %s %d: %s %d%d%d%d%d\n", self->me, op_names[world.steps[self->me][self->i].op],
            world.steps[self->me][self->i].arg, self->error ? error_name(self->error) : result,
            world.lock.locked, async_semaphore_locked(&world.sem), world.event.set,
            async_condition_lock(&world.cond)->locked, (int)async_queue_count(&world.queue.queue));
        if (self->error == ASYNC_CANCELED && !world.steps[self->me][self->i].swallow)
            ASYNC_RAISE(self->error);
    }
    ASYNC_END
}

ASYNC(void, program, tasks(worker t[TASKS]), vars(int i))
{
    int i, live;
    ASYNC_BEGIN
    for (i = 0; i < TASKS; i++) {
        world.tasks[i] = &self->t[i].task;
        ASYNC_SPAWN(&self->t[i], worker, i);
    }
    for (self->i = 0; self->i < 30; self->i++) AWAIT(async_sleep, ASYNC_MS(1));
    for (;;) {
        for (i = live = 0; i < TASKS; i++) live += !async_task_done(&self->t[i].task);
        if (!live) break;
        say("cancel all\n");
        (void)async_lock_release(
            &world.lock); /* nobody will; a condition cannot give up without its lock */
        (void)async_lock_release(async_condition_lock(&world.cond));
        for (i = 0; i < TASKS; i++) (void)async_task_cancel(&self->t[i].task);
        for (self->i = 0; self->i < 5; self->i++) AWAIT(async_sleep, ASYNC_MS(1));
    }
    for (i = 0; i < TASKS; i++) say("%d", async_task_cancelled(&self->t[i].task));
    say("\n");
    ASYNC_END
}

static void run_program(const struct kind *kind, uint32_t seed)
{
    int order = !strcmp(kind->name, "lifo")       ? ASYNC_LIFO
                : !strcmp(kind->name, "priority") ? ASYNC_PRIORITY
                                                  : ASYNC_FIFO;
    int i, j;
    size_t c;
    memset(&world, 0, sizeof world);
    random_state = seed;
    for (i = 0; i < TASKS; i++)
        for (j = 0; j < OPS; j++) {
            world.steps[i][j].op = kind->ops[random_below((uint32_t)kind->n)];
            world.steps[i][j].arg = (uint8_t)random_below(8);
            world.steps[i][j].swallow = (uint8_t)random_below(2);
        }
    CHECK_INT(seed % 2 ? async_semaphore_init_bounded(&world.sem, 2)
                       : async_semaphore_init(&world.sem, 1),
              0);
    if (seed % 3 == 0) world.cond.lock = &world.lock;
    CHECK_INT(async_barrier_init(&world.barrier, 3), 0);
    CHECK_INT(async_queue_init(&world.queue.queue, order, by_priority), 0);
    text_size = 0;
    CHECK_INT(run_virtual(program), 0);
    for (c = 0; c < text_size; c++) digest = (digest ^ (uint8_t)text[c]) * 16777619u;
}

static void run_kind(const char *name)
{
    const struct kind *kind = kinds;
    const char *one = getenv("SEED");
    uint32_t seed;
    while (strcmp(kind->name, name) != 0) kind++;
    digest = 2166136261u;
    if (one) {
        run_program(kind, (uint32_t)atoi(one));
        fputs(text, stdout);
        return;
    }
    for (seed = 0; seed < PROGRAMS; seed++) run_program(kind, seed);
    CHECK_INT(digest, kind->digest);
}

TEST(random_lock)
{
    run_kind("lock");
}
TEST(random_semaphore)
{
    run_kind("semaphore");
}
TEST(random_event)
{
    run_kind("event");
}
TEST(random_condition)
{
    run_kind("condition");
}
TEST(random_barrier)
{
    run_kind("barrier");
}
TEST(random_fifo)
{
    run_kind("fifo");
}
TEST(random_lifo)
{
    run_kind("lifo");
}
TEST(random_priority)
{
    run_kind("priority");
}
TEST(random_mixed)
{
    run_kind("mixed");
}
