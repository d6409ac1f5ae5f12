#!/usr/bin/env python3
"""Differential test: small random programs on CPython's asyncio and on asyncc.h, line by line.

A program is a list of coroutine bodies, written as text, one program a line:

    { spawn 1 1 0; sleep 2; try { await 1; } { print; }; } { finally { sleep 3; } { sleep 1; }; }

Body 0 is the main task. `spawn 1 1 0` starts body 1 and puts the task into slot 1; a nested
block is awaited as a coroutine of its own. interp.c runs the same text as asyncc coroutines.
Both have a virtual clock in milliseconds and print a line after each operation:

    1 sleep7 ok c0 @2        task 1, operation number 7, its outcome, cancelling(), the time

At the end both cancel what is left, in order of creation, until nothing is left, and print the
state of everything. Where CPython leaves the order open (equal deadlines, the members of a
group) the oracle here is made to take the order of creation, as asyncc.h does.

A program on which the two differ is made smaller as long as they still do, and shown with both
traces. Rules on which CPython versions disagree are left out of the programs on versions before
3.13; a line says which.

    differential.py INTERP [--count N] [--seed N] [--show] [--program FILE] [--only OP,OP...]
"""

import argparse
import asyncio
import gc
import heapq
import itertools
import os
import random
import re
import subprocess
import sys
import tempfile

SLOTS, FUTURES, CALLS, GROUPS, TIMEOUTS = 5, 3, 3, 2, 2
MOST_TASKS, MOST_FUTURES, MOST_CALLS = 48, 64, 128
DEPTH = 4  # of nested blocks: interp.c has that many levels of coroutines
NEW, OLD = sys.version_info >= (3, 13), sys.version_info < (3, 12)


class UserError(Exception):
    pass


class Idle(Exception):
    """Nothing is left that could wake anybody."""


class Ring(Exception):
    """Tasks that wait for each other in a ring: a cancel would recurse without end."""


# --- the oracle's loop -----------------------------------------------------------------------


class Timer(asyncio.TimerHandle):
    """Equal deadlines in the order in which they were set."""

    __slots__ = ("number",)
    numbers = itertools.count()

    def __lt__(self, other):
        return (self._when, self.number) < (other._when, other.number)


class Loop(asyncio.base_events.BaseEventLoop):
    """The time jumps to the next deadline when nothing is ready. It is its own selector."""

    def __init__(self):
        super().__init__()
        self.now = 0
        self._clock_resolution = 0.5
        self._selector = self

    def time(self):
        return self.now

    def select(self, timeout):
        if timeout is None:
            raise Idle
        self.now += timeout
        return ()

    def call_at(self, when, callback, *args, context=None):
        timer = Timer(when, callback, args, self, context)
        timer.number = next(Timer.numbers)
        timer._scheduled = True
        heapq.heappush(self._scheduled, timer)
        return timer

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass


class Ordered(dict):
    """What a task group keeps its members in, instead of a set."""

    def add(self, x):
        self[x] = None

    def discard(self, x):
        self.pop(x, None)


class InOrder(Ordered):
    """The set that asyncio.wait makes of its tasks."""

    def __init__(self, tasks=()):
        super().__init__(dict.fromkeys(tasks))

    remove = dict.__delitem__


asyncio.tasks.set = InOrder

if hasattr(asyncio.tasks, "_AsCompletedIterator"):
    class Each(asyncio.tasks._AsCompletedIterator):
        """as_completed that adds its callbacks in the order of the arguments."""

        def __init__(self, tasks, timeout):
            self._done = asyncio.Queue()
            self._timeout_handle = None
            self._todo = InOrder(tasks)
            self._todo_left = len(self._todo)
            for f in self._todo:
                f.add_done_callback(self._handle_completion)
            if self._todo and timeout is not None:
                loop = asyncio.get_running_loop()
                self._timeout_handle = loop.call_later(timeout, self._handle_timeout)

        def close(self):
            if self._timeout_handle:
                self._timeout_handle.cancel()


def error_name(e):
    while isinstance(e, BaseExceptionGroup):
        e = e.exceptions[0]
    if isinstance(e, UserError):
        return "E%d" % e.args
    if isinstance(e, RecursionError):
        raise Ring
    for kind, name in ERRORS:
        if isinstance(e, kind):
            return name
    raise e


ERRORS = [
    (asyncio.CancelledError, "CANCELED"),
    (TimeoutError, "TIMEDOUT"),
    (asyncio.InvalidStateError, "ALREADY"),
    (asyncio.BrokenBarrierError, "BROKEN"),
    (asyncio.QueueEmpty, "AGAIN"),
    (asyncio.QueueFull, "AGAIN"),
    (getattr(asyncio, "QueueShutDown", Ring), "SHUTDOWN"),
    (RuntimeError, "RUNTIME"),
    (ValueError, "INVAL"),
]


