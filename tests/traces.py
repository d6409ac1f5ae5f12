"""What CPython prints for the programs of test_traces.c: a hash for each, as C constants, or with
a number the lines of that program. Says how it is used there. Needs CPython 3.13."""
import asyncio
import re
import sys

TASKS, FUTURES = 8, 3


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its clock, in ms, jumps to the next deadline. Timers of equal deadlines fire in the order in
    which they were set: the n-th is later by n * 1e-7 ms, and all of one ms are due together."""

    def __init__(self):
        super().__init__()
        self.now = self.timers = 0
        self._clock_resolution = 0.5
        real = self._selector.select

        def select(timeout=None):
            if timeout is None:
                sys.exit("a program that waits for ever")
            if timeout > 0:
                self.now = int(self._scheduled[0]._when)
            return real(0)

        self._selector.select = select

    def time(self):
        return self.now

    def call_at(self, when, *args, **kwargs):
        self.timers += 1
        return super().call_at(when + self.timers * 1e-7, *args, **kwargs)


class Ordered(dict):
    """A set in order of insertion, for a group that cancels in order of creation."""

    def add(self, x):
        self[x] = True

    def discard(self, x):
        self.pop(x, None)


class Group(asyncio.TaskGroup):
    def __init__(self):
        super().__init__()
        self._tasks = Ordered()


class Node:
    def __init__(self, words):
        self.kind = next(words)
        self.id, self.a, self.b, self.c = (int(next(words)) for _ in range(4))
        self.first = block(words) if self.kind in "TNYD" else None
        self.second = block(words) if self.kind in "YD" else None


def block(words):
    nodes = []
    assert next(words) == "("
    for node in iter(lambda: words.peek() != ")" and Node(words), False):
        nodes.append(node)
    next(words)
    return nodes


class Words:
    def __init__(self, text):
        self.words, self.at = re.findall(r"[()A-Z]|-?\d+", text), 0

    def peek(self):
        return self.words[self.at]

    def __next__(self):
        self.at += 1
        return self.words[self.at - 1]


def name_of(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    for kind, name in ((type(None), "ok"), (asyncio.CancelledError, "cancelled"),
                       (TimeoutError, "timeout"), (OSError, "EIO"), (ValueError, "EPERM")):
        if isinstance(error, kind):
            return name
    return "?"


class Program:
    def __init__(self, which, text):
        words = Words(text)
        self.which = which
        self.blocks = [block(words) for _ in range(TASKS)]
        self.lines, self.tasks, self.groups = [], {}, {}
        self.loop = VirtualLoop()
        self.loop.set_exception_handler(lambda *_: None)
        self.futures = [self.loop.create_future() for _ in range(FUTURES)]

    def say(self, *words):
        self.lines.append(" ".join(str(int(w) if isinstance(w, bool) else w) for w in words))

    def spawn(self, i, group=asyncio):
        coroutine = self.runs(i)
        try:
            self.tasks[i] = group.create_task(coroutine)
        except RuntimeError:
            coroutine.close()
            return False
        return True

    def settle(self, i, error=None):
        future = self.futures[i]
        if future.done():
            return False
        if error:
            future.set_exception(error)
            future.exception()
        else:
            future.set_result(None)
        return True

    def call_cancels(self, i):
        if i in self.tasks:
            self.say("call: cancel", f"{i}:", self.tasks[i].cancel())

    def call_sets(self, i):
        self.say("call: set", f"{i}:", self.settle(i))

    async def runs(self, me):
        self.say(me, "starts")
        error = None
        try:
            await self.depth(self.blocks[me], me)
        except BaseException as e:
            error = e
        self.say(me, "ends:", name_of(error), asyncio.current_task().cancelling())
        if error:
            raise error

    async def depth(self, nodes, me):
        task = asyncio.current_task()
        for n in nodes:
            where, a, on = f"{me}.{n.id}", n.a, self.tasks.get(n.a)
            self.say(where, n.kind)
            match n.kind:
                case "T":
                    async with asyncio.timeout(a) as timeout:
                        await self.depth(n.first, me)
                    self.say(where, timeout.expired())
                case "N":
                    self.groups[a] = Group()
                    async with self.groups[a]:
                        await self.depth(n.first, me)
                case "Y":
                    try:
                        await self.depth(n.first, me)
                    except BaseException as e:
                        self.say(where, name_of(e), task.cancelling())
                        await self.depth(n.second, me)
                case "D":
                    try:
                        await self.depth(n.first, me)
                    finally:
                        self.say(where, "finally")
                        await self.depth(n.second, me)
                case "S": await asyncio.sleep(a)
                case "F": await self.futures[a]
                case "X": raise OSError
                case "J" if on: await on
                case "W" if on: await asyncio.wait_for(on, n.b)
                case "G" if on and n.b in self.tasks:
                    await asyncio.gather(on, self.tasks[n.b], return_exceptions=bool(n.c))
                case "C" if on: self.say(where, on.cancel())
                case "U": self.say(where, task.uncancel())
                case "R": self.say(where, self.settle(a))
                case "E": self.say(where, self.settle(a, ValueError()))
                case "K": self.say(where, self.futures[a].cancel())
                case "P" if not on: self.spawn(a)
                case "A" if not on and n.b >= 0:
                    if n.b not in self.groups or not self.spawn(a, self.groups[n.b]):
                        self.say(where, "refused")
                case "L": self.loop.call_later(n.b, self.call_cancels, a)
                case "B": self.loop.call_soon(self.call_cancels, a)
                case "O": self.loop.call_later(n.b, self.call_sets, a)
                case "Q" if on: on.add_done_callback(lambda _, a=a: self.say("done:", a))
            self.say(where, "at", self.loop.now)

    async def main(self):
        for i in range(TASKS if self.which % 2 else 2):
            self.spawn(i)
        await asyncio.sleep(40)
        for turn in range(30):
            self.say("turn", turn)
            left = [self.tasks[i].cancel() for i in range(TASKS) if i in self.tasks]
            if not any(left):
                break
            await asyncio.sleep(10)
        for i in range(TASKS):
            if i in self.tasks:
                task = self.tasks[i]
                error = asyncio.CancelledError() if task.cancelled() else task.exception()
                self.say(f"{i}:", name_of(error), task.cancelling())

    def run(self):
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self.main())
        return "".join(line + "\n" for line in self.lines)


def hash_of(text):
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 % 2**64
    return value


assert sys.version_info[:2] == (3, 13), "rules differ between versions: this one is followed"
for which, text in enumerate(open(sys.argv[1])):
    if len(sys.argv) == 2:
        print(f"0x{hash_of(Program(which, text).run()):016x},")
    elif which == int(sys.argv[2]):
        print(Program(which, text).run(), end="")
