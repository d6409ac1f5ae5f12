/* What the tutorials claim about asyncio and no program of theirs shows: the number before each
 * name is the claim's. Their programs are in tests/seeds, and
 * what the compiler refuses in tests/reject.sh: tests/seeds/claims.txt lists them all. */
#include "test.h"

#include <dirent.h>
#include <pthread.h>

ASYNC(int, later, args(int value, int ms))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_RETURN(self->value);
    ASYNC_END
}

ASYNC(void, say, args(const char *name))
{
    ASYNC_BEGIN
    trace("%s ", self->name);
    ASYNC_END
}

ASYNC(void, raises, args(int ms, int error))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_RAISE(self->error);
    ASYNC_END
}

/* --- S1, S39, S54: one thread, a switch only at an await --- */

struct shared {
    int counter;
    pthread_t thread;
};

ASYNC(void, bump, args(struct shared *s), vars(int i))
{
    int before;
    ASYNC_BEGIN
    for (self->i = 0; self->i < 1000; self->i++) {
        CHECK(pthread_equal(self->s->thread, pthread_self()));
        before = self->s->counter; /* read and write back: a switch in between would lose one */
        self->s->counter = before + 1;
        AWAIT(async_sleep, ASYNC_MS(self->i % 3));
    }
    ASYNC_END
}

ASYNC(void, two_bump, args(struct shared *s), tasks(bump a, bump b))
{
    ASYNC_BEGIN
    self->s->thread = pthread_self();
    ASYNC_SPAWN(&self->a, bump, self->s);
    ASYNC_SPAWN(&self->b, bump, self->s);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    ASYNC_END
}

TEST(S1_one_thread_and_no_switch_between_awaits)
{
    struct shared s;
    memset(&s, 0, sizeof s);
    CHECK_INT(run_virtual(two_bump, &s), 0);
    CHECK_INT(s.counter, 2000);
}

/* --- S2, S81: locals survive --- */

ASYNC(int, remembers, args(int a), vars(int i; int sum; struct { int x, y; } point))
{
    ASYNC_BEGIN
    CHECK_INT(self->sum + self->i + self->point.x + self->point.y, 0);
    self->point.x = self->a;
    AWAIT(async_sleep, ASYNC_MS(1));
    for (self->i = 0; self->i < 3; self->i++) {
        if (self->i != 1) {
            self->point.y += self->i;
            AWAIT(async_sleep, ASYNC_MS(1));
            self->sum += self->point.x;
        }
        AWAIT(async_sleep, ASYNC_MS(1));
    }
    ASYNC_RETURN(100 * self->sum + 10 * self->point.y + self->a);
    ASYNC_END
}

ASYNC(void, two_remember, tasks(remembers a, remembers b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, remembers, 3);
    ASYNC_SPAWN(&self->b, remembers, 4);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    CHECK_INT(ASYNC_RESULT(&self->a), 623);
    CHECK_INT(ASYNC_RESULT(&self->b), 824);
    ASYNC_END
}

TEST(S2_locals_survive_every_await)
{
    CHECK_INT(run_virtual(two_remember), 0);
}

/* --- S3, S30, S67, S82: others run meanwhile --- */

ASYNC(void, steps, args(const char *name, int first, int every, int times), vars(int i))
{
    ASYNC_BEGIN
    trace("%s ", self->name);
    AWAIT(async_sleep, ASYNC_MS(self->first));
    for (self->i = 0; self->i < self->times; self->i++) {
        trace("%s%d@%d ", self->name, self->i, now_ms());
        AWAIT(async_sleep, ASYNC_MS(self->every));
    }
    ASYNC_END
}

ASYNC(void, wait_and_progress, tasks(steps a, steps b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, steps, "a", 35, 10, 1);
    ASYNC_SPAWN(&self->b, steps, "b", 10, 10, 4);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    ASYNC_END
}

TEST(S3_another_task_runs_while_one_waits)
{
    CHECK_INT(run_virtual(wait_and_progress), 0);
    CHECK_TRACE("a b b0@10 b1@20 b2@30 a0@35 b3@40 ");
}

/* --- S4, S9, S11, S64, S70: what can be awaited, and how often --- */

