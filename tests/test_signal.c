/* Signals: as calls, awaited, and SIGINT as the end of a run (R11). */
#include "test.h"

#include <pthread.h>

static int sig_calls;
static async_signal sig_one, sig_two, sig_three; /* receivers; zeroed in each test's process */
static int sig_told(void *arg)
{
    sig_calls++;
    trace("%s\n", (const char *)arg);
    return 0;
}
static void sig_old_handler(int number)
{
    trace("old handler of %d\n", number);
}
static void (*sig_handler_of(int number))(int)
{
    struct sigaction now;
    CHECK(sigaction(number, NULL, &now) == 0);
    return now.sa_handler;
}
static int sig_open_descriptors(void)
{
    int fd, count = 0;
    for (fd = 0; fd < 1000; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* --- as calls --- */

ASYNC(void, sig_calls_main)
{
    ASYNC_BEGIN
    CHECK_INT(async_add_signal_handler(async_get_running_loop(), &sig_one, SIGUSR1, sig_told,
                                       (void *)"one"),
              0);
    CHECK_INT(async_add_signal_handler(async_get_running_loop(), &sig_two, SIGUSR1, sig_told,
                                       (void *)"two"),
              0);
    CHECK_INT(async_add_signal_handler(async_get_running_loop(), &sig_three, SIGUSR2, sig_told,
                                       (void *)"three"),
              0);
    raise(SIGUSR1);
    CHECK_INT(sig_calls, 0); /* not in the handler */
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_TRACE("one\ntwo\n");
    raise(SIGUSR2);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_TRACE("three\n");
    CHECK(async_remove_signal_handler(&sig_one));
    CHECK(!async_remove_signal_handler(&sig_one));
    raise(SIGUSR1);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_TRACE("two\n");
    raise(SIGUSR1);
    CHECK(async_remove_signal_handler(&sig_two)); /* one that is on its way comes no more */
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_TRACE("");
    ASYNC_END
}
TEST(signal_handlers_are_called_in_the_loop_in_the_order_in_which_they_were_added)
{
    int before = sig_open_descriptors();
    CHECK(signal(SIGUSR1, sig_old_handler) != SIG_ERR);
    CHECK_INT(run_real(sig_calls_main), 0);
    CHECK(sig_handler_of(SIGUSR1) == sig_old_handler); /* removed */
    CHECK(sig_handler_of(SIGUSR2) == SIG_DFL);         /* left to the loop's close */
    CHECK(!async_remove_signal_handler(&sig_three));
    CHECK_INT(sig_open_descriptors(), before);
}

static int sig_stop(void *arg)
{
    async_loop_stop((async_loop *)arg);
    return 0;
}
TEST(signal_wakes_a_loop_that_has_nothing_else_to_do)
{
    async_loop loop;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    CHECK_INT(async_add_signal_handler(&loop, &sig_one, SIGALRM, sig_stop, &loop), 0);
    alarm(1);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK(async_remove_signal_handler(&sig_one));
    CHECK_INT(async_loop_run_forever(&loop), -EDEADLK); /* and nobody is expected any more */
    CHECK_INT(async_loop_close(&loop), 0);
}

static int sig_fails(void *arg)
{
    (void)arg;
    return -EIO;
}
static void sig_refused(async_loop *loop)
{
    static const int never[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, 0, -1, 64, 1000};
    size_t i;
    for (i = 0; i < sizeof never / sizeof never[0]; i++)
        CHECK_INT(async_add_signal_handler(loop, &sig_one, never[i], sig_told, NULL), -EINVAL);
    CHECK_INT(async_add_signal_handler(loop, &sig_one, SIGUSR1, NULL, NULL), -EINVAL);
    CHECK_INT(async_add_signal_handler(NULL, &sig_one, SIGUSR1, sig_told, NULL), -EINVAL);
    CHECK_INT(async_add_signal_handler(loop, &sig_one, SIGUSR1, sig_fails, NULL), 0);
    CHECK_INT(async_add_signal_handler(loop, &sig_one, SIGUSR2, sig_told, NULL), -EBUSY);
}
ASYNC(void, sig_mistakes_main, vars(int number))
{
    ASYNC_BEGIN
    sig_refused(async_get_running_loop());
    AWAIT_ERR(self->number, async_signal_wait, &sig_one); /* it is called, not awaited */
    CHECK_INT(self->number, -EINVAL);
    AWAIT_ERR(self->number, async_signal_wait, &sig_two);
    CHECK_INT(self->number, -EINVAL);
    raise(SIGUSR1);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_INT(test_reports, 1);
    CHECK_STR(test_last_report, "error in a callback");
    ASYNC_END
}
TEST(signal_mistakes_are_errors)
{
    CHECK_INT(run_real(sig_mistakes_main), 0);
    CHECK(sig_handler_of(SIGUSR1) == SIG_DFL);
}

/* --- awaited --- */

ASYNC(int, sig_wait_one, args(async_signal *receiver), vars(int number))
{
    ASYNC_BEGIN
    AWAIT_TO(self->number, async_signal_wait, self->receiver);
    ASYNC_RETURN(self->number);
    ASYNC_END
}
ASYNC(void, sig_await_main, vars(async_signal s; int n; async_timeout limit),
      tasks(sig_wait_one a, sig_wait_one b))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_signal, &self->s, ASYNC_SIGNALS(SIGUSR1, SIGUSR2, SIGHUP)) {
        raise(SIGUSR2); /* three that come before anybody waits, one of them twice */
        raise(SIGUSR1);
        raise(SIGUSR2);
        raise(SIGHUP);
        AWAIT_TO(self->n, async_signal_wait, &self->s);
        CHECK_INT(self->n, SIGHUP);
        AWAIT_TO(self->n, async_signal_wait, &self->s);
        CHECK_INT(self->n, SIGUSR1);
        AWAIT_TO(self->n, async_signal_wait, &self->s);
        CHECK_INT(self->n, SIGUSR2);

        ASYNC_SPAWN(&self->a, sig_wait_one, &self->s); /* it waits first */
        AWAIT(async_sleep, ASYNC_MS(0));
        AWAIT_ERR(self->n, async_signal_wait, &self->s);
        CHECK_INT(self->n, -EBUSY);
        raise(SIGUSR1);
        AWAIT_TASK_TO(self->n, &self->a);
        CHECK_INT(self->n, SIGUSR1);

        ASYNC_SPAWN(&self->a, sig_wait_one, &self->s); /* a cancelled wait takes none */
        AWAIT(async_sleep, ASYNC_MS(0));
        raise(SIGUSR1);
        async_task_cancel(&self->a.task);
        AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a));
        CHECK(async_task_cancelled(&self->a.task));
        AWAIT_TO(self->n, async_signal_wait, &self->s);
        CHECK_INT(self->n, SIGUSR1);

        ASYNC_SPAWN(&self->b, sig_wait_one,
                    &self->s); /* nor one that is cancelled as it is woken */
        AWAIT(async_sleep, ASYNC_MS(0));
        raise(SIGUSR1);
        ASYNC_TRY {
            ASYNC_WITH(async_timeout, &self->limit, ASYNC_MS(0)) {
                AWAIT(async_sleep, ASYNC_SEC(1));
            }
        }
        ASYNC_CATCH(self->n) {}
        async_task_cancel(&self->b.task);
        AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->b));
        if (async_task_cancelled(&self->b.task)) AWAIT_TO(self->n, async_signal_wait, &self->s);
        else self->n = ASYNC_RESULT(&self->b);
        CHECK_INT(self->n, SIGUSR1);

        ASYNC_SPAWN(&self->a, sig_wait_one, &self->s);
        AWAIT(async_sleep, ASYNC_MS(0));
    } /* it waits for what will not come any more */
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a));
    CHECK_INT(async_task_error(&self->a.task), -EBADF);
    CHECK(sig_handler_of(SIGUSR1) == sig_old_handler);
    ASYNC_END
}
TEST(signal_wait_gives_each_that_has_come)
{
    CHECK(signal(SIGUSR1, sig_old_handler) != SIG_ERR);
    CHECK_INT(run_real(sig_await_main), 0);
}

