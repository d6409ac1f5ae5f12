/* A loop is woken by other threads and by signal handlers: nothing is lost, nothing comes twice,
 * and no more is written than there are sleeps to end. */
#include "seam.h"
#include "test.h"
#include <pthread.h>
#include <sched.h>

static long wakes(void)
{
#if !defined(ASYNCC_POLLER) || ASYNCC_POLLER != 2
    return __atomic_load_n(&seam_of_eventfd_write.count, __ATOMIC_RELAXED);
#else
    return __atomic_load_n(&seam_of_write.count, __ATOMIC_RELAXED);
#endif
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, fn, arg) != 0) test_fail_(__FILE__, __LINE__, "no thread");
    return thread;
}

static async_loop ts_loop;
static async_call ts_call[3];
static int ts_steps;
static int ts_stop(void *loop)
{
    ts_steps++;
    async_loop_stop((async_loop *)loop);
    return 0;
}
static int ts_say(void *text)
{
    trace("%s ", (const char *)text);
    return 0;
}
/* Waits until the loop is in its poller, for ever: its inbox has the mark. */
static void ts_until_asleep(void)
{
    while (__atomic_load_n(&ts_loop.inbox, __ATOMIC_ACQUIRE) != ASYNC_ASLEEP_) sched_yield();
}

static void *ts_waker(void *arg)
{
    ts_until_asleep();
    CHECK_INT(async_call_soon_threadsafe(&ts_loop, &ts_call[0], ts_stop, arg), 0);
    return NULL;
}
TEST(TH5_wakes_a_sleeping_loop)
{
    int i;
    pthread_t thread;
    CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
    CHECK_INT(async_loop_keep(&ts_loop), 0);
    for (i = 0; i < 100; i++) {
        thread = start(ts_waker, &ts_loop);
        CHECK_INT(async_loop_run_forever(&ts_loop), 0);
        pthread_join(thread, NULL);
    }
    CHECK_INT(ts_steps, 100);
    /* At most one a sleep. None, and it would sleep for ever, unless something else ended its wait
     * between the call and its write, which then ends the next: emulators interrupt it. */
    CHECK(wakes() > 0 && wakes() <= 100);
    async_loop_release(&ts_loop);
    CHECK_INT(async_loop_run_forever(&ts_loop), -EDEADLK);
    CHECK_INT(async_loop_close(&ts_loop), 0);
}

/* Calls of one thread keep their order, and none is lost or runs twice. */
enum { TS_THREADS = 4, TS_CALLS = 3000 };
struct ts_caller {
    async_call call[TS_CALLS];
    int next;
};
static struct ts_caller ts_callers[TS_THREADS];
static int ts_heard;
struct ts_message {
    struct ts_caller *from;
    int number;
};
static struct ts_message ts_messages[TS_THREADS][TS_CALLS];
static int ts_hear(void *arg)
{
    struct ts_message *m = (struct ts_message *)arg;
    CHECK_INT(m->number, m->from->next);
    m->from->next++;
    if (++ts_heard == TS_THREADS * TS_CALLS) async_loop_stop(&ts_loop);
    return 0;
}
static void *ts_send(void *arg)
{
    struct ts_caller *caller = (struct ts_caller *)arg;
    int i, who = (int)(caller - ts_callers);
    for (i = 0; i < TS_CALLS; i++) {
        ts_messages[who][i].from = caller;
        ts_messages[who][i].number = i;
        CHECK_INT(
            async_call_soon_threadsafe(&ts_loop, &caller->call[i], ts_hear, &ts_messages[who][i]),
            0);
        if (i % 64 == 0) sched_yield();
    }
    return NULL;
}
TEST(TH5_calls_of_one_thread_keep_their_order)
{
    pthread_t threads[TS_THREADS];
    int i;
    test_time_limit(60);
    CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
    CHECK_INT(async_loop_keep(&ts_loop), 0);
    for (i = 0; i < TS_THREADS; i++) threads[i] = start(ts_send, &ts_callers[i]);
    CHECK_INT(async_loop_run_forever(&ts_loop), 0);
    for (i = 0; i < TS_THREADS; i++) pthread_join(threads[i], NULL);
    CHECK_INT(ts_heard, TS_THREADS * TS_CALLS);
    async_loop_release(&ts_loop);
    CHECK_INT(async_loop_run_forever(&ts_loop), -EDEADLK); /* nothing came twice */
    CHECK_INT(ts_heard, TS_THREADS * TS_CALLS);
    CHECK_INT(async_loop_close(&ts_loop), 0);
}