static int notice(void *arg)
{
    trace("%s ", (const char *)arg);
    return 0;
}

ASYNC(int, await_all_kinds, vars(int x; ASYNC_FUTURE(int) future; async_call call),
      tasks(later task), awaits(later))
{
    static char text[] = "done";
    ASYNC_BEGIN
    AWAIT_TO(self->x, later, 1, 5);
    ASYNC_SPAWN(&self->task, later, 20, 5);
    CHECK_INT(async_task_add_done_callback(&self->task.task, &self->call, notice, text), 0);
    AWAIT(async_join, &self->task.task);
    self->x += ASYNC_RESULT(&self->task);
    AWAIT(async_join, &self->task.task);
    self->x += ASYNC_RESULT(&self->task);
    CHECK_INT(ASYNC_SET_RESULT(&self->future, 300), 0);
    AWAIT(async_future_wait, &self->future.future);
    self->x += self->future.result;
    ASYNC_RETURN(self->x);
    ASYNC_END
}

TEST(S4_S9_S11_await_a_coroutine_a_task_twice_and_a_future)
{
    int x = 0;
    CHECK_INT(run_virtual_to(x, await_all_kinds), 0);
    CHECK_INT(x, 341);
    CHECK_TRACE("done ");
}

TEST(S6_run_gives_the_value_to_plain_code)
{
    int x = 0;
    CHECK_INT(ASYNC_RUN_TO(x, later, 42, 1), 0);
    CHECK_INT(x, 42);
}

/* --- S15, S17, S18: async with --- */

struct resource {
    int handle;
};

ASYNC(void, resource_enter, args(struct resource *r, int handle))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(10));
    self->r->handle = self->handle;
    trace("open@%d ", now_ms());
    ASYNC_END
}

ASYNC(bool, resource_exit, args(struct resource *r, int error))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(10));
    trace("close %d@%d ", self->error, now_ms());
    self->r->handle = 0;
    ASYNC_RETURN(false);
    ASYNC_END
}

ASYNC(void, uses, args(int error), vars(struct resource r), awaits(resource_enter, resource_exit))
{
    ASYNC_BEGIN
    ASYNC_WITH(resource, &self->r, 7) {
        trace("body %d ", self->r.handle);
        if (self->error) ASYNC_RAISE(self->error);
    }
    trace("after %d", self->r.handle);
    ASYNC_END
}

TEST(S15_S18_enter_and_exit_wait_and_enter_gives_the_object)
{
    CHECK_INT(run_virtual(uses, 0), 0);
    CHECK_TRACE("open@10 body 7 close 0@20 after 0");
}

TEST(S17_closed_on_an_error_which_goes_on)
{
    CHECK_INT(run_virtual(uses, -7), -7);
    CHECK_TRACE("open@10 body 7 close -7@20 ");
}

/* --- S20: the iterator protocol --- */

ASYNC(int, countdown_next, args(int *left))
{
    ASYNC_BEGIN
    if (*self->left == 0) ASYNC_RAISE(ASYNC_ESTOP);
    AWAIT(async_sleep, ASYNC_MS(10));
    ASYNC_RETURN((*self->left)--);
    ASYNC_END
}

ASYNC(void, count_down, vars(int left; int x), awaits(countdown_next))
{
    ASYNC_BEGIN
    self->left = 3;
    ASYNC_FOR_NEXT(self->x, countdown_next, &self->left) {
        trace("%d@%d ", self->x, now_ms());
    }
    trace("end@%d x %d", now_ms(), self->x);
    ASYNC_END
}

TEST(S20_an_iterator_waits_and_ends_cleanly)
{
    CHECK_INT(run_virtual(count_down), 0);
    CHECK_TRACE("3@10 2@20 1@30 end@30 x 1");
}

ASYNC(void, sleeps_with_value, vars(intptr_t x))
{
    ASYNC_BEGIN
    AWAIT_TO(self->x, async_sleep_value, ASYNC_MS(10), 5);
    CHECK_INT(self->x, 5);
    CHECK_INT(now_ms(), 10);
    ASYNC_END
}

TEST(S22_sleep_gives_its_value)
{
    CHECK_INT(run_virtual(sleeps_with_value), 0);
}

