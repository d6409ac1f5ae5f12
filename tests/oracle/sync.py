"""The programs of tests/test_sync.c on CPython (3.13): prints the digests that the test wants.

    python3.13 sync.py            the digests of all kinds of programs
    python3.13 sync.py KIND SEED  what one program prints
"""
import asyncio
import sys

KINDS = {
    'lock': 'sleep0 sleep cancel lock_acquire lock_release lock_with timed_lock uncancel'.split(),
    'semaphore': 'sleep0 sleep cancel sem_acquire sem_release sem_with timed_sem sem_release'.split(),
    'event': 'sleep0 sleep cancel event_wait event_set event_clear event_wait timed_event'.split(),
    'condition': 'sleep0 cancel cond_wait cond_notify cond_wait cond_wait_for cond_count timed_cond '
                 'cond_acquire cond_release cond_raw_wait sleep cond_suicide uncancel'.split(),
    'barrier': 'sleep0 cancel barrier_wait barrier_wait barrier_wait barrier_reset barrier_abort '
               'barrier_wait timed_barrier sleep'.split(),
    'fifo': 'sleep0 cancel put get put get put_nowait get_nowait task_done join timed_put timed_get '
            'sleep shutdown uncancel'.split(),
    'mixed': 'sleep0 sleep cancel lock_with sem_with event_wait event_set event_clear cond_wait cond_notify '
             'cond_wait_for cond_count barrier_wait put get join task_done timed_get uncancel'.split(),
}
KINDS['lifo'] = KINDS['priority'] = KINDS['fifo']
ORDER = 'lock semaphore event condition barrier fifo lifo priority mixed'.split()
PROGRAMS, TASKS, OPS = 200, 5, 12


class Loop(asyncio.SelectorEventLoop):
    """Time jumps to the next deadline; equal deadlines in the order in which they were set."""

    def __init__(self):
        super().__init__()
        self.now = 0
        self._clock_resolution = 0.5

    def time(self):
        return self.now

    def _run_once(self):
        if not self._ready and not self._stopping:
            live = [h._when for h in self._scheduled if not h._cancelled]
            if live:
                self.now = max(self.now, min(live))
        super()._run_once()


class Timer(asyncio.TimerHandle):
    made = 0

    def __init__(self, *args):
        super().__init__(*args)
        Timer.made += 1
        self.number = Timer.made

    def __lt__(self, other):
        return (self._when, self.number) < (other._when, other.number)


class Random:
    def __init__(self, seed):
        self.x = seed & 0xffffffff

    def __call__(self, n):
        self.x = (self.x * 1664525 + 1013904223) & 0xffffffff
        return (self.x >> 16) % n


class Item:
    """Compared by priority alone, as the test's."""

    def __init__(self, priority, number):
        self.priority, self.number = priority, number

    def __lt__(self, other):
        return self.priority < other.priority


ERRORS = [(asyncio.CancelledError, 'cancelled'), (asyncio.BrokenBarrierError, 'broken'),
          (asyncio.QueueShutDown, 'shut'), (asyncio.QueueEmpty, 'again'), (asyncio.QueueFull, 'again'),
          (TimeoutError, 'timeout'), (RuntimeError, 'perm'), (ValueError, 'inval')]


def error_name(e):
    return next(name for kind, name in ERRORS if isinstance(e, kind))


