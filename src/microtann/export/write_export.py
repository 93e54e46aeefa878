"""Writing a trained model for other codes."""

from __future__ import annotations

import os
from pathlib import Path

from microtann.export.export_targets import target_of
from microtann.export.exported_model import FARTHEST, ExportedModel, prefix_of
from microtann.system.atomic import write_atomically
from microtann.tann.shipped import load
from microtann.tann.trained_model import TANN


def write(
    model: TANN | str | os.PathLike[str],
    folder: str | os.PathLike[str] = ".",
    to: str = "c",
    order: str | None = None,
    name: str | None = None,
    farthest: float = FARTHEST,
) -> list[Path]:
    """Write a trained model for another code.

    Parameters
    ----------
    model : TANN, str or path
        A model, the name of a shipped one, or a model file.
    folder : path
        Where to; files of the same name are replaced.
    to : {"c", "umat", "mfront", "wasm", "onnx"}
        For what.
    order : str, optional
        Of the components in the host, where it can be chosen: "abaqus" or "kratos" for "umat".
    name : str, optional
        Of the files and prefix of all symbols; by default that of the model, with underscores.
    farthest : float
        Points whose strain or increment reaches farther than this in the range of the training fail; infinity
        refuses none.

    Returns
    -------
    list of Path
        The files, the main one first.

    Raises
    ------
    InputError
        If the model cannot go there; the sentence says why and what can.

    Examples
    --------
    >>> import tempfile, microtann as mt
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [file.name for file in mt.export.write("cube", folder)]
    ['cube.c', 'cube.h']
    """
    target, chosen = target_of(to, order)
    if isinstance(model, TANN):
        tann, called = model, name or f"{model.form}"
    else:
        tann, called = load(model), _called(os.fspath(model))
    exported = ExportedModel(tann, called, name or prefix_of(called), chosen, float(farthest))
    contents = target.files(exported)
    paths = [Path(folder) / file for file in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        write_atomically(path, content)
    return paths


def _called(model: str) -> str:
    """Return the name of a model from that of its file."""
    return Path(model).name.removesuffix(".safetensors")
