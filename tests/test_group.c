/* Task groups, by the rules TG1 to TG13 of asyncio. */
#include "test.h"

static const char *name_of(int error)
{
    return error == 0                ? "ok"
           : error == ASYNC_CANCELED ? "cancelled"
           : error == -EIO           ? "EIO"
           : error == -EPERM         ? "EPERM"
           : error == -ENOENT        ? "ENOENT"
           : error == -ESHUTDOWN     ? "ESHUTDOWN"
                                     : "?";
}
/* The group's errors, as Python prints them. */
static const char *failures(const async_group *group)
{
    static char text[200];
    const async_task *t;
    text[0] = 0;
    for (t = async_group_failed(group); t; t = async_group_next_failed(t))
        strcat(strcat(text, text[0] ? "," : ""), name_of(t->wake));
    return text;
}

/* Works; if it is cancelled cleans up for some time, and then fails with `late`, 0: is cancelled. */
ASYNC(int, member, args(const char *name, int ms, int error, int cleanup, int late), vars(int e))
{
    ASYNC_BEGIN
    trace("%s starts\n", self->name);
    ASYNC_TRY {
        AWAIT(async_sleep, ASYNC_MS(self->ms));
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s: %s at %d\n", self->name, name_of(self->e), now_ms());
        AWAIT(async_sleep, ASYNC_MS(self->cleanup));
        if (self->late) ASYNC_RAISE(self->late);
        ASYNC_RAISE(self->e);
    }
    trace("%s ends at %d\n", self->name, now_ms());
    if (self->error) ASYNC_RAISE(self->error);
    ASYNC_RETURN(self->ms);
    ASYNC_END
}
ASYNC(int, swallows, vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_sleep, ASYNC_SEC(9));
    ASYNC_CATCH_ALL(self->e) {}
    ASYNC_RETURN(4);
    ASYNC_END
}
static char text_ready[] = "ready\n";
static int say(void *text)
{
    trace("%s", (const char *)text);
    return 0;
}

/* --- without failures --- */

ASYNC(void, tg1, tasks(member a, member b), vars(async_group tg))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_group, &self->tg) {
        CHECK_INT(ASYNC_SPAWN_IN(&self->tg, &self->a, member, "a", 2, 0, 0, 0), 0);
        CHECK_INT(ASYNC_SPAWN_IN(&self->tg, &self->b, member, "b", 1, 0, 0, 0), 0);
        trace("body\n");
    }
    trace("%d %d at %d\n", ASYNC_RESULT(&self->a), ASYNC_RESULT(&self->b), now_ms());
    ASYNC_END
}
ASYNC(void, tg1_empty, vars(async_group tg; async_call call))
{
    ASYNC_BEGIN
    async_call_soon(async_get_running_loop(), &self->call, say, text_ready);
    ASYNC_WITH(async_group, &self->tg) {}
    trace("empty\n");
    AWAIT(async_sleep, ASYNC_MS(0));
    ASYNC_END
}
TEST(TG1_waits_for_all)
{
    CHECK_INT(run_virtual(tg1), 0);
    CHECK_TRACE("body\na starts\nb starts\nb ends at 1\na ends at 2\n2 1 at 2\n");
    CHECK_INT(run_virtual(tg1_empty), 0);
    CHECK_TRACE("empty\nready\n");
}

/* Members add members, the last one when all others have ended. */
ASYNC(void, adds, args(async_group *tg, int depth, ASYNC_TASK(member) * room))
{
    ASYNC_BEGIN
    for (; self->depth > 0; self->depth--) {
        AWAIT(async_sleep, ASYNC_MS(1));
        CHECK_INT(ASYNC_SPAWN_IN(self->tg, &self->room[self->depth], member, "m",
                                 self->depth == 1 ? 5 : 0, 0, 0, 0),
                  0);
    }
    ASYNC_END
}
ASYNC(void, tg9, tasks(adds a), vars(async_group tg; ASYNC_TASK(member) room[4]))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_group, &self->tg)
        ASYNC_SPAWN_IN(&self->tg, &self->a, adds, &self->tg, 3, self->room);
    CHECK_INT(now_ms(), 8);
    ASYNC_END
}
TEST(TG9_members_add_members_while_the_parent_waits)
{
    CHECK_INT(run_virtual(tg9), 0);
    CHECK_TRACE("m starts\nm ends at 1\nm starts\nm ends at 2\nm starts\nm ends at 8\n");
}