/* --- S23, S26, S28, S87: nothing runs before the loop does --- */

static void new_loop(async_loop *loop)
{
    async_options options;
    memset(&options, 0, sizeof options);
    options.virtual_clock = true;
    CHECK_INT(async_loop_init(loop, &options), 0);
}

static int stop_loop(void *loop)
{
    async_loop_stop((async_loop *)loop);
    return 0;
}

TEST(S23_S26_tasks_start_in_order_when_the_loop_runs)
{
    static async_loop loop;
    static ASYNC_TASK(say) t[3];
    async_call stop;
    memset(&stop, 0, sizeof stop);
    new_loop(&loop);
    ASYNC_SPAWN_ON(&loop, &t[0], say, "a");
    ASYNC_SPAWN_ON(&loop, &t[1], say, "b");
    ASYNC_SPAWN_ON(&loop, &t[2], say, "c");
    CHECK_TRACE("");
    CHECK_INT(async_call_later(&loop, &stop, ASYNC_MS(1), stop_loop, &loop), 0);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK_TRACE("a b c ");
    CHECK_INT(async_loop_close(&loop), 0);
}

/* --- S27, S80: a task's handle tells its state --- */

ASYNC(void, asks_handles, tasks(later ends, later cancelled, raises fails))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->ends, later, 42, 10);
    ASYNC_SPAWN(&self->cancelled, later, 0, 10);
    ASYNC_SPAWN(&self->fails, raises, 10, -7);
    CHECK(!async_task_done(&self->ends.task));
    CHECK_INT(async_task_error(&self->ends.task), -EINPROGRESS);
    CHECK(async_task_cancel(&self->cancelled.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->ends, &self->cancelled, &self->fails));
    CHECK(async_task_done(&self->ends.task) && !async_task_cancelled(&self->ends.task));
    CHECK_INT(async_task_error(&self->ends.task), 0);
    CHECK_INT(ASYNC_RESULT(&self->ends), 42);
    CHECK(async_task_done(&self->cancelled.task) && async_task_cancelled(&self->cancelled.task));
    CHECK(async_task_done(&self->fails.task) && !async_task_cancelled(&self->fails.task));
    CHECK_INT(async_task_error(&self->fails.task), -7);
    ASYNC_END
}

TEST(S27_a_handle_tells_done_cancelled_result_and_error)
{
    CHECK_INT(run_virtual(asks_handles), 0);
}

/* --- S29, S75: the end of run() --- */

ASYNC(void, sleeps_and_says)
{
    ASYNC_BEGIN
    trace("starts ");
    AWAIT(async_sleep, ASYNC_SEC(1));
    trace("ends ");
    ASYNC_END
}

ASYNC(void, leaves_at_once, vars(ASYNC_TASK(sleeps_and_says) * task))
{
    ASYNC_BEGIN
    CHECK(ASYNC_SPAWN_NEW(sleeps_and_says) != NULL);
    self->task = ASYNC_SPAWN_NEW(sleeps_and_says);
    CHECK(self->task && async_task_cancel(&self->task->task));
    ASYNC_END
}

/* The first takes its first step in the turn that ends the loop, as it does on CPython. */
TEST(S29_what_nobody_waits_for_is_cancelled_at_the_end_or_never_starts)
{
    CHECK_INT(run_virtual(leaves_at_once), 0);
    CHECK_TRACE("starts ");
}

/* --- S35, S63, S85: gather's order --- */

ASYNC(int, speaks, args(int x, int ms))
{
    ASYNC_BEGIN
    trace("start %d ", self->x);
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    trace("end %d ", self->x);
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(void, gathers, args(int n), vars(int i; int sum), tasks(speaks t[8]))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->n; self->i++)
        ASYNC_SPAWN(&self->t[self->i], speaks, self->i, self->i == 0 ? 30 : 10);
    AWAIT(async_gather, ASYNC_TASK_SLICE(self->t, self->n));
    for (self->i = 0; self->i < self->n; self->i++) trace("%d ", ASYNC_RESULT(&self->t[self->i]));
    ASYNC_END
}

