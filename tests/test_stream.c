/* Streams: reading by size, line and separator, at the end, over the limit, cancelled; writing with
 * marks; closing. */
#include "sockets.h"

/* A stream over one end of a socket pair; the other end is the test's. */
static int other;
static void open_stream(async_stream *s)
{
    int fd[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    CHECK_INT(async_stream_open(s, fd[0]), 0);
    other = fd[1];
}
static void say(const char *text)
{
    put(other, text);
}
static void hang_up(void)
{
    close(other);
}
static const char *text_of(async_bytes b)
{
    static char text[100];
    snprintf(text, sizeof text, "%.*s", (int)b.size, b.data ? b.data : "");
    return text;
}
/* What the other side has got so far. */
static const char *heard(void)
{
    static char text[100];
    ssize_t n = recv(other, text, sizeof text - 1, MSG_DONTWAIT);
    text[n > 0 ? n : 0] = 0;
    return text;
}

/* As tasks. */
ASYNC(ptrdiff_t, stream_reads, args(async_stream *s, char *to, size_t size), vars(ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_stream_read, self->s, self->to, self->size);
    ASYNC_RETURN(self->n);
    ASYNC_END
}
ASYNC(async_bytes, reads_line, args(async_stream *s), vars(async_bytes line))
{
    ASYNC_BEGIN
    AWAIT_TO(self->line, async_stream_readline, self->s);
    ASYNC_RETURN(self->line);
    ASYNC_END
}
ASYNC(ptrdiff_t, reads_exactly, args(async_stream *s, char *to, size_t size), vars(ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_stream_readexactly, self->s, self->to, self->size);
    ASYNC_RETURN(self->n);
    ASYNC_END
}
ASYNC(void, drains, args(async_stream *s, const char *name))
{
    ASYNC_BEGIN
    AWAIT(async_stream_drain, self->s);
    trace("%s drained\n", self->name);
    ASYNC_END
}
ASYNC(void, waits_closed, args(async_stream *s))
{
    ASYNC_BEGIN
    AWAIT(async_stream_wait_closed, self->s);
    trace("closed\n");
    ASYNC_END
}

/* --- ST2 --- */

ASYNC(void, st2, vars(async_stream s; char data[100]; ptrdiff_t n; int err; async_bytes all),
      tasks(stream_reads t))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    AWAIT_TO(self->n, async_stream_read, &self->s, self->data, 0);
    CHECK_INT(self->n, 0);
    say("hello");
    AWAIT_TO(self->n, async_stream_read, &self->s, self->data, 3);
    CHECK_INT(self->n, 3);
    AWAIT_TO(self->n, async_stream_read, &self->s, self->data + 3, 97);
    CHECK_INT(self->n, 2);
    CHECK(!memcmp(self->data, "hello", 5));
    CHECK(!async_stream_at_eof(&self->s));
    ASYNC_SPAWN(&self->t, stream_reads, &self->s, self->data, 100); /* waits for a byte only */
    AWAIT_QUIET();
    CHECK(!async_task_done(&self->t.task));
    say("x");
    AWAIT_TASK_TO(self->n, &self->t);
    CHECK_INT(self->n, 1);
    say("the rest");
    hang_up();
    AWAIT_TO(self->all, async_stream_readall, &self->s, 1000);
    CHECK_STR(text_of(self->all), "the rest");
    CHECK(async_stream_at_eof(&self->s));
    AWAIT_TO(self->n, async_stream_read, &self->s, self->data, 100);
    CHECK_INT(self->n, 0);
    AWAIT_TO(self->all, async_stream_readall, &self->s, SIZE_MAX); /* however much it is */
    CHECK_INT(self->all.size, 0);
    async_stream_close(&self->s);
    ASYNC_END
}
TEST(ST2_read_takes_what_there_is_and_nothing_at_the_end)
{
    note_what_is_open();
    CHECK_INT(run_real(st2), 0);
    check_nothing_left();
}

ASYNC(void, st2_most, vars(async_stream s; async_bytes all; int err))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    say("123456");
    hang_up();
    AWAIT_TO_ERR(self->all, self->err, async_stream_readall, &self->s, 5);
    CHECK_INT(self->err, ASYNC_ELIMIT);
    AWAIT_TO(self->all, async_stream_readall, &self->s, 6);
    CHECK_STR(text_of(self->all), "123456");
    async_stream_close(&self->s);
    ASYNC_END
}
TEST(ST2_read_to_the_end_takes_no_more_than_is_wanted)
{
    note_what_is_open();
    CHECK_INT(run_real(st2_most), 0);
    check_nothing_left();
}

/* A large read goes past the buffer, a small one through it: the bytes are the same. */
ASYNC(void, st2_sizes, args(size_t first),
      vars(async_stream s; size_t size; size_t got; ptrdiff_t n; int i),
      raw(char data[20000]; char sent[20000]))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    for (self->i = 0; self->i < 20000; self->i++) self->sent[self->i] = (char)(self->i * 7 / 5);
    CHECK_INT(send(other, self->sent, 20000, 0), 20000);
    self->size = self->first;
    for (self->got = 0; self->got < 20000; self->got += (size_t)self->n) {
        self->size = self->size * 5 % 9001 + 1;
        if (self->size > 20000 - self->got) self->size = 20000 - self->got;
        AWAIT_TO(self->n, async_stream_read, &self->s, self->data + self->got, self->size);
        CHECK(self->n > 0);
    }
    CHECK(!memcmp(self->data, self->sent, 20000));
    async_stream_abort(&self->s);
    hang_up();
    ASYNC_END
}
TEST(ST2_reads_of_any_size_give_the_same_bytes)
{
    size_t first;
    for (first = 1; first < 9000; first += 733) CHECK_INT(run_real(st2_sizes, first), 0);
}

