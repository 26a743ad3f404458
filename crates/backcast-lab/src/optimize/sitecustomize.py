"""Runs the sitecustomize that would have run without Backcast's, then applies Backcast's tuning.

Python imports `sitecustomize` at start-up; this folder stands first on PYTHONPATH and leaves the search path again, so a
program finds what it would have found.
"""

import os
import sys

import _backcast_tuning as _tuning

_folder = os.path.dirname(os.path.abspath(__file__))
_wanted = os.environ.get("BACKCAST_TUNING", "")
_receipt = os.environ.get("BACKCAST_TUNING_RECEIPT")
sys.path[:] = [entry for entry in sys.path if entry != _folder]
sys.path_importer_cache.pop(_folder, None)
sys.modules.pop("_backcast_tuning", None)
# A reference keeps this module's names alive until its last line, also in old interpreters.
_ours = sys.modules.pop("sitecustomize", None)
try:
    # Where there is no other one, the ImportError of this line is what `site` expects and ignores.
    import sitecustomize  # noqa: F401
finally:
    # Last of all, or what runs at start-up could undo it: tracing is often begun there.
    _tuning.apply(_wanted)
    if _receipt:
        _tuning.receipt(_wanted, _receipt)
