/* Queues. The number in a test's name is the rule of asyncio that it holds the library to. The
 * capacity is part of a queue's type: asyncio's unbounded queues have no counterpart. */
#include "sync.h"

typedef ASYNC_QUEUE(int, 4) numbers;
typedef ASYNC_QUEUE(int, 1) single;

ASYNC(void, getter, args(numbers *q, const char *who), vars(int item; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_queue_get, self->q, &self->item);
        trace("%s got %d\n", self->who, self->item);
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s %s\n", self->who, name_of(self->e));
        if (self->e == ASYNC_CANCELED) ASYNC_RAISE(self->e);
    }
    ASYNC_END
}
ASYNC(void, putter, args(single *q, int item), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_queue_put, self->q, &self->item);
        trace("%d is in, %d\n", self->item, (int)async_queue_count(&self->q->queue));
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%d %s\n", self->item, name_of(self->e));
        if (self->e == ASYNC_CANCELED) ASYNC_RAISE(self->e);
    }
    ASYNC_END
}
static void put(numbers *q, int item)
{
    CHECK_INT(ASYNC_QUEUE_PUT_NOWAIT(q, &item), 0);
}

ASYNC(void, q1, vars(numbers q; int i; int item))
{
    static const int in[] = {3, 1, 2, 9, 8};
    ASYNC_BEGIN
    for (self->i = 0; self->i < 5; self->i++) {
        if (self->i == 3) {
            AWAIT(async_queue_get, &self->q, &self->item);
            trace("%d\n", self->item);
        }
        AWAIT(async_queue_put, &self->q, &in[self->i]);
    }
    for (self->i = 0; self->i < 4; self->i++) {
        AWAIT(async_queue_get, &self->q, &self->item);
        trace(self->i < 3 ? "%d " : "%d\n", self->item);
    }
    ASYNC_END
}
TEST(Q1_first_in_first_out)
{
    CHECK_INT(run_virtual(q1), 0);
    CHECK_TRACE("3\n1 2 9 8\n");
}

ASYNC(void, q2, vars(numbers q), tasks(getter a, getter b, getter c))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, getter, &self->q, "a");
    ASYNC_SPAWN(&self->b, getter, &self->q, "b");
    ASYNC_SPAWN(&self->c, getter, &self->q, "c");
    AWAIT(async_sleep, ASYNC_MS(0));
    put(&self->q, 1);
    put(&self->q, 2);
    trace("holds %d\n", (int)async_queue_count(&self->q.queue));
    AWAIT(async_sleep, ASYNC_MS(0));
    trace("holds %d, c done %d\n", (int)async_queue_count(&self->q.queue),
          async_task_done(&self->c.task));
    put(&self->q, 3);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b, &self->c));
    ASYNC_END
}
TEST(Q2_getters_in_order_and_taken_by_its_turn)
{
    CHECK_INT(run_virtual(q2), 0);
    CHECK_TRACE("holds 2\na got 1\nb got 2\nholds 0, c done 0\nc got 3\n");
}

ASYNC(void, q3, vars(single q; int i), tasks(putter t[3]))
{
    int i;
    ASYNC_BEGIN
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], putter, &self->q, i + 1);
    AWAIT(async_sleep, ASYNC_MS(0));
    trace("full %d\n", async_queue_count(&self->q.queue) == ASYNC_QUEUE_CAPACITY(&self->q));
    for (self->i = 0; self->i < 3; self->i++) {
        CHECK_INT(ASYNC_QUEUE_GET_NOWAIT(&self->q, &i), 0);
        trace("%d\n", i);
        AWAIT(async_sleep, ASYNC_MS(1));
    }
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
TEST(Q3_a_full_queue)
{
    CHECK_INT(run_virtual(q3), 0);
    CHECK_TRACE("1 is in, 1\nfull 1\n1\n2 is in, 1\n2\n3 is in, 1\n3\n");
}

ASYNC(void, q4, vars(single q; int item), tasks(runs t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, runs, "other");
    trace("%s\n", name_of(ASYNC_QUEUE_GET_NOWAIT(&self->q, &self->item)));
    self->item = 1;
    AWAIT(async_queue_put, &self->q, &self->item);
    trace("%s\n", name_of(ASYNC_QUEUE_PUT_NOWAIT(&self->q, &self->item)));
    self->item = 0;
    AWAIT(async_queue_get, &self->q, &self->item);
    trace("%d %d\n", self->item, (int)async_queue_count(&self->q.queue));
    AWAIT_TASK(&self->t);
    ASYNC_END
}
TEST(Q4_nowait)
{
    CHECK_INT(run_virtual(q4), 0);
    CHECK_TRACE("again\nagain\n1 0\nother runs\n");
}

