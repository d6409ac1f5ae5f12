/* Locks. The number in a test's name is the rule of asyncio that it holds the library to. */
#include "sync.h"

ASYNC(void, user, args(async_lock *lock, const char *who, int ms), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_lock, self->lock) {
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
ASYNC(void, taker, args(async_lock *lock, const char *who), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_lock_acquire, self->lock);
        trace("%s has it\n", self->who);
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s %s\n", self->who, name_of(self->e));
        ASYNC_RAISE(self->e);
    }
    ASYNC_END
}

ASYNC(void, lk1, vars(async_lock lock), tasks(user t[3]))
{
    static const char *const names[] = {"a", "b", "c"};
    int i;
    ASYNC_BEGIN
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], user, &self->lock, names[i], 5);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    trace("locked %d\n", async_lock_locked(&self->lock));
    ASYNC_END
}
TEST(LK1_one_holder)
{
    CHECK_INT(run_virtual(lk1), 0);
    CHECK_TRACE("a in 0\na out\nb in 5\nb out\nc in 10\nc out\nlocked 0\n");
}

ASYNC(void, lk2, vars(async_lock lock), tasks(user t[4]))
{
    static const char *const names[] = {"d", "b", "c", "a"};
    int i;
    ASYNC_BEGIN
    AWAIT(async_lock_acquire, &self->lock);
    for (i = 0; i < 4; i++) ASYNC_SPAWN(&self->t[i], user, &self->lock, names[i], 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    trace("release\n");
    CHECK_INT(async_lock_release(&self->lock), 0);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
TEST(LK2_first_come_first_served)
{
    CHECK_INT(run_virtual(lk2), 0);
    CHECK_TRACE("release\nd in 1\nd out\nb in 1\nb out\nc in 1\nc out\na in 1\na out\n");
}

ASYNC(int, returns_7, args(async_lock *lock))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_lock, self->lock) ASYNC_RETURN(7);
    ASYNC_END
}
ASYNC(void, early, args(async_lock *lock))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_lock, self->lock) CHECK_INT(async_lock_release(self->lock), 0);
    ASYNC_END
}
ASYNC(void, lk3, vars(async_lock lock; int e; int n), tasks(taker a, user b),
      awaits(returns_7, early, async_gather_return_exceptions))
{
    ASYNC_BEGIN
    trace("%s\n", name_of(async_lock_release(&self->lock)));
    ASYNC_SPAWN(&self->a, taker, &self->lock, "a");
    AWAIT_TASK(&self->a);
    trace("%s\n", name_of(async_lock_release(&self->lock)));
    trace("%s\n", name_of(async_lock_release(&self->lock)));
    ASYNC_TRY
        ASYNC_WITH(async_lock, &self->lock) ASYNC_RAISE(-EPIPE);
    ASYNC_CATCH(self->e) trace("error, locked %d\n", async_lock_locked(&self->lock));
    CHECK_INT(self->e, -EPIPE);
    AWAIT_TO(self->n, returns_7, &self->lock);
    trace("%d, locked %d\n", self->n, async_lock_locked(&self->lock));
    ASYNC_SPAWN(&self->b, user, &self->lock, "b", 5);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&self->b.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->b));
    trace("locked %d\n", async_lock_locked(&self->lock));
    AWAIT_ERR(self->e, early, &self->lock);
    trace("%s\n", name_of(self->e));
    ASYNC_END
}
TEST(LK3_release)
{
    CHECK_INT(run_virtual(lk3), 0);
    CHECK_TRACE("perm\na has it\nok\nperm\nerror, locked 0\n7, locked 0\nb in 0\n"
                "b cancelled\nlocked 0\nperm\n");
}

ASYNC(void, lk4, vars(async_lock lock), tasks(runs t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, runs, "other");
    AWAIT(async_lock_acquire, &self->lock);
    CHECK_INT(async_lock_release(&self->lock), 0);
    ASYNC_WITH(async_lock, &self->lock) trace("here first\n");
    AWAIT_TASK(&self->t);
    ASYNC_END
}
TEST(LK4_a_free_lock_does_not_yield)
{
    CHECK_INT(run_virtual(lk4), 0);
    CHECK_TRACE("here first\nother runs\n");
}

ASYNC(void, lk5, vars(async_lock lock), tasks(user a, user late))
{
    ASYNC_BEGIN
    AWAIT(async_lock_acquire, &self->lock);
    ASYNC_SPAWN(&self->a, user, &self->lock, "a", 1);
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_SPAWN(&self->late, user, &self->lock, "late", 1);
    CHECK_INT(async_lock_release(&self->lock), 0);
    trace("locked %d\n", async_lock_locked(&self->lock));
    AWAIT(async_lock_acquire, &self->lock);
    trace("back again\n");
    CHECK_INT(async_lock_release(&self->lock), 0);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->late));
    ASYNC_END
}
TEST(LK5_nobody_gets_in_between)
{
    CHECK_INT(run_virtual(lk5), 0);
    CHECK_TRACE("locked 0\na in 0\na out\nback again\nlate in 1\nlate out\n");
}

