"""The model file: one safetensors file with the arrays of a TANN and, as JSON, everything about them.

Tensors are named ``part.field`` ("energy.coupling"), those of the lattice ``cell.nodes`` and so on. The header's
metadata hold "format", "schema" and "information" (see docs/model-format.md).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from importlib import resources
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

import microtann
from microtann import voigt
from microtann.atomic import write_atomically
from microtann.errors import InputError, ModelFileError
from microtann.lattice.bar import ElastoplasticBar
from microtann.lattice.cell import UnitCell
from microtann.tann.forms import FORMS
from microtann.tann.information import Information, TrainingRange, TrainingRecord
from microtann.tann.model import TANN
from microtann.tann.point import MaterialPoint
from microtann.tann.scaling import Scaling

FORMAT = "microtann-tann"
SCHEMA = "1"
DEFAULT_FORM = {"cube": "play"}
"""Form that a shipped model's bare name stands for: the most accurate one."""

_PARTS = ("reduction", "energy", "evolution")
_CELL = ("nodes", "bars", "areas", "periods")
_BAR = ("young", "yield_stress", "hardening")
_RANGE = ("strain", "strain_increment")


def save(tann: TANN, path: str | os.PathLike[str]) -> None:
    """Write a model to one file, atomically.

    Parameters
    ----------
    tann : TANN
    path : path
        Replaced if it exists; nothing is left behind if writing fails.
    """
    information = tann.information
    tensors = {f"{part}.{name}": value for part in _PARTS for name, value in _arrays(getattr(tann, part)).items()}
    tensors |= {f"scaling.{name}": value for name, value in _arrays(tann.scaling).items()}
    for group, names, source in (
        ("cell", _CELL, information.cell),
        ("bar", _BAR, information.bar),
        ("training_range", _RANGE, information.training_range),
    ):
        if source is not None:
            tensors |= {f"{group}.{name}": np.asarray(getattr(source, name)) for name in names}
    metadata = {
        "format": FORMAT,
        "schema": SCHEMA,
        "information": json.dumps(_describe(information), ensure_ascii=False),
    }
    contiguous = {name: np.ascontiguousarray(value).reshape(value.shape) for name, value in tensors.items()}
    write_atomically(path, to_bytes(contiguous, metadata=metadata))


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
    name = os.fspath(name_or_path)
    shipped = resources.files(microtann) / "models" / f"{name}-{DEFAULT_FORM.get(name, '')}".rstrip("-")
    for candidate in (Path(f"{shipped}.safetensors"), Path(name)):
        if candidate.is_file():
            return _read(candidate)
    known = ", ".join(sorted(DEFAULT_FORM))
    raise ModelFileError(f"there is no model file {name!r} and no shipped model of that name (shipped: {known})")


def _read(path: Path) -> TANN:
    tensors, metadata = _open(path)
    if metadata.get("format") != FORMAT:
        raise ModelFileError(
            f"{path} is a safetensors file but not a microtann model: its format is not {FORMAT!r}"
        )
    if metadata.get("schema") != SCHEMA:
        raise ModelFileError(
            f"{path} has schema {metadata.get('schema')!r}, but this version of microtann reads {SCHEMA!r}: "
            "update microtann or train the model again"
        )
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise ModelFileError(f"{path} is damaged: {name} holds values that are not finite")
    try:
        information = _information(json.loads(metadata["information"]), tensors)
        form = FORMS[information.form]
        parts = {part: getattr(form, part)(**_group(part, tensors)) for part in _PARTS}
        scaling = Scaling(**_group("scaling", tensors))
        tann = TANN(MaterialPoint(**parts, scaling=scaling, components=information.components), information)
        _probe(tann)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelFileError(f"{path} is damaged: its contents do not fit together ({reason})") from error
    return tann


def _open(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise ModelFileError(f"{path} is not a complete safetensors file: {error}") from error


def _probe(tann: TANN) -> None:
    """Run one increment and one decoding, so that arrays that do not fit are found when a model is loaded."""
    driving = jnp.zeros_like(tann.scaling.driving)
    if driving.shape != (tann.components + len(tann.information.extra_names),):
        raise ValueError(f"{driving.shape[0]} driving variables for {tann.components} strain components")
    state = tann.virgin_state()
    result = tann.point.scaled_increment(driving, state, driving, jnp.asarray(1.0))
    if result.state.shape != state.shape or tann.reduction.decode(state, driving).ndim != 1:
        raise ValueError("the evolution and the reduction have different numbers of states")


def _arrays(part: Any) -> dict[str, NDArray[Any]]:
    return {f.name: np.asarray(getattr(part, f.name)) for f in fields(part)}


def _group(group: str, tensors: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    start = f"{group}."
    return {name.removeprefix(start): jnp.asarray(t) for name, t in tensors.items() if name.startswith(start)}


def _describe(information: Information) -> dict[str, Any]:
    return {
        "form": information.form,
        "components": information.components,
        "voigt_order": list(_voigt_labels(information.components)),
        "shear": "engineering",
        "coordinate_shapes": [[name, list(shape)] for name, shape in information.coordinate_shapes.items()],
        "extra_names": list(information.extra_names),
        "units": dict(information.units),
        "history": [asdict(record) for record in information.history],
        "provenance": dict(information.provenance),
    }


def _voigt_labels(components: int) -> tuple[str, ...]:
    try:
        return voigt.LABELS[voigt.dimension(components)]
    except InputError:
        return tuple(str(i) for i in range(components))  # generalised strains have no tensor components


def _information(described: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> Information:
    lattice = "cell.nodes" in tensors
    arrays = {name: np.asarray(value) for name, value in tensors.items()}
    return Information(
        form=described["form"],
        components=int(described["components"]),
        coordinate_shapes={name: tuple(shape) for name, shape in described["coordinate_shapes"]},
        extra_names=tuple(described["extra_names"]),
        units=dict(described["units"]),
        training_range=TrainingRange(*(arrays[f"training_range.{name}"] for name in _RANGE))
        if "training_range.strain" in arrays
        else None,
        cell=UnitCell(*(arrays[f"cell.{name}"] for name in _CELL)) if lattice else None,
        bar=ElastoplasticBar(*(arrays[f"bar.{name}"] for name in _BAR)) if "bar.young" in tensors else None,
        history=tuple(TrainingRecord(**record) for record in described["history"]),
        provenance=dict(described["provenance"]),
    )
