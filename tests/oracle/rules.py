"""The programs of test_lock.c and its kin on CPython (3.13), by the names of the tests.

    python3.13 rules.py             what each prints
    python3.13 rules.py FILE.c ...  checks that those texts are what the tests expect
"""
import asyncio
import sys

import sync

RULES = []
text = []


def rule(f):
    RULES.append(f)
    return f


def say(line):
    text.append(line + '\n')


def now():
    return int(asyncio.get_running_loop().time())


def name(e):
    return 'ok' if e is None else sync.error_name(e)


async def caught(what):
    """Its error, in hand."""
    try:
        await what
    except Exception as e:
        return name(e)
    except asyncio.CancelledError as e:
        return name(e)
    return 'ok'


def attempt(f, *args):
    try:
        f(*args)
    except Exception as e:
        return name(e)
    return 'ok'


spawn = asyncio.create_task
sleep = asyncio.sleep


async def user(lock, who, ms):
    """Holds a lock or a permit for a while."""
    try:
        async with lock:
            say(f'{who} in {now()}')
            await sleep(ms)
            say(f'{who} out')
    except asyncio.CancelledError:
        say(f'{who} cancelled')
        raise


async def taker(lock, who):
    """Takes it and keeps it."""
    try:
        await lock.acquire()
        say(f'{who} has it')
    except asyncio.CancelledError:
        say(f'{who} cancelled')
        raise


async def runs(who):
    say(f'{who} runs')


async def joined(*tasks):
    await asyncio.gather(*tasks, return_exceptions=True)


# --- locks ---

@rule
async def LK1_one_holder():
    lock = asyncio.Lock()
    tasks = [spawn(user(lock, w, 5)) for w in 'abc']
    await joined(*tasks)
    say(f'locked {int(lock.locked())}')


@rule
async def LK2_first_come_first_served():
    lock = asyncio.Lock()
    await lock.acquire()
    tasks = [spawn(user(lock, w, 0)) for w in 'dbca']
    await sleep(1)
    say('release')
    lock.release()
    await joined(*tasks)


@rule
async def LK3_release():
    lock = asyncio.Lock()
    say(attempt(lock.release))
    await spawn(taker(lock, 'a'))
    say(attempt(lock.release))
    say(attempt(lock.release))
    try:
        async with lock:
            raise BrokenPipeError
    except BrokenPipeError:
        say(f'error, locked {int(lock.locked())}')

    async def f():
        async with lock:
            return 7
    say(f'{await f()}, locked {int(lock.locked())}')
    t = spawn(user(lock, 'b', 5))
    await sleep(1)
    t.cancel()
    await joined(t)
    say(f'locked {int(lock.locked())}')

    async def early():
        async with lock:
            lock.release()
    say(await caught(early()))


@rule
async def LK4_a_free_lock_does_not_yield():
    lock = asyncio.Lock()
    t = spawn(runs('other'))
    await lock.acquire()
    lock.release()
    async with lock:
        say('here first')
    await t


@rule
async def LK5_nobody_gets_in_between():
    lock = asyncio.Lock()
    await lock.acquire()
    a = spawn(user(lock, 'a', 1))
    await sleep(0)
    late = spawn(user(lock, 'late', 1))
    lock.release()
    say(f'locked {int(lock.locked())}')
    await lock.acquire()
    say('back again')
    lock.release()
    await joined(a, late)


@rule
async def LK6_a_cancelled_waiter_leaves():
    lock = asyncio.Lock()
    await lock.acquire()
    tasks = [spawn(user(lock, w, 1)) for w in 'abcd']
    await sleep(1)
    tasks[1].cancel()
    tasks[1].cancel()
    await sleep(1)
    lock.release()
    await sleep(0)
    tasks[0].cancel()
    await joined(*tasks)


@rule
async def LK6_all_who_waited_gave_up():
    lock = asyncio.Lock()
    await lock.acquire()
    a, b = spawn(taker(lock, 'a')), spawn(taker(lock, 'b'))
    await sleep(0)
    a.cancel()
    b.cancel()
    lock.release()
    t = spawn(runs('other'))
    await lock.acquire()
    say('at once')
    await joined(a, b, t)


async def race(order, again=1):
    lock = asyncio.Lock()
    await lock.acquire()
    a, b, c = (spawn(taker(lock, w)) for w in 'abc')
    await sleep(0)
    for what in order:
        if what == 'r':
            lock.release()
        else:
            {'a': a, 'b': b, 'c': c}[what].cancel()
    for _ in range(3):
        await sleep(1)
        say(f'locked {int(lock.locked())}')
        if lock.locked():
            lock.release()
    await joined(a, b, c)


