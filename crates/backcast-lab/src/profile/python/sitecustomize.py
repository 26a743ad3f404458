"""Starts Backcast's sampler, then runs the sitecustomize that would have run without it.

Python imports `sitecustomize` at start-up; this folder stands first on PYTHONPATH. Once the sampler runs, the folder
leaves the search path, so a program finds what it would have found.
"""

import os
import sys



def _sampler():
    """The sampler as a module. Compiling it takes longer than all else here, so its code lies beside it once it was compiled."""
    import marshal
    from _frozen_importlib_external import MAGIC_NUMBER

    source = os.path.join(_folder, "_backcast_sampler.py")
    compiled = "%s.%s" % (source, MAGIC_NUMBER.hex())
    try:
        with open(compiled, "rb") as file:
            code = marshal.loads(file.read())
    except (OSError, ValueError, EOFError, TypeError):
        with open(source, encoding="utf-8") as file:
            code = compile(file.read(), source, "exec")
        try:
            aside = "%s.%d" % (compiled, os.getpid())
            with open(aside, "wb") as file:
                file.write(marshal.dumps(code))
            os.replace(aside, compiled)
        except OSError:  # Each process compiles it then.
            pass
    module = sys.modules["_backcast_sampler"] = type(sys)("_backcast_sampler")
    module.__file__ = source
    exec(code, module.__dict__)
    return module


_folder = os.path.dirname(os.path.abspath(__file__))
_wanted = os.environ.get("BACKCAST_PYTHON_SAMPLES")
if _wanted and sys.version_info >= (3, 8):
    try:
        _sampler().start(_wanted, float(os.environ.get("BACKCAST_PYTHON_RATE", "100")))
    except Exception:  # A program runs even where it cannot be sampled.
        pass

sys.path[:] = [entry for entry in sys.path if entry != _folder]
sys.path_importer_cache.pop(_folder, None)
# A reference keeps this module's names alive until its last line, also in old interpreters.
_ours = sys.modules.pop("sitecustomize", None)
# Where there is no other one, the ImportError of this line is what `site` expects and ignores.
import sitecustomize  # noqa: E402,F401