TEST(S35_S63_S85_gather_starts_and_answers_in_the_order_of_its_arguments)
{
    CHECK_INT(run_virtual(gathers, 4), 0);
    CHECK_TRACE("start 0 start 1 start 2 start 3 end 1 end 2 end 3 end 0 0 1 4 9 ");
}

/* --- S40: tasks are cheap --- */

enum { MANY = 20000 };
static ASYNC_TASK(later) many[MANY];

ASYNC(int, run_many, vars(int i; int sum))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < MANY; self->i++)
        ASYNC_SPAWN(&many[self->i], later, 1, 1000 - self->i % 1000);
    AWAIT(async_gather, ASYNC_TASK_SLICE(many, MANY));
    for (self->i = 0; self->i < MANY; self->i++) self->sum += ASYNC_RESULT(&many[self->i]);
    CHECK_INT(now_ms(), 1000);
    ASYNC_RETURN(self->sum);
    ASYNC_END
}

TEST(S40_twenty_thousand_tasks_of_less_than_300_bytes)
{
    int sum = 0;
    CHECK(sizeof many[0] < 300);
    CHECK_INT(run_virtual_to(sum, run_many), 0);
    CHECK_INT(sum, MANY);
}

TEST(S41_a_closed_loop_refuses_and_closing_twice_is_harmless)
{
    static async_loop loop;
    static ASYNC_TASK(say) t;
    async_call call;
    memset(&call, 0, sizeof call);
    new_loop(&loop);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &t, say, "a"), 0);
    CHECK_INT(async_loop_run_until_complete(&loop, &t.task), 0);
    CHECK_TRACE("a ");
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &t, say, "b"), -ESHUTDOWN);
    CHECK_INT(async_call_soon(&loop, &call, stop_loop, &loop), -ESHUTDOWN);
    CHECK_INT(async_loop_run_until_complete(&loop, &t.task), -ESHUTDOWN);
    CHECK_INT(async_loop_run_forever(&loop), -ESHUTDOWN);
    CHECK_TRACE("");
}

/* --- S43, S79: generators --- */

ASYNC_GENERATOR(int, every, args(int n, int ms), vars(int i; int sum))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->n; self->i++) {
        AWAIT(async_sleep, ASYNC_MS(self->ms));
        self->sum += self->i;
        ASYNC_YIELD(self->sum);
    }
    ASYNC_END
}

ASYNC(void, consume, args(const char *name, int ms), vars(struct every g; int x))
{
    ASYNC_BEGIN
    ASYNC_FOR(self->x, &self->g, every, 4, self->ms) {
        trace("%s%d@%d ", self->name, self->x, now_ms());
    }
    ASYNC_END
}

ASYNC(void, two_consume, tasks(consume a, consume b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, consume, "a", 10);
    ASYNC_SPAWN(&self->b, consume, "b", 15);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    ASYNC_END
}

TEST(S43_S79_generators_keep_their_locals_and_let_each_other_run)
{
    CHECK_INT(run_virtual(two_consume), 0);
    CHECK_TRACE("a0@10 b0@15 a1@20 b1@30 a3@30 a6@40 b3@45 b6@60 ");
}

/* --- S44, S45: who waited goes on through the ready queue --- */

static int say_call(void *arg)
{
    trace("%s ", (const char *)arg);
    return 0;
}

ASYNC(void, resumes_in_line, vars(async_call call), tasks(say task), awaits(say))
{
    static char text[] = "call";
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->task, say, "task");
    async_call_soon(async_get_running_loop(), &self->call, say_call, text);
    AWAIT(say, "direct");
    AWAIT(async_join, &self->task.task); /* ends before the call, but goes on behind it */
    trace("on");
    ASYNC_END
}

TEST(S44_S45_who_waited_goes_on_one_turn_later)
{
    CHECK_INT(run_virtual(resumes_in_line), 0);
    CHECK_TRACE("direct task call on");
}

/* --- S51: the list of tasks --- */

ASYNC(void, looks_at_all, tasks(later a, later b))
{
    async_task *t[4];
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, later, 1, 10);
    ASYNC_SPAWN(&self->b, later, 1, 20);
    CHECK_INT(async_all_tasks(async_get_running_loop(), t, 4), 3);
    AWAIT(async_join, &self->a.task);
    CHECK_INT(async_all_tasks(async_get_running_loop(), t, 4), 2);
    CHECK(t[0] != &self->a.task && t[1] != &self->a.task);
    ASYNC_END
}

