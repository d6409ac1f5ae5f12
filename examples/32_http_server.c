/* An HTTP/1.1 server: keep-alive, pipelining, bodies, limits and deadlines, a graceful stop.
 *
 *     cc -I.. 32_http_server.c -o http_server && ./http_server
 *
 * Try it:   curl -v http://127.0.0.1:8080/                    hello
 *           curl 'http://127.0.0.1:8080/slow?ms=500'          answers half a second later
 *           curl -d 'some text' http://127.0.0.1:8080/echo    sends the body back
 *           printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' | nc 127.0.0.1 8080
 * Options:  ./http_server [address [patience]]
 *           patience: how many milliseconds a client may take to send a request, to take the
 *           answer, or to think of the next one; 10000 unless said
 *
 * Ctrl-C stops it: idle connections are closed, requests in progress are finished first. A second
 * one does not wait for them.
 *
 * Reading order: the parser (plain functions), reading, answering, your handlers, connections. */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* A connection holds HEAD_MOST + LINE_MOST bytes and a few hundred more; one whose request has a
 * body holds up to BODY_MOST on top of that until it is answered. */
enum {
    HEAD_MOST = 4096, /* request line and headers */
    REQUEST_LINE_MOST = 2048,
    HEADERS_MOST = 50,
    LINE_MOST = 256, /* a chunk's size, a trailer */
    BODY_MOST = 65536,
    SLOW_MOST_MS = 60000, /* for /slow */
    LINGER_MS = 1000      /* how long a refused client is listened to, so that it reads why */
};

enum method { GET = 1, HEAD = 2, POST = 4, ANY_OTHER = 8 };

/* A piece of the connection's buffer. */
struct text {
    const char *p;
    size_t size;
};

/* What a head says. It points into the connection's buffer, until the next request is read. */
struct request {
    enum method method;
    struct text path, query;
    bool http_1_0, close, keep_alive, expects_continue;
    bool chunked, has_length;
    size_t length;
    int hosts;
};

struct answer {
    int status;
    const char *type;  /* Content-Type */
    const char *allow; /* for 405 */
    const char *body;
    size_t size;
};

struct server {
    struct connection *first;
    int listener;
    int patience_ms;
    bool stopping;
    async_timeout grace; /* how long a stop waits for requests in progress */
    unsigned long connections, requests;
    time_t now; /* the second that `date` is for */
    char date[40];
};

enum phase { IDLE, READING, WORKING, ANSWERING };

struct connection {
    struct connection *next, **link; /* all of the server's */
    struct server *server;
    async_task *task;
    int fd;
    enum phase phase;
    async_timeout limit;     /* on the current phase */
    char *in;                /* HEAD_MOST + LINE_MOST bytes: a head, and what follows it */
    size_t head, start, end; /* the head ends at `head`; start to end is yet to be looked at */
    struct request request;
    struct answer answer;
    char *body;
    size_t body_size;
    bool keep;     /* open after this answer */
    char text[64]; /* for short answers */
};

/* An HTTP status as an error: raised anywhere below, it ends the connection with that answer. */
#define HTTP(status) (ASYNC_EUSER - (status))
/* The client has gone, at a moment when it may. */
#define HUNG_UP (ASYNC_EUSER - 1)

/* ---- the parser: no I/O, no allocation ---- */

static bool is(struct text t, const char *word)
{
    return strlen(word) == t.size && memcmp(t.p, word, t.size) == 0;
}
static bool is_any_case(struct text t, const char *word)
{
    return strlen(word) == t.size && strncasecmp(t.p, word, t.size) == 0;
}
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
/* What names of methods and headers consist of. */
static bool is_token(struct text t)
{
    size_t i;
    for (i = 0; i < t.size; i++) {
        char c = t.p[i];
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (!letter && !is_digit(c) && (!c || !strchr("!#$%&'*+-.^_`|~", c))) return false;
    }
    return t.size > 0;
}
/* Cuts t at the first c and gives what was before it; all of t if there is none. */
static struct text cut(struct text *t, char c)
{
    struct text before = *t;
    const char *at = (const char *)memchr(t->p, c, t->size);
    if (at) before.size = (size_t)(at - t->p);
    t->p += before.size + (at ? 1 : 0);
    t->size -= before.size + (at ? 1 : 0);
    return before;
}
static struct text trim(struct text t)
{
    while (t.size && (t.p[0] == ' ' || t.p[0] == '\t')) t.p++, t.size--;
    while (t.size && (t.p[t.size - 1] == ' ' || t.p[t.size - 1] == '\t')) t.size--;
    return t;
}

