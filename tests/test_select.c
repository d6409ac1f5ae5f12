/* ASYNC_SELECT: the first of several is acted on, the others are cancelled and waited for before
 * that, and nothing that one of them was to get is lost, whoever is cancelled when. */
#include "test.h"

#include "sets.h"

typedef ASYNC_QUEUE(int, 4) ints;

ASYNC(void, puts_later, args(ints *q, int ms, int value))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    AWAIT(async_queue_put, self->q, &self->value);
    ASYNC_END
}
ASYNC(void, sets_later, args(async_event *event, int ms))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    async_event_set(self->event);
    ASYNC_END
}
/* A branch that says what happens to it, cleans up for a while, or will not be cancelled. */
ASYNC(int, branch, args(const char *name, int ms, int cleanup_ms, int answer), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_CATCH_ALL(self->e) {
        trace("%s %s at %d, ", self->name, name_of(self->e), now_ms());
        AWAIT(async_sleep, ASYNC_MS(self->cleanup_ms));
        trace("%s left at %d, ", self->name, now_ms());
        if (!self->answer) ASYNC_RAISE(self->e);
    }
    if (self->answer < 0) ASYNC_RAISE(self->answer);
    ASYNC_RETURN(self->answer);
    ASYNC_END
}

/* --- which block runs --- */

ASYNC(void, first_of, args(int put_ms, int set_ms, int fd, int timeout_ms),
      vars(ints q; async_event event; int item), tasks(puts_later p, sets_later s),
      selects(async_queue_get, async_event_wait, async_wait_readable))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->p, puts_later, &self->q, self->put_ms, 42);
    ASYNC_SPAWN(&self->s, sets_later, &self->event, self->set_ms);
    ASYNC_SELECT(self->timeout_ms < 0 ? ASYNC_FOREVER : ASYNC_MS(self->timeout_ms)) {
        ASYNC_ON(async_queue_get, &self->q, &self->item)
            trace("item %d at %d\n", self->item, now_ms());
        ASYNC_ON(async_event_wait, &self->event) trace("event at %d\n", now_ms());
        ASYNC_ON(async_wait_readable, self->fd) trace("readable at %d\n", now_ms());
        ASYNC_ON_TIMEOUT
            trace("timeout at %d\n", now_ms());
    }
    CHECK_INT(async_all_tasks(async_get_running_loop(), NULL, 0),
              1u + !async_task_done(&self->p.task) + !async_task_done(&self->s.task));
    ASYNC_END
}
TEST(the_first_of_a_queue_an_event_a_descriptor_and_a_deadline)
{
    int fds[2];
    CHECK_INT(pipe(fds), 0);
    CHECK_INT(run_virtual(first_of, 1, 2, fds[0], 3), 0);
    CHECK_INT(run_virtual(first_of, 2, 1, fds[0], 3), 0);
    CHECK_INT(run_virtual(first_of, 3, 2, fds[0], 1), 0);
    CHECK_INT(run_virtual(first_of, 3, 2, fds[0], -1), 0);
    CHECK_INT((int)write(fds[1], "x", 1), 1);
    CHECK_INT(run_virtual(first_of, 5, 4, fds[0], 6), 0);
    CHECK_TRACE("item 42 at 1\nevent at 1\ntimeout at 1\nevent at 2\nreadable at 0\n");
}

ASYNC(void, at_once, vars(ints q; int item; async_call call; async_event set), tasks(branch b),
      selects(async_queue_get, async_event_wait, branch))
{
    ASYNC_BEGIN
    self->item = 7;
    ASYNC_QUEUE_PUT_NOWAIT(&self->q, &self->item);
    async_event_set(&self->set);
    self->item = 0;
    ASYNC_SPAWN(&self->b, branch, "b", 0, 0, 1); /* does not get a turn */
    ASYNC_SELECT(ASYNC_MS(0)) {
        ASYNC_ON(async_queue_get, &self->q, &self->item) trace("item %d\n", self->item);
        ASYNC_ON(async_event_wait, &self->set) CHECK(false);
        ASYNC_ON(branch, "never", 0, 0, 0) CHECK(false);
    }
    CHECK(!self->b.frame_.async_.state);
    /* one that waits before it is cancelled and waited for */
    ASYNC_SELECT(ASYNC_FOREVER) {
        ASYNC_ON(async_queue_get, &self->q, &self->item) CHECK(false);
        ASYNC_ON(async_event_wait, &self->set) trace("event\n");
        ASYNC_ON(branch, "never", 0, 0, 0) CHECK(false);
    }
    CHECK(async_task_done(&self->b.task)); /* that took a tick */
    self->item = 8;
    CHECK_INT(ASYNC_QUEUE_PUT_NOWAIT(&self->q, &self->item), 0);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(async_queue_count(&self->q.queue), 1); /* nobody waits for it any more */
    ASYNC_END
}
TEST(what_can_end_at_once_does_in_order_and_does_not_suspend)
{
    CHECK_INT(run_virtual(at_once), 0);
    CHECK_TRACE("item 7\nevent\n");
}

