/* An echo server on streams: one handler for each connection, lines, and drain() for slow readers.
 *
 *     cc -I.. -pthread 35_streams_server.c -o streams_server && ./streams_server
 *
 * Try it:   34_streams_client.c, or nc 127.0.0.1 7001      lines come back, in capitals
 * Options:  ./streams_server [address], such as 127.0.0.1:7001, '*:7001', unix:/tmp/echo
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <ctype.h>
#include <signal.h>
#include <stdio.h>

/* async def echo(reader, writer). However it ends, the stream is closed once all is sent. */
ASYNC(void, echo, args(async_stream *stream), vars(async_bytes line; size_t i))
{
    ASYNC_BEGIN
    ASYNC_FOR_NEXT(self->line, async_stream_next, self->stream) { /* async for line in reader */
        for (self->i = 0; self->i < self->line.size; self->i++)
            self->line.data[self->i] = (char)toupper((unsigned char)self->line.data[self->i]);
        async_stream_write(self->stream, self->line.data, self->line.size);
        AWAIT(async_stream_drain, self->stream); /* raises what write() had to say, too */
    }
    ASYNC_END
}

ASYNC(void, amain, args(const char *address),
      vars(async_server server; async_address bound; char text[128]; async_signal signals; int err))
{
    ASYNC_BEGIN
    self->err = ASYNC_START_SERVER(&self->server, self->address, echo);
    if (self->err) ASYNC_RAISE(self->err, "cannot listen on that address");
    ASYNC_WITH(async_server, &self->server) {
        if (async_local_address(self->server.fd, &self->bound) == 0) /* which port, if it was 0 */
            printf("listening on %s\n", async_address_format(&self->bound, self->text, 128));
        fflush(stdout);
        ASYNC_WITH(async_signal, &self->signals, ASYNC_SIGNALS(SIGINT, SIGTERM)) {
            AWAIT_TO(self->err, async_signal_wait, &self->signals);
        }
        printf("stopped by signal %d, %u still connected\n", self->err, self->server.clients);
        async_server_close_clients(&self->server); /* the block waits for their handlers */
    }
    ASYNC_END
}

int main(int argc, char **argv)
{
    return ASYNC_RUN(amain, argc > 1 ? argv[1] : "127.0.0.1:7001");
}
