/* async_connect_any: which address is tried when, by RFC 8305, on a virtual clock. The network is
 * played: connect() says EINPROGRESS, and the socket is swapped for one end of a pair, whose other
 * end decides when there is an answer. */
#include "sockets.h"

enum { MOST = 8 };
static struct script {
    int after;  /* ms until it answers; -1: never */
    int answer; /* 0: connected, else an errno */
} script[MOST];
static struct {
    int end; /* the other one */
    async_call call;
} peer[MOST];
static int tried;

static int answer(void *arg)
{
    int i = (int)(intptr_t)arg;
    static char data[1 << 16];
    trace("%d ms: %d answers\n", (int)(async_loop_time(async_get_running_loop()) / 1000000), i);
    if (script[i].answer) seam_of_getsockopt.times = 1;
    seam_of_getsockopt.error = script[i].answer;
    while (recv(peer[i].end, data, sizeof data, MSG_DONTWAIT) > 0) {}
    return 0;
}
static void played(int fd)
{
    char text[128];
    async_address to;
    int pair[2];
    struct script *s = &script[tried];
    memset(&to, 0, sizeof to);
    to.length = seam_connect_to->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                                      : sizeof(struct sockaddr_in6);
    memcpy(&to.storage, seam_connect_to, to.length);
    trace("%d ms: %s\n", (int)(async_loop_time(async_get_running_loop()) / 1000000),
          async_address_format(&to, text, sizeof text));
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    fill(pair[0]);
    CHECK_INT(dup2(pair[0], fd), fd);
    close(pair[0]);
    peer[tried].end = pair[1];
    memset(&peer[tried].call, 0, sizeof peer[tried].call);
    if (s->after > 0)
        CHECK_INT(async_call_later(async_get_running_loop(), &peer[tried].call, ASYNC_MS(s->after),
                                   answer, (void *)(intptr_t)tried),
                  0);
    tried++;
}
/* The seam looks at how often to fail before it calls played(). */
static void play(int n, const struct script *with)
{
    memcpy(script, with, (size_t)n * sizeof *with);
    tried = 0;
    seam_before_connect = played;
    seam_of_connect.times = n;
    seam_of_connect.error = EINPROGRESS;
}
#define PLAY(...)                                                                                  \
    do {                                                                                           \
        static const struct script with[] = {__VA_ARGS__};                                         \
        play(sizeof with / sizeof *with, with);                                                    \
    } while (0)

static void check_none_owned(void)
{
    int fd;
    for (fd = 0; fd < async_loop_->fd_count; fd++) CHECK(!async_fd_owned_(async_loop_, fd));
}
ASYNC(int, tries, args(const char *list, int delay),
      vars(async_address to[MOST]; size_t n; char text[200]; char *at; int fd))
{
    ASYNC_BEGIN
    snprintf(self->text, sizeof self->text, "%s", self->list);
    for (self->at = strtok(self->text, " "); self->at; self->at = strtok(NULL, " "))
        CHECK_INT(async_address_parse(&self->to[self->n++], self->at), 0);
    AWAIT_TO(self->fd, async_connect_any, self->to, self->n, ASYNC_MS(self->delay));
    trace("%d ms: connected\n", (int)(async_loop_time(async_get_running_loop()) / 1000000));
    CHECK_INT(async_close(self->fd), 0);
    check_none_owned(); /* those who lost are closed */
    ASYNC_RETURN(0);
    ASYNC_END
}
static int try_all(const char *list)
{
    int err, i;
    note_what_is_open();
    err = run_virtual(tries, list, 250);
    seam_before_connect = NULL;
    seam_of_connect.times = 0;
    for (i = 0; i < tried; i++) close(peer[i].end);
    check_nothing_left();
    return err;
}