ASYNC(void, joiner, args(async_queue *q, const char *who))
{
    ASYNC_BEGIN
    AWAIT(async_queue_join, self->q);
    trace("%s joined\n", self->who);
    ASYNC_END
}
ASYNC(void, q5, vars(numbers q; int item), tasks(joiner a, joiner b, joiner c))
{
    ASYNC_BEGIN
    AWAIT(async_queue_join, &self->q.queue);
    put(&self->q, 1);
    put(&self->q, 2);
    ASYNC_SPAWN(&self->a, joiner, &self->q.queue, "a");
    ASYNC_SPAWN(&self->b, joiner, &self->q.queue, "b");
    AWAIT(async_sleep, ASYNC_MS(0));
    AWAIT(async_queue_get, &self->q, &self->item);
    AWAIT(async_queue_get, &self->q, &self->item);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_INT(async_queue_task_done(&self->q.queue), 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    trace("one left\n");
    CHECK_INT(async_queue_task_done(&self->q.queue), 0);
    put(&self->q, 3);
    ASYNC_SPAWN(&self->c, joiner, &self->q.queue, "c");
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    trace("c waits\n");
    CHECK(async_task_cancel(&self->c.task));
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->c));
    CHECK(!self->q.queue.joiners);
    ASYNC_END
}
TEST(Q5_join)
{
    CHECK_INT(run_virtual(q5), 0);
    CHECK_TRACE("one left\na joined\nb joined\nc waits\n");
}

TEST(Q6_too_many_task_done)
{
    static numbers q;
    async_loop loop;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    trace("%s\n", name_of(async_queue_task_done(&q.queue)));
    put(&q, 1);
    trace("%s\n", name_of(async_queue_task_done(&q.queue)));
    trace("%s\n", name_of(async_queue_task_done(&q.queue)));
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK_TRACE("inval\nok\ninval\n");
}

ASYNC(void, q7_lifo, vars(numbers q; int a; int b), tasks(getter t))
{
    ASYNC_BEGIN
    CHECK_INT(async_queue_init(&self->q.queue, ASYNC_LIFO, NULL), 0);
    ASYNC_SPAWN(&self->t, getter, &self->q, "a");
    AWAIT(async_sleep, ASYNC_MS(0));
    put(&self->q, 1);
    put(&self->q, 2);
    put(&self->q, 3);
    AWAIT_TASK(&self->t);
    AWAIT(async_queue_get, &self->q, &self->a);
    AWAIT(async_queue_get, &self->q, &self->b);
    trace("%d %d\n", self->a, self->b);
    ASYNC_END
}
TEST(Q7_last_in_first_out)
{
    CHECK_INT(run_virtual(q7_lifo), 0);
    CHECK_TRACE("a got 3\n2 1\n");
}

static int smaller(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}
typedef ASYNC_QUEUE(int, 8) smallest;
ASYNC(void, early_getter, args(smallest *q), vars(int item))
{
    ASYNC_BEGIN
    AWAIT(async_queue_get, self->q, &self->item);
    trace("a got %d\n", self->item);
    ASYNC_END
}
ASYNC(void, q7_priority, vars(smallest q; int item; int i), tasks(early_getter t))
{
    static const int in[] = {5, 2, 8, 1, 9, 3};
    int i;
    ASYNC_BEGIN
    CHECK_INT(async_queue_init(&self->q.queue, ASYNC_PRIORITY, NULL), -EINVAL);
    CHECK_INT(async_queue_init(&self->q.queue, ASYNC_PRIORITY, smaller), 0);
    ASYNC_SPAWN(&self->t, early_getter, &self->q);
    AWAIT(async_sleep, ASYNC_MS(0));
    for (i = 0; i < 6; i++) CHECK_INT(ASYNC_QUEUE_PUT_NOWAIT(&self->q, &in[i]), 0);
    AWAIT_TASK(&self->t);
    for (self->i = 0; self->i < 5; self->i++) {
        AWAIT(async_queue_get, &self->q, &self->item);
        trace(self->i < 4 ? "%d " : "%d\n", self->item);
    }
    ASYNC_END
}
TEST(Q7_smallest_first)
{
    CHECK_INT(run_virtual(q7_priority), 0);
    CHECK_TRACE("a got 1\n2 3 5 8 9\n");
}

