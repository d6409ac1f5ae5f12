/* Child processes: how they start, what they inherit, their pipes, their end; none is left over. */
#include "sockets.h"

#include <dirent.h>

/* Nothing runs and nothing is unreaped. */
static void p_no_children(void)
{
    CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
    CHECK_INT(errno, ECHILD);
}
/* Each test twice: with pidfds, if the system has them, and with SIGCHLD. */
static void p_without_pidfd(void)
{
#ifdef __linux__
    seam_of_syscall.error = ENOSYS;
    seam_of_syscall.times = 1 << 30;
#endif
}
#define P_TEST(name)                                                                               \
    static void p_body_of_##name(void);                                                            \
    TEST(name)                                                                                     \
    {                                                                                              \
        int before = seam_descriptors();                                                           \
        p_body_of_##name();                                                                        \
        p_no_children();                                                                           \
        CHECK_INT(seam_descriptors(), before);                                                     \
    }                                                                                              \
    TEST(name##_by_SIGCHLD)                                                                        \
    {                                                                                              \
        int before = seam_descriptors();                                                           \
        p_without_pidfd();                                                                         \
        p_body_of_##name();                                                                        \
        p_no_children();                                                                           \
        CHECK_INT(seam_descriptors(), before);                                                     \
    }                                                                                              \
    static void p_body_of_##name(void)

static const char *const *p_sh(const char *script)
{
    static const char *argv[] = {"sh", "-c", NULL, NULL};
    argv[2] = script;
    return argv;
}
static const async_process_options *p_options(int in, int out, int err)
{
    static async_process_options options;
    memset(&options, 0, sizeof options);
    options.in = in;
    options.out = out;
    options.err = err;
    return &options;
}

/* --- the end --- */

ASYNC(void, p_codes_main, vars(async_process p; int code; int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 256; self->i += 51) {
        char script[32];
        snprintf(script, sizeof script, "exit %d", self->i);
        CHECK_INT(async_process_spawn(&self->p, p_sh(script), NULL), 0);
        CHECK(self->p.running && self->p.pid > 0);
        AWAIT_TO(self->code, async_process_wait, &self->p);
        CHECK_INT(self->code, self->i);
        CHECK_INT(self->p.returncode, self->i);
        CHECK(!self->p.running);
        AWAIT_TO(self->code, async_process_wait, &self->p); /* as often as you like */
        CHECK_INT(self->code, self->i);
        CHECK_INT(async_process_kill(&self->p), -ESRCH); /* its pid may be another's now */
    }
    CHECK_INT(async_process_spawn(&self->p, p_sh("kill -USR1 $$; sleep 60"), NULL), 0);
    AWAIT_TO(self->code, async_process_wait, &self->p);
    CHECK_INT(self->code, -SIGUSR1);
    CHECK_INT(async_process_spawn(&self->p, p_sh("exec sleep 60"), NULL), 0);
    CHECK_INT(async_process_terminate(&self->p), 0);
    AWAIT_TO(self->code, async_process_wait, &self->p);
    CHECK_INT(self->code, -SIGTERM);
    CHECK_INT(async_process_spawn(&self->p, p_sh("exec sleep 60"), NULL), 0);
    CHECK_INT(async_process_send_signal(&self->p, 12345), -EINVAL);
    CHECK_INT(async_process_kill(&self->p), 0);
    AWAIT_TO(self->code, async_process_wait, &self->p);
    CHECK_INT(self->code, -SIGKILL);
    ASYNC_END
}
P_TEST(process_end_is_its_code_or_its_signal)
{
    CHECK_INT(run_real(p_codes_main), 0);
}

ASYNC(int, p_waiter, args(async_process *p), vars(int code))
{
    ASYNC_BEGIN
    AWAIT_TO(self->code, async_process_wait, self->p);
    ASYNC_RETURN(self->code);
    ASYNC_END
}
ASYNC(void, p_waiters_main, vars(async_process p; int code),
      tasks(p_waiter a, p_waiter b, p_waiter c))
{
    ASYNC_BEGIN
    CHECK_INT(async_process_spawn(&self->p, p_sh("exec sleep 60"), NULL), 0);
    ASYNC_SPAWN(&self->a, p_waiter, &self->p);
    ASYNC_SPAWN(&self->b, p_waiter, &self->p);
    ASYNC_SPAWN(&self->c, p_waiter, &self->p);
    AWAIT(async_sleep, ASYNC_MS(1));
    async_task_cancel(&self->b.task); /* the child does not notice */
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->b));
    CHECK(async_task_cancelled(&self->b.task));
    CHECK(self->p.running);
    CHECK_INT(async_process_kill(&self->p), 0);
    AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->c));
    CHECK_INT(ASYNC_RESULT(&self->a), -SIGKILL);
    CHECK_INT(ASYNC_RESULT(&self->c), -SIGKILL);
    ASYNC_END
}
P_TEST(process_is_waited_for_by_several_and_a_cancelled_wait_leaves_it_alone)
{
    CHECK_INT(run_real(p_waiters_main), 0);
}

