/* Files, their lines, directories: in threads, and nothing that a thread uses is given back. */
#include "sockets.h"

#include <sys/stat.h>

static char f_name[64], f_folder[40];
static char f_big[3000000], f_back[3000000];
static int f_before; /* descriptors */
static void f_begin(void)
{
    size_t i;
    snprintf(f_folder, sizeof f_folder, "/tmp/asyncc-test-%d", (int)getpid());
    snprintf(f_name, sizeof f_name, "%s/file", f_folder);
    CHECK(mkdir(f_folder, 0700) == 0);
    for (i = 0; i < sizeof f_big; i++) f_big[i] = (char)(i * 7 + i / 251);
    f_before = seam_descriptors();
}
static void f_end(void)
{
    CHECK_INT(seam_descriptors(), f_before);
    CHECK_INT(seam_blocks, 0);
    unlink(f_name);
    CHECK(rmdir(f_folder) == 0);
}
static void f_write(const char *text, size_t size)
{
    int fd = open(f_name, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    CHECK(fd >= 0 && write(fd, text, size) == (ssize_t)size);
    close(fd);
}

ASYNC(void, f_round_trip, vars(async_file f; ptrdiff_t n; struct stat s; int err))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_file, &self->f, f_name, O_RDWR | O_CREAT | O_EXCL, 0640) {
        CHECK(fcntl(self->f.fd, F_GETFD) & FD_CLOEXEC);
        AWAIT_TO(self->n, async_file_write, &self->f, f_big, sizeof f_big);
        CHECK_INT(self->n, sizeof f_big);
        AWAIT_TO(self->n, async_file_read, &self->f, f_back, 10); /* at the end */
        CHECK_INT(self->n, 0);
        AWAIT_TO(self->n, async_file_pread, &self->f, f_back, sizeof f_back, 0);
        CHECK_INT(self->n, sizeof f_back);
        CHECK(!memcmp(f_big, f_back, sizeof f_big));
        AWAIT_TO(self->n, async_file_pread, &self->f, f_back, 100, (int64_t)sizeof f_big - 7);
        CHECK_INT(self->n, 7);
        AWAIT_TO(self->n, async_file_pwrite, &self->f, "hello", 5, 1000);
        CHECK_INT(self->n, 5);
        AWAIT_TO(self->n, async_file_write, &self->f, "end", 3); /* the position has not moved */
        AWAIT(async_file_sync, &self->f);
        AWAIT(async_file_stat, &self->f, &self->s);
        CHECK_INT(self->s.st_size, sizeof f_big + 3);
        AWAIT_ERR(self->err, async_file_pread, &self->f, f_back, 1, -1);
        CHECK_INT(self->err, -EINVAL);
        AWAIT_ERR(self->err, async_file_read, &self->f, f_back, (size_t)-1);
        CHECK_INT(self->err, -EINVAL);
    }
    CHECK_INT(self->f.fd, -1);
    AWAIT(async_stat, f_name, &self->s);
    CHECK_INT(self->s.st_mode & 0777, 0640);
    CHECK_INT(self->s.st_size, sizeof f_big + 3);
    ASYNC_WITH(async_file, &self->f, f_name, O_RDONLY, 0) {
        AWAIT_TO(self->n, async_file_read, &self->f, f_back, 1005);
        CHECK_INT(self->n, 1005);
        CHECK(!memcmp(f_back, f_big, 1000) && !memcmp(f_back + 1000, "hello", 5));
        AWAIT_ERR(self->err, async_file_write, &self->f, "x", 1);
        CHECK_INT(self->err, -EBADF);
    }
    ASYNC_END
}
TEST(file_reads_and_writes_in_a_thread)
{
    f_begin();
    CHECK_INT(run_real(f_round_trip), 0);
    f_end();
}

