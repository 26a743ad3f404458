"""Samples the stacks of all threads of this Python process, and writes what it found to one JSON file.

Runs inside the measured program: standard library's built-in modules only (importing others would change what the
program finds imported), no thread that `threading` can see, no file kept open, no signal handler. The file is rewritten
every second and at exit, so a process that is killed loses at most the last second.

CPython 3.8 to 3.14. Times are nanoseconds of CLOCK_MONOTONIC.
"""

import _thread
import gc
import os
import sys
import time

VERSION = 1
MAX_NODES = 20000
MAX_FRAMES = 20000
MAX_CODES = 20000
MAX_GROUPS = 200
MAX_MODULES = 5000
MAX_WALK = 2000
SHOWN_OUTER = 120
SHOWN_INNER = 80
FLUSH_NS = 1000000000
FIRST_FLUSH_NS = 250000000
# Longest wait for the sampling thread to end.
MAX_WAIT_NS = 1000000000
# Writing may take one two-hundredth of a processor. Not of the time: each call to the system waits for the interpreter lock.
FLUSH_FACTOR = 200
# A sample may take one thirtieth of the time until the next.
COST_FACTOR = 30

# Counts of blocks that are kept, and the part of the time that counting may take.
MAX_POINTS = 256
COUNTING_FACTOR = 200
# Bytes of a block of our own, on average.
OWN_BLOCK = 100

# Names, files and lines of frames that are no functions.
IMPORT = ("import", "<frozen importlib>", 0)
COLLECTOR = ("garbage collector", "<gc>", 0)
LEFT_OUT = ("(frames left out)", "<stack>", 0)
NOT_RUNNING = ("(process not running)", "<stack>", 0)

# After so long without a look, in which the process used no processor to speak of, it was suspended or had none.
LONG_GAP_NS = 250000000
# A thread that used less than one part in so many of the time between two looks was waiting.
IDLE_FACTOR = 20

# A node: its children by frame number, its frame, samples, own time, own processor time, times by line, own time in which it waited.
CHILDREN, FRAME, SAMPLES, OWN, CPU, LINES, IDLE = range(7)

_clock = time.monotonic_ns
_sampler = None
_real_exit = os._exit
# Blocks that Python's allocators gave out. Without the interpreter lock counting stops all threads; then it is left.
_count_blocks = getattr(sys, "getallocatedblocks", None)
if not getattr(sys, "_is_gil_enabled", lambda: True)():
    _count_blocks = None
_start_thread = _thread.start_new_thread
_escapes = {ord('"'): '\\"', ord("\\"): "\\\\"}
_escapes.update((n, "\\u%04x" % n) for n in range(32))


def start(folder, rate):
    """Begins to sample into a file of `folder`, `rate` times a second."""
    global _sampler
    import atexit
    import _frozen_importlib

    _sampler = Sampler(folder, rate)
    gc.callbacks.append(_on_collection)
    _watch_imports(_frozen_importlib)
    atexit.register(_finish)
    os._exit = _exit
    _count_threads()
    # All others of their kind call these two.
    os.execv, os.execve = _written_first(os.execv), _written_first(os.execve)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_pause, after_in_parent=_resume, after_in_child=_begin_again)
        if sys.version_info >= (3, 13):
            os.fork, os.forkpty = _held_back(os.fork), _held_back(os.forkpty)
    _sampler.resume()


def _finish():
    _sampler.pause()
    _sampler.write(complete=True)


def _exit(status):
    """Leave at once, as `os._exit` does, but not without the samples."""
    try:
        _finish()
    finally:
        _real_exit(status)


def _count_threads():
    """Counts threads that are started: those that end before the next look are not seen. `threading` takes its functions from
    `_thread` when it is imported."""

    def counted(start):
        def counting(*args, **named):
            _sampler.threads_started += 1
            return start(*args, **named)

        counting.__name__ = counting.__qualname__ = start.__name__
        counting.__doc__, counting.__module__ = start.__doc__, start.__module__
        return counting

    threading = sys.modules.get("threading")
    for name in ("start_new_thread", "start_joinable_thread"):
        start = getattr(_thread, name, None)
        if start is not None:
            counting = counted(start)
            setattr(_thread, name, counting)
            if getattr(threading, "_" + name, None) is start:
                setattr(threading, "_" + name, counting)