ASYNC(void, results, vars(int n; intptr_t p; struct { int x; } s),
      selects(branch, async_sleep_value))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_FOREVER) {
        ASYNC_ON_TO(self->n, branch, "a", 1, 0, 5) {}
        ASYNC_ON_TO(self->p, async_sleep_value, ASYNC_MS(2), 6) CHECK(false);
    }
    CHECK_INT(self->n, 5);
    ASYNC_SELECT(ASYNC_FOREVER) {
        ASYNC_ON_TO(self->s.x, branch, "a", 3, 0, 0) CHECK(false);
        ASYNC_ON_TO(self->p, async_sleep_value, ASYNC_MS(2), 6) {}
    }
    CHECK_INT(self->p, 6);
    CHECK_INT(self->s.x, 0);
    ASYNC_END
}
TEST(results_of_leaves_and_coroutines)
{
    CHECK_INT(run_virtual(results), 0);
    CHECK_TRACE("a cancelled at 3, a left at 3, ");
}

/* --- losers --- */

ASYNC(void, losers, vars(int n), selects(branch, branch, branch))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_MS(9)) {
        ASYNC_ON_TO(self->n, branch, "a", 5, 3, 0) {}
        ASYNC_ON_TO(self->n, branch, "b", 1, 0, 4) trace("b %d at %d, ", self->n, now_ms());
        ASYNC_ON_TO(self->n, branch, "c", 5, 1, 9) CHECK(false); /* ends well, in vain */
        ASYNC_ON_TIMEOUT
            CHECK(false);
    }
    ASYNC_SELECT(ASYNC_MS(1)) {
        ASYNC_ON_TO(self->n, branch, "d", 5, 3, 0) {}
        ASYNC_ON_TIMEOUT
            trace("timeout at %d, ", now_ms());
    }
    ASYNC_SELECT(ASYNC_MS(1)) { /* it ended well in spite of the timeout, as wait_for's (O4) */
        ASYNC_ON_TO(self->n, branch, "e", 5, 0, 6) trace("e %d\n", self->n);
        ASYNC_ON_TIMEOUT
            CHECK(false);
    }
    ASYNC_END
}
TEST(losers_are_cancelled_and_waited_for_before_the_block_runs)
{
    CHECK_INT(run_virtual(losers), 0);
    CHECK_TRACE(
        "a cancelled at 1, c cancelled at 1, c left at 2, a left at 4, b 4 at 4, "
        "d cancelled at 5, d left at 8, timeout at 8, e cancelled at 9, e left at 9, e 6\n");
}

ASYNC(void, errors, vars(int e; int n), selects(branch, branch, async_event_wait))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_SELECT(ASYNC_FOREVER) {
            ASYNC_ON(branch, "a", 5, 2, 0) CHECK(false);
            ASYNC_ON(branch, "b", 1, 0, -EIO) CHECK(false);
        }
    }
    ASYNC_CATCH(self->e) trace("%s at %d, ", name_of(self->e), now_ms());
    CHECK_INT(test_reports, 0);
    ASYNC_TRY {
        ASYNC_SELECT(ASYNC_MS(1))
            ASYNC_ON(branch, "c", 5, 0, 0) CHECK(false);
    }
    ASYNC_CATCH(self->e) trace("%s, ", name_of(self->e));
    /* of a loser: the winner's block runs, and the error is reported */
    ASYNC_SELECT(ASYNC_FOREVER) {
        ASYNC_ON(branch, "d", 5, 0, -EIO) CHECK(false);
        ASYNC_ON_TO(self->n, branch, "e", 1, 0, 3) trace("%d\n", self->n);
    }
    CHECK_INT(test_reports, 1);
    CHECK_STR(test_last_report, "error of a task was never retrieved");
    ASYNC_END
}
TEST(errors_and_a_deadline_without_a_block)
{
    CHECK_INT(run_virtual(errors), 0);
    CHECK_TRACE("a cancelled at 1, a left at 3, EIO at 3, c cancelled at 4, c left at 4, timeout, "
                "d cancelled at 5, d left at 5, 3\n");
}

/* --- as a statement --- */

