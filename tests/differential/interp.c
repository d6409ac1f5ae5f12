/* The other half of differential.py, which says what a program is: reads one a line, runs it as
 * asyncc coroutines on a virtual clock, prints `=== number` and its trace.
 */
#define ASYNCC_IMPLEMENTATION
#include "../../asyncc.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 5, FUTURES = 3, CALLS = 3, GROUPS = 2, TIMEOUTS = 2 };
enum { MOST_TASKS = 48, MOST_FUTURES = 64, MOST_CALLS = 128, MOST_OPS = 20000, ROUNDS = 30 };

#define KINDS(X)                                                                                   \
    X(print) X(sleep) X(busy) X(stop) X(spawn) X(spawn_in) X(await) X(cancel) X(state) X(uncancel)         \
    X(raise) X(return) X(gather) X(wait_for) X(on_done) X(call) X(repeat) X(try) X(try_all)        \
    X(finally) X(timeout) X(reschedule) X(group) X(with) X(for) X(future) X(set) X(set_error)      \
    X(cancel_future) X(await_future) X(on_done_future) X(call_soon) X(call_later) X(call_cancel)   \
    X(lock) X(unlock) X(with_lock) X(event_wait) X(event_set) X(event_clear) X(acquire) X(release) \
    X(with_semaphore) X(with_condition) X(wait) X(wait_until) X(notify) X(barrier)                 \
    X(barrier_reset) X(barrier_abort) X(put) X(get) X(put_nowait) X(get_nowait) X(task_done)       \
    X(join) X(shutdown) X(shield) X(wait_tasks) X(each)
#define NUMBER(name) K_##name,
enum kind { KINDS(NUMBER) K_end };
#define NAME(name) #name,
static const char *const names[] = {KINDS(NAME)};

struct op {
    enum kind kind;
    int id, n, a[8];
    const struct op *blocks[3], *next;
};

typedef ASYNC_QUEUE(int, 1) queue_of_1;
typedef ASYNC_QUEUE(int, 2) queue_of_2;
typedef ASYNC_QUEUE(int, 3) queue_of_3;
typedef ASYNC_FUTURE(int) future_of_int;

/* Everything a program has. */
static struct {
    int tasks, futures, calls;
    async_task *task[MOST_TASKS], *slot[SLOTS];
    int slot_id[SLOTS];
    char gone[MOST_TASKS][32]; /* how it ended, of tasks whose memory is given back */
    async_call going[MOST_TASKS];
    bool held[MOST_TASKS];
    int waits[MOST_TASKS][8], waits_n[MOST_TASKS]; /* for whom each task waits */
    future_of_int future[MOST_FUTURES + FUTURES], *future_slot[FUTURES];
    async_call call[MOST_CALLS], *call_slot[CALLS];
    async_group *group[GROUPS];
    async_timeout *timeout[TIMEOUTS];
    async_lock lock[2];
    async_event event[2];
    async_semaphore semaphore[2];
    async_condition condition[2];
    async_barrier barrier[2];
    queue_of_1 q0;
    queue_of_2 q1, q2;
    queue_of_3 q3;
} p;
static async_loop loop;
static struct op ops[MOST_OPS];
static const struct op *bodies[16];
static int lines;                /* printed so far */
static char outcome[512] = "ok"; /* of the operation that ends now; "ok" unless it says more */

static int id_of(const async_task *task);
static int value_of(const async_task *task);
static int spawn(const struct op *op, async_group *group);
/* In the slot, or oneself; NULL: none, or its memory is gone. */
static async_task *task_in(int slot)
{
    async_task *task = slot < 0 ? async_current_task() : p.slot[slot];
    return slot < 0 || !task || !p.gone[p.slot_id[slot]][0] ? task : NULL;
}

static const char *error_name(int err)
{
    static char user[16];
    if (err <= ASYNC_EUSER && err > ASYNC_CANCELED) {
        snprintf(user, sizeof user, "E%d", ASYNC_EUSER - err);
        return user;
    }
    if (err == ASYNC_CANCELED) return "CANCELED";
    if (err == ASYNC_EBROKEN) return "BROKEN";
    if (err == -ETIMEDOUT) return "TIMEDOUT";
    if (err == -EALREADY) return "ALREADY";
    if (err == -EAGAIN) return "AGAIN";
    if (err == -ESHUTDOWN) return "SHUTDOWN";
    if (err == -EPERM || err == -EDEADLK) return "RUNTIME";
    if (err == -EINVAL) return "INVAL";
    return async_strerror(err);
}

