/* The tests of files again, with io_uring; and what is its own. Where the kernel has none, or refuses
 * it, they show that nothing else changes. */
#undef ASYNCC_URING
#define ASYNCC_URING 1
#include "test_file.c"
#include "test_sweep.c"

/* Whether the kernel lets this program have a ring: else there is nothing to see here. */
static void u_begin(void)
{
#ifdef ASYNC_URING_
    struct io_uring_params p;
    long fd;
    memset(&p, 0, sizeof p);
    fd = syscall(SYS_io_uring_setup, 1L, &p);
    if (fd < 0) SKIP("the kernel refuses io_uring");
    close((int)fd);
    f_begin();
#else
    SKIP("built without io_uring");
#endif
}

/* A file that is open already takes no thread at all. */
ASYNC(void, u_file, args(async_file f), vars(ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_file_write, &self->f, f_big, sizeof f_big);
    CHECK_INT(self->n, sizeof f_big);
    AWAIT(async_file_sync, &self->f);
    AWAIT_TO(self->n, async_file_pread, &self->f, f_back, 100, 7);
    CHECK_INT(self->n, 100);
    CHECK(!memcmp(f_back, f_big + 7, 100));
    AWAIT_TO(self->n, async_file_pread, &self->f, f_back, 0, 7);
    CHECK_INT(self->n, 0);
    AWAIT_TO(self->n, async_file_write, &self->f, "", 0);
    CHECK_INT(self->n, 0);
    ASYNC_END
}
static void u_opened(void)
{
    async_file f = {open(f_name, O_CREAT | O_TRUNC | O_RDWR, 0600)};
    CHECK(f.fd >= 0);
    CHECK_INT(run_real(u_file, f), 0);
    close(f.fd);
}
TEST(uring_needs_no_thread_for_a_file)
{
    u_begin();
    seam_of_pthread_create.count = 0;
    u_opened();
    CHECK_INT(seam_of_pthread_create.count, 0);
    CHECK(seam_of_mmap.count > 0);
    CHECK_INT(seam_of_munmap.count, seam_of_mmap.count);
    f_end();
}
TEST(uring_that_is_refused_is_asked_for_once_and_threads_do_it)
{
    static const int errors[] = {ENOSYS, EPERM, ENOMEM, EMFILE};
    size_t i;
    u_begin();
    for (i = 0; i < sizeof errors / sizeof *errors; i++) {
        seam_of_syscall.error = errors[i];
        seam_of_syscall.times = 1;
        seam_of_syscall.count = seam_of_pthread_create.count = 0;
        u_opened();
        CHECK_INT(seam_of_syscall.count, 1);
        CHECK(seam_of_pthread_create.count > 0);
    }
    f_end();
}
TEST(uring_that_cannot_be_mapped_or_watched_is_given_back)
{
    struct seam_call *calls[] = {
        &seam_of_mmap,
#ifdef ASYNC_URING_ /* else it may be another poller's */
        &seam_of_epoll_ctl,
#endif
    };
    size_t i;
    u_begin();
    for (i = 0; i < sizeof calls / sizeof *calls; i++) {
        calls[i]->error = ENOMEM;
        calls[i]->times = 1;
        seam_of_pthread_create.count = 0;
        u_opened();
        CHECK_INT(calls[i]->times, 0);
        CHECK(seam_of_pthread_create.count > 0);
    }
    f_end();
}
/* The kernel has no room for this one: a thread does it, and the next goes there again. */
ASYNC(void, u_no_room, args(async_file f), vars(ptrdiff_t n; long enters))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_file_write, &self->f, f_big, 1000);
    CHECK_INT(seam_of_pthread_create.count, 0);
    seam_of_syscall.error = EAGAIN;
    seam_of_syscall.times = 1;
    AWAIT_TO(self->n, async_file_pread, &self->f, f_back, 1000, 0);
    CHECK_INT(self->n, 1000);
    CHECK_INT(seam_of_pthread_create.count, 1);
    self->enters = seam_of_syscall.count;
    AWAIT_TO(self->n, async_file_pread, &self->f, f_back, 1000, 0);
    CHECK_INT(seam_of_syscall.count, self->enters + 1);
    ASYNC_END
}
TEST(uring_without_room_leaves_it_to_a_thread)
{
    async_file f;
    u_begin();
    f.fd = open(f_name, O_CREAT | O_TRUNC | O_RDWR, 0600);
    seam_of_pthread_create.count = 0;
    CHECK_INT(run_real(u_no_room, f), 0);
    close(f.fd);
    f_end();
}