/* Cancelled in the very tick in which it was woken: nothing is lost. */
static int sig_cancel(void *arg)
{
    async_task_cancel((async_task *)arg);
    return 0;
}
ASYNC(void, sig_race_main, vars(async_signal s; async_signal first; int n), tasks(sig_wait_one a))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_signal, &self->s, ASYNC_SIGNALS(SIGUSR1)) {
        ASYNC_SPAWN(&self->a, sig_wait_one, &self->s);
        AWAIT(async_sleep, ASYNC_MS(0));
        CHECK_INT(async_add_signal_handler(async_get_running_loop(), &self->first, SIGUSR1,
                                           sig_cancel, &self->a.task),
                  0);
        raise(SIGUSR1);
        AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a));
        CHECK(async_task_cancelled(&self->a.task));
        AWAIT_TO(self->n, async_signal_wait, &self->s);
        CHECK_INT(self->n, SIGUSR1);
    }
    ASYNC_END
}
TEST(signal_wait_that_is_woken_and_cancelled_leaves_the_signal_to_the_next)
{
    CHECK_INT(run_real(sig_race_main), 0);
}

/* A loop that is closed while a receiver is in use. */
ASYNC(void, sig_abandoned, vars(int n))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_signal, &sig_one, ASYNC_SIGNALS(SIGUSR1)) {
        AWAIT_TO(self->n, async_signal_wait, &sig_one);
    }
    ASYNC_END
}
TEST(signal_receivers_end_with_their_loop)
{
    static ASYNC_TASK(sig_abandoned) task;
    async_loop loop;
    async_options options;
    int before = sig_open_descriptors();
    memset(&options, 0, sizeof options);
    options.on_error = test_on_error_;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    CHECK_INT(ASYNC_SPAWN_ON(&loop, &task, sig_abandoned), 0);
    async_loop_stop(&loop);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK(sig_handler_of(SIGUSR1) != SIG_DFL);
    raise(SIGUSR1); /* on its way */
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK(sig_handler_of(SIGUSR1) == SIG_DFL);
    CHECK_STR(test_last_report, "task was destroyed but it is pending");
    CHECK_INT(sig_open_descriptors(), before);
}