# --- the interpreter -------------------------------------------------------------------------


class Op:
    __slots__ = ("kind", "args", "blocks", "id", "run", "sync")

    def __init__(self, kind, args, blocks):
        self.kind, self.args, self.blocks = kind, args, blocks


class Program:
    """Runs one program on asyncio; `out` is its trace. A method do_X is operation X, and one
    that is a coroutine may return an int: the body returns that."""

    def __init__(self, bodies):
        self.bodies = bodies
        self.out = []
        self.tasks = []
        self.waits = {}
        self.slots = [None] * SLOTS
        self.gone = {}
        self.calls = [None] * CALLS
        self.calls_made = 0
        self.futures_made = 0
        self.groups = [None] * GROUPS
        self.timeouts = [None] * TIMEOUTS

    def emit(self, op, outcome):
        task = asyncio.current_task(self.loop)
        if task:
            self.out.append("%s %s%d %s c%d @%d" % (task.get_name(), op.kind, op.id, outcome,
                                                    task.cancelling(), self.loop.now))
        else:
            self.out.append("- %s%d %s @%d" % (op.kind, op.id, outcome, self.loop.now))

    def note(self, what, number, text):
        self.out.append("%s%d %s @%d" % (what, number, text, self.loop.now))

    async def block(self, ops):
        for op in ops:
            try:
                outcome = op.run(self, *op.args) if op.sync else await op.run(self, op, *op.args)
            except BaseException as e:
                self.emit(op, error_name(e))
                raise
            if type(outcome) is int:
                return outcome
            self.emit(op, outcome)
        return 0

    def callback(self, ops):
        for op in ops:
            try:
                outcome = op.run(self, *op.args)
            except BaseException as e:
                self.emit(op, error_name(e))
                raise
            self.emit(op, outcome)

    async def body(self, number, ops):
        self.note("start", number, "ok")
        try:
            value = await self.block(ops)
        except BaseException as e:
            self.note("end", number, error_name(e))
            raise
        self.note("end", number, str(value))
        return value

    def on_error(self, loop, context):
        if "handle" in context and "exception" in context:
            self.note("report", 0, error_name(context["exception"]))

    def run(self):
        self.loop = loop = Loop()
        asyncio.events._set_running_loop(loop)  # for what is made outside of a task
        self.futures = [loop.create_future() for i in range(FUTURES)]
        self.locks = [asyncio.Lock() for i in range(2)]
        self.events = [asyncio.Event() for i in range(2)]
        self.semaphores = [asyncio.Semaphore(1), asyncio.BoundedSemaphore(2)]
        self.conditions = [asyncio.Condition(), asyncio.Condition(self.locks[0])]
        self.barriers = [asyncio.Barrier(2), asyncio.Barrier(3)]
        self.queues = [asyncio.Queue(1), asyncio.Queue(2), asyncio.LifoQueue(2),
                       asyncio.PriorityQueue(3)]
        asyncio.events._set_running_loop(None)
        self.kept = list(self.futures)
        loop.set_exception_handler(self.on_error)
        try:
            self.start(0, 0, 0, loop)
            try:
                loop.run_until_complete(self.tasks[0])
                self.note("main", 0, "done")
            except Idle:
                self.note("main", 0, "idle")
            except RuntimeError as e:
                if self.tasks[0].done():
                    self.note("main", 0, error_name(e))
                else:
                    self.note("main", 0, "stopped")
            except BaseException as e:
                self.note("main", 0, error_name(e))
            # Of a stop() in the tick in which main ends, CPython leaves a second stop behind.
            for handle in loop._ready:
                if handle._callback is asyncio.base_events._run_until_complete_cb:
                    handle.cancel()
            printed = 0
            for i in range(30):
                left = [t for t in self.tasks if not t.done()]
                if i and not left or len(self.out) == printed:
                    break  # or stuck: a condition takes its lock back whatever comes
                self.note("left", i, str(len(left)))
                printed = len(self.out)
                for t in left:
                    t.cancel()
                try:
                    loop.run_forever()
                    self.note("left", i, "stopped")
                except Idle:
                    pass
            for i, t in enumerate(self.tasks):
                self.note("task", i, "%s c%d" % (self.state_of(t), t.cancelling()))
            for i, f in enumerate(self.futures):
                self.note("future", i, self.state_of(f))
            for i in range(2):
                self.note("locks", i, "%d %d %d %d %d" % (
                    self.locks[i].locked(), self.conditions[i].locked(), self.events[i].is_set(),
                    self.semaphores[i]._value, self.semaphores[i].locked()))
            self.note("queues", 0, " ".join(str(q.qsize()) for q in self.queues))
        except (Ring, RecursionError):
            self.out = None
        finally:
            loop.close()
        return self.out

    def start(self, slot, body, how, where):
        """how: who owns the memory in C: 0 the caller, 1 the loop's allocator, 2 too, and it is
        gone when the task has ended; 4 more: eager."""
        number = len(self.tasks)
        self.tasks.append(None)
        coro = self.body(number, self.bodies[body])

        def eager(loop, coro, **options):
            loop.set_task_factory(None)  # its first step may start others
            return asyncio.Task(coro, loop=loop, name=str(number), eager_start=True)

        if how & 4:
            self.loop.set_task_factory(eager)
        try:
            task = where.create_task(coro, name=str(number))
        except RuntimeError:
            coro.close()
            self.tasks.pop()
            return "shut"
        finally:
            self.loop.set_task_factory(None)
        self.tasks[number] = self.slots[slot] = task
        if how & 2:
            if task.done():
                self.gone[task] = True
            else:
                task.add_done_callback(lambda task: self.gone.update({task: True}))
        return "t%d" % number

    def task(self, slot):
        task = asyncio.current_task(self.loop) if slot < 0 else self.slots[slot]
        return None if task in self.gone else task

    def state_of(self, future):
        if not future.done():
            return "pending"
        if future.cancelled():
            return "CANCELED"
        return error_name(future.exception()) if future.exception() else str(future.result())

    def ring(self, targets):
        """Would the running task wait for itself, by any way?"""
        me, seen, todo = asyncio.current_task(self.loop), set(), list(targets)
        while todo:
            t = todo.pop()
            if t is me:
                return True
            if t not in seen:
                seen.add(t)
                todo.extend(self.waits.get(t, ()))
        self.waits[me] = targets
        return False

    def stop_waiting(self):
        self.waits.pop(asyncio.current_task(self.loop), None)

    # tasks

    def do_print(self):
        return "ok"

    async def do_sleep(self, op, d):
        await asyncio.sleep(d)
        return "ok"

    def do_busy(self, d):
        self.loop.now += max(d, 0)
        return "ok"

    def do_stop(self):
        self.loop.stop()
        return "ok"

    def do_spawn(self, slot, body, how):
        if len(self.tasks) == MOST_TASKS:
            return "full"
        return self.start(slot, body, how, self.loop)

    def do_spawn_in(self, group, slot, body, how):
        if len(self.tasks) == MOST_TASKS:
            return "full"
        if not self.groups[group]:
            return "none"
        return self.start(slot, body, how, self.groups[group])

    async def do_await(self, op, slot):
        task = self.task(slot)
        if not task:
            return "none"
        if task is asyncio.current_task():
            # what CPython does, but for a flag that it leaves on the task: another one that
            # awaits it in between is told "await wasn't used with future" and the first hangs
            await asyncio.sleep(0)
            raise RuntimeError("Task cannot await on itself")
        if self.ring([task]):
            return "ring"
        try:
            return str(await task)
        finally:
            self.stop_waiting()

    def do_cancel(self, slot):
        task = self.task(slot)
        return str(int(task.cancel())) if task else "none"

    def do_state(self, slot):
        task = self.task(slot)
        return "%s c%d" % (self.state_of(task), task.cancelling()) if task else "none"

    def do_uncancel(self, slot):
        task = self.task(slot)
        return str(task.uncancel()) if task else "none"

    def do_raise(self, error):
        raise UserError(error) if error else asyncio.CancelledError

    async def do_return(self, op, value):
        return value

    async def do_gather(self, op, settle, *slots):
        tasks = [self.task(s) for s in slots if self.task(s)]
        if settle & 2 and any(t.done() for t in tasks):
            return "done"
        if self.ring(tasks):
            return "ring"
        try:
            got = await asyncio.gather(*tasks, return_exceptions=bool(settle & 1))
        finally:
            self.stop_waiting()
        return "[%s]" % " ".join(error_name(x) if isinstance(x, BaseException) else str(x)
                                 for x in got)

    async def do_wait_for(self, op, slot, d):
        task = self.task(slot)
        if not task:
            return "none"
        if self.ring([task]):
            return "ring"
        try:
            return str(await asyncio.wait_for(task, d))
        finally:
            self.stop_waiting()

    async def do_shield(self, op, slot):
        task = self.task(slot)
        if not task:
            return "none"
        if task is asyncio.current_task():
            return "ring"
        return str(await asyncio.shield(task))

    async def do_wait_tasks(self, op, when, d, *slots):
        tasks = [self.task(s) for s in slots if self.task(s)]
        when = (asyncio.ALL_COMPLETED, asyncio.FIRST_COMPLETED, asyncio.FIRST_EXCEPTION)[when]
        done, _ = await asyncio.wait(tasks, return_when=when, timeout=d if d >= 0 else None)
        return "[%s] %d" % (" ".join(self.state_of(t) for t in tasks), len(done))

    async def do_each(self, op, d, *slots):
        tasks = [self.task(s) for s in slots if self.task(s)]
        each = Each(tasks, d if d >= 0 else None)
        try:
            async for t in each:
                self.emit(op, "%s %s" % (t.get_name(), self.state_of(t)))
                if r := await self.block(op.blocks[0]):
                    return r
        finally:
            each.close()
        return "ok"

    async def do_on_done(self, op, slot):
        return self.add_callback(self.task(slot), op.blocks[0])

    # blocks

    async def do_call(self, op):
        return await self.block(op.blocks[0]) or "ok"

    async def do_repeat(self, op, n):
        for i in range(n):
            if r := await self.block(op.blocks[0]):
                return r
        return "ok"

    async def do_try(self, op):
        try:
            if r := await self.block(op.blocks[0]):
                return r
        except Exception as e:
            self.emit(op, "caught " + error_name(e))
            if r := await self.block(op.blocks[1]):
                return r
        return "ok"

    async def do_try_all(self, op):
        try:
            if r := await self.block(op.blocks[0]):
                return r
        except BaseException as e:
            self.emit(op, "caught " + error_name(e))
            if r := await self.block(op.blocks[1]):
                return r
        return "ok"

    async def do_finally(self, op):
        try:
            if r := await self.block(op.blocks[0]):
                return r
        finally:
            if r := await self.block(op.blocks[1]):
                return r
        return "ok"

    async def do_timeout(self, op, slot, d):
        t = asyncio.timeout(d if d >= 0 else None)
        try:
            async with t:
                self.timeouts[slot] = t
                if r := await self.block(op.blocks[0]):
                    return r
        finally:
            self.emit(op, "expired" if t.expired() else "in time")
            if self.timeouts[slot] is t:
                self.timeouts[slot] = None
        return "ok"

    def do_reschedule(self, slot, d):
        if not self.timeouts[slot]:
            return "none"
        try:
            self.timeouts[slot].reschedule(self.loop.now + d if d >= 0 else None)
        except RuntimeError:
            return "INVAL"
        return "ok"

    async def do_group(self, op, slot):
        g = asyncio.TaskGroup()
        g._tasks = Ordered()
        try:
            async with g:
                self.groups[slot] = g
                if r := await self.block(op.blocks[0]):
                    return r
        except BaseException as e:
            if isinstance(e, BaseExceptionGroup):
                self.emit(op, "failed " + " ".join(error_name(x) for x in e.exceptions))
            raise
        finally:
            if self.groups[slot] is g:
                self.groups[slot] = None
        return "ok"

    async def do_with(self, op, swallow):
        async with Manager(self, op, swallow):
            if r := await self.block(op.blocks[1]):
                return r
        return "ok"

    async def do_for(self, op):
        async with Generator(self, op) as g:
            async for v in g:
                self.emit(op, "value %d" % v)
                if r := await self.block(op.blocks[1]):
                    return r
        return "ok"

    # futures and calls

    def do_future(self, f):
        if self.futures_made == MOST_FUTURES:
            return "full"
        self.futures_made += 1
        self.futures[f] = self.loop.create_future()
        self.kept.append(self.futures[f])
        return "ok"

    def do_set(self, f, value):
        return self.settle(self.futures[f].set_result, value)

    def do_set_error(self, f, error):
        return self.settle(self.futures[f].set_exception, UserError(error))

    def settle(self, how, value):
        try:
            how(value)
        except asyncio.InvalidStateError:
            return "ALREADY"
        return "ok"

    def do_cancel_future(self, f):
        return str(int(self.futures[f].cancel()))

    async def do_await_future(self, op, f):
        return str(await self.futures[f])

    async def do_on_done_future(self, op, f):
        return self.add_callback(self.futures[f], op.blocks[0])

    def add_callback(self, future, ops):
        if not future:
            return "none"
        if self.calls_made == MOST_CALLS:
            return "full"
        self.calls_made += 1
        future.add_done_callback(lambda f: self.callback(ops))
        return "ok"

    def schedule(self, slot, op, how, *args):
        if self.calls_made == MOST_CALLS:
            return "full"
        self.calls_made += 1
        call = [None, True]

        def run():
            call[1] = False
            self.callback(op.blocks[0])

        call[0] = how(*args, run)
        self.calls[slot] = call
        return "ok"

    async def do_call_soon(self, op, slot):
        return self.schedule(slot, op, self.loop.call_soon)

    async def do_call_later(self, op, slot, d):
        return self.schedule(slot, op, self.loop.call_later, d)

    def do_call_cancel(self, slot):
        call = self.calls[slot]
        if not call:
            return "none"
        call[0].cancel()
        was, call[1] = call[1], False
        return str(int(was))

    # locks and queues

    async def do_lock(self, op, i):
        await self.locks[i].acquire()
        return "ok"

    def do_unlock(self, i):
        self.locks[i].release()
        return "ok"

    async def do_with_lock(self, op, i):
        async with self.locks[i]:
            self.emit(op, "has it")
            if r := await self.block(op.blocks[0]):
                return r
        return "ok"

    async def do_event_wait(self, op, i):
        await self.events[i].wait()
        return str(int(self.events[i].is_set()))

    def do_event_set(self, i):
        self.events[i].set()
        return "ok"

    def do_event_clear(self, i):
        self.events[i].clear()
        return "ok"

    async def do_acquire(self, op, i):
        await self.semaphores[i].acquire()
        return "ok"

    def do_release(self, i):
        self.semaphores[i].release()
        return str(int(self.semaphores[i].locked()))

    async def do_with_semaphore(self, op, i):
        async with self.semaphores[i]:
            self.emit(op, "has it")
            if r := await self.block(op.blocks[0]):
                return r
        return "ok"

    async def do_with_condition(self, op, i):
        async with self.conditions[i]:
            self.emit(op, "has it")
            if r := await self.block(op.blocks[0]):
                return r
        return "ok"

    async def do_wait(self, op, i):
        await self.conditions[i].wait()
        return "ok"

    async def do_wait_until(self, op, i, event):
        await self.conditions[i].wait_for(self.events[event].is_set)
        return "ok"

    def do_notify(self, i, n):
        self.conditions[i].notify(n)
        return "ok"

    async def do_barrier(self, op, i):
        return str(await self.barriers[i].wait())

    async def do_barrier_reset(self, op, i):
        await self.barriers[i].reset()
        return "ok"

    async def do_barrier_abort(self, op, i):
        await self.barriers[i].abort()
        return "ok"

    async def do_put(self, op, i, value):
        await self.queues[i].put(value)
        return "ok"

    async def do_get(self, op, i):
        return str(await self.queues[i].get())

    def do_put_nowait(self, i, value):
        self.queues[i].put_nowait(value)
        return "ok"

    def do_get_nowait(self, i):
        return str(self.queues[i].get_nowait())

    def do_task_done(self, i):
        self.queues[i].task_done()
        return "ok"

    async def do_join(self, op, i):
        await self.queues[i].join()
        return "ok"

    def do_shutdown(self, i, immediate):
        self.queues[i].shutdown(bool(immediate))
        return "ok"