for number, order in enumerate(['ra', 'ar', 'rab', 'abr', 'raa', 'rb', 'brac', 'rabc', 'abcr']):
    def make(order):
        async def f():
            await race(order)
        return f
    f = make(order)
    f.__name__ = f'LK7_{order}'
    rule(f)


@rule
async def LK7_timeouts():
    lock = asyncio.Lock()
    await lock.acquire()

    async def patient(who, ms):
        async with asyncio.timeout(ms):
            async with lock:
                say(f'{who} in {now()}')
                await sleep(2)
    a, b = spawn(patient('a', 3)), spawn(patient('b', 9))
    await sleep(3)  # the deadline of a and this release in the same turn
    lock.release()
    say(f'{await caught(a)} {await caught(b)} {now()}')


# --- semaphores ---

def state(s):
    return f'value {s._value} locked {int(s.locked())}'


@rule
async def SE1_value():
    s = asyncio.Semaphore(2)
    say(state(s))
    await s.acquire()
    await s.acquire()
    say(state(s))
    t = spawn(taker(s, 'a'))
    await sleep(1)
    s.release()
    await t
    for _ in range(3):
        s.release()
    say(state(s))
    say(attempt(asyncio.Semaphore, -1))
    z = asyncio.Semaphore(0)
    say(state(z))
    u = spawn(user(z, 'u', 0))
    await sleep(1)
    z.release()
    await u
    say(state(z))


@rule
async def SE2_first_come_first_served():
    s = asyncio.Semaphore(1)
    await s.acquire()
    tasks = [spawn(user(s, w, 0)) for w in 'cab']
    await sleep(0)
    s.release()
    s.release()
    s.release()
    s.release()
    say(state(s))
    tasks.append(spawn(user(s, 'late', 0)))
    await s.acquire()
    say('and me')
    s.release()
    await joined(*tasks)
    say(state(s))


async def permits(order):
    s = asyncio.Semaphore(0)
    a, b, c = (spawn(taker(s, w)) for w in 'abc')
    await sleep(0)
    for what in order:
        if what == 'r':
            s.release()
        else:
            {'a': a, 'b': b, 'c': c}[what].cancel()
    await sleep(1)
    say(state(s))
    s.release()
    s.release()
    s.release()
    await joined(a, b, c)
    say(state(s))


for order in ['ra', 'ar', 'rrab', 'rab', 'abrr', 'raac', 'rabc', 'rrrb']:
    def make(order):
        async def f():
            await permits(order)
        return f
    f = make(order)
    f.__name__ = f'SE3_{order}'
    rule(f)


@rule
async def SE4_as_many_wake():
    s = asyncio.Semaphore(0)
    tasks = [spawn(taker(s, w)) for w in 'abcd']
    await sleep(0)
    s.release()
    s.release()
    s.release()
    await sleep(0)
    say(state(s))
    s.release()
    await joined(*tasks)


@rule
async def SE5_bounded():
    s = asyncio.BoundedSemaphore(1)
    say(attempt(s.release))
    await s.acquire()
    say(attempt(s.release))
    say(attempt(s.release))
    say(state(s))
    z = asyncio.BoundedSemaphore(0)
    say(attempt(z.release))
    say(state(z))


@rule
async def SE5_body_released_already():
    s = asyncio.BoundedSemaphore(1)

    async def f():
        async with s:
            s.release()
    say(await caught(f()))


# --- events ---

async def waiter(event, who):
    try:
        await event.wait()
        say(f'{who} woke, set {int(event.is_set())}')
    except asyncio.CancelledError:
        say(f'{who} cancelled')
        raise


@rule
async def EV1_set_does_not_yield():
    e = asyncio.Event()
    say(f'{int(e.is_set())}')
    e.set()
    t = spawn(runs('other'))
    await e.wait()
    say('here first')
    await t


@rule
async def EV2_all_wake_in_order():
    e = asyncio.Event()
    tasks = [spawn(waiter(e, w)) for w in 'cab']
    await sleep(0)
    e.set()
    e.set()
    say('set')
    await joined(*tasks)


@rule
async def EV3_set_and_clear():
    e = asyncio.Event()
    a, b = spawn(waiter(e, 'a')), spawn(waiter(e, 'b'))
    await sleep(0)
    c = spawn(waiter(e, 'c'))
    e.set()
    e.clear()
    await sleep(1)
    say(f'c done {int(c.done())}')
    e.set()
    await joined(a, b, c)