/* The size of a head with its blank line; 0: there is more to come; -1: a line does not end in
 * CRLF. *line is where the first line starts that was not complete last time, at first 0. */
static ptrdiff_t find_head_end(const char *p, size_t size, size_t *line)
{
    const char *nl;
    while ((nl = (const char *)memchr(p + *line, '\n', size - *line))) {
        size_t length = (size_t)(nl - p) - *line;
        if (length == 0 || nl[-1] != '\r') return -1;
        *line += length + 1;
        if (length == 1) return (ptrdiff_t)*line;
    }
    return 0;
}

/* Each of these gives 0 or the status to answer with. */
static int parse_request_line(struct text line, struct request *r)
{
    static const struct {
        const char *name;
        enum method method;
    } methods[] = {{"GET", GET},          {"HEAD", HEAD},       {"POST", POST},
                   {"PUT", ANY_OTHER},    {"PATCH", ANY_OTHER}, {"DELETE", ANY_OTHER},
                   {"OPTIONS", ANY_OTHER}};
    struct text method, target;
    size_t i;
    if (line.size > REQUEST_LINE_MOST) return 414;
    method = cut(&line, ' ');
    target = cut(&line, ' ');
    if (!is_token(method) || line.size != 8 || memcmp(line.p, "HTTP/", 5) != 0 ||
        !is_digit(line.p[5]) || line.p[6] != '.' || !is_digit(line.p[7]))
        return 400;
    if (line.p[5] != '1') return 505;
    r->http_1_0 = line.p[7] == '0';
    for (i = 0; i < target.size; i++)
        if (target.p[i] <= ' ' || target.p[i] >= 127) return 400; /* a char may be signed */

    for (i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (is(method, methods[i].name)) r->method = methods[i].method;
    if (!r->method) return 501;

    if (target.size > 7 && strncasecmp(target.p, "http://", 7) == 0) { /* as sent to a proxy */
        target.p += 7, target.size -= 7;
        while (target.size && !strchr("/?", target.p[0])) target.p++, target.size--;
    } else if (target.size == 0 || (target.p[0] != '/' && !is(target, "*"))) {
        return 400;
    }
    r->path = cut(&target, '?');
    if (r->path.size == 0) r->path.p = "/", r->path.size = 1;
    r->query = target;
    return 0;
}

static int parse_header(struct text line, struct request *r)
{
    struct text name = cut(&line, ':'), value = trim(line), part;
    size_t i;
    if (!is_token(name) || line.p[-1] != ':') return 400; /* also a line that continues the last */
    for (i = 0; i < value.size; i++)
        if (((unsigned char)value.p[i] < ' ' && value.p[i] != '\t') || value.p[i] == 127)
            return 400;

    if (is_any_case(name, "Host")) {
        r->hosts++;
    } else if (is_any_case(name, "Content-Length")) {
        if (r->has_length || value.size == 0) return 400;
        r->has_length = true;
        for (i = 0; i < value.size; i++) {
            if (!is_digit(value.p[i])) return 400;
            if (r->length <= BODY_MOST) r->length = r->length * 10 + (size_t)(value.p[i] - '0');
        }
    } else if (is_any_case(name, "Transfer-Encoding")) {
        if (r->chunked) return 400;
        if (!is_any_case(value, "chunked")) return 501;
        r->chunked = true;
    } else if (is_any_case(name, "Connection")) {
        while (value.size) {
            part = trim(cut(&value, ','));
            if (is_any_case(part, "close")) r->close = true;
            if (is_any_case(part, "keep-alive")) r->keep_alive = true;
        }
    } else if (is_any_case(name, "Expect")) {
        if (!is_any_case(value, "100-continue")) return 417;
        r->expects_continue = true;
    }
    return 0;
}

/* A whole head, as found by find_head_end, into a request that is all zero. */
static int parse_head(const char *p, size_t size, struct request *r)
{
    struct text head = {p, size - 2}, line; /* without the blank line */
    int status, headers = 0;
    line = cut(&head, '\n');
    line.size--; /* its CR */
    status = parse_request_line(line, r);
    while (!status && head.size) {
        line = cut(&head, '\n');
        line.size--;
        status = ++headers > HEADERS_MOST ? 431 : parse_header(line, r);
    }
    if (status) return status;
    if (r->hosts > 1 || (r->hosts == 0 && !r->http_1_0)) return 400;
    if (r->chunked && (r->has_length || r->http_1_0)) return 400; /* who is to believe which? */
    return r->length > BODY_MOST ? 413 : 0;
}

/* The size of a chunk, from the line before it; what follows a semicolon is ignored. */
static int parse_chunk_size(struct text line, size_t *size)
{
    struct text digits = trim(cut(&line, ';'));
    size_t i, n = 0;
    if (digits.size == 0 || digits.size > 16) return 400;
    for (i = 0; i < digits.size; i++) {
        char c = digits.p[i];
        if (!is_digit(c) && !((c | 32) >= 'a' && (c | 32) <= 'f')) return 400;
        n = n * 16 + (size_t)(is_digit(c) ? c - '0' : (c | 32) - 'a' + 10);
    }
    *size = n;
    return n > BODY_MOST ? 413 : 0;
}

/* The value of a number in a query like "ms=50&x=1", or -1. */
static int query_number(struct text query, const char *name, int most)
{
    while (query.size) {
        struct text value = cut(&query, '&'), key = cut(&value, '=');
        int n = 0;
        size_t i;
        if (!is(key, name)) continue;
        for (i = 0; i < value.size && is_digit(value.p[i]) && n <= most; i++)
            n = n * 10 + (value.p[i] - '0');
        return value.size && i == value.size && n <= most ? n : -1;
    }
    return -1;
}

/* ---- reading ---- */

static void set_phase(struct connection *c, enum phase phase)
{
    c->phase = phase;
    (void)async_timeout_reschedule(&c->limit, phase == WORKING ? ASYNC_FOREVER
                                                               : ASYNC_MS(c->server->patience_ms));
}

/* Reads more, behind what is there. The caller has seen to it that there is room. */
ASYNC(void, fill, args(struct connection *c), vars(ptrdiff_t n))
{
    struct connection *const c = self->c; /* runs at every resume, as all that stands above BEGIN */
    ASYNC_BEGIN
    if (c->start > c->head) {
        memmove(c->in + c->head, c->in + c->start, c->end - c->start);
        c->end -= c->start - c->head;
        c->start = c->head;
    }
    AWAIT_TO(self->n, async_read, c->fd, c->in + c->end, HEAD_MOST + LINE_MOST - c->end);
    if (self->n == 0) ASYNC_RAISE(c->phase == IDLE ? HUNG_UP : HTTP(400));
    c->end += (size_t)self->n;
    ASYNC_END
}

ASYNC(void, read_head, args(struct connection *c), vars(size_t line; ptrdiff_t size; int status),
      awaits(fill))
{
    struct connection *const c = self->c;
    ASYNC_BEGIN
    c->head = 0;
    for (;;) {
        while (!self->line && c->end - c->start > 1 && !memcmp(c->in + c->start, "\r\n", 2))
            c->start += 2; /* blank lines before a request are let pass */
        if (c->end > c->start && c->phase == IDLE) set_phase(c, READING);
        self->size = find_head_end(c->in + c->start, c->end - c->start, &self->line);
        if (self->size < 0) ASYNC_RAISE(HTTP(400));
        if (self->size > HEAD_MOST || (!self->size && c->end - c->start >= HEAD_MOST))
            ASYNC_RAISE(self->line ? HTTP(431) : HTTP(414));
        if (self->size) break;
        AWAIT(fill, c);
    }
    memmove(c->in, c->in + c->start, c->end - c->start); /* pipelined: the head to the front */
    c->end -= c->start;
    c->head = c->start = (size_t)self->size;
    self->status = parse_head(c->in, c->head, &c->request);
    if (self->status) ASYNC_RAISE(HTTP(self->status));
    ASYNC_END
}

/* The next line of a body, which is then at c->in + c->head, and its size without CRLF. */
ASYNC(size_t, read_line, args(struct connection *c), vars(size_t size), awaits(fill))
{
    struct connection *const c = self->c;
    const char *nl;
    ASYNC_BEGIN
    while (!(nl = (const char *)memchr(c->in + c->start, '\n', c->end - c->start))) {
        if (c->end - c->start >= LINE_MOST) ASYNC_RAISE(HTTP(400));
        AWAIT(fill, c);
    }
    self->size = (size_t)(nl - (c->in + c->start));
    if (self->size == 0 || nl[-1] != '\r' || self->size > LINE_MOST) ASYNC_RAISE(HTTP(400));
    memmove(c->in + c->head, c->in + c->start, self->size);
    c->start += self->size + 1;
    ASYNC_RETURN(self->size - 1);
    ASYNC_END
}

/* Exactly `size` bytes of a body, the first from the buffer, the rest from the socket. */
ASYNC(void, read_bytes, args(struct connection *c, char *to, size_t size), vars(ptrdiff_t n))
{
    struct connection *const c = self->c;
    ASYNC_BEGIN
    self->n = (ptrdiff_t)(self->size < c->end - c->start ? self->size : c->end - c->start);
    memcpy(self->to, c->in + c->start, (size_t)self->n);
    c->start += (size_t)self->n;
    while ((self->to += self->n, self->size -= (size_t)self->n) > 0) {
        AWAIT_TO(self->n, async_read, c->fd, self->to, self->size);
        if (self->n == 0) ASYNC_RAISE(HTTP(400));
    }
    ASYNC_END
}

ASYNC(void, read_chunks, args(struct connection *c), vars(size_t n; int i),
      awaits(read_line, read_bytes))
{
    struct connection *const c = self->c;
    struct text line;
    int status;
    ASYNC_BEGIN
    for (;;) {
        AWAIT_TO(self->n, read_line, c);
        line.p = c->in + c->head, line.size = self->n;
        status = parse_chunk_size(line, &self->n);
        if (!status && self->n > BODY_MOST - c->body_size) status = 413;
        if (status) ASYNC_RAISE(HTTP(status));
        if (self->n == 0) break;
        AWAIT(read_bytes, c, c->body + c->body_size, self->n);
        c->body_size += self->n;
        AWAIT_TO(self->n, read_line, c);
        if (self->n) ASYNC_RAISE(HTTP(400));
    }
    for (self->i = 0; self->i <= HEADERS_MOST; self->i++) { /* trailers, which nobody needs */
        AWAIT_TO(self->n, read_line, c);
        if (self->n == 0) ASYNC_RETURN();
    }
    ASYNC_RAISE(HTTP(431));
    ASYNC_END
}

ASYNC(void, read_body, args(struct connection *c), awaits(read_chunks, read_bytes))
{
    struct connection *const c = self->c;
    const struct request *const r = &self->c->request;
    ASYNC_BEGIN
    if (!r->chunked && !r->length) ASYNC_RETURN();
    c->body = (char *)malloc(r->chunked ? (size_t)BODY_MOST : r->length);
    if (!c->body) ASYNC_RAISE(-ENOMEM);
    if (r->expects_continue && !r->http_1_0 && c->start == c->end)
        AWAIT(async_write_all, c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    if (r->chunked) {
        AWAIT(read_chunks, c);
    } else {
        AWAIT(read_bytes, c, c->body, r->length);
        c->body_size = r->length;
    }
    ASYNC_END
}

/* ---- answering ---- */

static const char *reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 417: return "Expectation Failed";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
    }
}

