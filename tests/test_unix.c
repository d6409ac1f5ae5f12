/* Unix sockets: names, queues, messages. */
#include "sockets.h"

static char x_path[64];
static const char *x_name(void)
{
    snprintf(x_path, sizeof x_path, "unix:/tmp/asyncc-test-%d", (int)getpid());
    return x_path;
}

ASYNC(void, x_talk, args(const char *name),
      vars(int listener; int fd; int got; char c; ptrdiff_t n; async_address from; char text[128]))
{
    ASYNC_BEGIN
    self->listener = async_listen(self->name, 0);
    CHECK(self->listener >= 0);
    CHECK_STR(address_of(self->listener), self->name);
    CHECK_INT(async_listen(self->name, 0), -EADDRINUSE);
    AWAIT_TO(self->fd, async_connect, self->name);
    AWAIT_TO(self->got, async_accept, self->listener, &self->from);
    CHECK_STR(async_address_format(&self->from, self->text, sizeof self->text),
              "unix:"); /* nameless */
    AWAIT(async_write_all, self->fd, "q", 1);
    AWAIT_TO(self->n, async_read, self->got, &self->c, 1);
    CHECK_INT(self->c, 'q');
    CHECK_INT(async_close(self->fd), 0);
    AWAIT_TO(self->n, async_read, self->got, &self->c, 1);
    CHECK_INT(self->n, 0);
    CHECK_INT(async_close(self->got), 0);
    CHECK_INT(async_close(self->listener), 0);
    ASYNC_END
}
TEST(stream_with_a_name_in_the_file_system)
{
    note_what_is_open();
    CHECK_INT(run_real(x_talk, x_name()), 0);
    CHECK(unlink(x_path + 5) == 0);
    check_nothing_left();
}
TEST(stream_with_an_abstract_name)
{
    char name[64];
    snprintf(name, sizeof name, "unix:@asyncc-test-%d", (int)getpid());
    CHECK_INT(run_real(x_talk, name), 0);
    CHECK_INT(run_real(x_talk, name), 0); /* nothing to unlink */
}

ASYNC(void, x_errors, vars(int fd; int err; char text[200]))
{
    ASYNC_BEGIN
    AWAIT_TO_ERR(self->fd, self->err, async_connect, "unix:/nonexistent/socket");
    CHECK_INT(self->err, -ENOENT);
    self->fd = async_listen(x_name(), 0);
    CHECK_INT(async_close(self->fd), 0);
    AWAIT_TO_ERR(self->fd, self->err, async_connect,
                 x_path); /* the file is there, the server is not */
    CHECK_INT(self->err, -ECONNREFUSED);
    CHECK_INT(async_listen(x_path, 0), -EADDRINUSE);
    CHECK(unlink(x_path + 5) == 0);
    memset(self->text, 'a', sizeof self->text - 1);
    memcpy(self->text, "unix:/", 6);
    CHECK_INT(async_listen(self->text, 0), -EINVAL); /* not cut to fit */
    CHECK_INT(async_listen("unix:", 0), -EINVAL);
    ASYNC_END
}
TEST(F15_F44_names_that_are_nobodys_or_too_long)
{
    note_what_is_open();
    CHECK_INT(run_real(x_errors), 0);
    check_nothing_left();
}

/* Linux does not let a Unix connect wait for room in the queue: that is an error, not a hang. */
ASYNC(void, x_queue, vars(int listener; int fd[8]; int n; int err; int got))
{
    ASYNC_BEGIN
    self->listener = async_listen(x_name(), 1);
    for (self->n = 0; self->n < 8; self->n++) {
        AWAIT_TO_ERR(self->fd[self->n], self->err, async_connect, x_path);
        if (self->err) break;
    }
    CHECK_INT(self->err, -EAGAIN);
    CHECK_INT(self->n, 2);
    AWAIT_TO(self->got, async_accept, self->listener, NULL);
    AWAIT_TO(self->fd[2], async_connect, x_path);
    CHECK_INT(async_close(self->got), 0);
    while (self->n >= 0) CHECK_INT(async_close(self->fd[self->n--]), 0);
    CHECK_INT(async_close(self->listener), 0);
    CHECK(unlink(x_path + 5) == 0);
    ASYNC_END
}
TEST(F15_queue_is_full)
{
    note_what_is_open();
    CHECK_INT(run_real(x_queue), 0);
    check_nothing_left();
}

/* Messages: a short one says nothing about the next. */
ASYNC(void, x_messages, vars(int fd[2]; char c[64]; ptrdiff_t n), tasks(reads r))
{
    ASYNC_BEGIN
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, self->fd) == 0);
    CHECK_INT(async_adopt(self->fd[0]), 0);
    ASYNC_SPAWN(&self->r, reads, self->fd[0], self->c, sizeof self->c);
    AWAIT_QUIET();
    put(self->fd[1], "one");
    put(self->fd[1], "three");
    AWAIT(async_join, &self->r.task);
    CHECK_INT(ASYNC_RESULT(&self->r), 3);
    AWAIT_TO(self->n, async_read, self->fd[0], self->c, sizeof self->c);
    CHECK_INT(self->n, 5);
    close(self->fd[1]);
    AWAIT_TO(self->n, async_read, self->fd[0], self->c, sizeof self->c);
    CHECK_INT(self->n, 0);
    CHECK_INT(async_close(self->fd[0]), 0);
    ASYNC_END
}
TEST(F11_messages_that_are_shorter_than_the_buffer)
{
    CHECK_INT(run_real(x_messages), 0);
}

ASYNC(void, x_datagrams,
      vars(int a; int b; async_address at; async_address from; char text[128]; char c[8];
           ptrdiff_t n))
{
    ASYNC_BEGIN
    self->a = async_datagram(x_name());
    CHECK(self->a >= 0);
    CHECK_INT(async_local_address(self->a, &self->at), 0);
    self->b = async_datagram("unix:@asyncc-test-b");
    CHECK(self->b >= 0);
    AWAIT(async_sendto, self->b, "abc", 3, &self->at);
    AWAIT_TO(self->n, async_recvfrom, self->a, self->c, 8, &self->from);
    CHECK_INT(self->n, 3);
    CHECK_STR(async_address_format(&self->from, self->text, sizeof self->text),
              "unix:@asyncc-test-b");
    CHECK_INT(async_close(self->a), 0);
    CHECK_INT(async_close(self->b), 0);
    CHECK(unlink(x_path + 5) == 0);
    ASYNC_END
}
TEST(datagrams_with_names)
{
    note_what_is_open();
    CHECK_INT(run_real(x_datagrams), 0);
    check_nothing_left();
}
