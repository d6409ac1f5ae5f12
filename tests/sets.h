/* What the tests of wait, as_completed, shield and select share: children, a loop that is cancelled
 * at any tick, and a count of what its allocator gave. Include it after test.h. */
#ifndef SETS_H_
#define SETS_H_

static TEST_UNUSED_ const char *name_of(int error)
{
    return error == 0                ? "ok"
           : error == ASYNC_CANCELED ? "cancelled"
           : error == -EIO           ? "EIO"
           : error == -EPERM         ? "EPERM"
           : error == -EINVAL        ? "EINVAL"
           : error == -ENOMEM        ? "ENOMEM"
           : error == -EDEADLK       ? "EDEADLK"
           : error == -ETIMEDOUT     ? "timeout"
                                     : "?";
}

/* Sleeps, and ends with an error or its time. */
ASYNC(int, child, args(int ms, int error))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    if (self->error) ASYNC_RAISE(self->error, "a text");
    ASYNC_RETURN(self->ms);
    ASYNC_END
}
ASYNC(void, join, args(async_task *on), vars(int e))
{
    ASYNC_BEGIN
    AWAIT_ERR(self->e, async_join, self->on);
    ASYNC_END
}

/* --- a loop of one's own --- */

static async_loop sets_loop;
static int sets_calls, sets_blocks, sets_fail_at = -1;

static TEST_UNUSED_ void *sets_alloc(void *context, void *old, size_t size)
{
    (void)context;
    if (size && sets_calls++ == sets_fail_at) return NULL;
    if (size && !old) sets_blocks++;
    if (!size && old) sets_blocks--;
    if (size) return realloc(old, size);
    free(old);
    return NULL;
}
static TEST_UNUSED_ void sets_begin(void)
{
    async_options options;
    memset(&options, 0, sizeof options);
    options.virtual_clock = true;
    options.alloc = sets_alloc;
    options.on_error = test_on_error_;
    sets_calls = 0;
    CHECK_INT(async_loop_init(&sets_loop, &options), 0);
}
static TEST_UNUSED_ int sets_stop(void *arg)
{
    async_loop_stop((async_loop *)arg);
    return 0;
}
/* n ticks, fewer if the task ends before; how many. Every wait is for a whole millisecond. */
static TEST_UNUSED_ int sets_tick(async_task *task, int n)
{
    static async_call next;
    int i;
    memset(&next, 0, sizeof next);
    for (i = 0; i < n && !async_task_done(task); i++) {
        if (sets_loop.head) async_loop_stop(&sets_loop);
        else CHECK_INT(async_call_later(&sets_loop, &next, ASYNC_MS(1), sets_stop, &sets_loop), 0);
        CHECK_INT(async_loop_run_forever(&sets_loop), 0);
    }
    return i;
}
static TEST_UNUSED_ void sets_end(void)
{
    CHECK_INT(async_loop_close(&sets_loop), 0);
    CHECK_INT(sets_blocks, 0);
}

#endif