/* --- failures --- */

/* What comes out of a group with members a, b, c, d; `where`: the parent waits in the body for so
 * many ms before it leaves. */
ASYNC(void, four, args(int where, int body_error, int late),
      tasks(member a, member b, member c, member d), vars(async_group tg; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) {
            ASYNC_SPAWN_IN(&self->tg, &self->a, member, "a", 1, 0, 0, 0);
            ASYNC_SPAWN_IN(&self->tg, &self->b, member, "b", 2, -EIO, 0, 0);
            ASYNC_SPAWN_IN(&self->tg, &self->c, member, "c", 9, 0, 3, 0);
            ASYNC_SPAWN_IN(&self->tg, &self->d, member, "d", 9, 0, 1, self->late);
            ASYNC_DO {
                if (self->where) AWAIT(async_sleep, ASYNC_MS(self->where));
            }
            ASYNC_FINALLY
                trace("body left at %d\n", now_ms());
            if (self->body_error) ASYNC_RAISE(self->body_error);
        }
        trace("ok\n");
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s (%s) at %d, cancelling %d\n", name_of(self->e), failures(&self->tg), now_ms(),
              async_task_cancelling(async_current_task()));
    }
    AWAIT(async_sleep, ASYNC_MS(1)); /* no cancel is left over */
    ASYNC_END
}
TEST(TG2_the_first_failure_cancels_the_others)
{
    CHECK_INT(run_virtual(four, 0, 0, 0), 0);
    CHECK_TRACE("body left at 0\na starts\nb starts\nc starts\nd starts\na ends at 1\nb ends at 2\n"
                "c: cancelled at 2\nd: cancelled at 2\nEIO (EIO) at 5, cancelling 0\n");
    CHECK_INT(run_virtual(four, 100, 0, 0), 0); /* and the body */
    CHECK_TRACE(
        "a starts\nb starts\nc starts\nd starts\na ends at 1\nb ends at 2\n"
        "c: cancelled at 2\nd: cancelled at 2\nbody left at 2\nEIO (EIO) at 5, cancelling 0\n");
    CHECK_INT(test_reports, 0);
}
TEST(TG3_all_failures_in_the_order_of_their_ends)
{
    CHECK_INT(run_virtual(four, 0, 0, -EPERM), 0);
    CHECK_TRACE("body left at 0\na starts\nb starts\nc starts\nd starts\na ends at 1\nb ends at 2\n"
                "c: cancelled at 2\nd: cancelled at 2\nEIO (EIO,EPERM) at 5, cancelling 0\n");
    CHECK_INT(test_reports, 0);
}
TEST(TG4_a_failure_of_the_body_cancels_all)
{
    CHECK_INT(run_virtual(four, 0, -ENOENT, 0), 0); /* they have not started, and never do */
    CHECK_TRACE("body left at 0\nENOENT () at 0, cancelling 0\n");
    CHECK_INT(run_virtual(four, 1, -ENOENT, -EPERM), 0);
    CHECK_TRACE(
        "a starts\nb starts\nc starts\nd starts\nbody left at 1\n"
        "a: cancelled at 1\nb: cancelled at 1\nc: cancelled at 1\nd: cancelled at 1\nEPERM (EPERM) at 4, cancelling 0\n");
    CHECK_INT(test_reports, 0);
}

/* --- cancelled from outside --- */

