/* Sleep and timers, by the rules S1 to S6 of asyncio, and L8 and L9 for the clock itself. The
 * system's clock and sleep are replaced, so that a loop on the real clock is exact here too. */
#define ASYNCC_IO 0
#define ASYNCC_SYS(call) fake_##call
struct timespec;
static int fake_clock_gettime(int clock, struct timespec *t);
static int fake_nanosleep(const struct timespec *t, void *rest);
#include "test.h"

static int64_t fake_now = 1000, slept; /* ns; what the last sleep was asked for */
static int naps, woken_early;          /* sleeps so far; how many more of them end at half time */
static async_loop *stop_at_nap;

static int fake_clock_gettime(int clock, struct timespec *t)
{
    CHECK_INT(clock, CLOCK_MONOTONIC);
    t->tv_sec = (time_t)(fake_now / 1000000000);
    t->tv_nsec = (long)(fake_now % 1000000000);
    return 0;
}
static int fake_nanosleep(const struct timespec *t, void *rest)
{
    (void)rest;
    CHECK(t->tv_nsec >= 0 && t->tv_nsec < 1000000000 && t->tv_sec >= 0);
    slept = (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
    naps++;
    if (stop_at_nap) async_loop_stop(stop_at_nap);
    fake_now += woken_early > 0 ? slept / 2 : slept;
    return woken_early-- > 0 ? -1 : 0;
}

static void virtual_loop(async_loop *loop)
{
    static async_options options;
    options.virtual_clock = true;
    CHECK_INT(async_loop_init(loop, &options), 0);
}
static int say(void *text)
{
    trace("%s ", (const char *)text);
    return 0;
}
static void say_at(async_loop *loop, async_call *call, int64_t when, const char *text)
{
    CHECK_INT(async_call_at(loop, call, when, say, (void *)(uintptr_t)text), 0);
}

/* --- sleep --- */

ASYNC(void, s1, vars(intptr_t x))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(5));
    CHECK_INT(async_loop_time(async_get_running_loop()), 5000000);
    AWAIT_TO(self->x, async_sleep_value, ASYNC_US(7), 42);
    CHECK_INT(self->x, 42);
    CHECK_INT(async_loop_time(async_get_running_loop()), 5007000);
    AWAIT_TO(self->x, async_sleep_value, ASYNC_NS(0), -1);
    CHECK_INT(self->x, -1);
    AWAIT(async_sleep, ASYNC_NS(1));
    CHECK_INT(async_loop_time(async_get_running_loop()), 5007001);
    ASYNC_END
}
TEST(S1_sleeps_exactly_and_gives_its_value)
{
    CHECK_INT(run_virtual(s1), 0);
}

ASYNC(void, takes_turns, args(const char *name, async_duration d), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++) {
        trace("%s%d ", self->name, self->i);
        AWAIT(async_sleep, self->d);
    }
    ASYNC_END
}
ASYNC(void, s2, tasks(takes_turns a, takes_turns b, takes_turns c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, takes_turns, "a", ASYNC_MS(0));
    ASYNC_SPAWN(&self->b, takes_turns, "b", ASYNC_MS(-5));
    ASYNC_SPAWN(&self->c, takes_turns, "c", ASYNC_SEC(INT64_MIN));
    AWAIT(async_sleep, ASYNC_MS(0));
    trace("cancel ");
    (void)async_task_cancel(&self->b.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b, &self->c));
    CHECK(async_task_cancelled(&self->b.task));
    CHECK_INT(now_ms(), 0);
    ASYNC_END
}
TEST(S2_zero_or_less_yields_once)
{
    CHECK_INT(run_virtual(s2), 0);
    CHECK_TRACE("a0 b0 c0 cancel a1 c1 a2 c2 ");
}

/* --- order --- */

