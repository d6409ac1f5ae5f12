# gdb: `source .gdb/asyncc.py`, then `asyncc-tasks`: what every task of a program that uses asyncc.h
# waits for, from a live process or from a core. The same as async_print_tasks(), without running
# anything in the process. Wants debug information (-g) of the file with ASYNCC_IMPLEMENTATION.
#
#   asyncc-tasks          all tasks of the loop of the selected thread
#   asyncc-tasks EXPR     of the loop that EXPR points to
#
# Where the kernel does not let a debugger call or a core has no thread-local memory, give the loop:
# `asyncc-tasks &my_loop`.
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
        loop = gdb.parse_and_eval(argument or "async_loop_")
        if loop.type.strip_typedefs().code != gdb.TYPE_CODE_PTR:
            loop = loop.address
        loop = loop.cast(pointer("async_loop"))
        if not int(loop):
            print("no loop in this thread: asyncc-tasks LOOP")
            return
        tasks = [t for t in self.tasks(loop)]
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

    def root(self, task):
        return (task + 1).cast(pointer("async_frame"))

    def name(self, task):
        type = field(self.root(task), "type", "name")
        name = text(type) if type is not None else "task"
        return "%s %s" % (name, hex(int(task)))

    def show(self, loop, task):
        print("task " + self.name(task))
        ops, root, frame = task["h"]["ops"], self.root(task), task["frame"]
        if int(loop["current"]) == int(task) or int(task["flags"]) & OUTER:
            print("    runs")
            return
        frames = []
        while True:
            frames.append(frame)
            if int(frame) == int(root) or len(frames) > 1000000:
                break
            frame = frame["up"]["caller"]
        for frame in reversed(frames):
            print("    " + self.place(frame))
        what = text(ops["what"]) if field(ops, "what") is not None else str(ops)
        print("    " + what + self.wait(loop, task, ops, what) + self.since(loop, task))

    def place(self, frame):
        type = frame["type"]
        if field(type, "name") is None:
            return "%s, state %d" % (type, int(frame["state"]))
        line = int(frame["line"]) or int(type["line"])
        return "%s, %s:%d" % (text(type["name"]), text(type["file"]), line)

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
