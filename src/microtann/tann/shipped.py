"""Trained models by name or from a file."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict
from importlib import resources
from pathlib import Path

from microtann.errors import ModelFileError
from microtann.microstructure.real_material import RealMaterial, read_material
from microtann.tann.card import ModelCard, read_card
from microtann.tann.form import DEFAULT_FORM
from microtann.tann.model_file import read_model
from microtann.tann.trained_model import TANN

OTHER_FORM = {"cube": "play"}
"""Names that stand for another form than the default: all bars of the regular cube are play mechanisms, for which
that form is exact with the fewest states."""
SUFFIX = ".safetensors"


def load(name_or_path: str | os.PathLike[str]) -> TANN:
    """Return a trained model.

    Parameters
    ----------
    name_or_path : str or path
        A model file, or the name of a shipped model such as "cube", with its form appended or not
        ("cube-play"); `shipped_models` lists them. Behind an @ may stand the real material of its bars, as in
        "cube@young=210e3,yield_strain=0.0015,length=2": see `microtann.TANN.in_units`.

    Returns
    -------
    TANN

    Raises
    ------
    ModelFileError
        If there is no such model, or the file is damaged, of another schema or not a microtann model.
    InputError
        If the real material is not well written, or not of the same ratio of hardening.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> tann = mt.load("cube")
    >>> strain = np.linspace(0.0, 0.5, 11)[1:, None] * np.eye(6)[0]
    >>> tann.recall(strain).stress.shape
    (10, 6)
    """
    tann = TANN(*read_model(find_model(name_or_path)))
    _, material = _split(os.fspath(name_or_path))
    return tann if material is None else tann.in_units(**asdict(material))


def shipped_models() -> tuple[str, ...]:
    """Return the names of the models that are part of the package, with their forms.

    A name without its form ("cube") stands for the most accurate of them.

    Examples
    --------
    >>> import microtann as mt
    >>> "cube-play" in mt.shipped_models()
    True
    """
    return tuple(sorted(file.name.removesuffix(SUFFIX) for file in _folder().glob(f"*{SUFFIX}")))


def model_card(name: str) -> ModelCard:
    """Return what a shipped model is: its cell, data, training, errors, cost and size.

    Parameters
    ----------
    name : str
        With or without its form, as for `load`.

    Returns
    -------
    ModelCard

    Raises
    ------
    ModelFileError
        If there is no shipped model of this name.

    Examples
    --------
    >>> import microtann as mt
    >>> mt.model_card("cube").states
    13
    """
    full = with_form(name)
    if full not in shipped_models():
        raise ModelFileError(f"there is no shipped model {_short(name)!r}: use {', '.join(shipped_models())}")
    return read_card(_folder() / f"{full}.json")


def with_form(name: str) -> str:
    """Return the name of a shipped model with its form."""
    full = f"{name}-{OTHER_FORM.get(name, DEFAULT_FORM)}"
    return full if full in shipped_models() else name


def short_names() -> dict[str, str]:
    """Return the forms of shipped models by the names that stand for them alone."""
    return {name: form for name, form in map(_parts, shipped_models()) if with_form(name) == f"{name}-{form}"}


def _parts(full: str) -> tuple[str, str]:
    name, _, form = full.rpartition("-")
    return name, form


def find_model(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the file of a model, shipped by name or at a path; a real material behind an @ is left out.

    Raises
    ------
    ModelFileError
        If there is none.
    """
    name, _ = _split(os.fspath(name_or_path))
    for candidate in (_folder() / f"{with_form(name)}{SUFFIX}", Path(name)):
        with suppress(OSError, ValueError):  # a name that no file can have
            if candidate.is_file():
                return candidate
    known = ", ".join(short_names())
    raise ModelFileError(
        f"there is no model file {_short(name)!r} and no shipped model of that name (shipped: {known})"
    )


def units_of(name_or_path: str | os.PathLike[str]) -> str:
    """Return the real material that stands behind the name of a model, in words; empty if there is none."""
    material = _split(os.fspath(name_or_path))[1]
    return "" if material is None else str(material)


def _split(name: str) -> tuple[str, RealMaterial | None]:
    """Return the name of a model without the real material behind it, and this."""
    with suppress(OSError, ValueError):
        if Path(name).is_file():
            return name, None
    plain, at, material = name.rpartition("@")
    return (plain, read_material(material, "@")) if at else (name, None)


def _folder() -> Path:
    return Path(str(resources.files("microtann") / "models"))


def _short(name: str) -> str:
    return name if len(name) <= 200 else f"{name[:200]}…"