/* Puts (p) and cancels of the getters a, b, c in one step. */
ASYNC(void, items, args(const char *order), vars(numbers q), tasks(getter t[3]))
{
    static const char *const names[] = {"a", "b", "c"};
    int i;
    ASYNC_BEGIN
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], getter, &self->q, names[i]);
    AWAIT(async_sleep, ASYNC_MS(0));
    for (i = 0; self->order[i]; i++) {
        if (self->order[i] == 'p') put(&self->q, i);
        else CHECK(async_task_cancel(&self->t[self->order[i] - 'a'].task));
    }
    AWAIT(async_sleep, ASYNC_MS(1));
    trace("holds %d\n", (int)async_queue_count(&self->q.queue));
    for (i = 7; i < 10; i++) put(&self->q, i);
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->t));
    trace("holds %d\n", (int)async_queue_count(&self->q.queue));
    ASYNC_END
}
TEST(Q8_pa)
{
    CHECK_INT(run_virtual(items, "pa"), 0);
    CHECK_TRACE("a cancelled\nb got 0\nholds 0\nc got 7\nholds 2\n");
}
TEST(Q8_ap)
{
    CHECK_INT(run_virtual(items, "ap"), 0);
    CHECK_TRACE("a cancelled\nb got 1\nholds 0\nc got 7\nholds 2\n");
}
TEST(Q8_pab)
{
    CHECK_INT(run_virtual(items, "pab"), 0);
    CHECK_TRACE("a cancelled\nb cancelled\nc got 0\nholds 0\nholds 3\n");
}
TEST(Q8_abp)
{
    CHECK_INT(run_virtual(items, "abp"), 0);
    CHECK_TRACE("a cancelled\nb cancelled\nc got 2\nholds 0\nholds 3\n");
}
TEST(Q8_ppab)
{
    CHECK_INT(run_virtual(items, "ppab"), 0);
    CHECK_TRACE("a cancelled\nb cancelled\nc got 0\nholds 1\nholds 4\n");
}
TEST(Q8_pabc)
{
    CHECK_INT(run_virtual(items, "pabc"), 0);
    CHECK_TRACE("a cancelled\nb cancelled\nc cancelled\nholds 1\nholds 4\n");
}
TEST(Q8_paa)
{
    CHECK_INT(run_virtual(items, "paa"), 0);
    CHECK_TRACE("a cancelled\nb got 0\nholds 0\nc got 7\nholds 2\n");
}

ASYNC(void, q9, vars(single q), tasks(putter t[3]))
{
    int i;
    ASYNC_BEGIN
    i = 0;
    CHECK_INT(ASYNC_QUEUE_PUT_NOWAIT(&self->q, &i), 0);
    for (i = 0; i < 3; i++) ASYNC_SPAWN(&self->t[i], putter, &self->q, i + 1);
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(ASYNC_QUEUE_GET_NOWAIT(&self->q, &i), 0);
    CHECK(async_task_cancel(&self->t[0].task));
    AWAIT(async_sleep, ASYNC_MS(1));
    trace("holds %d\n", (int)async_queue_count(&self->q.queue));
    (void)async_task_cancel(&self->t[1].task);
    (void)async_task_cancel(&self->t[2].task);
    CHECK_INT(ASYNC_QUEUE_GET_NOWAIT(&self->q, &i), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->t));
    trace("holds %d\n", (int)async_queue_count(&self->q.queue));
    ASYNC_END
}
TEST(Q9_a_woken_putter_is_cancelled)
{
    CHECK_INT(run_virtual(q9), 0);
    CHECK_TRACE("1 cancelled\n2 is in, 1\nholds 1\n3 cancelled\nholds 0\n");
}

ASYNC(void, q10, vars(numbers q), tasks(getter a, getter b))
{
    int i;
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, getter, &self->q, "a");
    ASYNC_SPAWN(&self->b, getter, &self->q, "b");
    AWAIT(async_sleep, ASYNC_MS(0));
    put(&self->q, 1);
    CHECK_INT(ASYNC_QUEUE_GET_NOWAIT(&self->q, &i), 0);
    trace("taken %d\n", i);
    AWAIT(async_sleep, ASYNC_MS(0));
    put(&self->q, 2);
    AWAIT(async_sleep, ASYNC_MS(0));
    put(&self->q, 3);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    ASYNC_END
}
TEST(Q10_beaten_to_it)
{
    CHECK_INT(run_virtual(q10), 0);
    CHECK_TRACE("taken 1\nb got 2\na got 3\n");
}