/* --- storms and threads --- */

enum { SIG_STORM = 20000 };
static int sig_sent;
static int sig_seen_of_sent;
static int sig_see(void *arg)
{
    sig_calls++;
    sig_seen_of_sent = __atomic_load_n(&sig_sent, __ATOMIC_ACQUIRE);
    if (sig_seen_of_sent == SIG_STORM) async_loop_stop((async_loop *)arg);
    return 0;
}
static void *sig_send(void *arg)
{
    int i;
    (void)arg;
    for (i = 0; i < SIG_STORM; i++) {
        __atomic_add_fetch(&sig_sent, 1, __ATOMIC_RELEASE);
        kill(getpid(), SIGUSR1);
    }
    return NULL;
}
/* F40 Signals fall together, but the last is never lost. */
TEST(F40_signal_storm_is_seen_to_its_end)
{
    async_loop loop;
    pthread_t thread;
    test_time_limit(60);
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    CHECK_INT(async_add_signal_handler(&loop, &sig_one, SIGUSR1, sig_see, &loop), 0);
    CHECK_INT(pthread_create(&thread, NULL, sig_send, NULL), 0);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(sig_seen_of_sent, SIG_STORM);
    CHECK(sig_calls <= SIG_STORM);
    CHECK_INT(async_loop_close(&loop), 0);
}