def _written_first(execute):
    """`os.execv` and `os.execve`, which leave nothing of this program behind, with the samples written before."""

    def written_first(*args, **named):
        try:
            os.stat(args[0])
        except (OSError, ValueError, TypeError, IndexError):  # Programs are looked for in one folder after the other.
            return execute(*args, **named)
        sampler = _sampler
        sampler.pause()
        # A child that was forked for this alone has nothing to tell.
        if sampler.ticks:
            sampler.write(complete=True)
        try:
            return execute(*args, **named)
        finally:
            # Only where it could not be executed.
            sampler.resume()

    written_first.__name__ = written_first.__qualname__ = execute.__name__
    written_first.__doc__, written_first.__module__ = execute.__doc__, execute.__module__
    for kind in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks):
        if execute in kind:
            kind.add(written_first)
    return written_first


def _pause():
    # Before a fork: a process with a second thread would be warned of it since Python 3.12.
    _sampler.pause()


def _resume():
    _sampler.resume()


def _held_back(fork):
    """`os.fork` without our thread until it returns: since Python 3.13 the threads are counted after `_resume`."""

    def held_back():
        sampler = _sampler
        sampler.pause()
        held = sampler.hold()
        try:
            return fork()
        finally:
            # The child has a sampler of its own.
            if held and sampler is _sampler:
                sampler.go_on()

    held_back.__name__ = held_back.__qualname__ = fork.__name__
    held_back.__doc__, held_back.__module__ = fork.__doc__, fork.__module__
    return held_back


def _begin_again():
    global _sampler
    _sampler = Sampler(_sampler.folder, _sampler.rate)
    _sampler.resume()


def _on_collection(phase, info):
    sampler = _sampler
    now = _clock()
    if phase == "start":
        sampler.collecting_since = now
        return
    took = now - sampler.collecting_since
    ledger = sampler.collections[min(info["generation"], 2)]
    ledger[0] += 1
    ledger[1] += took
    ledger[2] += info.get("collected", 0)
    ledger[3] += info.get("uncollectable", 0)
    ident = _thread.get_ident()
    sampler.collecting[ident] = sampler.collecting.get(ident, 0) + took


def _watch_imports(importlib):
    """Times each module that is really loaded: `import` of a loaded module does not come this way."""
    # The name of the file makes tracebacks of failed imports look as they do without this function.
    code = compile(
        "def _find_and_load(name, import_):\n"
        "    if name in modules:\n"
        "        return inner(name, import_)\n"
        "    enter(name)\n"
        "    try:\n"
        "        return inner(name, import_)\n"
        "    finally:\n"
        "        leave()\n",
        "<frozen importlib._bootstrap>",
        "exec",
    )
    names = {
        "inner": importlib._find_and_load,
        "modules": sys.modules,
        "enter": _import_begins,
        "leave": _import_ends,
    }
    exec(code, names)
    importlib._find_and_load = names["_find_and_load"]


def _import_begins(name):
    stack = _sampler.importing.setdefault(_thread.get_ident(), [])
    # Name, start, time of the modules that it imports.
    stack.append([name, _clock(), 0])


def _import_ends():
    sampler = _sampler
    stack = sampler.importing.get(_thread.get_ident())
    if not stack:
        return
    name, begun, inner = stack.pop()
    took = _clock() - begun
    if stack:
        stack[-1][2] += took
    if name in sampler.imports or len(sampler.imports) < MAX_MODULES:
        known = sampler.imports.setdefault(name, [0, 0])
        known[0] += took - inner
        known[1] += took


class Group:
    """All threads of one name."""

    __slots__ = ("name", "count", "wall", "cpu", "samples", "weight", "squares", "root")

    def __init__(self, name):
        self.name = name
        self.count = 0
        self.wall = 0
        self.cpu = None
        self.samples = 0
        # The milliseconds that samples stand for, and the squares of them.
        self.weight = self.squares = 0.0
        self.root = {}

    def effective_samples(self):
        """How many samples would tell as much if each stood for equally long."""
        return int(self.weight ** 2 / self.squares) if self.squares else 0