ASYNC(void, cancel_four, args(int where, int at, int again, int late), tasks(four f))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->f, four, self->where, 0, self->late);
    AWAIT(async_sleep, ASYNC_MS(self->at));
    AWAIT(async_sleep, ASYNC_MS(0));
    CHECK(async_task_cancel(&self->f.task));
    if (self->again) {
        AWAIT(async_sleep, ASYNC_MS(self->again));
        CHECK(async_task_cancel(&self->f.task));
        CHECK(async_task_cancel(&self->f.task));
    }
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->f));
    trace("%s\n", name_of(async_task_error(&self->f.task)));
    ASYNC_END
}
TEST(TG5_the_parent_is_cancelled_from_outside)
{
    CHECK_INT(run_virtual(cancel_four, 0, 1, 0, 0), 0); /* waiting for the members */
    CHECK_TRACE(
        "body left at 0\na starts\nb starts\nc starts\nd starts\na ends at 1\n"
        "b: cancelled at 1\nc: cancelled at 1\nd: cancelled at 1\ncancelled () at 4, cancelling 1\nok\n");
    CHECK_INT(run_virtual(cancel_four, 100, 1, 0, 0), 0); /* in the body */
    CHECK_TRACE(
        "a starts\nb starts\nc starts\nd starts\na ends at 1\nbody left at 1\n"
        "b: cancelled at 1\nc: cancelled at 1\nd: cancelled at 1\ncancelled () at 4, cancelling 1\nok\n");
    CHECK_INT(run_virtual(cancel_four, 0, 1, 1, 0), 0); /* and again */
    CHECK_TRACE(
        "body left at 0\na starts\nb starts\nc starts\nd starts\na ends at 1\n"
        "b: cancelled at 1\nc: cancelled at 1\nd: cancelled at 1\ncancelled () at 4, cancelling 3\nok\n");
}
TEST(TG10_TG13_cancelled_from_outside_and_a_member_fails)
{
    /* the group's error wins; the cancel is not lost, but comes at the next await */
    CHECK_INT(run_virtual(cancel_four, 0, 1, 0, -EPERM), 0);
    CHECK_TRACE(
        "body left at 0\na starts\nb starts\nc starts\nd starts\na ends at 1\n"
        "b: cancelled at 1\nc: cancelled at 1\nd: cancelled at 1\nEPERM (EPERM) at 4, cancelling 1\ncancelled\n");
    CHECK_INT(run_virtual(cancel_four, 0, 3, 0, 0), 0); /* after b has failed */
    CHECK_TRACE("body left at 0\na starts\nb starts\nc starts\nd starts\na ends at 1\nb ends at 2\n"
                "c: cancelled at 2\nd: cancelled at 2\nEIO (EIO) at 5, cancelling 1\ncancelled\n");
    CHECK_INT(run_virtual(cancel_four, 100, 3, 0, 0), 0);
    CHECK_TRACE(
        "a starts\nb starts\nc starts\nd starts\na ends at 1\nb ends at 2\n"
        "c: cancelled at 2\nd: cancelled at 2\nbody left at 2\nEIO (EIO) at 5, cancelling 1\ncancelled\n");
}

ASYNC(void, tg6, tasks(member a, member b), vars(async_group tg))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_group, &self->tg) {
        ASYNC_SPAWN_IN(&self->tg, &self->a, member, "a", 5, 0, 0, 0);
        ASYNC_SPAWN_IN(&self->tg, &self->b, member, "b", 5, 0, 0, 0);
        AWAIT(async_sleep, ASYNC_MS(1));
        (void)async_task_cancel(&self->a.task);
    }
    CHECK(async_task_cancelled(&self->a.task));
    CHECK_INT(ASYNC_RESULT(&self->b), 5);
    ASYNC_END
}
TEST(TG6_a_cancelled_member_is_no_error)
{
    CHECK_INT(run_virtual(tg6), 0);
    CHECK_TRACE("a starts\nb starts\na: cancelled at 1\nb ends at 5\n");
}

