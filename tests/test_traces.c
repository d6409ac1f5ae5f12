/* Programs made at random, whose lines and their order must be CPython's. Each is a handful of
 * tasks that sleep, wait for each other in every way, cancel, raise, time out and form groups,
 * nested in try, finally, timeouts and groups. traces.inc holds a hash of what CPython 3.13 prints
 * for each; tests/traces.py makes it:
 *
 *     TRACES=build/programs build/test/test_traces    writes the programs
 *     python3.13 tests/traces.py build/programs >tests/traces.inc
 *     TRACES_SHOW=17 build/test/test_traces -v       what is printed here for one of them,
 *     python3.13 tests/traces.py build/programs 17    and there
 */
#include "test.h"

static const uint64_t expected[] = {
#include "traces.inc"
};
enum { PROGRAMS = sizeof expected / sizeof expected[0], TASKS = 8, FUTURES = 3, NODES = 400 };

/* --- programs --- */

/* A statement; what its letter means is said in the interpreter. */
struct node {
    char kind;
    int id, a, b, c;
    struct node *first, *second, *next; /* blocks; the statement that follows */
};
static struct node nodes[NODES], *program[TASKS];
static int node_count, group_count;
static uint64_t seed;

static int number(int n) /* below n */
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int)((seed >> 33) % (uint64_t)n);
}
static struct node *make_block(int task, int depth, int most, int group);

/* One statement of a task: it waits only for tasks after it, so that there are no rings. */
static struct node *make_node(int task, int depth, int group)
{
    struct node *n = &nodes[node_count++];
    int later = task < TASKS - 1 ? task + 1 + number(TASKS - 1 - task) : 0;
    memset(n, 0, sizeof *n);
    n->id = node_count;
    if (depth > 1 && number(3) == 0 && node_count < NODES / 2) {
        n->kind = "TTNNYYD"[number(7)];
        if (n->kind == 'T') n->a = number(6) - 1;
        if (n->kind == 'N') n->a = group = group_count++;
        n->first = make_block(task, depth - 1, 4, group);
        if (n->kind == 'Y' || n->kind == 'D') n->second = make_block(task, depth - 1, 2, group);
        return n;
    }
    n->kind = "SSSSJJJGGGWWWCCCURRFFEKPPAAAXLLBOQ"[number(34)];
    if (!later && strchr("JGWPA", n->kind)) n->kind = 'S';
    if (n->kind == 'S') n->a = number(5) - 1;
    else if (strchr("JGWPA", n->kind)) n->a = later;
    else if (strchr("FREK", n->kind)) n->a = number(FUTURES);
    else n->a = number(TASKS);
    if (n->kind == 'G') n->b = task + 1 + number(TASKS - 1 - task), n->c = number(2);
    if (strchr("WLO", n->kind)) n->b = number(5) - 1;
    if (n->kind == 'O') n->a = number(FUTURES);
    if (n->kind == 'A') n->b = group >= 0 || !group_count ? group : number(group_count);
    return n;
}
static struct node *make_block(int task, int depth, int most, int group)
{
    struct node *first = NULL, **tail = &first;
    int i, n = number(most + 1);
    for (i = 0; i < n; i++, tail = &(*tail)->next) *tail = make_node(task, depth, group);
    return first;
}
static void make_program(int which)
{
    int i;
    seed = (uint64_t)which * 0x9e3779b97f4a7c15u + 1;
    node_count = group_count = 0;
    for (i = 0; i < 20; i++) (void)number(2);
    for (i = 0; i < TASKS; i++) program[i] = make_block(i, 4, 6, -1);
}
static void print_block(FILE *file, const struct node *n)
{
    fprintf(file, "(");
    for (; n; n = n->next) {
        fprintf(file, "%c %d %d %d %d ", n->kind, n->id, n->a, n->b, n->c);
        if (strchr("TNYD", n->kind)) print_block(file, n->first);
        if (strchr("YD", n->kind)) print_block(file, n->second);
    }
    fprintf(file, ")");
}

/* --- the interpreter --- */

static async_task *task_at[TASKS];
static bool from_allocator, spawned[TASKS];
static int spawn(int i, async_group *group);
static async_future futures[FUTURES];
static async_group groups[NODES];
static async_call calls[NODES];
static int call_count;

static const char *name_of(int error)
{
    return error == 0                ? "ok"
           : error == ASYNC_CANCELED ? "cancelled"
           : error == -EIO           ? "EIO"
           : error == -EPERM         ? "EPERM"
           : error == -ETIMEDOUT     ? "timeout"
                                     : "?";
}
static int call_cancels(void *i)
{
    if (spawned[(intptr_t)i])
        trace("call: cancel %d: %d\n", (int)(intptr_t)i, async_task_cancel(task_at[(intptr_t)i]));
    return 0;
}
static int call_sets(void *i)
{
    trace("call: set %d: %d\n", (int)(intptr_t)i, async_future_set(&futures[(intptr_t)i]) == 0);
    return 0;
}
static int call_says(void *i)
{
    trace("done: %d\n", (int)(intptr_t)i);
    return 0;
}
/* What does not wait: C cancel a task, U uncancel, R E K settle a future, P spawn, A spawn in a
 * group, L B cancel later and soon, O set a future later, Q a done-callback. */
