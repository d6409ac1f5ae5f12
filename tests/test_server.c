/* Servers: one task for each connection, close, wait, clients closed and aborted, pools, limits. */
#include "sockets.h"

ASYNC(void, echoes, args(async_stream *s), vars(async_bytes line))
{
    ASYNC_BEGIN
    ASYNC_FOR_NEXT(self->line, async_stream_next, self->s) {
        CHECK_INT(async_stream_write(self->s, self->line.data, self->line.size), 0);
        AWAIT(async_stream_drain, self->s);
    }
    if (self->s->context) trace("%s", (const char *)self->s->context);
    ASYNC_END
}
/* Says a word, waits for the answer. */
ASYNC(void, asks, args(const char *at, const char *word), vars(async_stream s; async_bytes line))
{
    ASYNC_BEGIN
    AWAIT(async_open_connection, &self->s, self->at);
    ASYNC_WITH(async_stream, &self->s) {
        CHECK_INT(async_stream_write(&self->s, self->word, strlen(self->word)), 0);
        AWAIT_TO(self->line, async_stream_readline, &self->s);
        CHECK_INT(self->line.size, strlen(self->word));
        CHECK(!memcmp(self->line.data, self->word, self->line.size));
    }
    ASYNC_END
}
ASYNC(void, waits_for, args(async_server *server))
{
    ASYNC_BEGIN
    AWAIT(async_server_wait_closed, self->server);
    trace("closed\n");
    ASYNC_END
}
ASYNC(void, serves, args(async_server *server))
{
    ASYNC_BEGIN
    AWAIT(async_server_serve_forever, self->server);
    trace("served\n");
    ASYNC_END
}
/* A connection of the test's own, which blocks. */
static int dial(int listener)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    int fd;
    memset(&name, 0, sizeof name);
    CHECK(getsockname(listener, (struct sockaddr *)&name, &size) == 0);
    fd = socket(name.ss_family, SOCK_STREAM, 0);
    CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&name, size) == 0);
    return fd;
}
static const char *hear(int fd)
{
    static char text[100];
    ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    text[n > 0 ? n : 0] = 0;
    return n < 0 ? "(nothing)" : n == 0 ? "(end)" : text;
}

/* --- ST1 --- */

ASYNC(void, st1, args(const char *address),
      vars(async_server server; char at[128]; int i; async_group g))
{
    ASYNC_BEGIN
    self->server.context = (void *)(uintptr_t) "end\n";
    CHECK_INT(ASYNC_START_SERVER(&self->server, self->address, echoes), 0);
    CHECK_INT(ASYNC_START_SERVER(&self->server, self->address, echoes), -EBUSY);
    ASYNC_WITH(async_server, &self->server) {
        snprintf(self->at, sizeof self->at, "%s", address_of(self->server.fd));
        ASYNC_WITH(async_group, &self->g) {
            for (self->i = 0; self->i < 3; self->i++)
                CHECK(ASYNC_SPAWN_NEW_IN(&self->g, asks, self->at, "hello\n"));
        }
    }
    CHECK_INT(self->server.clients, 0);
    CHECK_INT(async_server_close(&self->server), 0);
    AWAIT(async_server_wait_closed, &self->server);
    ASYNC_END
}
TEST(ST1_a_task_for_each_connection)
{
    static const char *const addresses[] = {"127.0.0.1:0", "unix:build/stream.socket"};
    int i;
    for (i = 0; i < 2; i++) {
        unlink("build/stream.socket");
        note_what_is_open();
        CHECK_INT(run_real(st1, addresses[i]), 0);
        check_nothing_left();
        CHECK_TRACE("end\nend\nend\n");
    }
    unlink("build/stream.socket");
}

