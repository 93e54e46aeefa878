"""Which code computed something: a digest of the sources of the package."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def source_digest(kind: type) -> str:
    """Return a digest of the file that a class of another package or of a script is written in.

    Returns
    -------
    str
        Hexadecimal SHA-256; empty for classes of this package, and for those without a file.
    """
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    if file is None or PACKAGE in Path(file).parents:
        return ""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


@cache
def code_digest(*folders: str) -> str:
    """Return a digest of the sources of folders of the package, with the files beside the folders.

    Parameters
    ----------
    *folders : str
        Names of folders; all of them if none is given.

    Returns
    -------
    str
        Hexadecimal SHA-256; it depends on the names and the contents of the files alone.
    """
    places = [PACKAGE / folder for folder in folders] or [p for p in PACKAGE.iterdir() if p.is_dir()]
    files = [*PACKAGE.glob("*.py"), *(file for place in places for file in place.rglob("*.py"))]
    digest = hashlib.sha256()
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(PACKAGE).as_posix()} {len(content)} ".encode() + content)
    return digest.hexdigest()
