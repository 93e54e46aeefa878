"""Whether what is asked for fits into the machine, told before anything is allocated."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from functools import cache
from pathlib import Path

from microtann.errors import InputError

_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


def require_memory(what: str, size: float, advice: str) -> None:
    """Refuse what would take more memory than the machine has.

    Parameters
    ----------
    what : str
        What takes the memory; the beginning of the sentence.
    size : float
        Estimate in bytes.
    advice : str
        What to do instead.

    Raises
    ------
    InputError
        If the estimate is beyond the memory of the machine, or of the container that the process runs in.
    """
    limit = machine_memory()
    if limit is not None and size > limit:
        raise InputError(
            f"{what} would take about {in_words(size)} of memory, but the machine has {in_words(limit)}: {advice}"
        )


def require_disk(what: str, folder: Path, size: float, advice: str) -> None:
    """Refuse what would take more space than is free on the disk of an existing folder.

    Parameters
    ----------
    what : str
        What takes the space; the beginning of the sentence.
    folder : Path
        An existing folder.
    size : float
        Estimate in bytes.
    advice : str
        What to do instead.

    Raises
    ------
    InputError
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # writing will tell
    if size > free > 0:  # some network disks say 0
        raise InputError(
            f"{what} would take about {in_words(size)}, but {in_words(free)} are free on the disk of "
            f"{folder}: {advice}"
        )


@cache
def machine_memory() -> int | None:
    """Return the memory of the machine or of the container in bytes; None if the system does not tell."""
    limits = []
    if hasattr(os, "sysconf"):
        with suppress(ValueError, OSError):
            limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for place in _CGROUPS:
        try:
            limits.append(int(Path(place).read_text()))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return min((limit for limit in limits if limit > 0), default=None)


def in_words(size: float) -> str:
    """Return a number of bytes as "5.1 GB"."""
    value = float(size)
    for unit in _UNITS:
        if value < 1000.0 or unit == _UNITS[-1]:
            break
        value /= 1000.0
    return f"{value:.3g} {unit}"
