/* What tells people what a program is doing: the await tree, names. */
#include "test.h"

#include <sys/socket.h>

/* Text of async_print_tasks() without addresses and folders. */
static void keep(void *arg, const char *text)
{
    const char *slash = strrchr(text, '/');
    (void)arg;
    if (!strncmp(text, " 0x", 3)) return;
    trace("%s", slash ? slash + 1 : text);
}
static void tree(void)
{
    async_print_tasks(async_get_running_loop(), keep, NULL);
}
static int line_of_sleep, line_of_middle, line_of_outer;
static void check_tree(const char *want, int a, int b, int c)
{
    char text[4096];
    snprintf(text, sizeof text, want, a, b, c);
    CHECK_TRACE(text);
}

enum { line_of_inner = __LINE__ + 1 };
ASYNC(void, inner, args(int ms))
{
    ASYNC_BEGIN
    line_of_sleep = __LINE__ + 1;
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_END
}
ASYNC(void, middle, args(int ms), awaits(inner))
{
    ASYNC_BEGIN
    line_of_middle = __LINE__ + 1;
    AWAIT(inner, self->ms);
    ASYNC_END
}
enum { line_of_outer_itself = __LINE__ + 1 };
ASYNC(void, outer, args(int ms), awaits(middle))
{
    ASYNC_BEGIN
    line_of_outer = __LINE__ + 1;
    AWAIT(middle, self->ms);
    ASYNC_END
}

/* --- every frame from the root down, and what the innermost waits for --- */

ASYNC(void, sees_frames, tasks(outer t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, outer, 1500);
    tree();
    check_tree("2 tasks\ntask outer\n    outer, test_seeing.c:%d\n    not started\n"
               "task sees_frames\n    runs\n",
               line_of_outer_itself, 0, 0);
    AWAIT(async_sleep, ASYNC_MS(250));
    tree();
    check_tree("2 tasks\ntask outer\n    outer, test_seeing.c:%d\n    middle, test_seeing.c:%d\n"
               "    inner, test_seeing.c:%d\n    sleep, 1.250 s left\n"
               "task sees_frames\n    runs\n",
               line_of_outer, line_of_middle, line_of_sleep);
    ASYNC_END
}
TEST(tree_frames_from_the_root_down)
{
    CHECK_INT(run_virtual(sees_frames), 0);
}

/* --- each kind of wait --- */

ASYNC(void, joins, args(async_task *on))
{
    ASYNC_BEGIN
    AWAIT(async_join, self->on);
    ASYNC_END
}
ASYNC(void, shields, args(async_task *on))
{
    ASYNC_BEGIN
    AWAIT(async_shield, self->on);
    ASYNC_END
}
ASYNC(void, limits, args(async_task *on))
{
    ASYNC_BEGIN
    AWAIT(async_wait_for, self->on, ASYNC_SEC(9));
    ASYNC_END
}
ASYNC(void, gathers, args(async_task *on), tasks(inner a))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, inner, 9);
    AWAIT(async_gather, ASYNC_TASKS(ASYNC_TASK_AS(inner, self->on), &self->a));
    ASYNC_END
}
ASYNC(void, waits, args(async_task *on), vars(int n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_wait, ASYNC_TASKS(ASYNC_TASK_AS(inner, self->on)), ASYNC_ALL_COMPLETED,
             ASYNC_FOREVER);
    ASYNC_END
}
ASYNC(void, locks, args(async_lock *lock))
{
    ASYNC_BEGIN
    AWAIT(async_lock_acquire, self->lock);
    ASYNC_END
}
ASYNC(void, reads, args(int fd), vars(char c; ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_read, self->fd, &self->c, 1);
    ASYNC_END
}
ASYNC(void, selects_, args(async_event *event, int fd), vars(int ready),
      selects(async_event_wait, async_wait_readable))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_SEC(7)) {
        ASYNC_ON(async_event_wait, self->event) {}
        ASYNC_ON_TO(self->ready, async_wait_readable, self->fd) {}
        ASYNC_ON_TIMEOUT {}
    }
    ASYNC_END
}

/* Only the last line of each task: what it waits for. */
static char waits_text[4096], line_text[256];
static void last_lines(void *arg, const char *text)
{
    (void)arg;
    if (!strncmp(text, " 0x", 3)) text = " @";
    strcat(line_text, text);
    if (!strchr(text, '\n')) return;
    if (!strncmp(line_text, "    ", 4) && !strstr(line_text, "test_seeing.c"))
        strcat(waits_text, line_text + 4);
    line_text[0] = 0;
}

