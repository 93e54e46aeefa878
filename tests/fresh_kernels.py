"""Compiled kernels of the tests are those of the sources as they stand.

numba notices a change of the file that a kernel is in, but not of the kernels that it calls in other files: the
caller would answer from its cache with the old code. So the tests keep compiled code in a folder that is named by
the digest of all kernels.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".numba_cache"


def digest(package: Path) -> str:
    """Return a digest of all files of kernels below a folder, names and contents."""
    found = hashlib.sha256()
    for file in sorted(package.rglob("*_kernel*.py")):
        found.update(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def use_fresh_cache() -> None:
    """Point numba to the folder of the present sources, and remove those of former ones."""
    folder = CACHE / digest(ROOT / "src" / "microtann")
    for former in CACHE.glob("*"):
        if former != folder:
            shutil.rmtree(former, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