ASYNC(void, f_errors, vars(async_file f; struct stat s; int err; bool inside))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_file, &self->f, "/no/such/file", O_RDONLY, 0) {
            self->inside = true;
        }
    }
    ASYNC_CATCH(self->err) {}
    CHECK_INT(self->err, -ENOENT);
    CHECK(!self->inside);
    AWAIT_ERR(self->err, async_stat, "/no/such/file", &self->s);
    CHECK_INT(self->err, -ENOENT);
    ASYNC_TRY {
        ASYNC_WITH(async_file, &self->f, f_name, O_RDONLY | O_CREAT, 0600) {
            ASYNC_RAISE(-EPROTO);
        }
    }
    ASYNC_CATCH(self->err) {}
    CHECK_INT(self->err, -EPROTO);
    CHECK_INT(self->f.fd, -1);
    seam_of_close.error = EIO; /* a disk that says only now that it is full */
    ASYNC_TRY {
        ASYNC_WITH(async_file, &self->f, f_name, O_RDONLY, 0) {
            seam_of_close.times = 1;
        }
    }
    ASYNC_CATCH(self->err) {}
    CHECK_INT(self->err, -EIO);
    self->err = 0;
    ASYNC_TRY {
        ASYNC_WITH(async_file, &self->f, f_name, O_RDONLY, 0) {
            seam_of_close.times = 1;
            ASYNC_RAISE(-EPROTO); /* this one is raised */
        }
    }
    ASYNC_CATCH(self->err) {}
    CHECK_INT(self->err, -EPROTO);
    self->f.fd = 9999; /* one that nobody has opened */
    AWAIT_ERR(self->err, async_file_sync, &self->f);
    CHECK_INT(self->err, -EBADF);
    AWAIT_ERR(self->err, async_file_stat, &self->f, &self->s);
    CHECK_INT(self->err, -EBADF);
    ASYNC_END
}
TEST(file_errors_are_raised_as_errno)
{
    f_begin();
    CHECK_INT(run_real(f_errors), 0);
    f_end();
}

/* The loop goes on while a read waits: for a fifo, which keeps its thread. */
ASYNC(void, f_reads_fifo, args(const char *path, char *into), vars(async_file f; ptrdiff_t n))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_file, &self->f, self->path, O_RDONLY, 0) {
        AWAIT_TO(self->n, async_file_read, &self->f, self->into, 5);
        trace("read %d\n", (int)self->n);
    }
    ASYNC_END
}
ASYNC(void, f_meanwhile, vars(int writer; char got[8]), tasks(f_reads_fifo reader))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->reader, f_reads_fifo, f_name, self->got);
    AWAIT(async_sleep, ASYNC_MS(20));
    trace("slept\n");
    self->writer = open(f_name, O_WRONLY);
    CHECK(write(self->writer, "12345", 5) == 5);
    AWAIT_TASK(&self->reader);
    CHECK(!memcmp(self->got, "12345", 5));
    close(self->writer);
    CHECK_TRACE("slept\nread 5\n");
    ASYNC_END
}
TEST(file_that_is_slow_does_not_hold_up_the_loop)
{
    f_begin();
    CHECK(mkfifo(f_name, 0600) == 0);
    CHECK_INT(run_real(f_meanwhile), 0);
    f_end();
}

#ifdef ASYNC_URING_
#define F_READ seam_of_syscall /* the kernel, which is given a read or refuses it */
#else
#define F_READ seam_of_read
#endif
/* A thread has come to a call. */
ASYNC(void, f_until_called, args(struct seam_call *call, long count))
{
    ASYNC_BEGIN
    while (__atomic_load_n(&self->call->count, __ATOMIC_RELAXED) < self->count)
        AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}
/* Cancelled while a thread is at work: the await ends when the thread has, so that its buffer is in
 * nobody's hands. */