/* --- nested --- */

ASYNC(void, nested, args(int outer_error, int inner_error),
      tasks(member a, member b, member c, member d),
      vars(async_group outer; async_group inner; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->outer) {
            ASYNC_SPAWN_IN(&self->outer, &self->a, member, "a", 2, self->outer_error, 0, 0);
            ASYNC_SPAWN_IN(&self->outer, &self->b, member, "b", 9, 0, 1, 0);
            ASYNC_TRY {
                ASYNC_WITH(async_group, &self->inner) {
                    ASYNC_SPAWN_IN(&self->inner, &self->c, member, "c", 1, self->inner_error, 0, 0);
                    ASYNC_SPAWN_IN(&self->inner, &self->d, member, "d", 9, 0, 2, 0);
                }
            }
            ASYNC_CATCH_ALL(self->e) {
                trace("inner: %s (%s) at %d\n", name_of(self->e), failures(&self->inner), now_ms());
                ASYNC_RAISE(self->e);
            }
        }
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("outer: %s (%s) at %d\n", name_of(self->e), failures(&self->outer), now_ms());
    }
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
TEST(TG7_nested)
{
    CHECK_INT(run_virtual(nested, 0, 0), 0);
    CHECK_TRACE(
        "a starts\nb starts\nc starts\nd starts\nc ends at 1\na ends at 2\nb ends at 9\nd ends at 9\n");
    CHECK_INT(run_virtual(nested, 0, -EIO), 0);
    CHECK_TRACE(
        "a starts\nb starts\nc starts\nd starts\nc ends at 1\nd: cancelled at 1\na ends at 2\n"
        "inner: EIO (EIO) at 3\nb: cancelled at 3\nouter: EIO () at 4\n");
    CHECK_INT(run_virtual(nested, -EPERM, 0), 0);
    CHECK_TRACE(
        "a starts\nb starts\nc starts\nd starts\nc ends at 1\na ends at 2\nb: cancelled at 2\n"
        "d: cancelled at 2\ninner: cancelled () at 4\nouter: EPERM (EPERM) at 4\n");
    CHECK_INT(run_virtual(nested, -EPERM, -EIO), 0);
    CHECK_TRACE(
        "a starts\nb starts\nc starts\nd starts\nc ends at 1\nd: cancelled at 1\na ends at 2\n"
        "b: cancelled at 2\ninner: EIO (EIO) at 3\nouter: EPERM (EPERM) at 3\n");
}

/* --- when it takes no members --- */

ASYNC(void, adds_when_cancelled, args(async_group *tg, ASYNC_TASK(member) * room), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_sleep, ASYNC_SEC(9));
    }
    ASYNC_CATCH_ALL(self->e) {
        trace("%s\n", name_of(ASYNC_SPAWN_IN(self->tg, self->room, member, "m", 1, 0, 0, 0)));
        CHECK(ASYNC_SPAWN_NEW_IN(self->tg, member, "m", 1, 0, 0, 0) == NULL);
        CHECK(async_task_done(&self->room->task) && async_task_cancelled(&self->room->task));
    }
    ASYNC_END
}
ASYNC(void, tg8, tasks(member m, adds_when_cancelled a),
      vars(async_group tg; ASYNC_TASK(member) room; int e))
{
    ASYNC_BEGIN
    trace("%s\n", name_of(ASYNC_SPAWN_IN(&self->tg, &self->room, member, "m", 1, 0, 0, 0)));
    CHECK(ASYNC_SPAWN_NEW_IN(&self->tg, member, "m", 1, 0, 0, 0) == NULL);
    ASYNC_TRY
        AWAIT(async_join, &self->room.task);
    ASYNC_CATCH_ALL(self->e) CHECK_INT(self->e, ASYNC_CANCELED);
    ASYNC_WITH(async_group, &self->tg)
        ASYNC_SPAWN_IN(&self->tg, &self->room, member, "m", 1, 0, 0, 0);
    trace("%s\n", name_of(ASYNC_SPAWN_IN(&self->tg, &self->room, member, "m", 1, 0, 0, 0)));
    CHECK(ASYNC_SPAWN_NEW_IN(&self->tg, member, "m", 1, 0, 0, 0) == NULL);
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) {
            ASYNC_SPAWN_IN(&self->tg, &self->a, adds_when_cancelled, &self->tg, &self->room);
            AWAIT(async_sleep, ASYNC_MS(1));
            ASYNC_RAISE(-EIO);
        }
    }
    ASYNC_CATCH(self->e) trace("%s\n", name_of(self->e));
    AWAIT(async_sleep, ASYNC_MS(20));
    ASYNC_END
}
TEST(TG8_before_after_and_while_shutting_down)
{
    CHECK_INT(run_virtual(tg8), 0);
    CHECK_TRACE("ESHUTDOWN\nm starts\nm ends at 1\nESHUTDOWN\nESHUTDOWN\nEIO\n");
}