TEST(TH5_from_its_own_thread_in_line_with_call_soon)
{
    CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
    CHECK_INT(async_loop_keep(&ts_loop), 0);
    CHECK_INT(async_call_soon(&ts_loop, &ts_call[2], ts_stop, &ts_loop), 0);
    CHECK_INT(
        async_call_soon_threadsafe(&ts_loop, &ts_call[0], ts_say, (void *)(uintptr_t) "first"), 0);
    CHECK_INT(
        async_call_soon_threadsafe(&ts_loop, &ts_call[1], ts_say, (void *)(uintptr_t) "second"), 0);
    CHECK_INT(async_loop_run_forever(&ts_loop), 0);
    async_loop_stop(&ts_loop);
    CHECK_INT(async_loop_run_forever(&ts_loop), 0);
    CHECK_TRACE("first second ");
    CHECK_INT(wakes(), 0);
    CHECK_INT(async_loop_close(&ts_loop), 0);
}
static int ts_in_line(void *arg)
{
    (void)arg;
    CHECK_INT(async_call_soon_threadsafe(&ts_loop, &ts_call[0], ts_say, (void *)(uintptr_t) "1"),
              0);
    CHECK_INT(async_call_soon(&ts_loop, &ts_call[1], ts_say, (void *)(uintptr_t) "2"), 0);
    return 0;
}
TEST(TH5_in_a_step_in_line_with_call_soon)
{
    async_call begin;
    memset(&begin, 0, sizeof begin);
    CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
    CHECK_INT(async_call_soon(&ts_loop, &begin, ts_in_line, NULL), 0);
    CHECK_INT(async_loop_run_forever(&ts_loop), -EDEADLK);
    CHECK_TRACE("1 2 ");
    CHECK_INT(async_loop_close(&ts_loop), 0);
}

TEST(TH5_not_kept_or_closed_is_an_error)
{
    CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
    CHECK_INT(async_call_soon_threadsafe(&ts_loop, ts_call, ts_stop, NULL), -ENOTCONN);
    CHECK_INT(async_loop_keep(&ts_loop), 0);
    CHECK_INT(async_call_soon_threadsafe(&ts_loop, ts_call, ts_stop, NULL), 0);
    CHECK_INT(async_call_soon_threadsafe(&ts_loop, ts_call, ts_stop, NULL), -EBUSY);
    CHECK_INT(async_loop_close(&ts_loop), 0);
    CHECK_INT(ts_steps, 0); /* R12: dropped, and mine again */
    CHECK_INT(async_call_soon_threadsafe(&ts_loop, ts_call, ts_stop, NULL), -ESHUTDOWN);
    CHECK_INT(async_loop_keep(&ts_loop), -ESHUTDOWN);
    CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
    CHECK_INT(async_loop_keep(&ts_loop), 0);
    CHECK_INT(async_call_soon_threadsafe(&ts_loop, ts_call, ts_stop, &ts_loop), 0);
    CHECK_INT(async_loop_run_forever(&ts_loop), 0);
    CHECK_INT(ts_steps, 1);
    CHECK_INT(async_loop_close(&ts_loop), 0);
    CHECK_INT(seam_blocks, 0);
}

TEST(L4_a_call_from_elsewhere_can_be_taken_back)
{
    CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
    CHECK_INT(async_loop_keep(&ts_loop), 0);
    CHECK_INT(async_call_soon_threadsafe(&ts_loop, &ts_call[0], ts_say, (void *)(uintptr_t) "no"),
              0);
    CHECK_INT(async_call_soon_threadsafe(&ts_loop, &ts_call[1], ts_say, (void *)(uintptr_t) "yes"),
              0);
    CHECK(async_call_cancel(&ts_call[0]));
    CHECK(!async_call_cancel(&ts_call[0]));
    async_loop_release(&ts_loop);
    CHECK_INT(async_loop_run_forever(&ts_loop), -EDEADLK);
    CHECK_TRACE("yes ");
    CHECK_INT(async_call_soon_threadsafe(&ts_loop, &ts_call[0], ts_say, (void *)(uintptr_t) "now"),
              0);
    CHECK_INT(async_loop_run_forever(&ts_loop), -EDEADLK);
    CHECK_TRACE("now ");
    CHECK_INT(async_loop_close(&ts_loop), 0);
}