ASYNC(void, p_unwaited_main, vars(async_process p; char c; ptrdiff_t n))
{
    ASYNC_BEGIN
    CHECK_INT(async_process_spawn(&self->p, p_sh("exit 3"), p_options(0, ASYNC_PIPE, 0)), 0);
    while (self->p.running) AWAIT(async_sleep, ASYNC_MS(1));
    p_no_children();
    CHECK_INT(self->p.returncode, 3);
    CHECK_INT(async_close_pipe(&self->p.out), 0);
    ASYNC_END
}
P_TEST(process_is_reaped_though_nobody_waits)
{
    CHECK_INT(run_real(p_unwaited_main), 0);
}

/* --- exec --- */

ASYNC(void, p_exec_main, vars(async_process p; async_process_options o))
{
    ASYNC_BEGIN
    static const char *const missing[] = {"/no/such/program", NULL};
    static const char *const nowhere[] = {"no-such-program-in-path", NULL};
    static const char *const folder[] = {"/", NULL};
    static const char *const none[] = {NULL};
    CHECK_INT(async_process_spawn(&self->p, missing, p_options(ASYNC_PIPE, ASYNC_PIPE, ASYNC_PIPE)),
              -ENOENT);
    CHECK(self->p.in == -1 && self->p.out == -1 && self->p.err == -1 && !self->p.running);
    CHECK_INT(async_process_spawn(&self->p, nowhere, NULL), -ENOENT);
    CHECK_INT(async_process_spawn(&self->p, folder, NULL), -EACCES);
    CHECK_INT(async_process_spawn(&self->p, none, NULL), -EINVAL);
    CHECK_INT(async_process_spawn(&self->p, NULL, NULL), -EINVAL);
    CHECK_INT(async_process_spawn(&self->p, p_sh(":"), p_options(9999, 0, 0)), -EBADF);
    CHECK_INT(async_process_spawn(&self->p, p_sh(":"), p_options(ASYNC_STDOUT, 0, 0)), -EBADF);
    self->o.cwd = "/no/such/folder";
    CHECK_INT(async_process_spawn(&self->p, p_sh(":"), &self->o), -ENOENT);
    CHECK_INT(async_process_kill(&self->p), -ESRCH);
    p_no_children();
    ASYNC_END
}
ASYNC(void, p_never_main, vars(async_process p; int code))
{
    ASYNC_BEGIN
    AWAIT_ERR(self->code, async_process_wait, &self->p);
    CHECK_INT(self->code, -ECHILD);
    ASYNC_END
}
P_TEST(process_that_cannot_start_says_why)
{
    char *argv[] = {(char *)"/no/such/program", NULL};
    pid_t pid;
    if (posix_spawn(&pid, argv[0], NULL, NULL, argv, argv) == 0)
        SKIP("posix_spawn cannot tell exec's error here, as under valgrind");
    CHECK_INT(run_real(p_exec_main), 0);
    CHECK_INT(run_real(p_never_main), 0);
}

/* --- communicate --- */