static long now(void)
{
    return (long)(async_loop_time(&loop) / 1000000);
}
static void emit(const struct op *op, const char *text)
{
    async_task *task = async_current_task();
    lines++;
    if (task)
        printf("%d %s%d %s c%d @%ld\n", id_of(task), names[op->kind], op->id, text,
               async_task_cancelling(task), now());
    else printf("- %s%d %s @%ld\n", names[op->kind], op->id, text, now());
}
static void note(const char *what, int number, const char *text)
{
    lines++;
    printf("%s%d %s @%ld\n", what, number, text, now());
}
static void emit_outcome(const struct op *op, int err)
{
    emit(op, err ? error_name(err) : outcome);
    strcpy(outcome, "ok");
}
static void say(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));
static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(outcome, sizeof outcome, format, args);
    va_end(args);
}
static void say_more(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));
static void say_more(const char *format, ...)
{
    size_t size = strlen(outcome);
    va_list args;
    va_start(args, format);
    vsnprintf(outcome + size, sizeof outcome - size, format, args);
    va_end(args);
}

static const char *state_of(async_task *task)
{
    static char text[16];
    int err = async_task_error(task);
    if (err == -EINPROGRESS) return "pending";
    if (err) return error_name(err);
    snprintf(text, sizeof text, "%d", value_of(task));
    return text;
}
static const char *state_of_future(future_of_int *f)
{
    static char text[16];
    int err = async_future_error(&f->future);
    if (err == -EINPROGRESS) return "pending";
    if (err) return error_name(err);
    snprintf(text, sizeof text, "%d", f->result);
    return text;
}

/* Would the running task wait for itself, by any way? If not, it waits for these now. */
static bool reaches(int from, int to, bool *seen)
{
    int i;
    if (from == to) return true;
    if (seen[from]) return false;
    seen[from] = true;
    for (i = 0; i < p.waits_n[from]; i++)
        if (reaches(p.waits[from][i], to, seen)) return true;
    return false;
}
static bool ring(async_task *const *tasks, int n)
{
    bool seen[MOST_TASKS] = {false};
    int me = id_of(async_current_task()), i;
    for (i = 0; i < n; i++)
        if (reaches(id_of(tasks[i]), me, seen)) return true;
    for (i = 0; i < n; i++) p.waits[me][i] = id_of(tasks[i]);
    p.waits_n[me] = n;
    return false;
}
static void stop_waiting(void)
{
    p.waits_n[id_of(async_current_task())] = 0;
}
/* May it be awaited? */
static bool can_wait(async_task *task, bool itself)
{
    if (!task) say("none");
    else if (!(itself && task == async_current_task()) && ring(&task, 1)) say("ring");
    else return true;
    return false;
}

static int run_block(const struct op *op);
static int run_call(void *block)
{
    return run_block((const struct op *)block);
}
static async_call *new_call(void)
{
    if (p.calls == MOST_CALLS) {
        say("full");
        return NULL;
    }
    return &p.call[p.calls++];
}

