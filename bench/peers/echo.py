# The echo server in CPython: asyncio's protocols, the fastest it has; `echo.py uvloop` with uvloop.
import asyncio
import sys

if sys.argv[1:] == ["uvloop"]:
    import uvloop
    uvloop.install()


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def main():
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0, backlog=4096)
    print("listening on 127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