@rule
async def EV4_cancelled():
    e = asyncio.Event()
    a, b, c, d = (spawn(waiter(e, w)) for w in 'abcd')
    await sleep(0)
    b.cancel()
    e.set()
    c.cancel()
    await joined(a, b, c, d)
    e.clear()
    say(await caught(asyncio.wait_for(spawn(waiter(e, 't')), 3)))
    say(f'{now()}')


# --- conditions ---

async def cwaiter(c, who):
    try:
        async with c:
            say(f'{who} waits')
            await c.wait()
            say(f'{who} woke {now()}, locked {int(c.locked())}')
            await sleep(1)
    except asyncio.CancelledError:
        say(f'{who} cancelled {now()}, locked {int(c.locked())}')
        raise


@rule
async def CO1_gives_the_lock_back_and_takes_it():
    c = asyncio.Condition()
    t = spawn(cwaiter(c, 'a'))
    await sleep(0)
    say(f'locked {int(c.locked())}')
    async with c:
        c.notify()
        await sleep(2)
        say('not yet')
    await t
    say(f'locked {int(c.locked())}')


@rule
async def CO2_notify():
    c = asyncio.Condition()
    async with c:
        c.notify(5)
    tasks = [spawn(cwaiter(c, w)) for w in 'abcd']
    await sleep(1)
    async with c:
        c.notify(2)
        c.notify(0)
    await sleep(5)
    say('all')
    async with c:
        c.notify_all()
    await joined(*tasks)


@rule
async def CO3_wait_for():
    c = asyncio.Condition()
    count = 0

    async def f():
        async with c:
            await c.wait_for(lambda: (say(f'asked {count}'), count >= 2)[1])
            say(f'f has {count}')
    t = spawn(f())
    for _ in range(3):
        await sleep(1)
        async with c:
            count += 1
            c.notify()
    await t
    async with c:
        await c.wait_for(lambda: True)
    say('at once')


@rule
async def CO4_needs_the_lock():
    c = asyncio.Condition()
    say(await caught(c.wait()))
    say(await caught(c.wait_for(lambda: False)))
    say(attempt(c.notify))
    say(attempt(c.notify_all))
    lock = asyncio.Lock()
    c, d = asyncio.Condition(lock), asyncio.Condition(lock)
    t, u = spawn(cwaiter(c, 'c')), spawn(cwaiter(d, 'd'))
    await sleep(1)
    async with lock:
        d.notify()
        await sleep(1)
        c.notify()
    await joined(t, u)


@rule
async def CO5_cancelled_takes_the_lock_first():
    c = asyncio.Condition()
    t = spawn(cwaiter(c, 'a'))
    await sleep(1)
    async with c:
        t.cancel()
        await sleep(1)
        t.cancel()
        await sleep(1)
        t.cancel()
        t.cancel()
        await sleep(1)
        say(f'done {int(t.done())}')
    await joined(t)
    say(f'locked {int(c.locked())} {now()}')


@rule
async def CO5_timeout_waits_for_the_lock():
    c = asyncio.Condition()

    async def f():
        async with c:
            say(await caught(asyncio.wait_for(c.wait(), 2)))
            say(f'locked {int(c.locked())} {now()}')
    t = spawn(f())
    await sleep(1)
    async with c:
        await sleep(4)
    await t


@rule
async def CO6_skips_who_gave_up():
    c = asyncio.Condition()
    a, b = spawn(cwaiter(c, 'a')), spawn(cwaiter(c, 'b'))
    await sleep(1)
    async with c:
        a.cancel()
        c.notify(1)
    await joined(a, b)


@rule
async def CO7_notified_and_cancelled():
    c = asyncio.Condition()
    a, b = spawn(cwaiter(c, 'a')), spawn(cwaiter(c, 'b'))
    await sleep(1)
    async with c:
        c.notify(1)
        a.cancel()
    await joined(a, b)


@rule
async def CO7_cancelled_while_it_takes_the_lock():
    c = asyncio.Condition()
    a, b = spawn(cwaiter(c, 'a')), spawn(cwaiter(c, 'b'))
    await sleep(1)
    async with c:
        c.notify(1)
        await sleep(1)
        a.cancel()
        await sleep(1)
    await joined(a, b)


# --- barriers ---

async def party(b, who):
    try:
        say(f'{who} is {await b.wait()}')
    except asyncio.BrokenBarrierError:
        say(f'{who} broken')
    except asyncio.CancelledError:
        say(f'{who} cancelled')
        raise


def bstate(b):
    return f'broken {int(b.broken)} waiting {b.n_waiting}'


@rule
async def BA1_distinct_indices():
    b = asyncio.Barrier(3)
    tasks = []
    for w in 'cab':
        tasks.append(spawn(party(b, w)))
        await sleep(1)
        say(bstate(b))
    await joined(*tasks)