class World:
    def __init__(self, kind, seed):
        random = Random(seed)
        names = KINDS[kind]
        self.text = []
        self.programs = [[(names[random(len(names))], random(8), random(2)) for _ in range(OPS)]
                         for _ in range(TASKS)]
        self.lock = asyncio.Lock()
        self.sem = asyncio.BoundedSemaphore(2) if seed % 2 else asyncio.Semaphore(1)
        self.event = asyncio.Event()
        self.cond = asyncio.Condition(self.lock) if seed % 3 == 0 else asyncio.Condition()
        self.barrier = asyncio.Barrier(3)
        self.queue = {'lifo': asyncio.LifoQueue, 'priority': asyncio.PriorityQueue}.get(kind, asyncio.Queue)(3)
        self.count = self.number = self.asked = 0

    def state(self):
        return '%d%d%d%d%d' % (self.lock.locked(), self.sem.locked(), self.event.is_set(), self.cond.locked(),
                               self.queue.qsize())

    async def op(self, op, arg):
        if op.startswith('timed_'):
            async with asyncio.timeout(arg % 4):
                return await self.op({'lock': 'lock_acquire', 'sem': 'sem_acquire', 'event': 'event_wait',
                                      'cond': 'cond_wait', 'barrier': 'barrier_wait', 'put': 'put',
                                      'get': 'get'}[op[6:]], arg)
        if op == 'sleep0':
            await asyncio.sleep(0)
        elif op == 'sleep':
            await asyncio.sleep(1 + arg % 3)
        elif op == 'cancel':
            return self.tasks[arg % TASKS].cancel()
        elif op == 'uncancel':
            return asyncio.current_task().uncancel()
        elif op == 'lock_acquire':
            await self.lock.acquire()
        elif op == 'lock_release':
            self.lock.release()
        elif op == 'lock_with':
            async with self.lock:
                await asyncio.sleep(arg % 3)
        elif op == 'sem_acquire':
            await self.sem.acquire()
        elif op == 'sem_release':
            self.sem.release()
        elif op == 'sem_with':
            async with self.sem:
                await asyncio.sleep(arg % 3)
        elif op == 'event_wait':
            await self.event.wait()
        elif op == 'event_set':
            self.event.set()
        elif op == 'event_clear':
            self.event.clear()
        elif op == 'cond_wait':
            async with self.cond:
                await self.cond.wait()
        elif op == 'cond_notify':
            async with self.cond:
                self.cond.notify(arg % 4)
                if arg > 3:
                    await asyncio.sleep(arg % 2)
        elif op == 'cond_wait_for':
            async with self.cond:
                await self.cond.wait_for(lambda: self.count % 3 == arg % 3)
        elif op == 'cond_suicide':
            def predicate():
                self.asked += 1
                if arg % 2 and self.asked % 2 == 0:
                    asyncio.current_task().cancel()
                return self.count % 3 == arg % 3
            async with self.cond:
                await self.cond.wait_for(predicate)
        elif op == 'cond_count':
            self.count += 1
            self.cond.notify_all()
        elif op == 'cond_acquire':
            await self.cond.acquire()
        elif op == 'cond_release':
            self.cond.release()
        elif op == 'cond_raw_wait':
            await self.cond.wait()
        elif op == 'barrier_wait':
            return await self.barrier.wait()
        elif op == 'barrier_reset':
            await self.barrier.reset()
        elif op == 'barrier_abort':
            await self.barrier.abort()
        elif op in ('put', 'put_nowait'):
            self.number += 1
            item = Item(arg % 3, self.number)
            if op == 'put':
                await self.queue.put(item)
            else:
                self.queue.put_nowait(item)
        elif op == 'get':
            return (await self.queue.get()).number
        elif op == 'get_nowait':
            return self.queue.get_nowait().number
        elif op == 'task_done':
            self.queue.task_done()
        elif op == 'join':
            await self.queue.join()
        elif op == 'shutdown':
            if arg < 2:
                self.queue.shutdown(arg == 1)
        else:
            raise AssertionError(op)
        return 0

    async def worker(self, i):
        for op, arg, swallow in self.programs[i]:
            error = result = None
            try:
                result = await self.op(op, arg)
            except Exception as e:
                error = e
            except asyncio.CancelledError as e:
                error = e
            self.text.append('%d %s %d: %s %s\n' % (i, op, arg, error_name(error) if error else int(result), self.state()))
            if isinstance(error, asyncio.CancelledError) and not swallow:
                raise error

    async def main(self):
        self.tasks = [asyncio.create_task(self.worker(i)) for i in range(TASKS)]
        for _ in range(30):
            await asyncio.sleep(1)
        while not all(t.done() for t in self.tasks):
            self.text.append('cancel all\n')
            if self.lock.locked():  # nobody will; a condition cannot give up without its lock
                self.lock.release()
            if self.cond.locked():
                self.cond.release()
            for t in self.tasks:
                t.cancel()
            for _ in range(5):
                await asyncio.sleep(1)
        self.text.append(''.join('%d' % t.cancelled() for t in self.tasks) + '\n')


def run(kind, seed):
    asyncio.events.TimerHandle = Timer
    asyncio.base_events.events.TimerHandle = Timer
    world = None

    async def main():
        nonlocal world
        world = World(kind, seed)
        await world.main()
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main())
    return ''.join(world.text)


def digest(text, h=2166136261):
    for c in text.encode():
        h = ((h ^ c) * 16777619) & 0xffffffff
    return h


if __name__ == '__main__':
    if len(sys.argv) == 3:
        sys.stdout.write(run(sys.argv[1], int(sys.argv[2])))
    elif len(sys.argv) == 4:  # KIND FIRST LAST
        for seed in range(int(sys.argv[2]), int(sys.argv[3])):
            print(sys.argv[1], seed, '%08x' % digest(run(sys.argv[1], seed)))
    else:
        for kind in ORDER:
            h = 2166136261
            for seed in range(PROGRAMS):
                h = digest(run(kind, seed), h)
            print('    {"%s", 0x%08x},' % (kind, h))