ASYNC(int, p_talk,
      args(const char *script, int in, int out, int err_is, const char *input, size_t size,
           async_output *o, async_output *e),
      vars(async_process p; int code), awaits(async_process_communicate))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_process, &self->p, p_sh(self->script),
               p_options(self->in, self->out, self->err_is)) {
        AWAIT_TO(self->code, async_process_communicate, &self->p, self->input, self->size, self->o,
                 self->e);
        CHECK(self->p.in == -1 && self->p.out == -1 && self->p.err == -1);
    }
    ASYNC_RETURN(self->code);
    ASYNC_END
}
static char p_out[400000], p_err[400000], p_in[300000];
static async_output p_o = {p_out, sizeof p_out, 0}, p_e = {p_err, sizeof p_err, 0};
P_TEST(process_communicate_writes_and_reads_at_the_same_time)
{
    int code = -1;
    size_t i;
    for (i = 0; i < sizeof p_in; i++) p_in[i] = (char)('a' + i % 23);
    /* far more than a pipe holds, three ways at once */
    CHECK_INT(run_real_to(code, p_talk, "head -c 200000 /dev/zero >&2; cat; exit 5", ASYNC_PIPE,
                          ASYNC_PIPE, ASYNC_PIPE, p_in, sizeof p_in, &p_o, &p_e),
              0);
    CHECK_INT(code, 5);
    CHECK_INT(p_o.size, sizeof p_in);
    CHECK(!memcmp(p_out, p_in, sizeof p_in));
    CHECK_INT(p_e.size, 200000);
}
P_TEST(process_communicate_keeps_what_there_is_room_for)
{
    int code = -1;
    p_o.room = 10;
    CHECK_INT(run_real_to(code, p_talk, "head -c 300000 /dev/zero | tr '\\0' x; echo no >&2", 0,
                          ASYNC_PIPE, ASYNC_PIPE, NULL, 0, &p_o, NULL),
              0);
    CHECK_INT(code, 0);
    CHECK_INT(p_o.size, 300000);
    CHECK(!memcmp(p_out, "xxxxxxxxxx\0", 11));
}
P_TEST(process_that_does_not_read_its_input_is_no_error)
{
    int code = -1;
    CHECK_INT(run_real_to(code, p_talk, "exec <&-; echo done; exit 2", ASYNC_PIPE, ASYNC_PIPE, 0,
                          p_in, sizeof p_in, &p_o, NULL),
              0);
    CHECK_INT(code, 2);
    CHECK_INT(p_o.size, 5);
}
P_TEST(process_stderr_may_go_where_stdout_goes)
{
    int code = -1;
    p_o.size = 7;
    CHECK_INT(run_real_to(code, p_talk, "echo one; echo two >&2; cat", ASYNC_DEVNULL, ASYNC_PIPE,
                          ASYNC_STDOUT, NULL, 0, &p_o, NULL),
              0);
    CHECK_INT(code, 0);
    CHECK_INT(p_o.size, 8);
    CHECK(!memcmp(p_out, "one\ntwo\n", 8));
}

/* --- what a child gets --- */

