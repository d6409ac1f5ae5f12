/* A trace that chrome://tracing and ui.perfetto.dev open: what ran when, and what it waited for.
 *
 *     cc -I.. 61_trace.c -o trace && ./trace trace.json
 */
struct async_task;
static void record(int event, struct async_task *task);
#define ASYNCC_TRACE(event, task) record(event, task)
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

/* Events as they come, in memory: writing to a file would take longer than what is measured. */
static struct event {
    int what;
    int64_t ns;
    const void *task;
    const char *name, *wait;
} events[10000];
static int count;

static void record(int what, struct async_task *task)
{
    struct event *e = &events[count];
    struct timespec t;
    if (count == 10000) return;
    count++;
    clock_gettime(CLOCK_MONOTONIC, &t);
    e->ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    e->what = what;
    e->task = task;
    e->name = task ? async_task_name(task) : "loop";
    e->wait = what == ASYNC_TRACE_WAIT ? task->h.ops->what : NULL;
}

/* The format: "B" and "E" enclose what runs, on the track `tid`; "i" is an instant. A task has a
 * track of its own, numbered by its first event; 0 is the loop. A wait is an "X" from the step that
 * ends to the next one, so that a gap is never without a name. */
static int track(const void *task)
{
    static const void *seen[10000];
    static int tracks;
    int i;
    if (!task) return 0;
    for (i = 0; i < tracks; i++)
        if (seen[i] == task) return i + 1;
    seen[tracks++] = task;
    return tracks;
}
static void write_events(FILE *f)
{
    int i, j;
    fprintf(
        f,
        "[\n{\"ph\":\"M\",\"pid\":1,\"tid\":0,\"name\":\"thread_name\",\"args\":{\"name\":\"loop\"}}");
    for (i = 0; i < count; i++) {
        const struct event *e = &events[i];
        double us = (double)(e->ns - events[0].ns) / 1000;
        int tid = track(e->task);
        const char *ph = NULL, *name = e->name;
        switch (e->what) {
        case ASYNC_TRACE_SPAWN:
            fprintf(
                f,
                ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%d,\"name\":\"thread_name\",\"args\":{\"name\":"
                "\"%s %d\"}}",
                tid, e->name, tid);
            ph = "i", name = "spawn";
            break;
        case ASYNC_TRACE_WAKE: ph = "i", name = "wake"; break;
        case ASYNC_TRACE_STEP: ph = "B"; break;
        case ASYNC_TRACE_WAIT:
        case ASYNC_TRACE_END: ph = "E"; break;
        case ASYNC_TRACE_CALL: ph = "B", name = "callback"; break;
        case ASYNC_TRACE_RETURN: ph = "E", name = "callback"; break;
        case ASYNC_TRACE_IDLE: ph = "B", name = "idle"; break;
        case ASYNC_TRACE_BUSY: ph = "E", name = "idle"; break;
        }
        fprintf(f, ",\n{\"ph\":\"%s\",\"pid\":1,\"tid\":%d,\"ts\":%.3f,\"name\":\"%s\"}", ph, tid,
                us, name);
        if (!e->wait) continue;
        for (j = i + 1;
             j < count && (events[j].task != e->task || events[j].what != ASYNC_TRACE_STEP); j++) {}
        if (j < count)
            fprintf(
                f,
                ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"ts\":%.3f,\"dur\":%.3f,\"name\":\"%s\"}",
                tid, us, (double)(events[j].ns - e->ns) / 1000, e->wait);
    }
    fprintf(f, "\n]\n");
}

/* --- the program --- */

ASYNC(void, worker, args(int ms), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++) AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_END
}
ASYNC(void, amain, tasks(worker a, worker b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, worker, 2);
    ASYNC_SPAWN(&self->b, worker, 3);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    ASYNC_END
}

int main(int argc, char **argv)
{
    int failed = ASYNC_RUN(amain);
    FILE *f = argc > 1 ? fopen(argv[1], "w") : stdout;
    if (!f) return 1;
    write_events(f);
    return fclose(f) || failed;
}
