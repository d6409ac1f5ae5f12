/* A TCP server: one task a client, a clean stop on Ctrl-C.
 *
 *     cc -I.. 30_echo_server.c -o echo_server && ./echo_server
 *
 * Try it:   nc 127.0.0.1 7000      what you type comes back
 * Options:  ./echo_server [address], such as 127.0.0.1:7000, '*:7000', '[::1]:7000', unix:/tmp/echo
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <signal.h>
#include <stdio.h>

/* One client, from its first byte to its last. An error that leaves this body (the connection was
 * reset, say) ends this task only, and is reported with coroutine, file and line. */
ASYNC(void, echo, args(int fd), vars(ptrdiff_t n), raw(char data[4096]))
{
    ASYNC_BEGIN
    ASYNC_DO {
        for (;;) {
            AWAIT_TO(self->n, async_read, self->fd, self->data, sizeof self->data);
            if (self->n == 0) break; /* the client has said all it wanted to */
            AWAIT(async_write_all, self->fd, self->data, (size_t)self->n);
        }
    }
    ASYNC_FINALLY {
        (void)async_close(self->fd);
    }
    ASYNC_END
}

/* Clients' tasks belong to the loop, which cancels them at its end. They start eagerly because
 * they own a descriptor: a task that is cancelled before its first step could not close it. */
ASYNC(void, serve, args(int listener), vars(int fd))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT_TO(self->fd, async_accept, self->listener, NULL);
        if (!ASYNC_SPAWN_NEW_EAGER(echo, self->fd)) (void)async_close(self->fd); /* no memory */
    }
    ASYNC_END
}

ASYNC(void, amain, args(const char *address),
      vars(int listener; async_address bound; char text[128]; async_group group; async_signal stop;
           int number),
      tasks(serve server))
{
    ASYNC_BEGIN
    self->listener = async_listen(self->address, 0);
    if (self->listener < 0) ASYNC_RAISE(self->listener, "cannot listen on that address");

    ASYNC_DO {
        ASYNC_WITH(async_signal, &self->stop, ASYNC_SIGNALS(SIGINT, SIGTERM)) {
            if (async_local_address(self->listener, &self->bound) ==
                0) /* which port, if it was 0 */
                printf("listening on %s\n", async_address_format(&self->bound, self->text, 128));
            fflush(stdout);
            ASYNC_WITH(async_group,
                       &self->group) { /* should accepting fail, the wait ends as well */
                ASYNC_SPAWN_IN(&self->group, &self->server, serve, self->listener);
                AWAIT_TO(self->number, async_signal_wait, &self->stop);
                printf("stopped by signal %d\n", self->number);
                async_task_cancel(&self->server.task);
            }
        }
    }
    ASYNC_FINALLY {
        (void)async_close(self->listener);
    }
    ASYNC_END
}

int main(int argc, char **argv)
{
    return ASYNC_RUN(amain, argc > 1 ? argv[1] : "127.0.0.1:7000");
}