ASYNC(int, p_run, args(const char *const *argv, const async_process_options *o, async_output *out),
      vars(async_process p; int code), awaits(async_process_communicate))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_process, &self->p, self->argv, self->o) {
        AWAIT_TO(self->code, async_process_communicate, &self->p, NULL, 0, self->out, NULL);
    }
    ASYNC_RETURN(self->code);
    ASYNC_END
}
static void p_prints(const char *script, const async_process_options *options, const char *want)
{
    async_process_options o;
    int code = -1;
    if (options) o = *options;
    else memset(&o, 0, sizeof o);
    o.out = ASYNC_PIPE;
    p_o.room = sizeof p_out - 1;
    CHECK_INT(run_real_to(code, p_run, p_sh(script), &o, &p_o), 0);
    CHECK_INT(code, 0);
    p_out[p_o.size] = 0;
    CHECK_STR(p_out, want);
}
P_TEST(process_has_the_folder_and_the_environment_that_it_is_given)
{
    static const char *const env[] = {"ONE=1", "TWO=two words", NULL};
    async_process_options o;
    memset(&o, 0, sizeof o);
    o.cwd = "/usr";
    o.env = env;
    p_prints("pwd; echo $ONE $TWO $HOME", &o, "/usr\n1 two words\n");
    setenv("P_OURS", "inherited", 1);
    p_prints("echo $P_OURS", NULL, "inherited\n");
}
#ifdef __linux__
P_TEST(process_has_no_signal_blocked_or_ignored_and_no_descriptor_but_three)
{
    sigset_t set;
    int fd = open("/dev/null", O_RDONLY); /* without close-on-exec */
    async_process_options o;
    memset(&o, 0, sizeof o);
    CHECK(fd >= 0);
    sigfillset(&set);
    sigdelset(&set, SIGALRM);
    sigdelset(&set, SIGCHLD);
    CHECK_INT(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    CHECK(signal(SIGHUP, SIG_IGN) != SIG_ERR && signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    /* signals 1 to 28; some in the thirties are the C library's own */
    p_prints("exec sed -nE 's/^(SigBlk|SigIgn).*(.{7})$/\\1 \\2/p' /proc/self/status", NULL,
             "SigBlk 0000000\nSigIgn 0000000\n");
#ifdef __GLIBC__ /* musl has no way to close the others */
    p_prints("exec ls /proc/self/fd", NULL, "0\n1\n2\n3\n"); /* 3 is that folder */
#endif
    close(fd);
    o.new_group = true;
    p_prints("cut -d' ' -f5 /proc/$$/stat | sed \"s/^$$\\$/its own/\"", &o, "its own\n");
    o.new_group = false;
    o.new_session = true;
    p_prints("cut -d' ' -f6 /proc/$$/stat | sed \"s/^$$\\$/its own/\"", &o, "its own\n");
}
#endif
/* Descriptors of ours, crosswise: its 1 is our 2 and its 2 is our 1; and with 0 closed here. */
P_TEST(process_descriptors_may_be_given_crosswise)
{
    int code = -1, out[2], err[2], saved[3], i;
    char text[16] = "";
    async_process_options o;
    memset(&o, 0, sizeof o);
    CHECK(pipe(out) == 0 && pipe(err) == 0);
    for (i = 0; i < 3; i++) saved[i] = dup(i);
    dup2(out[1], 1);
    dup2(err[1], 2);
    close(0);
    o.in = ASYNC_DEVNULL;
    o.out = 2;
    o.err = 1;
    code = -1;
    i = run_real_to(code, p_run, p_sh("echo out; echo err >&2; cat"), &o, NULL);
    for (i = 0; i < 3; i++) dup2(saved[i], i), close(saved[i]);
    CHECK_INT(code, 0);
    close(out[1]);
    close(err[1]);
    CHECK_INT(read(out[0], text, sizeof text), 4);
    CHECK(!memcmp(text, "err\n", 4));
    CHECK_INT(read(err[0], text, sizeof text), 4);
    CHECK(!memcmp(text, "out\n", 4));
    close(out[0]);
    close(err[0]);
}

/* What is opened for the child lands in the place of another. */
ASYNC(void, p_place_main,
      vars(async_process p; async_process_options o; int code; int saved; int err))
{
    ASYNC_BEGIN
    CHECK_INT(async_process_spawn(&self->p, p_sh(":"), NULL), 0); /* the loop has what it needs */
    AWAIT_TO(self->code, async_process_wait, &self->p);
    self->saved = dup(0);
    self->o.in = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    self->o.out = ASYNC_DEVNULL;
    close(0); /* which /dev/null gets */
    self->err = async_process_spawn(&self->p, p_sh("echo out"), &self->o);
    CHECK_INT(self->err, 0);
    AWAIT_TO(self->code, async_process_wait, &self->p); /* by a pidfd that may be 0 now */
    CHECK_INT(self->code, 0);
    dup2(self->saved, 0);
    close(self->saved);
    close(self->o.in);
    ASYNC_END
}
P_TEST(process_descriptors_do_not_take_each_others_place)
{
    CHECK_INT(run_real(p_place_main), 0);
}

/* --- pipes by hand --- */

ASYNC(void, p_by_hand_main, vars(async_process p; char text[64]; ptrdiff_t n; size_t got; int code))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_process, &self->p, p_sh("while read x; do echo \"<$x>\"; done; exit 4"),
               p_options(ASYNC_PIPE, ASYNC_PIPE, 0)) {
        AWAIT(async_write_all, self->p.in, "one\n", 4);
        AWAIT_TO(self->n, async_read, self->p.out, self->text, sizeof self->text);
        CHECK(self->n == 6 && !memcmp(self->text, "<one>\n", 6));
        AWAIT(async_write_all, self->p.in, "two\n", 4);
        AWAIT_TO(self->n, async_read, self->p.out, self->text, sizeof self->text);
        CHECK(self->n == 6 && !memcmp(self->text, "<two>\n", 6));
        CHECK_INT(async_close_pipe(&self->p.in), 0);
        CHECK_INT(async_close_pipe(&self->p.in), 0); /* no harm */
        AWAIT_TO(self->n, async_read, self->p.out, self->text, sizeof self->text);
        CHECK_INT(self->n, 0);
    } /* closes the other, and waits */
    CHECK_INT(self->p.returncode, 4);
    ASYNC_END
}
P_TEST(process_pipes_are_descriptors_of_the_loop)
{
    CHECK_INT(run_real(p_by_hand_main), 0);
}