TEST(S3_in_order_of_deadline)
{
    static async_call call[5];
    async_loop loop;
    virtual_loop(&loop);
    say_at(&loop, &call[0], 300, "300");
    say_at(&loop, &call[1], 100, "100");
    say_at(&loop, &call[2], 5000000000, "5 s");
    say_at(&loop, &call[3], 200, "200");
    say_at(&loop, &call[4], 101, "101");
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_INT(async_loop_time(&loop), 5000000000);
    CHECK_TRACE("100 101 200 300 5 s ");
    CHECK_INT(async_loop_close(&loop), 0);
}

ASYNC(void, s4, vars(async_call call[6]; async_loop * loop))
{
    ASYNC_BEGIN
    self->loop = async_get_running_loop();
    AWAIT(async_sleep, ASYNC_MS(50));
    async_call_soon(self->loop, &self->call[0], say, (void *)(uintptr_t) "soon");
    async_call_later(self->loop, &self->call[1], ASYNC_MS(-1), say, (void *)(uintptr_t) "-1");
    async_call_later(self->loop, &self->call[2], ASYNC_MS(0), say, (void *)(uintptr_t) "0");
    async_call_later(self->loop, &self->call[3], ASYNC_MS(-2), say, (void *)(uintptr_t) "-2");
    async_call_later(self->loop, &self->call[4], ASYNC_MS(-1), say, (void *)(uintptr_t) "-1 too");
    async_call_soon(self->loop, &self->call[5], say, (void *)(uintptr_t) "soon too");
    AWAIT(async_sleep, ASYNC_MS(0));
    trace("main ");
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(now_ms(), 50);
    ASYNC_END
}
TEST(S4_late_timers_run_behind_what_is_ready)
{
    CHECK_INT(run_virtual(s4), 0);
    CHECK_TRACE("soon soon too main -2 -1 -1 too 0 ");
}

/* Deadlines of all sizes, many of them equal, some past; some taken back before they fire and
 * some set anew when they do. Each fires exactly at its time, in the order of deadline and call. */
enum { TIMERS = 100000 };
static struct timer {
    async_call call;
    int64_t set_at, when;
    uint32_t order; /* of all calls */
    int16_t fired, left;
} * timers;
static async_loop *timers_loop;
static int64_t last_when = INT64_MIN;
static uint32_t last_order, orders;
static uint64_t seed = 1;
static uint64_t random_number(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}
static int fire(void *p);
static void set_timer(struct timer *t)
{
    int64_t range = (int64_t)1 << random_number() % 45; /* 1 ns to 9 hours */
    t->set_at = async_loop_time(timers_loop);
    t->when = t->set_at + (int64_t)(random_number() % (uint64_t)range);
    if (random_number() % 8 == 0) t->when = t->set_at - (int64_t)(random_number() % 1000);
    if (random_number() % 4 == 0)
        t->when = t->set_at + (int64_t)(random_number() % 30) * 1000000000;
    t->order = orders++;
    CHECK_INT(async_call_at(timers_loop, &t->call, t->when, fire, t), 0);
}
static int fire(void *p)
{
    struct timer *t = (struct timer *)p;
    CHECK_INT(async_loop_time(timers_loop), t->when > t->set_at ? t->when : t->set_at);
    if (t->when >= t->set_at) { /* not late: behind all earlier ones */
        CHECK(t->when > last_when || (t->when == last_when && t->order > last_order));
        last_when = t->when;
        last_order = t->order;
    }
    t->fired++;
    if (t->left > 0) {
        t->left--;
        set_timer(t);
    }
    return 0;
}
TEST(S3_100000_timers_at_random)
{
    async_loop loop;
    int i;
    timers = (struct timer *)calloc(TIMERS, sizeof *timers);
    CHECK(timers != NULL);
    timers_loop = &loop;
    virtual_loop(&loop);
    for (i = 0; i < TIMERS; i++) {
        timers[i].left = i % 3 == 0;
        set_timer(&timers[i]);
    }
    for (i = 0; i < TIMERS; i += 5) {
        CHECK(async_call_cancel(&timers[i].call));
        if (i % 2) set_timer(&timers[i]);
    }
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    for (i = 0; i < TIMERS; i++) {
        int want = i % 10 == 0 ? 0 : i % 3 == 0 ? 2 : 1;
        CHECK_INT(timers[i].fired, want);
    }
    CHECK_INT(async_loop_close(&loop), 0);
    free(timers);
}