ASYNC(void, sees_waits, raw(async_lock lock; async_event event; int fds[2]),
      tasks(inner on, joins a, shields b, limits c, gathers d, waits e, locks f, reads g,
            selects_ h))
{
    ASYNC_BEGIN
    memset(&self->lock, 0, sizeof self->lock);
    memset(&self->event, 0, sizeof self->event);
    self->lock.locked = true;
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fds), 0);
    CHECK_INT(async_adopt(self->fds[0]), 0);
    ASYNC_SPAWN(&self->on, inner, 5000);
    ASYNC_SPAWN(&self->a, joins, &self->on.task);
    ASYNC_SPAWN(&self->b, shields, &self->on.task);
    ASYNC_SPAWN(&self->c, limits, &self->on.task);
    ASYNC_SPAWN(&self->d, gathers, &self->on.task);
    ASYNC_SPAWN(&self->e, waits, &self->on.task);
    ASYNC_SPAWN(&self->f, locks, &self->lock);
    ASYNC_SPAWN(&self->g, reads, self->fds[0]);
    ASYNC_SPAWN(&self->h, selects_, &self->event, self->fds[1]);
    AWAIT(async_sleep, ASYNC_MS(0));
    AWAIT(async_sleep, ASYNC_MS(0));
    async_print_tasks(async_get_running_loop(), last_lines, NULL);
    snprintf(
        line_text, sizeof line_text,
        "event @\ndescriptor %d, to read\nsleep, 0.009 s left\nsleep, 5.000 s left\njoin inner @\nshield inner @\n"
        "wait_for inner @\ngather, 2 of 2 have not ended\nwait, 1 of 1 have not ended\nlock @\ndescriptor %d, to read\n"
        "select @\nruns\n",
        self->fds[1], self->fds[0]);
    CHECK_STR(waits_text, line_text);
    ASYNC_END
}
TEST(tree_says_what_each_waits_for)
{
    run_virtual(sees_waits);
}

/* --- many frames: more than are gathered at once --- */

ASYNC(void, at_0)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(10));
    ASYNC_END
}
#define LEVEL(n, m)                                                                                \
    ASYNC(void, at_##n, awaits(at_##m))                                                            \
    {                                                                                              \
        ASYNC_BEGIN                                                                                \
        AWAIT(at_##m);                                                                             \
        ASYNC_END                                                                                  \
    }
/* clang-format off */
LEVEL(1, 0) LEVEL(2, 1) LEVEL(3, 2) LEVEL(4, 3) LEVEL(5, 4) LEVEL(6, 5)
LEVEL(7, 6) LEVEL(8, 7) LEVEL(9, 8) LEVEL(10, 9) LEVEL(11, 10) LEVEL(12, 11)
LEVEL(13, 12) LEVEL(14, 13) LEVEL(15, 14) LEVEL(16, 15) LEVEL(17, 16) LEVEL(18, 17)
LEVEL(19, 18) LEVEL(20, 19) LEVEL(21, 20) LEVEL(22, 21) LEVEL(23, 22) LEVEL(24, 23)
LEVEL(25, 24) LEVEL(26, 25) LEVEL(27, 26) LEVEL(28, 27) LEVEL(29, 28) LEVEL(30, 29)
LEVEL(31, 30) LEVEL(32, 31) LEVEL(33, 32)
static int next_level;
/* clang-format on */
static void levels(void *arg, const char *text)
{
    (void)arg;
    if (!strncmp(text, "at_", 3) && next_level >= 0) CHECK_INT(atoi(text + 3), next_level--);
}
ASYNC(void, sees_depth, tasks(at_33 deep, at_15 part))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->deep, at_33);
    AWAIT(async_sleep, ASYNC_MS(0));
    (void)async_task_set_name(&self->deep.task, "deep");
    next_level = 33;
    async_print_tasks(async_get_running_loop(), levels, NULL);
    CHECK_INT(next_level, -1);
    AWAIT_TASK(&self->deep);
    ASYNC_SPAWN(&self->part, at_15);
    AWAIT(async_sleep, ASYNC_MS(0));
    (void)async_task_set_name(&self->part.task, "exactly one part");
    next_level = 15;
    async_print_tasks(async_get_running_loop(), levels, NULL);
    CHECK_INT(next_level, -1);
    ASYNC_END
}
TEST(tree_of_many_frames)
{
    CHECK_INT(run_virtual(sees_depth), 0);
}

/* --- one whose step spawns an eager one: two run, and the frames of neither can be followed --- */

ASYNC(void, looks)
{
    ASYNC_BEGIN
    tree();
    ASYNC_END
}
ASYNC(void, spawns_eagerly, tasks(looks t))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_SPAWN_EAGER(&self->t, looks);
    ASYNC_END
}
ASYNC(void, awaits_it, awaits(spawns_eagerly))
{
    ASYNC_BEGIN
    AWAIT(spawns_eagerly);
    ASYNC_END
}
TEST(tree_from_an_eager_task)
{
    CHECK_INT(run_virtual(awaits_it), 0);
    CHECK_TRACE("2 tasks\ntask looks\n    runs\ntask awaits_it\n    runs\n");
}

/* --- asked for by a signal: printed when no task runs --- */