/* A stream takes a pipe over, and when it has closed it the number may be another's. */
ASYNC(void, p_stream_main, vars(async_process p; async_stream s; async_bytes line; int pipe, other))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_process, &self->p, p_sh("echo one; echo two"),
               p_options(ASYNC_DEVNULL, ASYNC_PIPE, 0)) {
        self->pipe = self->p.out;
        CHECK_INT(async_stream_open(&self->s, self->p.out), 0);
        ASYNC_WITH(async_stream, &self->s) {
            ASYNC_FOR_NEXT(self->line, async_stream_next, &self->s)
                trace("%.*s", (int)self->line.size, self->line.data);
        }
        self->other = async_listen("127.0.0.1:0", 0);
        if (self->other != self->pipe) { /* that of a child that has ended was free as well */
            CHECK_INT(dup2(self->other, self->pipe), self->pipe);
            CHECK_INT(async_close(self->other), 0);
            CHECK_INT(async_adopt(self->pipe), 0);
            self->other = self->pipe;
        }
    }
    CHECK_INT(self->p.out, -1);
    CHECK_INT(async_close(self->other), 0);
    ASYNC_END
}
P_TEST(process_pipe_that_a_stream_takes_over)
{
    CHECK_INT(run_real(p_stream_main), 0);
    CHECK_TRACE("one\ntwo\n");
}

/* --- the end of the block --- */

ASYNC(void, p_raises, args(async_process *p))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_process, self->p, p_sh("exec sleep 60"), NULL) {
        ASYNC_RAISE(-EPROTO);
    }
    ASYNC_END
}
ASYNC(void, p_sleeps, args(async_process *p, const char *script))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_process, self->p, p_sh(self->script), p_options(ASYNC_PIPE, ASYNC_PIPE, 0)) {
        AWAIT(async_sleep, ASYNC_SEC(60));
    }
    ASYNC_END
}
ASYNC(void, p_leaves, args(async_process *p))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_process, self->p, p_sh("exec sleep 60"), NULL) {}
    ASYNC_END
}
ASYNC(void, p_talks, args(async_process *p), awaits(async_process_communicate))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_process, self->p, p_sh("exec sleep 60"),
               p_options(ASYNC_PIPE, ASYNC_PIPE, ASYNC_PIPE)) {
        AWAIT(async_process_communicate, self->p, p_in, sizeof p_in, NULL, NULL);
    }
    ASYNC_END
}
ASYNC(void, p_kill_main, vars(async_process p; int err), tasks(p_sleeps a, p_leaves b, p_talks c),
      awaits(p_raises))
{
    ASYNC_BEGIN
    AWAIT_ERR(self->err, p_raises, &self->p);
    CHECK_INT(self->err, -EPROTO);
    CHECK_INT(self->p.returncode, -SIGKILL);
    p_no_children();

    ASYNC_SPAWN(&self->a, p_sleeps, &self->p, "trap '' TERM INT; exec sleep 60");
    AWAIT(async_sleep, ASYNC_MS(1));
    async_task_cancel(&self->a.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a));
    CHECK(async_task_cancelled(&self->a.task));
    CHECK_INT(self->p.returncode, -SIGKILL);
    p_no_children();

    ASYNC_SPAWN(&self->b, p_leaves, &self->p); /* cancelled while it waits for the end */
    AWAIT(async_sleep, ASYNC_MS(1));
    CHECK(self->p.running && !async_task_done(&self->b.task));
    async_task_cancel(&self->b.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->b));
    CHECK(async_task_cancelled(&self->b.task));
    CHECK_INT(self->p.returncode, -SIGKILL);
    p_no_children();

    ASYNC_SPAWN(&self->c, p_talks, &self->p);
    AWAIT(async_sleep, ASYNC_MS(1));
    async_task_cancel(&self->c.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->c));
    CHECK(async_task_cancelled(&self->c.task));
    CHECK_INT(self->p.returncode, -SIGKILL);
    p_no_children();
    ASYNC_END
}
P_TEST(process_is_killed_when_its_block_is_left_by_an_error_or_a_cancel)
{
    CHECK_INT(run_real(p_kill_main), 0);
}