/* Ten thousand posts while it is awake write nothing; the same while it sleeps, once. */
static async_call ts_storm_calls[10000];
static int ts_storm_heard, ts_storm_want;
static int ts_storm_hear(void *arg)
{
    (void)arg;
    if (++ts_storm_heard == ts_storm_want) async_loop_stop(&ts_loop);
    return 0;
}
static void ts_storm_post(int from, int to)
{
    for (; from < to; from++)
        CHECK_INT(async_post_(&ts_loop, &ts_storm_calls[from], ts_storm_hear, NULL), 0);
}
static int ts_storm_awake(void *arg)
{
    (void)arg;
    ts_storm_post(0, 5000);
    return 0;
}
static long ts_before;
static void *ts_storm_asleep(void *arg)
{
    ts_until_asleep();
    ts_before = wakes();
    /* the loop must not wake in between, or it would sleep again: it has no processor */
    ts_storm_post(5000, 10000);
    return arg;
}
TEST(F38_one_write_for_a_storm)
{
    async_call begin;
    pthread_t thread;
    memset(&begin, 0, sizeof begin);
    CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
    CHECK_INT(async_loop_keep(&ts_loop), 0);
    ts_storm_want = 5000;
    CHECK_INT(async_call_soon(&ts_loop, &begin, ts_storm_awake, NULL), 0);
    CHECK_INT(async_loop_run_forever(&ts_loop), 0);
    CHECK_INT(ts_storm_heard, 5000);
    CHECK_INT(wakes(), 0);
    ts_storm_want = 10000;
    thread = start(ts_storm_asleep, NULL);
    CHECK_INT(async_loop_run_forever(&ts_loop), 0);
    pthread_join(thread, NULL);
    CHECK_INT(ts_storm_heard, 10000);
    CHECK(wakes() - ts_before <= seam_polls()); /* one a sleep at most, */
    CHECK(wakes() - ts_before >= 1);
    CHECK_INT(async_loop_close(&ts_loop), 0);
}

/* A signal handler posts; the second one, before the first has run, is told so. */
static int ts_signal_count, ts_signal_err[2];
static void ts_on_signal(int number)
{
    (void)number;
    ts_signal_err[ts_signal_count++] = async_post_(&ts_loop, &ts_call[0], ts_stop, &ts_loop);
}
static int ts_raise_twice(void *arg)
{
    (void)arg;
    raise(SIGUSR1);
    raise(SIGUSR1);
    return 0;
}
TEST(F40_signal_handlers_may_post)
{
    CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
    CHECK_INT(async_loop_keep(&ts_loop), 0);
    signal(SIGUSR1, ts_on_signal);
    CHECK_INT(async_call_soon(&ts_loop, &ts_call[1], ts_raise_twice, NULL), 0);
    CHECK_INT(async_loop_run_forever(&ts_loop), 0);
    CHECK_INT(ts_signal_err[0], 0);
    CHECK_INT(ts_signal_err[1], -EBUSY);
    CHECK_INT(ts_steps, 1);
    CHECK_INT(async_loop_close(&ts_loop), 0);
}
static void *ts_kill(void *main_thread)
{
    ts_until_asleep();
    pthread_kill(*(pthread_t *)main_thread, SIGUSR1);
    return NULL;
}
TEST(F40_a_signal_wakes_a_sleeping_loop)
{
    pthread_t me = pthread_self(), thread;
    CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
    CHECK_INT(async_loop_keep(&ts_loop), 0);
    signal(SIGUSR1, ts_on_signal);
    thread = start(ts_kill, &me);
    CHECK_INT(async_loop_run_forever(&ts_loop), 0);
    pthread_join(thread, NULL);
    CHECK_INT(ts_steps, 1);
    CHECK_INT(async_loop_close(&ts_loop), 0);
}

/* Beside timers, and on a virtual clock. */
static int ts_count_timers(void *arg)
{
    (void)arg;
    ts_steps++;
    return 0;
}
static int ts_poll_many(void *arg)
{
    (void)arg;
    if (++ts_steps < 1000)
        return async_call_later(&ts_loop, &ts_call[1], ASYNC_MS(0), ts_poll_many, NULL);
    async_loop_stop(&ts_loop);
    return 0;
}
TEST(TH5_beside_timers)
{
    pthread_t thread;
    CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
    CHECK_INT(async_loop_keep(&ts_loop), 0);
    CHECK_INT(async_call_later(&ts_loop, &ts_call[1], ASYNC_SEC(3600), ts_count_timers, NULL), 0);
    thread = start(ts_waker, &ts_loop); /* asleep until the timer: woken before */
    CHECK_INT(async_loop_run_forever(&ts_loop), 0);
    pthread_join(thread, NULL);
    CHECK_INT(ts_steps, 1);
    CHECK(async_call_cancel(&ts_call[1]));
    ts_steps = 0;
    CHECK_INT(async_call_soon(&ts_loop, &ts_call[1], ts_poll_many, NULL), 0);
    CHECK_INT(async_loop_run_forever(&ts_loop), 0);
    CHECK_INT(ts_steps, 1000);
    CHECK_INT(async_loop_close(&ts_loop), 0);
}
TEST(TH5_on_a_virtual_clock_timers_go_first)
{
    async_options options;
    pthread_t thread;
    memset(&options, 0, sizeof options);
    options.virtual_clock = true;
    CHECK_INT(async_loop_init(&ts_loop, &options), 0);
    CHECK_INT(async_loop_keep(&ts_loop), 0);
    CHECK_INT(async_call_later(&ts_loop, &ts_call[1], ASYNC_SEC(3600), ts_count_timers, NULL), 0);
    thread = start(ts_waker, &ts_loop);
    CHECK_INT(async_loop_run_forever(&ts_loop), 0);
    pthread_join(thread, NULL);
    CHECK_INT(ts_steps, 2);
    CHECK(async_loop_time(&ts_loop) == (async_time)3600 * 1000000000);
    CHECK_INT(async_loop_close(&ts_loop), 0);
}