class Manager:
    """async with: blocks for enter, body and exit. A return in enter or exit only ends those."""

    def __init__(self, program, op, swallow):
        self.program, self.op, self.swallow = program, op, swallow

    async def __aenter__(self):
        await self.program.block(self.op.blocks[0])

    async def __aexit__(self, kind, error, trace):
        self.program.emit(self.op, "exit " + (error_name(error) if error else "ok"))
        await self.program.block(self.op.blocks[2])
        return bool(self.swallow)


class Generator:
    """Yields 1, 2, 3 with a block before each, cleans up with another; closed like ASYNC_FOR's."""

    def __init__(self, program, op):
        self.program, self.op = program, op

    async def values(self):
        try:
            for i in range(1, 4):
                if await self.program.block(self.op.blocks[0]):
                    return
                yield i
        finally:
            self.program.emit(self.op, "closing")
            await self.program.block(self.op.blocks[2])

    async def __aenter__(self):
        self.generator = self.values()
        return self.generator

    async def __aexit__(self, kind, error, trace):
        await self.generator.aclose()


METHODS = {name[3:]: f for name, f in vars(Program).items() if name.startswith("do_")}
SYNC = {name for name, f in METHODS.items() if not asyncio.iscoroutinefunction(f)}


# --- text ------------------------------------------------------------------------------------


