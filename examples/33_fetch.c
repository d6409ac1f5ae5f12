/* Fetches pages over HTTP, many at once.
 *
 *     cc -I.. 33_fetch.c -o fetch && ./fetch -c 50 -n 200 'http://127.0.0.1:8080/slow?ms=50'
 *
 * Try it:   start 32_http_server.c first; any other http:// address works as well
 * Options:  -c N    so many at once, 10 unless said
 *           -n N    each address so many times
 *           -t MS   the longest that a page may take, 10000 unless said
 *           -p      print the pages
 *
 * The exit status is 0 if every page came with a status below 400. */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* One address of the command line. */
struct target {
    const char *url, *path; /* the path points into url */
    char host[256];         /* with its port, as the Host header wants it */
    async_address address;
};

struct fetcher {
    struct target *targets;
    int target_count;
    long next, total; /* pages: which one is next, how many in all */
    int limit_ms;
    bool print;
    long fetched, failed, connections;
    long long bytes;
};

/* A connection and what has come from it: start to end is yet to be looked at. */
struct stream {
    int fd; /* -1: not connected */
    const struct target *to;
    size_t start, end;
    char data[8192];
};

/* What the head of a page says. */
struct page {
    int status;
    bool chunked, keep;
    long long length; /* -1: up to the end of the connection */
};

/* The server does not speak HTTP, or ends in the middle. */
enum { BAD_ANSWER = ASYNC_EUSER - 1, CUT_OFF = ASYNC_EUSER - 2 };

static const char *error_text(int error)
{
    return error == BAD_ANSWER ? "this is not HTTP"
           : error == CUT_OFF  ? "the connection ended in the middle"
                               : async_strerror(error);
}

/* ---- reading ---- */

/* At least one more byte is there, or CUT_OFF is raised. */
ASYNC(void, fill, args(struct stream *s), vars(ptrdiff_t n))
{
    struct stream *const s = self->s; /* runs at every resume, as all that stands above BEGIN */
    ASYNC_BEGIN
    memmove(s->data, s->data + s->start, s->end - s->start);
    s->end -= s->start;
    s->start = 0;
    if (s->end == sizeof s->data) ASYNC_RAISE(BAD_ANSWER); /* no line is as long as this */
    AWAIT_TO(self->n, async_read, s->fd, s->data + s->end, sizeof s->data - s->end);
    if (self->n == 0) ASYNC_RAISE(CUT_OFF);
    s->end += (size_t)self->n;
    ASYNC_END
}

/* The next line, without its end. It stays in the stream's buffer until more is read. */
ASYNC(char *, read_line, args(struct stream *s), awaits(fill))
{
    struct stream *const s = self->s;
    char *line, *nl;
    ASYNC_BEGIN
    while (!(nl = (char *)memchr(s->data + s->start, '\n', s->end - s->start))) AWAIT(fill, s);
    line = s->data + s->start;
    s->start = (size_t)(nl + 1 - s->data);
    if (nl > line && nl[-1] == '\r') nl--;
    *nl = 0;
    ASYNC_RETURN(line);
    ASYNC_END
}

/* `size` bytes of a page; -1: all up to the end. */
ASYNC(void, read_bytes, args(struct fetcher *f, struct stream *s, long long size), vars(int error),
      awaits(fill))
{
    struct stream *const s = self->s;
    size_t n;
    ASYNC_BEGIN
    while (self->size) {
        if (s->start == s->end) {
            AWAIT_ERR(self->error, fill, s);
            if (self->error == CUT_OFF && self->size < 0) ASYNC_RETURN();
            if (self->error) ASYNC_RAISE(self->error);
        }
        n = s->end - s->start;
        if (self->size >= 0 && n > (unsigned long long)self->size) n = (size_t)self->size;
        if (self->f->print) fwrite(s->data + s->start, 1, n, stdout);
        self->f->bytes += (long long)n;
        s->start += n;
        if (self->size > 0) self->size -= (long long)n;
    }
    ASYNC_END
}

/* The value of a header, if the line is that header. */
static const char *header(const char *line, const char *name)
{
    size_t n = strlen(name);
    if (strncasecmp(line, name, n) != 0 || line[n] != ':') return NULL;
    return line + n + 1 + strspn(line + n + 1, " \t");
}

