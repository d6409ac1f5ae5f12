/* A scripted TCP client, for the tests of the example servers: plain blocking POSIX calls, so that
 * nothing of asyncc.h is tested by itself.
 *
 *   talk ADDRESS STEP...      ADDRESS as 127.0.0.1:7000 or unix:/path
 *   talk -l STEP...           says at which address of 127.0.0.1 it listens, and waits for one to
 *                             connect
 * Steps run in order:
 *     -s TEXT    send; \r \n \t \0 \\ and \xHH are known
 *     -b TEXT    send one byte at a time, a millisecond between two
 *     -f N       send N times the letter x
 *     -F FILE    send what is in the file
 *     -w MS      wait
 *     -u TEXT    read until TEXT has come
 *     -e         no more will be sent (half-close)
 *     -r N       read N bytes
 *     -n         do not read from here on, but where a step says so; what comes in is else read
 *                while sending, so that two who send a lot do not wait for each other
 *     -R         have the system keep little of what comes in
 *     -x         close at once, by a reset, and stop
 *     -q MS      the longest a read or a send may take, 5000 unless said
 * After the last step all is read up to the end. What was read is printed. Exit status: 0 the
 * peer closed, 1 the peer reset the connection, 2 it took too long, 3 anything else. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* memmem */
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct talk {
    int fd, limit_ms, never_read;
    char *read;              /* all that came, so that -u finds a text in two pieces */
    size_t size, room, seen; /* -u looks behind what the last one found */
};

static void end(struct talk *t, int status, const char *why)
{
    fwrite(t->read, 1, t->size, stdout);
    fflush(stdout);
    if (status) fprintf(stderr, "talk: %s\n", why);
    exit(status);
}

static short wait_for(struct talk *t, short events)
{
    struct pollfd p = {t->fd, events, 0};
    if (poll(&p, 1, t->limit_ms) == 0) end(t, 2, "took too long");
    return p.revents;
}

static void failed(struct talk *t)
{
    end(t, errno == ECONNRESET || errno == EPIPE ? 1 : 3, strerror(errno));
}

/* False at the end of what the peer sends. */
static int take(struct talk *t, size_t most)
{
    ssize_t n;
    if (t->room - t->size < 65536) {
        t->room += 1 << 20;
        t->read = realloc(t->read, t->room);
        if (!t->read) exit(3);
    }
    (void)wait_for(t, POLLIN);
    n = recv(t->fd, t->read + t->size, most < 65536 ? most : 65536, 0);
    if (n < 0) failed(t);
    t->size += (size_t)n;
    return n > 0;
}

static void give(struct talk *t, const char *data, size_t size)
{
    while (size) {
        ssize_t n;
        if (wait_for(t, t->never_read ? POLLOUT : POLLIN | POLLOUT) & POLLIN && !t->never_read &&
            !take(t, 65536))
            t->never_read = 1; /* that was the end */
        n = send(t->fd, data, size, MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN) { /* what the peer said before it hung up is worth showing */
            while (t->size < 1 << 24 && take(t, 65536)) {}
            end(t, 1, "the peer does not take any more");
        }
        if (n > 0) data += n, size -= (size_t)n;
    }
}