ASYNC(void, statement, vars(int i; int j; int e; ints q; ints p; int item; int hold),
      selects(async_queue_get, async_queue_get, async_sleep), awaits(async_sleep))
{
    ASYNC_BEGIN
    for (self->i = 0;; self->i++) { /* break leaves the loop, continue the select */
        self->item = self->i;
        if (self->i == 1) ASYNC_QUEUE_PUT_NOWAIT(&self->q, &self->item);
        if (self->i == 2) ASYNC_QUEUE_PUT_NOWAIT(&self->p, &self->item);
        if (self->i < 3)
            ASYNC_SELECT(ASYNC_MS(1)) {
                ASYNC_ON(async_queue_get, &self->q, &self->item) {
                    AWAIT(async_sleep, ASYNC_MS(1));
                    trace("q%d ", self->item);
                    if (self->item) continue;
                    CHECK(false);
                }
                ASYNC_ON(async_queue_get, &self->p, &self->item) {
                    trace("p%d ", self->item);
                    break;
                }
                ASYNC_ON_TIMEOUT { /* one inside the block of another */
                    trace("t%d ", self->item);
                    for (self->j = 0; self->j < 2; self->j++)
                        ASYNC_SELECT(ASYNC_MS(2)) {
                            ASYNC_ON(async_sleep, ASYNC_MS(1)) trace("s%d ", self->j);
                        }
                }
            }
        else CHECK(false);
        trace("| ");
    }
    ASYNC_DO {
        ASYNC_SELECT(ASYNC_MS(2)) {
            ASYNC_ON(async_sleep, ASYNC_MS(1)) ASYNC_RETURN();
        }
    }
    ASYNC_FINALLY {
        ASYNC_SELECT(ASYNC_MS(2)) {
            ASYNC_ON(async_sleep, ASYNC_MS(1)) trace("finally ");
        }
        ASYNC_SELECT(ASYNC_MS(2))
            ASYNC_ON_TIMEOUT
                trace("%d\n", now_ms());
    }
    CHECK(false);
    ASYNC_END
}
TEST(in_loops_blocks_and_each_other)
{
    CHECK_INT(run_virtual(statement), 0);
    CHECK_TRACE("t0 s0 s1 | q1 | p2 finally 8\n");
}
/* --- nothing is lost: cancelled at every tick, with items and events at every tick --- */

static struct {
    ints q, r;
    async_event event;
    async_semaphore permits;
    int put, got, events, timeouts;
} w;
ASYNC(void, feeds, args(int count, int pause_ms), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->count; self->i++) {
        w.put++;
        if (self->i & 1) AWAIT(async_queue_put, &w.r, &self->i);
        else AWAIT(async_queue_put, &w.q, &self->i);
        if (self->i % 3 == 0) async_event_set(&w.event);
        if (self->i % 4 == 0) async_semaphore_release(&w.permits);
        if (self->i % 5 == 0) AWAIT(async_sleep, ASYNC_MS(self->pause_ms));
        else AWAIT(async_sleep, ASYNC_MS(0));
    }
    ASYNC_END
}
ASYNC(void, eats, args(int timeout_ms), vars(int item; int n),
      selects(async_queue_get, async_queue_get, async_event_wait, async_semaphore_acquire),
      awaits(async_sleep))
{
    ASYNC_BEGIN
    for (;;)
        ASYNC_SELECT(ASYNC_MS(self->timeout_ms)) {
            ASYNC_ON(async_event_wait, &w.event) {
                async_event_clear(&w.event);
                w.events++;
            }
            ASYNC_ON(async_queue_get, &w.q, &self->item) {
                w.got++; /* before the next await: a cancel comes no earlier */
                if (self->item % 3) AWAIT(async_sleep, ASYNC_MS(1));
            }
            ASYNC_ON(async_queue_get, &w.r, &self->item) w.got++;
            ASYNC_ON(async_semaphore_acquire, &w.permits) {
                async_semaphore_release(&w.permits);
                AWAIT(async_sleep, ASYNC_MS(1));
            }
            ASYNC_ON_TIMEOUT
                w.timeouts++;
        }
    ASYNC_END
}
enum { EATERS = 4 };
static ASYNC_TASK(feeds) feeder;
static ASYNC_TASK(eats) eaters[EATERS][400]; /* anew each time */
static void storm(int k, int who, int timeout_ms, int *steps)
{
    static int used;
    ASYNC_TASK(eats) * e[EATERS];
    int i, permits;
    CHECK(used < 400);
    memset(&w, 0, sizeof w);
    memset(&feeder, 0, sizeof feeder);
    sets_begin();
    for (i = 0; i < EATERS; i++) {
        e[i] = &eaters[i][used];
        CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, e[i], eats, timeout_ms + i), 0);
    }
    used++;
    CHECK_INT(ASYNC_SPAWN_ON(&sets_loop, &feeder, feeds, 60, 2), 0);
    *steps = sets_tick(&feeder.task, k);
    async_task_cancel(&e[who]->task);
    if (k & 1) async_task_cancel(&e[(who + 1) % EATERS]->task);
    CHECK_INT(async_loop_run_until_complete(&sets_loop, &feeder.task), 0);
    CHECK(async_task_cancelled(&e[who]->task));
    for (i = 0; i < EATERS; i++) async_task_cancel(&e[i]->task);
    for (i = 0; i < EATERS; i++) {
        (void)async_loop_run_until_complete(&sets_loop, &e[i]->task);
        CHECK(async_task_cancelled(&e[i]->task));
    }
    CHECK_INT(w.put, 60);
    CHECK_INT(w.got + (int)async_queue_count(&w.q.queue) + (int)async_queue_count(&w.r.queue), 60);
    permits = (int)w.permits.value;
    CHECK_INT(permits, 15); /* each gave back what it took */
    CHECK_INT(async_all_tasks(&sets_loop, NULL, 0), 0);
    CHECK_INT(sets_calls, 0); /* and nothing is allocated */
    sets_end();
}
TEST(nothing_is_lost_by_a_cancel_at_any_tick)
{
    int k, steps, timeout_ms;
    for (timeout_ms = 1; timeout_ms <= 3; timeout_ms += 2) {
        k = 0;
        do storm(k, k % EATERS, timeout_ms, &steps);
        while (steps == k++);
        CHECK(k > 40);
    }
}