ASYNC(void, f_cancel_read, vars(int writer; long calls), tasks(f_reads_fifo reader),
      raw(char got[8]), awaits(f_until_called))
{
    ASYNC_BEGIN
    self->calls = F_READ.count;
    ASYNC_SPAWN(&self->reader, f_reads_fifo, f_name, self->got);
    AWAIT(async_sleep, ASYNC_MS(0));
    self->writer = open(f_name, O_WRONLY); /* now it is open, and its thread reads */
    AWAIT(f_until_called, &F_READ, self->calls + 1);
    AWAIT(async_sleep, ASYNC_MS(20)); /* it may have been the loop's read, when woken */
    async_task_cancel(&self->reader.task);
    AWAIT(async_sleep, ASYNC_MS(5));
    CHECK(!async_task_done(&self->reader.task)); /* it waits */
    CHECK(write(self->writer, "12345", 5) == 5);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->reader));
    CHECK(async_task_cancelled(&self->reader.task));
    CHECK(!memcmp(self->got, "12345", 5));
    CHECK_INT(self->reader.frame_.f.fd, -1);
    CHECK_TRACE("");
    close(self->writer);
    ASYNC_END
}
TEST(file_read_that_is_cancelled_waits_for_its_thread)
{
    f_begin();
    CHECK(mkfifo(f_name, 0600) == 0);
    CHECK_INT(run_real(f_cancel_read), 0);
    f_end();
}
ASYNC(void, f_cancel_open, vars(int writer; long calls), tasks(f_reads_fifo reader),
      raw(char got[8]), awaits(f_until_called))
{
    ASYNC_BEGIN
    self->calls = seam_of_open.count;
    ASYNC_SPAWN(&self->reader, f_reads_fifo, f_name, self->got);
    AWAIT(f_until_called, &seam_of_open, self->calls + 1); /* a thread waits for a writer */
    async_task_cancel(&self->reader.task);
    AWAIT(async_sleep, ASYNC_MS(5));
    CHECK(!async_task_done(&self->reader.task));
    self->writer = open(f_name, O_WRONLY);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->reader));
    CHECK(async_task_cancelled(&self->reader.task));
    CHECK_INT(self->reader.frame_.f.fd, -1);
    close(self->writer);
    ASYNC_END
}
TEST(file_open_that_is_cancelled_leaves_nothing_open)
{
    f_begin();
    CHECK(mkfifo(f_name, 0600) == 0);
    CHECK_INT(run_real(f_cancel_open), 0);
    f_end();
}

/* One thread, and it is taken: what is queued behind is cancelled at once, the close included. */
static int f_block[2];
static int f_blocked(void *arg)
{
    char byte;
    (void)arg;
    return read(f_block[0], &byte, 1) == 1 ? 0 : -EIO;
}
ASYNC(void, f_takes_the_thread)
{
    ASYNC_BEGIN
    AWAIT(async_to_thread, f_blocked, NULL);
    ASYNC_END
}
ASYNC(void, f_holds, args(int *fd), vars(async_file f))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_file, &self->f, f_name, O_RDONLY | O_CREAT, 0600) {
        *self->fd = self->f.fd;
        AWAIT(async_sleep, ASYNC_MS(5));
    }
    ASYNC_END
}
ASYNC(void, f_queued, args(async_pool *pool), vars(int fd; int other),
      tasks(f_takes_the_thread t, f_holds a, f_holds b))
{
    ASYNC_BEGIN
    CHECK_INT(async_loop_set_default_executor(async_get_running_loop(), self->pool), 0);
    self->fd = self->other = -1;
    ASYNC_SPAWN(&self->a, f_holds, &self->fd);
    while (self->fd < 0) AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_SPAWN(&self->t, f_takes_the_thread);
    ASYNC_SPAWN(&self->b, f_holds, &self->other);
    AWAIT(async_sleep, ASYNC_MS(20)); /* a's close is queued, and b's open */
    CHECK(!async_task_done(&self->a.task) && !async_task_done(&self->b.task));
    CHECK(fcntl(self->fd, F_GETFD) >= 0);
    async_task_cancel(&self->a.task);
    async_task_cancel(&self->b.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b));
    CHECK(async_task_cancelled(&self->a.task) && async_task_cancelled(&self->b.task));
    CHECK(fcntl(self->fd, F_GETFD) < 0); /* closed all the same */
    CHECK_INT(self->other, -1);
    CHECK(write(f_block[1], "", 1) == 1);
    AWAIT_TASK(&self->t);
    ASYNC_END
}
TEST(file_block_that_is_cancelled_while_no_thread_is_free_is_closed)
{
    static async_pool pool;
    async_pool_options options;
    memset(&options, 0, sizeof options);
    options.size = 1;
    f_begin();
    CHECK(pipe(f_block) == 0);
    CHECK_INT(async_pool_init(&pool, &options), 0);
    CHECK_INT(run_real(f_queued, &pool), 0);
    async_pool_close(&pool);
    close(f_block[0]);
    close(f_block[1]);
    f_end();
}

/* --- lines --- */