/* --- ST3 --- */

ASYNC(void, st3, vars(async_stream s; char data[100]; ptrdiff_t n; int err), tasks(reads_exactly t))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    AWAIT_TO(self->n, async_stream_readexactly, &self->s, self->data, 0);
    CHECK_INT(self->n, 0);
    AWAIT_TO_ERR(self->n, self->err, async_stream_readexactly, &self->s, self->data, (size_t)-1);
    CHECK_INT(self->err, -EINVAL);
    say("abc");
    ASYNC_SPAWN(&self->t, reads_exactly, &self->s, self->data, 5);
    AWAIT_QUIET();
    CHECK(!async_task_done(&self->t.task));
    say("defg");
    AWAIT_TASK_TO(self->n, &self->t);
    CHECK_INT(self->n, 5);
    CHECK(!memcmp(self->data, "abcde", 5));
    hang_up();
    AWAIT_TO_ERR(self->n, self->err, async_stream_readexactly, &self->s, self->data, 5);
    CHECK_INT(self->err, ASYNC_EINCOMPLETE);
    CHECK_STR(text_of(self->s.partial), "fg");
    CHECK_INT(self->s.expected, 5);
    CHECK_STR(async_strerror(self->err), "the stream ended early");
    CHECK(async_stream_at_eof(&self->s)); /* the partial bytes have been taken */
    async_stream_close(&self->s);
    ASYNC_END
}
TEST(ST3_readexactly_gives_all_or_what_there_was)
{
    note_what_is_open();
    CHECK_INT(run_real(st3), 0);
    check_nothing_left();
}

/* --- ST4 --- */

ASYNC(void, st4, vars(async_stream s; async_bytes line; int err), tasks(reads_line t))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    say("one\ntwo");
    AWAIT_TO(self->line, async_stream_readline, &self->s);
    CHECK_STR(text_of(self->line), "one\n");
    ASYNC_SPAWN(&self->t, reads_line, &self->s);
    AWAIT_QUIET();
    CHECK(!async_task_done(&self->t.task));
    say("!\n\nend");
    AWAIT_TASK_TO(self->line, &self->t);
    CHECK_STR(text_of(self->line), "two!\n");
    AWAIT_TO(self->line, async_stream_readline, &self->s);
    CHECK_STR(text_of(self->line), "\n");
    hang_up();
    AWAIT_TO(self->line, async_stream_readline, &self->s);
    CHECK_STR(text_of(self->line), "end");
    AWAIT_TO(self->line, async_stream_readline, &self->s);
    CHECK_INT(self->line.size, 0);
    async_stream_close(&self->s);
    ASYNC_END
}
TEST(ST4_readline_gives_lines_then_the_rest_then_nothing)
{
    note_what_is_open();
    CHECK_INT(run_real(st4), 0);
    check_nothing_left();
}

/* As in asyncio: a long line that is there is dropped up to its end; of one that is still coming
 * only what has come. */
ASYNC(void, st4_limit, vars(async_stream s; async_bytes line; int err), tasks(reads_line t))
{
    ASYNC_BEGIN
    self->s.options.limit = 3;
    open_stream(&self->s);
    say("line1\nab\nabc\nabcd\nx\n");
    AWAIT_TO_ERR(self->line, self->err, async_stream_readline, &self->s);
    CHECK_INT(self->err, ASYNC_ELIMIT);
    AWAIT_TO(self->line, async_stream_readline, &self->s);
    CHECK_STR(text_of(self->line), "ab\n");
    AWAIT_TO(self->line, async_stream_readline, &self->s); /* the limit is without the end */
    CHECK_STR(text_of(self->line), "abc\n");
    AWAIT_TO_ERR(self->line, self->err, async_stream_readline, &self->s);
    CHECK_INT(self->err, ASYNC_ELIMIT);
    AWAIT_TO(self->line, async_stream_readline, &self->s);
    CHECK_STR(text_of(self->line), "x\n");
    say("12345");
    AWAIT_TO_ERR(self->line, self->err, async_stream_readline, &self->s);
    CHECK_INT(self->err, ASYNC_ELIMIT);
    say("67\n");
    AWAIT_TO(self->line, async_stream_readline, &self->s);
    CHECK_STR(text_of(self->line), "67\n");
    CHECK_STR(async_strerror(ASYNC_ELIMIT), "no separator within the limit");
    async_stream_close(&self->s);
    hang_up();
    ASYNC_END
}
TEST(ST4_a_line_over_the_limit_is_dropped)
{
    note_what_is_open();
    CHECK_INT(run_real(st4_limit), 0);
    check_nothing_left();
}

ASYNC(void, st4_for, vars(async_stream s; async_bytes line))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    say("a\nb\nc");
    hang_up();
    ASYNC_FOR_NEXT(self->line, async_stream_next, &self->s) {
        trace("<%s>", text_of(self->line));
    }
    async_stream_close(&self->s);
    ASYNC_END
}
TEST(ST4_a_stream_is_an_iterator_of_lines)
{
    CHECK_INT(run_real(st4_for), 0);
    CHECK_TRACE("<a\n><b\n><c>");
}

/* --- ST5 --- */