/* Its items are two, as in the programs of asyncio. */
typedef ASYNC_QUEUE(int, 2) pair;
ASYNC(void, pair_putter, args(pair *q, int item), vars(int e))
{
    ASYNC_BEGIN
    AWAIT_ERR(self->e, async_queue_put, self->q, &self->item);
    trace("%d %s\n", self->item, name_of(self->e));
    ASYNC_END
}
ASYNC(void, pair_getter, args(pair *q, const char *who), vars(int e; int item))
{
    ASYNC_BEGIN
    AWAIT_ERR(self->e, async_queue_get, self->q, &self->item);
    if (self->e) trace("%s %s\n", self->who, name_of(self->e));
    else trace("%s got %d\n", self->who, self->item);
    ASYNC_END
}
static int pair_put(pair *q, int item)
{
    return ASYNC_QUEUE_PUT_NOWAIT(q, &item);
}
ASYNC(void, q11, vars(pair q), tasks(pair_putter t), awaits(pair_getter))
{
    int i;
    ASYNC_BEGIN
    CHECK_INT(pair_put(&self->q, 1), 0);
    CHECK_INT(pair_put(&self->q, 2), 0);
    ASYNC_SPAWN(&self->t, pair_putter, &self->q, 3);
    AWAIT(async_sleep, ASYNC_MS(0));
    async_queue_shutdown(&self->q.queue, false);
    trace("%s\n", name_of(pair_put(&self->q, 4)));
    AWAIT_TASK(&self->t);
    AWAIT(pair_getter, &self->q, "a");
    AWAIT(pair_getter, &self->q, "b");
    AWAIT(pair_getter, &self->q, "c");
    trace("%s\n", name_of(ASYNC_QUEUE_GET_NOWAIT(&self->q, &i)));
    async_queue_shutdown(&self->q.queue, false);
    ASYNC_END
}
TEST(Q11_shutdown)
{
    CHECK_INT(run_virtual(q11), 0);
    CHECK_TRACE("shut\n3 shut\na got 1\nb got 2\nc shut\nshut\n");
}

ASYNC(void, q11_getters, vars(pair q), tasks(pair_getter a, pair_getter b))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->a, pair_getter, &self->q, "a");
    ASYNC_SPAWN(&self->b, pair_getter, &self->q, "b");
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK_INT(pair_put(&self->q, 1), 0);
    async_queue_shutdown(&self->q.queue, false);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b));
    ASYNC_END
}
TEST(Q11_shutdown_wakes_getters)
{
    CHECK_INT(run_virtual(q11_getters), 0);
    CHECK_TRACE("a got 1\nb shut\n");
}

ASYNC(void, joins, args(async_queue *q))
{
    ASYNC_BEGIN
    AWAIT(async_queue_join, self->q);
    trace("joined\n");
    ASYNC_END
}
ASYNC(void, q11_immediate, vars(pair q; int item), tasks(joins t, pair_putter p),
      awaits(pair_getter))
{
    ASYNC_BEGIN
    CHECK_INT(pair_put(&self->q, 1), 0);
    CHECK_INT(pair_put(&self->q, 2), 0);
    AWAIT(async_queue_get, &self->q, &self->item);
    CHECK_INT(pair_put(&self->q, 3), 0);
    ASYNC_SPAWN(&self->t, joins, &self->q.queue);
    ASYNC_SPAWN(&self->p, pair_putter, &self->q, 4);
    AWAIT(async_sleep, ASYNC_MS(0));
    async_queue_shutdown(&self->q.queue, true);
    trace("holds %d\n", (int)async_queue_count(&self->q.queue));
    AWAIT(pair_getter, &self->q, "a");
    AWAIT_TASK(&self->p);
    trace("joined %d\n", async_task_done(&self->t.task));
    trace("%s\n", name_of(async_queue_task_done(&self->q.queue)));
    AWAIT_TASK(&self->t);
    trace("%s\n", name_of(async_queue_task_done(&self->q.queue)));
    ASYNC_END
}
TEST(Q11_shutdown_immediate)
{
    CHECK_INT(run_virtual(q11_immediate), 0);
    CHECK_TRACE("holds 0\na shut\n4 shut\njoined 0\nok\njoined\ninval\n");
}

/* Seeded storm of puts, gets, timeouts and cancels: each item that is in comes out once, and in
 * order, or is still there. */