class Seen:
    """A thread that was seen in the last sample."""

    __slots__ = ("group", "thread", "last", "cpu", "tick")

    def __init__(self, group, thread, last, cpu):
        self.group = group
        self.thread = thread
        self.last = last
        self.cpu = cpu
        self.tick = 0


class Sampler:
    """The samples of one process, and the thread that takes them."""

    def __init__(self, folder, rate):
        self.folder = folder
        self.rate = rate
        self.pid = os.getpid()
        self.period = int(1e9 / rate)
        self.began = self.last = _clock()
        self.path = os.path.join(folder, "%d-%d.json" % (self.pid, self.began))
        # The thread that starts the sampler is the main one, at start-up and in a forked child.
        self.main = _thread.get_ident()
        self.main_id = _thread.get_native_id()
        self.main_cpu = time.thread_time_ns()
        self.frames = []
        self.frame_ids = {}
        # Frame numbers by the address of a code object, and the object, which keeps its address.
        self.codes = {}
        self.nodes = 0
        self.lines = 0
        self.not_kept = 0
        # Time since the start, blocks.
        self.blocks = []
        self.blocks_due = 0
        self.blocks_spacing = self.period
        self.groups = {}
        self.seen = {}
        self.ticks = 0
        self.sampler_cpu = 0
        self.most_threads = 1
        self.threads_started = 0
        self.cpu_before = self.cpu_at_look = time.process_time_ns()
        self.collections = [[0, 0, 0, 0] for _ in range(3)]
        self.collecting = {}
        self.collecting_since = 0
        self.importing = {}
        self.imports = {}
        # One of the two holds one entry: who takes it may start the thread, or stop it. Two threads may fork at once, and a lock
        # held by a thread that a fork leaves behind would be held for ever.
        self.idle = [None]
        self.running = []
        self.task = 0
        self.own = None
        self.import_frame = self.frame_of(IMPORT)
        self.collector_frame = self.frame_of(COLLECTOR)
        self.left_out_frame = self.frame_of(LEFT_OUT)
        self.not_running_frame = self.frame_of(NOT_RUNNING)

    # The thread that samples.

    def resume(self):
        """Starts the thread."""
        # It may run already, or be about to.
        if not self.folder or not self.hold():
            return
        stop, done = _thread.allocate_lock(), _thread.allocate_lock()
        stop.acquire()
        done.acquire()
        try:
            _start_thread(self.run, (stop, done))
        except RuntimeError:  # No thread can be had any more; the program goes on without samples.
            return
        self.running.append((stop, done))

    def pause(self):
        """Stops the thread and waits until it is gone."""
        if self.pid != os.getpid():
            return
        try:
            stop, done = self.running.pop()
        except IndexError:
            return
        try:
            stop.release()
            deadline = _clock() + MAX_WAIT_NS
            # It says that it is done a little before it is gone, and the system counts it until then.
            if done.acquire(timeout=MAX_WAIT_NS / 1e9):
                done.release()
                task = "/proc/self/task/%d" % self.task
                while os.path.exists(task) and _clock() < deadline:
                    time.sleep(0.0001)
        finally:
            self.idle.append(None)

    def hold(self):
        """Keeps the thread from being started; whether that was possible."""
        try:
            self.idle.pop()
            return True
        except IndexError:
            return False

    def go_on(self):
        """Starts the thread after `hold`."""
        self.idle.append(None)
        self.resume()

    def run(self, stop, done):
        try:
            self.block_signals()
            self.own = _thread.get_ident()
            self.task = _thread.get_native_id()
            begun = time.thread_time_ns()
            kept = self.sampler_cpu
            due = _clock() + self.period
            flush = _clock() + (FIRST_FLUSH_NS if self.ticks == 0 else FLUSH_NS)
            while not stop.acquire(timeout=max(due - _clock(), 0) / 1e9):
                before = _clock()
                self.sample(before)
                now = _clock()
                if now >= flush:
                    before_cpu = time.thread_time_ns()
                    if not self.write():
                        return
                    cost = time.thread_time_ns() - before_cpu
                    flush = _clock() + max(FLUSH_NS, FLUSH_FACTOR * cost)
                # Whole periods from the start keep the rate; what came too late is left out.
                due = max(due + self.period, now + COST_FACTOR * (now - before) // 2)
                if due < now:
                    due += ((now - due) // self.period + 1) * self.period
                self.sampler_cpu = kept + time.thread_time_ns() - begun
        finally:
            done.release()

    @staticmethod
    def block_signals():
        """Signals are for the program's own threads."""
        try:
            import _signal

            _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals())
        except (ImportError, AttributeError, OSError, ValueError):
            pass

    # Samples.

    def sample(self, now):
        """One look at all threads."""
        not_running = self.was_not_running(now)
        self.last = now
        self.ticks += 1
        tick = self.ticks
        frames = sys._current_frames()
        frames.pop(self.own, None)
        threading = sys.modules.get("threading")
        active = getattr(threading, "_active", {}) if threading else {}
        self.most_threads = max(self.most_threads, len(frames))
        for ident, frame in frames.items():
            thread = active.get(ident)
            seen = self.seen.get(ident)
            # An identifier is used again once its thread is gone.
            if seen is None or (seen.thread is not None and seen.thread is not thread):
                seen = self.seen[ident] = self.first_seen(ident, thread, now)
            seen.thread = thread
            seen.tick = tick
            took = now - seen.last
            seen.last = now
            cpu = self.cpu_since(seen, ident, took)
            group = seen.group
            group.wall += took
            group.samples += 1
            if cpu is not None:
                group.cpu = (group.cpu or 0) + cpu
            if not_running and took >= LONG_GAP_NS:
                self.add_not_running(group, took)
            else:
                group.weight += took / 1e6
                group.squares += (took / 1e6) ** 2
                self.add(group, frame, took, cpu, self.collecting.pop(ident, 0))
        if now >= self.blocks_due and _count_blocks:
            self.note_blocks(now)
        # A frame that is kept keeps the program's objects alive.
        frame = None
        frames.clear()
        if len(self.seen) > 2 * self.most_threads + 16 or tick % 64 == 0:
            self.seen = {k: v for k, v in self.seen.items() if v.tick == tick}

    def note_blocks(self, now):
        """What a program keeps shows in the blocks that it was given, by their number alone. Counting them takes the longer the more
        there are."""
        before = _clock()
        blocks = _count_blocks()
        took = _clock() - before
        self.blocks_due = now + max(self.blocks_spacing - self.period // 2, COUNTING_FACTOR * took)
        # None where another allocator stands in for Python's.
        if blocks:
            self.blocks.append((now - self.began, max(blocks - self.own_blocks(), 0)))
        if len(self.blocks) >= MAX_POINTS:
            del self.blocks[1::2]
            self.blocks_spacing *= 2

    def own_blocks(self):
        """About as many blocks as what is kept here takes, which grows with the places that samples find."""
        return 6 * self.nodes + 3 * self.lines + 3 * len(self.frames) + 2 * len(self.codes) + 3 * len(self.blocks)

    def was_not_running(self, now):
        """Whether the process stood still since the last look: no thread used a processor, and this one was long overdue."""
        cpu, before = time.process_time_ns(), self.cpu_at_look
        self.cpu_at_look = cpu
        gap = now - self.last
        return gap >= max(LONG_GAP_NS, 4 * self.period) and (cpu - before) * IDLE_FACTOR < gap

    def add_not_running(self, group, took):
        node = self.child(group.root, self.not_running_frame)
        if node is not None:
            node[SAMPLES] += 1
            node[OWN] += took

    def first_seen(self, ident, thread, now):
        if ident == self.main:
            name, since = "MainThread", self.began
        else:
            name = getattr(thread, "_name", None) or "thread"
            # Begun somewhere since the last look: on average in the middle.
            since = now - self.period // 2
        own = str(name)[:200]
        name = without_numbers(own)
        if name not in self.groups and len(self.groups) >= MAX_GROUPS:
            own = name = "other threads"
        group = self.groups.get(name)
        if group is None:
            group = self.groups[name] = Group(own)
        elif group.name != own:
            group.name = name
        group.count += 1
        return Seen(group, thread, since, self.main_cpu if ident == self.main else 0)

    def cpu_since(self, seen, ident, took):
        """Processor time of a thread since the last look; None where it cannot be known."""
        task = self.main_id if ident == self.main else getattr(seen.thread, "native_id", None)
        if not task:
            return None
        try:
            now = time.clock_gettime_ns(clock_of(task))
        except (OSError, AttributeError, ValueError):
            return None
        before, seen.cpu = seen.cpu, now
        return min(max(now - before, 0), took)

    def add(self, group, frame, took, cpu, collecting):
        """Adds one stack, outermost frame first, to a group's tree."""
        stack = []
        while frame is not None and len(stack) < MAX_WALK:
            stack.append((frame.f_code, frame.f_lineno))
            frame = frame.f_back
        # What this module does on the program's threads belongs to where it was called.
        while stack and stack[0][0].co_filename == __file__:
            del stack[0]
        path = []
        before = None
        for code, line in reversed(stack):
            number = self.number_of(code)
            if number != before or number != self.import_frame:
                path.append((number, line))
            before = number
        if frame is not None:
            path[:0] = [(self.left_out_frame, 0)]
        if len(path) > SHOWN_OUTER + SHOWN_INNER:
            path[SHOWN_OUTER:-SHOWN_INNER] = [(self.left_out_frame, 0)]
        children, node = group.root, None
        times = None
        for number, line in path:
            below = self.child(children, number)
            if below is None:
                break
            node, children = below, below[CHILDREN]
            times = node[LINES].get(line)
            if times is None:
                times = node[LINES][line] = [0, 0, 0]
                self.lines += 1
            times[1] += took
        if node is None:
            return
        if collecting:
            below = self.child(children, self.collector_frame)
            if below is not None:
                collecting = min(collecting, took)
                below[OWN] += collecting
                took -= collecting
                if cpu is not None:
                    below[CPU] = (below[CPU] or 0) + min(cpu, collecting)
                    cpu -= min(cpu, collecting)
        node[SAMPLES] += 1
        node[OWN] += took
        if cpu is not None:
            node[CPU] = (node[CPU] or 0) + cpu
            if cpu * IDLE_FACTOR < took:
                node[IDLE] += took
        times[0] += took
        times[2] += 1

    def child(self, children, number):
        node = children.get(number)
        if node is None:
            if self.nodes >= MAX_NODES:
                self.not_kept += 1
                return None
            self.nodes += 1
            node = children[number] = [{}, number, 0, 0, None, {}, 0]
        return node

    def number_of(self, code):
        known = self.codes.get(id(code))
        if known is not None:
            return known[0]
        file = code.co_filename
        if file.startswith("<frozen importlib"):
            number = self.import_frame
        else:
            name = getattr(code, "co_qualname", code.co_name)
            number = self.frame_of((name, file, code.co_firstlineno))
        # What is kept here lives on; a program that compiles code all the time would grow by it.
        if len(self.codes) >= MAX_CODES:
            self.codes.clear()
        self.codes[id(code)] = (number, code)
        return number

    def frame_of(self, frame):
        number = self.frame_ids.get(frame)
        if number is None:
            if len(self.frames) >= MAX_FRAMES:
                return self.left_out_frame
            number = self.frame_ids[frame] = len(self.frames)
            self.frames.append(frame)
        return number

    # The file.

    def write(self, complete=False):
        """Writes everything aside and renames it. False where nobody wants it any more."""
        if not self.folder or self.pid != os.getpid():
            return False
        # A name of its own: two threads may leave at once.
        aside = "%s.%d.part" % (self.path, _thread.get_ident())
        try:
            data = "".join(self.text(complete)).encode("utf-8", "replace")
            fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(fd, view):]
            finally:
                os.close(fd)
            os.replace(aside, self.path)
            return True
        except (OSError, RuntimeError, MemoryError):
            # Removed, full or changed underneath: the program is more important than its samples.
            return os.path.isdir(self.folder)

    def text(self, complete):
        now = _clock()
        switch = int(sys.getswitchinterval() * 1e9) if hasattr(sys, "getswitchinterval") else 0
        yield '{"format":"backcast-python-samples","version":%d,' % VERSION
        yield '"pid":%d,"parent":%d,"python":%s,' % (self.pid, os.getppid(), quoted(version()))
        yield '"argv":[%s],' % ",".join(quoted(str(a)) for a in getattr(sys, "argv", [])[:8])
        yield '"began_ns":%d,"wall_ns":%d,"period_ns":%d,"ticks":%d,' % (
            self.began, now - self.began, self.period, self.ticks)
        yield '"complete":%s,' % ("true" if complete else "false")
        yield '"switch_interval_ns":%d,"sampler_cpu_ns":%d,' % (switch, self.sampler_cpu)
        yield '"most_threads":%d,"not_kept":%d,' % (self.most_threads, self.not_kept)
        yield '"threads_started":%d,"process_cpu_ns":%d,' % (
            self.threads_started, time.process_time_ns() - self.cpu_before)
        peak = peak_bytes()
        yield '"peak_bytes":%s,' % ("null" if peak is None else peak)
        yield '"blocks":%s,"own_bytes":%d,' % (numbers(list(self.blocks)), OWN_BLOCK * self.own_blocks())
        yield '"collections":%s,' % numbers(self.collections)
        yield '"imports":[%s],' % ",".join(
            "[%s,%d,%d]" % (quoted(name), own, total)
            for name, (own, total) in list(self.imports.items()))
        yield '"frames":[%s],' % ",".join(
            "[%s,%s,%d]" % (quoted(name), quoted(file), line) for name, file, line in self.frames)
        yield '"threads":['
        for i, group in enumerate(list(self.groups.values())):
            yield '%s{"name":%s,"count":%d,"wall_ns":%d,"cpu_ns":%s,"samples":%d,' % (
                "," if i else "", quoted(group.name), group.count, group.wall,
                "null" if group.cpu is None else group.cpu, group.samples)
            yield '"effective_samples":%d,"nodes":[' % group.effective_samples()
            yield ",".join(self.nodes_of(group))
            yield "]}"
        yield "]}\n"

    @staticmethod
    def nodes_of(group):
        """Each node after its parent: parent, frame, samples, own time, processor time, lines, time in which it waited."""
        waiting = [(-1, node) for node in list(group.root.values())]
        written = 0
        while waiting:
            parent, node = waiting.pop()
            lines = ",".join(
                "[%d,%d,%d,%d]" % (line or 0, own, total, samples)
                for line, (own, total, samples) in list(node[LINES].items()))
            cpu = "null" if node[CPU] is None else node[CPU]
            yield "[%d,%d,%d,%d,%s,[%s],%d]" % (
                parent, node[FRAME], node[SAMPLES], node[OWN], cpu, lines, node[IDLE])
            waiting.extend((written, below) for below in list(node[CHILDREN].values()))
            written += 1


def without_numbers(name):
    """`Thread-12` and `Thread-3` are `Thread-#`: threads of short life share one tree. `md5sum` keeps its digit."""
    out = []
    i = 0
    while i < len(name):
        j = i
        while j < len(name) and name[j].isdigit():
            j += 1
        if j == i:
            out.append(name[i])
            i += 1
            continue
        inside = i > 0 and name[i - 1].isalnum() and j < len(name) and name[j].isalnum()
        out.append(name[i:j] if inside else "#")
        i = j
    return "".join(out)[:200]


def clock_of(task):
    """The clock of a thread's processor time. Linux names it by the number of the thread (man 3 pthread_getcpuclockid), and answers
    with an error once the thread is gone; asking the C library for it then would be a fault."""
    return ~task << 3 | 6


def version():
    return "%s %d.%d.%d" % ((sys.implementation.name,) + tuple(sys.version_info[:3]))


def quoted(text):
    return '"%s"' % text.translate(_escapes)


def numbers(rows):
    return "[%s]" % ",".join("[%s]" % ",".join(str(n) for n in row) for row in rows)


def peak_bytes():
    try:
        fd = os.open("/proc/self/status", os.O_RDONLY)
        try:
            text = os.read(fd, 8192)
        finally:
            os.close(fd)
        return int(text.split(b"VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError, ValueError):
        return None