/* The same for sleeping tasks, whose deadlines are all different. */
static int64_t woke_last;
ASYNC(void, dozes, args(int64_t ns), awaits(async_sleep))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_NS(self->ns));
    CHECK_INT(async_loop_time(async_get_running_loop()), self->ns);
    CHECK(self->ns >= woke_last);
    woke_last = self->ns;
    ASYNC_END
}
static ASYNC_TASK(dozes) * dozers;
ASYNC(void, all_doze, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < TIMERS; self->i++)
        ASYNC_SPAWN(&dozers[self->i], dozes,
                    (int64_t)(random_number() >> (20 + random_number() % 40)) + 1);
    AWAIT(async_gather, ASYNC_TASK_SLICE(dozers, TIMERS));
    ASYNC_END
}
TEST(S3_100000_sleeping_tasks)
{
    dozers = (ASYNC_TASK(dozes) *)calloc(TIMERS, sizeof *dozers);
    CHECK(dozers != NULL);
    CHECK_INT(run_virtual(all_doze), 0);
    free(dozers);
}

/* Calls and sleepers each in their order; a sleeper runs a tick after its timer, so behind them. */
enum { EQUALS = 999 };
static int nth_[EQUALS], next_call, next_sleeper;
static int64_t till_100_s(void)
{
    return (int64_t)100 * 1000000000 - async_loop_time(async_get_running_loop());
}
static int equal_call(void *n)
{
    CHECK_INT(next_sleeper, 0);
    CHECK_INT(*(int *)n, next_call);
    next_call += next_call % 3 == 1 ? 2 : 1;
    return 0;
}
ASYNC(void, equal_sleeper, args(int n))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_NS(till_100_s()));
    CHECK_INT(self->n, next_sleeper);
    next_sleeper += 3;
    ASYNC_END
}
/* Set at different times and distances, so that they move through the levels of the wheel. */
ASYNC(void, s5, tasks(equal_sleeper t[EQUALS]), vars(async_call call[EQUALS]; int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < EQUALS; self->i++) {
        nth_[self->i] = self->i;
        if (self->i % 3 == 0)
            async_call_at(async_get_running_loop(), &self->call[self->i], (int64_t)100 * 1000000000,
                          equal_call, &nth_[self->i]);
        if (self->i % 3 == 1)
            async_call_later(async_get_running_loop(), &self->call[self->i], ASYNC_NS(till_100_s()),
                             equal_call, &nth_[self->i]);
        if (self->i % 3 == 2) ASYNC_SPAWN(&self->t[self->i], equal_sleeper, self->i - 2);
        AWAIT(async_sleep, ASYNC_MS(99));
    }
    CHECK(now_ms() < 100000 && next_call == 0);
    AWAIT(async_sleep, ASYNC_SEC(100));
    CHECK_INT(next_call, EQUALS);
    CHECK_INT(next_sleeper, EQUALS);
    ASYNC_END
}
TEST(S5_equal_deadlines_in_the_order_in_which_they_were_set)
{
    CHECK_INT(run_virtual(s5), 0);
}

static int fails(void *unused)
{
    (void)unused;
    test_fail_(__FILE__, __LINE__, "a cancelled timer fired");
}
TEST(S5_cancelled_timers_are_gone)
{
    static async_call call[3];
    async_loop loop;
    int i;
    virtual_loop(&loop);
    for (i = 0; i < 1000000; i++) { /* nothing piles up */
        CHECK_INT(async_call_later(&loop, &call[0], ASYNC_SEC(i), fails, NULL), 0);
        CHECK(async_call_cancel(&call[0]));
    }
    CHECK(!async_call_cancel(&call[0]));
    CHECK_INT(async_call_later(&loop, &call[0], ASYNC_SEC(1), fails, NULL), 0);
    CHECK_INT(async_call_later(&loop, &call[0], ASYNC_SEC(1), fails, NULL), -EBUSY);
    say_at(&loop, &call[1], 7, "7");
    CHECK_INT(async_call_later(&loop, &call[2], ASYNC_SEC(1), fails, NULL), 0);
    CHECK(async_call_cancel(&call[0]) && async_call_cancel(&call[2]));
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK); /* nor keeps the loop awake */
    CHECK_INT(async_loop_time(&loop), 7);
    CHECK_TRACE("7 ");
    CHECK_INT(async_loop_close(&loop), 0);
}