/* Everything but waiting: also what a callback can do. The error it raises. */
static int simple(const struct op *op)
{
    const int *a = op->a;
    async_task *task;
    async_call *call;
    int value, err;
    switch (op->kind) {
    case K_busy: return async_loop_advance(&loop, ASYNC_MS(a[0] > 0 ? a[0] : 0));
    case K_stop: async_loop_stop(&loop); return 0;
    case K_spawn: return spawn(op, NULL);
    case K_spawn_in:
        if (p.tasks == MOST_TASKS) say("full");
        else if (!p.group[a[0]]) say("none");
        else return spawn(op, p.group[a[0]]);
        return 0;
    case K_cancel:
    case K_uncancel:
        task = task_in(a[0]);
        if (!task) say("none");
        else say("%d", op->kind == K_cancel ? async_task_cancel(task) : async_task_uncancel(task));
        return 0;
    case K_state:
        task = task_in(a[0]);
        if (!task) say("none");
        else say("%s c%d", state_of(task), async_task_cancelling(task));
        return 0;
    case K_raise: return a[0] ? ASYNC_EUSER - a[0] : ASYNC_CANCELED;
    case K_on_done:
        if (!(task = task_in(a[0]))) say("none");
        else if ((call = new_call()) != NULL)
            return async_task_add_done_callback(task, call, run_call, (void *)op->blocks[0]);
        return 0;
    case K_reschedule:
        if (!p.timeout[a[0]]) say("none");
        else if (async_timeout_reschedule(p.timeout[a[0]],
                                          a[1] >= 0 ? ASYNC_MS(a[1]) : ASYNC_FOREVER))
            say("INVAL");
        return 0;
    case K_future:
        if (p.futures == MOST_FUTURES) say("full");
        else p.future_slot[a[0]] = &p.future[p.futures++];
        return 0;
    case K_set:
        if (ASYNC_SET_RESULT(p.future_slot[a[0]], a[1])) say("ALREADY");
        return 0;
    case K_set_error:
        if (async_future_set_error(&p.future_slot[a[0]]->future, ASYNC_EUSER - a[1]))
            say("ALREADY");
        return 0;
    case K_cancel_future: say("%d", async_future_cancel(&p.future_slot[a[0]]->future)); return 0;
    case K_on_done_future:
        if (!(call = new_call())) return 0;
        return async_future_add_done_callback(&p.future_slot[a[0]]->future, call, run_call,
                                              (void *)op->blocks[0]);
    case K_call_soon:
        if (!(call = new_call())) return 0;
        p.call_slot[a[0]] = call;
        return async_call_soon(&loop, call, run_call, (void *)op->blocks[0]);
    case K_call_later:
        if (!(call = new_call())) return 0;
        p.call_slot[a[0]] = call;
        return async_call_later(&loop, call, ASYNC_MS(a[1]), run_call, (void *)op->blocks[0]);
    case K_call_cancel:
        if (!p.call_slot[a[0]]) say("none");
        else say("%d", async_call_cancel(p.call_slot[a[0]]));
        return 0;
    case K_unlock: return async_lock_release(&p.lock[a[0]]);
    case K_event_set: async_event_set(&p.event[a[0]]); return 0;
    case K_event_clear: async_event_clear(&p.event[a[0]]); return 0;
    case K_release:
        err = async_semaphore_release(&p.semaphore[a[0]]);
        say("%d", async_semaphore_locked(&p.semaphore[a[0]]));
        return err;
    case K_notify: return async_condition_notify(&p.condition[a[0]], (uint32_t)a[1]);
    case K_barrier_reset: async_barrier_reset(&p.barrier[a[0]]); return 0;
    case K_barrier_abort: async_barrier_abort(&p.barrier[a[0]]); return 0;
    case K_put_nowait:
        value = a[1];
        if (a[0] == 0) return ASYNC_QUEUE_PUT_NOWAIT(&p.q0, &value);
        if (a[0] == 1) return ASYNC_QUEUE_PUT_NOWAIT(&p.q1, &value);
        if (a[0] == 2) return ASYNC_QUEUE_PUT_NOWAIT(&p.q2, &value);
        return ASYNC_QUEUE_PUT_NOWAIT(&p.q3, &value);
    case K_get_nowait:
        value = 0;
        if (a[0] == 0) err = ASYNC_QUEUE_GET_NOWAIT(&p.q0, &value);
        else if (a[0] == 1) err = ASYNC_QUEUE_GET_NOWAIT(&p.q1, &value);
        else if (a[0] == 2) err = ASYNC_QUEUE_GET_NOWAIT(&p.q2, &value);
        else err = ASYNC_QUEUE_GET_NOWAIT(&p.q3, &value);
        say("%d", value);
        return err;
    case K_task_done:
    case K_shutdown: {
        async_queue *const queues[] = {&p.q0.queue, &p.q1.queue, &p.q2.queue, &p.q3.queue};
        if (op->kind == K_task_done) return async_queue_task_done(queues[a[0]]);
        async_queue_shutdown(queues[a[0]], a[1]);
        return 0;
    }
    default: return 0;
    }
}
static int run_block(const struct op *op)
{
    for (; op; op = op->next) {
        int err = simple(op);
        emit_outcome(op, err);
        if (err) return err;
    }
    return 0;
}
static bool event_is_set(void *event)
{
    return async_event_is_set((async_event *)event);
}

static int some_tasks(const struct op *op, int first, async_task **list)
{
    int i, n = 0;
    for (i = first; i < op->n; i++)
        if (task_in(op->a[i])) list[n++] = task_in(op->a[i]);
    return n;
}
/* The tasks by value or as an array, in turns. */
static async_tasks view(async_task **list, int n)
{
    static int turn;
    async_tasks v = {.n = (uint32_t)n, .stride = 1};
    if (n > 8 || turn++ & 1) return ASYNC_TASK_POINTERS(list, n);
    memcpy(v.t, list, (size_t)n * sizeof *list);
    return v;
}
static bool any_done(async_task *const *list, int n)
{
    while (n--)
        if (async_task_done(list[n])) return true;
    return false;
}
static void say_all(async_task *const *list, int n)
{
    size_t size = 1;
    int i;
    strcpy(outcome, "[");
    for (i = 0; i < n; i++)
        size += (size_t)snprintf(outcome + size, sizeof outcome - size, "%s%s", i ? " " : "",
                                 state_of(list[i]));
    strcpy(outcome + size, "]");
}
static void say_failed(const async_group *group)
{
    const async_task *task;
    size_t size = 6;
    strcpy(outcome, "failed");
    for (task = async_group_failed(group); task; task = async_group_next_failed(task))
        size += (size_t)snprintf(outcome + size, sizeof outcome - size, " %s",
                                 state_of((async_task *)task));
    if (group->body_error < 0 && group->body_error != ASYNC_CANCELED)
        snprintf(outcome + size, sizeof outcome - size, " %s", error_name(group->body_error));
}
static bool awaits_tasks(const struct op *op)
{
    return op->kind == K_await || op->kind == K_wait_for || op->kind == K_gather;
}

