/* The test runner: include it first, write TEST(name) { ... }, and the file is a program.
 *
 * Every test runs in a process of its own with a time limit, so that a crash, a hang, a panic or
 * a leak is the failure of one test. What a test prints is kept in a file, and shown if the test
 * fails. Usage: test_x [-v] [--list] [part of a name ...]. Environment: TEST_SLOWER=n multiplies
 * every time limit, for valgrind and sanitizers.
 *
 * TEST_NO_IMPLEMENTATION, defined before the include, leaves ASYNCC_IMPLEMENTATION to the test.
 * The Makefile defines TEST_SHARED where the test is linked with an object of the header. On bare
 * metal bare.h and bare.c stand for libc and the processes.
 */
#ifndef TEST_H_
#define TEST_H_

#if !defined(TEST_NO_IMPLEMENTATION) && !defined(TEST_SHARED) && !defined(ASYNCC_IMPLEMENTATION)
#define ASYNCC_IMPLEMENTATION
#endif
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#if defined(__STDC_HOSTED__) && !__STDC_HOSTED__
#include "bare.h"
#endif
#include "../asyncc.h"

#if !ASYNCC_FREESTANDING
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#endif

/* Built with a sanitizer: memory layout, speed and malloc are not what they are elsewhere. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TEST_SANITIZER 1
#endif
#endif
#ifndef TEST_SANITIZER
#define TEST_SANITIZER 0
#endif

#define TEST_UNUSED_ __attribute__((__unused__))
#define TEST_PRINTF_(n) __attribute__((__format__(__printf__, n, n + 1)))

/* TEST(name) { ... }: one test. It passes if it returns. */
#if ASYNCC_FREESTANDING
#define TEST(name)                                                                                 \
    static void test_body_of_##name(void);                                                         \
    static const struct test_case_ test_case_of_##name = {#name, __FILE__, test_body_of_##name};   \
    static const struct test_case_ *const test_at_##name                                           \
        __attribute__((__section__("test_cases"), __used__)) = &test_case_of_##name;               \
    static void test_body_of_##name(void)
