// A server's handler that does not take a stream.
// EXPECT gcc: makes integer from pointer without a cast
// EXPECT clang: incompatible pointer to integer conversion
// EXPECT g++: invalid conversion from 'async_stream*'
// EXPECT clang++: cannot initialize a parameter of type 'int' with an rvalue of type 'async_stream *'
#include "asyncc.h"

ASYNC(void, echo, args(int fd))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->fd));
    ASYNC_END
}
ASYNC(int, f, vars(async_server server))
{
    ASYNC_BEGIN
    ASYNC_RETURN(ASYNC_START_SERVER(&self->server, "127.0.0.1:0", echo));
    ASYNC_END
}
