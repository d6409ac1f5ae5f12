/* Semaphores. The number in a test's name is the rule of asyncio that it holds the library to. */
#include "sync.h"

ASYNC(void, user, args(async_semaphore *s, const char *who, int ms), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_semaphore, self->s) {
            trace("%s in %d\n", self->who, now_ms());
            AWAIT(async_sleep, ASYNC_MS(self->ms));
            trace("%s out\n", self->who);
        }
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s %s\n", self->who, name_of(self->e));
        ASYNC_RAISE(self->e);
    }
    ASYNC_END
}
ASYNC(void, taker, args(async_semaphore *s, const char *who), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_semaphore_acquire, self->s);
        trace("%s has it\n", self->who);
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s %s\n", self->who, name_of(self->e));
        ASYNC_RAISE(self->e);
    }
    ASYNC_END
}
static void state(const async_semaphore *s)
{
    trace("value %d locked %d\n", (int)s->value, async_semaphore_locked(s));
}

ASYNC(void, se1, vars(async_semaphore s; async_semaphore z; int i), tasks(taker t, user u))
{
    ASYNC_BEGIN
    CHECK_INT(async_semaphore_init(&self->s, 2), 0);
    state(&self->s);
    AWAIT(async_semaphore_acquire, &self->s);
    AWAIT(async_semaphore_acquire, &self->s);
    state(&self->s);
    ASYNC_SPAWN(&self->t, taker, &self->s, "a");
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_INT(async_semaphore_release(&self->s), 0);
    AWAIT_TASK(&self->t);
    CHECK_INT(async_semaphore_release(&self->s), 0);
    CHECK_INT(async_semaphore_release(&self->s), 0);
    CHECK_INT(async_semaphore_release(&self->s), 0);
    state(&self->s);
    trace("%s\n", name_of(async_semaphore_init(&self->z, -1)));
    state(&self->z);
    ASYNC_SPAWN(&self->u, user, &self->z, "u", 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_INT(async_semaphore_release(&self->z), 0);
    AWAIT_TASK(&self->u);
    state(&self->z);
    ASYNC_END
}
TEST(SE1_value)
{
    CHECK_INT(run_virtual(se1), 0);
    CHECK_TRACE("value 2 locked 0\nvalue 0 locked 1\na has it\nvalue 3 locked 0\ninval\n"
                "value 0 locked 1\nu in 2\nu out\nvalue 1 locked 0\n");
}

ASYNC(void, se2, vars(async_semaphore s; int i), tasks(user t[4]))
{
    static const char *const names[] = {"c", "a", "b"};
    int i;
    ASYNC_BEGIN
    CHECK_INT(async_semaphore_init(&self->s, 1), 0);
    AWAIT(async_semaphore_acquire, &self->s);
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], user, &self->s, names[i], 0);
    AWAIT(async_sleep, ASYNC_MS(0));
    for (i = 0; i < 4; i++) CHECK_INT(async_semaphore_release(&self->s), 0);
    state(&self->s);
    ASYNC_SPAWN(&self->t[3], user, &self->s, "late", 0);
    AWAIT(async_semaphore_acquire, &self->s);
    trace("and me\n");
    CHECK_INT(async_semaphore_release(&self->s), 0);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    state(&self->s);
    ASYNC_END
}
TEST(SE2_first_come_first_served)
{
    CHECK_INT(run_virtual(se2), 0);
    CHECK_TRACE("value 1 locked 1\nc in 0\na in 0\nb in 0\nand me\nc out\na out\nb out\n"
                "late in 0\nlate out\nvalue 4 locked 0\n");
}

/* Releases (r) and cancels of the waiters a, b, c in one step. */
ASYNC(void, permits, args(const char *order), vars(async_semaphore s), tasks(taker t[3]))
{
    static const char *const names[] = {"a", "b", "c"};
    const char *what;
    int i;
    ASYNC_BEGIN
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], taker, &self->s, names[i]);
    AWAIT(async_sleep, ASYNC_MS(0));
    for (what = self->order; *what; what++) {
        if (*what == 'r') CHECK_INT(async_semaphore_release(&self->s), 0);
        else CHECK(async_task_cancel(&self->t[*what - 'a'].task));
    }
    AWAIT(async_sleep, ASYNC_MS(1));
    state(&self->s);
    for (i = 0; i < 3; i++) CHECK_INT(async_semaphore_release(&self->s), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->t));
    state(&self->s);
    ASYNC_END
}
TEST(SE3_ra)
{
    CHECK_INT(run_virtual(permits, "ra"), 0);
    CHECK_TRACE("a cancelled\nb has it\nvalue 0 locked 1\nc has it\nvalue 2 locked 0\n");
}
TEST(SE3_ar)
{
    CHECK_INT(run_virtual(permits, "ar"), 0);
    CHECK_TRACE("a cancelled\nb has it\nvalue 0 locked 1\nc has it\nvalue 2 locked 0\n");
}
TEST(SE3_rrab)
{
    CHECK_INT(run_virtual(permits, "rrab"), 0);
    CHECK_TRACE("a cancelled\nb cancelled\nc has it\nvalue 1 locked 0\nvalue 4 locked 0\n");
}
TEST(SE3_rab)
{
    CHECK_INT(run_virtual(permits, "rab"), 0);
    CHECK_TRACE("a cancelled\nb cancelled\nc has it\nvalue 0 locked 1\nvalue 3 locked 0\n");
}
TEST(SE3_abrr)
{
    CHECK_INT(run_virtual(permits, "abrr"), 0);
    CHECK_TRACE("a cancelled\nb cancelled\nc has it\nvalue 1 locked 0\nvalue 4 locked 0\n");
}
TEST(SE3_raac)
{
    CHECK_INT(run_virtual(permits, "raac"), 0);
    CHECK_TRACE("a cancelled\nc cancelled\nb has it\nvalue 0 locked 1\nvalue 3 locked 0\n");
}
TEST(SE3_rabc)
{
    CHECK_INT(run_virtual(permits, "rabc"), 0);
    CHECK_TRACE("a cancelled\nb cancelled\nc cancelled\nvalue 1 locked 0\n"
                "value 4 locked 0\n");
}
TEST(SE3_rrrb)
{
    CHECK_INT(run_virtual(permits, "rrrb"), 0);
    CHECK_TRACE("a has it\nb cancelled\nc has it\nvalue 1 locked 0\nvalue 4 locked 0\n");
}

