"""The model that a command works with: shipped, from a file, or none (the exact cell)."""

from __future__ import annotations

from microtann.system.stage import file_digest
from microtann.tann.model import TANN
from microtann.tann.shipped import find_model, load

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
    """Return what identifies a model: the digest of its file, shipped or not; none is needed for "exact".

    Raises
    ------
    ModelFileError
        If there is no such model.
    """
    return EXACT if name == EXACT else file_digest(find_model(name))
