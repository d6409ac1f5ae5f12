/* The smallest program: one coroutine awaits another and gets its result. */
#include "test.h"

ASYNC(int, square, args(int x))
{
    ASYNC_BEGIN
    trace("square %d at %d ms\n", self->x, now_ms());
    AWAIT(async_sleep, ASYNC_MS(1000));
    ASYNC_RETURN(self->x * self->x);
    ASYNC_END
}

ASYNC(int, sum, args(int a, int b), vars(int x; int y), awaits(square))
{
    ASYNC_BEGIN
    AWAIT_TO(self->x, square, self->a);
    AWAIT_TO(self->y, square, self->b);
    trace("done at %d ms\n", now_ms());
    ASYNC_RETURN(self->x + self->y);
    ASYNC_END
}

ASYNC(void, fail)
{
    ASYNC_BEGIN
    ASYNC_RAISE(-EPROTO);
    ASYNC_END
}

TEST(result_and_virtual_time)
{
    int result = 0;
    CHECK_INT(run_virtual_to(result, sum, 3, 4), 0);
    CHECK_INT(result, 25);
    CHECK_TRACE("square 3 at 0 ms\n"
                "square 4 at 1000 ms\n"
                "done at 2000 ms\n");
}

TEST(error_of_the_main_coroutine)
{
    CHECK_INT(run_virtual(fail), -EPROTO);
    CHECK_INT(ASYNC_RUN(fail), 1);
    CHECK_PRINTED("`fail` (");
}

TEST(result_asked_for_too_early)
{
    static ASYNC_TASK(square) task;
    CHECK_PANIC(__FILE__, (void)ASYNC_RESULT(&task));
}