/* close() lets connections go on; wait_closed waits for them. */
ASYNC(void, st1_close, vars(async_server server; int fd), tasks(waits_for w, serves f))
{
    ASYNC_BEGIN
    CHECK_INT(ASYNC_START_SERVER(&self->server, "127.0.0.1:0", echoes), 0);
    self->fd = dial(self->server.fd);
    ASYNC_SPAWN(&self->w, waits_for, &self->server);
    ASYNC_SPAWN(&self->f, serves, &self->server);
    AWAIT_QUIET();
    CHECK_INT(self->server.clients, 1);
    CHECK_INT(async_server_close(&self->server), 0);
    put(self->fd, "still there\n");
    AWAIT_QUIET();
    CHECK_STR(hear(self->fd), "still there\n");
    CHECK_TRACE("served\n");
    shutdown(self->fd, SHUT_WR);
    AWAIT_TASK(&self->w);
    CHECK_TRACE("closed\n");
    CHECK_STR(hear(self->fd), "(end)");
    close(self->fd);
    ASYNC_END
}
TEST(ST1_wait_closed_waits_for_the_connections)
{
    note_what_is_open();
    CHECK_INT(run_real(st1_close), 0);
    check_nothing_left();
}

/* Clients closed: the handler reads the end, and what it has written is sent. Aborted: at once. */
ASYNC(void, st1_clients, args(bool abort), vars(async_server server; int fd[2]))
{
    ASYNC_BEGIN
    self->server.context = (void *)(uintptr_t) "end\n";
    CHECK_INT(ASYNC_START_SERVER(&self->server, "127.0.0.1:0", echoes), 0);
    self->fd[0] = dial(self->server.fd);
    self->fd[1] = dial(self->server.fd);
    AWAIT_QUIET();
    CHECK_INT(self->server.clients, 2);
    CHECK_INT(async_server_close(&self->server), 0);
    if (self->abort) async_server_abort_clients(&self->server);
    else async_server_close_clients(&self->server);
    AWAIT(async_server_wait_closed, &self->server);
    CHECK_STR(hear(self->fd[0]), "(end)");
    CHECK_STR(hear(self->fd[1]), "(end)");
    CHECK_TRACE("end\nend\n");
    close(self->fd[0]);
    close(self->fd[1]);
    ASYNC_END
}
TEST(ST1_close_clients_and_abort_clients)
{
    note_what_is_open();
    CHECK_INT(run_real(st1_clients, false), 0);
    CHECK_INT(run_real(st1_clients, true), 0);
    check_nothing_left();
}

static char much[1 << 20];
static size_t written;
ASYNC(void, writes_much, args(async_stream *s))
{
    ASYNC_BEGIN
    memset(much, 'm', sizeof much);
    while (async_stream_unsent(self->s) <= 65536) {
        CHECK_INT(async_stream_write(self->s, much, sizeof much), 0);
        written += sizeof much;
    }
    ASYNC_END
}
static size_t take(int fd)
{
    size_t got = 0;
    ssize_t n;
    while ((n = recv(fd, much, sizeof much, MSG_DONTWAIT)) > 0) got += (size_t)n;
    return got;
}
/* A handler that ends: the rest is sent first. abort drops it, though the handler has ended. */
ASYNC(void, rest, args(bool abort), vars(async_server server; int fd; size_t got))
{
    ASYNC_BEGIN
    written = 0;
    CHECK_INT(ASYNC_START_SERVER(&self->server, "127.0.0.1:0", writes_much), 0);
    self->fd = dial(self->server.fd);
    AWAIT_QUIET();
    CHECK_INT(self->server.clients, 1);
    CHECK_INT(async_server_close(&self->server), 0);
    if (self->abort) async_server_abort_clients(&self->server);
    while (self->server.clients) {
        CHECK(!self->abort);
        self->got += take(self->fd);
        AWAIT(async_sleep, ASYNC_MS(1));
    }
    if (!self->abort) CHECK_INT(self->got + take(self->fd), written);
    AWAIT(async_server_wait_closed, &self->server);
    close(self->fd);
    ASYNC_END
}
TEST(what_a_handler_has_written_is_sent_after_its_end)
{
    note_what_is_open();
    CHECK_INT(run_real(rest, false), 0);
    CHECK_INT(run_real(rest, true), 0);
    check_nothing_left();
}

/* --- handlers that fail, or are cancelled --- */

