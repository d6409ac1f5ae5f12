/* Whose is a task? It lives in the `tasks` clause of a frame, and that frame answers for it, whoever
 * has spawned it. */
#include "test.h"

ASYNC(void, worker, args(const char *name))
{
    ASYNC_BEGIN
    trace("%s starts, ", self->name);
    ASYNC_DO {
        AWAIT(async_sleep, ASYNC_SEC(9));
    }
    ASYNC_FINALLY
        trace("%s ends, ", self->name);
    ASYNC_END
}
/* starts a task in memory that is not its own */
ASYNC(void, helper, args(ASYNC_TASK(worker) * room, int ms))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_SPAWN(self->room, worker, "lent");
    ASYNC_END
}
ASYNC(void, owner, args(int ms), tasks(worker w), awaits(helper))
{
    ASYNC_BEGIN
    AWAIT(helper, &self->w, self->ms);
    AWAIT(async_sleep, ASYNC_MS(1));
    trace("owner ends, ");
    ASYNC_END
}
ASYNC(void, outer, args(int ms), awaits(owner))
{
    ASYNC_BEGIN
    AWAIT(owner, self->ms);
    trace("outer");
    ASYNC_END
}
TEST(a_task_is_joined_by_the_frame_it_lives_in)
{
    CHECK_INT(run_virtual(outer, 0), 0);
    CHECK_TRACE("lent starts, owner ends, lent ends, outer");
    CHECK_INT(run_virtual(outer, 1), 0);
    CHECK_TRACE("lent starts, owner ends, lent ends, outer");
}

ASYNC(void, by_a_task, tasks(worker w, helper h), vars(int twice))
{
    ASYNC_BEGIN
    for (self->twice = 0; self->twice < 2; self->twice++) {
        ASYNC_SPAWN(&self->h, helper, &self->w, 1);
        AWAIT_TASK(&self->h);
        AWAIT(async_sleep, ASYNC_MS(1));
        async_task_cancel(&self->w.task);
        AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->w));
    }
    ASYNC_SPAWN(&self->h, helper, &self->w, 1);
    AWAIT(async_sleep, ASYNC_MS(2));
    ASYNC_END
}
ASYNC(void, of_a_task, awaits(by_a_task))
{
    ASYNC_BEGIN
    AWAIT(by_a_task);
    trace("outer");
    ASYNC_END
}
TEST(spawned_by_another_task_again_and_again)
{
    CHECK_INT(run_virtual(of_a_task), 0);
    CHECK_TRACE("lent starts, lent ends, lent starts, lent ends, lent starts, lent ends, outer");
}

/* Its last task to end is one that another has started while the frame was waiting already. */
ASYNC(void, brief)
{
    ASYNC_BEGIN
    trace("brief, ");
    ASYNC_END
}
ASYNC(void, starts_another, args(ASYNC_TASK(brief) * room))
{
    ASYNC_BEGIN
    ASYNC_DO {
        AWAIT(async_sleep, ASYNC_SEC(9));
    }
    ASYNC_FINALLY
        ASYNC_SPAWN(self->room, brief);
    ASYNC_END
}
ASYNC(void, waits_for_both, tasks(starts_another first, brief second))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->first, starts_another, &self->second);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
ASYNC(void, after_both, awaits(waits_for_both))
{
    ASYNC_BEGIN
    AWAIT(waits_for_both);
    trace("outer");
    ASYNC_END
}
TEST(spawned_while_the_frame_waits)
{
    CHECK_INT(run_virtual(after_both), 0);
    CHECK_TRACE("brief, outer");
}

ASYNC(int, lender, args(ASYNC_TASK(worker) * *to), tasks(worker w))
{
    ASYNC_BEGIN
    *self->to = &self->w;
    ASYNC_RETURN(0);
    ASYNC_END
}
static ASYNC_TASK(lender) ended;
ASYNC(void, too_late, vars(ASYNC_TASK(worker) * room))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&ended, lender, &self->room);
    AWAIT_TASK(&ended);
    ASYNC_SPAWN(self->room, worker, "late");
    ASYNC_END
}
ASYNC(void, not_in_tasks, vars(ASYNC_TASK(worker) w))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->w, worker, "lost");
    ASYNC_END
}
ASYNC(void, not_in_tasks_but_in_a_group,
      vars(ASYNC_TASK(worker) w; async_group tg; async_timeout t; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(1))
            ASYNC_WITH(async_group, &self->tg)
                ASYNC_SPAWN_IN(&self->tg, &self->w, worker, "member");
    }
    ASYNC_CATCH(self->e) CHECK_INT(self->e, -ETIMEDOUT);
    ASYNC_END
}
ASYNC(void, member_of_another, args(async_group *tg), vars(ASYNC_TASK(worker) w))
{
    ASYNC_BEGIN
    ASYNC_SPAWN_IN(self->tg, &self->w, worker, "lost");
    ASYNC_END
}
ASYNC(void, has_the_group, vars(async_group tg), awaits(member_of_another))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_group, &self->tg) AWAIT(member_of_another, &self->tg);
    ASYNC_END
}
TEST(a_frame_that_would_not_wait)
{
    CHECK_PANIC("a group of that frame", run_virtual(has_the_group));
    CHECK_PANIC("`tasks` of a frame that has ended", run_virtual(too_late));
    CHECK_PANIC("put it in tasks(...)", run_virtual(not_in_tasks));
    CHECK_INT(run_virtual(not_in_tasks_but_in_a_group), 0);
    CHECK_TRACE("member starts, member ends, ");
}