/* Left to the loop's close. */
static async_process p_forgotten;
ASYNC(void, p_forgets_main)
{
    ASYNC_BEGIN
    CHECK_INT(async_process_spawn(&p_forgotten, p_sh("exec sleep 60"),
                                  p_options(ASYNC_PIPE, ASYNC_PIPE, ASYNC_PIPE)),
              0);
    ASYNC_END
}
P_TEST(process_that_is_forgotten_ends_with_its_loop_and_is_reported)
{
    CHECK_INT(run_real(p_forgets_main), 0);
    CHECK_INT(test_reports, 1);
    CHECK_STR(test_last_report, "process was still running");
    CHECK(!p_forgotten.running);
    CHECK_INT(p_forgotten.returncode, -SIGKILL);
}

ASYNC(void, p_stolen_main, vars(async_process p; int code))
{
    ASYNC_BEGIN
    CHECK_INT(async_process_spawn(&self->p, p_sh("exit 9"), NULL), 0);
    CHECK(waitpid(self->p.pid, NULL, 0) == self->p.pid);
    AWAIT_TO(self->code, async_process_wait, &self->p);
    CHECK_INT(self->code, 255);
    ASYNC_END
}
P_TEST(process_whose_status_was_taken_by_others_counts_as_255)
{
    CHECK_INT(run_real(p_stolen_main), 0);
    CHECK_INT(test_reports, 1);
}

/* --- many --- */

enum { P_MANY = 200 };
ASYNC(void, p_one_of_many, args(int number),
      vars(async_process p; async_output out; char in[64]; char text[64]; int code),
      awaits(async_process_communicate))
{
    ASYNC_BEGIN
    static const char *const cat[] = {"cat", NULL};
    snprintf(self->in, sizeof self->in, "this is number %d", self->number);
    self->out.data = self->text;
    self->out.room = sizeof self->text;
    ASYNC_WITH(async_process, &self->p, cat, p_options(ASYNC_PIPE, ASYNC_PIPE, 0)) {
        AWAIT(async_sleep, ASYNC_MS(0)); /* until all have begun */
        AWAIT_TO(self->code, async_process_communicate, &self->p, self->in, strlen(self->in),
                 &self->out, NULL);
    }
    CHECK_INT(self->code, 0);
    CHECK_STR(self->text, self->in);
    trace(".");
    ASYNC_END
}
ASYNC(void, p_many_main, vars(async_group group; int i))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_group, &self->group) {
        for (self->i = 0; self->i < P_MANY; self->i++)
            CHECK(ASYNC_SPAWN_NEW_IN(&self->group, p_one_of_many, self->i) != NULL);
    }
    ASYNC_END
}
P_TEST(process_two_hundred_at_once)
{
    test_time_limit(60);
    CHECK_INT(run_real(p_many_main), 0);
    CHECK_INT(strlen(test_text_), P_MANY);
}
