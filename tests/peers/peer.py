# The same as peer.c, by Python's asyncio.
import asyncio
import signal
import sys

LONGEST = 100000
PATTERN = bytes(range(256)) * (LONGEST // 256 + 2)


def size_of(seed, i):
    x = (i * 2654435761 & 0xFFFFFFFF) ^ (seed * 40503 & 0xFFFFFFFF)
    x ^= x >> 15
    x = x * 2246822519 & 0xFFFFFFFF
    x ^= x >> 13
    return x % LONGEST if i % 100 == 99 else x % 3000


async def answer(reader, writer):
    while head := await reader.readline():
        writer.write(head + await reader.readexactly(int(head)))
        await writer.drain()
    writer.write(b'bye\n')
    writer.close()
    await writer.wait_closed()


async def serve():
    server = await asyncio.start_server(answer, '127.0.0.1', 0)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print('listening on 127.0.0.1:%d' % server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()
    server.close()


async def ask(writer, count, seed):
    for i in range(count):
        size = size_of(seed, i)
        writer.write(b'%d\n' % size + PATTERN[i % 256:i % 256 + size])
        await writer.drain()
    writer.write_eof()


async def talk(address, count, seed, pause):
    host, port = address.split(':')
    reader, writer = await asyncio.open_connection(host, int(port))
    asks = asyncio.create_task(ask(writer, count, seed))
    await asyncio.sleep(pause / 1000)
    for i in range(count):
        size = size_of(seed, i)
        assert int(await reader.readline()) == size
        assert await reader.readexactly(size) == PATTERN[i % 256:i % 256 + size]
    assert await reader.read() == b'bye\n'
    await asks
    writer.close()
    await writer.wait_closed()
    print(count, 'messages')


if sys.argv[1] == 'serve':
    asyncio.run(serve())
else:
    asyncio.run(talk(sys.argv[2], *map(int, sys.argv[3:])))