/* The last member has ended, the parent has not resumed: too late as well. */
static async_group late_group;
static ASYNC_TASK(member) late_member;
static int adds_late(void *unused)
{
    (void)unused;
    trace("%s\n", name_of(ASYNC_SPAWN_IN(&late_group, &late_member, member, "m", 1, 0, 0, 0)));
    return 0;
}
ASYNC(void, tg8_late, tasks(member a), vars(async_call call))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_group, &late_group) {
        ASYNC_SPAWN_IN(&late_group, &self->a, member, "a", 1, 0, 0, 0);
        async_task_add_done_callback(&self->a.task, &self->call, adds_late, NULL);
    }
    trace("left\n");
    ASYNC_END
}
TEST(TG8_when_the_last_member_has_ended)
{
    CHECK_INT(run_virtual(tg8_late), 0);
    CHECK_TRACE("a starts\na ends at 1\nESHUTDOWN\nleft\n");
}

ASYNC(void, tg11, tasks(swallows s, member m), vars(async_group tg; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) {
            ASYNC_SPAWN_IN(&self->tg, &self->s, swallows);
            ASYNC_SPAWN_IN(&self->tg, &self->m, member, "m", 1, -EIO, 0, 0);
            /* the body swallows its cancel too, and waits on */
            ASYNC_TRY
                AWAIT(async_sleep, ASYNC_SEC(9));
            ASYNC_CATCH_ALL(self->e) trace("body: %s\n", name_of(self->e));
            CHECK_INT(async_task_cancelling(async_current_task()), 1);
            AWAIT(async_sleep, ASYNC_MS(5));
        }
    }
    ASYNC_CATCH(self->e) trace("%s at %d\n", name_of(self->e), now_ms());
    CHECK_INT(async_task_cancelling(async_current_task()), 0);
    CHECK_INT(ASYNC_RESULT(&self->s), 4);
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
TEST(TG11_the_parents_cancel_is_undone)
{
    CHECK_INT(run_virtual(tg11), 0);
    CHECK_TRACE("m starts\nm ends at 1\nbody: cancelled\nEIO at 6\n");
}