def block_text(ops):
    return "{ " + "".join(op_text(op) + "; " for op in ops) + "}"


def op_text(op):
    return " ".join([op.kind, *map(str, op.args), *map(block_text, op.blocks)])


def text_of(bodies):
    return " ".join(map(block_text, bodies))


def parse(text):
    tokens = re.findall(r"[{};]|[\w-]+", text)
    at = 0

    def block():
        nonlocal at
        at += 1
        ops = []
        while tokens[at] != "}":
            kind, args, blocks = tokens[at], [], []
            at += 1
            while tokens[at] != ";":
                if tokens[at] == "{":
                    blocks.append(block())
                else:
                    args.append(int(tokens[at]))
                    at += 1
            at += 1
            ops.append(Op(kind, args, blocks))
        at += 1
        return ops

    bodies = []
    while at < len(tokens):
        bodies.append(block())
    return bodies


def number(bodies):
    """Operations are numbered as they stand in the text, which is how interp.c reads them."""
    ids = itertools.count()

    def visit(ops):
        for op in ops:
            op.id = next(ids)
            op.run = METHODS[op.kind]
            op.sync = op.kind in SYNC
            for b in op.blocks:
                visit(b)

    for b in bodies:
        visit(b)
    return bodies


# --- the generator ---------------------------------------------------------------------------