static void statement(const struct node *n, int me)
{
    async_loop *loop = async_get_running_loop();
    void *a = (void *)(intptr_t)n->a;
    if (n->kind == 'C' && spawned[n->a])
        trace("%d.%d %d\n", me, n->id, async_task_cancel(task_at[n->a]));
    if (n->kind == 'U') trace("%d.%d %d\n", me, n->id, async_task_uncancel(async_current_task()));
    if (n->kind == 'R') trace("%d.%d %d\n", me, n->id, async_future_set(&futures[n->a]) == 0);
    if (n->kind == 'E')
        trace("%d.%d %d\n", me, n->id, async_future_set_error(&futures[n->a], -EPERM) == 0);
    if (n->kind == 'K') trace("%d.%d %d\n", me, n->id, async_future_cancel(&futures[n->a]));
    if (n->kind == 'P' && !spawned[n->a]) (void)spawn(n->a, NULL);
    if (n->kind == 'A' && !spawned[n->a] && n->b >= 0 && spawn(n->a, &groups[n->b]))
        trace("%d.%d refused\n", me, n->id);
    if (n->kind == 'L')
        async_call_later(loop, &calls[call_count++], ASYNC_MS(n->b), call_cancels, a);
    if (n->kind == 'B') async_call_soon(loop, &calls[call_count++], call_cancels, a);
    if (n->kind == 'O') async_call_later(loop, &calls[call_count++], ASYNC_MS(n->b), call_sets, a);
    if (n->kind == 'Q' && spawned[n->a])
        async_task_add_done_callback(task_at[n->a], &calls[call_count++], call_says, a);
}
/* What waits: S sleep, J join, G gather, W wait_for, F future. X raises. */
ASYNC(void, waits, args(const struct node *n), vars(async_task *pair[2]),
      awaits(async_gather, async_wait_for))
{
    ASYNC_BEGIN
    if (self->n->kind == 'S') AWAIT(async_sleep, ASYNC_MS(self->n->a));
    if (self->n->kind == 'J' && spawned[self->n->a]) AWAIT(async_join, task_at[self->n->a]);
    if (self->n->kind == 'W' && spawned[self->n->a])
        AWAIT(async_wait_for, task_at[self->n->a], ASYNC_MS(self->n->b));
    if (self->n->kind == 'F') AWAIT(async_future_wait, &futures[self->n->a]);
    if (self->n->kind == 'X') ASYNC_RAISE(-EIO);
    if (self->n->kind == 'G' && spawned[self->n->a] && spawned[self->n->b]) {
        self->pair[0] = task_at[self->n->a];
        self->pair[1] = task_at[self->n->b];
        if (self->n->c) AWAIT(async_gather_return_exceptions, ASYNC_TASK_POINTERS(self->pair, 2));
        else AWAIT(async_gather, ASYNC_TASK_POINTERS(self->pair, 2));
    }
    ASYNC_END
}
/* Blocks: T timeout, N group, Y try and catch all, D do and finally. A coroutine can't await
 * itself, so there is one for each depth. */
#define DEPTH(name, inner)                                                                         \
    ASYNC(void, name, args(const struct node *n, int me), vars(async_timeout t; int e),            \
          awaits(inner, waits))                                                                    \
    {                                                                                              \
        ASYNC_BEGIN                                                                                \
        for (; self->n; self->n = self->n->next) {                                                 \
            trace("%d.%d %c\n", self->me, self->n->id, self->n->kind);                             \
            statement(self->n, self->me);                                                          \
            if (self->n->kind == 'T') {                                                            \
                ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(self->n->a))                          \
                    AWAIT(inner, self->n->first, self->me);                                        \
                trace("%d.%d %d\n", self->me, self->n->id, self->t.expired);                       \
            } else if (self->n->kind == 'N') {                                                     \
                ASYNC_WITH(async_group, &groups[self->n->a])                                       \
                    AWAIT(inner, self->n->first, self->me);                                        \
            } else if (self->n->kind == 'Y') {                                                     \
                ASYNC_TRY                                                                          \
                    AWAIT(inner, self->n->first, self->me);                                        \
                ASYNC_CATCH_ALL(self->e) {                                                         \
                    trace("%d.%d %s %d\n", self->me, self->n->id, name_of(self->e),                \
                          async_task_cancelling(async_current_task()));                            \
                    AWAIT(inner, self->n->second, self->me);                                       \
                }                                                                                  \
            } else if (self->n->kind == 'D') {                                                     \
                ASYNC_DO                                                                           \
                    AWAIT(inner, self->n->first, self->me);                                        \
                ASYNC_FINALLY {                                                                    \
                    trace("%d.%d finally\n", self->me, self->n->id);                               \
                    AWAIT(inner, self->n->second, self->me);                                       \
                }                                                                                  \
            } else {                                                                               \
                AWAIT(waits, self->n);                                                             \
            }                                                                                      \
            trace("%d.%d at %d\n", self->me, self->n->id, now_ms());                               \
        }                                                                                          \
        ASYNC_END                                                                                  \
    }
