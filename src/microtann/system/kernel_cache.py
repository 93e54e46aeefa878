"""Where compiled kernels are kept, on machines where neither the package nor the user's cache can be written.

numba keeps compiled code beside the source, or else in the user's cache, and refuses to define a function where it
can write to neither, as in a container that runs under an arbitrary user.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

CACHE_VARIABLE = "NUMBA_CACHE_DIR"


def provide_cache() -> None:
    """Give numba a temporary folder, for this process, if it could write nowhere else.

    To be called before numba is imported.
    The folder is the process's own, since whoever could write to a shared one could run code in it.
    """
    beside = Path(__file__).parents[1] / "slips" / "__pycache__"
    if os.environ.get(CACHE_VARIABLE) or _writable(beside) or _writable(_users_cache()):
        return
    folder = tempfile.mkdtemp(prefix="microtann-kernels-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[CACHE_VARIABLE] = folder


def _users_cache() -> Path | None:
    named = os.environ.get("XDG_CACHE_HOME")
    try:
        return Path(named) if named else Path.home() / ".cache"
    except RuntimeError:  # the user has no home
        return None


def _writable(folder: Path | None) -> bool:
    """Return whether a folder can be written to, or be made where it should be."""
    if folder is None:
        return False
    present = next(place for place in (folder, *folder.parents) if place.exists())
    return present.is_dir() and os.access(present, os.W_OK | os.X_OK)