ASYNC(void, se4, vars(async_semaphore s), tasks(taker t[4]))
{
    static const char *const names[] = {"a", "b", "c", "d"};
    int i;
    ASYNC_BEGIN
    for (i = 0; i < 4; i++) ASYNC_SPAWN(&self->t[i], taker, &self->s, names[i]);
    AWAIT(async_sleep, ASYNC_MS(0));
    for (i = 0; i < 3; i++) CHECK_INT(async_semaphore_release(&self->s), 0);
    AWAIT(async_sleep, ASYNC_MS(0));
    state(&self->s);
    CHECK_INT(async_semaphore_release(&self->s), 0);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
TEST(SE4_as_many_wake)
{
    CHECK_INT(run_virtual(se4), 0);
    CHECK_TRACE("a has it\nb has it\nc has it\nvalue 0 locked 1\nd has it\n");
}

ASYNC(void, early, args(async_semaphore *s))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_semaphore, self->s) CHECK_INT(async_semaphore_release(self->s), 0);
    ASYNC_END
}
ASYNC(void, se5, vars(async_semaphore s; int e), awaits(early))
{
    ASYNC_BEGIN
    CHECK_INT(async_semaphore_init_bounded(&self->s, 1), 0);
    trace("%s\n", name_of(async_semaphore_release(&self->s)));
    AWAIT(async_semaphore_acquire, &self->s);
    trace("%s\n", name_of(async_semaphore_release(&self->s)));
    trace("%s\n", name_of(async_semaphore_release(&self->s)));
    state(&self->s);
    CHECK_INT(async_semaphore_init_bounded(&self->s, 0), 0);
    trace("%s\n", name_of(async_semaphore_release(&self->s)));
    state(&self->s);
    ASYNC_END
}
TEST(SE5_bounded)
{
    CHECK_INT(run_virtual(se5), 0);
    CHECK_TRACE("inval\nok\ninval\nvalue 1 locked 0\ninval\nvalue 0 locked 1\n");
}
ASYNC(void, released_already, vars(async_semaphore s; int e), awaits(early))
{
    ASYNC_BEGIN
    CHECK_INT(async_semaphore_init_bounded(&self->s, 1), 0);
    AWAIT_ERR(self->e, early, &self->s);
    trace("%s\n", name_of(self->e));
    ASYNC_END
}
TEST(SE5_body_released_already)
{
    CHECK_INT(run_virtual(released_already), 0);
    CHECK_TRACE("inval\n");
}
TEST(SE5_a_bound_of_all_there_is)
{
    async_semaphore s;
    CHECK_INT(async_semaphore_init_bounded(&s, INT32_MAX), 0);
    CHECK_INT(async_semaphore_release(&s), -EINVAL);
    CHECK_INT(async_semaphore_init_bounded(&s, -1), -EINVAL);
    CHECK_INT(async_semaphore_init(&s, 0), 0);
    s.value = UINT32_MAX;
    CHECK_INT(async_semaphore_release(&s), -EINVAL);
    CHECK(s.value == UINT32_MAX);
}

/* Seeded storm: no permit is lost, never more holders than permits. */
enum { STORM = 12, PERMITS = 3 };
static int holders, entered;
static uint32_t dice_state;
static int dice(int n)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (int)((dice_state >> 16) % (uint32_t)n);
}
ASYNC(void, stormy, args(async_semaphore *s), vars(int i; int e; async_timeout t))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 40; self->i++) {
        ASYNC_TRY {
            ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(dice(6))) {
                ASYNC_WITH(async_semaphore, self->s) {
                    CHECK(++holders <= PERMITS);
                    entered++;
                    ASYNC_DO
                        AWAIT(async_sleep, ASYNC_MS(dice(4)));
                    ASYNC_FINALLY
                        holders--;
                }
            }
        }
        ASYNC_CATCH_ALL(self->e) {}
    }
    ASYNC_END
}
ASYNC(void, storm, vars(async_semaphore s; int i), tasks(stormy t[STORM]))
{
    int i;
    ASYNC_BEGIN
    CHECK_INT(async_semaphore_init_bounded(&self->s, PERMITS), 0);
    for (i = 0; i < STORM; i++) ASYNC_SPAWN(&self->t[i], stormy, &self->s);
    for (self->i = 0; self->i < 60; self->i++) {
        AWAIT(async_sleep, ASYNC_MS(dice(2)));
        (void)async_task_cancel(&self->t[dice(STORM)].task);
    }
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->t));
    CHECK_INT(self->s.value, PERMITS);
    CHECK(!async_semaphore_locked(&self->s) && !holders && entered > 0);
    ASYNC_END
}
TEST(a_storm_loses_no_permit)
{
    uint32_t seed;
    for (seed = 0; seed < 200; seed++) {
        dice_state = seed;
        CHECK_INT(run_virtual(storm), 0);
    }
}