TEST(S51_a_task_that_has_ended_is_not_among_all_tasks)
{
    CHECK_INT(run_virtual(looks_at_all), 0);
}

/* --- S55, S56: a sleep is a timer --- */

static int entries(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;
    if (!dir) return -1;
    while (readdir(dir)) n++;
    closedir(dir);
    return n;
}

ASYNC(void, sleeps_idle, vars(int threads; clock_t used), tasks(later t[100]))
{
    int i;
    ASYNC_BEGIN
    self->threads = entries("/proc/self/task");
    self->used = clock();
    for (i = 0; i < 100; i++) ASYNC_SPAWN(&self->t[i], later, i, 300);
    AWAIT(async_sleep, ASYNC_MS(150));
    CHECK_INT(entries("/proc/self/task"), self->threads);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    CHECK((clock() - self->used) * 10 < CLOCKS_PER_SEC); /* a third of the time would be spinning */
    ASYNC_END
}

TEST(S55_S56_a_sleep_takes_no_thread_no_process_and_no_time_of_the_processor)
{
    CHECK_INT(run_real(sleeps_idle), 0);
}

/* --- S60, S65, S98: what lets others run, and what does not --- */

ASYNC(void, without_await, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++) trace("%d ", self->i);
    ASYNC_END
}

ASYNC(void, yields_or_not, vars(ASYNC_FUTURE(int) done), tasks(say a, say b, later ended),
      awaits(without_await))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->ended, later, 1, 0);
    AWAIT(async_join, &self->ended.task);
    ASYNC_SET_RESULT(&self->done, 1);
    ASYNC_SPAWN(&self->a, say, "a");
    ASYNC_SPAWN(&self->b, say, "b");
    AWAIT(without_await);
    AWAIT(async_future_wait, &self->done.future);
    AWAIT(async_join, &self->ended.task);
    trace("still me ");
    AWAIT(async_sleep, ASYNC_MS(0));
    trace("me again");
    ASYNC_END
}

TEST(S60_S65_S98_what_is_done_does_not_yield_and_sleep_0_starts_every_task)
{
    CHECK_INT(run_virtual(yields_or_not), 0);
    CHECK_TRACE("0 1 2 still me a b me again");
}

/* --- S66, S71, S72: loops --- */

TEST(S66_one_turn_at_a_time)
{
    static async_loop loop;
    static ASYNC_TASK(steps) t;
    new_loop(&loop);
    ASYNC_SPAWN_ON(&loop, &t, steps, "s", 0, 0, 2);
    async_loop_stop(&loop);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK_TRACE("s ");
    async_loop_stop(&loop);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK_TRACE("s0@0 ");
    CHECK_INT(async_loop_run_until_complete(&loop, &t.task), 0);
    CHECK_TRACE("s1@0 ");
    CHECK_INT(async_loop_close(&loop), 0);
}

ASYNC(void, keeps_loop, args(async_loop **loop))
{
    ASYNC_BEGIN
    *self->loop = async_get_running_loop();
    CHECK(*self->loop != NULL);
    ASYNC_END
}

TEST(S71_run_makes_a_loop_and_closes_it_each_time)
{
    async_loop *loop = NULL;
    int x = 0;
    CHECK_INT(ASYNC_RUN(keeps_loop, &loop), 0);
    CHECK(async_get_running_loop() == NULL);
    CHECK_INT(ASYNC_RUN_TO(x, later, 1, 1), 0);
    CHECK_INT(ASYNC_RUN_TO(x, later, 2, 1), 0);
    CHECK_INT(x, 2);
    CHECK(async_get_running_loop() == NULL);
}