@rule
async def BA2_again_and_the_last_goes_on():
    b = asyncio.Barrier(3)

    async def twice(who):
        await party(b, who)
        await party(b, who + who)
    tasks = [spawn(twice(w)) for w in 'abc']
    await sleep(0)
    say('one turn')
    await joined(*tasks)


@rule
async def BA3_abort():
    b = asyncio.Barrier(3)
    a, c = spawn(party(b, 'a')), spawn(party(b, 'c'))
    await sleep(0)
    await b.abort()
    say(bstate(b))
    await joined(a, c)
    await party(b, 'late')
    await b.reset()
    say(bstate(b))
    await joined(*[spawn(party(b, w)) for w in 'def'])


@rule
async def BA4_reset():
    b = asyncio.Barrier(3)
    a, c = spawn(party(b, 'a')), spawn(party(b, 'c'))
    await sleep(0)
    tasks = [spawn(party(b, w)) for w in 'def']
    await b.reset()
    say(bstate(b))
    await joined(a, c, *tasks)
    await b.reset()
    say(bstate(b))


@rule
async def BA5_cancelled():
    b = asyncio.Barrier(4)
    tasks = [spawn(party(b, w)) for w in 'abc']
    await sleep(0)
    tasks[1].cancel()
    await sleep(1)
    say(bstate(b))
    tasks += [spawn(party(b, w)) for w in 'de']
    await joined(*tasks)


@rule
async def BA6_too_many():
    b = asyncio.Barrier(2)
    tasks = [spawn(party(b, w)) for w in 'abcde']
    await sleep(1)
    say(bstate(b))
    tasks[4].cancel()
    await joined(*tasks)
    say(attempt(asyncio.Barrier, 0))
    say(attempt(asyncio.Barrier, -1))


# --- queues ---

async def getter(q, who):
    try:
        say(f'{who} got {await q.get()}')
    except asyncio.QueueShutDown:
        say(f'{who} shut')
    except asyncio.CancelledError:
        say(f'{who} cancelled')
        raise


async def putter(q, item):
    try:
        await q.put(item)
        say(f'{item} is in, {q.qsize()}')
    except asyncio.QueueShutDown:
        say(f'{item} shut')
    except asyncio.CancelledError:
        say(f'{item} cancelled')
        raise


@rule
async def Q1_first_in_first_out():
    q = asyncio.Queue(4)
    for i in (3, 1, 2):
        await q.put(i)
    say(f'{await q.get()}')
    await q.put(9)
    await q.put(8)
    say(' '.join([str(await q.get()) for _ in range(4)]))


@rule
async def Q2_getters_in_order_and_taken_by_its_turn():
    q = asyncio.Queue(4)
    a, b, c = (spawn(getter(q, w)) for w in 'abc')
    await sleep(0)
    q.put_nowait(1)
    q.put_nowait(2)
    say(f'holds {q.qsize()}')
    await sleep(0)
    say(f'holds {q.qsize()}, c done {int(c.done())}')
    q.put_nowait(3)
    await joined(a, b, c)


@rule
async def Q3_a_full_queue():
    q = asyncio.Queue(1)
    tasks = [spawn(putter(q, i)) for i in (1, 2, 3)]
    await sleep(0)
    say(f'full {int(q.full())}')
    for _ in range(3):
        say(f'{q.get_nowait()}')
        await sleep(1)
    await joined(*tasks)


@rule
async def Q4_nowait():
    q = asyncio.Queue(1)
    t = spawn(runs('other'))
    say(attempt(q.get_nowait))
    await q.put(1)
    say(attempt(q.put_nowait, 2))
    say(f'{await q.get()} {q.qsize()}')
    await t


@rule
async def Q5_join():
    q = asyncio.Queue(4)
    await q.join()

    async def j(who):
        await q.join()
        say(f'{who} joined')
    q.put_nowait(1)
    q.put_nowait(2)
    a, b = spawn(j('a')), spawn(j('b'))
    await sleep(0)
    await q.get()
    await q.get()
    await sleep(1)
    q.task_done()
    await sleep(1)
    say('one left')
    q.task_done()
    q.put_nowait(3)
    c = spawn(j('c'))
    await joined(a, b)
    say('c waits')
    c.cancel()
    await joined(c)


@rule
async def Q6_too_many_task_done():
    q = asyncio.Queue(4)
    say(attempt(q.task_done))
    q.put_nowait(1)
    say(attempt(q.task_done))
    say(attempt(q.task_done))