ASYNC(async_bytes, reads_until, args(async_stream *s, const char *end), vars(async_bytes b))
{
    ASYNC_BEGIN
    AWAIT_TO(self->b, async_stream_readuntil, self->s, self->end, strlen(self->end));
    ASYNC_RETURN(self->b);
    ASYNC_END
}
ASYNC(void, st5, vars(async_stream s; async_bytes b; int err; int i; ptrdiff_t n; char data[10]),
      tasks(reads_until t))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    AWAIT_TO_ERR(self->b, self->err, async_stream_readuntil, &self->s, "", 0);
    CHECK_INT(self->err, -EINVAL);
    ASYNC_SPAWN(&self->t, reads_until, &self->s, "\r\n--");
    for (self->i = 0; self->i < 10; self->i++) { /* a byte at a time, with false starts */
        CHECK(!async_task_done(&self->t.task));
        CHECK_INT(send(other, &"\r\r\n-\r\n\r\n--"[self->i], 1, 0), 1);
        AWAIT_QUIET();
    }
    AWAIT_TASK_TO(self->b, &self->t);
    CHECK_STR(text_of(self->b), "\r\r\n-\r\n\r\n--");
    say("a--b");
    AWAIT_TO(self->b, async_stream_readuntil, &self->s, "--", 2);
    CHECK_STR(text_of(self->b), "a--");
    hang_up();
    AWAIT_TO_ERR(self->b, self->err, async_stream_readuntil, &self->s, "--", 2);
    CHECK_INT(self->err, ASYNC_EINCOMPLETE);
    CHECK_STR(text_of(self->s.partial), "b");
    CHECK_INT(self->s.expected, 0);
    async_stream_close(&self->s);
    ASYNC_END
}
TEST(ST5_readuntil_finds_a_separator_that_comes_in_pieces)
{
    note_what_is_open();
    CHECK_INT(run_real(st5), 0);
    check_nothing_left();
}

/* consumed: up to the separator if there is one, else all that cannot be a part of it. The data
 * stays. */
ASYNC(void, st5_limit, vars(async_stream s; async_bytes b; int err; ptrdiff_t n; char data[20]),
      tasks(reads_until t))
{
    ASYNC_BEGIN
    self->s.options.limit = 4;
    open_stream(&self->s);
    say("AAAAAbbbbCC");
    AWAIT_TO_ERR(self->b, self->err, async_stream_readuntil, &self->s, "bb", 2);
    CHECK_INT(self->err, ASYNC_ELIMIT);
    CHECK_INT(self->s.consumed, 5);
    AWAIT_TO(self->n, async_stream_readexactly, &self->s, self->data, 5);
    AWAIT_TO(self->b, async_stream_readuntil, &self->s, "bb", 2);
    CHECK_STR(text_of(self->b), "bb");
    AWAIT_TO(self->b, async_stream_readuntil, &self->s, "C", 1);
    CHECK_STR(text_of(self->b), "bbC");
    say("123456");
    AWAIT_TO(self->n, async_stream_readexactly, &self->s, self->data,
             1); /* the last C: all is there */
    ASYNC_SPAWN(&self->t, reads_until, &self->s, "xyz");
    AWAIT_QUIET();
    CHECK(!async_task_done(&self->t.task)); /* 1234xyz would be within the limit */
    say("7");
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t));
    CHECK_INT(async_task_error(&self->t.task), ASYNC_ELIMIT);
    CHECK_INT(self->s.consumed, 5);
    AWAIT_TO(self->n, async_stream_read, &self->s, self->data, 20);
    CHECK(self->n == 7 && !memcmp(self->data, "1234567", 7));
    async_stream_close(&self->s);
    hang_up();
    ASYNC_END
}
TEST(ST5_readuntil_over_the_limit_takes_nothing_and_says_how_far)
{
    note_what_is_open();
    CHECK_INT(run_real(st5_limit), 0);
    check_nothing_left();
}

/* What arrived before the connection broke can be read; then every read raises the error. */
ASYNC(void, st5_broken,
      vars(async_stream s; int fd[2]; async_bytes line; int err; ptrdiff_t n; char c; int i))
{
    ASYNC_BEGIN
    tcp_pair(self->fd);
    CHECK_INT(async_stream_open(&self->s, self->fd[0]), 0);
    other = self->fd[1];
    say("a\nb");
    AWAIT_TO(self->n, async_stream_read, &self->s, &self->c, 1);
    AWAIT_QUIET();
    reset_at_close(other);
    hang_up();
    AWAIT_QUIET();
    AWAIT_TO(self->line, async_stream_readline, &self->s);
    CHECK_STR(text_of(self->line), "\n");
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT_TO_ERR(self->line, self->err, async_stream_readline, &self->s);
        CHECK_INT(self->err, -ECONNRESET);
    }
    AWAIT_TO(self->n, async_stream_read, &self->s, &self->c, 1);
    CHECK_INT(self->c, 'b');
    AWAIT_TO_ERR(self->n, self->err, async_stream_read, &self->s, &self->c, 1);
    CHECK_INT(self->err, -ECONNRESET);
    AWAIT_ERR(self->err, async_stream_drain, &self->s);
    CHECK_INT(self->err, -ECONNRESET);
    async_stream_close(&self->s);
    AWAIT(async_stream_wait_closed, &self->s);
    ASYNC_END
}
TEST(ST5_every_read_of_a_broken_connection_raises_its_error)
{
    note_what_is_open();
    CHECK_INT(run_real(st5_broken), 0);
    check_nothing_left();
}

/* --- ST6 --- */