/* A result that points into the frame that has just ended. */
ASYNC(const char *, lends_its_buffer, raw(char text[8]))
{
    ASYNC_BEGIN
    strcpy(self->text, "gone");
    ASYNC_RETURN(self->text);
    ASYNC_END
}
ASYNC(const char *, takes_it, vars(const char *text), awaits(lends_its_buffer))
{
    ASYNC_BEGIN
    AWAIT_TO(self->text, lends_its_buffer);
    ASYNC_RETURN("taken");
    ASYNC_END
}
ASYNC(void, takes_it_from_a_task, tasks(lends_its_buffer t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, lends_its_buffer);
    AWAIT_TASK(&self->t);
    CHECK_STR(ASYNC_RESULT(&self->t), "gone"); /* a task is there for as long as its memory */
    ASYNC_END
}
TEST(a_result_that_points_into_the_ended_frame)
{
    CHECK_PANIC("coroutine `lends_its_buffer`", run_virtual(takes_it));
    CHECK_PANIC("pointer into its own frame", run_virtual(takes_it));
    CHECK_INT(run_virtual(takes_it_from_a_task), 0);
}

/* Whom a result leads to, the address sanitizer sees. */
struct pair {
    const char *text;
};
ASYNC(struct pair, wraps_its_buffer, raw(char text[8]), vars(struct pair p))
{
    ASYNC_BEGIN
    strcpy(self->text, "gone");
    self->p.text = self->text;
    ASYNC_RETURN(self->p);
    ASYNC_END
}
ASYNC(void, follows, vars(struct pair p), awaits(wraps_its_buffer))
{
    ASYNC_BEGIN
    AWAIT_TO(self->p, wraps_its_buffer);
    trace("%s", self->p.text);
    ASYNC_END
}
#if defined(ASYNC_ASAN_) || defined(__SANITIZE_ADDRESS__)
TEST(the_address_sanitizer_sees_a_callee_outlived)
{
    pid_t pid;
    int status = 0;
    pid = fork();
    if (pid == 0) {
        (void)run_virtual(follows);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
    CHECK_PRINTED("use-after-poison");
}
#else
TEST(what_it_leads_to_is_not_seen_without_the_address_sanitizer)
{
    CHECK_INT(run_virtual(follows), 0); /* and still there until the next await */
    CHECK_TRACE("gone");
}
#endif

/* A generator that is borrowed is its borrower's to close. */
ASYNC_GENERATOR(int, counts)
{
    ASYNC_BEGIN
    ASYNC_DO {
        ASYNC_YIELD(1);
        ASYNC_YIELD(2);
    }
    ASYNC_FINALLY
        trace("closed ");
    ASYNC_END
}
ASYNC(void, starts_twice, args(bool close), vars(struct counts g; int x))
{
    ASYNC_BEGIN
    ASYNC_START(&self->g, counts);
    ASYNC_FOR_IN(self->x, &self->g) break;
    if (self->close) AWAIT_CLOSE(&self->g);
    ASYNC_START(&self->g, counts);
    ASYNC_FOR_IN(self->x, &self->g) trace("%d ", self->x);
    ASYNC_END
}
TEST(a_generator_started_again)
{
    CHECK_INT(run_virtual(starts_twice, true), 0);
    CHECK_TRACE("closed 1 2 closed ");
    CHECK_PANIC("AWAIT_CLOSE() it first", run_virtual(starts_twice, false));
}

/* A loop that does not run now. */
ASYNC(void, waits_for_ever)
{
    ASYNC_BEGIN
    ASYNC_DO {
        AWAIT(async_sleep, ASYNC_FOREVER);
    }
    ASYNC_FINALLY
        trace("ended ");
    ASYNC_END
}
TEST(cancelled_from_outside_while_another_loop_is_current)
{
    if (ASYNCC_FREESTANDING) SKIP("a bare loop waits for an interrupt");
    static ASYNC_TASK(waits_for_ever) t, u;
    async_options options;
    async_loop a, b;
    memset(&options, 0, sizeof options);
    options.virtual_clock = true;
    CHECK_INT(async_loop_init(&a, &options), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&a, &t, waits_for_ever), 0);
    CHECK_INT(async_loop_run_until_complete(&a, &t.task), -EDEADLK); /* no jump of 292 years */
    CHECK_INT(async_loop_time(&a), 0);
    CHECK_INT(async_loop_init(&b, &options), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&b, &u, waits_for_ever), 0);
    CHECK_INT(async_loop_run_until_complete(&b, &u.task), -EDEADLK);
    CHECK(async_task_cancel(&t.task));
    CHECK_INT(async_loop_run_until_complete(&b, &u.task), -EDEADLK);
    CHECK_INT(async_loop_run_until_complete(&a, &t.task), ASYNC_CANCELED);
    CHECK_TRACE("ended ");
    CHECK_INT(async_loop_shutdown(&b), 0);
    CHECK_INT(async_loop_close(&b), 0);
    CHECK_INT(async_loop_close(&a), 0);
    CHECK(!async_task_cancel(&t.task));
    memset(&t, 0, sizeof t);
    CHECK(!async_task_cancel(&t.task)); /* never spawned */
}

