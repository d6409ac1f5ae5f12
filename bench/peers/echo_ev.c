/* The echo server with libev: a watcher a connection, one read a wake. */
#define _GNU_SOURCE 1
#include "listen.h"
#include <ev.h>

static void on_readable(struct ev_loop *loop, ev_io *w, int events)
{
    char data[4096];
    ssize_t n = recv(w->fd, data, sizeof data, 0);
    (void)events;
    if (n > 0 && send(w->fd, data, (size_t)n, MSG_NOSIGNAL) == n) return;
    ev_io_stop(loop, w);
    (void)close(w->fd);
    free(w);
}
static void on_connection(struct ev_loop *loop, ev_io *w, int events)
{
    int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK);
    ev_io *client;
    (void)events;
    if (fd < 0) return;
    no_delay(fd);
    client = malloc(sizeof *client);
    if (!client) abort();
    ev_io_init(client, on_readable, fd, EV_READ);
    ev_io_start(loop, client);
}
int main(void)
{
    struct ev_loop *loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    ev_io listener;
    if (!loop) return 1;
    ev_io_init(&listener, on_connection, listen_here(SOCK_NONBLOCK), EV_READ);
    ev_io_start(loop, &listener);
    return ev_run(loop, 0);
}