ASYNC(void, st6, vars(async_stream s; async_bytes line; int err; ptrdiff_t n; char data[10]),
      tasks(reads_line t, reads_exactly e))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    say("half");
    ASYNC_SPAWN(&self->t, reads_line, &self->s);
    AWAIT_QUIET();
    AWAIT_TO_ERR(self->n, self->err, async_stream_read, &self->s, self->data, 10);
    CHECK_INT(self->err, -EBUSY);
    async_task_cancel(&self->t.task); /* it has read, and taken nothing */
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t));
    CHECK(async_task_cancelled(&self->t.task));
    ASYNC_SPAWN(&self->e, reads_exactly, &self->s, self->data, 9);
    AWAIT_QUIET();
    say(" li");
    AWAIT_QUIET();
    async_task_cancel(&self->e.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->e));
    say("ne\n");
    ASYNC_SPAWN(&self->t, reads_line, &self->s);
    AWAIT_TASK_TO(self->line, &self->t);
    CHECK_STR(text_of(self->line), "half line\n");
    async_stream_close(&self->s);
    hang_up();
    ASYNC_END
}
TEST(ST6_a_second_reader_is_refused_and_a_cancelled_one_takes_nothing)
{
    note_what_is_open();
    CHECK_INT(run_real(st6), 0);
    check_nothing_left();
}

/* Woken, then cancelled before its turn: what came is for the next. */
static async_task *victim;
ASYNC(void, st6_race, vars(async_stream s; char data[10]; ptrdiff_t n; int round),
      tasks(stream_reads t))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    for (self->round = 0; self->round < 2; self->round++) {
        ASYNC_SPAWN(&self->t, stream_reads, &self->s, self->data, 1); /* through the buffer */
        AWAIT_QUIET();
        victim = &self->t.task;
        say("z");
        if (self->round) CHECK_INT(async_stream_close(&self->s), 0); /* wakes it at once */
        else async_fd_event_(async_loop_, self->s.fd, self->s.generation, true, false, false);
        CHECK(!async_task_done(victim));
        CHECK(async_task_cancel(victim));
        AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t));
        CHECK(async_task_cancelled(victim));
        if (self->round) break;
        AWAIT_TO(self->n, async_stream_read, &self->s, self->data, 10);
        CHECK(self->n == 1 && self->data[0] == 'z');
    }
    hang_up();
    ASYNC_END
}

/* --- ST7 --- */

static char megabyte[1 << 20];
/* Takes up to n bytes from the other side, as they come. */
static size_t swallow(size_t n)
{
    static char data[1 << 16];
    size_t got = 0;
    while (got < n) {
        ssize_t r = recv(other, data, sizeof data < n - got ? sizeof data : n - got, MSG_DONTWAIT);
        if (r <= 0) break;
        got += (size_t)r;
    }
    return got;
}
ASYNC(void, st7, vars(async_stream s; size_t got), tasks(drains a, drains b))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    CHECK_INT(async_stream_write(&self->s, "small", 5), 0);
    CHECK_STR(heard(), "small"); /* at once, without a turn of the loop */
    AWAIT(async_stream_drain, &self->s);
    fill(self->s.fd);
    CHECK_INT(async_stream_write(&self->s, megabyte, 65536), 0);
    CHECK_INT(async_stream_unsent(&self->s), 65536);
    AWAIT(async_stream_drain, &self->s); /* up to the mark it does not wait */
    while (swallow(sizeof megabyte) || async_stream_unsent(&self->s)) AWAIT_QUIET();
    CHECK_INT(async_stream_set_write_limits(&self->s, 500000, 400000), 0);
    CHECK_INT(async_stream_write(&self->s, megabyte, sizeof megabyte), 0);
    CHECK(async_stream_unsent(&self->s) > 500000);
    ASYNC_SPAWN(&self->a, drains, &self->s, "a");
    ASYNC_SPAWN(&self->b, drains, &self->s, "b");
    AWAIT_QUIET();
    CHECK_TRACE("");
    while (async_stream_unsent(&self->s) > 400000) {
        CHECK(!async_task_done(&self->a.task));
        self->got += swallow(10000);
        AWAIT_QUIET();
    }
    CHECK_TRACE("a drained\nb drained\n");
    CHECK(async_stream_unsent(&self->s) > 0); /* it does not wait for all */
    while (self->got < sizeof megabyte) {
        self->got += swallow(sizeof megabyte);
        AWAIT_QUIET();
    }
    CHECK_INT(async_stream_unsent(&self->s), 0);
    async_stream_close(&self->s);
    hang_up();
    ASYNC_END
}
TEST(ST7_drain_waits_from_the_high_mark_to_the_low_one_for_any_number_of_tasks)
{
    note_what_is_open();
    CHECK_INT(run_real(st7), 0);
    check_nothing_left();
}

ASYNC(void, st7_limits, vars(async_stream s; int err; int i; char part[100]; struct iovec v[3]),
      tasks(drains a))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    CHECK_INT(async_stream_set_write_limits(&self->s, 10, 11), -EINVAL);
    CHECK_INT(async_stream_set_write_limits(&self->s, 0, 0), 0);
    AWAIT(async_stream_drain, &self->s);
    CHECK_INT(async_stream_write(&self->s, megabyte, sizeof megabyte), 0);
    ASYNC_SPAWN(&self->a, drains, &self->s, "all");
    while (async_stream_unsent(&self->s) > 0) {
        CHECK(!async_task_done(&self->a.task));
        (void)swallow(100000);
        AWAIT_QUIET();
    }
    CHECK_TRACE("all drained\n");
    while (swallow(100000)) {}
    /* Who never drains is refused in the end, and nothing of that write is taken. */
    for (self->i = 0; !self->err; self->i++)
        self->err = async_stream_write(&self->s, megabyte, 100000);
    CHECK_INT(self->err, -ENOBUFS);
    CHECK(async_stream_unsent(&self->s) > 1 << 20);
    CHECK(async_stream_unsent(&self->s) <= (1 << 20) + 100000);
    async_stream_abort(&self->s);
    hang_up();
    ASYNC_END
}
TEST(ST7_limits_of_what_is_unsent)
{
    note_what_is_open();
    CHECK_INT(run_real(st7_limits), 0);
    check_nothing_left();
}