/* A frame that was overwritten, or has ended, does not go on anywhere. */
ASYNC(void, damaged, args(unsigned state), vars(struct counts g; int x))
{
    ASYNC_BEGIN
    ASYNC_START(&self->g, counts);
    ASYNC_FOR_IN(self->x, &self->g) break;
    self->g.async_.state = (uint16_t)self->state;
    ASYNC_FOR_IN(self->x, &self->g) break;
    ASYNC_END
}
ASYNC(void, wakes_the_dead, tasks(damaged d))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->d, damaged, 0x7fff);
    AWAIT_TASK(&self->d);
    (void)async_resume_of_damaged(&self->d.frame_.async_, &self->d.task, 0);
    ASYNC_END
}
TEST(resumed_where_it_cannot_be)
{
    CHECK_PANIC("coroutine `counts`, last seen at line", run_virtual(damaged, 1234));
    CHECK_PANIC("a state it does not have", run_virtual(damaged, 1234));
    CHECK_PANIC("coroutine `damaged`", run_virtual(wakes_the_dead));
}

/* A group does not wait for the frames in which its members live. */
ASYNC(void, lends, args(async_group *tg, int joins), tasks(worker w), vars(int err))
{
    ASYNC_BEGIN
    ASYNC_SPAWN_IN(self->tg, &self->w, worker, "lent");
    if (self->joins) {
        AWAIT(async_sleep, ASYNC_MS(1));
        async_task_cancel(&self->w.task);
        AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->w));
    }
    ASYNC_END
}
ASYNC(void, spawns_for, args(async_group *tg, ASYNC_TASK(worker) * room))
{
    ASYNC_BEGIN
    ASYNC_SPAWN_IN(self->tg, self->room, worker, "lent");
    ASYNC_END
}
ASYNC(void, lends_by_another, args(async_group *tg), tasks(worker w), awaits(spawns_for))
{
    ASYNC_BEGIN
    AWAIT(spawns_for, self->tg, &self->w);
    ASYNC_END
}
ASYNC(void, in_a_group, args(int how), vars(async_group tg), awaits(lends, lends_by_another))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_group, &self->tg) {
        if (self->how == 2) AWAIT(lends_by_another, &self->tg);
        else AWAIT(lends, &self->tg, self->how);
        AWAIT(async_sleep, ASYNC_MS(1));
    }
    trace("outer");
    ASYNC_END
}
TEST(a_frame_may_not_end_before_its_tasks_in_a_group_that_goes_on)
{
    CHECK_PANIC("`lends`, last seen at line", run_virtual(in_a_group, 0));
    CHECK_PANIC("ends while a group that goes on has a task in its `tasks`",
                run_virtual(in_a_group, 2));
    CHECK_INT(run_virtual(in_a_group, 1), 0);
    CHECK_TRACE("lent starts, lent ends, outer");
}
ASYNC(void, has_its_own_group, vars(async_group tg), tasks(worker w))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_group, &self->tg) {
        ASYNC_SPAWN_IN(&self->tg, &self->w, worker, "member");
    }
    ASYNC_END
}
TEST(a_task_in_a_group_of_its_own_frame_has_ended_with_the_group)
{
    CHECK_INT(run_virtual(has_its_own_group), 0);
    CHECK_TRACE("member starts, member ends, ");
}

/* One that is given up between two values: its memory can be cleared, also under the address
 * sanitizer. */
ASYNC(int, three)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(3);
    ASYNC_END
}
ASYNC_GENERATOR(int, threes, vars(int n), awaits(three))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT_TO(self->n, three);
        ASYNC_YIELD(self->n);
    }
    ASYNC_END
}
static struct threes given_up;
ASYNC(void, gives_up, vars(int v))
{
    ASYNC_BEGIN
    ASYNC_START(&given_up, threes);
    ASYNC_FOR_IN(self->v, &given_up) break;
    memset(&given_up, 0, sizeof given_up);
    ASYNC_START(&given_up, threes);
    ASYNC_END
}
TEST(a_generator_given_up)
{
    CHECK_INT(run_virtual(gives_up), 0);
}