/* The cancel of the one who selects, from the moment at which its branch has ended well. */
ASYNC(void, selector, args(ints *q), vars(int item; int after), selects(async_queue_get, branch),
      awaits(async_sleep))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_FOREVER) {
        ASYNC_ON(branch, "loser", 50, 2, 0) CHECK(false);
        ASYNC_ON(async_queue_get, self->q, &self->item) trace("item %d, ", self->item);
    }
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(false);
    ASYNC_END
}
ASYNC(void, cancels, tasks(selector s), vars(ints q; int item))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->s, selector, &self->q);
    AWAIT(async_sleep, ASYNC_MS(1));
    self->item = 3;
    ASYNC_QUEUE_PUT_NOWAIT(&self->q, &self->item);
    AWAIT(async_sleep, ASYNC_MS(1)); /* the loser still cleans up */
    async_task_cancel(&self->s.task);
    async_task_cancel(&self->s.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->s));
    trace("%s at %d\n", name_of(async_task_error(&self->s.task)), now_ms());
    ASYNC_END
}
TEST(a_cancel_after_the_winner_comes_at_the_next_await)
{
    CHECK_INT(run_virtual(cancels), 0);
    CHECK_TRACE("loser cancelled at 1, loser left at 3, item 3, cancelled at 3\n");
}

ASYNC(void, outer, vars(int item; ints q), selects(async_queue_get, selector))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_MS(2)) {
        ASYNC_ON(selector, &self->q) CHECK(false);
        ASYNC_ON_TIMEOUT
            trace("timeout at %d\n", now_ms());
    }
    ASYNC_END
}
TEST(a_select_in_a_branch_of_a_select)
{
    CHECK_INT(run_virtual(outer), 0);
    CHECK_TRACE("loser cancelled at 2, loser left at 4, timeout at 4\n");
}

/* --- mistakes --- */

ASYNC(void, too_many, vars(async_event e), selects(async_event_wait, async_event_wait))
{
    ASYNC_BEGIN
    ASYNC_SELECT(ASYNC_FOREVER) {
        ASYNC_ON(async_event_wait, &self->e) {}
        ASYNC_ON(async_event_wait, &self->e) {}
        ASYNC_ON(async_event_wait, &self->e) {}
    }
    ASYNC_END
}
TEST(a_branch_more_than_the_clause_has)
{
    CHECK_PANIC("more branches than its clause selects(...)", run_virtual(too_many));
}

TEST(closing_the_loop_in_the_middle_gives_everything_back)
{
    static ASYNC_TASK(first_of) t[6];
    int k;
    for (k = 0; k < 6; k++) {
        sets_begin();
        ASYNC_SPAWN_ON(&sets_loop, &t[k], first_of, 4, 5, 0, 6);
        (void)sets_tick(&t[k].task, k);
        sets_end();
    }
}
