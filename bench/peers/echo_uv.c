/* The echo server with libuv, written as its users do: one write request a write. */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

struct client {
    uv_tcp_t tcp;
    char data[4096]; /* whoever speaks next waits until this is written */
    uv_write_t write;
};

static void on_closed(uv_handle_t *h)
{
    free(h->data);
}
static void on_written(uv_write_t *w, int status)
{
    if (status < 0 && !uv_is_closing((uv_handle_t *)w->handle))
        uv_close((uv_handle_t *)w->handle, on_closed);
}
static void on_room(uv_handle_t *h, size_t wanted, uv_buf_t *buf)
{
    struct client *c = h->data;
    (void)wanted;
    *buf = uv_buf_init(c->data, sizeof c->data);
}
static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct client *c = s->data;
    uv_buf_t out = uv_buf_init(buf->base, (unsigned)n);
    if (n < 0) uv_close((uv_handle_t *)s, on_closed);
    else if (n > 0) (void)uv_write(&c->write, s, &out, 1, on_written);
}
static void on_connection(uv_stream_t *listener, int status)
{
    struct client *c = malloc(sizeof *c);
    if (status < 0 || !c) abort();
    (void)uv_tcp_init(listener->loop, &c->tcp);
    c->tcp.data = c;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0) abort();
    (void)uv_tcp_nodelay(&c->tcp, 1);
    (void)uv_read_start((uv_stream_t *)&c->tcp, on_room, on_read);
}

int main(void)
{
    uv_loop_t *loop = uv_default_loop();
    struct sockaddr_in address;
    uv_tcp_t listener;
    int size = sizeof address;
    (void)uv_ip4_addr("127.0.0.1", 0, &address);
    (void)uv_tcp_init(loop, &listener);
    if (uv_tcp_bind(&listener, (struct sockaddr *)&address, 0) < 0 ||
        uv_listen((uv_stream_t *)&listener, 4096, on_connection) < 0 ||
        uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &size) < 0)
        return 1;
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return uv_run(loop, UV_RUN_DEFAULT);
}
