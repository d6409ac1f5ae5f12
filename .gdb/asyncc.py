# gdb: `source .gdb/asyncc.py`, then `asyncc-tasks`: what every task of a program that uses asyncc.h
# waits for, from a live process or from a core. The same as async_print_tasks(), without running
# anything in the process. Wants debug information (-g) of the file with ASYNCC_IMPLEMENTATION.
#
#   asyncc-tasks          all tasks of the loop of the selected thread
#   asyncc-tasks EXPR     of the loop that EXPR points to
#
# Where the kernel does not let a debugger call or a core has no thread-local memory, give the loop:
# `asyncc-tasks &my_loop`.
#
# On a board (gdb-multiarch, `target remote`) nothing is kept for it in the image: names and lines come
# from the debug information. Without ASYNCC_CANCEL a loop does not know its tasks: shown are those
# that are variables, that live in the `tasks` of these, or that are ready or asleep.
import re

import gdb

LIVE, DONE, OUTER = 1, 2, 2048
SECOND = 1000000000


def text(value):
    return value.string() if int(value) else "?"


def field(value, *names):
    """value.a.b of a pointer or struct, or None where there is no such member."""
    for name in names:
        try:
            value = value[name]
        except gdb.error:
            return None
    return value


def pointer(name):
    return gdb.lookup_type(name).pointer()