static void on_error(async_loop *loop, const async_report *report)
{
    (void)loop;
    trace("%s: %d %s\n", report->message, report->error, report->text ? report->text : "");
}
ASYNC(void, fails, args(async_stream *s))
{
    ASYNC_BEGIN
    CHECK_INT(async_stream_write(self->s, "last words", 10), 0);
    ASYNC_RAISE(-EPROTO, "no sense");
    ASYNC_END
}
ASYNC(void, failing, vars(async_server server; int fd))
{
    ASYNC_BEGIN
    async_get_running_loop()->options.on_error = on_error;
    CHECK_INT(ASYNC_START_SERVER(&self->server, "127.0.0.1:0", fails), 0);
    self->fd = dial(self->server.fd);
    AWAIT_QUIET();
    CHECK_STR(hear(self->fd), "last words");
    CHECK_STR(hear(self->fd), "(end)");
    close(self->fd);
    ASYNC_WITH(async_server, &self->server) {}
    ASYNC_END
}
TEST(a_handler_that_fails_is_reported_and_closed)
{
    note_what_is_open();
    CHECK_INT(run_real(failing), 0);
    check_nothing_left();
    CHECK_TRACE("error in a server's handler: -71 no sense\n");
}

ASYNC(void, stays, args(async_stream *s))
{
    ASYNC_BEGIN
    while (async_stream_unsent(self->s) <= 65536)
        CHECK_INT(async_stream_write(self->s, much, sizeof much), 0);
    AWAIT(async_sleep, ASYNC_FOREVER);
    ASYNC_END
}
ASYNC(void, cancelling, vars(async_server server; int fd; async_task * all[2]))
{
    ASYNC_BEGIN
    CHECK_INT(ASYNC_START_SERVER(&self->server, "127.0.0.1:0", stays), 0);
    self->fd = dial(self->server.fd);
    AWAIT_QUIET();
    CHECK_INT(async_all_tasks(async_loop_, self->all, 2), 2);
    async_task_cancel(self->all[self->all[0] == async_current_task()]);
    AWAIT_QUIET();
    CHECK_INT(self->server.clients, 0); /* it does not wait for the client to read */
    ASYNC_WITH(async_server, &self->server) {}
    close(self->fd);
    ASYNC_END
}
TEST(a_handler_that_is_cancelled_sends_nothing_more)
{
    note_what_is_open();
    CHECK_INT(run_real(cancelling), 0);
    check_nothing_left();
}

/* The main coroutine ends or fails with connections open: run() cancels the handlers, and all is
 * given back, also if a server is not closed. */
ASYNC(void, leaves, args(async_server *server, int how), vars(int fd; int fd2))
{
    ASYNC_BEGIN
    async_get_running_loop()->options.on_error = on_error;
    CHECK_INT(ASYNC_START_SERVER(self->server, "127.0.0.1:0", echoes), 0);
    self->fd = dial(self->server->fd);
    self->fd2 = dial(self->server->fd);
    AWAIT_QUIET();
    if (self->how == 0) CHECK_INT(async_server_close(self->server), 0);
    if (self->how == 2) close(dial(self->server->fd)); /* accepted at the very end, or not */
    if (self->how == 2) close(dial(self->server->fd));
    close(self->fd);
    close(self->fd2);
    ASYNC_END
}
TEST(run_ends_with_connections_open)
{
    static async_server server;
    int how;
    for (how = 0; how < 3; how++) {
        note_what_is_open();
        CHECK_INT(run_real(leaves, &server, how), 0);
        check_nothing_left();
        CHECK_INT(server.clients, 0);
        CHECK_TRACE(how ? "a server was never closed: 0 \n" : "");
        memset(&server, 0, sizeof server);
    }
}

