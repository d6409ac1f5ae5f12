/* What it costs to wake a loop from another, and what a second loop brings.
 *
 * wake       a message goes to a loop in another thread and comes back, with 1 and 64 on their way:
 *            half an operation is one wake across loops. On one core, CPU time; then on two, the
 *            clock's.
 *   limit    two threads, each with a list under a mutex and an eventfd that is written when the
 *            list goes from empty to not empty
 *   condvar  the same with a condition (a futex) in place of the eventfd; no loop could wait for
 *            that and for descriptors too
 *   asyncc   async_call_soon_threadsafe() there and back
 *   tasks    the same, each call setting an event that a coroutine waits for
 *
 * two-cores  the same work by one thread and by two: arithmetic, which shows what the second core
 *            is worth just now, tasks that switch, messages over socket pairs. By the clock 0.50 is
 *            twice the throughput; by CPU time, 1.00 means that neither loop holds up the other. */
#define _GNU_SOURCE 1
#define BENCH_CLOCK clock_of_workload
#define ASYNCC_IMPLEMENTATION
#include "../asyncc.h"

static int clock_of_workload; /* both threads' CPU time, or the clock's */
#include "bench.h"
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 64 };

static void must(bool fine, const char *what)
{
    if (fine) return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}
/* The process has a core for each of its threads, or one for both: the scheduler does not choose. */
static int core[2];
static void stay_on(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) perror("sched_setaffinity");
}
static pthread_t start(void *(*run)(void *), void *arg)
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, run, arg) == 0, "pthread_create");
    return thread;
}

/* --- wake: limit --- */

struct lim_message {
    struct lim_message *next;
    uint64_t left; /* how often it is still to go */
};
struct lim_side {
    _Alignas(64) pthread_mutex_t mutex;
    pthread_cond_t cond;
    struct lim_message *first, **last;
    int fd; /* -1: it waits by its condition */
};
static struct lim_side lim_by_fd[2], lim_by_cond[2];

static void lim_send(struct lim_side *to, struct lim_message *m)
{
    bool wake;
    m->next = NULL;
    pthread_mutex_lock(&to->mutex);
    wake = !to->first;
    *to->last = m;
    to->last = &m->next;
    pthread_mutex_unlock(&to->mutex);
    if (!wake) return;
    if (to->fd < 0) pthread_cond_signal(&to->cond);
    else eventfd_write(to->fd, 1);
}
static struct lim_message *lim_receive(struct lim_side *at)
{
    struct lim_message *m;
    eventfd_t some;
    if (at->fd >= 0) eventfd_read(at->fd, &some);
    pthread_mutex_lock(&at->mutex);
    while (at->fd < 0 && !at->first) pthread_cond_wait(&at->cond, &at->mutex);
    m = at->first;
    at->first = NULL;
    at->last = &at->first;
    pthread_mutex_unlock(&at->mutex);
    return m;
}
static void *lim_answers(void *arg)
{
    struct lim_side *side = (struct lim_side *)arg;
    stay_on(core[1]);
    for (;;) {
        struct lim_message *m = lim_receive(&side[1]), *next;
        for (; m; m = next) {
            next = m->next;
            lim_send(&side[0], m);
        }
    }
    return NULL;
}
static void lim_start(struct lim_side *side, bool by_fd)
{
    int i;
    for (i = 0; i < 2; i++) {
        pthread_mutex_init(&side[i].mutex, NULL);
        pthread_cond_init(&side[i].cond, NULL);
        side[i].last = &side[i].first;
        side[i].fd = by_fd ? eventfd(0, EFD_CLOEXEC) : -1;
    }
    start(lim_answers, side);
}
static void lim_run(struct lim_side *side, uint64_t n, uint64_t size)
{
    static struct lim_message messages[MOST];
    uint64_t i, live = size;
    for (i = 0; i < size; i++) {
        messages[i].left = n / size;
        lim_send(&side[1], &messages[i]);
    }
    while (live) {
        struct lim_message *m = lim_receive(&side[0]), *next;
        for (; m; m = next) {
            next = m->next;
            if (--m->left) lim_send(&side[1], m);
            else live--;
        }
    }
}
static void limit_wake(uint64_t n, uint64_t size)
{
    lim_run(lim_by_fd, n, size);
}
static void condvar_wake(uint64_t n, uint64_t size)
{
    lim_run(lim_by_cond, n, size);
}

