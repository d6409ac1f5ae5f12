/* One side of the conversation of peers.sh: messages "LENGTH\n" and that many bytes, which come back.
 *
 *   peer serve                          says where it listens, and answers until SIGTERM
 *   peer talk ADDRESS COUNT SEED MS     sends COUNT messages of random sizes while it reads the
 *                                       answers, of which it takes the first after MS milliseconds
 */
#define ASYNCC_IMPLEMENTATION
#include "../../asyncc.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 100000 };

/* Message i: its size, by chance, and a pattern that begins elsewhere each time. */
static unsigned size_of(unsigned seed, unsigned i)
{
    unsigned x = (i * 2654435761u) ^ (seed * 40503u);
    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    return i % 100 == 99 ? x % LONGEST : x % 3000;
}
static char pattern[LONGEST + 256];

static size_t most_unsent;
ASYNC(void, answer, args(async_stream *stream), vars(async_bytes head; size_t size; int err),
      raw(char body[LONGEST]))
{
    static const int little = 131072; /* the kernel keeps no more, so that a late reader is felt */
    ASYNC_BEGIN
    if (setsockopt(self->stream->fd, SOL_SOCKET, SO_SNDBUF, &little, sizeof little) < 0)
        ASYNC_RAISE(-errno);
    for (;;) {
        AWAIT_TO(self->head, async_stream_readline, self->stream);
        if (self->head.size == 0) break; /* the other half is closed: this one still works */
        self->size = strtoul(self->head.data, NULL, 10);
        if (self->size > LONGEST) ASYNC_RAISE(-EPROTO, "too long a message");
        async_stream_write(self->stream, self->head.data, self->head.size);
        AWAIT(async_stream_readexactly, self->stream, self->body, self->size);
        async_stream_write(self->stream, self->body, self->size);
        if (most_unsent < async_stream_unsent(self->stream))
            most_unsent = async_stream_unsent(self->stream);
        AWAIT(async_stream_drain, self->stream);
    }
    async_stream_write(self->stream, "bye\n", 4);
    ASYNC_END
}
ASYNC(void, serve,
      vars(async_server server; async_address bound; char text[128]; async_signal signals; int n))
{
    ASYNC_BEGIN
    self->n = ASYNC_START_SERVER(&self->server, "127.0.0.1:0", answer);
    if (self->n) ASYNC_RAISE(self->n);
    ASYNC_WITH(async_server, &self->server) {
        ASYNC_WITH(async_signal, &self->signals, ASYNC_SIGNALS(SIGTERM)) {
            (void)async_local_address(self->server.fd, &self->bound);
            printf("listening on %s\n", async_address_format(&self->bound, self->text, 128));
            fflush(stdout);
            AWAIT_TO(self->n, async_signal_wait, &self->signals);
        }
        printf("most unsent: %zu\n", most_unsent);
    }
    ASYNC_END
}

ASYNC(void, ask, args(async_stream *stream, unsigned count, unsigned seed),
      vars(unsigned i; int err; char head[16]; struct iovec v[2]))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->count; self->i++) {
        self->v[0].iov_base = self->head;
        self->v[0].iov_len =
            (size_t)snprintf(self->head, sizeof self->head, "%u\n", size_of(self->seed, self->i));
        self->v[1].iov_base = pattern + self->i % 256;
        self->v[1].iov_len = size_of(self->seed, self->i);
        async_stream_writelines(self->stream, self->v, 2);
        AWAIT(async_stream_drain, self->stream);
    }
    self->err = async_stream_write_eof(self->stream);
    if (self->err) ASYNC_RAISE(self->err);
    ASYNC_END
}
ASYNC(void, talk, args(const char *address, unsigned count, unsigned seed, int pause),
      vars(async_stream stream; unsigned i; async_bytes line), raw(char body[LONGEST]),
      tasks(ask asks))
{
    ASYNC_BEGIN
    AWAIT(async_open_connection, &self->stream, self->address);
    ASYNC_WITH(async_stream, &self->stream) {
        ASYNC_SPAWN(&self->asks, ask, &self->stream, self->count, self->seed);
        AWAIT(async_sleep, ASYNC_MS(self->pause));
        for (self->i = 0; self->i < self->count; self->i++) {
            AWAIT_TO(self->line, async_stream_readline, &self->stream);
            if (strtoul(self->line.data, NULL, 10) != size_of(self->seed, self->i))
                ASYNC_RAISE(-EPROTO, "another length");
            AWAIT(async_stream_readexactly, &self->stream, self->body,
                  size_of(self->seed, self->i));
            if (memcmp(self->body, pattern + self->i % 256, size_of(self->seed, self->i)) != 0)
                ASYNC_RAISE(-EPROTO, "other bytes");
        }
        AWAIT_TO(self->line, async_stream_readall, &self->stream, 100);
        if (self->line.size != 4 || memcmp(self->line.data, "bye\n", 4) != 0)
            ASYNC_RAISE(-EPROTO, "no farewell");
        AWAIT_TASK(&self->asks);
    }
    printf("%u messages\n", self->count);
    ASYNC_END
}

int main(int argc, char **argv)
{
    int i;
    for (i = 0; i < LONGEST + 256; i++) pattern[i] = (char)i;
    if (argc == 2 && !strcmp(argv[1], "serve")) return ASYNC_RUN(serve);
    if (argc == 6 && !strcmp(argv[1], "talk"))
        return ASYNC_RUN(talk, argv[2], (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]),
                         atoi(argv[5]));
    return 2;
}
