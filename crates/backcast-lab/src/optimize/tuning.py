"""Sets the interpreter as BACKCAST_TUNING says. A setting that this interpreter refuses ends the program: a candidate that is
not applied must not be measured as if it were."""

import gc
import os
import sys


def apply(text):
    try:
        _apply(text)
    except Exception as error:
        # An exception would only be printed: nothing that goes wrong at start-up ends an interpreter.
        sys.stderr.write(f"the interpreter refuses {text}: {error}\n")
        sys.stderr.flush()
        os._exit(3)


def _apply(text):
    import json

    tuning = json.loads(text)
    for name in tuning.get("preload", ()):
        try:
            __import__(name)
        except ImportError:
            pass
    if tuning.get("refresh_imports"):
        import importlib

        importlib.invalidate_caches()
        sys.path_importer_cache.clear()
    if tuning.get("tracing_off"):
        sys.settrace(None)
        sys.setprofile(None)
    if "switch_interval_s" in tuning:
        sys.setswitchinterval(tuning["switch_interval_s"])
    if "recursion_limit" in tuning:
        sys.setrecursionlimit(tuning["recursion_limit"])
    collector = tuning.get("collector")
    if collector == "off":
        gc.disable()
    elif collector is not None:
        gc.set_threshold(*collector["thresholds"])
    if tuning.get("freeze"):
        gc.collect()
        gc.freeze()