/* Every loop that wants it is told, in its own thread. */
struct sig_worker {
    pthread_t thread;
    async_signal receiver;
    int ready[2];
    int got;
};
ASYNC(void, sig_worker_main, args(struct sig_worker *w))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_signal, &self->w->receiver, ASYNC_SIGNALS(SIGUSR1, SIGTERM)) {
        CHECK_INT(write(self->w->ready[1], "", 1), 1);
        AWAIT_TO(self->w->got, async_signal_wait, &self->w->receiver);
    }
    ASYNC_END
}
static void *sig_work(void *arg)
{
    struct sig_worker *w = (struct sig_worker *)arg;
    CHECK_INT(run_real(sig_worker_main, w), 0);
    return NULL;
}
TEST(signal_is_told_to_every_loop_that_wants_it)
{
    static struct sig_worker w[4];
    int i;
    char byte;
    for (i = 0; i < 4; i++) {
        CHECK(pipe(w[i].ready) == 0);
        CHECK_INT(pthread_create(&w[i].thread, NULL, sig_work, &w[i]), 0);
        CHECK_INT(read(w[i].ready[0], &byte, 1), 1);
    }
    kill(getpid(), SIGTERM);
    for (i = 0; i < 4; i++) {
        CHECK_INT(pthread_join(w[i].thread, NULL), 0);
        CHECK_INT(w[i].got, SIGTERM);
    }
    CHECK(sig_handler_of(SIGTERM) == SIG_DFL && sig_handler_of(SIGUSR1) == SIG_DFL);
}

/* F39 A child that forked and did not exec has no part in its parent's signals. */
static void sig_in_child(void)
{
    async_loop loop;
    static async_signal own;
    raise(SIGUSR1); /* for nobody */
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    CHECK_INT(async_add_signal_handler(&loop, &own, SIGUSR2, sig_stop, &loop), 0);
    CHECK(sig_handler_of(SIGUSR1) == SIG_DFL);
    raise(SIGUSR2);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    _exit(0);
}
TEST(F39_signals_of_a_forked_child_are_its_own)
{
    async_loop loop;
    pid_t child;
    int status;
    CHECK_INT(async_loop_init(&loop, NULL), 0);
    CHECK_INT(async_add_signal_handler(&loop, &sig_one, SIGUSR1, sig_told, (void *)"parent"), 0);
    child = fork();
    if (child == 0) sig_in_child();
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
    async_loop_stop(&loop);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK_TRACE("");
    raise(SIGUSR1);
    async_loop_stop(&loop);
    CHECK_INT(async_loop_run_forever(&loop), 0);
    CHECK_TRACE("parent\n");
    CHECK_INT(async_loop_close(&loop), 0);
}

/* --- SIGINT and ASYNC_RUN --- */

static int sig_says[2]; /* a pipe from the child */
static void sig_say(const char *text)
{
    CHECK_INT(write(sig_says[1], text, strlen(text)), strlen(text));
}
ASYNC(void, sig_endless, vars(int err))
{
    ASYNC_BEGIN
    ASYNC_DO {
        sig_say("runs.");
        AWAIT(async_sleep, ASYNC_SEC(3600));
    }
    ASYNC_FINALLY {
        AWAIT(async_sleep, ASYNC_MS(1));
        sig_say("cleaned up.");
    }
    ASYNC_END
}
ASYNC(void, sig_waits_for_nothing, vars(async_event event))
{
    ASYNC_BEGIN
    ASYNC_DO {
        ASYNC_SPAWN_NEW(sig_endless);
        AWAIT(async_event_wait, &self->event);
    }
    ASYNC_FINALLY {
        sig_say("main.");
    }
    ASYNC_END
}
/* SIGINT in its last step; then it ends so. */
ASYNC(int, sig_ends, args(int error), awaits(async_sleep))
{
    ASYNC_BEGIN
    if (!ASYNC_SPAWN_NEW(sig_endless)) ASYNC_RAISE(-ENOMEM);
    AWAIT(async_sleep, ASYNC_MS(0));
    raise(SIGINT);
    if (self->error) ASYNC_RAISE(self->error);
    ASYNC_RETURN(7);
    ASYNC_END
}
ASYNC(int, sig_swallows, vars(int err))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        sig_say("runs.");
        AWAIT(async_sleep, ASYNC_SEC(3600));
    }
    ASYNC_CATCH_ALL(self->err) {
        async_task_uncancel(async_current_task());
    }
    AWAIT(async_sleep, ASYNC_MS(1));
    sig_say("swallowed.");
    ASYNC_RETURN(7);
    ASYNC_END
}
ASYNC(void, sig_blocks)
{
    ASYNC_BEGIN
    sig_say("runs.");
    for (;;) pause();
    ASYNC_END
}
/* Runs main in a child, sends SIGINT as often as said, each time after it has spoken; how it ended,
 * as waitpid says it, and what it said. */