static void answer_text(struct connection *c, int status, const char *text)
{
    c->answer.status = status;
    c->answer.type = "text/plain";
    c->answer.body = text;
    c->answer.size = strlen(text);
}

static void answer_error(struct connection *c, int status)
{
    (void)snprintf(c->text, sizeof c->text, "%d %s\n", status, reason(status));
    answer_text(c, status, c->text);
}

/* The Date header, made once a second. */
static const char *date(struct server *s)
{
    time_t now = time(NULL);
    struct tm tm;
    if (now != s->now && gmtime_r(&now, &tm)) {
        (void)strftime(s->date, sizeof s->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        s->now = now;
    }
    return s->date;
}

ASYNC(void, send_answer, args(struct connection *c), vars(size_t size, rest), raw(char out[640]))
{
    struct connection *const c = self->c;
    const struct answer *const a = &self->c->answer;
    ASYNC_BEGIN
    self->size = (size_t)snprintf(
        self->out, sizeof self->out,
        "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s%s%s\r\n",
        a->status, reason(a->status), date(c->server), a->type, a->size, a->allow ? "Allow: " : "",
        a->allow ? a->allow : "", a->allow ? "\r\n" : "",
        !c->keep              ? "Connection: close\r\n"
        : c->request.http_1_0 ? "Connection: keep-alive\r\n"
                              : "");
    self->rest = c->request.method == HEAD ? 0 : a->size;
    if (self->rest <= sizeof self->out - self->size) { /* a small body goes out with the head */
        memcpy(self->out + self->size, a->body, self->rest);
        self->size += self->rest;
        self->rest = 0;
    }
    AWAIT(async_write_all, c->fd, self->out, self->size);
    if (self->rest) AWAIT(async_write_all, c->fd, a->body, self->rest);
    c->server->requests++;
    ASYNC_END
}

/* ---- what the server serves: yours to change ---- */

static const struct route {
    const char *path;
    int methods;
    const char *allow;
} routes[] = {
    {"/", GET | HEAD, "GET, HEAD"},
    {"/slow", GET | HEAD, "GET, HEAD"},
    {"/echo", POST, "POST"},
};

/* 0, 404 or 405. */
static int check_route(struct connection *c)
{
    size_t i;
    for (i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (is(c->request.path, routes[i].path)) {
            if (routes[i].methods & (int)c->request.method) return 0;
            c->answer.allow = routes[i].allow;
            return 405;
        }
    return 404;
}

/* The request has come as a whole, c->body included; c->answer is to be filled in. It may await
 * whatever it likes: nobody else is held up. */
ASYNC(void, handle, args(struct connection *c), vars(int ms))
{
    struct connection *const c = self->c;
    ASYNC_BEGIN
    if (is(c->request.path, "/")) {
        answer_text(c, 200, "hello\n");
    } else if (is(c->request.path, "/slow")) {
        self->ms = query_number(c->request.query, "ms", SLOW_MOST_MS);
        if (self->ms < 0) {
            answer_error(c, 400);
            ASYNC_RETURN();
        }
        AWAIT(async_sleep, ASYNC_MS(self->ms));
        (void)snprintf(c->text, sizeof c->text, "slept %d ms\n", self->ms);
        answer_text(c, 200, c->text);
    } else { /* /echo */
        answer_text(c, 200, "");
        c->answer.type = "application/octet-stream";
        c->answer.body = c->body ? c->body : "";
        c->answer.size = c->body_size;
    }
    ASYNC_END
}

/* ---- connections ---- */

/* Request after request, until one side wants no more. Raises HTTP(status) for a request that
 * cannot be made sense of, which ends the connection: nobody knows where the next one starts. */
ASYNC(void, serve_requests, args(struct connection *c), vars(int status),
      awaits(read_head, read_body, handle, send_answer))
{
    struct connection *const c = self->c;
    ASYNC_BEGIN
    do {
        memset(&c->request, 0, sizeof c->request);
        memset(&c->answer, 0, sizeof c->answer);
        set_phase(c, IDLE);
        AWAIT(read_head, c);
        c->keep = !c->request.close && (!c->request.http_1_0 || c->request.keep_alive);
        self->status = check_route(c);
        if (self->status && c->request.expects_continue) ASYNC_RAISE(HTTP(self->status));
        AWAIT(read_body, c);

        set_phase(c, WORKING);
        if (self->status) answer_error(c, self->status);
        else AWAIT(handle, c);

        set_phase(c, ANSWERING);
        if (c->server->stopping) c->keep = false;
        AWAIT(send_answer, c);
        free(c->body);
        c->body = NULL;
        c->body_size = 0;
    } while (c->keep);
    ASYNC_END
}

/* A last word to a client whose request was refused. What it still sends is read and thrown away
 * for a moment: closing on unread data would reset the connection, and the answer be lost. */
ASYNC(void, refuse, args(struct connection *c, int status), vars(async_timeout limit; ptrdiff_t n),
      awaits(send_answer))
{
    struct connection *const c = self->c;
    ASYNC_BEGIN
    c->keep = false;
    answer_error(c, self->status);
    ASYNC_WITH(async_timeout, &self->limit, ASYNC_MS(LINGER_MS)) {
        AWAIT(send_answer, c);
        (void)async_shutdown(c->fd, SHUT_WR);
        do AWAIT_TO(self->n, async_read, c->fd, c->in, HEAD_MOST);
        while (self->n > 0);
    }
    ASYNC_END
}

/* Errors stay in here: in a group a task that fails has all others cancelled. */
ASYNC(void, serve_client, args(struct server *server, int fd),
      vars(struct connection c; int error; int status), raw(char in[HEAD_MOST + LINE_MOST]),
      awaits(serve_requests, refuse))
{
    struct connection *const c = &self->c;
    ASYNC_BEGIN
    c->server = self->server;
    c->task = async_current_task();
    c->fd = self->fd;
    c->in = self->in;
    c->link = &c->server->first;
    c->next = c->server->first;
    if (c->next) c->next->link = &c->next;
    c->server->first = c;
    c->server->connections++;
    ASYNC_DO {
        ASYNC_TRY {
            ASYNC_WITH(async_timeout, &c->limit, ASYNC_FOREVER) {
                AWAIT(serve_requests, c);
            }
        }
        ASYNC_CATCH(self->error) {
            if (c->limit.expired) self->status = c->phase == READING ? 408 : 0;
            else if (self->error == -ENOMEM) self->status = 503;
            else if (self->error <= HTTP(400)) self->status = ASYNC_EUSER - self->error;
            if (self->status) AWAIT_ERR(self->error, refuse, c, self->status);
        }
    }
    ASYNC_FINALLY {
        *c->link = c->next;
        if (c->next) c->next->link = c->link;
        free(c->body);
        (void)async_close(c->fd);
    }
    ASYNC_END
}

/* ---- the server ---- */

ASYNC(void, stop_on_signal, args(struct server *server), vars(async_signal stop))
{
    struct server *const s = self->server;
    struct connection *c;
    ASYNC_BEGIN
    ASYNC_WITH(async_signal, &self->stop, ASYNC_SIGNALS(SIGINT, SIGTERM)) {
        AWAIT(async_signal_wait, &self->stop);
        s->stopping = true;
        (void)async_timeout_reschedule(&s->grace, ASYNC_MS(s->patience_ms));
        for (c = s->first; c; c = c->next)
            if (c->phase == IDLE) (void)async_task_cancel(c->task);
        (void)async_close(s->listener); /* ends the wait in async_accept */
        AWAIT(async_signal_wait, &self->stop);
        (void)async_timeout_reschedule(&s->grace, ASYNC_MS(0));
    }
    ASYNC_END
}

ASYNC(void, amain, args(const char *address, int patience_ms),
      vars(struct server server; async_group connections; int fd; int error; async_address bound;
           char text[128]),
      tasks(stop_on_signal stopper))
{
    struct server *const s = &self->server;
    ASYNC_BEGIN
    s->patience_ms = self->patience_ms;
    ASYNC_SPAWN_EAGER(&self->stopper, stop_on_signal, s);
    s->listener = async_listen(self->address, 0);
    if (s->listener < 0) ASYNC_RAISE(s->listener, "cannot listen on that address");
    if (async_local_address(s->listener, &self->bound) == 0) /* which port, if it was 0 */
        printf("listening on %s\n", async_address_format(&self->bound, self->text, 128));
    fflush(stdout);

    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &s->grace, ASYNC_FOREVER) {
            ASYNC_WITH(async_group, &self->connections) { /* its end waits for all of them */
                for (;;) {
                    AWAIT_TO_ERR(self->fd, self->error, async_accept, s->listener, NULL);
                    if (self->error) break;
                    if (!ASYNC_SPAWN_NEW_IN_EAGER(&self->connections, serve_client, s, self->fd))
                        (void)async_close(self->fd); /* no memory */
                }
                if (!s->stopping) ASYNC_RAISE(self->error, "accept");
            }
        }
    }
    ASYNC_CATCH(self->error) {
        if (!s->grace.expired) ASYNC_RAISE(self->error);
        printf("some requests were cut off\n");
    }
    printf("stopped after %lu requests on %lu connections\n", s->requests, s->connections);
    ASYNC_END
}

int main(int argc, char **argv)
{
    return ASYNC_RUN(amain, argc > 1 ? argv[1] : "127.0.0.1:8080",
                     argc > 2 ? atoi(argv[2]) : 10000);
}