ASYNC(void, lk6, vars(async_lock lock), tasks(user t[4]))
{
    static const char *const names[] = {"a", "b", "c", "d"};
    int i;
    ASYNC_BEGIN
    AWAIT(async_lock_acquire, &self->lock);
    for (i = 0; i < 4; i++) ASYNC_SPAWN(&self->t[i], user, &self->lock, names[i], 1);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(async_task_cancel(&self->t[1].task));
    CHECK(async_task_cancel(&self->t[1].task));
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_INT(async_lock_release(&self->lock), 0);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancel(&self->t[0].task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
TEST(LK6_a_cancelled_waiter_leaves)
{
    CHECK_INT(run_virtual(lk6), 0);
    CHECK_TRACE("b cancelled\na in 2\na cancelled\nc in 2\nc out\nd in 3\nd out\n");
}

ASYNC(void, all_gave_up, vars(async_lock lock), tasks(taker a, taker b, runs t))
{
    ASYNC_BEGIN
    AWAIT(async_lock_acquire, &self->lock);
    ASYNC_SPAWN(&self->a, taker, &self->lock, "a");
    ASYNC_SPAWN(&self->b, taker, &self->lock, "b");
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancel(&self->a.task));
    CHECK(async_task_cancel(&self->b.task));
    CHECK_INT(async_lock_release(&self->lock), 0);
    ASYNC_SPAWN(&self->t, runs, "other");
    AWAIT(async_lock_acquire, &self->lock);
    trace("at once\n");
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b, &self->t));
    ASYNC_END
}
TEST(LK6_all_who_waited_gave_up)
{
    CHECK_INT(run_virtual(all_gave_up), 0);
    CHECK_TRACE("at once\na cancelled\nb cancelled\nother runs\n");
}

/* Releases (r) and cancels of the waiters a, b, c in one step. */
ASYNC(void, race, args(const char *order), vars(async_lock lock; int i), tasks(taker t[3]))
{
    static const char *const names[] = {"a", "b", "c"};
    const char *what;
    int i;
    ASYNC_BEGIN
    AWAIT(async_lock_acquire, &self->lock);
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], taker, &self->lock, names[i]);
    AWAIT(async_sleep, ASYNC_MS(0));
    for (what = self->order; *what; what++) {
        if (*what == 'r') CHECK_INT(async_lock_release(&self->lock), 0);
        else CHECK(async_task_cancel(&self->t[*what - 'a'].task));
    }
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT(async_sleep, ASYNC_MS(1));
        trace("locked %d\n", async_lock_locked(&self->lock));
        if (async_lock_locked(&self->lock)) CHECK_INT(async_lock_release(&self->lock), 0);
    }
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
TEST(LK7_ra)
{
    CHECK_INT(run_virtual(race, "ra"), 0);
    CHECK_TRACE("a cancelled\nb has it\nlocked 1\nc has it\nlocked 1\nlocked 0\n");
}
TEST(LK7_ar)
{
    CHECK_INT(run_virtual(race, "ar"), 0);
    CHECK_TRACE("a cancelled\nb has it\nlocked 1\nc has it\nlocked 1\nlocked 0\n");
}
TEST(LK7_rab)
{
    CHECK_INT(run_virtual(race, "rab"), 0);
    CHECK_TRACE("a cancelled\nb cancelled\nc has it\nlocked 1\nlocked 0\nlocked 0\n");
}
TEST(LK7_abr)
{
    CHECK_INT(run_virtual(race, "abr"), 0);
    CHECK_TRACE("a cancelled\nb cancelled\nc has it\nlocked 1\nlocked 0\nlocked 0\n");
}
TEST(LK7_raa)
{
    CHECK_INT(run_virtual(race, "raa"), 0);
    CHECK_TRACE("a cancelled\nb has it\nlocked 1\nc has it\nlocked 1\nlocked 0\n");
}
TEST(LK7_rb)
{
    CHECK_INT(run_virtual(race, "rb"), 0);
    CHECK_TRACE("a has it\nb cancelled\nlocked 1\nc has it\nlocked 1\nlocked 0\n");
}
TEST(LK7_brac)
{
    CHECK_INT(run_virtual(race, "brac"), 0);
    CHECK_TRACE("b cancelled\na cancelled\nc cancelled\nlocked 0\nlocked 0\nlocked 0\n");
}
TEST(LK7_rabc)
{
    CHECK_INT(run_virtual(race, "rabc"), 0);
    CHECK_TRACE("a cancelled\nb cancelled\nc cancelled\nlocked 0\nlocked 0\nlocked 0\n");
}
TEST(LK7_abcr)
{
    CHECK_INT(run_virtual(race, "abcr"), 0);
    CHECK_TRACE("a cancelled\nb cancelled\nc cancelled\nlocked 0\nlocked 0\nlocked 0\n");
}

