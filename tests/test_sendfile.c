/* async_sendfile: the system's own way, and by reading and writing where that does not work. */
#include "sockets.h"

enum { SIZE = 3000000 };
static char content[SIZE], got[SIZE];

static int make_file(void)
{
    FILE *f = tmpfile();
    int i, fd;
    for (i = 0; i < SIZE; i++) content[i] = (char)(i * 31 / 7);
    CHECK(f && fwrite(content, 1, SIZE, f) == SIZE && fflush(f) == 0);
    fd = dup(fileno(f));
    fclose(f);
    CHECK(lseek(fd, 5, SEEK_SET) == 5);
    return fd;
}
/* A pair that holds little. */
static void small_pair(int fd[2])
{
    int little = 65536;
    tcp_pair(fd);
    CHECK(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little) == 0);
    CHECK(setsockopt(fd[1], SOL_SOCKET, SO_RCVBUF, &little, sizeof little) == 0);
    CHECK_INT(async_adopt(fd[1]), 0);
}
ASYNC(ptrdiff_t, sends_file, args(int fd, int file, int64_t from, size_t count), vars(ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_sendfile, self->fd, self->file, self->from, self->count);
    ASYNC_RETURN(self->n);
    ASYNC_END
}
/* Part of the file arrives, however it is sent; the file's own position stays. */
ASYNC(void, arrives, args(int64_t from, size_t count, ptrdiff_t want, bool copied),
      vars(int fd[2]; int file; ptrdiff_t n; ptrdiff_t all), tasks(sends_file t))
{
    ASYNC_BEGIN
    small_pair(self->fd);
    CHECK_INT(async_adopt(self->fd[0]), 0);
    self->file = make_file();
    if (self->copied) {
        seam_of_sendfile.times = 1000000;
        seam_of_sendfile.error = EINVAL;
    }
    seam_of_sendfile.count = 0;
    ASYNC_SPAWN(&self->t, sends_file, self->fd[0], self->file, self->from, self->count);
    AWAIT(async_sleep, ASYNC_MS(5));
    CHECK_INT(async_task_done(&self->t.task), self->want < 1000); /* else it waits for room */
    while (self->all < self->want) {
        AWAIT_TO(self->n, async_read, self->fd[1], got + self->all, sizeof got - (size_t)self->all);
        self->all += self->n;
    }
    AWAIT_TASK_TO(self->n, &self->t);
    CHECK_INT(self->n, self->want);
    CHECK_INT(self->all, self->want);
    CHECK(!memcmp(got, content + self->from, (size_t)self->want));
    if (self->want) CHECK(self->copied ? seam_of_sendfile.count == 1 : seam_of_pread.count == 0);
    CHECK_INT(lseek(self->file, 0, SEEK_CUR), 5);
    close(self->file);
    close_pair(self->fd);
    ASYNC_END
}
TEST(sendfile_sends_part_of_a_file_or_all)
{
    int copied;
    for (copied = 0; copied < 2; copied++) {
        note_what_is_open();
        CHECK_INT(run_real(arrives, 0, SIZE_MAX, SIZE, copied != 0), 0);
        CHECK_INT(run_real(arrives, 1000, 2000000, 2000000, copied != 0), 0);
        CHECK_INT(run_real(arrives, SIZE - 10, 100, 10, copied != 0), 0); /* to the end */
        CHECK_INT(run_real(arrives, 0, 0, 0, copied != 0), 0);
        seam_of_sendfile.times = 0;
        check_nothing_left();
    }
}

ASYNC(void, mistakes, vars(int fd[2]; int file; int err; ptrdiff_t n; async_timeout t))
{
    ASYNC_BEGIN
    own_tcp_pair(self->fd);
    self->file = make_file();
    AWAIT_TO_ERR(self->n, self->err, async_sendfile, self->fd[0], self->file, -1, 10);
    CHECK_INT(self->err, -EINVAL);
    AWAIT_TO_ERR(self->n, self->err, async_sendfile, self->fd[0], 999, 0, 10);
    CHECK_INT(self->err, -EBADF);
    AWAIT_TO(self->n, async_sendfile, self->fd[0], self->file, SIZE + 5, 10); /* behind its end */
    CHECK_INT(self->n, 0);
    ASYNC_TRY { /* cancelled, it lets go of the descriptor */
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(10)) {
            for (;;) AWAIT_TO(self->n, async_sendfile, self->fd[0], self->file, 0, SIZE);
        }
    }
    ASYNC_CATCH(self->err) {}
    CHECK_INT(self->err, -ETIMEDOUT);
    reset_at_close(self->fd[1]);
    CHECK_INT(async_close(self->fd[1]), 0);
    AWAIT_QUIET();
    AWAIT_TO_ERR(self->n, self->err, async_sendfile, self->fd[0], self->file, 0, SIZE);
    CHECK(self->err == -ECONNRESET || self->err == -EPIPE);
    CHECK_INT(async_close(self->fd[0]), 0);
    close(self->file);
    ASYNC_END
}
TEST(sendfile_says_what_is_wrong)
{
    note_what_is_open();
    CHECK_INT(run_real(mistakes), 0);
    check_nothing_left();
}

