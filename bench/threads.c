/* What it costs to hand a job of no length to another thread and to hear of its end, with 1 and 64
 * in flight; on one processor, and on as many as there are. Time is the clock's: most of it goes to
 * waiting for threads to wake.
 *
 * limit     one mutex, one condition, one eventfd that is written when the list of what is done
 *           goes from empty to not empty; one worker
 * asyncc    async_run_in_executor, a pool of one
 * asyncc-4  the same, a pool of four
 * libuv-4   uv_queue_work, four threads, if it is installed: see libuv.c */
#define _GNU_SOURCE 1
#define BENCH_CLOCK CLOCK_MONOTONIC
#define ASYNCC_IMPLEMENTATION
#include "../asyncc.h"

#include "bench.h"
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 64 };

bench_fn libuv_jobs __attribute__((__weak__));

/* --- limit --- */

struct lim_job {
    struct lim_job *next;
    uint64_t left; /* how often it is still to be done */
};
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    struct lim_job *todo, **todo_tail, *done, **done_tail;
    bool idle, started;
    int fd;
} lim = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, NULL, NULL, NULL, 0, 0, 0};
static uint64_t work_done; /* by the worker only */

static void *lim_worker(void *arg)
{
    pthread_mutex_lock(&lim.mutex);
    for (;;) {
        struct lim_job *job = lim.todo;
        bool wake;
        if (!job) {
            lim.idle = true;
            pthread_cond_wait(&lim.cond, &lim.mutex);
            lim.idle = false;
            continue;
        }
        lim.todo = job->next;
        if (!lim.todo) lim.todo_tail = &lim.todo;
        pthread_mutex_unlock(&lim.mutex);
        work_done++;
        pthread_mutex_lock(&lim.mutex);
        job->next = NULL;
        wake = !lim.done;
        *lim.done_tail = job;
        lim.done_tail = &job->next;
        if (wake) {
            pthread_mutex_unlock(&lim.mutex);
            eventfd_write(lim.fd, 1);
            pthread_mutex_lock(&lim.mutex);
        }
    }
    return arg;
}
static void lim_submit(struct lim_job *job)
{
    bool wake;
    job->next = NULL;
    pthread_mutex_lock(&lim.mutex);
    *lim.todo_tail = job;
    lim.todo_tail = &job->next;
    wake = lim.idle;
    lim.idle = false;
    pthread_mutex_unlock(&lim.mutex);
    if (wake) pthread_cond_signal(&lim.cond);
}
static void limit_jobs(uint64_t n, uint64_t size)
{
    static struct lim_job jobs[MOST];
    uint64_t i, live = size;
    if (!lim.started) {
        pthread_t thread;
        lim.todo_tail = &lim.todo;
        lim.done_tail = &lim.done;
        lim.fd = eventfd(0, EFD_CLOEXEC);
        lim.started = pthread_create(&thread, NULL, lim_worker, NULL) == 0;
    }
    for (i = 0; i < size; i++) {
        jobs[i].left = n / size;
        lim_submit(&jobs[i]);
    }
    while (live) {
        struct lim_job *job, *next;
        eventfd_t some;
        eventfd_read(lim.fd, &some);
        pthread_mutex_lock(&lim.mutex);
        job = lim.done;
        lim.done = NULL;
        lim.done_tail = &lim.done;
        pthread_mutex_unlock(&lim.mutex);
        for (; job; job = next) {
            next = job->next;
            if (--job->left) lim_submit(job);
            else live--;
        }
    }
}

/* --- asyncc --- */

static async_loop loop;
static async_pool one, four;
static uint64_t live;
static int work(void *arg)
{
    ++*(uint64_t *)arg;
    return 0;
}
ASYNC(void, jobs, args(async_pool *pool, uint64_t n), vars(uint64_t i; uint64_t count))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->n; self->i++)
        AWAIT(async_run_in_executor, self->pool, work, &self->count);
    if (!--live) async_loop_stop(async_get_running_loop());
    ASYNC_END
}
static void asyncc_run(async_pool *pool, uint64_t n, uint64_t size)
{
    static ASYNC_TASK(jobs) tasks[MOST];
    uint64_t i;
    live = size;
    for (i = 0; i < size; i++) ASYNC_SPAWN_ON(&loop, &tasks[i], jobs, pool, n / size);
    async_loop_run_forever(&loop);
}
static void asyncc_jobs(uint64_t n, uint64_t size)
{
    asyncc_run(&one, n, size);
}
static void asyncc_jobs_4(uint64_t n, uint64_t size)
{
    asyncc_run(&four, n, size);
}

static void measure(const char *workload)
{
    uint64_t size;
    async_pool_options options = {0};
    options.size = 1;
    async_pool_init(&one, &options);
    options.size = 4;
    async_pool_init(&four, &options);
    async_loop_init(&loop, NULL);
    for (size = 1; size <= MOST; size *= MOST)
        BENCH(workload, size, size, {"limit", limit_jobs}, {"asyncc", asyncc_jobs},
              {"asyncc-4", asyncc_jobs_4}, {"libuv-4", libuv_jobs});
    async_loop_close(&loop);
    async_pool_close(&one);
    async_pool_close(&four);
}

/* Each in a process of its own: threads stay on the processors they began with. */
int main(int argc, char **argv)
{
    int i;
    for (i = 0; i < 2; i++) {
        pid_t child = fork();
        if (child == 0) {
            bench_start(argc, argv);
            if (i == 0) {
                cpu_set_t set;
                CPU_ZERO(&set);
                CPU_SET((size_t)sched_getcpu(), &set);
                if (sched_setaffinity(0, sizeof set, &set) != 0) perror("sched_setaffinity");
            }
            measure(i == 0 ? "hand-off-one-core" : "hand-off");
            if (bench.csv) fclose(bench.csv);
            _exit(0);
        }
        waitpid(child, NULL, 0);
    }
    return 0;
}
