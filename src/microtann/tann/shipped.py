"""Trained models by name or from a file."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import resources
from pathlib import Path

from microtann.errors import ModelFileError
from microtann.tann.file import read_model
from microtann.tann.model import TANN

DEFAULT_FORM = {"cube": "play"}
"""Form that a shipped model's bare name stands for: the most accurate one."""


def load(name_or_path: str | os.PathLike[str]) -> TANN:
    """Return a trained model.

    Parameters
    ----------
    name_or_path : str or path
        A model file, or the name of a shipped model such as "cube", with its form appended or not
        ("cube-play").

    Returns
    -------
    TANN

    Raises
    ------
    ModelFileError
        If there is no such model, or the file is damaged, of another schema or not a microtann model.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> tann = mt.load("cube")
    >>> strain = np.linspace(0.0, 0.5, 11)[1:, None] * np.eye(6)[0]
    >>> tann.recall(strain).stress.shape
    (10, 6)
    """
    return TANN(*read_model(find_model(name_or_path)))


def find_model(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the file of a model, shipped by name or at a path.

    Raises
    ------
    ModelFileError
        If there is none.
    """
    name = os.fspath(name_or_path)
    shipped = resources.files("microtann") / "models" / f"{name}-{DEFAULT_FORM.get(name, '')}".rstrip("-")
    for candidate in (Path(f"{shipped}.safetensors"), Path(name)):
        with suppress(OSError, ValueError):  # a name that no file can have
            if candidate.is_file():
                return candidate
    known = ", ".join(sorted(DEFAULT_FORM))
    shown = name if len(name) <= 200 else f"{name[:200]}…"
    raise ModelFileError(f"there is no model file {shown!r} and no shipped model of that name (shipped: {known})")