/* One that is due and queued in this very tick can still be taken back. */
static async_call later;
static int takes_back(void *unused)
{
    (void)unused;
    CHECK(async_call_cancel(&later));
    return 0;
}
TEST(L4_taken_back_in_the_tick_in_which_it_fires)
{
    static async_call call[2];
    async_loop loop;
    virtual_loop(&loop);
    CHECK_INT(async_call_at(&loop, &call[0], 5, takes_back, NULL), 0);
    CHECK_INT(async_call_at(&loop, &later, 5, fails, NULL), 0);
    say_at(&loop, &call[1], 5, "5");
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_TRACE("5 ");
    CHECK_INT(async_loop_close(&loop), 0);
}

/* --- the ends of time --- */

ASYNC(void, sleeps_for, args(async_duration d))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, self->d);
    ASYNC_END
}
ASYNC(void, far_away, tasks(sleeps_for a, sleeps_for b, sleeps_for c), vars(async_call call))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, sleeps_for, ASYNC_FOREVER);
    ASYNC_SPAWN(&self->b, sleeps_for, ASYNC_SEC(INT64_MAX));
    ASYNC_SPAWN(&self->c, sleeps_for, ASYNC_NS(INT64_MAX - 1));
    AWAIT(async_sleep, ASYNC_SEC(200LL * 365 * 86400)); /* two hundred years */
    CHECK_INT(async_loop_time(async_get_running_loop()), 200LL * 365 * 86400 * 1000000000);
    CHECK(!async_task_done(&self->a.task) && !async_task_done(&self->b.task) &&
          !async_task_done(&self->c.task));
    async_call_later(async_get_running_loop(), &self->call, ASYNC_FOREVER, fails,
                     NULL); /* no overflow */
    CHECK(async_call_cancel(&self->call));
    (void)async_task_cancel(&self->a.task);
    (void)async_task_cancel(&self->b.task);
    (void)async_task_cancel(&self->c.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b, &self->c));
    CHECK_INT(async_loop_time(async_get_running_loop()), 200LL * 365 * 86400 * 1000000000);
    ASYNC_END
}
TEST(S3_for_ever_is_later_than_anything)
{
    CHECK_INT(run_virtual(far_away), 0);
}

static void extremes(bool real)
{
    static async_call call[8];
    async_loop loop;
    int i;
    if (real) CHECK_INT(async_loop_init(&loop, NULL), 0);
    else virtual_loop(&loop);
    memset(call, 0, sizeof call);
    CHECK_INT(async_call_at(&loop, &call[0], INT64_MAX, fails, NULL), 0); /* never */
    say_at(&loop, &call[1], INT64_MAX - 1, "last");
    say_at(&loop, &call[2], INT64_MIN, "first");
    say_at(&loop, &call[3], -1, "-1");
    say_at(&loop, &call[4], 0, "0");
    say_at(&loop, &call[5], INT64_MIN, "first too");
    say_at(&loop, &call[6], (int64_t)1 << 62, "2^62");
    say_at(&loop, &call[7], ((int64_t)1 << 62) - 1, "2^62-1");
    for (i = 0; i < 2; i++) CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_TRACE("first first too -1 0 2^62-1 2^62 last ");
    CHECK_INT(async_loop_close(&loop), 0);
}
TEST(S3_the_ends_of_time)
{
    extremes(false);
}
TEST(S3_the_ends_of_time_on_the_real_clock)
{
    if (sizeof(time_t) < 8) SKIP("the system's clock does not go so far");
    extremes(true);
    CHECK_INT(fake_now, INT64_MAX - 1);
}