/* A number without sign in the base, or -1. */
static long long number(const char *text, int base)
{
    char *end;
    long long n = strtoll(text, &end, base);
    return n < 0 || end == text || !strchr("0123456789abcdefABCDEF", text[0]) ? -1 : n;
}

ASYNC(void, read_head, args(struct stream *s, struct page *page), vars(char *line),
      awaits(read_line))
{
    struct page *const page = self->page;
    const char *value;
    ASYNC_BEGIN
    do { /* an answer 1xx is only the announcement of another */
        AWAIT_TO(self->line, read_line, self->s);
        if (strncmp(self->line, "HTTP/1.", 7) != 0 || strlen(self->line) < 12)
            ASYNC_RAISE(BAD_ANSWER);
        page->keep = self->line[7] != '0';
        page->status = atoi(self->line + 9);
        page->length = -1;
        page->chunked = false;
        for (;;) {
            AWAIT_TO(self->line, read_line, self->s);
            if (!*self->line) break;
            if ((value = header(self->line, "Content-Length"))) {
                page->length = number(value, 10);
                if (page->length < 0) ASYNC_RAISE(BAD_ANSWER);
            } else if ((value = header(self->line, "Transfer-Encoding"))) {
                page->chunked = strcasecmp(value, "chunked") == 0;
            } else if ((value = header(self->line, "Connection"))) {
                page->keep = strcasecmp(value, "keep-alive") == 0 ||
                             (page->keep && strcasecmp(value, "close") != 0);
            }
        }
    } while (page->status / 100 == 1);
    if (page->status == 204 || page->status == 304) page->length = 0;
    if (page->length < 0 && !page->chunked) page->keep = false;
    ASYNC_END
}

ASYNC(void, read_chunks, args(struct fetcher *f, struct stream *s),
      vars(char *line; long long size), awaits(read_line, read_bytes))
{
    ASYNC_BEGIN
    do {
        AWAIT_TO(self->line, read_line, self->s);
        self->size = number(self->line, 16);
        if (self->size < 0) ASYNC_RAISE(BAD_ANSWER);
        AWAIT(read_bytes, self->f, self->s, self->size);
        do AWAIT_TO(self->line, read_line, self->s);
        while (!self->size && *self->line); /* after the last chunk: trailers */
        if (*self->line) ASYNC_RAISE(BAD_ANSWER);
    } while (self->size);
    ASYNC_END
}

/* ---- fetching ---- */

static void hang_up(struct stream *s)
{
    if (s->fd >= 0) (void)async_close(s->fd);
    s->fd = -1;
    s->to = NULL;
    s->start = s->end = 0;
}

/* One page, over the connection that is there or a new one. */
ASYNC(void, fetch,
      args(struct fetcher *f, struct stream *s, const struct target *to, struct page *page),
      vars(size_t size), raw(char request[2048]), awaits(read_head, read_chunks, read_bytes))
{
    struct stream *const s = self->s;
    struct page *const page = self->page;
    int n;
    ASYNC_BEGIN
    if (s->fd < 0) {
        AWAIT_TO(s->fd, async_connect_to, &self->to->address);
        self->f->connections++;
        s->to = self->to;
    }
    n = snprintf(self->request, sizeof self->request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n",
                 self->to->path, self->to->host);
    if (n >= (int)sizeof self->request) ASYNC_RAISE(-ENAMETOOLONG);
    self->size = (size_t)n;
    AWAIT(async_write_all, s->fd, self->request, self->size);
    AWAIT(read_head, s, page);
    if (page->chunked) AWAIT(read_chunks, self->f, s);
    else AWAIT(read_bytes, self->f, s, page->length);
    ASYNC_END
}

/* Takes the next page that nobody has taken, until there are none. */
ASYNC(void, worker, args(struct fetcher *f),
      vars(const struct target *to; async_timeout limit; struct page page; bool reused; int error),
      raw(struct stream s), awaits(fetch))
{
    struct fetcher *const f = self->f;
    struct stream *const s = &self->s;
    ASYNC_BEGIN
    s->fd = -1;
    hang_up(s);
    ASYNC_DO {
        while (f->next < f->total) {
            self->to = &f->targets[f->next++ % f->target_count];
            if (s->to != self->to) hang_up(s);
            do {
                self->reused = s->fd >= 0;
                self->page.status = 0;
                ASYNC_TRY {
                    self->error = 0;
                    ASYNC_WITH(async_timeout, &self->limit, ASYNC_MS(f->limit_ms)) {
                        AWAIT(fetch, f, s, self->to, &self->page);
                    }
                }
                ASYNC_CATCH(self->error) {
                    hang_up(s);
                }
                /* A server may close an idle connection just when it is used again. */
            } while (self->error && self->reused && !self->page.status && !self->limit.expired);
            if (!self->page.keep) hang_up(s);
            f->fetched++;
            if (!self->error && self->page.status < 400) continue;
            if (self->limit.expired) fprintf(stderr, "%s: took too long\n", self->to->url);
            else if (self->error)
                fprintf(stderr, "%s: %s\n", self->to->url, error_text(self->error));
            else fprintf(stderr, "%s: status %d\n", self->to->url, self->page.status);
            f->failed++;
        }
    }
    ASYNC_FINALLY {
        hang_up(s);
    }
    ASYNC_END
}