/* wait_closed cancelled: the server forgets its clients, and its memory is the caller's. */
ASYNC(void, never_ends, args(async_stream *s))
{
    ASYNC_BEGIN(void)
    self;
    AWAIT(async_sleep, ASYNC_FOREVER);
    ASYNC_END
}
ASYNC(void, forgets, vars(async_server server; int fd; async_timeout t; int err; int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 2; self->i++) {
        CHECK_INT(ASYNC_START_SERVER(&self->server, "127.0.0.1:0", never_ends), 0);
        self->fd = dial(self->server.fd);
        AWAIT_QUIET();
        ASYNC_TRY {
            ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(5)) {
                if (self->i) AWAIT(async_server_wait_closed, &self->server);
                else
                    ASYNC_WITH(async_server, &self->server) {}
            }
        }
        ASYNC_CATCH(self->err) {}
        CHECK_INT(self->err, -ETIMEDOUT);
        memset(&self->server, self->i ? 0xff : 0, sizeof self->server);
        close(self->fd);
    }
    ASYNC_END
}
TEST(a_cancelled_wait_gives_the_servers_memory_back)
{
    note_what_is_open();
    CHECK_INT(run_real(forgets), 0);
    check_nothing_left();
}
ASYNC(void, cancelled_forever, vars(async_server server; async_timeout t; int err))
{
    ASYNC_BEGIN
    CHECK_INT(ASYNC_START_SERVER(&self->server, "127.0.0.1:0", echoes), 0);
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(5)) {
            AWAIT(async_server_serve_forever, &self->server);
        }
    }
    ASYNC_CATCH(self->err) {}
    CHECK(!self->server.open); /* as in asyncio */
    ASYNC_END
}
TEST(serve_forever_closes_when_it_is_cancelled)
{
    note_what_is_open();
    CHECK_INT(run_real(cancelled_forever), 0);
    check_nothing_left();
}

/* --- memory --- */

static ASYNC_CLIENT(echoes, 64, 128) pool[2];
ASYNC(void, in_pool, vars(async_server server; int fd[3]; int i; int round; long blocks))
{
    ASYNC_BEGIN
    CHECK_INT(ASYNC_START_SERVER_IN(&self->server, "127.0.0.1:0", echoes, pool), 0);
    ASYNC_WITH(async_server, &self->server) {
        for (self->round = 0; self->round < 20; self->round++) {
            if (self->round == 1) self->blocks = seam_of_realloc.count;
            for (self->i = 0; self->i < 3; self->i++) {
                self->fd[self->i] = dial(self->server.fd);
                put(self->fd[self->i], "hello\n");
            }
            AWAIT_QUIET();
            CHECK_INT(self->server.clients, 2); /* the third waits in the queue */
            CHECK_STR(hear(self->fd[0]), "hello\n");
            CHECK_STR(hear(self->fd[1]), "hello\n");
            CHECK_STR(hear(self->fd[2]), "(nothing)");
            close(self->fd[0]);
            AWAIT_QUIET();
            CHECK_STR(hear(self->fd[2]), "hello\n");
            close(self->fd[1]);
            close(self->fd[2]);
            AWAIT_QUIET();
            CHECK_INT(self->server.clients, 0);
        }
        CHECK_INT(seam_of_realloc.count - self->blocks, 0);
    }
    ASYNC_END
}
TEST(connections_out_of_a_pool_allocate_nothing)
{
    note_what_is_open();
    CHECK_INT(run_real(in_pool), 0);
    check_nothing_left();
}
ASYNC(void, at_most, vars(async_server server; int fd[2]))
{
    ASYNC_BEGIN
    self->server.max_clients = 1;
    CHECK_INT(ASYNC_START_SERVER(&self->server, "127.0.0.1:0", echoes), 0);
    ASYNC_WITH(async_server, &self->server) {
        self->fd[0] = dial(self->server.fd);
        self->fd[1] = dial(self->server.fd);
        put(self->fd[1], "me too\n");
        AWAIT_QUIET();
        CHECK_INT(self->server.clients, 1);
        close(self->fd[0]);
        AWAIT_QUIET();
        CHECK_STR(hear(self->fd[1]), "me too\n");
        close(self->fd[1]);
    }
    ASYNC_END
}
TEST(no_more_clients_than_allowed)
{
    note_what_is_open();
    CHECK_INT(run_real(at_most), 0);
    check_nothing_left();
}
