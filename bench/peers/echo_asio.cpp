// The echo server with Boost.Asio's coroutines.
#include <utility> // Boost 1.74 forgets it

#include <boost/asio.hpp>
#include <cstdio>

namespace asio = boost::asio;
using asio::awaitable, asio::use_awaitable, asio::ip::tcp;

static awaitable<void> echo(tcp::socket socket)
{
    char data[4096];
    try {
        for (;;) {
            std::size_t n = co_await socket.async_read_some(asio::buffer(data), use_awaitable);
            co_await asio::async_write(socket, asio::buffer(data, n), use_awaitable);
        }
    } catch (const boost::system::system_error &) {
    }
}
static awaitable<void> serve(tcp::acceptor &listener)
{
    for (;;) {
        tcp::socket socket = co_await listener.async_accept(use_awaitable);
        socket.set_option(tcp::no_delay(true));
        asio::co_spawn(listener.get_executor(), echo(std::move(socket)), asio::detached);
    }
}
int main()
{
    asio::io_context context(1);
    tcp::acceptor listener(context, {asio::ip::address_v4::loopback(), 0});
    std::printf("listening on 127.0.0.1:%d\n", listener.local_endpoint().port());
    std::fflush(stdout);
    asio::co_spawn(context, serve(listener), asio::detached);
    context.run();
}