#if !defined(ASYNCC_POLLER) || ASYNCC_POLLER != 2
/* A thread has put its call into the inbox and is about to write the wake, when the loop, woken by
 * a timer, takes the call, ends and closes. The descriptor must not be closed before that write. */
static int ts_may_write, ts_in_write, ts_wrote;
static void ts_slow_wake(void)
{
    __atomic_store_n(&ts_in_write, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&ts_may_write, __ATOMIC_SEQ_CST)) sched_yield();
    __atomic_store_n(&ts_wrote, 1, __ATOMIC_SEQ_CST);
}
static void *ts_release_later(void *arg)
{
    long polls;
    while (!__atomic_load_n(&ts_in_write, __ATOMIC_SEQ_CST)) sched_yield();
    while (__atomic_load_n(&ts_loop.inbox, __ATOMIC_ACQUIRE) != ASYNC_GONE_) sched_yield();
    polls = __atomic_load_n(&seam_of_poll.count, __ATOMIC_RELAXED);
    while (__atomic_load_n(&seam_of_poll.count, __ATOMIC_RELAXED) == polls && polls == 0)
        sched_yield();
    __atomic_store_n(&ts_may_write, 1, __ATOMIC_SEQ_CST); /* it is closing, and waits */
    return arg;
}
static int ts_when_late(void *arg)
{
    if (!__atomic_load_n(&ts_in_write, __ATOMIC_SEQ_CST))
        return async_call_later(&ts_loop, &ts_call[1], ASYNC_MS(1), ts_when_late, arg);
    async_loop_stop(&ts_loop);
    return 0;
}
TEST(F36_close_waits_for_a_wake_that_is_due)
{
    pthread_t thread, releaser;
    seam_before_wake = ts_slow_wake;
    CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
    CHECK_INT(async_loop_keep(&ts_loop), 0);
    CHECK_INT(async_call_later(&ts_loop, &ts_call[1], ASYNC_MS(1), ts_when_late, NULL), 0);
    thread = start(ts_waker, &ts_loop);
    releaser = start(ts_release_later, NULL);
    CHECK_INT(async_loop_run_forever(&ts_loop), 0);
    CHECK_INT(__atomic_load_n(&ts_wrote, __ATOMIC_SEQ_CST), 0);
    CHECK_INT(async_loop_close(&ts_loop), 0);
    CHECK_INT(__atomic_load_n(&ts_wrote, __ATOMIC_SEQ_CST), 1);
    pthread_join(thread, NULL);
    pthread_join(releaser, NULL);
}
#endif

/* Nothing opens, one after the other: an error, and nothing is left. */
TEST(F41_no_room_for_the_wake)
{
    int before = seam_descriptors(), err = 0;
    long k;
    for (k = 1; k < 20; k++) {
        CHECK_INT(async_loop_init(&ts_loop, NULL), 0);
        seam_fail(k, 0);
        err = async_loop_keep(&ts_loop);
        if (!err && seam_error && seam_error != EINTR)
            printf("%s() failed unseen\n", seam_hit->name);
        CHECK(err <= 0);
        if (err)
            CHECK_INT(async_call_soon_threadsafe(&ts_loop, ts_call, ts_stop, &ts_loop), -ENOTCONN);
        if (err) {
            seam_fail(0, 0);
            CHECK_INT(async_loop_keep(&ts_loop), 0);
        }
        CHECK_INT(async_call_soon_threadsafe(&ts_loop, ts_call, ts_stop, &ts_loop), 0);
        CHECK_INT(async_loop_run_forever(&ts_loop), 0);
        seam_fail(0, 0);
        CHECK_INT(async_loop_close(&ts_loop), 0);
        CHECK_INT(seam_descriptors(), before);
        CHECK_INT(seam_blocks, 0);
    }
    CHECK(ts_steps == 19);
}