# Letters: s slot, S slot or -1 (oneself), d delay, b body, h how to start it, e error, v value,
# i index of two, q queue, f future, c call, g group, t timeout, n 1 to 3, o 0 or 1,
# x delay or -1, m 0 to 2; then how many blocks. Weight first.
OPS = {
    "print": (4, ""),
    "sleep": (10, "d"),
    "busy": (1, "d"),
    "stop": (0.2, ""),
    "spawn": (12, "sbh"),
    "spawn_in": (5, "gsbh"),
    "await": (6, "s"),
    "cancel": (6, "S"),
    "state": (2, "s"),
    "uncancel": (2, "S"),
    "raise": (2, "e"),
    "return": (1, "v"),
    "gather": (4, "o"),
    "wait_for": (4, "sx"),
    "shield": (4, "s"),
    "wait_tasks": (4, "mx"),
    "each": (3, "x1"),
    "on_done": (1, "s1"),
    "call": (1, "1"),
    "repeat": (1, "n1"),
    "try": (5, "2"),
    "try_all": (5, "2"),
    "finally": (5, "2"),
    "timeout": (5, "tx1"),
    "reschedule": (1, "tx"),
    "group": (5, "g1"),
    "with": (2, "o3"),
    "for": (2, "3"),
    "future": (1, "f"),
    "set": (2, "fv"),
    "set_error": (1, "fe"),
    "cancel_future": (1, "f"),
    "await_future": (3, "f"),
    "on_done_future": (1, "f1"),
    "call_soon": (1, "c1"),
    "call_later": (2, "cd1"),
    "call_cancel": (1, "c"),
    "lock": (1, "i"),
    "unlock": (1, "i"),
    "with_lock": (3, "i1"),
    "event_wait": (2, "i"),
    "event_set": (2, "i"),
    "event_clear": (1, "i"),
    "acquire": (1, "i"),
    "release": (2, "i"),
    "with_semaphore": (3, "i1"),
    "with_condition": (3, "i1"),
    "wait": (2, "i"),
    "wait_until": (1, "ii"),
    "notify": (3, "in"),
    "barrier": (3, "i"),
    "barrier_reset": (1, "i"),
    "barrier_abort": (1, "i"),
    "put": (3, "qv"),
    "get": (3, "q"),
    "put_nowait": (1, "qv"),
    "get_nowait": (1, "q"),
    "task_done": (2, "q"),
    "join": (1, "q"),
    "shutdown": (1, "qo"),
}
FAMILIES = [family.split() for family in [
    "lock unlock with_lock", "event_wait event_set event_clear",
    "acquire release with_semaphore",
    "with_condition wait wait_until notify event_set event_clear",
    "barrier barrier_reset barrier_abort",
    "put get put_nowait get_nowait task_done join shutdown",
    "future set set_error cancel_future await_future on_done_future",
    "spawn spawn_in group cancel", "timeout reschedule wait_for cancel", "gather await cancel",
    "wait_tasks each shield gather cancel"]]