ASYNC(void, fetch_all, args(struct fetcher *f, int at_once), vars(async_group workers; int i))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_group, &self->workers) {
        for (self->i = 0; self->i < self->at_once; self->i++)
            if (!ASYNC_SPAWN_NEW_IN(&self->workers, worker, self->f)) ASYNC_RAISE(-ENOMEM);
    }
    ASYNC_END
}

/* ---- the command line ---- */

/* Looks up the name as well. That blocks, so it is done before the loop starts. */
static const char *parse_url(struct target *t, char *url)
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    const char *host = url + 7, *end, *port = "80";
    char name[256], *colon, *slash;
    size_t n;
    if (strncasecmp(url, "http://", 7) != 0) return "an address begins with http://";
    n = strcspn(host, "/?#");
    if (n == 0 || n >= sizeof t->host) return "this host name is too short or too long";
    memcpy(t->host, host, n);
    t->host[n] = 0;
    slash = (char *)(uintptr_t)(host + n);
    if (*slash && *slash != '/') return "after the host comes a /";
    slash[strcspn(slash, "#")] = 0;
    t->url = url;
    t->path = *slash ? slash : "/";
    for (end = t->path; *end; end++)
        if (*end <= ' ' || *end == 127) return "blanks and the like are written as %20";

    memcpy(name, t->host, n + 1);
    colon = strrchr(name, ':');
    if (colon && !strchr(colon, ']')) *colon = 0, port = colon + 1; /* not inside of [::1] */
    n = strlen(name);
    host = name;
    if (n && name[0] == '[' && name[n - 1] == ']') name[n - 1] = 0, host = name + 1;
    if (getaddrinfo(host, port, &hints, &found) != 0) return "the host is not known";
    memcpy(&t->address.storage, found->ai_addr, found->ai_addrlen);
    t->address.length = found->ai_addrlen;
    freeaddrinfo(found);
    return NULL;
}

int main(int argc, char **argv)
{
    struct fetcher f = {.limit_ms = 10000};
    struct timespec begin, end;
    long repeat = 1, ms;
    int option, at_once = 10, status;
    while ((option = getopt(argc, argv, "c:n:t:p")) > 0) {
        if (option == 'c') at_once = atoi(optarg);
        else if (option == 'n') repeat = atol(optarg);
        else if (option == 't') f.limit_ms = atoi(optarg);
        else if (option == 'p') f.print = true;
        else break;
    }
    if (option > 0 || optind == argc || at_once < 1) {
        fprintf(stderr, "usage: %s [-c at once] [-n times] [-t ms] [-p] http://host/path ...\n",
                argv[0]);
        return 2;
    }
    f.target_count = argc - optind;
    f.total = repeat * f.target_count;
    f.targets = (struct target *)calloc((size_t)f.target_count, sizeof *f.targets);
    if (!f.targets) return 2;
    for (option = 0; option < f.target_count; option++) {
        const char *wrong = parse_url(&f.targets[option], argv[optind + option]);
        if (wrong) {
            fprintf(stderr, "%s: %s\n", argv[optind + option], wrong);
            free(f.targets);
            return 2;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    status = ASYNC_RUN(fetch_all, &f, at_once);
    clock_gettime(CLOCK_MONOTONIC, &end);
    free(f.targets);
    fflush(stdout); /* the pages come before what is said of them */
    ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
    fprintf(f.print ? stderr : stdout,
            "%ld pages, %ld failed, %lld bytes, %ld connections, %ld ms\n", f.fetched, f.failed,
            f.bytes, f.connections, ms);
    return status || f.failed ? 1 : 0;
}
