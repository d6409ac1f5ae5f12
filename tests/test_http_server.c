// FLAGS: -I.
/* The HTTP server of the examples: its parser, and a connection that talks over a socket pair to
 * whatever can be sent; the whole program is tested by examples/32_http_server.test.sh. */
#include "test.h"
#define main example_main
#include "../examples/32_http_server.c"
#undef main

/* ---- the parser ---- */

static int parse(const char *head, struct request *r)
{
    size_t line = 0, size = strlen(head);
    memset(r, 0, sizeof *r);
    CHECK_INT(find_head_end(head, size, &line), (long long)size);
    return parse_head(head, size, r);
}
static int status_of(const char *head)
{
    struct request r;
    return parse(head, &r);
}

TEST(heads)
{
    struct request r;
    CHECK_INT(parse("GET /a/b?x=1&ms=20 HTTP/1.1\r\nHost: h\r\n\r\n", &r), 0);
    CHECK_INT(r.method, GET);
    CHECK(is(r.path, "/a/b") && is(r.query, "x=1&ms=20"));
    CHECK(!r.close && !r.keep_alive && !r.http_1_0 && !r.chunked && !r.length);

    CHECK_INT(parse("POST http://h:80/p HTTP/1.1\r\nhost:h\r\ncontent-LENGTH:\t 17 \r\n"
                    "Expect: 100-Continue\r\nConnection: x, CLOSE ,\r\n\r\n",
                    &r),
              0);
    CHECK_INT(r.method, POST);
    CHECK(is(r.path, "/p") && r.query.size == 0);
    CHECK(r.close && r.expects_continue && r.length == 17);
    CHECK_INT(
        parse("HEAD http://h?a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n", &r), 0);
    CHECK(r.method == HEAD && is(r.path, "/") && is(r.query, "a") && r.chunked);
    CHECK_INT(parse("GET / HTTP/1.0\r\n\r\n", &r), 0);
    CHECK(r.http_1_0);
    CHECK_INT(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", &r), 0);
    CHECK(r.keep_alive);
    CHECK_INT(status_of("GET / HTTP/1.7\r\nHost: \r\nEmpty:\r\n\r\n"), 0);
}

TEST(bad_heads)
{
    static const char *const of_400[] = {
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / \r\n\r\n",
        " GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
        "GET / http/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/11\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1x\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET  HTTP/1.1\r\nHost: h\r\n\r\n",
        "G@T / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /\rx HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: \x7f\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: \x02\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    };
    size_t i;
    for (i = 0; i < sizeof of_400 / sizeof of_400[0]; i++) {
        int status = status_of(of_400[i]);
        if (status != 400) printf("%d for %s\n", status, of_400[i]);
        CHECK_INT(status, 400);
    }
    CHECK_INT(status_of("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505);
    CHECK_INT(status_of("GET / HTTP/0.9\r\nHost: h\r\n\r\n"), 505);
    CHECK_INT(status_of("BREW / HTTP/1.1\r\nHost: h\r\n\r\n"), 501);
    CHECK_INT(status_of("get / HTTP/1.1\r\nHost: h\r\n\r\n"), 501);
    CHECK_INT(status_of("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
              501);
    CHECK_INT(status_of("POST / HTTP/1.1\r\nHost: h\r\nExpect: money\r\n\r\n"), 417);
    CHECK_INT(status_of("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n"), 413);
    CHECK_INT(
        status_of("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 36893488147419103233\r\n\r\n"),
        413);
    CHECK_INT(status_of("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n"), 0);
}

TEST(limits_of_a_head)
{
    char head[8192];
    int i, headers;
    for (i = 2030; i < 2070; i++) {
        sprintf(head, "GET /%0*d HTTP/1.1\r\nHost: h\r\n\r\n", i, 0);
        CHECK_INT(status_of(head), i + 14 > REQUEST_LINE_MOST ? 414 : 0);
    }
    for (headers = HEADERS_MOST - 1; headers < HEADERS_MOST + 2; headers++) {
        sprintf(head, "GET / HTTP/1.1\r\nHost: h\r\n");
        for (i = 1; i < headers; i++) strcat(head, "X: y\r\n");
        strcat(head, "\r\n");
        CHECK_INT(status_of(head), headers > HEADERS_MOST ? 431 : 0);
    }
}

TEST(the_end_of_a_head_is_found_however_it_is_cut)
{
    static const char head[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET";
    size_t size, line, whole = sizeof head - 4;
    for (size = 0; size < sizeof head; size++) {
        line = 0;
        CHECK_INT(find_head_end(head, size, &line), size < whole ? 0 : (long long)whole);
        if (size < whole) CHECK_INT(find_head_end(head, whole, &line), (long long)whole);
    }
    line = 0;
    for (size = 0; size < whole; size++) CHECK_INT(find_head_end(head, size, &line), 0);
    line = 0;
    CHECK_INT(find_head_end("GET / HTTP/1.1\n", 15, &line), -1);
    line = 0;
    CHECK_INT(find_head_end("\n", 1, &line), -1);
    line = 0;
    CHECK_INT(find_head_end("a\r\n\n", 4, &line), -1);
}

TEST(sizes_of_chunks)
{
    static const struct {
        const char *line;
        int status;
        size_t size;
    } cases[] = {
        {"0", 0, 0},
        {"a", 0, 10},
        {"0010", 0, 16},
        {"fF", 0, 255},
        {"5;name=value", 0, 5},
        {"5 ; x", 0, 5},
        {"10000", 0, 65536},
        {"10001", 413, 65537},
        {"ffffffffffffffff", 413, SIZE_MAX},
        {"", 400, 0},
        {";", 400, 0},
        {"g", 400, 0},
        {"-1", 400, 0},
        {"0x5", 400, 0},
        {"5 5", 400, 0},
        {"10000000000000005", 400, 0},
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text line = {cases[i].line, strlen(cases[i].line)};
        size_t size = 0;
        CHECK_INT(parse_chunk_size(line, &size), cases[i].status);
        if (sizeof size == 8) CHECK_INT(size, cases[i].size);
    }
}

TEST(numbers_in_a_query)
{
    static const struct {
        const char *query;
        int n;
    } cases[] = {
        {"ms=5", 5},   {"a=b&ms=0&ms=7", 0}, {"ms=99", 99}, {"ms=100", -1}, {"ms=99999999999", -1},
        {"", -1},      {"ms", -1},           {"ms=", -1},   {"ms=5x", -1},  {"ms=-1", -1},
        {"mss=1", -1}, {"&&ms=3&", 3}};
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text query = {cases[i].query, strlen(cases[i].query)};
        CHECK_INT(query_number(query, "ms", 99), cases[i].n);
    }
}

/* ---- a connection ---- */

/* What a client does to a server: sends `first`, waits, sends `second`, half-closes or waits for
 * the end, and collects what comes back. */
struct visit {
    const char *first, *second;
    size_t first_size, second_size;
    int wait_ms;
    bool half_close;
    bool reads_late; /* nothing is read before the server has closed */
    char got[1000000];
    size_t size;
};

ASYNC(void, send_both, args(int fd, struct visit *v), vars(int error))
{
    ASYNC_BEGIN
    AWAIT_ERR(self->error, async_write_all, self->fd, self->v->first, self->v->first_size);
    AWAIT(async_sleep, ASYNC_MS(self->v->wait_ms));
    if (!self->error && self->v->second_size)
        AWAIT_ERR(self->error, async_write_all, self->fd, self->v->second, self->v->second_size);
    if (self->v->half_close) (void)async_shutdown(self->fd, SHUT_WR);
    ASYNC_END
}

ASYNC(void, pay, args(struct visit *v),
      vars(struct server server; int fd[2]; ptrdiff_t n; int error),
      tasks(serve_client served, send_both sender))
{
    struct visit *const v = self->v;
    ASYNC_BEGIN
    self->server.patience_ms = 1000;
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fd), 0);
    CHECK_INT(async_adopt(self->fd[0]), 0);
    CHECK_INT(async_adopt(self->fd[1]), 0);
    CHECK_INT(ASYNC_SPAWN(&self->served, serve_client, &self->server, self->fd[0]), 0);
    CHECK_INT(ASYNC_SPAWN(&self->sender, send_both, self->fd[1], v), 0);
    if (v->reads_late) AWAIT(async_join, &self->served.task);
    for (;;) {
        CHECK(v->size < sizeof v->got - 1);
        AWAIT_TO_ERR(self->n, self->error, async_read, self->fd[1], v->got + v->size,
                     sizeof v->got - 1 - v->size);
        if (self->error || self->n == 0) break;
        v->size += (size_t)self->n;
    }
    AWAIT(async_join, &self->served.task);
    AWAIT(async_join, &self->sender.task);
    CHECK(!self->server.first);
    (void)async_close(self->fd[1]);
    ASYNC_END
}

static struct visit visited;

/* All that came back, but the dates. */
static const char *answers_to(const char *first, size_t first_size, const char *second,
                              size_t second_size, int wait_ms, bool half_close)
{
    char *date, *end;
    visited.first = first, visited.first_size = first_size;
    visited.second = second, visited.second_size = second_size;
    visited.wait_ms = wait_ms, visited.half_close = half_close;
    visited.size = 0;
    CHECK_INT(run_virtual(pay, &visited), 0);
    visited.got[visited.size] = 0;
    while ((date = strstr(visited.got, "Date: "))) {
        end = strchr(date, '\n') + 1;
        memmove(date, end, strlen(end) + 1);
    }
    return visited.got;
}
static const char *answers(const char *request)
{
    return answers_to(request, strlen(request), NULL, 0, 0, true);
}

#define OK_HEAD(size) "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " #size "\r\n"
#define HELLO OK_HEAD(6) "\r\nhello\n"
#define LAST_HELLO OK_HEAD(6) "Connection: close\r\n\r\nhello\n"
#define ECHO(size, text)                                                                           \
    "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " #size          \
    "\r\n\r\n" text
#define REFUSED(status, reason, size)                                                              \
    "HTTP/1.1 " status " " reason "\r\nContent-Type: text/plain\r\nContent-Length: " #size         \
    "\r\nConnection: close\r\n\r\n" status " " reason "\n"
#define BAD_REQUEST REFUSED("400", "Bad Request", 16)

static const char all_kinds[] =
    "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nfirst"
    "\r\nPOST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3;ext\r\nsec\r\n3\r\nond\r\n0\r\nTrailer: x\r\n\r\n"
    "GET /slow?ms=500 HTTP/1.1\r\nHost: h\r\n\r\n"
    "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz"
    "GET /none HTTP/1.1\r\nHost: h\r\n\r\n"
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
#define SLEPT OK_HEAD(13) "\r\nslept 500 ms\n"
#define ONLY_THE_HEAD OK_HEAD(6) "\r\n"
#define NOT_ALLOWED                                                                                \
    "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain\r\nContent-Length: 23\r\n"        \
    "Allow: GET, HEAD\r\n\r\n405 Method Not Allowed\n"
#define NOT_FOUND                                                                                  \
    "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\n"             \
    "404 Not Found\n"
#define KEPT_HELLO OK_HEAD(6) "Connection: keep-alive\r\n\r\nhello\n"
static const char all_answers[] = HELLO ECHO(5, "first") ECHO(6, "second")
    SLEPT ONLY_THE_HEAD NOT_ALLOWED NOT_FOUND KEPT_HELLO LAST_HELLO;

TEST(pipelined_requests_however_they_are_cut)
{
    size_t i, size = sizeof all_kinds - 1;
    for (i = 0; i <= size; i++)
        CHECK_STR(answers_to(all_kinds, i, all_kinds + i, size - i, 1, false), all_answers);
}

TEST(a_request_that_is_never_finished_is_given_up)
{
    size_t i;
    const char *request = strstr(all_kinds, "first\r\nPOST") + 7, *got;
    size_t size = (size_t)(strstr(request, "GET /slow") - request);
    CHECK_STR(answers_to(request, 0, NULL, 0, 0, false), ""); /* idle for too long */
    for (i = 1; i < size; i++) {
        got = answers_to(request, i, NULL, 0, 0, false); /* waits */
        CHECK_STR(got, REFUSED("408", "Request Timeout", 20));
        got = answers_to(request, i, NULL, 0, 0, true); /* says that it will send no more */
        CHECK_STR(got, BAD_REQUEST);
    }
}

TEST(a_byte_now_and_then_does_not_extend_the_deadline)
{
    CHECK_STR(answers_to("GET / HTTP/1.1\r\n", 16, "Host: h\r\n\r\n", 11, 999, true), HELLO);
    CHECK_STR(answers_to("GET / HTTP/1.1\r\n", 16, "Host: h\r\n\r\n", 11, 1001, true),
              REFUSED("408", "Request Timeout", 20));
}

TEST(requests_that_are_refused)
{
    static char big[200000];
    CHECK_STR(answers("\x16\x03\x01\x02\n\xfc\r\n\r\n"), BAD_REQUEST);
    CHECK_STR(answers("GET / HTTP/1.1\nHost: h\n\n"), BAD_REQUEST);
    CHECK_STR(answers("GET / HTTP/2.0\r\n\r\nSM\r\n\r\n"),
              REFUSED("505", "HTTP Version Not Supported", 31));
    CHECK_STR(answers("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"),
              BAD_REQUEST);
    CHECK_STR(
        answers(
            "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n"),
        BAD_REQUEST);
    CHECK_STR(
        answers("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n"),
        BAD_REQUEST);
    CHECK_STR(
        answers("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n"),
        BAD_REQUEST);
    CHECK_STR(
        answers(
            "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n10000\r\n"),
        REFUSED("413", "Content Too Large", 22));
    CHECK_STR(answers("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999\r\n\r\n"),
              REFUSED("413", "Content Too Large", 22));

    /* much more than is read before the answer: the answer still arrives */
    memset(big, 'a', sizeof big - 1);
    memcpy(big, "GET /", 5);
    CHECK_STR(answers(big), REFUSED("414", "URI Too Long", 17));
    memcpy(big, "GET / HTTP/1.1\r\nHost: h\r\nX: ", 28);
    CHECK_STR(answers(big), REFUSED("431", "Request Header Fields Too Large", 36));
    memcpy(big, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;", 63);
    CHECK_STR(answers(big), BAD_REQUEST);

    /* the head before it does not decide how the refusal looks */
    CHECK_STR(answers("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nx\n"), ONLY_THE_HEAD BAD_REQUEST);
}

TEST(too_many_trailers)
{
    static char request[20000];
    int i;
    strcpy(request, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
    for (i = 0; i < HEADERS_MOST + 1; i++) strcat(request, "T: x\r\n");
    strcat(request, "\r\n");
    CHECK_STR(answers(request), REFUSED("431", "Request Header Fields Too Large", 36));
}

TEST(a_client_that_waits_for_100_continue)
{
    static const char head[] =
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    static const char lost[] =
        "POST /lost HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    static const char old[] =
        "POST /echo HTTP/1.0\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    CHECK_STR(answers_to(head, sizeof head - 1, "body", 4, 10, true),
              "HTTP/1.1 100 Continue\r\n\r\n" ECHO(4, "body"));
    CHECK_STR(answers_to(lost, sizeof lost - 1, "body", 4, 10, true),
              REFUSED("404", "Not Found", 14));
    CHECK(!strstr(answers_to(old, sizeof old - 1, "body", 4, 10, true), "100 Continue"));
}

TEST(the_largest_body)
{
    static char request[BODY_MOST + 100], *p;
    p = request +
        sprintf(request, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", BODY_MOST);
    memset(p, 'b', BODY_MOST);
    CHECK(
        strstr(answers_to(request, (size_t)(p - request) + BODY_MOST, NULL, 0, 0, true), "200 OK"));
    CHECK_INT(strlen(strchr(visited.got, 'b')), BODY_MOST);
}

/* The answers fill the socket, and after the server's patience it closes. */
TEST(a_client_that_never_reads)
{
    static char request[300000];
    size_t size = 0;
    while (size < sizeof request - 100)
        size += (size_t)sprintf(request + size, "GET /none HTTP/1.1\r\nHost: h\r\n\r\n");
    visited.reads_late = true;
    CHECK(strstr(answers_to(request, size, NULL, 0, 0, true), "404"));
    CHECK(visited.size > 10000 && visited.size < size * 2); /* not all */
}

/* A client's task is cancelled after some steps: nothing is left behind, not even a descriptor. */
ASYNC(void, cancel_after, args(int steps, async_duration step),
      vars(struct server server; int fd[2]; int i; ptrdiff_t n; int error), raw(char data[4096]),
      tasks(serve_client served))
{
    ASYNC_BEGIN
    self->server.patience_ms = 1000;
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, self->fd), 0);
    CHECK_INT(async_adopt(self->fd[0]), 0);
    CHECK_INT(async_adopt(self->fd[1]), 0);
    CHECK_INT(ASYNC_SPAWN_EAGER(&self->served, serve_client, &self->server, self->fd[0]), 0);
    AWAIT(async_write_all, self->fd[1], all_kinds,
          (size_t)(strstr(all_kinds, "ond\r\n") - all_kinds));
    for (self->i = 0; self->i < self->steps; self->i++) {
        if (self->i == 3) AWAIT(async_write_all, self->fd[1], strstr(all_kinds, "ond\r\n"), 200);
        AWAIT(async_sleep, self->step);
    }
    (void)async_task_cancel(&self->served.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->served));
    CHECK(!self->server.first);
    CHECK_INT(async_close(self->fd[0]), -EBADF); /* the task has closed it */
    do { /* the client sees the end, after whatever was answered */
        AWAIT_TO_ERR(self->n, self->error, async_read, self->fd[1], self->data, 4096);
    } while (!self->error && self->n > 0);
    (void)async_close(self->fd[1]);
    ASYNC_END
}

TEST(cancelled_at_every_step)
{
    int steps;
    for (steps = 0; steps < 30; steps++) {
        CHECK_INT(run_virtual(cancel_after, steps, ASYNC_MS(0)), 0);
        CHECK_INT(run_virtual(cancel_after, steps, ASYNC_MS(60)), 0);
    }
}