SETS = {"gather": 1, "wait_tasks": 2, "each": 1}  # and how many arguments stand before the slots
SYNCHRONISATION = set(itertools.chain(*FAMILIES[:6]))

LEFT_OUT = []  # what this version of Python answers otherwise than 3.13
if not NEW:
    LEFT_OUT += ["each", "uncancel", "spawn_in", "group", "wait", "wait_until", "barrier", "shutdown"]
if OLD:
    LEFT_OUT += ["wait_for", "gather of what is done", "eager tasks"]


class Maker:
    def __init__(self, seed, only):
        self.r = r = random.Random(seed)
        kinds = [k for k in OPS if k not in LEFT_OUT]
        if only:
            kinds = [k for k in kinds if k in only]
        else:  # a few families, and more of these, or they meet too seldom
            part = set(itertools.chain(*r.sample(FAMILIES, r.randint(0, 3))))
            kinds = [k for k in kinds if k not in SYNCHRONISATION or k in part]
            kinds += [k for k in kinds if k in part] * 2
        self.kinds = kinds
        self.callback_kinds = [k for k in kinds if k in SYNC]
        self.delays = r.choice([[0, 1, 1, 2], [1, 2, 2, 3, 4], [0, 0, 1, 2, 3, 5], [-1, 0, 1, 7]])
        self.guarded = r.choice([0, 0.1, 0.3, 0.5])
        self.size = r.choice([2, 3, 4, 6])

    def program(self):
        n = self.r.randint(2, 5)
        program = [self.block(i, n, 0, self.kinds) for i in range(n)]
        if "spawn" in self.kinds:
            program[0][:0] = [Op("spawn", [i, self.r.randrange(1, n), 0], [])
                              for i in range(self.r.randint(1, SLOTS))]
        return program

    def block(self, body, bodies, depth, kinds):
        return [self.op(body, bodies, depth, kinds) for i in range(self.r.randint(1, self.size))]

    def op(self, body, bodies, depth, kinds):
        r = self.r
        if depth < DEPTH and "try_all" in kinds and r.random() < self.guarded:
            return Op("try_all", [], [[self.op(body, bodies, depth + 1, kinds)],
                                      [self.op(body, bodies, depth + 1, kinds)]])
        while True:
            kind = r.choices(kinds, [OPS[k][0] for k in kinds])[0]
            letters = OPS[kind][1]
            blocks = int(letters[-1]) if letters[-1:].isdigit() else 0
            if blocks and depth == DEPTH:
                continue
            if "b" in letters and body == bodies - 1:
                continue
            if depth and blocks and r.random() < depth / 4:
                continue
            break
        args = [self.argument(x, body, bodies) for x in letters if not x.isdigit()]
        if kind == "gather":
            args[0] += 2 * OLD  # 2: not if one is done
        if kind in SETS:
            args += [r.randrange(SLOTS) for i in range(r.choice([0, 1, 2, 2, 3, 3, 4]))]
        if kind in ("on_done", "on_done_future", "call_soon", "call_later"):
            return Op(kind, args, [self.block(body, bodies, DEPTH, self.callback_kinds)])
        return Op(kind, args, [self.block(body, bodies, depth + 1, kinds) for i in range(blocks)])

    def argument(self, letter, body, bodies):
        r = self.r
        return {
            "s": lambda: r.randrange(SLOTS),
            "S": lambda: r.randrange(SLOTS) if r.random() < 0.8 else -1,
            "d": lambda: r.choice(self.delays),
            "x": lambda: r.choice(self.delays),
            "b": lambda: r.randrange(body + 1, bodies),
            "h": lambda: r.choice([0, 0, 0, 1, 2] if OLD or r.random() < 0.8 else [4, 5, 6]),
            "e": lambda: r.randint(1, 4) if r.random() < 0.9 else 0,
            "v": lambda: r.randint(1, 9),
            "i": lambda: r.randrange(2),
            "q": lambda: r.randrange(4),
            "f": lambda: r.randrange(FUTURES),
            "c": lambda: r.randrange(CALLS),
            "g": lambda: r.randrange(GROUPS),
            "t": lambda: r.randrange(TIMEOUTS),
            "n": lambda: r.randint(1, 3),
            "o": lambda: r.randrange(2),
            "m": lambda: r.randrange(3),
        }[letter]()