/* Many pieces, in order, whatever the kernel takes of them. */
static void hear_pieces(size_t *got, size_t size)
{
    static char text[4096];
    ssize_t n, i;
    while ((n = recv(other, text, sizeof text, MSG_DONTWAIT)) > 0)
        for (i = 0; i < n; i++, ++*got) CHECK(text[i] == (*got == size ? '!' : megabyte[*got]));
}
ASYNC(void, st7_lines,
      vars(async_stream s; int i; struct iovec v[40]; size_t sent; size_t got; size_t size))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    for (self->i = 0; self->i < 40; self->i++) {
        self->v[self->i].iov_base = megabyte + self->sent;
        self->v[self->i].iov_len = (size_t)self->i * (size_t)self->i * 11;
        self->sent += self->v[self->i].iov_len;
    }
    for (self->size = 0; self->size < self->sent; self->size++)
        megabyte[self->size] = (char)(self->size % 251);
    CHECK(self->sent > 200000);
    CHECK_INT(async_stream_writelines(&self->s, self->v, 0), 0);
    CHECK_INT(async_stream_writelines(&self->s, self->v, 40), 0);
    CHECK_INT(async_stream_write(&self->s, "!", 1), 0);
    CHECK_INT(async_stream_close(&self->s), 0);
    CHECK(async_stream_is_closing(&self->s));
    while (self->got <= self->sent) { /* what is unsent when it is closed is sent */
        hear_pieces(&self->got, self->sent);
        AWAIT(async_sleep, ASYNC_MS(1));
    }
    CHECK_INT(recv(other, megabyte, 1, 0), 0);
    CHECK_INT(self->got, self->sent + 1);
    AWAIT(async_stream_wait_closed, &self->s);
    hang_up();
    ASYNC_END
}
TEST(ST7_writelines_sends_pieces_in_order_and_close_sends_the_rest)
{
    note_what_is_open();
    CHECK_INT(run_real(st7_lines), 0);
    check_nothing_left();
}

/* write_eof: the other side reads the end, and can still answer. */
ASYNC(void, st7_eof, vars(async_stream s; async_bytes line; size_t got; char c))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    CHECK_INT(async_stream_write(&self->s, megabyte, sizeof megabyte), 0);
    CHECK_INT(async_stream_write_eof(&self->s), 0);
    CHECK_INT(async_stream_write_eof(&self->s), 0);
    CHECK_INT(async_stream_write(&self->s, "x", 1), -EPIPE);
    while (self->got < sizeof megabyte) {
        self->got += swallow(sizeof megabyte);
        AWAIT(async_sleep, ASYNC_MS(1));
    }
    CHECK_INT(recv(other, &self->c, 1, 0), 0);
    say("answer\n");
    AWAIT_TO(self->line, async_stream_readline, &self->s);
    CHECK_STR(text_of(self->line), "answer\n");
    async_stream_close(&self->s);
    CHECK_INT(async_stream_write(&self->s, "x", 1), -EBADF);
    hang_up();
    ASYNC_END
}
TEST(ST7_write_eof_half_closes)
{
    note_what_is_open();
    CHECK_INT(run_real(st7_eof), 0);
    check_nothing_left();
}

/* A connection that breaks tells the writer, those who drain, and who waits for the close. */
ASYNC(void, st7_broken, vars(async_stream s; int fd[2]; int err),
      tasks(drains a, drains b, waits_closed w))
{
    ASYNC_BEGIN
    tcp_pair(self->fd);
    CHECK_INT(async_stream_open(&self->s, self->fd[0]), 0);
    while (async_stream_unsent(&self->s) <= 65536)
        CHECK_INT(async_stream_write(&self->s, megabyte, sizeof megabyte), 0);
    ASYNC_SPAWN(&self->a, drains, &self->s, "a");
    ASYNC_SPAWN(&self->b, drains, &self->s, "b");
    ASYNC_SPAWN(&self->w, waits_closed, &self->s);
    AWAIT_QUIET();
    reset_at_close(self->fd[1]);
    close(self->fd[1]);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b));
    self->err = async_task_error(&self->a.task);
    CHECK(self->err == -ECONNRESET || self->err == -EPIPE);
    CHECK_INT(async_task_error(&self->b.task), self->err);
    CHECK_INT(async_stream_unsent(&self->s), 0);
    CHECK_INT(async_stream_write(&self->s, "x", 1), self->err);
    CHECK_INT(async_stream_write_eof(&self->s), self->err);
    CHECK(!async_task_done(&self->w.task));
    CHECK_INT(async_stream_close(&self->s), 0);
    CHECK_INT(async_stream_close(&self->s), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->w));
    CHECK_INT(async_task_error(&self->w.task), self->err);
    ASYNC_END
}
TEST(ST7_who_drains_is_told_of_a_broken_connection)
{
    note_what_is_open();
    CHECK_INT(run_real(st7_broken), 0);
    check_nothing_left();
}