TEST(RFC8305_families_take_turns_beginning_with_the_first)
{
    PLAY({-1, 0}, {-1, 0}, {-1, 0}, {-1, 0}, {10, 0});
    CHECK_INT(try_all("[::1]:1 [::1]:2 [::1]:3 127.0.0.1:4 127.0.0.1:5"), 0);
    CHECK_TRACE("0 ms: [::1]:1\n"
                "250 ms: 127.0.0.1:4\n"
                "500 ms: [::1]:2\n"
                "750 ms: 127.0.0.1:5\n"
                "1000 ms: [::1]:3\n"
                "1010 ms: 4 answers\n"
                "1010 ms: connected\n");
    PLAY({-1, 0}, {-1, 0}, {10, 0});
    CHECK_INT(try_all("127.0.0.1:1 127.0.0.1:2 [::1]:3"), 0);
    CHECK_TRACE("0 ms: 127.0.0.1:1\n"
                "250 ms: [::1]:3\n"
                "500 ms: 127.0.0.1:2\n"
                "510 ms: 2 answers\n"
                "510 ms: connected\n");
}
TEST(RFC8305_the_first_to_answer_wins_however_late_it_was_tried)
{
    PLAY({600, 0}, {400, 0}, {-1, 0});
    CHECK_INT(try_all("[::1]:1 127.0.0.1:2 127.0.0.1:3"), 0);
    CHECK_TRACE("0 ms: [::1]:1\n"
                "250 ms: 127.0.0.1:2\n"
                "500 ms: 127.0.0.1:3\n"
                "600 ms: 0 answers\n"
                "600 ms: connected\n");
    PLAY({600, 0}, {100, 0});
    CHECK_INT(try_all("[::1]:1 127.0.0.1:2 127.0.0.1:3"), 0);
    CHECK_TRACE("0 ms: [::1]:1\n"
                "250 ms: 127.0.0.1:2\n"
                "350 ms: 1 answers\n"
                "350 ms: connected\n");
}
TEST(RFC8305_who_is_refused_makes_room_for_the_next_at_once)
{
    PLAY({100, ECONNREFUSED}, {-1, 0}, {5, 0});
    CHECK_INT(try_all("[::1]:1 127.0.0.1:2 [::1]:3"), 0);
    CHECK_TRACE("0 ms: [::1]:1\n"
                "100 ms: 0 answers\n"
                "100 ms: 127.0.0.1:2\n"
                "350 ms: [::1]:3\n" /* the delay counts from the last */
                "355 ms: 2 answers\n"
                "355 ms: connected\n");
}
TEST(RFC8305_when_all_have_failed_the_last_error_is_raised)
{
    PLAY({300, EHOSTUNREACH}, {100, ECONNREFUSED});
    CHECK_INT(try_all("[::1]:1 127.0.0.1:2"), -ECONNREFUSED);
    CHECK_TRACE("0 ms: [::1]:1\n"
                "250 ms: 127.0.0.1:2\n"
                "300 ms: 0 answers\n"
                "350 ms: 1 answers\n");
}

TEST(RFC8305_who_fails_at_once_costs_no_time)
{
    PLAY({7, 0});
    seam_of_socket.times = 1; /* no such family here */
    seam_of_socket.error = EAFNOSUPPORT;
    CHECK_INT(try_all("[::1]:1 127.0.0.1:2"), 0);
    CHECK_TRACE("0 ms: 127.0.0.1:2\n"
                "7 ms: 0 answers\n"
                "7 ms: connected\n");
    seam_of_socket.times = 2;
    CHECK_INT(try_all("[::1]:1 127.0.0.1:2"), -EAFNOSUPPORT);
    CHECK_INT(run_virtual(tries, "", 250), -EINVAL);
}

/* Cancelled while they are tried, and between the answer and its turn. */
ASYNC(void, gives_up, args(bool late), vars(int fd), tasks(tries t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, tries, "[::1]:1 127.0.0.1:2 [::1]:3", 250);
    AWAIT(async_sleep, ASYNC_MS(300));
    if (self->late) { /* the event comes, the task is woken, and then cancelled */
        while (!async_fd_owned_(async_loop_, self->fd)) self->fd++;
        async_fd_event_(async_loop_, self->fd, async_loop_->fds[self->fd].generation, false, true,
                        false);
        AWAIT(async_sleep, ASYNC_MS(0));
    }
    async_task_cancel(&self->t.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->t));
    CHECK(async_task_cancelled(&self->t.task));
    check_none_owned();
    ASYNC_END
}
TEST(a_cancelled_connect_leaves_nothing_behind)
{
    int late, i;
    for (late = 0; late < 2; late++) {
        PLAY({-1, 0}, {-1, 0});
        note_what_is_open();
        CHECK_INT(run_virtual(gives_up, late != 0), 0);
        for (i = 0; i < tried; i++) close(peer[i].end);
        check_nothing_left();
        CHECK_TRACE("0 ms: [::1]:1\n250 ms: 127.0.0.1:2\n");
    }
}

/* Over the real network: the stream is open, or it is not. */
ASYNC(void, opens, vars(async_stream s; int err; int listener; char at[128]))
{
    ASYNC_BEGIN
    self->listener = async_listen("127.0.0.1:0", 0);
    snprintf(self->at, sizeof self->at, "%s", address_of(self->listener));
    AWAIT(async_open_connection, &self->s, self->at);
    CHECK_INT(async_stream_write(&self->s, "x", 1), 0);
    AWAIT_ERR(self->err, async_open_connection, &self->s, self->at);
    CHECK_INT(self->err, -EBUSY);
    async_stream_abort(&self->s);
    CHECK_INT(async_close(self->listener), 0);
    AWAIT_ERR(self->err, async_open_connection, &self->s, self->at);
    CHECK_INT(self->err, -ECONNREFUSED);
    CHECK_INT(async_stream_write(&self->s, "x", 1), -EBADF);
    AWAIT_ERR(self->err, async_open_connection, &self->s, "nonsense");
    CHECK_INT(self->err, -EINVAL);
    ASYNC_END
}
TEST(ST1_open_connection_opens_a_stream_or_nothing)
{
    note_what_is_open();
    CHECK_INT(run_real(opens), 0);
    check_nothing_left();
}