# --- both sides ------------------------------------------------------------------------------


def run_python(bodies):
    return Program(number(bodies)).run()


def run_c(interp, texts):
    """A trace for each program. One that crashes or hangs ends the process: the others are run
    by a new one."""
    traces = []
    while len(traces) < len(texts):
        with tempfile.TemporaryFile("w+") as f:
            f.write("\n".join(texts[len(traces):]) + "\n")
            f.seek(0)
            r = subprocess.run([interp], stdin=f, capture_output=True, text=True, check=False)
        got = [part.split("\n")[:-1] for part in r.stdout.split("=== ")[1:]]
        if r.returncode:
            got[-1] += ["interp ended with %d" % r.returncode] + r.stderr.split("\n")[:20]
        elif len(got) < len(texts) - len(traces):
            sys.exit("interp.c ran %d programs of %d" % (len(got), len(texts)))
        traces += [g[1:] for g in got]
    return traces


def smaller(bodies):
    """Every program with one operation less, or with one block in place of its operation."""
    for b in range(len(bodies)):
        if bodies[b]:
            for ops in smaller_block(bodies[b]):
                yield bodies[:b] + [ops] + bodies[b + 1:]


def smaller_block(ops):
    for i, op in enumerate(ops):
        yield ops[:i] + ops[i + 1:]
        for block in op.blocks:
            if op.kind not in ("on_done", "on_done_future", "call_soon", "call_later"):
                yield ops[:i] + block + ops[i + 1:]
        for j, block in enumerate(op.blocks):
            for less in smaller_block(block):
                blocks = op.blocks[:j] + [less] + op.blocks[j + 1:]
                yield ops[:i] + [Op(op.kind, op.args, blocks)] + ops[i + 1:]
        if op.kind in SETS:
            for j in range(SETS[op.kind], len(op.args)):
                yield ops[:i] + [Op(op.kind, op.args[:j] + op.args[j + 1:], op.blocks)] + ops[i + 1:]