ASYNC(void, f_lines, args(size_t room, int stop),
      vars(async_file f; struct async_lines lines; async_bytes line; int err; int n),
      raw(char buffer[64]))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_file, &self->f, f_name, O_RDONLY, 0) {
        ASYNC_TRY {
            ASYNC_FOR(self->line, &self->lines, async_lines, &self->f, self->buffer, self->room) {
                CHECK_INT(strlen(self->line.data), self->line.size);
                trace("[%s]", self->line.data);
                if (++self->n == self->stop) break;
            }
        }
        ASYNC_CATCH(self->err) {
            trace("%s", self->err == ASYNC_ELIMIT ? "too long" : "?");
        }
    }
    ASYNC_END
}
TEST(file_lines_one_by_one)
{
    size_t room;
    f_begin();
    f_write("", 0);
    CHECK_INT(run_real(f_lines, 64, 0), 0);
    CHECK_TRACE("");
    f_write("one", 3);
    CHECK_INT(run_real(f_lines, 64, 0), 0);
    CHECK_TRACE("[one]");
    f_write("one\ntwo\n\nthree and a bit\nlast\n", 30);
    for (room = 17; room <= 64; room++) { /* the buffer's end falls everywhere */
        CHECK_INT(run_real(f_lines, room, 0), 0);
        CHECK_TRACE("[one\n][two\n][\n][three and a bit\n][last\n]");
    }
    CHECK_INT(run_real(f_lines, 64, 2), 0);
    CHECK_TRACE("[one\n][two\n]");
    CHECK_INT(run_real(f_lines, 16, 0), 0);
    CHECK_TRACE("[one\n][two\n][\n]too long");
    f_write("no end", 6);
    CHECK_INT(run_real(f_lines, 7, 0), 0);
    CHECK_TRACE("[no end]");
    CHECK_INT(run_real(f_lines, 6, 0), 0);
    CHECK_TRACE("too long");
    f_end();
}

/* --- directories --- */

ASYNC(void, f_folders, args(const char *path, int stop),
      vars(struct async_directory folder; const char *name; int n; int err))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_FOR(self->name, &self->folder, async_directory, self->path) {
            CHECK(self->name[0] != '.');
            self->n++;
            trace(".");
            if (self->n == self->stop) break;
        }
    }
    ASYNC_CATCH(self->err) {
        trace("%s", self->err == -ENOENT ? "ENOENT" : "?");
    }
    ASYNC_END
}
TEST(file_names_of_a_directory)
{
    char path[400];
    int i;
    f_begin();
    CHECK_INT(run_real(f_folders, f_folder, 0), 0);
    CHECK_TRACE(""); /* empty */
    CHECK_INT(run_real(f_folders, "/no/such/folder", 0), 0);
    CHECK_TRACE("ENOENT");
    for (i = 0; i < 50; i++) { /* more than one batch */
        snprintf(path, sizeof path, "%s/%0200d", f_folder, i);
        CHECK(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0);
    }
    CHECK_INT(run_real(f_folders, f_folder, 0), 0);
    CHECK_TRACE("..................................................");
    CHECK_INT(run_real(f_folders, f_folder, 20), 0); /* left early: closed too */
    CHECK_TRACE("....................");
    for (i = 0; i < 50; i++) {
        snprintf(path, sizeof path, "%s/%0200d", f_folder, i);
        CHECK(unlink(path) == 0);
    }
    f_end();
}

/* --- many at once --- */

ASYNC(void, f_chunk, args(const async_file *f, int i), vars(ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_file_pwrite, self->f, f_big + self->i * 10000, 10000, self->i * 10000);
    AWAIT_TO(self->n, async_file_pread, self->f, f_back + self->i * 10000, 10000, self->i * 10000);
    CHECK_INT(self->n, 10000);
    ASYNC_END
}
ASYNC(void, f_many, vars(async_file f; async_group group; int i))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_file, &self->f, f_name, O_RDWR | O_CREAT, 0600) {
        ASYNC_WITH(async_group, &self->group) {
            for (self->i = 0; self->i < 300; self->i++)
                CHECK(ASYNC_SPAWN_NEW_IN(&self->group, f_chunk, &self->f, self->i) != NULL);
        }
    }
    ASYNC_END
}
TEST(file_three_hundred_chunks_at_once)
{
    f_begin();
    CHECK_INT(run_real(f_many), 0);
    CHECK(!memcmp(f_big, f_back, 3000000));
    f_end();
}

/* Short and interrupted calls are gone on with. */
TEST(file_short_and_interrupted_calls_are_continued)
{
    f_begin();
    seam_interrupt = true;
    CHECK_INT(run_real(f_round_trip), 0);
    seam_interrupt = false;
    f_end();
}