ASYNC(void, patient, args(async_lock *lock, const char *who, int ms), vars(async_timeout t))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(self->ms)) {
        ASYNC_WITH(async_lock, self->lock) {
            trace("%s in %d\n", self->who, now_ms());
            AWAIT(async_sleep, ASYNC_MS(2));
        }
    }
    ASYNC_END
}
ASYNC(void, lk7, vars(async_lock lock; int e; int f), tasks(patient a, patient b))
{
    ASYNC_BEGIN
    AWAIT(async_lock_acquire, &self->lock);
    ASYNC_SPAWN(&self->a, patient, &self->lock, "a", 3);
    ASYNC_SPAWN(&self->b, patient, &self->lock, "b", 9);
    AWAIT(async_sleep, ASYNC_MS(3));
    CHECK_INT(async_lock_release(&self->lock), 0);
    AWAIT_ERR(self->e, async_join, &self->a.task);
    AWAIT_ERR(self->f, async_join, &self->b.task);
    trace("%s %s %d\n", name_of(self->e), name_of(self->f), now_ms());
    ASYNC_END
}
TEST(LK7_timeouts)
{
    CHECK_INT(run_virtual(lk7), 0);
    CHECK_TRACE("b in 3\ntimeout ok 5\n");
}

/* A member that fails while another holds the lock and a third waits for it. */
ASYNC(void, fails, args(int ms))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_RAISE(-EIO);
    ASYNC_END
}
ASYNC(void, in_a_group, vars(async_lock lock; async_group tg; int e),
      tasks(user a, user b, fails f))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) {
            ASYNC_SPAWN_IN(&self->tg, &self->a, user, &self->lock, "a", 9);
            ASYNC_SPAWN_IN(&self->tg, &self->b, user, &self->lock, "b", 9);
            ASYNC_SPAWN_IN(&self->tg, &self->f, fails, 1);
        }
    }
    ASYNC_CATCH(self->e) trace("caught\n");
    CHECK_INT(self->e, -EIO);
    CHECK(!async_lock_locked(&self->lock) && !self->lock.line.first);
    ASYNC_END
}
TEST(a_group_that_fails_gives_the_lock_back)
{
    CHECK_INT(run_virtual(in_a_group), 0);
    CHECK_TRACE("a in 0\na cancelled\nb cancelled\ncaught\n");
}

/* The frame of one who waits ends with its parent's. */
ASYNC(void, leaves_a_waiter, args(async_lock *lock), tasks(taker t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, taker, self->lock, "t");
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
ASYNC(void, outlives, vars(async_lock lock), awaits(leaves_a_waiter))
{
    ASYNC_BEGIN
    AWAIT(async_lock_acquire, &self->lock);
    AWAIT(leaves_a_waiter, &self->lock);
    CHECK(!self->lock.line.first && !self->lock.line.last);
    CHECK_INT(async_lock_release(&self->lock), 0);
    CHECK(!async_lock_locked(&self->lock));
    ASYNC_END
}
TEST(a_frame_that_ends_leaves_nobody_in_line)
{
    CHECK_INT(run_virtual(outlives), 0);
    CHECK_TRACE("t cancelled\n");
}

/* Tasks that loop on one lock keep their order in every round. */
enum { MANY = 20, ROUNDS = 50 };
static int turn;
ASYNC(void, loops, args(async_lock *lock, int me), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < ROUNDS; self->i++) {
        ASYNC_WITH(async_lock, self->lock) {
            CHECK_INT(turn++ % MANY, self->me);
            AWAIT(async_sleep, ASYNC_MS(self->i % 2));
        }
    }
    ASYNC_END
}
ASYNC(void, rounds, vars(async_lock lock), tasks(loops t[MANY]))
{
    int i;
    ASYNC_BEGIN
    for (i = 0; i < MANY; i++) ASYNC_SPAWN(&self->t[i], loops, &self->lock, i);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
TEST(every_round_has_the_same_order)
{
    CHECK_INT(run_virtual(rounds), 0);
    CHECK_INT(turn, MANY * ROUNDS);
}