ASYNC(void, tg12, vars(async_group tg; int e; int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 2; self->i++)
        ASYNC_WITH(async_group, &self->tg) {
            ASYNC_TRY {
                ASYNC_WITH(async_group, &self->tg) trace("not reached\n");
            }
            ASYNC_CATCH(self->e) CHECK_INT(self->e, -EBUSY);
        }
    ASYNC_END
}
/* After a block that failed the object is as good as new. */
ASYNC(void, tg12_again, tasks(member a, member b), vars(async_group tg; int e; int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++) {
        ASYNC_TRY {
            ASYNC_WITH(async_group, &self->tg) {
                ASYNC_SPAWN_IN(&self->tg, &self->a, member, "a", 1, self->i == 0 ? -EIO : 0, 0, 0);
                ASYNC_SPAWN_IN(&self->tg, &self->b, member, "b", 2, self->i == 1 ? -EPERM : 0, 0,
                               0);
            }
        }
        ASYNC_CATCH(self->e) {
            trace("%s ", name_of(self->e));
        }
        trace("(%s)\n", failures(&self->tg));
    }
    ASYNC_END
}
TEST(TG12_again_after_a_failure)
{
    CHECK_INT(run_virtual(tg12_again), 0);
    CHECK_TRACE("a starts\nb starts\na ends at 1\nb: cancelled at 1\nEIO (EIO)\n"
                "a starts\nb starts\na ends at 2\nb ends at 3\nEPERM (EPERM)\n"
                "a starts\nb starts\na ends at 4\nb ends at 5\n()\n");
}
TEST(TG12_one_block_at_a_time)
{
    CHECK_INT(run_virtual(tg12), 0);
    CHECK_TRACE("");
}

/* --- what C adds --- */

/* A member that somebody awaits besides: the error goes to both. */
ASYNC(void, joins, args(async_task *on), vars(int e))
{
    ASYNC_BEGIN
    ASYNC_TRY
        AWAIT(async_join, self->on);
    ASYNC_CATCH_ALL(self->e) {}
    trace("joined: %s\n", name_of(self->e));
    ASYNC_END
}
ASYNC(void, awaited_member, tasks(member m, member other, joins j, joins k),
      vars(async_group tg; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) {
            ASYNC_SPAWN_IN(&self->tg, &self->m, member, "m", 1, -EIO, 0, 0);
            ASYNC_SPAWN_IN(&self->tg, &self->other, member, "other", 9, 0, 0, 0);
            ASYNC_SPAWN(&self->j, joins, &self->m.task);
            ASYNC_SPAWN(&self->k, joins, &self->other.task);
            ASYNC_TRY
                AWAIT(async_gather, ASYNC_TASKS(&self->m, &self->other));
            ASYNC_CATCH_ALL(self->e) {
                trace("gather: %s\n", name_of(self->e));
                ASYNC_RAISE(self->e);
            }
        }
    }
    ASYNC_CATCH(self->e) trace("%s (%s)\n", name_of(self->e), failures(&self->tg));
    AWAIT(async_gather, ASYNC_TASKS(&self->j, &self->k));
    ASYNC_END
}
TEST(TG2_a_member_that_is_awaited_too)
{
    CHECK_INT(run_virtual(awaited_member), 0);
    CHECK_TRACE("m starts\nother starts\nm ends at 1\njoined: EIO\nother: cancelled at 1\n"
                "gather: EIO\njoined: cancelled\nEIO (EIO)\n");
}

/* Members from the allocator: those that failed stay until the next await after the block. */
ASYNC(void, allocated, vars(async_group tg; ASYNC_TASK(member) * ok; int e; int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 2; self->i++) {
        ASYNC_TRY {
            ASYNC_WITH(async_group, &self->tg) {
                self->ok = ASYNC_SPAWN_NEW_IN(&self->tg, member, "a", 1, 0, 0, 0);
                CHECK(ASYNC_SPAWN_NEW_IN(&self->tg, member, "b", 2, -EIO, 0, 0) != NULL);
                CHECK(ASYNC_SPAWN_NEW_IN(&self->tg, member, "c", 9, 0, 0, -EPERM) != NULL);
                CHECK(ASYNC_SPAWN_NEW_IN(&self->tg, member, "d", 9, 0, 0, 0) != NULL);
                AWAIT(async_join, &self->ok->task);
                CHECK_INT(ASYNC_RESULT(self->ok), 1);
                AWAIT(async_sleep, ASYNC_SEC(9));
            }
        }
        ASYNC_CATCH(self->e) {
            CHECK(ASYNC_SPAWN_NEW(swallows) != NULL); /* the list does not mind the ready queue */
            trace("%s (%s)\n", name_of(self->e), failures(&self->tg));
        }
        memset(&self->tg, 0, sizeof self->tg); /* the group is gone before they are freed */
        AWAIT(async_sleep, ASYNC_MS(0));
    }
    ASYNC_END
}
TEST(TG3_members_of_the_allocator)
{
    CHECK_INT(run_virtual(allocated), 0);
    CHECK_TRACE(
        "a starts\nb starts\nc starts\nd starts\na ends at 1\nb ends at 2\nc: cancelled at 2\nd: cancelled at 2\nEIO (EIO,EPERM)\n"
        "a starts\nb starts\nc starts\nd starts\na ends at 3\nb ends at 4\nc: cancelled at 4\nd: cancelled at 4\nEIO (EIO,EPERM)\n");
    CHECK_INT(test_reports, 0);
}