ASYNC(void, depth_0, args(const struct node *n, int me))
{
    ASYNC_BEGIN
    ASYNC_END
}
DEPTH(depth_1, depth_0)
DEPTH(depth_2, depth_1)
DEPTH(depth_3, depth_2)
DEPTH(depth_4, depth_3)
ASYNC(void, runs, args(int id), vars(int e), awaits(depth_4))
{
    ASYNC_BEGIN
    trace("%d starts\n", self->id);
    ASYNC_TRY
        AWAIT(depth_4, program[self->id], self->id);
    ASYNC_CATCH_ALL(self->e) {}
    trace("%d ends: %s %d\n", self->id, name_of(self->e),
          async_task_cancelling(async_current_task()));
    if (self->e) ASYNC_RAISE(self->e);
    ASYNC_END
}
static ASYNC_TASK(runs) fixed[TASKS];
static int spawn(int i, async_group *group)
{
    ASYNC_TASK(runs) *t = &fixed[i];
    int err = 0;
    if (from_allocator) {
        t = group ? ASYNC_SPAWN_NEW_IN(group, runs, i) : ASYNC_SPAWN_NEW(runs, i);
        if (t) async_task_hold(&t->task);
        else err = -ESHUTDOWN;
    } else {
        err = group ? ASYNC_SPAWN_IN(group, t, runs, i) : ASYNC_SPAWN(t, runs, i);
    }
    spawned[i] = !err;
    if (t) task_at[i] = &t->task;
    return err;
}

/* Starts some, and after a while cancels whoever still runs, in turns. */
ASYNC(void, runs_program, args(int which), vars(int i; int turn; int left))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < (self->which % 2 ? TASKS : 2); self->i++)
        (void)spawn(self->i, NULL);
    AWAIT(async_sleep, ASYNC_MS(40));
    for (self->turn = 0; self->turn < 30; self->turn++) {
        trace("turn %d\n", self->turn);
        for (self->left = 0, self->i = 0; self->i < TASKS; self->i++)
            if (spawned[self->i] && async_task_cancel(task_at[self->i])) self->left++;
        if (!self->left) break;
        AWAIT(async_sleep, ASYNC_MS(10));
    }
    for (self->i = 0; self->i < TASKS; self->i++) {
        if (!spawned[self->i]) continue;
        trace("%d: %s %d\n", self->i, name_of(async_task_error(task_at[self->i])),
              async_task_cancelling(task_at[self->i]));
        async_task_release(task_at[self->i]);
    }
    ASYNC_END
}
static uint64_t hash_of_trace(void)
{
    uint64_t hash = 0xcbf29ce484222325u;
    size_t i;
    for (i = 0; i < test_text_size_; i++)
        hash = (hash ^ (unsigned char)test_text_[i]) * 0x100000001b3u;
    return hash;
}
static uint64_t run_program(int which)
{
    const char *show = getenv("TRACES_SHOW");
    uint64_t hash;
    make_program(which);
    memset(fixed, 0, sizeof fixed);
    memset(spawned, 0, sizeof spawned);
    memset(futures, 0, sizeof futures);
    memset(groups, 0, sizeof groups);
    memset(calls, 0, sizeof calls);
    call_count = 0;
    CHECK_INT(run_virtual(runs_program, which), 0);
    hash = hash_of_trace();
    if (show && atoi(show) == which) printf("%s", test_text_);
    test_text_[test_text_size_ = 0] = 0;
    return hash;
}

static void run_all(void)
{
    int i;
    for (i = 0; i < PROGRAMS; i++)
        if (run_program(i) != expected[i])
            test_fail_(__FILE__, __LINE__, "program %d prints other lines than in CPython", i);
}
TEST(programs_at_random_print_what_they_print_in_CPython)
{
    const char *path = getenv("TRACES");
    FILE *file = path ? fopen(path, "w") : NULL;
    int i, t;
    CHECK(!path || file);
    for (i = 0; file && i < 1000; i++) {
        make_program(i);
        for (t = 0; t < TASKS; t++) print_block(file, program[t]);
        fprintf(file, "\n");
    }
    CHECK(!file || fclose(file) == 0);
    run_all();
}
TEST(the_same_with_tasks_of_the_allocator)
{
    from_allocator = true;
    run_all();
}
