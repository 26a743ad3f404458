"""Sets the interpreter as BACKCAST_TUNING says, in words such as `collector=700,7,7 freeze`. A setting that this interpreter
refuses ends the program: a candidate that is not applied must not be measured as if it were.

Nothing is imported that an interpreter has not loaded by itself: time and memory of the program are to be its own.
"""

import os
import sys


def apply(text):
    try:
        for name, value in _settings(text):
            _SETTINGS[name][0](value)
    except Exception as error:
        # An exception would only be printed: nothing that goes wrong at start-up ends an interpreter.
        sys.stderr.write(f"the interpreter refuses {text}: {error}\n")
        sys.stderr.flush()
        os._exit(3)


def receipt(text, path):
    """Says in a file whether all of it holds. The first interpreter of a command writes it, those that it starts do not."""
    said = "applied"
    for name, value in _settings(text):
        if not _SETTINGS[name][1](value):
            said = f"{name}={value} does not hold"
    level = os.environ.get("PYTHONOPTIMIZE")
    if level and level != str(sys.flags.optimize):
        said = f"the interpreter runs byte code of level {sys.flags.optimize}"
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return
    os.write(file, said.encode())
    os.close(file)


def _settings(text):
    for word in text.split():
        name, _, value = word.partition("=")
        yield name, value


def _set_collector(value):
    import gc

    if value == "off":
        gc.disable()
    else:
        gc.set_threshold(*map(int, value.split(",")))


def _has_collector(value):
    import gc

    return not gc.isenabled() if value == "off" else gc.get_threshold() == tuple(map(int, value.split(",")))


def _freeze(_):
    import gc

    gc.collect()
    gc.freeze()


def _is_frozen(_):
    import gc

    return gc.get_freeze_count() > 0


def _trace_off(_):
    sys.settrace(None)
    sys.setprofile(None)


def _preload(value):
    for name in value.split(","):
        try:
            __import__(name)
        except ImportError:
            pass


def _refresh_imports(_):
    import importlib

    importlib.invalidate_caches()
    sys.path_importer_cache.clear()


# How each setting is made, and whether it holds. In this order: what is loaded first is frozen with the rest.
_SETTINGS = {
    "preload": (_preload, lambda value: any(name in sys.modules for name in value.split(","))),
    "refresh_imports": (_refresh_imports, lambda _: True),
    "tracing_off": (_trace_off, lambda _: sys.gettrace() is None and sys.getprofile() is None),
    "switch_interval_s": (
        lambda value: sys.setswitchinterval(float(value)),
        lambda value: abs(sys.getswitchinterval() - float(value)) < 2e-6,
    ),
    "recursion_limit": (
        lambda value: sys.setrecursionlimit(int(value)),
        lambda value: sys.getrecursionlimit() == int(value),
    ),
    "collector": (_set_collector, _has_collector),
    "freeze": (_freeze, _is_frozen),
}