/* --- wake: asyncc --- */

static _Alignas(64) async_loop here;
static _Alignas(64) async_loop there;
static uint64_t live;

static void *runs(void *loop)
{
    stay_on(core[1]);
    async_loop_run_forever((async_loop *)loop);
    return NULL;
}

struct message {
    async_call call;
    uint64_t left;
};
static int back(void *arg);
static int answered(void *arg)
{
    struct message *m = (struct message *)arg;
    return async_call_soon_threadsafe(&here, &m->call, back, m);
}
static int back(void *arg)
{
    struct message *m = (struct message *)arg;
    if (--m->left) return async_call_soon_threadsafe(&there, &m->call, answered, m);
    if (!--live) async_loop_stop(&here);
    return 0;
}
static void asyncc_wake(uint64_t n, uint64_t size)
{
    static struct message messages[MOST];
    uint64_t i;
    live = size;
    for (i = 0; i < size; i++) {
        messages[i].left = n / size;
        async_call_soon_threadsafe(&there, &messages[i].call, answered, &messages[i]);
    }
    async_loop_run_forever(&here);
}

/* One of a pair of coroutines, each in its own loop; either wakes the other and waits. */
struct player {
    _Alignas(64) async_call call;
    async_event turn;
    async_loop *loop;
    struct player *other;
};
static int set_turn(void *arg)
{
    async_event_set(&((struct player *)arg)->turn);
    return 0;
}
ASYNC(void, play, args(struct player *me, uint64_t n, bool begins), awaits(async_event_wait))
{
    ASYNC_BEGIN
    while (self->n--) {
        if (!self->begins) {
            AWAIT(async_event_wait, &self->me->turn);
            async_event_clear(&self->me->turn);
        }
        async_call_soon_threadsafe(self->me->other->loop, &self->me->other->call, set_turn,
                                   self->me->other);
        if (self->begins) {
            AWAIT(async_event_wait, &self->me->turn);
            async_event_clear(&self->me->turn);
        }
    }
    if (self->begins && !--live) async_loop_stop(async_get_running_loop());
    ASYNC_END
}
static struct player players[MOST][2];
static ASYNC_TASK(play) plays[MOST][2];
static int spawn_there(void *arg)
{
    uint64_t i, size = *(const uint64_t *)arg >> 32, n = *(const uint64_t *)arg & 0xffffffff;
    for (i = 0; i < size; i++) ASYNC_SPAWN_ON(&there, &plays[i][1], play, &players[i][1], n, false);
    return 0;
}
static void asyncc_tasks(uint64_t n, uint64_t size)
{
    static async_call spawning;
    static uint64_t what;
    uint64_t i;
    int k;
    live = size;
    for (i = 0; i < size; i++)
        for (k = 0; k < 2; k++) {
            players[i][k].loop = k ? &there : &here;
            players[i][k].other = &players[i][!k];
        }
    what = size << 32 | n / size;
    async_call_soon_threadsafe(&there, &spawning, spawn_there, &what);
    for (i = 0; i < size; i++)
        ASYNC_SPAWN_ON(&here, &plays[i][0], play, &players[i][0], n / size, true);
    async_loop_run_forever(&here);
}

static void measure_wakes(const char *workload)
{
    uint64_t size;
    lim_start(lim_by_fd, true);
    lim_start(lim_by_cond, false);
    async_loop_init(&here, NULL);
    async_loop_init(&there, NULL);
    must(async_loop_keep(&here) == 0 && async_loop_keep(&there) == 0, "async_loop_keep");
    start(runs, &there);
    for (size = 1; size <= MOST; size *= MOST)
        BENCH(workload, size, size, {"limit", limit_wake}, {"condvar", condvar_wake},
              {"asyncc", asyncc_wake}, {"tasks", asyncc_tasks});
}

/* --- two cores --- */

struct share {
    void (*work)(uint64_t n);
    uint64_t n;
};
static void *share(void *arg)
{
    const struct share *s = (const struct share *)arg;
    stay_on(core[1]);
    s->work(s->n);
    return NULL;
}
/* n operations by one thread, or half of them by each of two. */
static void split(void (*work)(uint64_t), uint64_t n, int threads)
{
    struct share s = {work, n / (uint64_t)threads};
    pthread_t other = 0;
    if (threads == 2) other = start(share, &s);
    work(s.n);
    if (threads == 2) pthread_join(other, NULL);
}

