# Switch, spawn and join, queues and timers in asyncio, `core.py uvloop` with uvloop: rows of
# workload,size,ns of CPU time each.
import asyncio
import sys
import time

if "uvloop" in sys.argv:
    import uvloop
    uvloop.install()
N = 20000


async def measure(workload, size, n, run):
    await run(n // 10)
    begin = time.process_time_ns()
    await run(n)
    print("%s,%d,%.1f" % (workload, size, (time.process_time_ns() - begin) / n))


async def switches(n):
    async def one():
        for _ in range(n // 100):
            await asyncio.sleep(0)
    await asyncio.gather(*(one() for _ in range(100)))


async def spawn(n):
    async def child(x):
        return x + 1
    total = 0
    for i in range(n):
        total += await asyncio.create_task(child(i))


def queue(capacity):
    async def run(n):
        q = asyncio.Queue(capacity)

        async def put():
            for i in range(n):
                await q.put(i)

        async def get():
            for i in range(n):
                await q.get()
        await asyncio.gather(put(), get())
    return run


def delay(i):
    return (i * 2654435769 % 2**32) / 2**32


async def fire(n):
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    left = n

    def fired():
        nonlocal left
        left -= 1
        if not left:
            done.set_result(None)
    for i in range(n):
        loop.call_later(delay(i), fired)
    await done


async def cancel(n):
    loop = asyncio.get_running_loop()
    for t in [loop.call_later(3600 + delay(i), print) for i in range(n)]:
        t.cancel()


async def main():
    await measure("switch", 100, N, switches)
    await measure("spawn-join", 0, N, spawn)
    await measure("queue", 1, N, queue(1))
    await measure("queue", 128, N, queue(128))
    await measure("timer-fire", 100000, 100000, fire)
    await measure("timer-cancel", 100000, 100000, cancel)

asyncio.run(main())