class Tasks(gdb.Command):
    """What every task waits for: asyncc-tasks [LOOP]"""

    def __init__(self):
        super().__init__("asyncc-tasks", gdb.COMMAND_STATUS, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        if not argument:  # a freestanding program has but one
            one = gdb.lookup_global_symbol("async_only_loop_")
            argument = "async_only_loop_" if one else "async_loop_"
        loop = gdb.parse_and_eval(argument)
        if loop.type.strip_typedefs().code != gdb.TYPE_CODE_PTR:
            loop = loop.address
        loop = loop.cast(pointer("async_loop"))
        if not int(loop):
            print("no loop in this thread: asyncc-tasks LOOP")
            return
        known = field(loop.dereference(), "scopes") is not None
        tasks = list(self.tasks(loop) if known else self.found(loop))
        print("%d task%s" % (len(tasks), "" if len(tasks) == 1 else "s"))
        for task in tasks:
            self.show(loop, task)

    def tasks(self, loop):
        scope = loop["scopes"]
        while int(scope):
            task = scope["head"]
            while int(task):
                if not int(task["flags"]) & DONE:
                    yield task
                task = task["next"]
            scope = scope["next"]

    def found(self, loop):
        """Without scopes. In the order of their variables, then of their deadlines."""
        roots, seen = [], set()
        listed = gdb.execute("info variables -q -t async_task_of_", to_string=True)
        for name in re.findall(r"(\w+)(?:\[\d+\])*;$", listed, re.M):
            roots += self.within(gdb.parse_and_eval(name))
        roots += [h.cast(pointer("async_task")) for l in ("head", "near") for h in self.list(loop[l])]
        while roots:
            task = roots.pop(0)
            root = self.root(task)
            if int(task) in seen or not self.coroutine(root):
                continue  # or never spawned, or a call
            seen.add(int(task))
            if int(root["state"]) == int(gdb.parse_and_eval("ASYNC_FINISHED_")):
                continue
            yield task
            for frame in filter(self.coroutine, self.frames(task)):
                kind = gdb.lookup_type("struct " + self.coroutine(frame)).pointer()
                roots += self.within(frame.cast(kind).dereference())

    def within(self, value):
        """The tasks in a variable or a frame; of a task itself only that."""
        type = value.type.strip_typedefs()
        if not type.sizeof:
            return []
        if type.code == gdb.TYPE_CODE_ARRAY:
            low, high = type.range()
            return [t for i in range(low, high + 1) for t in self.within(value[i])]
        if type.code != gdb.TYPE_CODE_STRUCT:
            return []
        if (type.tag or "").startswith("async_task_of_"):
            return [value.address.cast(pointer("async_task"))]
        return [t for f in type.fields() if hasattr(f, "bitpos") for t in self.within(value[f])]

    def list(self, handle):
        while int(handle):
            yield handle
            handle = handle["next"]

    def frames(self, task):
        """From the innermost out."""
        frame, root = task["frame"], self.root(task)
        for _ in range(1000000):
            yield frame
            if int(frame) == int(root):
                break
            frame = frame["up"]["caller"]

    def symbol(self, address):
        said = gdb.execute("info symbol %d" % int(address), to_string=True)
        return said.split()[0] if " in section " in said else None

    def coroutine(self, frame):
        """Its name, where frames do not keep it."""
        name = re.match(r"async_(?:resume|type)_of_(\w+)", self.symbol(frame["type"]) or "")
        return name.group(1) if name else None

    def marks(self, name):
        """State -> line, by the labels in a body, which may be inlined anywhere in its resume."""
        lines, base, file = {}, 0, "?"
        for function in ("async_resume_of_" + name, "async_body_of_" + name):
            f = gdb.lookup_static_symbol(function) or gdb.lookup_global_symbol(function)
            if not f:
                continue
            file = f.symtab.filename
            start = int(f.value().address) & ~1
            block = gdb.block_for_pc(start)
            while block and not (block.function and block.function.name == f.name):
                block = block.superblock
            for pc in range(start, block.end if block else start, 2):
                at = gdb.block_for_pc(pc)
                while at and not (at.function and at.function.name == "async_body_of_" + name):
                    at = at.superblock
                for s in at or ():
                    mark = re.match(r"async_at_(\d+)_$", s.name)
                    if mark:
                        lines[int(mark.group(1))] = s.line
                    elif s.name == "async_base_":
                        base = int(s.value())
        return file, {n - base: line for n, line in lines.items()}

    def root(self, task):
        return (task + 1).cast(pointer("async_frame"))

    def name(self, task):
        type = field(self.root(task), "type", "name")
        name = text(type) if type is not None else self.coroutine(self.root(task))
        return "%s %s" % (name, hex(int(task)))

    def show(self, loop, task):
        print("task " + self.name(task))
        ops = field(task["h"], "ops")
        if ops and (int(loop["current"]) == int(task) or int(task["flags"]) & OUTER):
            print("    runs")
            return
        for frame in reversed(list(self.frames(task))):
            if field(frame["type"], "name") is None and not self.coroutine(frame):
                continue  # a leaf of the library's
            print("    " + self.place(frame))
        if field(loop.dereference(), "ticks") is not None:
            print("    " + self.board_wait(loop, task, ops))
            return
        what = text(ops["what"]) if field(ops, "what") is not None else str(ops)
        print("    " + what + self.wait(loop, task, ops, what) + self.since(loop, task))

    def place(self, frame):
        type = frame["type"]
        if field(type, "name") is None:
            name = self.coroutine(frame)
            file, lines = self.marks(name)
            state = int(frame["state"])
            line = ":%d" % lines[state] if state in lines else ", state %d" % state
            return "%s, %s%s" % (name, file, line)
        line = int(frame["line"]) or int(type["line"])
        return "%s, %s:%d" % (text(type["name"]), text(type["file"]), line)

    def board_wait(self, loop, task, ops):
        """A task is in one list, which says more than it does itself."""
        handle = int(task["h"].address)
        if handle in [int(h) for h in self.list(loop["near"])]:
            left = (task["u"]["when"] - loop["ticks"]).cast(gdb.lookup_type("async_span_"))
            return "sleep, %d ticks left" % int(left)
        if handle in [int(h) for h in self.list(loop["head"])]:
            return "ready"
        stack = gdb.newest_frame()
        while stack:  # a task that waits is not being resumed
            name = "async_(resume|body)_of_%s$" % self.coroutine(self.root(task))
            if re.match(name, stack.name() or ""):
                return "runs, or waits if another task runs the same"
            stack = stack.older()
        on = task["u"]["on"]
        size = gdb.lookup_type("struct async_task_of_" + self.coroutine(self.root(task))).sizeof
        if 0 < int(on) - int(task) < size:  # its place in a line, of what is behind it
            on = (on.cast(pointer("async_waiter_")) + 1).cast(pointer("void").pointer()).dereference()
        what = re.match(r"async_(\w+)_ops_$", ops and self.symbol(ops) or "")
        if int(on) > 4096 and self.symbol(on):
            return "waits for %s" % self.symbol(on)
        return "waits" + (": " + what.group(1) if what else "")

    def wait(self, loop, task, ops, what):
        on = task["u"]["on"]
        try:
            if what == "sleep":
                left = int(task["u"]["when"]) - int(loop["now"])
                return ", %.3f s left when the loop last looked" % (max(left, 0) / SECOND)
            if what in ("gather", "wait") and int(ops["cancel"]):
                group = on.cast(pointer("struct async_set_"))
                return ", %d of %d have not ended" % (int(group["left"]), int(group["n"]))
            if what in ("join", "shield"):
                return " " + self.name(on.cast(pointer("async_task")))
            if what == "wait_for":
                return " " + self.name(on.cast(pointer("struct async_wait_for"))["on"])
            if what == "descriptor":  # from ASYNC_IO_WRITES_ on they write
                io = on.cast(pointer("struct async_io_"))["io"]
                way = "write" if int(io["op"]) >= 4 else "read"
                return " %d, to %s" % (int(io["fd"]), way)
        except gdb.error:
            pass
        if int(ops["cancel"]) and what != "the tasks of its frame":
            return " " + hex(int(on))
        return ""

    def since(self, loop, task):
        since = field(task, "since")
        if since is None:
            return ""
        return ", for %.3f s when the loop last looked" % ((int(loop["now"]) - int(since)) / SECOND)


Tasks()