static void arithmetic(uint64_t n)
{
    uint64_t x = 1;
    while (n--) x = x * 6364136223846793005u + 1442695040888963407u;
    BENCH_KEEP(x);
}
ASYNC(void, switcher, args(uint64_t n), awaits(async_sleep))
{
    ASYNC_BEGIN
    while (self->n--) AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
enum { TASKS = 100, PAIRS = 50 };
ASYNC(void, switchers, args(uint64_t n), vars(int i), tasks(switcher t[TASKS]))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < TASKS; self->i++)
        ASYNC_SPAWN(&self->t[self->i], switcher, self->n / TASKS);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
static void switches(uint64_t n)
{
    ASYNC_RUN(switchers, n);
}

/* 64 bytes to the other end of a pair and back, over and over. */
ASYNC(void, talker, args(int fd, uint64_t n, bool begins), vars(ptrdiff_t got; char data[64]))
{
    ASYNC_BEGIN
    while (self->n--) {
        if (self->begins) AWAIT(async_write_all, self->fd, self->data, sizeof self->data);
        AWAIT_TO(self->got, async_read, self->fd, self->data, sizeof self->data);
        if (!self->begins) AWAIT(async_write_all, self->fd, self->data, sizeof self->data);
    }
    async_close(self->fd);
    ASYNC_END
}
ASYNC(void, talkers, args(uint64_t n), vars(int i; int fds[2]), tasks(talker t[2 * PAIRS]))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 2 * PAIRS; self->i += 2) {
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fds) == 0, "socketpair");
        must(!async_adopt(self->fds[0]) && !async_adopt(self->fds[1]), "async_adopt");
        ASYNC_SPAWN(&self->t[self->i], talker, self->fds[0], self->n / PAIRS, true);
        ASYNC_SPAWN(&self->t[self->i + 1], talker, self->fds[1], self->n / PAIRS, false);
    }
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
static void talk(uint64_t n)
{
    ASYNC_RUN(talkers, n);
}
#define SPLIT(work)                                                                                \
    static void work##_1(uint64_t n, uint64_t size)                                                \
    {                                                                                              \
        (void)size, split(work, n, 1);                                                             \
    }                                                                                              \
    static void work##_2(uint64_t n, uint64_t size)                                                \
    {                                                                                              \
        (void)size, split(work, n, 2);                                                             \
    }
SPLIT(arithmetic)
SPLIT(switches)
SPLIT(talk)

/* Enough at a time that to start a thread does not count. */
static void measure_cores(void)
{
    clock_of_workload = CLOCK_MONOTONIC;
    BENCH("two-cores-arithmetic", 0, 1 << 23, {"one", arithmetic_1}, {"two", arithmetic_2});
    BENCH("two-cores-switch", 0, 20000 * TASKS, {"one", switches_1}, {"two", switches_2});
    BENCH("two-cores-sockets", 0, 100 * PAIRS, {"one", talk_1}, {"two", talk_2});
    clock_of_workload = CLOCK_PROCESS_CPUTIME_ID;
    BENCH("two-cores-cpu-switch", 0, 20000 * TASKS, {"one", switches_1}, {"two", switches_2});
    BENCH("two-cores-cpu-sockets", 0, 100 * PAIRS, {"one", talk_1}, {"two", talk_2});
}

/* Each in a process of its own: no threads of the one before. */
int main(int argc, char **argv)
{
    cpu_set_t set;
    int i, cpu, cores = 0;
    must(sched_getaffinity(0, sizeof set, &set) == 0, "sched_getaffinity");
    for (cpu = 0; cpu < CPU_SETSIZE && cores < 2; cpu++)
        if (CPU_ISSET((size_t)cpu, &set)) core[cores++] = cpu;
    for (i = 0; i < 3; i++) {
        int status = 1;
        pid_t child;
        if (i > 0 && cores < 2) {
            puts("left out, there is one core: wake, two-cores");
            break;
        }
        child = fork();
        if (child == 0) {
            bench_start(argc, argv);
            if (i == 0) core[1] = core[0];
            stay_on(core[0]);
            clock_of_workload = i == 0 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
            if (i < 2) measure_wakes(i == 0 ? "wake-one-core" : "wake");
            else measure_cores();
            if (bench.csv) fclose(bench.csv);
            fflush(stdout);
            _exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) < 0 || status) return 1;
    }
    return 0;
}