def differs(want, got):
    return want is not None and want != got


def shrink(interp, bodies):
    while True:
        candidates = list(smaller(bodies))
        texts = [text_of(c) for c in candidates]
        for text, got in zip(texts, run_c(interp, texts)):
            if differs(run_python(parse(text)), got):
                bodies = parse(text)
                break
        else:
            return bodies


def pretty(bodies):
    lines = []

    def visit(ops, indent):
        for op in ops:
            head = "%s%s%s" % (indent, op.kind, "".join(" %d" % a for a in op.args))
            lines.append("%-40s # %d" % (head, op.id))
            for b in op.blocks:
                lines.append(indent + "{")
                visit(b, indent + "    ")
                lines.append(indent + "}")

    for i, b in enumerate(bodies):
        lines.append("body %d" % i)
        visit(b, "    ")
    return "\n".join(lines)


def show(bodies, want, got):
    print(pretty(number(bodies)))
    print("\n%s\n" % text_of(bodies))
    width = max([len(w) for w in want] + [8]) + 2
    print("  %-*s%s" % (width, "CPython", "asyncc"))
    for w, g in itertools.zip_longest(want, got, fillvalue=""):
        print("%s %-*s%s" % (" " if w == g else "*", width, w, g))


def main():
    options = argparse.ArgumentParser(description="asyncio and asyncc, line by line")
    options.add_argument("interp")
    options.add_argument("--count", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--differences", type=int, default=1, help="how many to show")
    options.add_argument("--show", action="store_true", help="the traces, also where they agree")
    options.add_argument("--program", help="a file of programs to run instead, one a line")
    options.add_argument("--only", help="operations to make programs of")
    o = options.parse_args()
    sys.setrecursionlimit(400)
    gc.disable()
    sys.unraisablehook = lambda *args: None  # of tasks that are stuck
    if o.program:
        with open(o.program) as f:
            programs = [parse(line) for line in f if line.strip()]
    else:
        only = o.only and set(o.only.split(","))
        programs = [Maker(o.seed * 1000003 + i, only).program() for i in range(o.count)]
        if NEW and not only:  # on which the two once differed
            with open(os.path.join(os.path.dirname(__file__), "programs.txt")) as f:
                programs[:0] = [parse(line) for line in f]
    if LEFT_OUT:
        print("# Python %d.%d: left out: %s" % (*sys.version_info[:2], ", ".join(LEFT_OUT)))
    found = rings = lines = 0
    for start in range(0, len(programs), 500):
        part = programs[start:start + 500]
        for i, got in enumerate(run_c(o.interp, [text_of(p) for p in part])):
            want = run_python(part[i])
            lines += len(want or ())
            rings += want is None
            if differs(want, got):
                found += 1
                print("difference in program %d of seed %d" % (start + i, o.seed))
                least = shrink(o.interp, part[i]) if not o.program else part[i]
                alone = run_python(least), run_c(o.interp, [text_of(least)])[0]
                if differs(*alone):
                    show(least, *alone)
                else:
                    print("only after others:")
                    show(part[i], want, got)
                if found == o.differences:
                    return 1
            elif o.show:
                show(part[i], want or ["ring"], got)
        gc.collect()
    print("differential: %d programs, %d lines, %d left aside, %d differences"
          % (len(programs), lines, rings, found))
    return found > 0


if __name__ == "__main__":
    sys.exit(main())
