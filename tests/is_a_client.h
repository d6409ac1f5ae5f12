/* For builds that look at every task: a program with a server and a client. After test.h. */
/* A server and a connecting stream stand where tasks wait, but are none. */
ASYNC(void, serves_nothing, args(async_stream *s))
{
    (void)self;
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC(void, is_a_client, vars(async_server server; async_address at; char text[64]; async_stream s))
{
    ASYNC_BEGIN
    CHECK_INT(ASYNC_START_SERVER(&self->server, "127.0.0.1:0", serves_nothing), 0);
    CHECK_INT(async_local_address(self->server.fd, &self->at), 0);
    AWAIT(async_open_connection, &self->s,
          async_address_format(&self->at, self->text, sizeof self->text));
    async_stream_close(&self->s);
    AWAIT(async_stream_wait_closed, &self->s);
    AWAIT(async_sleep, ASYNC_MS(5));
    CHECK_INT(async_server_close(&self->server), 0);
    AWAIT(async_server_wait_closed, &self->server);
    ASYNC_END
}