@rule
async def Q7_last_in_first_out():
    q = asyncio.LifoQueue(4)
    t = spawn(getter(q, 'a'))
    await sleep(0)
    for i in (1, 2, 3):
        q.put_nowait(i)
    await t
    say(f'{await q.get()} {await q.get()}')


@rule
async def Q7_smallest_first():
    q = asyncio.PriorityQueue(8)
    t = spawn(getter(q, 'a'))
    await sleep(0)
    for i in (5, 2, 8, 1, 9, 3):
        q.put_nowait(i)
    await t
    say(' '.join([str(await q.get()) for _ in range(5)]))


async def items(order):
    """g: cancel the first getter, h: the second, p: put."""
    q = asyncio.Queue(4)
    a, b, c = (spawn(getter(q, w)) for w in 'abc')
    await sleep(0)
    for i, what in enumerate(order):
        if what == 'p':
            q.put_nowait(i)
        else:
            {'a': a, 'b': b, 'c': c}[what].cancel()
    await sleep(1)
    say(f'holds {q.qsize()}')
    q.put_nowait(7)
    q.put_nowait(8)
    q.put_nowait(9)
    await joined(a, b, c)
    say(f'holds {q.qsize()}')


for order in ['pa', 'ap', 'pab', 'abp', 'ppab', 'pabc', 'paa']:
    def make(order):
        async def f():
            await items(order)
        return f
    f = make(order)
    f.__name__ = f'Q8_{order}'
    rule(f)


@rule
async def Q9_a_woken_putter_is_cancelled():
    q = asyncio.Queue(1)
    q.put_nowait(0)
    a, b, c = (spawn(putter(q, i)) for i in (1, 2, 3))
    await sleep(0)
    q.get_nowait()
    a.cancel()
    await sleep(1)
    say(f'holds {q.qsize()}')
    b.cancel()
    c.cancel()
    q.get_nowait()
    await joined(a, b, c)
    say(f'holds {q.qsize()}')


@rule
async def Q10_beaten_to_it():
    q = asyncio.Queue(2)
    a, b = spawn(getter(q, 'a')), spawn(getter(q, 'b'))
    await sleep(0)
    q.put_nowait(1)
    say(f'taken {q.get_nowait()}')
    await sleep(0)
    q.put_nowait(2)
    await sleep(0)
    q.put_nowait(3)
    await joined(a, b)


@rule
async def Q11_shutdown():
    q = asyncio.Queue(2)
    q.put_nowait(1)
    q.put_nowait(2)
    t = spawn(putter(q, 3))
    await sleep(0)
    q.shutdown()
    say(attempt(q.put_nowait, 4))
    await t
    await getter(q, 'a')
    await getter(q, 'b')
    await getter(q, 'c')
    say(attempt(q.get_nowait))
    q.shutdown()


@rule
async def Q11_shutdown_wakes_getters():
    q = asyncio.Queue(2)
    a, b = spawn(getter(q, 'a')), spawn(getter(q, 'b'))
    await sleep(0)
    q.put_nowait(1)
    q.shutdown()
    await joined(a, b)


@rule
async def Q11_shutdown_immediate():
    q = asyncio.Queue(2)
    q.put_nowait(1)
    q.put_nowait(2)
    await q.get()
    q.put_nowait(3)

    async def j():
        await q.join()
        say('joined')
    t, p = spawn(j()), spawn(putter(q, 4))
    await sleep(0)
    q.shutdown(immediate=True)
    say(f'holds {q.qsize()}')
    await getter(q, 'a')
    await joined(p)
    say(f'joined {int(t.done())}')
    say(attempt(q.task_done))
    await t
    say(attempt(q.task_done))


def run(f):
    text.clear()
    with asyncio.Runner(loop_factory=sync.Loop) as runner:
        runner.run(f())
    return ''.join(text)


if __name__ == '__main__':
    asyncio.events.TimerHandle = sync.Timer
    source = ''.join(open(f).read() for f in sys.argv[1:]).replace('"\n', '"').split('TEST(')
    source = {s.split(')')[0]: ''.join(s.split('"')[1::2]) for s in source}
    wrong = 0
    for f in RULES:
        got = run(f)
        if len(sys.argv) == 1:
            print(f.__name__)
            print(''.join('    ' + line + '\n' for line in got.splitlines()))
        elif got.replace('\n', '\\n') not in source.get(f.__name__, ''):
            wrong += 1
            print(f'{f.__name__}: not what CPython prints:\n{got}')
    if len(sys.argv) > 1:
        print(f'{len(RULES) - wrong} texts are CPython\'s, {wrong} are not')
    sys.exit(wrong != 0)
