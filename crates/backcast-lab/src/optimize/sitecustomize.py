"""Applies Backcast's tuning, then runs the sitecustomize that would have run without it.

Python imports `sitecustomize` at start-up; this folder stands first on PYTHONPATH and leaves the search path again, so a
program finds what it would have found.
"""

import os
import sys

_folder = os.path.dirname(os.path.abspath(__file__))
_wanted = os.environ.get("BACKCAST_TUNING")
if _wanted:
    import _backcast_tuning

    _backcast_tuning.apply(_wanted)
    sys.modules.pop("_backcast_tuning", None)

sys.path[:] = [entry for entry in sys.path if entry != _folder]
sys.path_importer_cache.pop(_folder, None)
# A reference keeps this module's names alive until its last line, also in old interpreters.
_ours = sys.modules.pop("sitecustomize", None)
# Where there is no other one, the ImportError of this line is what `site` expects and ignores.
import sitecustomize  # noqa: E402,F401
