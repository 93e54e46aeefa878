"""The model that a command works with: shipped, from a file, or none (the exact cell)."""

from __future__ import annotations

from pathlib import Path

import microtann
from microtann.cli.stage import file_digest
from microtann.tann.model import TANN
from microtann.tann.shipped import load

EXACT = "exact"


def chosen_model(name: str) -> TANN | None:
    """Return the model of a name or file; None for "exact".

    Raises
    ------
    ModelFileError
        If there is no such model, or the file is damaged, of another schema or not ours.
    """
    return None if name == EXACT else load(name)


def model_digest(name: str) -> str:
    """Return what identifies a model: the digest of its file, or the name and version of a shipped one."""
    path = Path(name)
    return file_digest(path) if path.is_file() else f"{name} of microtann {microtann.__version__}"