/* A peer that never reads: a cancelled wait_closed drops the rest, and everything is given back. */
ASYNC(void, st7_cancel, vars(async_stream s; int err; async_timeout t), tasks(drains a))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    CHECK_INT(async_stream_write(&self->s, megabyte, sizeof megabyte), 0);
    ASYNC_SPAWN(&self->a, drains, &self->s, "a");
    AWAIT_QUIET();
    async_task_cancel(&self->a.task); /* a cancelled drain changes nothing */
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a));
    CHECK(async_stream_unsent(&self->s) > 0);
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(10)) {
            CHECK_INT(async_stream_close(&self->s), 0);
            AWAIT(async_stream_wait_closed, &self->s);
        }
    }
    ASYNC_CATCH(self->err) {}
    CHECK_INT(self->err, -ETIMEDOUT);
    CHECK_INT(async_stream_unsent(&self->s), 0);
    AWAIT_ERR(self->err, async_stream_wait_closed, &self->s);
    CHECK_INT(self->err, -ECONNABORTED);
    AWAIT_ERR(self->err, async_stream_drain, &self->s);
    CHECK_INT(self->err, -ECONNABORTED);
    hang_up();
    ASYNC_END
}
TEST(ST7_a_cancelled_wait_closed_aborts)
{
    note_what_is_open();
    CHECK_INT(run_real(st7_cancel), 0);
    check_nothing_left();
}

ASYNC(void, st7_abort, vars(async_stream s), tasks(drains a, waits_closed w))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    CHECK_INT(async_stream_write(&self->s, megabyte, sizeof megabyte), 0);
    ASYNC_SPAWN(&self->a, drains, &self->s, "a");
    ASYNC_SPAWN(&self->w, waits_closed, &self->s);
    AWAIT_QUIET();
    (void)swallow(1 << 20); /* there is room again, and it is about to be told when it is aborted */
    AWAIT(async_wait_readable, other);
    async_stream_abort(&self->s);
    async_stream_abort(&self->s);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->w));
    CHECK_INT(async_task_error(&self->a.task), -ECONNABORTED);
    CHECK_INT(async_task_error(&self->w.task), -ECONNABORTED);
    hang_up();
    ASYNC_END
}

/* --- the memory --- */

/* Caller's buffers: nothing is allocated, and what does not fit is refused. */
static char small_in[16], small_out[16];
ASYNC(void, in_own_buffers,
      vars(async_stream s; async_bytes b; int err; ptrdiff_t n; long blocks; int i),
      raw(char data[32]))
{
    ASYNC_BEGIN
    self->s.options.read_buffer = small_in;
    CHECK_INT(async_stream_open(&self->s, 0), -EINVAL);
    self->s.options.read_size = sizeof small_in;
    self->s.options.write_buffer = small_out;
    self->s.options.write_size = sizeof small_out;
    open_stream(&self->s);
    self->blocks = seam_of_realloc.count;
    CHECK_INT(async_stream_write(&self->s, "seventeen bytes..", 17), -ENOBUFS);
    CHECK_INT(async_stream_write(&self->s, "sixteen bytes ..", 16), 0);
    CHECK_STR(heard(), "sixteen bytes ..");
    AWAIT_TO_ERR(self->n, self->err, async_stream_readexactly, &self->s, self->data, 17);
    CHECK_INT(self->err, -ENOBUFS);
    AWAIT_TO_ERR(self->b, self->err, async_stream_readuntil, &self->s, self->data, 17);
    CHECK_INT(self->err, -ENOBUFS);
    say("fifteen bytes .\nsixteen bytes ..\n0123456789abcdef");
    AWAIT_TO(self->b, async_stream_readline, &self->s);
    CHECK_INT(self->b.size, 16);
    CHECK(self->b.data == small_in);
    AWAIT_TO_ERR(self->b, self->err, async_stream_readline, &self->s);
    CHECK_INT(self->err, ASYNC_ELIMIT);
    AWAIT_TO(self->b, async_stream_readline, &self->s);
    CHECK_STR(text_of(self->b), "\n");
    AWAIT_TO(self->n, async_stream_readexactly, &self->s, self->data, 16);
    CHECK(!memcmp(self->data, "0123456789abcdef", 16));
    say("0123456789abcdefg");
    AWAIT_TO_ERR(self->b, self->err, async_stream_readall, &self->s, 100);
    CHECK_INT(self->err, ASYNC_ELIMIT);
    AWAIT_TO_ERR(self->b, self->err, async_stream_readuntil, &self->s, "g", 1);
    CHECK_INT(self->err, ASYNC_ELIMIT);
    CHECK_INT(self->s.consumed, 16);
    AWAIT_TO(self->n, async_stream_readexactly, &self->s, self->data, 5);
    AWAIT_TO(self->b, async_stream_readuntil, &self->s, "g", 1); /* moved to the front */
    CHECK_STR(text_of(self->b), "56789abcdefg");
    CHECK_INT(seam_of_realloc.count - self->blocks, 0);
    async_stream_close(&self->s);
    hang_up();
    ASYNC_END
}
TEST(a_stream_in_buffers_of_the_caller_allocates_nothing)
{
    note_what_is_open();
    CHECK_INT(run_real(in_own_buffers), 0);
    check_nothing_left();
}

