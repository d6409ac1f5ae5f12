/* Timers against a plain model: however they are set, moved and cancelled, they fire in the order
 * of their deadlines, equal ones in the order in which they were set, and none early. */
#include "test.h"

enum { TIMERS = 2000, CALLS = 12000 };

struct timer {
    async_call call;
    int64_t when;
    uint64_t seq;
    bool set;
};
static struct {
    struct timer timers[TIMERS];
    struct timer last;    /* the one that fired before */
    async_time last_time; /* when */
    uint64_t seq, batch;  /* timers set so far, and before this tick's began to fire */
    uint64_t random;
    int fired, bits; /* of the longest delay */
} m;

static uint64_t rnd(void)
{
    m.random ^= m.random << 13, m.random ^= m.random >> 7, m.random ^= m.random << 17;
    return m.random;
}
static bool earlier(const struct timer *a, const struct timer *b)
{
    return a->when < b->when || (a->when == b->when && a->seq < b->seq);
}
static int fire(void *arg);
/* Of all lengths up to the longest; many are equal, some are over already. */
static void set(async_loop *loop, struct timer *t)
{
    int64_t delay = (int64_t)(rnd() >> (64 - 1 - rnd() % (unsigned)m.bits));
    if (rnd() % 4 == 0) delay = delay / 1000000 * 1000000;
    if (rnd() % 16 == 0) delay = -delay / 1000;
    t->when = async_loop_time(loop) + delay;
    t->seq = m.seq++;
    t->set = true;
    CHECK_INT(async_call_at(loop, &t->call, t->when, fire, t), 0);
}
static int fire(void *arg)
{
    struct timer *t = (struct timer *)arg;
    async_loop *loop = async_get_running_loop();
    int i;
    CHECK(m.seq && t->set && t->when <= async_loop_time(loop));
    if (async_loop_time(loop) != m.last_time) {
        m.batch = m.seq;
    } else if (earlier(t, &m.last)) { /* set while this time's were firing: another tick */
        CHECK(t->seq >= m.batch);
        m.batch = m.seq;
    }
    t->set = false;
    for (i = 0; i < TIMERS; i++)
        CHECK(!m.timers[i].set || m.timers[i].seq >= m.batch || earlier(t, &m.timers[i]));
    m.last = *t;
    m.last_time = async_loop_time(loop);
    m.fired++;
    for (i = (int)(rnd() % 4); i; i--) {
        struct timer *other = &m.timers[rnd() % TIMERS];
        if (other->set) {
            CHECK(async_call_cancel(&other->call));
            other->set = false;
        }
        if (m.fired < CALLS) set(loop, other);
    }
    if (rnd() % 64 == 0) {
        CHECK_INT(async_loop_advance(loop, ASYNC_NS((int64_t)(rnd() >> (64 - (m.bits + 1) / 2)))),
                  0);
        m.last_time = async_loop_time(loop); /* which does not start another tick */
    }
    if (m.fired >= CALLS) async_loop_stop(loop);
    return 0;
}
/* start: of the clock, which decides on where the wheel's digits change */
static void play(int bits, int64_t start)
{
    async_loop loop;
    async_options options;
    int i;
    memset(&options, 0, sizeof options);
    options.virtual_clock = true;
    memset(&m, 0, sizeof m);
    m.bits = bits;
    m.random = 88172645463325252u + (uint64_t)bits;
    m.last_time = -1;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    (void)async_loop_advance(&loop, ASYNC_NS(start));
    for (i = 0; i < TIMERS; i++) set(&loop, &m.timers[i]);
    while (m.fired < CALLS) {
        int before = m.fired, err = async_loop_run_forever(&loop);
        CHECK_INT(err, m.fired < CALLS ? -EDEADLK : 0);
        for (i = 0; m.fired < CALLS && i < TIMERS; i++)
            if (!m.timers[i].set) set(&loop, &m.timers[i]);
        CHECK(m.fired > before);
    }
    for (i = 0; i < TIMERS; i++) CHECK(async_call_cancel(&m.timers[i].call) == m.timers[i].set);
    m.seq = 0; /* nothing is left that could fire */
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK);
    CHECK_INT(async_loop_close(&loop), 0);
}

TEST(equal_or_nearly)
{
    play(3, 0);
}
TEST(nanoseconds_to_microseconds)
{
    play(12, 63);
}
TEST(up_to_a_millisecond)
{
    play(20, (1 << 18) - 5);
}
TEST(up_to_a_second)
{
    play(30, 999999999);
}
TEST(up_to_a_minute)
{
    play(36, ((int64_t)1 << 30) - 1);
}
TEST(up_to_hours)
{
    play(44, 123456789012);
}
TEST(up_to_centuries)
{
    play(60, ((int64_t)1 << 59) - 1);
}
