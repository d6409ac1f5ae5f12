/* Jobs for the threads of libuv, for bench/threads.c; built where its header is. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#if defined(__has_include)
#if __has_include(<uv.h>)
#define HAVE_LIBUV
#endif
#endif
#ifdef HAVE_LIBUV
#include <stdint.h>
#include <uv.h>

void libuv_jobs(uint64_t n, uint64_t size);

struct uv_job {
    uv_work_t work;
    uint64_t left, count;
};
static void run(uv_work_t *work)
{
    ((struct uv_job *)(void *)work)->count++;
}
static void done(uv_work_t *work, int status)
{
    (void)status;
    if (--((struct uv_job *)(void *)work)->left) uv_queue_work(uv_default_loop(), work, run, done);
}
void libuv_jobs(uint64_t n, uint64_t size)
{
    static struct uv_job jobs[64];
    uint64_t i;
    for (i = 0; i < size; i++) {
        jobs[i].left = n / size;
        uv_queue_work(uv_default_loop(), &jobs[i].work, run, done);
    }
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
#else
extern int no_libuv;
#endif