/* Once the buffers are there, reading and writing allocate nothing. */
ASYNC(void, answers, args(async_stream *s, int n), vars(async_bytes line))
{
    ASYNC_BEGIN
    while (self->n--) {
        AWAIT_TO(self->line, async_stream_readline, self->s);
        CHECK_INT(async_stream_write(self->s, self->line.data, self->line.size), 0);
        AWAIT(async_stream_drain, self->s);
    }
    ASYNC_END
}
ASYNC(void, steady,
      vars(async_stream a; async_stream b; int fd[2]; int i; int size; long blocks;
           async_bytes line),
      raw(char text[1000]), tasks(answers t))
{
    ASYNC_BEGIN
    tcp_pair(self->fd);
    CHECK_INT(async_stream_open(&self->a, self->fd[0]), 0);
    CHECK_INT(async_stream_open(&self->b, self->fd[1]), 0);
    ASYNC_SPAWN(&self->t, answers, &self->b, 1010);
    for (self->i = 0; self->i < 1010; self->i++) {
        if (self->i == 10) self->blocks = seam_of_realloc.count;
        self->size = self->i * 97 % 999 + 1;
        memset(self->text, 'a' + self->i % 26, (size_t)self->size);
        self->text[self->size - 1] = '\n';
        CHECK_INT(async_stream_write(&self->a, self->text, (size_t)self->size), 0);
        AWAIT_TO(self->line, async_stream_readline, &self->a);
        CHECK_INT(self->line.size, self->size);
        CHECK(!memcmp(self->line.data, self->text, (size_t)self->size));
    }
    CHECK_INT(seam_of_realloc.count - self->blocks, 0);
    AWAIT_TASK(&self->t);
    async_stream_close(&self->a);
    async_stream_close(&self->b);
    ASYNC_END
}
TEST(reading_and_writing_allocate_nothing_in_steady_state)
{
    note_what_is_open();
    CHECK_INT(run_real(steady), 0);
    check_nothing_left();
}

/* --- blocks, other descriptors, mistakes --- */

ASYNC(void, closes_block, args(int how), vars(async_stream s; size_t got))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    CHECK_INT(async_stream_write(&self->s, megabyte, sizeof megabyte), 0);
    ASYNC_WITH(async_stream, &self->s) {
        if (self->how == 1) ASYNC_RAISE(-EPROTO);
        if (self->how == 2) AWAIT(async_sleep, ASYNC_FOREVER);
    }
    trace("left\n");
    ASYNC_END
}
ASYNC(void, in_blocks, args(int how), tasks(closes_block t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, closes_block, self->how);
    AWAIT_QUIET();
    if (self->how == 2) async_task_cancel(&self->t.task);
    else CHECK(!async_task_done(&self->t.task));
    while (!async_task_done(&self->t.task)) {
        if (self->how != 2) (void)swallow(1 << 20);
        AWAIT(async_sleep, ASYNC_MS(1));
    }
    CHECK_INT(async_task_error(&self->t.task), self->how == 0   ? 0
                                               : self->how == 1 ? -EPROTO
                                                                : ASYNC_CANCELED);
    hang_up();
    ASYNC_END
}
TEST(a_block_closes_its_stream_and_keeps_its_error)
{
    int how;
    for (how = 0; how < 3; how++) {
        note_what_is_open();
        CHECK_INT(run_real(in_blocks, how), 0);
        check_nothing_left();
    }
    CHECK_TRACE("left\n");
}

ASYNC(void, over_pipes, vars(async_stream in; async_stream out; int fd[2]; async_bytes all))
{
    ASYNC_BEGIN
    CHECK(pipe(self->fd) == 0);
    CHECK_INT(async_stream_open(&self->in, self->fd[0]), 0);
    CHECK_INT(async_stream_open(&self->out, self->fd[1]), 0);
    CHECK_INT(async_stream_write(&self->out, megabyte, 300000), 0);
    CHECK(async_stream_unsent(&self->out) > 0);
    CHECK_INT(async_stream_write_eof(&self->out), 0); /* of a pipe: a close */
    AWAIT_TO(self->all, async_stream_readall, &self->in, 1 << 20);
    CHECK_INT(self->all.size, 300000);
    CHECK(!memcmp(self->all.data, megabyte, 300000));
    AWAIT(async_stream_wait_closed, &self->out);
    async_stream_close(&self->in);
    ASYNC_END
}
TEST(streams_over_pipes)
{
    note_what_is_open();
    CHECK_INT(run_real(over_pipes), 0);
    check_nothing_left();
}

ASYNC(void, closed_under_it, vars(async_stream s; int fd; int err; async_bytes line),
      tasks(reads_line t))
{
    ASYNC_BEGIN
    CHECK_INT(async_stream_close(&self->s), -EBADF); /* never opened */
    AWAIT_TO_ERR(self->line, self->err, async_stream_readline, &self->s);
    CHECK_INT(self->err, -EBADF);
    CHECK_INT(async_stream_write(&self->s, "x", 1), -EBADF);
    open_stream(&self->s);
    CHECK_INT(async_stream_open(&self->s, 1), -EBUSY);
    ASYNC_SPAWN(&self->t, reads_line, &self->s);
    AWAIT_QUIET();
    CHECK_INT(async_stream_close(&self->s), 0); /* who reads is told of the end, as in asyncio */
    AWAIT_TASK_TO(self->line, &self->t);
    CHECK_INT(self->line.size, 0);
    CHECK(async_stream_at_eof(&self->s));
    hang_up();

    open_stream(&self->s); /* at once, though something is still to be sent */
    CHECK_INT(async_stream_write(&self->s, megabyte, sizeof megabyte), 0);
    ASYNC_SPAWN(&self->t, reads_line, &self->s);
    AWAIT_QUIET();
    CHECK_INT(async_stream_close(&self->s), 0);
    AWAIT_TASK_TO(self->line, &self->t);
    CHECK(self->line.size == 0 && async_stream_unsent(&self->s) > 0);
    async_stream_abort(&self->s);
    hang_up();

    open_stream(&self->s); /* again, and closed behind its back */
    ASYNC_SPAWN(&self->t, reads_line, &self->s);
    AWAIT_QUIET();
    CHECK_INT(async_close(self->s.fd), 0);
    self->fd = dup(0); /* the number is another's now */
    CHECK_INT(self->fd, self->s.fd);
    CHECK_INT(async_adopt(self->fd), 0);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t));
    CHECK_INT(async_task_error(&self->t.task), -EBADF);
    CHECK_INT(async_stream_write(&self->s, "x", 1), -EBADF);
    CHECK_INT(async_stream_close(&self->s), 0);
    CHECK_INT(async_close(self->fd), 0); /* and still is */
    hang_up();
    ASYNC_END
}
TEST(a_descriptor_closed_under_a_stream_is_never_mistaken_for_another)
{
    note_what_is_open();
    CHECK_INT(run_real(closed_under_it), 0);
    check_nothing_left();
}
TEST(ST6_cancelled_between_its_wake_and_its_turn)
{
    note_what_is_open();
    CHECK_INT(run_real(st6_race), 0);
    check_nothing_left();
}
TEST(ST7_abort_tells_those_who_wait)
{
    note_what_is_open();
    CHECK_INT(run_real(st7_abort), 0);
    check_nothing_left();
}