static async_loop *signalled;
static void on_signal(int number)
{
    (void)number;
    (void)async_print_tasks_soon(signalled);
}
ASYNC(void, is_asked)
{
    ASYNC_BEGIN
    signalled = async_get_running_loop();
    CHECK_INT(async_print_tasks_soon(signalled), -ENOTCONN);
    CHECK_INT(async_loop_keep(signalled), 0);
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    CHECK(!test_contains_(test_output_, "task is_asked"));
    AWAIT(async_sleep, ASYNC_MS(5));
    CHECK_PRINTED("task is_asked 0x");
    CHECK_PRINTED("    sleep, 0.00");
    ASYNC_END
}
TEST(tree_asked_for_by_a_signal)
{
    CHECK_INT(run_real(is_asked), 0);
}

/* While it sleeps: the signal ends the sleep. */
ASYNC(void, sleeps_long, raw(pid_t child))
{
    ASYNC_BEGIN
    signalled = async_get_running_loop();
    CHECK_INT(async_loop_keep(signalled), 0);
    signal(SIGUSR1, on_signal);
    self->child = fork();
    if (self->child == 0) {
        usleep(50000);
        kill(getppid(), SIGUSR1);
        _exit(0);
    }
    AWAIT(async_sleep, ASYNC_MS(300));
    CHECK_PRINTED("task sleeps_long 0x");
    CHECK_PRINTED("sleep, 0.");
    CHECK(!test_contains_(test_output_, "sleep, 0.000"));
    ASYNC_END
}
TEST(tree_asked_for_while_the_loop_sleeps)
{
    CHECK_INT(run_real(sleeps_long), 0);
}

/* --- names --- */

static int frees, allocs;
static void *counting_alloc(void *context, void *old, size_t size)
{
    (void)context;
    if (size) return allocs++, realloc(old, size);
    frees++;
    free(old);
    return NULL;
}

ASYNC(void, names, tasks(inner a, inner b[20]), vars(async_task *t; int i))
{
    ASYNC_BEGIN
    CHECK_INT(async_task_set_name(&self->a.task, "too early"), -EINVAL);
    ASYNC_SPAWN(&self->a, inner, 1);
    CHECK_STR(async_task_name(&self->a.task), "inner");
    CHECK_INT(async_task_set_name(&self->a.task, "first"), 0);
    CHECK_STR(async_task_name(&self->a.task), "first");
    CHECK_INT(async_task_set_name(&self->a.task, "second"), 0);
    CHECK_STR(async_task_name(&self->a.task), "second");
    CHECK_INT(async_task_set_name(&self->a.task, NULL), 0);
    CHECK_STR(async_task_name(&self->a.task), "inner");
    CHECK_INT(async_task_set_name(&self->a.task, "third"), 0);
    tree();
    check_tree("2 tasks\ntask third\n    inner, test_seeing.c:%d\n    not started\n"
               "task names\n    runs\n",
               line_of_inner, 0, 0);
    AWAIT_TASK(&self->a);
    CHECK_STR(async_task_name(&self->a.task), "third"); /* it stays */
    CHECK_INT(async_task_set_name(&self->a.task, "too late"), -EINVAL);
    ASYNC_SPAWN(&self->a, inner, 1); /* another task in the same memory */
    CHECK_STR(async_task_name(&self->a.task), "inner");
    for (self->i = 0; self->i < 20; self->i++) { /* more than there is room for at first */
        ASYNC_SPAWN(&self->b[self->i], inner, 1);
        CHECK_INT(async_task_set_name(&self->b[self->i].task, &"abcdefghijklmnopqrst"[self->i]), 0);
    }
    for (self->i = 0; self->i < 20; self->i++)
        CHECK_STR(async_task_name(&self->b[self->i].task), &"abcdefghijklmnopqrst"[self->i]);
    self->t = &ASYNC_SPAWN_NEW(inner, 1)->task;
    CHECK_INT(async_task_set_name(self->t, "new"), 0);
    CHECK_STR(async_task_name(self->t), "new");
    self->i = (int)async_get_running_loop()->note_count;
    AWAIT(async_sleep, ASYNC_MS(2));
    CHECK_INT(async_get_running_loop()->note_count, self->i - 1); /* those of slots stay */
    self->t = &ASYNC_SPAWN_NEW(inner, 1)->task; /* most likely in the same memory */
    CHECK_STR(async_task_name(self->t), "inner");
    ASYNC_END
}
TEST(T9_names_of_tasks)
{
    static ASYNC_TASK(names) task;
    async_loop loop;
    async_options options;
    memset(&options, 0, sizeof options);
    options.virtual_clock = true;
    options.alloc = counting_alloc;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, names), 0);
    CHECK_INT(async_task_set_name(&task.task, "main"), 0);
    CHECK_INT(async_task_set_name(&task.task, NULL), 0);
    CHECK_INT(allocs, 0); /* few names need no memory */
    CHECK_INT(async_loop_run_until_complete(&loop, &task.task), 0);
    CHECK_INT(async_loop_shutdown(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK(allocs > 0);
}