/* A group's text is its first error's. */
ASYNC(void, says_why)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RAISE(-EIO, "disk on fire");
    ASYNC_END
}
ASYNC(void, text, tasks(says_why m), vars(async_group tg; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) ASYNC_SPAWN_IN(&self->tg, &self->m, says_why);
    }
    ASYNC_CATCH(self->e) CHECK_STR(async_error_text(), "disk on fire");
    ASYNC_END
}
TEST(TG3_the_text_of_the_first_error)
{
    CHECK_INT(run_virtual(text), 0);
}

enum { MANY = ASYNCC_FREESTANDING ? 1000 : 20000 };
ASYNC(void, many,
      vars(async_group tg; ASYNC_TASK(swallows) t[MANY]; ASYNC_TASK(says_why) w; int i; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) {
            for (self->i = 0; self->i < MANY; self->i++)
                ASYNC_SPAWN_IN(&self->tg, &self->t[self->i], swallows);
            ASYNC_SPAWN_IN(&self->tg, &self->w, says_why);
        }
    }
    ASYNC_CATCH(self->e) CHECK_INT(self->e, -EIO);
    for (self->i = 0; self->i < MANY; self->i++) CHECK_INT(ASYNC_RESULT(&self->t[self->i]), 4);
    ASYNC_END
}
static ASYNC_TASK(many) many_task;
ASYNC(void, run_many)
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&many_task, many);
    AWAIT(async_join, &many_task.task);
    ASYNC_END
}
TEST(TG2_many_members)
{
    CHECK_INT(run_virtual(run_many), 0);
}

/* The memory of a member that has failed is not for another task before the group is left. */
ASYNC(void, fails, args(int ms))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    ASYNC_RAISE(-EIO, "disk on fire");
    ASYNC_END
}
ASYNC(void, uses_it_again, args(bool outside), tasks(fails w), vars(async_group tg; int e))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) {
            ASYNC_SPAWN_IN(&self->tg, &self->w, fails, 1);
            ASYNC_DO
                AWAIT(async_sleep, ASYNC_SEC(9));
            ASYNC_FINALLY {
                if (self->outside) ASYNC_SPAWN(&self->w, fails, 2);
                CHECK_INT(ASYNC_SPAWN_IN(&self->tg, &self->w, fails, 2), -ESHUTDOWN);
            }
        }
    }
    ASYNC_CATCH(self->e) {
        CHECK_INT(self->e, -EIO);
        CHECK_STR(async_error_text(), "disk on fire");
        CHECK_STR(failures(&self->tg), "EIO");
        CHECK_INT(ASYNC_SPAWN(&self->w, fails, 2), 0);
    }
    ASYNC_END
}
TEST(TG3_the_place_of_a_failed_member)
{
    CHECK_INT(run_virtual(uses_it_again, false), 0);
    CHECK_PANIC("spawned while the group in which the task in this memory failed is not left",
                run_virtual(uses_it_again, true));
}