static int sig_interrupted(int (*run)(void), int times, const char *want)
{
    char text[256];
    size_t size = 0;
    ssize_t n;
    int status;
    pid_t child;
    CHECK(pipe(sig_says) == 0);
    child = fork();
    if (child == 0) _exit(run());
    close(sig_says[1]);
    while ((n = read(sig_says[0], text + size, sizeof text - 1 - size)) > 0) {
        size += (size_t)n;
        if (times-- > 0) kill(child, SIGINT);
    }
    close(sig_says[0]);
    text[size] = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_STR(text, want);
    return status;
}
static int sig_run_endless(void)
{
    printf("not flushed yet");
    return ASYNC_RUN(sig_endless);
}
static int sig_run_tasks(void)
{
    return ASYNC_RUN(sig_waits_for_nothing);
}
static int sig_run_swallows(void)
{
    return ASYNC_RUN(sig_swallows);
}
static int sig_run_blocks(void)
{
    return ASYNC_RUN(sig_blocks);
}
static int sig_run_to(void)
{
    int result = 0, err = ASYNC_RUN_TO(result, sig_swallows);
    return err == 0 && result == 7 ? 21 : 1;
}
static int sig_run_ends(void)
{
    return ASYNC_RUN(sig_ends, 0);
}
static int sig_run_ends_to(void)
{
    int result = 0, err = ASYNC_RUN_TO(result, sig_ends, 0);
    return err == -EINTR && result == 0 ? 21 : 1;
}
static int sig_run_fails(void)
{
    int result = 0, err = ASYNC_RUN_TO(result, sig_ends, -EPROTO);
    return err == -EPROTO && result == 0 ? 21 : 1;
}
ASYNC(int, sig_raises)
{
    ASYNC_BEGIN
    raise(SIGINT);
    AWAIT(async_sleep, ASYNC_SEC(3600));
    ASYNC_RETURN(1);
    ASYNC_END
}
ASYNC(int, sig_cancels_itself)
{
    ASYNC_BEGIN
    async_task_cancel(async_current_task());
    AWAIT(async_sleep, ASYNC_SEC(3600));
    ASYNC_RETURN(1);
    ASYNC_END
}
TEST(R11_interrupt_cancels_main_and_ends_the_process_as_python_does)
{
    int status = sig_interrupted(sig_run_endless, 1, "runs.cleaned up.");
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    CHECK_PRINTED("not flushed yet");
}
TEST(R11_interrupt_of_main_then_all_other_tasks)
{
    int status = sig_interrupted(sig_run_tasks, 1, "runs.main.cleaned up.");
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}
TEST(R11_interrupt_in_the_last_step_of_main_then_all_other_tasks)
{
    int status = sig_interrupted(sig_run_ends, 0, "runs.cleaned up.");
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    CHECK_INT(WEXITSTATUS(sig_interrupted(sig_run_ends_to, 0, "runs.cleaned up.")), 21);
    CHECK_INT(WEXITSTATUS(sig_interrupted(sig_run_fails, 0, "runs.cleaned up.")), 21);
}
TEST(R11_interrupt_that_main_swallows)
{
    CHECK_INT(sig_interrupted(sig_run_swallows, 1, "runs.swallowed."), 0);
    CHECK_INT(WEXITSTATUS(sig_interrupted(sig_run_to, 1, "runs.swallowed.")), 21);
}
TEST(R11_second_interrupt_ends_the_process_at_once)
{
    int status;
    status = sig_interrupted(sig_run_swallows, 2, "runs.swallowed.");
    (void)status; /* it may have ended before the second */
    CHECK(pipe(sig_says) == 0);
    status = 0;
    {
        char byte[5];
        pid_t child = fork();
        if (child == 0) _exit(sig_run_blocks());
        close(sig_says[1]);
        CHECK_INT(read(sig_says[0], byte, 5), 5);
        do { /* the first cannot do anything: main never comes back to the loop */
            kill(child, SIGINT);
            usleep(1000);
        } while (waitpid(child, &status, WNOHANG) == 0);
    }
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}
TEST(R11_interrupt_of_a_run_that_gives_its_value_is_an_error)
{
    int value = 0, before = sig_open_descriptors();
    CHECK_INT(ASYNC_RUN_TO(value, sig_raises), -EINTR);
    CHECK(sig_handler_of(SIGINT) == SIG_DFL);
    CHECK_INT(ASYNC_RUN_TO(value, sig_cancels_itself), ASYNC_CANCELED); /* this is none */
    CHECK_INT(value, 0);
    CHECK_INT(sig_open_descriptors(), before);
}
ASYNC(int, sig_own_handler)
{
    ASYNC_BEGIN
    CHECK_INT(async_add_signal_handler(async_get_running_loop(), &sig_one, SIGINT, sig_told,
                                       (void *)"mine"),
              0);
    raise(SIGINT);
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_TRACE("mine\n");
    CHECK(async_remove_signal_handler(&sig_one)); /* now it is the run's again */
    raise(SIGINT);
    AWAIT(async_sleep, ASYNC_SEC(3600));
    ASYNC_RETURN(1);
    ASYNC_END
}
TEST(R11_interrupt_goes_to_a_handler_if_there_is_one)
{
    int value = 0;
    CHECK_INT(ASYNC_RUN_TO(value, sig_own_handler), -EINTR);
    CHECK_INT(value, 0);
}
ASYNC(int, sig_looks_at_the_handler)
{
    ASYNC_BEGIN
    ASYNC_RETURN(sig_handler_of(SIGINT) == SIG_DFL           ? 1
                 : sig_handler_of(SIGINT) == sig_old_handler ? 2
                                                             : 3);
    ASYNC_END
}
static void *sig_run_in_thread(void *arg)
{
    CHECK_INT(ASYNC_RUN_TO(*(int *)arg, sig_looks_at_the_handler), 0);
    return NULL;
}
TEST(R11_interrupt_is_left_alone_in_other_threads_and_where_it_is_handled)
{
    pthread_t thread;
    int value = 0;
    CHECK_INT(ASYNC_RUN_TO(value, sig_looks_at_the_handler), 0);
    CHECK_INT(value, 3);
    CHECK_INT(pthread_create(&thread, NULL, sig_run_in_thread, &value), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(value, 1);
    CHECK(signal(SIGINT, sig_old_handler) != SIG_ERR);
    CHECK_INT(ASYNC_RUN_TO(value, sig_looks_at_the_handler), 0);
    CHECK_INT(value, 2);
}
ASYNC(void, sig_nothing_left, vars(async_event event))
{
    ASYNC_BEGIN
    AWAIT(async_event_wait, &self->event);
    ASYNC_END
}
TEST(signal_of_a_run_keeps_no_run_alive)
{
    CHECK_INT(ASYNC_RUN(sig_nothing_left), 1); /* -EDEADLK, and not for ever */
    CHECK_PRINTED("deadlock");
}