enum { STORM = 8, STEPS = 40 };
static int put_count, got_count, last_got;
static uint32_t dice_state;
static int dice(int n)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (int)((dice_state >> 16) % (uint32_t)n);
}
ASYNC(void, stormy, args(numbers *q, bool puts), vars(int i; int e; int item; async_timeout t))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < STEPS; self->i++) {
        ASYNC_TRY {
            if (dice(4) == 0) AWAIT(async_sleep, ASYNC_MS(dice(3)));
            ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(1 + dice(5))) {
                if (self->puts) {
                    AWAIT(async_queue_put, self->q, &put_count); /* its number as it goes in */
                    put_count++;
                } else {
                    AWAIT(async_queue_get, self->q, &self->item);
                    CHECK_INT(self->item, last_got + 1);
                    last_got = self->item;
                    got_count++;
                    CHECK_INT(async_queue_task_done(&self->q->queue), 0);
                }
            }
        }
        ASYNC_CATCH_ALL(self->e) {}
    }
    ASYNC_END
}
ASYNC(void, storm, vars(numbers q; int i; int item), tasks(stormy t[STORM]))
{
    int i;
    ASYNC_BEGIN
    put_count = got_count = 0;
    last_got = -1;
    for (i = 0; i < STORM; i++) ASYNC_SPAWN(&self->t[i], stormy, &self->q, i % 2 == 0);
    for (self->i = 0; self->i < 60; self->i++) {
        AWAIT(async_sleep, ASYNC_MS(dice(2)));
        (void)async_task_cancel(&self->t[dice(STORM)].task);
    }
    AWAIT(async_gather_return_exceptions, ASYNC_TASK_ARRAY(self->t));
    CHECK_INT(put_count - got_count, async_queue_count(&self->q.queue));
    CHECK(got_count > 0 && !self->q.queue.getters.first && !self->q.queue.putters.first);
    while (ASYNC_QUEUE_GET_NOWAIT(&self->q, &i) == 0) {
        CHECK_INT(i, ++last_got);
        CHECK_INT(async_queue_task_done(&self->q.queue), 0);
    }
    CHECK_INT(last_got + 1, put_count);
    AWAIT(async_queue_join, &self->q.queue);
    ASYNC_END
}
TEST(a_storm_loses_no_item)
{
    uint32_t seed;
    for (seed = 0; seed < 200; seed++) {
        dice_state = seed;
        CHECK_INT(run_virtual(storm), 0);
    }
}

/* Everything of this kind at once, and not one allocation. */
static int allocations;
static void *counted(void *context, void *old, size_t size)
{
    (void)context;
    allocations++;
    if (size) return realloc(old, size);
    free(old);
    return NULL;
}
ASYNC(void, peer,
      args(numbers *q, async_lock *lock, async_condition *c, async_semaphore *s, async_event *e,
           async_barrier *b, int me),
      vars(int i; int item; uint32_t n))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 100; self->i++) {
        if (self->me) AWAIT(async_queue_put, self->q, &self->i);
        else AWAIT(async_queue_get, self->q, &self->item);
        ASYNC_WITH(async_lock, self->lock) AWAIT(async_sleep, ASYNC_MS(0));
        ASYNC_WITH(async_semaphore, self->s) AWAIT(async_sleep, ASYNC_MS(0));
        AWAIT_TO(self->n, async_barrier_wait, self->b);
        ASYNC_WITH(async_condition, self->c) {
            if (self->n) AWAIT(async_condition_wait, self->c);
            else CHECK_INT(async_condition_notify_all(self->c), 0);
        }
        if (self->n) async_event_set(self->e);
        else AWAIT(async_event_wait, self->e);
        AWAIT_TO(self->n, async_barrier_wait, self->b);
        async_event_clear(self->e);
    }
    ASYNC_END
}
ASYNC(void, steady,
      vars(numbers q; async_lock lock; async_condition c; async_semaphore s; async_event e;
           async_barrier b),
      tasks(peer t[2]))
{
    int i;
    ASYNC_BEGIN
    CHECK_INT(async_barrier_init(&self->b, 2), 0);
    CHECK_INT(async_semaphore_init(&self->s, 1), 0);
    for (i = 0; i < 2; i++)
        ASYNC_SPAWN(&self->t[i], peer, &self->q, &self->lock, &self->c, &self->s, &self->e,
                    &self->b, i);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}
TEST(nothing_here_allocates)
{
    static ASYNC_TASK(steady) main_task;
    static async_options options;
    async_loop loop;
    options.virtual_clock = true;
    options.alloc = counted;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN(&main_task, steady), 0);
    allocations = 0;
    CHECK_INT(async_loop_run_until_complete(&loop, &main_task.task), 0);
    CHECK_INT(allocations, 0);
    CHECK_INT(async_loop_close(&loop), 0);
}