#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
/* Five levels of the same coroutines, so that four blocks can be nested. */
#define LEVEL 0
#include "level.h"
#define LEVEL 1
#include "level.h"
#define LEVEL 2
#include "level.h"
#define LEVEL 3
#include "level.h"
#define LEVEL 4
#include "level.h"

ASYNC(int, body, args(int id, const struct op *block), vars(int value; int err), awaits(block_4))
{
    ASYNC_BEGIN
    note("start", self->id, "ok");
    ASYNC_TRY {
        AWAIT_TO(self->value, block_4, self->block);
    }
    ASYNC_CATCH_ALL(self->err) {
        note("end", self->id, error_name(self->err));
        ASYNC_RAISE(self->err);
    }
    snprintf(outcome, sizeof outcome, "%d", self->value);
    note("end", self->id, outcome);
    strcpy(outcome, "ok");
    ASYNC_RETURN(self->value);
    ASYNC_END
}

static ASYNC_TASK(body) tasks[MOST_TASKS];

static int id_of(const async_task *task)
{
    return ((const ASYNC_TASK(body) *)(const void *)task)->frame_.id;
}
static int value_of(const async_task *task)
{
    return ((const ASYNC_TASK(body) *)(const void *)task)->frame_.async_result_;
}

static void state_at_end(async_task *task, char *text, size_t size)
{
    snprintf(text, size, "%s c%d", state_of(task), async_task_cancelling(task));
}
static int gone(void *task)
{
    state_at_end((async_task *)task, p.gone[id_of((async_task *)task)], sizeof p.gone[0]);
    return 0;
}
/* how: as in differential.py. False: the group takes no more. */
static bool start(int slot, int body_number, int how, async_group *group)
{
    const struct op *block = bodies[body_number];
    int id = p.tasks++;
    ASYNC_TASK(body) *task = &tasks[id];
    bool heap = how & 3 || (group && how & 4), eager = how & 4;
    int err = 0;
    if (heap) {
        if (eager && group) task = ASYNC_SPAWN_NEW_IN_EAGER(group, body, id, block);
        else if (eager) task = ASYNC_SPAWN_NEW_EAGER(body, id, block);
        else if (group) task = ASYNC_SPAWN_NEW_IN(group, body, id, block);
        else task = ASYNC_SPAWN_NEW(body, id, block);
    } else if (eager) {
        err = ASYNC_SPAWN_EAGER(task, body, id, block);
    } else {
        err = group ? ASYNC_SPAWN_IN(group, task, body, id, block)
                    : ASYNC_SPAWN(task, body, id, block);
    }
    if (!task || err) {
        p.tasks--;
        return false;
    }
    if (!(how & 2)) p.held[id] = true, async_task_hold(&task->task); /* the allocator's, that is */
    else if (async_task_done(&task->task)) gone(task);
    else async_task_add_done_callback(&task->task, &p.going[id], gone, task);
    p.task[id] = p.slot[slot] = &task->task;
    p.slot_id[slot] = id;
    return true;
}
static int spawn(const struct op *op, async_group *group)
{
    const int *a = &op->a[group != NULL];
    int id = p.tasks;
    if (id == MOST_TASKS) say("full");
    else if (start(a[0], a[1], a[2], group)) say("t%d", id);
    else say("shut");
    return 0;
}