ASYNC(void, runs_another, vars(async_loop other), tasks(say t))
{
    ASYNC_BEGIN
    new_loop(&self->other);
    CHECK_INT(async_loop_run_forever(&self->other), -EBUSY);
    CHECK_INT(async_loop_close(&self->other), 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    trace("unharmed");
    ASYNC_END
}

static void *run_in_thread(void *result)
{
    static const int ms[2] = {20, 30};
    int *x = (int *)result, err = ASYNC_RUN_TO(*x, later, *x, ms[*x & 1]);
    return err ? NULL : result;
}

TEST(S72_one_loop_runs_in_a_thread)
{
    pthread_t t[2];
    int x[2] = {1, 2}, i;
    void *result;
    CHECK_INT(run_virtual(runs_another), 0);
    CHECK_TRACE("unharmed");
    for (i = 0; i < 2; i++) CHECK_INT(pthread_create(&t[i], NULL, run_in_thread, &x[i]), 0);
    for (i = 0; i < 2; i++) {
        CHECK_INT(pthread_join(t[i], &result), 0);
        CHECK(result == &x[i]);
        CHECK_INT(x[i], i + 1);
    }
}

/* --- S91, S105: gather and group --- */

ASYNC(void, gather_fails, vars(int error), tasks(raises bad, steps good))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->bad, raises, 10, -7);
    ASYNC_SPAWN(&self->good, steps, "good", 20, 10, 1);
    AWAIT_ERR(self->error, async_gather, ASYNC_TASKS(&self->bad, &self->good));
    trace("error %d@%d ", self->error, now_ms());
    AWAIT(async_join, &self->good.task);
    ASYNC_END
}

TEST(S91_gather_leaves_the_others_alone_when_one_fails)
{
    CHECK_INT(run_virtual(gather_fails), 0);
    CHECK_TRACE("good error -7@10 good0@20 ");
}

ASYNC(void, adds_up, vars(async_group tg), tasks(later a, later b, later c), awaits(later))
{
    ASYNC_BEGIN
    AWAIT(later, 0, 10);
    AWAIT(later, 0, 20);
    AWAIT(later, 0, 30);
    CHECK_INT(now_ms(), 60);
    ASYNC_SPAWN(&self->a, later, 0, 10);
    ASYNC_SPAWN(&self->b, later, 0, 20);
    ASYNC_SPAWN(&self->c, later, 0, 30);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b, &self->c));
    CHECK_INT(now_ms(), 90);
    ASYNC_WITH(async_group, &self->tg) {
        ASYNC_SPAWN_IN(&self->tg, &self->a, later, 0, 10);
        ASYNC_SPAWN_IN(&self->tg, &self->b, later, 0, 20);
        ASYNC_SPAWN_IN(&self->tg, &self->c, later, 0, 30);
    }
    CHECK_INT(now_ms(), 120);
    ASYNC_END
}

TEST(S105_one_after_the_other_takes_the_sum_together_the_longest)
{
    CHECK_INT(run_virtual(adds_up), 0);
}

/* --- S19, S61, S101, S102: a thread blocks, the loop does not --- */

static int blocks_in_a_thread(void *arg)
{
    struct timespec t = {0, 100000000};
    (void)arg;
    nanosleep(&t, NULL);
    return 7;
}
static int background_ran;
ASYNC(void, background)
{
    ASYNC_BEGIN
    for (;;) {
        background_ran++;
        AWAIT(async_sleep, ASYNC_MS(10));
    }
    ASYNC_END
}
ASYNC(int, awaits_a_thread, tasks(background b), vars(int n))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->b, background);
    AWAIT_TO(self->n, async_to_thread, blocks_in_a_thread, NULL);
    ASYNC_RETURN(self->n);
    ASYNC_END
}
TEST(S19_S61_S101_S102_a_task_goes_on_while_a_thread_blocks_and_ends_with_main)
{
    int n = 0;
    CHECK_INT(run_real_to(n, awaits_a_thread), 0);
    CHECK_INT(n, 7);
    CHECK(background_ran > 1); /* as often as the machine has let it: ten times if it is idle */
}

/* --- S69, S80: the handle is pending also while the task runs --- */

ASYNC(void, looks_at_itself)
{
    ASYNC_BEGIN
    CHECK(!async_task_done(async_current_task()));
    CHECK_INT(async_task_error(async_current_task()), -EINPROGRESS);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(!async_task_done(async_current_task()));
    ASYNC_END
}
TEST(S69_S80_pending_while_it_runs)
{
    CHECK_INT(run_virtual(looks_at_itself), 0);
}