static int hex(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

static size_t unescape(char *text)
{
    char *to = text, *from = text;
    while (*from) {
        if (*from != '\\') {
            *to++ = *from++;
            continue;
        }
        from++;
        if (*from == 'x' && hex(from[1]) >= 0 && hex(from[2]) >= 0) {
            *to++ = (char)(hex(from[1]) * 16 + hex(from[2]));
            from += 3;
            continue;
        }
        *to++ = *from == 'r'   ? '\r'
                : *from == 'n' ? '\n'
                : *from == 't' ? '\t'
                : *from == '0' ? 0
                               : *from;
        if (*from) from++;
    }
    return (size_t)(to - text);
}

static int open_connection(const char *address)
{
    struct sockaddr_in in = {0};
    struct sockaddr_un un = {0};
    const char *colon = strrchr(address, ':');
    char host[64] = "";
    int fd;
    if (strncmp(address, "unix:", 5) == 0) {
        un.sun_family = AF_UNIX;
        strncpy(un.sun_path, address + 5, sizeof un.sun_path - 1);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        return fd < 0 || connect(fd, (struct sockaddr *)&un, sizeof un) < 0 ? -1 : fd;
    }
    if (!colon || colon - address >= (int)sizeof host) return errno = EINVAL, -1;
    memcpy(host, address, (size_t)(colon - address));
    in.sin_family = AF_INET;
    in.sin_port = htons((unsigned short)atoi(colon + 1));
    if (inet_pton(AF_INET, host, &in.sin_addr) != 1) return errno = EINVAL, -1;
    fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd < 0 || connect(fd, (struct sockaddr *)&in, sizeof in) < 0 ? -1 : fd;
}

static int wait_for_connection(void)
{
    struct sockaddr_in in = {0};
    socklen_t size = sizeof in;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&in, size) < 0 || listen(fd, 1) < 0 ||
        getsockname(fd, (struct sockaddr *)&in, &size) < 0)
        return -1;
    fprintf(stderr, "talk: listening on 127.0.0.1:%d\n", ntohs(in.sin_port));
    return accept(fd, NULL, NULL);
}

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

int main(int argc, char **argv)
{
    struct talk t = {-1, 5000, 0, NULL, 0, 0, 0};
    struct linger reset = {1, 0};
    int i, on = 1, small = 4096;
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2 ||
        (t.fd = strcmp(argv[1], "-l") ? open_connection(argv[1]) : wait_for_connection()) < 0) {
        fprintf(stderr, "talk: %s: %s\n", argc < 2 ? "which address?" : argv[1], strerror(errno));
        return 3;
    }
    (void)setsockopt(t.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (i = 2; i < argc; i++) {
        char step = argv[i][0] == '-' ? argv[i][1] : 0, *text = NULL, *p;
        size_t size = 0, n;
        if (strchr("sbfFwurq", step) && step) {
            if (!argv[++i]) break;
            text = argv[i];
        }
        switch (step) {
        case 's':
            size = unescape(text);
            give(&t, text, size);
            break;
        case 'b':
            for (size = unescape(text), n = 0; n < size; n++) {
                give(&t, text + n, 1);
                pause_ms(1);
            }
            break;
        case 'f':
            size = (size_t)atol(text);
            p = malloc(size);
            if (!p) return 3;
            memset(p, 'x', size);
            give(&t, p, size);
            free(p);
            break;
        case 'F': {
            FILE *file = fopen(text, "rb");
            char data[4096];
            while (file && (size = fread(data, 1, sizeof data, file))) give(&t, data, size);
            if (!file || fclose(file)) return 3;
            break;
        }
        case 'w': pause_ms(atol(text)); break;
        case 'u':
            size = unescape(text);
            while (!(p = t.size - t.seen < size
                             ? NULL
                             : memmem(t.read + t.seen, t.size - t.seen, text, size)))
                if (!take(&t, 65536)) end(&t, 3, "the peer closed before the text came");
            t.seen = (size_t)(p - t.read) + size;
            break;
        case 'r':
            for (size = t.size + (size_t)atol(text); t.size < size;)
                if (!take(&t, size - t.size))
                    end(&t, 3, "the peer closed before so many bytes came");
            break;
        case 'e': (void)shutdown(t.fd, SHUT_WR); break;
        case 'n': t.never_read = 1; break;
        case 'R': (void)setsockopt(t.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small); break;
        case 'x':
            (void)setsockopt(t.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            (void)close(t.fd);
            end(&t, 0, "");
            break;
        case 'q': t.limit_ms = atoi(text); break;
        default: fprintf(stderr, "talk: unknown step %s\n", argv[i]); return 3;
        }
    }
    while (take(&t, 65536)) {}
    end(&t, 0, "");
}