/* The system's own way has no flag for it. */
ASYNC(void, to_nobody, vars(int fd[2]; int file; int i; int err; ptrdiff_t n))
{
    ASYNC_BEGIN
    own_tcp_pair(self->fd);
    self->file = make_file();
    CHECK_INT(async_close(self->fd[1]), 0);
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT_TO_ERR(self->n, self->err, async_sendfile, self->fd[0], self->file, 0, 10);
        AWAIT_QUIET();
    }
    CHECK_INT(self->err, -EPIPE);
    CHECK_INT(async_close(self->fd[0]), 0);
    close(self->file);
    ASYNC_END
}
TEST(F16_sigpipe_of_sendfile)
{
    signal(SIGPIPE, SIG_DFL);
    note_what_is_open();
    CHECK_INT(run_real(to_nobody), 0);
    check_nothing_left();
}

/* Over a stream: once nothing is unsent its descriptor is free. */
ASYNC(void, on_stream,
      vars(async_stream s; int fd[2]; int file; int err; ptrdiff_t n; ptrdiff_t all),
      tasks(sends_file t))
{
    ASYNC_BEGIN
    small_pair(self->fd);
    CHECK_INT(async_stream_open(&self->s, self->fd[0]), 0);
    self->file = make_file();
    CHECK_INT(async_stream_set_write_limits(&self->s, 0, 0), 0);
    CHECK_INT(async_stream_write(&self->s, "head", 4), 0);
    AWAIT(async_stream_drain, &self->s);
    ASYNC_SPAWN(&self->t, sends_file, self->s.fd, self->file, 0, SIZE_MAX);
    AWAIT(async_sleep, ASYNC_MS(5));
    CHECK(!async_task_done(&self->t.task));
    CHECK_INT(async_stream_write(&self->s, "x", 1), -EBUSY); /* would come in between */
    AWAIT_TO(self->n, async_read, self->fd[1], got, 4);
    CHECK(self->n == 4 && !memcmp(got, "head", 4));
    while (self->all < SIZE) {
        AWAIT_TO(self->n, async_read, self->fd[1], got + self->all, sizeof got - (size_t)self->all);
        self->all += self->n;
    }
    CHECK(!memcmp(got, content, SIZE));
    AWAIT_TASK(&self->t);
    CHECK_INT(async_stream_write(&self->s, "x", 1), 0);
    async_stream_close(&self->s);
    CHECK_INT(async_close(self->fd[1]), 0);
    close(self->file);
    ASYNC_END
}
TEST(sendfile_over_a_stream)
{
    note_what_is_open();
    CHECK_INT(run_real(on_stream), 0);
    check_nothing_left();
}

/* Others get a turn now and then, and it goes on though no event comes: there was room all along. */
ASYNC(void, in_turns, vars(int fd[2]; int file; ptrdiff_t n; int err; async_timeout t))
{
    ASYNC_BEGIN
    own_tcp_pair(self->fd);
    self->file = make_file();
    ASYNC_TRY { /* fill it, so that it is registered, and empty it again */
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(50)) {
            for (;;) AWAIT_TO(self->n, async_write, self->fd[0], content, sizeof content);
        }
    }
    ASYNC_CATCH(self->err) {}
    while (recv(self->fd[1], got, sizeof got, MSG_DONTWAIT) > 0) AWAIT_QUIET();
    seam_of_sendfile.times = 1;
    seam_of_sendfile.error = EINVAL;
    AWAIT_TO(self->n, async_sendfile, self->fd[0], self->file, 0, 1000000);
    CHECK_INT(self->n, 1000000);
    CHECK_INT(seam_of_pread.count, 62); /* 16 KB each: more than one turn may do */
    close(self->file);
    close_pair(self->fd);
    ASYNC_END
}
TEST(F25_sendfile_takes_turns)
{
    note_what_is_open();
    CHECK_INT(run_real(in_turns), 0);
    check_nothing_left();
}
