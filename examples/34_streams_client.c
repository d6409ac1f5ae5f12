/* A client on streams: writes lines while it reads the answers.
 *
 *     cc -I.. -pthread 34_streams_client.c -o streams_client && ./streams_client
 *
 * Try it:   with 35_streams_server.c, or any server that answers line by line
 * Options:  ./streams_client [address], such as localhost:7001 or unix:/tmp/echo
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>
#include <string.h>

/* One task writes, another reads: a stream has two halves. */
ASYNC(void, say, args(async_stream *stream), vars(int i))
{
    static const char *const words[] = {"one\n", "two\n", "three"};
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++) {
        async_stream_write(self->stream, words[self->i], strlen(words[self->i]));
        AWAIT(async_stream_drain, self->stream);
        AWAIT(async_sleep, ASYNC_MS(20));
    }
    async_stream_write_eof(self->stream); /* the server reads the end; its answers still come */
    ASYNC_END
}

ASYNC(void, amain, args(const char *address), vars(async_stream stream; async_bytes line),
      tasks(say says))
{
    ASYNC_BEGIN
    AWAIT(async_open_connection, &self->stream, self->address);
    ASYNC_WITH(async_stream, &self->stream) {
        ASYNC_SPAWN(&self->says, say, &self->stream);
        for (;;) {
            AWAIT_TO(self->line, async_stream_readline, &self->stream);
            if (self->line.size == 0) break; /* the end; an empty line has its "\n" */
            printf("received: %.*s", (int)self->line.size, self->line.data);
        }
        AWAIT_TASK(&self->says);
    }
    printf("\nthe server has closed\n");
    ASYNC_END
}

int main(int argc, char **argv)
{
    return ASYNC_RUN(amain, argc > 1 ? argv[1] : "localhost:7001");
}