/* --- the real clock --- */

static int blocks(void *ms)
{
    fake_now += (int64_t) * (int *)ms * 1000000;
    trace("blocked ");
    return 0;
}
TEST(S6_timers_missed_fire_in_order_of_deadline)
{
    static async_call call[5];
    static int hundred = 100;
    async_loop loop;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    async_call_later(&loop, &call[0], ASYNC_MS(30), say, (void *)(uintptr_t) "30");
    async_call_later(&loop, &call[1], ASYNC_MS(10), say, (void *)(uintptr_t) "10");
    async_call_later(&loop, &call[2], ASYNC_MS(5), blocks, &hundred);
    async_call_later(&loop, &call[3], ASYNC_MS(20), say, (void *)(uintptr_t) "20");
    async_call_later(&loop, &call[4], ASYNC_MS(200), say, (void *)(uintptr_t) "200");
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_TRACE("blocked 10 20 30 200 ");
    CHECK_INT(naps, 2); /* to the first, and to the last: those between fired together */
    CHECK_INT(slept, 95000000);
    CHECK_INT(async_loop_close(&loop), 0);
}

TEST(L8_the_clock_is_read_at_the_call)
{
    static async_call call;
    async_loop loop;
    async_time t;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    t = async_loop_time(&loop);
    fake_now += 5;
    CHECK_INT(async_loop_time(&loop) - t, 5);
    fake_now += 5;
    async_call_later(&loop, &call, ASYNC_NS(100), say, (void *)(uintptr_t) "x");
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_INT(async_loop_time(&loop) - t, 110);
    CHECK_TRACE("x ");
    CHECK_INT(async_loop_close(&loop), 0);
}

static int at_its_time(void *when)
{
    CHECK_INT(fake_now, *(int64_t *)when);
    trace("x ");
    return 0;
}
TEST(L9_never_early_though_the_sleep_is_interrupted)
{
    static async_call call;
    static int64_t when;
    async_loop loop;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    when = fake_now + 1234567891;
    woken_early = 40;
    CHECK_INT(async_call_at(&loop, &call, when, at_its_time, &when), 0);
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_TRACE("x ");
    CHECK(naps > 10);
    CHECK_INT(async_loop_close(&loop), 0);
}

/* Longer than 32 bits of seconds: it sleeps, if only for a part of it, and does not spin. */
TEST(L9_a_sleep_of_a_hundred_years)
{
    static async_call call;
    async_loop loop;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    CHECK_INT(async_call_later(&loop, &call, ASYNC_SEC(100LL * 365 * 86400), say,
                               (void *)(uintptr_t) "x"),
              0);
    stop_at_nap = &loop;
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK(slept >= (int64_t)3600 * 1000000000 && slept <= (int64_t)100 * 365 * 86400 * 1000000000);
    CHECK_TRACE("");
    CHECK_INT(async_loop_close(&loop), 0);
}

/* A chain that is always ready keeps no timer from firing. */
ASYNC(void, spins, args(bool *stop), vars(int n))
{
    ASYNC_BEGIN
    while (!*self->stop) {
        fake_now += 1000;
        self->n++;
        AWAIT(async_sleep, ASYNC_MS(0));
    }
    CHECK(self->n >= 10 && self->n <= 10 + 64); /* the clock is looked at once in 64 resumes */
    ASYNC_END
}
static bool stop_spinning;
static int stops(void *unused)
{
    (void)unused;
    stop_spinning = true;
    return 0;
}
TEST(L2_ready_tasks_do_not_starve_timers)
{
    static ASYNC_TASK(spins) t;
    static async_call call;
    async_loop loop;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    ASYNC_SPAWN(&t, spins, &stop_spinning);
    async_call_later(&loop, &call, ASYNC_US(10), stops, NULL);
    CHECK_INT(async_loop_run_until_complete(&loop, &t.task), 0);
    CHECK_INT(async_loop_close(&loop), 0);
}