static void on_error(async_loop *l, const async_report *report)
{
    (void)l;
    if (!strcmp(report->message, "error in a callback"))
        note("report", 0, error_name(report->error));
}
static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void run(void)
{
    async_options options = {.virtual_clock = true, .on_error = on_error};
    char text[64];
    int i, left, round, err, printed = 0;

    async_loop_init(&loop, &options);
    memset(tasks, 0, (size_t)p.tasks * sizeof tasks[0]); /* of the last program */
    memset(&p, 0, sizeof p);
    for (i = 0; i < FUTURES; i++) p.future_slot[i] = &p.future[MOST_FUTURES + i];
    async_semaphore_init(&p.semaphore[0], 1);
    async_semaphore_init_bounded(&p.semaphore[1], 2);
    p.condition[1].lock = &p.lock[0];
    async_barrier_init(&p.barrier[0], 2);
    async_barrier_init(&p.barrier[1], 3);
    async_queue_init(&p.q2.queue, ASYNC_LIFO, NULL);
    async_queue_init(&p.q3.queue, ASYNC_PRIORITY, by_value);

    lines = 0;
    start(0, 0, 0, NULL);
    err = async_loop_run_until_complete(&loop, p.task[0]);
    if (async_task_done(p.task[0])) note("main", 0, err ? error_name(err) : "done");
    else note("main", 0, err == -EDEADLK ? "idle" : err == -EINTR ? "stopped" : error_name(err));
    for (round = 0; round < ROUNDS; round++) {
        bool cancel[MOST_TASKS];
        int n = p.tasks;
        for (i = left = 0; i < n; i++)
            left += cancel[i] = !p.gone[i][0] && !async_task_done(p.task[i]);
        if ((round && !left) || lines == printed) break; /* or stuck: in a condition */
        snprintf(text, sizeof text, "%d", left);
        note("left", round, text);
        printed = lines;
        for (i = 0; i < n; i++)
            if (cancel[i]) async_task_cancel(p.task[i]);
        err = async_loop_run_forever(&loop);
        if (err != -EDEADLK) note("left", round, err ? error_name(err) : "stopped");
    }
    for (i = 0; i < p.tasks; i++) {
        if (!p.gone[i][0]) state_at_end(p.task[i], p.gone[i], sizeof p.gone[i]);
        note("task", i, p.gone[i]);
    }
    for (i = 0; i < FUTURES; i++) note("future", i, state_of_future(p.future_slot[i]));
    for (i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%d %d %d %u %d", p.lock[i].locked,
                 async_condition_lock(&p.condition[i])->locked, p.event[i].set,
                 p.semaphore[i].value, async_semaphore_locked(&p.semaphore[i]));
        note("locks", i, text);
    }
    snprintf(text, sizeof text, "%u %u %u %u", async_queue_count(&p.q0.queue),
             async_queue_count(&p.q1.queue), async_queue_count(&p.q2.queue),
             async_queue_count(&p.q3.queue));
    note("queues", 0, text);
    for (i = 0; i < p.tasks; i++)
        if (p.held[i]) async_task_release(p.task[i]);
    async_loop_close(&loop);
}

/* --- reading --- */

static const char *at;
static int ops_made;

static void bad(const char *what)
{
    fprintf(stderr, "interp: %s at: %s\n", what, at);
    exit(2);
}
static void skip_spaces(void)
{
    while (isspace((unsigned char)*at)) at++;
}
static bool next_is(char c)
{
    skip_spaces();
    if (*at != c) return false;
    at++;
    return true;
}
static const struct op *read_block(void)
{
    const struct op *first = NULL, **link = &first;
    if (!next_is('{')) bad("no {");
    while (!next_is('}')) {
        struct op *op = &ops[ops_made];
        int blocks = 0;
        size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
        if (ops_made == MOST_OPS) bad("too many operations");
        memset(op, 0, sizeof *op);
        op->id = ops_made++;
        for (op->kind = (enum kind)0; op->kind < K_end; op->kind = (enum kind)(op->kind + 1))
            if (strlen(names[op->kind]) == n && !memcmp(names[op->kind], at, n)) break;
        if (op->kind == K_end) bad("no such operation");
        at += n;
        while (!next_is(';')) {
            char *end;
            if (*at == '{') {
                if (blocks == 3) bad("too many blocks");
                op->blocks[blocks++] = read_block();
                continue;
            }
            if (op->n == 8) bad("too many arguments");
            op->a[op->n++] = (int)strtol(at, &end, 10);
            if (end == at) bad("no number");
            at = end;
        }
        *link = op;
        link = &op->next;
    }
    return first;
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    int number = 0;
    while (getline(&line, &room, stdin) > 0) {
        int n = 0;
        at = line;
        ops_made = 0;
        for (skip_spaces(); *at; skip_spaces()) {
            if (n == 16) bad("too many bodies");
            bodies[n++] = read_block();
        }
        printf("=== %d\n", number++);
        fflush(stdout);
        alarm(5); /* a program that never ends is a difference too */
        run();
    }
    free(line);
    return 0;
}