/* After abort() the memory is another's, also if a reader has not had its turn yet. */
ASYNC(void, st7_reader_of_what_is_gone, vars(async_stream s; async_bytes line), tasks(reads_line t))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    say("half a line");
    ASYNC_SPAWN(&self->t, reads_line, &self->s);
    AWAIT(async_sleep, ASYNC_MS(5));
    async_stream_abort(&self->s);
    memset(&self->s, 0, sizeof self->s);
    AWAIT_TASK_TO(self->line, &self->t);
    CHECK_INT((int)self->line.size, 0);
    hang_up();
    ASYNC_END
}
TEST(ST7_a_reader_needs_no_stream_after_its_abort)
{
    note_what_is_open();
    CHECK_INT(run_real(st7_reader_of_what_is_gone), 0);
    check_nothing_left();
}

/* The loop ends while something is unsent: reported, and nothing leaks. */
ASYNC(void, leaves_unsent, args(async_stream *s))
{
    ASYNC_BEGIN
    open_stream(self->s);
    CHECK_INT(async_stream_write(self->s, megabyte, sizeof megabyte), 0);
    CHECK_INT(async_stream_close(self->s), 0);
    ASYNC_END
}
TEST(what_is_unsent_when_the_loop_closes_is_given_back)
{
    static async_stream s;
    note_what_is_open();
    CHECK_INT(run_real(leaves_unsent, &s), 0);
    hang_up();
    check_nothing_left();
}

/* A stream and a queue at once: what the loser was to get stays where it is. */
ASYNC(void, selects_line,
      vars(async_stream s; async_bytes line; int i; ASYNC_QUEUE(int, 2) q; int item),
      selects(async_stream_readline, async_queue_get))
{
    ASYNC_BEGIN
    open_stream(&self->s);
    say("half ");
    for (self->i = 0; self->i < 3; self->i++) {
        if (self->i == 1) CHECK_INT(ASYNC_QUEUE_PUT_NOWAIT(&self->q, &self->i), 0);
        if (self->i == 2) say("a line\n");
        ASYNC_SELECT(ASYNC_MS(5)) {
            ASYNC_ON_TO(self->line, async_stream_readline, &self->s)
            {
                trace("%s", text_of(self->line));
            }
            ASYNC_ON(async_queue_get, &self->q, &self->item) {
                trace("%d\n", self->item);
            }
            ASYNC_ON_TIMEOUT {
                trace("nothing\n");
            }
        }
    }
    async_stream_close(&self->s);
    hang_up();
    ASYNC_END
}
TEST(ST6_a_select_that_a_stream_loses_takes_nothing_from_it)
{
    note_what_is_open();
    CHECK_INT(run_real(selects_line), 0);
    CHECK_TRACE("nothing\n1\nhalf a line\n");
    check_nothing_left();
}

/* A terminal: both directions of one descriptor that is no socket. */
ASYNC(void, over_tty, vars(async_stream s; int master; int tty; async_bytes line; ssize_t n))
{
    ssize_t got;
    ASYNC_BEGIN
    self->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (self->master < 0) SKIP("no pseudo-terminals here");
    CHECK(grantpt(self->master) == 0 && unlockpt(self->master) == 0);
    self->tty = open(ptsname(self->master), O_RDWR | O_NOCTTY);
    CHECK(self->tty >= 0);
    CHECK_INT(async_stream_open(&self->s, self->tty), 0);
    CHECK_INT(write(self->master, "typed\n", 6), 6);
    AWAIT_TO(self->line, async_stream_readline, &self->s);
    CHECK_STR(text_of(self->line), "typed\n");
    CHECK_INT(async_stream_write(&self->s, "shown\n", 6), 0);
    AWAIT(async_stream_drain, &self->s);
    for (self->n = 0; self->n < 14; self->n += got) { /* and the echo of what was typed */
        got = read(self->master, megabyte + self->n, (size_t)(14 - self->n));
        CHECK(got > 0);
    }
    CHECK(!memcmp(megabyte, "typed\r\nshown\r\n", 14));
    async_stream_close(&self->s);
    close(self->master);
    ASYNC_END
}
TEST(streams_over_a_terminal)
{
    note_what_is_open();
    CHECK_INT(run_real(over_tty), 0);
    check_nothing_left();
}