/* ... and a thing half done is ended in the loop. */
ASYNC(void, u_half, args(async_file f), vars(ptrdiff_t n; long enters))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_file_write, &self->f, f_big, 1000);
    self->enters = seam_of_syscall.count;
    seam_fail(2, 4); /* it asks for the rest, and there is none: EAGAIN */
    AWAIT_TO(self->n, async_file_pread, &self->f, f_back, 2000, 0);
    CHECK_INT(self->n, 1000);
    CHECK_INT(seam_of_syscall.count, self->enters + 2);
    CHECK(seam_hit == &seam_of_syscall && seam_error == EAGAIN);
    CHECK(!memcmp(f_back, f_big, 1000));
    CHECK_INT(seam_of_pthread_create.count, 0);
    ASYNC_END
}
TEST(uring_without_room_for_the_rest)
{
    async_file f;
    u_begin();
    f.fd = open(f_name, O_CREAT | O_TRUNC | O_RDWR, 0600);
    seam_of_pthread_create.count = 0;
    CHECK_INT(run_real(u_half, f), 0);
    close(f.fd);
    f_end();
}

/* What comes in pieces is gone on with, and cached or not, others run in between. */
ASYNC(void, u_reads, args(async_file f, char *into, size_t size), vars(ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_file_read, &self->f, self->into, self->size);
    trace("read %d\n", (int)self->n);
    ASYNC_END
}
ASYNC(void, u_pieces, args(int from, int to), vars(async_file f; char got[16]), tasks(u_reads r))
{
    ASYNC_BEGIN
    self->f.fd = self->from;
    ASYNC_SPAWN(&self->r, u_reads, self->f, self->got, 10);
    AWAIT(async_sleep, ASYNC_MS(2));
    CHECK(write(self->to, "123", 3) == 3);
    AWAIT(async_sleep, ASYNC_MS(2));
    CHECK(write(self->to, "4567", 4) == 4);
    AWAIT(async_sleep, ASYNC_MS(2));
    trace("waits\n");
    CHECK(write(self->to, "890+", 4) == 4);
    AWAIT_TASK(&self->r);
    CHECK(!memcmp(self->got, "1234567890", 11));
    ASYNC_SPAWN(&self->r, u_reads, self->f, self->got, 10);
    AWAIT(async_sleep, ASYNC_MS(2));
    close(self->to);
    AWAIT_TASK(&self->r);
    CHECK_TRACE("waits\nread 10\nread 1\n");
    ASYNC_END
}
TEST(uring_reads_on_until_it_has_all_or_the_end)
{
    int fd[2];
    u_begin();
    CHECK(pipe(fd) == 0);
    CHECK_INT(run_real(u_pieces, fd[0], fd[1]), 0);
    close(fd[0]);
    f_end();
}

/* Cancelled, it waits for the kernel: nothing is written to a buffer that is another's. */
ASYNC(void, u_cancelled, args(int from, int to), vars(async_file f; char got[8]), tasks(u_reads r))
{
    ASYNC_BEGIN
    self->f.fd = self->from;
    ASYNC_SPAWN(&self->r, u_reads, self->f, self->got, 5);
    AWAIT(async_sleep, ASYNC_MS(2));
    async_task_cancel(&self->r.task);
    AWAIT(async_sleep, ASYNC_MS(2));
    CHECK(!async_task_done(&self->r.task));
    CHECK(write(self->to, "12345", 5) == 5);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->r));
    CHECK(async_task_cancelled(&self->r.task));
    CHECK(!memcmp(self->got, "12345", 5));
    CHECK_TRACE("");
    ASYNC_END
}
TEST(uring_read_that_is_cancelled_waits_for_the_kernel)
{
    int fd[2];
    u_begin();
    CHECK(pipe(fd) == 0);
    CHECK_INT(run_real(u_cancelled, fd[0], fd[1]), 0);
    close(fd[0]);
    close(fd[1]);
    f_end();
}
/* A loop that is closed in the middle waits too. */
static int u_pipe[2];
static void *u_later(void *arg)
{
    (void)arg;
    usleep(20000);
    CHECK(write(u_pipe[1], "12345", 5) == 5);
    return NULL;
}
ASYNC(void, u_nap)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(2));
    ASYNC_END
}
static int u_reports;
static void u_report(async_loop *loop, const async_report *r)
{
    (void)loop, (void)r;
    u_reports++;
}
TEST(uring_loop_that_is_closed_waits_for_the_kernel)
{
    static async_loop loop;
    static ASYNC_TASK(u_reads) t;
    static ASYNC_TASK(u_nap) nap;
    async_options options;
    async_file f;
    pthread_t thread;
    char got[8] = "";
    u_begin();
    CHECK(pipe(u_pipe) == 0);
    f.fd = u_pipe[0];
    memset(&options, 0, sizeof options);
    options.on_error = u_report;
    CHECK_INT(async_loop_init(&loop, &options), 0);
    ASYNC_SPAWN(&t, u_reads, f, got, 5);
    ASYNC_SPAWN(&nap, u_nap);
    CHECK_INT(async_loop_run_until_complete(&loop, &nap.task), 0);
    CHECK(!async_task_done(&t.task));
    CHECK_INT(pthread_create(&thread, NULL, u_later, NULL), 0);
    CHECK_INT(async_loop_close(&loop), 0);
    CHECK(!memcmp(got, "12345", 5));
    CHECK_INT(u_reports, 1); /* destroyed but pending */
    CHECK_INT(pthread_join(thread, NULL), 0);
    close(u_pipe[0]);
    close(u_pipe[1]);
    f_end();
}
