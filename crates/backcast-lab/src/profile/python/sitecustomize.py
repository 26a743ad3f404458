"""Starts Backcast's sampler, then runs the sitecustomize that would have run without it.

Python imports `sitecustomize` at start-up; this folder stands first on PYTHONPATH. Once the sampler runs, the folder
leaves the search path, so a program finds what it would have found.
"""

import os
import sys

_folder = os.path.dirname(os.path.abspath(__file__))
_wanted = os.environ.get("BACKCAST_PYTHON_SAMPLES")
if _wanted and sys.version_info >= (3, 8):
    try:
        import _backcast_sampler

        _backcast_sampler.start(_wanted, float(os.environ.get("BACKCAST_PYTHON_RATE", "100")))
    except Exception:  # A program runs even where it cannot be sampled.
        pass

sys.path[:] = [entry for entry in sys.path if entry != _folder]
sys.path_importer_cache.pop(_folder, None)
# A reference keeps this module's names alive until its last line, also in old interpreters.
_ours = sys.modules.pop("sitecustomize", None)
# Where there is no other one, the ImportError of this line is what `site` expects and ignores.
import sitecustomize  # noqa: E402,F401