#else
#define TEST(name)                                                                                 \
    static void test_body_of_##name(void);                                                         \
    static struct test_case_ test_case_of_##name = {#name, test_body_of_##name, NULL};             \
    static __attribute__((__constructor__)) void test_add_##name(void)                             \
    {                                                                                              \
        test_add_(&test_case_of_##name);                                                           \
    }                                                                                              \
    static void test_body_of_##name(void)
#endif

/* Each ends the test as failed, with file, line and values, if it does not hold. */
#define CHECK(cond) ((cond) ? (void)0 : test_fail_(__FILE__, __LINE__, "CHECK(%s)", #cond))
#define CHECK_INT(got, want)                                                                       \
    test_check_int_(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define CHECK_STR(got, want) test_check_str_(__FILE__, __LINE__, #got, (got), (want))

/* Ends the test as skipped. */
#define SKIP(why) test_skip_(why)

/* trace("fmt", ...) appends to a text; CHECK_TRACE compares all of it and starts a new one. */
#define CHECK_TRACE(want) test_check_trace_(__FILE__, __LINE__, (want))

/* The text was printed, to stdout or stderr, since the test began. */
#define CHECK_PRINTED(part) test_check_printed_(__FILE__, __LINE__, (part))

/* The statements end the process by abort(), and print the text on the way. */
#if ASYNCC_FREESTANDING
#define CHECK_PANIC(part, ...)                                                                     \
    do {                                                                                           \
        static size_t traced_;                                                                     \
        traced_ = test_text_size_;                                                                 \
        bare_panic_wanted = true;                                                                  \
        if (!__builtin_setjmp(bare_panic_jump)) {                                                  \
            __VA_ARGS__;                                                                           \
            bare_panic_wanted = false;                                                             \
        }                                                                                          \
        test_text_[test_text_size_ = traced_] = 0;                                                 \
        test_check_panic_(__FILE__, __LINE__, (part));                                             \
    } while (0)
#else
#define CHECK_PANIC(part, ...)                                                                     \
    do {                                                                                           \
        if (test_fork_panic_() == 0) {                                                             \
            __VA_ARGS__;                                                                           \
            _exit(0);                                                                              \
        }                                                                                          \
        test_check_panic_(__FILE__, __LINE__, (part));                                             \
    } while (0)
#endif

/* run_virtual(f, arguments): coroutine f on a fresh loop with a virtual clock, to its end, then
 * shutdown and close. Its error; nothing is printed. run_virtual_to(lvalue, f, arguments) stores
 * the result too. run_real, run_real_to: the same with the real clock. */
#define run_virtual(...) TEST_RUN_(true, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define run_virtual_to(lv, ...) TEST_RUN_TO_(lv, true, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define run_real(...) TEST_RUN_(false, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define run_real_to(lv, ...) TEST_RUN_TO_(lv, false, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)

#define TEST_RUN_(v, f, ...) TEST_RUN__(v, f, __VA_ARGS__)
#define TEST_RUN_TO_(lv, v, f, ...) TEST_RUN_TO__(lv, v, f, __VA_ARGS__)
#ifdef __cplusplus
#define TEST_RUN__(v, f, ...)                                                                      \
    [&]() -> int {                                                                                 \
        async_task_of_##f test_task_ = async_task_of_##f();                                        \
        return test_run_(ASYNC_FRAME_(&test_task_.frame_, __VA_ARGS__), &async_type_of_##f, v);    \
    }()
#define TEST_RUN_TO__(lv, v, f, ...)                                                               \
    [&]() -> int {                                                                                 \
        async_task_of_##f test_task_ = async_task_of_##f();                                        \
        int test_err_ =                                                                            \
            test_run_(ASYNC_FRAME_(&test_task_.frame_, __VA_ARGS__), &async_type_of_##f, v);       \
        if (!test_err_) (lv) = test_task_.frame_.async_result_;                                    \
        return test_err_;                                                                          \
    }()
#else
#define TEST_RUN__(v, f, ...)                                                                      \
    test_run_(ASYNC_FRAME_(&((ASYNC_TASK(f)){0}).frame_, __VA_ARGS__), &async_type_of_##f, v)
#define TEST_RUN_TO__(lv, v, f, ...)                                                               \
    __extension__({                                                                                \
        ASYNC_TASK(f) test_task_ = {0};                                                            \
        int test_err_ =                                                                            \
            test_run_(ASYNC_FRAME_(&test_task_.frame_, __VA_ARGS__), &async_type_of_##f, v);       \
        if (!test_err_) (lv) = test_task_.frame_.async_result_;                                    \
        test_err_;                                                                                 \
    })
#endif

#if ASYNCC_FREESTANDING
struct test_case_ {
    const char *name, *file;
    void (*body)(void);
};
#else
struct test_case_ {
    const char *name;
    void (*body)(void);
    struct test_case_ *next;
};
static struct test_case_ *test_cases_, **test_tail_ = &test_cases_;

/* Written by the test's process, read by the runner. */
static struct test_shared_ {
    char why[200]; /* of a skip; empty: none */
    int limit;     /* seconds */
} * test_shared_;

static char test_text_[1 << 16]; /* of trace() */
static size_t test_text_size_;
static int test_output_ = -1;  /* file that holds what the test prints */
static int test_panic_output_; /* the same for the process of CHECK_PANIC */
static pid_t test_child_;      /* whom the time limit is for */
static int test_used_;         /* seconds it has had */
#endif
static TEST_UNUSED_ async_time test_start_; /* loop's clock when run_real or run_virtual began */
static TEST_UNUSED_ int test_reports;       /* how often a loop's error handler was called, */
static TEST_UNUSED_ const char *test_last_report; /* and its last message */

#if ASYNCC_FREESTANDING
static __attribute__((__noreturn__))
TEST_UNUSED_ TEST_PRINTF_(3) void test_fail_(const char *file, int line, const char *format, ...)
{
    va_list args;
    char text[200];
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)printf("%s:%d: %s\n", file, line, text);
    bare_leave(BARE_FAILED);
}
static __attribute__((__noreturn__)) TEST_UNUSED_ void test_skip_(const char *why)
{
    (void)printf("# SKIP %s", why);
    bare_leave(BARE_SKIPPED);
}
#else
static void test_add_(struct test_case_ *test)
{
    *test_tail_ = test;
    test_tail_ = &test->next;
}

/* _exit: no leak report of what a test had to leave behind. */
static __attribute__((__noreturn__))
TEST_PRINTF_(3) void test_fail_(const char *file, int line, const char *format, ...)
{
    va_list args;
    fflush(stdout);
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    _exit(1);
}

static __attribute__((__noreturn__)) TEST_UNUSED_ void test_skip_(const char *why)
{
    snprintf(test_shared_->why, sizeof test_shared_->why, "%s", why);
    fflush(stdout);
    _exit(0);
}

/* For a test that needs more than ten seconds. */
static TEST_UNUSED_ void test_time_limit(int seconds)
{
    test_shared_->limit = seconds;
}

#endif

static TEST_UNUSED_ void test_check_int_(const char *file, int line, const char *what,
                                         long long got, long long want)
{
    if (got != want) test_fail_(file, line, "%s is %lld, not %lld", what, got, want);
}

static TEST_UNUSED_ void test_check_str_(const char *file, int line, const char *what,
                                         const char *got, const char *want)
{
    if (got == want || (got && want && !strcmp(got, want))) return;
    test_fail_(file, line, "%s is \"%s\", not \"%s\"", what, got ? got : "(null)",
               want ? want : "(null)");
}

static TEST_UNUSED_ TEST_PRINTF_(1) void trace(const char *format, ...)
{
    va_list args;
    size_t room = sizeof test_text_ - test_text_size_;
    int n;
    va_start(args, format);
    n = vsnprintf(test_text_ + test_text_size_, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room) test_fail_(__FILE__, __LINE__, "the trace is too long");
    test_text_size_ += (size_t)n;
}

static TEST_UNUSED_ void test_check_trace_(const char *file, int line, const char *want)
{
    if (strcmp(test_text_, want) != 0)
        test_fail_(file, line, "trace differs; got:\n%s\n--- want:\n%s\n---", test_text_, want);
    test_text_[test_text_size_ = 0] = 0;
}

#if ASYNCC_FREESTANDING
static TEST_UNUSED_ void test_check_printed_(const char *file, int line, const char *part)
{
    if (!strstr(bare_printed, part)) test_fail_(file, line, "not printed: %s", part);
}
static TEST_UNUSED_ void test_check_panic_(const char *file, int line, const char *part)
{
    if (!bare_panic_wanted) test_fail_(file, line, "no panic that says: %s", part);
    bare_panic_wanted = false;
    async_loop_ = NULL; /* the loop is left as the panic found it */
    test_check_printed_(file, line, part);
}
#else
/* Whether the text is in the first 64 KB of a file. */
static bool test_contains_(int fd, const char *part)
{
    static char text[1 << 16];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n < 0 ? 0 : n] = 0;
    return strstr(text, part) != NULL;
}

static TEST_UNUSED_ void test_check_printed_(const char *file, int line, const char *part)
{
    fflush(stdout);
    if (!test_contains_(test_output_, part)) test_fail_(file, line, "not printed: %s", part);
}

/* A file without a name. */
static int test_file_(void)
{
    FILE *file = tmpfile();
    int fd = file ? dup(fileno(file)) : -1;
    if (fd < 0) perror("tmpfile"), exit(1);
    fclose(file);
    return fd;
}

static void test_show_(int fd)
{
    char text[4096];
    ssize_t n, i;
    off_t at = 0;
    bool fresh = true;
    while ((n = pread(fd, text, sizeof text, at)) > 0) {
        for (i = 0; i < n; i++) {
            if (fresh) fputs("#   ", stdout);
            putchar(text[i]);
            fresh = text[i] == '\n';
        }
        at += n;
    }
    if (!fresh) putchar('\n');
}

static TEST_UNUSED_ pid_t test_fork_panic_(void)
{
    static const struct rlimit no_core = {0, 0};
    test_panic_output_ = test_file_();
    fflush(stdout);
    test_child_ = fork();
    if (test_child_ == 0) {
        dup2(test_panic_output_, 1);
        dup2(test_panic_output_, 2);
        setrlimit(RLIMIT_CORE, &no_core);
    }
    return test_child_;
}

static TEST_UNUSED_ void test_check_panic_(const char *file, int line, const char *part)
{
    int status = 0;
    bool found;
    if (test_child_ < 0 || waitpid(test_child_, &status, 0) < 0)
        test_fail_(file, line, "no process for CHECK_PANIC: %s", strerror(errno));
    found = test_contains_(test_panic_output_, part);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && found) {
        close(test_panic_output_);
        return;
    }
    test_show_(test_panic_output_);
    if (found) test_fail_(file, line, "printed the text, but did not abort (status %x)", status);
    test_fail_(file, line, "no panic that says: %s (status %x)", part, status);
}
#endif

static TEST_UNUSED_ void test_on_error_(async_loop *loop, const async_report *report)
{
    (void)loop;
    test_reports++;
    test_last_report = report->message;
}

static TEST_UNUSED_ int test_run_(async_frame *frame, const async_type *type, bool virtual_clock)
{
    async_loop loop;
    async_options options;
    async_task *task = (async_task *)(void *)frame - 1;
    int err;
    memset(&options, 0, sizeof options);
    options.virtual_clock = virtual_clock;
#if ASYNCC_FREESTANDING
    options.alloc = bare_alloc;
#endif
    options.on_error = test_on_error_;
    err = async_loop_init(&loop, &options);
    if (err) return err;
    test_start_ = async_loop_time(&loop);
    err = async_spawn_(frame, type, &loop.scope, 0);
    if (!err) err = async_loop_run_until_complete(&loop, task);
    CHECK_INT(async_loop_shutdown(&loop), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    return err;
}

/* Inside run_virtual or run_real: milliseconds since it began. */
static TEST_UNUSED_ int now_ms(void)
{
    async_loop *loop = async_get_running_loop();
    if (!loop) test_fail_(__FILE__, __LINE__, "now_ms() outside of a loop");
    return (int)((async_loop_time(loop) - test_start_) / 1000000);
}

#if !ASYNCC_FREESTANDING
/* How much longer than usual things may take: 1 but for valgrind and sanitizers. */
static int test_slower(void)
{
    const char *factor = getenv("TEST_SLOWER");
    return factor && atoi(factor) > 0 ? atoi(factor) : 1;
}

/* The limit may have been raised by the test since the alarm was set. */
static void test_time_is_up_(int signal_number)
{
    int left = test_shared_->limit * test_slower() - test_used_;
    (void)signal_number;
    if (left > 0) {
        test_used_ += left;
        alarm((unsigned)left);
    } else {
        kill(-test_child_, SIGKILL);
    }
}

static void test_interrupted_(int signal_number)
{
    if (test_child_ > 0) kill(-test_child_, SIGKILL);
    _exit(128 + signal_number);
}

/* 0 passed, 1 failed, 2 skipped. */
static int test_one_(struct test_case_ *test, int number, bool verbose)
{
    int status = 0, result;
    fflush(stdout);
    test_output_ = test_file_();
    test_shared_->why[0] = 0;
    test_shared_->limit = 10;
    test_used_ = 0;
    test_child_ = fork();
    if (test_child_ < 0) perror("fork"), exit(1);
    if (test_child_ == 0) {
        setpgid(0, 0);
        signal(SIGALRM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        dup2(test_output_, 1);
        dup2(test_output_, 2);
        test->body();
        exit(0);
    }
    setpgid(test_child_, test_child_); /* here too: whoever is first */
    test_time_is_up_(SIGALRM);
    while (waitpid(test_child_, &status, 0) < 0 && errno == EINTR) {}
    alarm(0);
    kill(-test_child_, SIGKILL); /* what it left running */
    result = status != 0 ? 1 : test_shared_->why[0] ? 2 : 0;
    printf("%s %d - %s", result == 1 ? "not ok" : "ok", number, test->name);
    if (result == 2) printf(" # SKIP %s", test_shared_->why);
    putchar('\n');
    if (result == 1 || verbose) test_show_(test_output_);
    if (WIFSIGNALED(status))
        printf("#   %s\n",
               WTERMSIG(status) == SIGKILL ? "time limit" : strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) > 1) printf("#   exit status %d\n", WEXITSTATUS(status));
    close(test_output_);
    return result;
}

static bool test_wanted_(const struct test_case_ *test, int argc, char **argv)
{
    bool any = false;
    int i;
    for (i = 1; i < argc; i++) {
        if (argv[i][0] == '-') continue;
        if (strstr(test->name, argv[i])) return true;
        any = true;
    }
    return !any;
}

int main(int argc, char **argv)
{
    int count[3] = {0, 0, 0}, number = 0, i;
    bool verbose = false, list = false;
    struct test_case_ *test;
    for (i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-v")) verbose = true;
        if (!strcmp(argv[i], "--list")) list = true;
    }
    test_shared_ = (struct test_shared_ *)mmap(NULL, sizeof *test_shared_, PROT_READ | PROT_WRITE,
                                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (test_shared_ == MAP_FAILED) perror("mmap"), exit(1);
    signal(SIGALRM, test_time_is_up_);
    signal(SIGINT, test_interrupted_);
    signal(SIGTERM, test_interrupted_);
    for (test = test_cases_; test; test = test->next) {
        if (!test_wanted_(test, argc, argv)) continue;
        if (list) puts(test->name);
        else count[test_one_(test, ++number, verbose)]++;
    }
    if (list) return 0;
    printf("1..%d\n", number);
    printf("%d passed, %d failed, %d skipped\n", count[0], count[1], count[2]);
    return count[1] != 0;
}
#endif

#endif
